// SPDX-License-Identifier: MIT
/** The frames of the bus as a log file, in each format that the twin writes. */
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { formatOfSuffix, SUFFIXES } from '../../twin/logs/formats.ts';
import type { Direction } from '../../twin/logs/record.ts';

/** The bytes of a log in the format of a suffix such as `.log`. Throws RangeError for another. */
export function exportLog(
  records: readonly WireRecord[],
  suffix: string,
  cellName: string,
): Uint8Array<ArrayBuffer> {
  const format = formatOfSuffix(`bus${suffix}`);
  if (format === undefined) throw new RangeError(`${suffix} is none of ${SUFFIXES}`);
  const parts: (string | Uint8Array<ArrayBuffer>)[] = [];
  const writer = format.makeWriter(
    (part) => parts.push(typeof part === 'string' ? part : Uint8Array.from(part)),
    new Map(),
  );
  records.forEach(({ frame, sender, endNanos, outcome }, index) => {
    if (outcome === 'error') return;
    const direction: Direction = sender === cellName ? 'answered' : 'received';
    writer.write({
      ...{ kind: 'frame', frame, interfaceName: sender, direction, line: index + 1 },
      nanos: BigInt(Math.round(endNanos)),
    });
  });
  writer.end();
  return joined(parts);
}

function joined(parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const all = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part));
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
