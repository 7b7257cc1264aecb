// SPDX-License-Identifier: MIT
/**
 * Reads the DBC files that `dbc:` of a rules file names.
 *
 * Does not: look names up; see dbc-names.ts.
 */
import { InputError } from '../../cell-config/input-error.ts';
import { readDatabase } from '../dbc/database.ts';
import type { Database } from '../dbc/database.ts';
import { formatDiagnostic } from '../diagnostics.ts';
import { Names } from './dbc-names.ts';
import { pathBeside } from './file-path.ts';
import { oneOrMore } from './parse-identifiers.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const FILES_MAXIMUM = 16;

/** Gives the text of a DBC file. Throws InputError with one line: the cause and the next step. */
export type ReadText = (path: string) => string;

/** For tables without DBC files, and for hosts without files. */
export const NO_FILES: ReadText = (path) => {
  throw new InputError(`${path} cannot be read: there are no files here`);
};

/** The names in the files. A relative path starts in the folder of `rulesFile`. */
export function readNames(
  reader: YamlReader,
  entries: Entries,
  rulesFile: string,
  readText: ReadText,
): Names {
  const entry = entries.byKey.get('dbc');
  if (entry === undefined) return new Names([], true);
  const seen = new Set<string>();
  const found: Database[] = [];
  const all = oneOrMore(reader, entry, FILES_MAXIMUM, (item) => {
    const named = reader.text(item);
    if (named === undefined) return undefined;
    const path = pathBeside(rulesFile, named);
    if (!seen.has(path)) {
      seen.add(path);
      const database = readOne(reader, item, path, readText);
      if (database !== undefined) found.push(database);
      return database;
    }
    reader.diagnostics.error(item.offset, `${path} is named twice: remove one`);
    return undefined;
  });
  return new Names(found, all !== undefined);
}

function readOne(
  reader: YamlReader,
  item: Entry,
  path: string,
  readText: ReadText,
): Database | undefined {
  let text;
  try {
    text = readText(path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    reader.diagnostics.error(item.offset, error.message);
    return undefined;
  }
  const { database, diagnostics } = readDatabase(text, path);
  if (database !== undefined) return database;
  const [first, ...more] = diagnostics.filter(({ severity }) => severity === 'error');
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  reader.diagnostics.error(
    item.offset,
    `this is no DBC file that can be read: ${formatDiagnostic(first)}${rest}`,
  );
  return undefined;
}
