// SPDX-License-Identifier: MIT
/**
 * The traffic of a bus: its periodic messages, as a traffic file or a recording states them.
 */
import type { ArbitrationField } from '../model.ts';
import { formatIdentifier } from '../model.ts';
import type { FrameShape } from './frame-time.ts';

/** Lowest and highest bit rate of the bus, as the cell's setting `bitrate`. */
export const BITRATE_MINIMUM = 5_000;
export const BITRATE_MAXIMUM = 1_000_000;

/** One message: frames of one identifier, at most one in each period. */
export interface Message extends ArbitrationField, FrameShape {
  readonly periodNanos: number;
  /** How much later than its period a frame may contend. */
  readonly jitterNanos: number;
  /** The cell sends it for AGL. */
  readonly fromAgl: boolean;
  /** Only of AGL's: from its place in the ring to the end of the frame. */
  readonly deadlineNanos?: number;
}

export interface Traffic {
  readonly bitrate: number;
  /** In no order. No two are equal in identifier and kind, but AGL's and an answer of the cell may be. */
  readonly messages: readonly Message[];
  /** At most one error of the bus in so long a time; absent: none. */
  readonly errorEveryNanos?: number;
}

/** `0x1A0`, `0x3C0 remote`. */
export function formatMessage({ identifier, extended, remote }: ArbitrationField): string {
  return `${formatIdentifier(identifier, extended)}${remote ? ' remote' : ''}`;
}
