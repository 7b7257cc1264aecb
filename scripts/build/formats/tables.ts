// SPDX-License-Identifier: MIT
/**
 * The parts of formats/ that the bridge's C and the board's helper need.
 *
 * Does not: write files; formats.ts does.
 */
import * as counters from '../../../formats/counters.ts';
import type * as promises from '../../../formats/promises.ts';
import type { Promised } from '../../../formats/promises.ts';
import { RULE_NUMBERS, RULES_HEADER } from '../../../formats/rule-image.ts';
import { RULE_NUMBERS_2 } from '../../../formats/rule-image-2.ts';
import { type Finding, type SelfTestRow, UNTESTED_AFTER } from '../../../formats/self-test.ts';
import { NUMBERS } from '../../../formats/status-page.ts';
import type { StatusRow } from '../../../formats/statuses.ts';
import { constantCase, plainText, snakeCase } from '../../../formats/words.ts';

type Statuses = Readonly<Record<string, StatusRow>>;
type Promises = typeof promises;

/** Lines `number|name|what it says|what to do`, for canwarden doctor. */
export function statusNumbers(statuses: Statuses): string {
  const lines = Object.entries(statuses).map(
    ([name, { number, says, next }]) => `${number}|${name}|${plainText(says)}|${plainText(next)}\n`,
  );
  return `# number|name|what it says|what to do: made from formats/statuses.ts\n${lines.join('')}`;
}

/**
 * Lines `test|result|number|what was found|what to do`, for canwarden selftest. `%1` to `%4` are the values of the
 * cell's line.
 */
export function selfTestLines(tests: Readonly<Record<string, SelfTestRow>>): string {
  const line = (name: string, result: string, number: number, { says, next }: Finding): string =>
    `${name}|${result}|${number}|${plainText(says)}|${plainText(next)}\n`;
  const lines = Object.entries(tests).flatMap(([name, { ok, faults, untested = [] }]) => [
    line(name, 'ok', 1, { says: ok, next: '-' }),
    ...faults.map((finding, index) => line(name, 'fault', index + 1, finding)),
    line(name, 'untested', 0, UNTESTED_AFTER),
    ...untested.map((finding, index) => line(name, 'untested', index + 1, finding)),
  ]);
  return `# test|result|number|what was found|what to do: made from formats/self-test.ts\n${lines.join('')}`;
}

/** The promises as the helper reads them, a row each; the kind of row stands first. */
export function promiseLines({ COUNTED, EXPECTED, ROUND_COUNTS, PROMISES }: Promises): string {
  const counts = (row: readonly number[]): number[] => COUNTED.map((_, index) => row[index] ?? 0);
  const rows: (string | number)[][] = [
    ['columns', ...COUNTED],
    ...Object.entries(EXPECTED).map(([name, nanos]) => ['expected', name, nanos]),
    ['round', ...counts(ROUND_COUNTS)],
    ...Object.values<Promised>(PROMISES).flatMap(({ what, most, or, ...way }) =>
      [way, or].flatMap((one) =>
        one === undefined ? [] : [['promise', what, most, one.atShipped, ...counts(one.counts)]],
      ),
    ),
  ];
  const lines = rows.map((row) => `${row.join('|')}\n`);
  return `# kind|what|goal|at the shipped constants|counts: made from formats/promises.ts\n${lines.join('')}`;
}

/** The same table as a C header, with which the bridge words a refusal. */
export function statusWordsHeader(statuses: Statuses): string {
  const rows = Object.entries(statuses).map(([name, { number, says, next }]) => {
    const words = [name, plainText(says), plainText(next)]
      .map((text) => JSON.stringify(text))
      .join(', ');
    return `      {${number}, ${words}},\n`;
  });
  return `/* Made from formats/statuses.ts: what each status number says, and what to do. */
#ifndef CANWARDEN_STATUS_WORDS_H
#define CANWARDEN_STATUS_WORDS_H

#include <stdint.h>

struct status_words {
  uint32_t number;
  const char *name;
  const char *says;
  const char *next;
};

static inline struct status_words status_words_of(uint32_t number) {
  static const struct status_words ALL[] = {
${rows.join('')}  };
  for (unsigned index = 0; index < sizeof ALL / sizeof ALL[0]; index++) {
    if (ALL[index].number == number) {
      return ALL[index];
    }
  }
  return (struct status_words){number, "of a newer cell", "not in this bridge's table",
                               "install image and bridge from one release"};
}

#endif
`;
}

/**
 * A C header for the bridge: the numbers of its counters and requests, and the header of a rule
 * table.
 */
export function formatsHeader(): string {
  const names = Object.keys(counters.LINK_COUNTERS).map((name) => `COUNTER_${constantCase(name)}`);
  const head = Object.entries(RULES_HEADER).map(
    ([name, { bytes }]) => `  uint${8 * bytes}_t ${snakeCase(name)};\n`,
  );
  const { REQUEST_RULE_TABLE, REQUEST_LIVE_VALUES, REQUEST_RESET_LATENCY } = NUMBERS;
  return `/* Made from formats/counters.ts, formats/status-page.ts and formats/rule-image.ts. */
#ifndef CANWARDEN_FORMATS_H
#define CANWARDEN_FORMATS_H

#include <stdint.h>

/** Numbers of the counters of one end of the link. */
enum module_counter {
  ${[...names, 'COUNTERS'].join(',\n  ')}
};

/** The requests to the cell. */
enum control_request {
  REQUEST_RULE_TABLE = ${REQUEST_RULE_TABLE},
  REQUEST_LIVE_VALUES = ${REQUEST_LIVE_VALUES},
  REQUEST_RESET_LATENCY = ${REQUEST_RESET_LATENCY}
};

/** The beginning of a rule table. */
#define RULES_MAGIC 0x${RULE_NUMBERS.RULES_MAGIC.toString(16)}u
#define RULES_VERSION ${RULE_NUMBERS.RULES_VERSION}
#define RULES_VERSION_2 ${RULE_NUMBERS_2.RULES_VERSION_2}

struct rules_head {
${head.join('')}};

#endif
`;
}
