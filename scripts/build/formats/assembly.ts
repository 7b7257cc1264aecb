// SPDX-License-Identifier: MIT
/**
 * The AssemblyScript modules made from formats/, which the firmware and the bridge import.
 *
 * Does not: write files; formats.ts does.
 */
import type { SelfTestRow } from '../../../formats/self-test.ts';
import type { SettingRow } from '../../../formats/settings.ts';
import type * as RuleImageData from '../../../formats/rule-image.ts';
import type * as RuleImage2Data from '../../../formats/rule-image-2.ts';
import type * as StatusPageData from '../../../formats/status-page.ts';
import type { StatusRow } from '../../../formats/statuses.ts';
import {
  constantCase,
  pascalCase,
  plainText,
  rangeOf,
  shownCounters,
  type Counters,
} from '../../../formats/words.ts';

/** The exports of formats/status-page.ts. */
export type StatusPage = typeof StatusPageData;

/** A string literal of AssemblyScript. */
function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function comment(text: string): string {
  return `/** ${text.replaceAll('*/', '* /')}. */`;
}

/** An enum. `members` holds name, number and meaning. */
function enumeration(
  name: string,
  members: readonly (readonly [string, number, string])[],
): string {
  const lines = members.map(
    ([member, number, what]) => `  ${comment(what)}\n  ${member} = ${number},\n`,
  );
  return `export enum ${name} {\n${lines.join('')}}\n`;
}

/**
 * A function from a number to the address of its word: ASCII with a 0 behind it. The words are one
 * block of bytes, because as strings they would take more than twice the room.
 */
function wordFunction(name: string, words: readonly (readonly [number, string])[]): string {
  const places = new Array<number>(1 + Math.max(...words.map(([number]) => number))).fill(0);
  // Place 0 stands for numbers without a word.
  const lines = ['  0,\n'];
  let bytes = 1;
  for (const [number, word] of words) {
    if (!/^[ !#-[\]-~]+$/.test(word)) throw new Error(`"${word}" is not plain text`);
    places[number] = bytes;
    bytes += word.length + 1;
    lines.push(`  ${[...Buffer.from(word, 'latin1')].join(', ')}, 0, // ${number}: ${word}\n`);
  }
  const longest = Math.max(...words.map(([, word]) => word.length));
  return `const WORDS: usize = memory.data<u8>([
${lines.join('')}]);
const PLACES: usize = memory.data<u16>([${places.join(', ')}]);
${comment('Bytes of the longest')}
export const ${constantCase(name)}_BYTES: u32 = ${longest};

${comment('Address of the word with this number, a 0 behind it; 0: there is none')}
export function ${name}(index: u32): usize {
  const place: u32 = index < ${places.length} ? load<u16>(PLACES + (index << 1)) : 0;
  return place === 0 ? 0 : WORDS + place;
}
`;
}

/** The enum `Status`. */
export function statusModule(statuses: Readonly<Record<string, StatusRow>>): string {
  return enumeration(
    'Status',
    Object.entries(statuses).map(([name, { number, says, cause }]) => [
      name,
      number,
      cause === '-' ? says : `${says}. Likely: ${cause}`,
    ]),
  );
}

/** `statusWord`, for the bridge: the meaning of a status, worded as in docs/troubleshooting.md. */
export function statusWordModule(statuses: Readonly<Record<string, StatusRow>>): string {
  return wordFunction(
    'statusWord',
    Object.values(statuses).map(({ number, says }) => [number, plainText(says)]),
  );
}

/** The enum `SelfTest`, the number of tests, and the word of each in the lines on the console. */
export function selfTestModule(tests: Readonly<Record<string, SelfTestRow>>): string {
  const rows = Object.entries(tests).map(([name, { what }], number) => ({ name, what, number }));
  const members = rows.map(({ name, what, number }) => [pascalCase(name), number, what] as const);
  const words = wordFunction(
    'selfTestWord',
    rows.map(({ name, number }) => [number, name]),
  ).replace('SELFTESTWORD_BYTES', 'SELF_TEST_WORD_BYTES');
  return `${enumeration('SelfTest', members)}
${comment('Number of tests')}
export const SELF_TESTS: u32 = ${rows.length};

${words}`;
}

/** The enum `Counter`, and the number of the link's first counter. */
export function counterModule(all: Counters): string {
  const { COUNTERS, ERROR_MESSAGE_COUNTERS, CELL_COUNTERS, LINK_COUNTERS } = all;
  const members = Object.entries(COUNTERS).map(
    ([name, { number, what }]) => [pascalCase(name), number, what] as const,
  );
  const ofErrors = ['ErrorMessagesFirst', ERROR_MESSAGE_COUNTERS.first] as const;
  const links = Object.entries(LINK_COUNTERS);
  const fields = links.map(([name, what]) => `  ${comment(what)}\n  ${name}: u32 = 0;\n`);
  const cases = links.map(
    ([name], index) => `      case ${index}:\n        return this.${name};\n`,
  );
  return `${enumeration('Counter', [
    ...members,
    [...ofErrors, 'the first of nine: error messages made, by the bit number of their class'],
  ])}
${comment('Entries of the table, used or not')}
export const COUNTERS_CAPACITY: u32 = ${CELL_COUNTERS};
${comment('Counters of a LinkCounters, 32 bits each')}
export const LINK_COUNTERS: u32 = ${links.length};

@final
export class LinkCounters {
${fields.join('')}
  ${comment('The counter with this number, for hosts that know no classes; 0 beyond the last')}
  at(index: u32): u32 {
    switch (index) {
${cases.join('')}      default:
        return 0;
    }
  }
}
`;
}

/** `counterWord`, for the bridge: the name of a counter of the status page. */
export function counterWordModule(all: Counters): string {
  return wordFunction(
    'counterWord',
    shownCounters(all).map(({ number, word }) => [number, word]),
  );
}

/** The offsets and numbers of formats/status-page.ts, by their names there. */
export function statusPageModule(page: StatusPage): string {
  const line = (name: string, value: number): string =>
    `export const ${name}: u32 = 0x${value.toString(16)};\n`;
  const numbers = Object.entries(page.NUMBERS).map(([name, value]) => line(name, value));
  const tables: Fields[] = [
    ...[page.PAGE, page.HISTOGRAM, page.LATENCY_RULE, page.TASK, page.REQUEST],
  ];
  const fields = tables.flatMap((fields) =>
    Object.entries(fields).map(([name, { at, what }]) => `${comment(what)}\n${line(name, at)}`),
  );
  return [...numbers, ...fields].join('');
}

/** The numbers of formats/rule-costs.ts. */
export function ruleCostModule(costs: Readonly<Record<string, number>>): string {
  return Object.entries(costs)
    .map(([name, value]) => `export const ${name}: u32 = ${value};\n`)
    .join('');
}

/** The numbers of both formats of rules.bin, and views of their records. Format 1 has zeros for more. */
export function ruleImageModule(
  image: typeof RuleImageData,
  image2: typeof RuleImage2Data,
): string {
  const all = { ...image.RULE_NUMBERS, ...image2.RULE_NUMBERS_2 };
  const numbers = Object.entries(all).map(
    ([name, value]) => `export const ${name}: u32 = 0x${value.toString(16)};\n`,
  );
  return `${numbers.join('')}
${view('TableFields', withMore(image.RULES_HEADER, image2.RULES_HEADER_2))}
${view('RuleFields', withMore(image.RULE_RECORD, image2.RULE_RECORD_2))}
${view('ActionFields', image2.ACTION_RECORD)}
${view('ConditionFields', image2.CONDITION_RECORD)}
${view('StepFields', image2.STEP_RECORD)}
${view('TimerFields', image2.TIMER_RECORD)}`;
}

type Fields = Readonly<Record<string, StatusPageData.Field>>;

/** The fields of a record, those of format 2 in the place of what lies behind their first. */
function withMore(fields: Fields, more: Fields): Fields {
  const first = Math.min(...Object.values(more).map(({ at }) => at));
  const kept = Object.entries(fields).filter(([, { at }]) => at < first);
  return { ...Object.fromEntries(kept), ...more };
}

/** A class whose fields lie as the table says. Throws if there is a gap between them. */
function view(name: string, fields: Fields): string {
  let end = 0;
  const lines = Object.entries(fields).map(([field, { at, bytes, what }]) => {
    if (at !== end) throw new Error(`${name}.${field} lies at ${at}, not at ${end}`);
    end += bytes;
    return `  ${comment(what)}\n  ${field}: u${8 * bytes} = 0;\n`;
  });
  return `@unmanaged\nexport class ${name} {\n${lines.join('')}}\n`;
}

/** The words for the numbers of the page, for the bridge. */
export function pageWordModule(words: StatusPage['PAGE_WORDS']): string {
  return Object.entries(words)
    .map(([name, list]) => {
      const cases = list.map(
        (word, index) => `    case ${index}:\n      return ${literal(word)};\n`,
      );
      return `export function ${name}(value: u32): string {
  switch (value) {
${cases.join('')}    default:
      return 'unknown';
  }
}
`;
    })
    .join('\n');
}

/**
 * `Settings`: the fields, the values that their keys take, and how a value is stored in its field.
 */
export function settingModule(settings: Readonly<Record<string, SettingRow>>): string {
  const rows = Object.entries(settings);
  const enums = rows.flatMap(([, row]) =>
    row.kind === 'choice'
      ? [
          enumeration(
            row.enumeration,
            Object.entries(row.choices).map(([word, member], number) => [
              ...([member, number, `\`${word}\``] as const),
            ]),
          ),
        ]
      : [],
  );
  const fields = rows.map(
    ([, row]) => `  ${comment(row.what)}\n  ${row.field}: ${fieldOf(row)};\n`,
  );
  const cases = rows.map(([, row], index) => {
    const value = row.kind === 'flag' || row.kind === 'switch' ? 'value === 1' : 'value';
    return `      case ${index}:\n        this.${row.field} = ${value};\n        return;\n`;
  });
  const valid = rows.map(([key, row]) => `${key}=${rangeOf(row)}`).join(' ');
  return `${enums.join('\n')}
${comment('The settings in their order: each key, and the numbers from..to or the words|that it takes')}
export const SETTINGS_VALID: string = ${literal(valid)};

export class Settings {
${fields.join('')}
  ${comment('Sets the setting with this number, in the order of SETTINGS_VALID; a word by its number')}
  set(setting: u32, value: i32): void {
    switch (setting) {
${cases.join('')}    }
  }
}
`;
}

/** Type and initial value of a setting's field. */
function fieldOf(row: SettingRow): string {
  if (row.kind === 'number') return `u32 = ${row.initial}`;
  if (row.kind !== 'choice') return 'bool = false';
  return `${row.enumeration} = ${row.enumeration}.${Object.values(row.choices)[0]}`;
}
