// SPDX-License-Identifier: MIT
/**
 * The DBC files of a rules file: messages and signals by their names.
 *
 * Does not: read DBC; see rules/dbc.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { readDatabase } from '../dbc/database.ts';
import type { Database, Message, Signal } from '../dbc/database.ts';
import { piecesOf } from '../dbc/layout.ts';
import { formatDiagnostic } from '../diagnostics.ts';
import type { DataField, RuleMatch } from '../model.ts';
import { DATA_BYTES } from '../model.ts';
import { fieldOf, knownBits } from '../order/cover.ts';
import { oneOrMore } from './parse-identifiers.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const FILES_MAXIMUM = 16;

/** Looks names up in the files of `dbc:`, the first one that has a message. */
export class Names {
  readonly #databases: readonly Database[];

  constructor(databases: readonly Database[]) {
    this.#databases = databases;
  }

  /** The message that `message:` names. Undefined: there is no such key, or an error was told. */
  message(reader: YamlReader, entries: Entries): Message | undefined {
    const entry = entries.byKey.get('message');
    const name = entry && reader.text(entry);
    if (entry === undefined || name === undefined) return undefined;
    const lookups = this.#databases.map((database) => database.message(name));
    const found = lookups.find((lookup) => lookup.found !== undefined)?.found;
    if (found !== undefined) return found;
    const reason =
      this.#databases.length === 0
        ? 'message needs a DBC file: write dbc: car.dbc at the top of the file'
        : lookups.map(({ refused }) => refused).join('; ');
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
}

/** The files of `dbc:`, a path or a list, from the folder of the rules file on. */
export function readNames(reader: YamlReader, entries: Entries, file: string): Names {
  const entry = entries.byKey.get('dbc');
  if (entry === undefined) return new Names([]);
  const databases = oneOrMore(reader, entry, FILES_MAXIMUM, (item) => {
    const path = reader.text(item);
    return path === undefined ? undefined : readOne(reader, item, path, file);
  });
  return new Names(databases ?? []);
}

function readOne(
  reader: YamlReader,
  item: Entry,
  path: string,
  file: string,
): Database | undefined {
  const whole = isAbsolute(path) ? path : join(dirname(file), path);
  let text;
  try {
    text = readFileSync(whole, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    reader.diagnostics.error(item.offset, `the DBC file cannot be read: ${why}`);
    return undefined;
  }
  const { database, diagnostics } = readDatabase(text, whole);
  const [first, ...more] = diagnostics.filter(({ severity }) => severity === 'error');
  if (database === undefined) {
    const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
    reader.diagnostics.error(
      item.offset,
      `the DBC file has errors: ${formatDiagnostic(first)}${rest}`,
    );
  }
  return database;
}

/** Where the signal lies in the data. */
export function fieldOfSignal(signal: Signal): DataField {
  const [{ dataBit }] = piecesOf(signal);
  const [byte, bit] = [Math.floor(dataBit / 8), dataBit % 8];
  const bigEndian = signal.byteOrder === 'motorola';
  return {
    shift: bigEndian ? (DATA_BYTES - 1 - byte) * 8 + bit : dataBit,
    width: signal.bitCount,
    bigEndian,
    signed: signal.signed,
  };
}

/** Why frames that match may be without the signal; undefined: all of them have it. */
export function absenceOf(signal: Signal, match: RuleMatch): string | undefined {
  for (const { multiplexor, ranges } of signal.presence) {
    const raw = fieldOf(fieldOfSignal(multiplexor), knownBits(match));
    if (raw !== undefined && ranges.some(({ least, most }) => raw >= least && raw <= most))
      continue;
    const [{ least, most }] = ranges;
    const values = least === most ? `${least}` : `${least} to ${most}`;
    return `${signal.name} is in the frame only if ${multiplexor.name} is ${values}: match signals: { ${multiplexor.name}: ${least} }`;
  }
  return undefined;
}
