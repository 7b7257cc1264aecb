// SPDX-License-Identifier: MIT
/**
 * The two rings of the status page: trace records and recorded frames.
 *
 * Source: formats/status-page.ts; docs/status-page.md, "Rings".
 * Does not: read while the cell writes. In the twin the cell stands still during a read. Another
 * process must read the head again afterwards and discard the entries that may have been
 * overwritten.
 */
import { loadCanFrame } from '../../twin/agl/can-frame-layout.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { NUMBERS, PAGE } from '../../formats/status-page.ts';

/** One event that the cell noted. docs/status-page.md lists the codes. */
export interface TraceRecord {
  readonly ticks: bigint;
  readonly code: number;
  readonly a: number;
  readonly b: number;
}

const DIRECTIONS = ['received', 'sent', 'answered'] as const;

export interface RecordedFrame {
  readonly ticks: bigint;
  readonly direction: (typeof DIRECTIONS)[number];
  readonly frame: CanFrame;
}

const DIRECTION_SHIFT = 62n;
const TICKS_MASK = (1n << DIRECTION_SHIFT) - 1n;

/** The trace records that have not been overwritten, oldest first. */
export function readTrace(section: Buffer): TraceRecord[] {
  const head = section.readUInt32LE(PAGE.PAGE_TRACE_HEAD.at);
  return places(head, section.readUInt32LE(PAGE.PAGE_TRACE_CAPACITY.at)).map((place) => {
    const offset = PAGE.PAGE_TRACE_OFFSET.at + place * NUMBERS.TRACE_RECORD_BYTES;
    return {
      ticks: section.readBigUInt64LE(offset),
      code: section.readUInt16LE(offset + 8),
      a: section.readUInt16LE(offset + 10),
      b: section.readUInt32LE(offset + 12),
    };
  });
}

/** The recorded frames, oldest first. Throws RangeError if an entry holds no frame or direction. */
export function readRecorder(section: Buffer): RecordedFrame[] {
  const head = section.readUInt32LE(PAGE.PAGE_RECORDER_HEAD.at);
  const view = new DataView(section.buffer, section.byteOffset, section.length);
  return places(head, section.readUInt32LE(PAGE.PAGE_RECORDER_CAPACITY.at)).map((place) => {
    const offset = PAGE.PAGE_RECORDER_OFFSET.at + place * NUMBERS.RECORDER_ENTRY_BYTES;
    const first = section.readBigUInt64LE(offset);
    const direction = DIRECTIONS[Number(first >> DIRECTION_SHIFT)];
    if (direction === undefined) throw new RangeError(`recorder entry ${place} has no direction`);
    return { ticks: first & TICKS_MASK, direction, frame: loadCanFrame(view, offset + 8) };
  });
}

/**
 * Positions of the entries that are present, oldest first. `head` counts all entries ever written.
 */
function places(head: number, capacity: number): number[] {
  const count = Math.min(head, capacity);
  return Array.from({ length: count }, (_, index) => (head - count + index) % capacity);
}
