// SPDX-License-Identifier: MIT
/** Reads a DBC file of the file system as text. */
import { notText, readInput } from '../../cell-config/files.ts';
import { decodeDatabaseText } from './decode-text.ts';

/**
 * The text of a file. Throws InputError with the path and the next step if it cannot be read, is empty, too
 * large, or no text.
 */
export function readDatabaseText(path: string): string {
  const bytes = readInput(path, 'DBC file');
  const zeroAt = bytes.indexOf(0);
  if (zeroAt !== -1) throw notText(path, 'DBC file', zeroAt);
  return decodeDatabaseText(bytes);
}
