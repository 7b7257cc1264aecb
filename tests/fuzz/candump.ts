// SPDX-License-Identifier: MIT
/**
 * Fuzz target: a candump log (twin/logs). It is read, or refused with a LogError; what is read and written is read as
 * the same frames again.
 */
import { framesEqual } from '../../twin/bus/can-frame.ts';
import { CANDUMP } from '../../twin/logs/candump/format.ts';
import { recordsOf } from '../../twin/logs/formats.ts';
import { LogError, type LogRecord } from '../../twin/logs/record.ts';

function read(bytes: Uint8Array): LogRecord[] {
  return [...recordsOf([bytes], CANDUMP, 'fuzz.log')];
}

export function fuzz(data: Uint8Array): void {
  let records: readonly LogRecord[];
  try {
    records = read(data);
  } catch (error) {
    if (error instanceof LogError) return;
    throw error;
  }
  const parts: (string | Uint8Array)[] = [];
  const writer = CANDUMP.makeWriter((part) => parts.push(part), new Map());
  const frames = records.filter((record) => record.kind === 'frame');
  for (const record of frames) writer.write(record);
  writer.end();
  const text = parts.map((part) => (typeof part === 'string' ? part : Buffer.from(part)));
  const again = read(Buffer.concat(text.map((part) => Buffer.from(part))));
  const same = again.every(
    (record, index) => record.kind === 'frame' && framesEqual(record.frame, frames[index].frame),
  );
  if (again.length !== frames.length || !same) throw new Error('written, it reads otherwise');
}
