// SPDX-License-Identifier: MIT
/**
 * The DBC files that were given to the page, by name. A folder before the name in `dbc:` does not matter.
 *
 * Does not: read a database; the rules compiler does.
 */
import { InputError } from '../cell-config/input-error.ts';
import type { ReadText } from '../rules/language/dbc-files.ts';
import type { Databases } from './protocol.ts';

/** Reads the given files for the compiler. Throws InputError for one that was not given. */
export function readFrom(databases: Databases): ReadText {
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (Object.hasOwn(databases, name)) return databases[name];
    throw new InputError(`${name} is not in this page yet: drop the file here, or choose it`);
  };
}
