// SPDX-License-Identifier: MIT
/**
 * Names and words of the rows in formats/: the spelling of a name in each language, and words that
 * more than one output shows.
 *
 * Does not: hold rows.
 */
import type { CounterRow } from './counters.ts';
import * as counters from './counters.ts';
import type { NumberSetting, SettingRow } from './settings.ts';

/** `receiveOverflow0` becomes `receive_overflow_0`, for programs and people. */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z0-9]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `receiveOverflow0` becomes `ReceiveOverflow0`, a member of an enum. */
export function pascalCase(name: string): string {
  return name.replace(/^./, (letter) => letter.toUpperCase());
}

/** `counterWord` becomes `COUNTER_WORD`, a constant. */
export function constantCase(name: string): string {
  return snakeCase(name).toUpperCase();
}

/** The exports of counters.ts. */
export interface Counters {
  readonly COUNTERS: Readonly<Record<string, CounterRow>>;
  readonly ERROR_MESSAGE_COUNTERS: { readonly first: number; readonly classes: number };
  readonly CELL_COUNTERS: number;
  readonly LINK_COUNTERS: Readonly<Record<string, string>>;
}

/** A counter as the AGL side shows it to people and programs. */
export interface ShownCounter {
  readonly number: number;
  readonly word: string;
  readonly what: string;
}

/** Every counter of the status page in the order of the numbers, those of the link included. */
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

/** A text of the guides without its markup: no backticks, and only the words of a link. */
export function plainText(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', "'");
}

/** The values that a setting takes: `5000..1000000`, `poll|wfi`. */
export function rangeOf(row: SettingRow): string {
  switch (row.kind) {
    case 'number':
      return `${row.minimum}..${row.maximum}${autoOf(row.auto)}`;
    case 'choice':
      return Object.keys(row.choices).join('|');
    case 'flag':
      return '0|1';
    case 'switch':
      return 'off|on';
  }
}

/** What stands behind the range of a number that the cell can find by itself. */
function autoOf(auto: NumberSetting['auto']): string {
  return auto === undefined ? '' : auto === 'word' ? '|auto' : '|auto[:RATE,...]';
}
