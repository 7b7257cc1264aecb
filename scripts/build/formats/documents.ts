// SPDX-License-Identifier: MIT
/**
 * The tables of docs/ that are made from formats/, and that of the tasks. Each stands between two comments,
 * `<!-- formats: NAME -->` and `<!-- end -->`.
 *
 * Does not: write files. `npm run docs` does, and a contract test compares.
 */
import * as counters from '../../../formats/counters.ts';
import * as ruleImage from '../../../formats/rule-image.ts';
import * as ruleImage2 from '../../../formats/rule-image-2.ts';
import { COUNTED, PROMISES, type Promised } from '../../../formats/promises.ts';
import { SELF_TESTS, type SelfTestRow } from '../../../formats/self-test.ts';
import { SETTINGS, type SettingRow } from '../../../formats/settings.ts';
import { PLAYED_FAULTS, type PlayedFault } from '../../../lab/selftest/faults.ts';
import * as statusPage from '../../../formats/status-page.ts';
import type { Field } from '../../../formats/status-page.ts';
import { STATUSES, type StatusRow } from '../../../formats/statuses.ts';
import { rangeOf, shownCounters, type Counters } from '../../../formats/words.ts';
import { nanosOf, taskRows } from '../task-bounds.ts';

/** The data from which the tables are made. */
export interface DocumentData {
  readonly counters: Counters;
  readonly settings: Readonly<Record<string, SettingRow>>;
  readonly statuses: Readonly<Record<string, StatusRow>>;
}

const OWN: DocumentData = {
  ...{ counters, settings: SETTINGS, statuses: STATUSES },
};

/** The documents that contain such tables. */
export const DOCUMENTS = [
  'docs/rules.md',
  'docs/self-test.md',
  'docs/settings.md',
  'docs/status-page.md',
  'docs/timing-budget.md',
  'docs/troubleshooting.md',
];

const MARKED = /(<!-- formats: ([^>]+) -->\n)[^]*?(<!-- end -->)/g;

/** `text` with its tables filled from `data`. Throws if a comment names an unknown table. */
export function withTables(text: string, data: DocumentData = OWN): string {
  return text.replace(
    MARKED,
    (_, begin: string, name: string, end: string) => `${begin}${tableOf(name, data)}${end}`,
  );
}

function tableOf(name: string, data: DocumentData): string {
  const [kind, first, , last] = name.split(' ');
  switch (kind) {
    case 'counters':
      return counterTable(data.counters);
    case 'fields':
      return fieldTable(first);
    case 'promises':
      return promiseTable(Object.values(PROMISES));
    case 'self-tests':
      return selfTestTable(SELF_TESTS);
    case 'self-test-faults':
      return playedFaultTable(PLAYED_FAULTS);
    case 'settings':
      return settingTable(data.settings);
    case 'tasks':
      return taskTable();
    case 'statuses':
      return statusTable(data.statuses, Number(first), Number(last));
    default:
      throw new Error(`there is no table "${name}" of formats/`);
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`;
}

/** Microseconds, and how often each constant is in the worst case. */
function promiseTable(promises: readonly Promised[]): string {
  const micros = (nanos: number): string => String(nanos / 1_000);
  return table(
    ['promise', 'us', 'shipped model', ...COUNTED.map((name) => `\`${name}\``)],
    promises.flatMap(({ what, most, or, ...way }) =>
      [way, or].flatMap((one) =>
        one === undefined
          ? []
          : [
              [
                ...[one === or ? 'or' : what, micros(most), micros(one.atShipped)],
                ...COUNTED.map((_, index) => String(one.counts[index] ?? 0)),
              ],
            ],
      ),
    ),
  );
}

function statusTable(statuses: DocumentData['statuses'], first: number, last: number): string {
  const rows = Object.entries(statuses).filter(
    ([, { number }]) => number >= first && number <= last,
  );
  return table(
    ['status', 'name', 'what it says', 'most likely cause', 'what to do'],
    rows.map(([name, { number, says, cause, next }]) => [String(number), name, says, cause, next]),
  );
}

/** The tables of formats/status-page.ts by name, each with the number of digits of its offsets. */
const FIELDS: Readonly<Record<string, readonly [Readonly<Record<string, Field>>, number]>> = {
  page: [statusPage.PAGE, 4],
  histogram: [statusPage.HISTOGRAM, 0],
  latencyRule: [statusPage.LATENCY_RULE, 0],
  task: [statusPage.TASK, 0],
  request: [statusPage.REQUEST, 2],
  'rules-header': [ruleImage.RULES_HEADER, 0],
  rule: [ruleImage.RULE_RECORD, 0],
  filter: [ruleImage.FILTER_RECORD, 0],
  'rules-header-2': [ruleImage2.RULES_HEADER_2, 0],
  'rule-2': [ruleImage2.RULE_RECORD_2, 0],
  action: [ruleImage2.ACTION_RECORD, 0],
  condition: [ruleImage2.CONDITION_RECORD, 0],
  step: [ruleImage2.STEP_RECORD, 0],
  timer: [ruleImage2.TIMER_RECORD, 0],
};

function fieldTable(name: string): string {
  const [fields, digits] = FIELDS[name] ?? [];
  if (fields === undefined || digits === undefined) throw new Error(`no fields of a ${name}`);
  return table(
    ['offset', 'size', 'what'],
    Object.values(fields).map(({ at, bytes, times, what, words }) => [
      digits === 0 ? `+${at}` : `0x${at.toString(16).padStart(digits, '0')}`,
      times === undefined ? String(bytes) : `${bytes} × ${times}`,
      words === undefined
        ? what
        : `${what}: ${words.map((word, index) => `${index} ${word}`).join(', ')}`,
    ]),
  );
}

function counterTable(counters: Counters): string {
  return table(
    ['number', 'name', 'what'],
    shownCounters(counters).map(({ number, word, what }) => [String(number), `\`${word}\``, what]),
  );
}

/** At SPI 10 MHz. */
function taskTable(): string {
  return table(
    ['task', 'trigger', 'period', 'SPI bytes', 'ring entries', 'bound, us'],
    taskRows().map((row) => [
      row.name,
      row.trigger.toLowerCase(),
      row.periodMicros === 0 ? '' : `${row.periodMicros / 1_000} ms`,
      String(row.spiBytes),
      String(row.ringEntries),
      (nanosOf(row, 10_000_000) / 1_000).toFixed(1),
    ]),
  );
}

function selfTestTable(tests: Readonly<Record<string, SelfTestRow>>): string {
  return table(
    ['test', 'what', 'what it may find', 'cure'],
    Object.entries(tests).flatMap(([name, { what, faults }]) =>
      faults.map(({ says, next }, index) => [
        index === 0 ? `\`${name}\`` : '',
        index === 0 ? what : '',
        `${index + 1}: ${says}`,
        next,
      ]),
    ),
  );
}

function playedFaultTable(faults: Readonly<Record<string, PlayedFault>>): string {
  return table(
    ['`--fault`', 'what is broken', 'line'],
    Object.entries(faults).map(([name, { what, test, number, also }]) => [
      `\`${name}\``,
      what,
      `\`${test} ${number}\`${also === undefined ? '' : `, \`${also}\``}`,
    ]),
  );
}

function settingTable(settings: DocumentData['settings']): string {
  const initialOf = (row: SettingRow): string => {
    if (row.kind === 'number' && !(row.auto && row.initial === 0)) return String(row.initial);
    if (row.kind === 'number') return '`auto`';
    return `\`${rangeOf(row).split('|')[0]}\``;
  };
  return table(
    ['word', 'takes', 'default', 'meaning'],
    Object.entries(settings).map(([key, row]) => [
      `\`${key}=\``,
      rangeOf(row)
        .split('|')
        .map((word) => (word.includes('..') ? word.replace('..', ' to ') : `\`${word}\``))
        .join(', '),
      initialOf(row),
      row.what,
    ]),
  );
}
