// SPDX-License-Identifier: MIT
/**
 * A DBC file as text. CANdb++ writes Latin-1 (Windows-1252), other tools UTF-8.
 */
import { notText, readInput } from '../../cell-config/files.ts';

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

/** UTF-8, with or without its mark, if the bytes are that; else Windows-1252. */
export function decodeDatabaseText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
