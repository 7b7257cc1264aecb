// SPDX-License-Identifier: MIT
/**
 * The time that the cell adds to a frame on the bus: until the frame contends.
 *
 * The times hold for SPI at 10 MHz and a core at 1.5 GHz, on the emulated board.
 * docs/timing-budget.md has them.
 * Does not: know the bus.
 */
import type { RulePath } from '../paths.ts';

/**
 * S: a frame that was decided, or taken from the ring, so long ago takes part in arbitration, whatever
 * other frames of the cell are in the chip. A weaker one is taken back for it, if need be.
 */
const TAKES_PART_NANOS = 90_200;
/** What an answer adds that leaves before it, and that long before the next arbitration but one the bus is not free. */
const ANSWERING_NANOS = 30_800;
const NEXT_ARBITRATION_BITS = 50;
/** The cell looks so often whether a frame has left (src/cell/cell.ts). */
export const LOOK_BITS = 16;
/** A busy cell compared with an idle one: one byte that is aborted at the worst moment. */
const BUSY_MICROS = 1.4;
/** READ STATUS, when the buffer may still hold the previous answer. */
const STATUS_MICROS = 2.1;
/**
 * The loop's bounds: the longest step, which receives and answers; READ STATUS; LOAD and RTS of an
 * answer.
 */
export const STEP_MICROS = 56;
const POLL_MICROS = 9.2;
const LOAD_ANSWER_MICROS = 23.5;
/** Two other frames may be taken and sent before a frame of AGL's is taken out of the ring. */
const BEFORE_AGL_MICROS = 4 + 40.4 + 23.2;
/** A received frame: its step, the ring's acknowledgement, and an aborted READ STATUS and LOAD. */
const FRAME_MICROS = STEP_MICROS + 5 + POLL_MICROS + LOAD_ANSWER_MICROS;
/**
 * After a LOAD has yielded to this many received frames, it is carried through
 * (src/cell/courtesy.ts).
 */
const GIVES_WAY_MAXIMUM = 17;

/** S at a bit rate: an answer that leaves meanwhile counts if the bus may be free once more before the frame is in the chip. */
export function takesPartNanos(bitrate: number): number {
  const answering = TAKES_PART_NANOS + ANSWERING_NANOS;
  const isMissed = answering > (NEXT_ARBITRATION_BITS * 1e9) / bitrate;
  return isMissed ? answering : TAKES_PART_NANOS;
}

/** From the end of a request to the answer's RTS, for a busy cell. `explain` prints this time. */
export function answerDelayNanos({ worstMicros }: RulePath): number {
  return Math.ceil((worstMicros + BUSY_MICROS + STATUS_MICROS) * 1_000);
}

/**
 * From AGL's ring until the frame contends, each part at its bound. Loading yields to each frame
 * that is received meanwhile: `framesIn` says how many frames of other nodes can end within a time
 * in nanoseconds.
 */
export function fromAglDelayNanos(framesIn: (nanos: number) => number, bitrate: number): number {
  const alone = takesPartNanos(bitrate) + (STEP_MICROS + POLL_MICROS + BEFORE_AGL_MICROS) * 1_000;
  let frames = 0;
  let delay = alone;
  while (frames < GIVES_WAY_MAXIMUM && framesIn(delay) > frames) {
    frames++;
    delay = alone + frames * FRAME_MICROS * 1_000;
  }
  return Math.ceil(delay);
}
