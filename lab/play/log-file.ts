// SPDX-License-Identifier: MIT
/**
 * Reads a CAN log from the disk.
 *
 * Does not: choose what is played of it (log-choice.ts).
 */
import { inputChunks } from '../../cell-config/files.ts';
import { formatToRead } from '../../twin/logs/formats.ts';
import { type LogReading, readChunks } from '../../twin/logs/read.ts';

/** Reads a log of any format, by its suffix. Throws InputError or LogError. */
export function readLogFile(path: string): LogReading {
  return readChunks(inputChunks(path, 'CAN log'), formatToRead(path), path);
}
