// SPDX-License-Identifier: MIT
/**
 * What the rows of formats/ are called: one name in the spellings of the languages it appears in, and the
 * words that more than one of their outputs shows.
 *
 * Does not: hold rows.
 */
import type { CounterRow } from './counters.ts';
import * as counters from './counters.ts';
import type { SettingRow } from './settings.ts';

/** `receiveOverflow0` as programs and people read it: `receive_overflow_0`. */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z0-9]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `receiveOverflow0` as a member of an enum: `ReceiveOverflow0`. */
export function pascalCase(name: string): string {
  return name.replace(/^./, (letter) => letter.toUpperCase());
}

/** `counterWord` as a constant: `COUNTER_WORD`. */
export function constantCase(name: string): string {
  return snakeCase(name).toUpperCase();
}

/** The counters as counters.ts has them. */
export interface Counters {
  readonly COUNTERS: Readonly<Record<string, CounterRow>>;
  readonly ERROR_MESSAGE_COUNTERS: { readonly first: number; readonly classes: number };
  readonly CELL_COUNTERS: number;
  readonly LINK_COUNTERS: Readonly<Record<string, string>>;
}

/** A counter as people and programs on the AGL side see it. */
export interface ShownCounter {
  readonly number: number;
  readonly word: string;
  readonly what: string;
}

/** Every counter of the status page, those of the link included, in the order of their numbers. */
export function shownCounters(all: Counters = counters): ShownCounter[] {
  const { first, classes } = all.ERROR_MESSAGE_COUNTERS;
  const own = Object.entries(all.COUNTERS).map(([name, { number, what }]) => ({
    ...{ number, word: snakeCase(name), what },
  }));
  const errors = Array.from({ length: classes }, (_, bit) => ({
    number: first + bit,
    word: `error_messages_bit_${bit}`,
    what: `error messages made of class 0x${(1 << bit).toString(16)} (linux/can/error.h); in no sum`,
  }));
  const link = Object.entries(all.LINK_COUNTERS).map(([name, what], index) => ({
    number: all.CELL_COUNTERS + index,
    word: `link_${snakeCase(name)}`,
    what: `the cell's end of the link: ${what}`,
  }));
  return [...own, ...errors, ...link].sort((one, other) => one.number - other.number);
}

/** A text of the guides without the marks of a document: no backticks, of a link the words alone. */
export function plainText(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', "'");
}

/** What a setting takes: `5000..1000000`, `poll|wfi`. */
export function rangeOf(row: SettingRow): string {
  switch (row.kind) {
    case 'number':
      return `${row.minimum}..${row.maximum}`;
    case 'choice':
      return Object.keys(row.choices).join('|');
    case 'flag':
      return '0|1';
    case 'switch':
      return 'off|on';
  }
}
