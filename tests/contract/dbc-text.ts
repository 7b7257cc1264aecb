// SPDX-License-Identifier: MIT
/**
 * Short DBC files for tests, and the bits of a signal by the definition of its byte order.
 *
 * Does not: use anything of rules/dbc to find a bit.
 */
import assert from 'node:assert/strict';
import { readDatabase } from '../../rules/dbc/database.ts';
import type { Database, Message, Signal } from '../../rules/dbc/database.ts';
import { formatDiagnostic } from '../../rules/diagnostics.ts';

/** What a DBC file says of a signal's place: `12|5@0-`. */
export interface Place {
  readonly startBit: number;
  readonly bitCount: number;
  readonly isMotorola: boolean;
  readonly signed: boolean;
}

/** A message of 4 bytes at line 1, with `lines` from line 2. */
export function message(...lines: string[]): string {
  return ['BO_ 256 Msg: 4 Node', ...lines].join('\n');
}

/** A signal for it, unscaled: `signal('A', '0|8@1+', 'm3 ')`. */
export function signal(name: string, layout: string, mark = ''): string {
  return ` SG_ ${name} ${mark}: ${layout} (1,0) [0|0] "" Node`;
}

/** Everything said about `text`, as the command line prints it. */
export function saidOfDbc(text: string): string[] {
  return readDatabase(text, 'd.dbc').diagnostics.map(formatDiagnostic);
}

/** The database of a text that has no errors. */
export function databaseOf(text: string, file = 'd.dbc'): Database {
  const { database, diagnostics } = readDatabase(text, file);
  assert.ok(database !== undefined, diagnostics.map(formatDiagnostic).join('\n'));
  return database;
}

/** A message that can be used. */
export function messageOf(database: Database, name: string): Message {
  const { found, refused } = database.message(name);
  assert.ok(found !== undefined, refused);
  return found;
}

/** A signal that can be used. */
export function signalOf(database: Database, message: string, name: string): Signal {
  const { found, refused } = messageOf(database, message).signal(name);
  assert.ok(found !== undefined, refused);
  return found;
}

/**
 * The data bits of a signal, its lowest bit first. Data bit 10 is bit 2 of byte 1. Intel begins at the
 * lowest bit and goes up, into the next byte after bit 7. Motorola begins at the highest and goes down, into
 * bit 7 of the next byte after bit 0.
 */
export function walk({ startBit, bitCount, isMotorola }: Place): number[] {
  const bits: number[] = [];
  for (let bit = startBit; bits.length < bitCount;) {
    bits.push(bit);
    if (!isMotorola) bit += 1;
    else bit += bit % 8 === 0 ? 15 : -1;
  }
  return isMotorola ? bits.reverse() : bits;
}

/** The raw value, bit by bit. */
export function rawByBits(place: Place, data: Uint8Array): bigint {
  const bits = walk(place).map((bit) => (data[Math.floor(bit / 8)] >> (bit % 8)) & 1);
  let raw = 0n;
  bits.forEach((bit, index) => {
    const weight = 2n ** BigInt(index);
    const isSign = place.signed && index === bits.length - 1;
    raw += BigInt(bit) * (isSign ? -weight : weight);
  });
  return raw;
}
