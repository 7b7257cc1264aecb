// SPDX-License-Identifier: MIT
/**
 * The traffic of a bus: its periodic messages, as stated in a traffic file, a DBC file or a recording.
 */
import type { ArbitrationField } from '../model.ts';
import { formatIdentifier } from '../model.ts';
import type { FrameShape } from './frame-time.ts';

/** Lowest and highest bit rate of the bus, the same as for the cell's setting `bitrate`. */
export const BITRATE_MINIMUM = 5_000;
export const BITRATE_MAXIMUM = 1_000_000;

/** More than the number of identifiers of an 11-bit bus. */
export const MESSAGES_MAXIMUM = 4096;

/** One message: frames of one identifier, at most one in each period. */
export interface Message extends ArbitrationField, FrameShape {
  readonly periodNanos: number;
  /** How much later than its period a frame may contend. */
  readonly jitterNanos: number;
  /** The cell sends it for AGL. */
  readonly fromAgl: boolean;
  /** Only for messages from AGL: from its place in the ring to the end of the frame. */
  readonly deadlineNanos?: number;
}

export interface Traffic {
  readonly bitrate: number;
  /**
   * In no order. Identifier and kind are unique, except that a message from AGL may equal an answer
   * of the cell.
   */
  readonly messages: readonly Message[];
  /** Shortest time between two errors of the bus. Absent: no errors. */
  readonly errorEveryNanos?: number;
}

/** Formats as `0x1A0` or `0x3C0 remote`. */
export function formatMessage({ identifier, extended, remote }: ArbitrationField): string {
  return `${formatIdentifier(identifier, extended)}${remote ? ' remote' : ''}`;
}
