// SPDX-License-Identifier: MIT
/**
 * Fuzz target: the text of a DBC file (rules/dbc). It is read, or refused with diagnostics; a signal of a database that
 * is taken gives back the raw value that was put in.
 */
import { decodeRaw, encodeRaw } from '../../rules/dbc/codec.ts';
import { readDatabase } from '../../rules/dbc/database.ts';
import { decodeDatabaseText } from '../../rules/dbc/decode-text.ts';
import { rawLimits } from '../../rules/dbc/layout.ts';

export function fuzz(data: Uint8Array): void {
  const { database, diagnostics } = readDatabase(decodeDatabaseText(data), 'fuzz.dbc');
  for (const { line, column } of diagnostics) {
    if (!(line >= 1 && column >= 1)) throw new Error(`a diagnostic at ${line}:${column}`);
  }
  for (const { name } of database?.messages ?? []) {
    const { found } = database!.message(name);
    for (const { name: of } of found?.signals ?? []) {
      const signal = found!.signal(of).found;
      if (signal === undefined) continue;
      const { least, most } = rawLimits(signal);
      for (const raw of [least, most]) {
        const bytes = new Uint8Array(found!.length);
        encodeRaw(signal, bytes, raw);
        if (decodeRaw(signal, bytes) !== raw) throw new Error(`${signal.name}: not ${raw} again`);
      }
    }
  }
}
