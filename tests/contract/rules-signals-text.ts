// SPDX-License-Identifier: MIT
/**
 * Rules files with a DBC file for tests, and what their tables make of frames. The DBC text is given, no file
 * is read.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import { parseRules } from '../../rules/language/parse.ts';
import type { RuleTable } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { walk } from './dbc-text.ts';
import type { Place } from './dbc-text.ts';

export const GEAR = readFileSync('tests/data/gear.dbc', 'utf8');
export const GEARBOX = 'match: { message: Gearbox }';

/** A file that names `d.dbc`, with one rule: `lines` follow `- name: a` at line 5. */
export function signalRule(...lines: string[]): string {
  const rule = ['  - name: a', ...lines.map((line) => `    ${line}`)];
  return ['version: 1', 'dbc: d.dbc', 'rules:', ...rule].join('\n');
}

/** Everything said about a rules file in the folder `car`, where every DBC file has this text. */
export function saidWith(dbc: string, text: string): string[] {
  return parseRules(text, 'car/r.yaml', () => dbc).diagnostics.map(formatDiagnostic);
}

/** The table of a file that has no errors. */
export function tableWith(dbc: string, text: string): RuleTable {
  const { table, diagnostics } = parseRules(text, 'car/r.yaml', () => dbc);
  assert.ok(table !== undefined, diagnostics.map(formatDiagnostic).join('\n'));
  return table;
}

/** Whether the first rule of the table takes a frame of 0x100 with these bytes. */
export function takes(table: RuleTable, data: Uint8Array): boolean {
  return new RuleOracle(table).feed(makeFrame({ identifier: 0x100, data })).rule !== undefined;
}

/** What goes to the bus for a frame of 0x100 with these bytes. */
export function answersTo(
  table: RuleTable,
  data: Uint8Array,
  live: readonly number[] = [],
): string[] {
  const oracle = new RuleOracle(table);
  oracle.live.set(live);
  return oracle.feed(makeFrame({ identifier: 0x100, data })).toBus.map(formatFrame);
}

/** Writes the raw value bit by bit, by the definition of the byte orders. */
export function putByBits(place: Place, data: Uint8Array, raw: bigint): void {
  for (const [index, bit] of walk(place).entries()) {
    const isSet = (raw >> BigInt(index)) & 1n;
    const [byte, weight] = [Math.floor(bit / 8), 2 ** (bit % 8)];
    data[byte] = (data[byte] & ~weight) | (isSet === 1n ? weight : 0);
  }
}

/** What a DBC file says of the place. */
export function placeText({ startBit, bitCount, isMotorola, signed }: Place): string {
  return `${startBit}|${bitCount}@${isMotorola ? 0 : 1}${signed ? '-' : '+'}`;
}

/** The least and the greatest raw value. */
export function limitsOf({ bitCount, signed }: Place): readonly [bigint, bigint] {
  const values = 2n ** BigInt(bitCount);
  return signed ? [-values / 2n, values / 2n - 1n] : [0n, values - 1n];
}

/** The parser for `refuses`, with GEAR. */
export const parseWithGear = (text: string) => parseRules(text, 'car/r.yaml', () => GEAR);
