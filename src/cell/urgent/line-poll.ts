// SPDX-License-Identifier: MIT
/**
 * How often frames must be looked for that do not assert INT, so that none is lost.
 *
 * With INT kept for RXB0, a frame in RXB1 waits for a READ STATUS, and must be out before the next
 * frame of a full bus is complete. In between come one step of other work, and the READ itself.
 * Does not: look.
 */
import { AnyParts } from '../parts';

/** The shortest frame from SOF to EOF, and the intermission after it: 44 and 3 bits. */
const SHORTEST_FRAME_BITS: u64 = 47;
/** LOAD TX BUFFER for AGL; READ STATUS; READ RX BUFFER of 8 data bytes. */
const BACKGROUND_BYTES: u64 = 14 + 2 + 14;
/** LOAD TX BUFFER and RTS of an answer, if other rules answer, too. */
const ANSWER_BYTES: u64 = 14 + 1;
/** Deciding on the frame, and one round of the loop. */
const HANDLING_NANOS_PER_FRAME: u64 = 2_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/** Looks are not farther apart, so that no frame waits for long, nor nearer. */
const INTERVAL_NANOS_MAXIMUM: u64 = 16_000;
const INTERVAL_NANOS_MINIMUM: u64 = 2_000;

/** What `bytes` on SPI and the handling of one frame take. */
export function frameNanos<Parts extends AnyParts>(parts: Parts, bytes: u64): u64 {
  return bytes * parts.spiTiming.byteNanos(parts.spi.clockHertz) + HANDLING_NANOS_PER_FRAME;
}

/** The time in which a full bus delivers the next frame. */
export function shortestFrameNanos<Parts extends AnyParts>(parts: Parts): u64 {
  return (SHORTEST_FRAME_BITS * NANOS_PER_SECOND) / parts.settings.bitrate;
}

/** The longest time from the arrival of a frame in RXB1 until it is out, with looks as often as can be. */
export function backgroundNanos<Parts extends AnyParts>(parts: Parts): u64 {
  const isAlone = parts.responder.table.summary.different === 1;
  const bytes = isAlone ? BACKGROUND_BYTES : BACKGROUND_BYTES + ANSWER_BYTES;
  return frameNanos(parts, bytes) + INTERVAL_NANOS_MINIMUM;
}

/** The time between two looks. */
export function lookIntervalNanos<Parts extends AnyParts>(parts: Parts): u64 {
  const taken = backgroundNanos(parts) - INTERVAL_NANOS_MINIMUM;
  const left = max<u64>(shortestFrameNanos(parts), taken) - taken;
  return min<u64>(max<u64>(left, INTERVAL_NANOS_MINIMUM), INTERVAL_NANOS_MAXIMUM);
}
