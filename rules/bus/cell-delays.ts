// SPDX-License-Identifier: MIT
/**
 * The time that the cell adds to a frame on the bus: until the frame contends, and between two
 * frames of one transmit buffer.
 *
 * The times hold for SPI at 10 MHz and a core at 1.5 GHz, on the emulated board.
 * docs/timing-budget.md has them.
 * Does not: know the bus.
 */
import type { RulePath } from '../paths.ts';

/** A busy cell compared with an idle one: one byte that is aborted at the worst moment. */
const BUSY_MICROS = 1.4;
/** READ STATUS, when the buffer may still hold the previous answer. */
const STATUS_MICROS = 2.1;
/**
 * The loop's bounds: the longest step, which receives and answers; READ STATUS; LOAD and RTS of an
 * answer.
 */
const STEP_MICROS = 50.8;
const POLL_MICROS = 9.2;
const LOAD_ANSWER_MICROS = 23.5;
/**
 * A frame from AGL takes three steps: out of the ring, LOAD, RTS. Two other frames may go before
 * them.
 */
const LOAD_AGL_MICROS = 3 * 23.2;
const BEFORE_AGL_MICROS = 4 + 40.4;
/** A received frame: its step, the ring's acknowledgement, and an aborted READ STATUS and LOAD. */
const FRAME_MICROS = STEP_MICROS + 5 + POLL_MICROS + LOAD_ANSWER_MICROS;
/** Interval at which the cell polls a busy buffer (src/cell/cell.ts). */
const POLL_BITS = 16;
/**
 * After a LOAD has yielded to this many received frames, it is carried through
 * (src/cell/courtesy.ts).
 */
const GIVES_WAY_MAXIMUM = 17;

/** The transmit buffer of the frames from AGL. */
export const AGL_BUFFER = 0;

/** From the end of a request to the answer's RTS, for a busy cell. `explain` prints this time. */
export function answerDelayNanos({ worstMicros }: RulePath): number {
  return Math.ceil((worstMicros + BUSY_MICROS + STATUS_MICROS) * 1_000);
}

/**
 * From the end of a frame in a buffer until the next waiting frame contends, each part at its
 * bound. The same time holds from AGL's ring to the bus. Loading yields to each frame that is
 * received meanwhile: `framesIn` says how many frames of other nodes can end within a time in
 * nanoseconds.
 */
export function reloadNanos(
  buffer: number,
  bitNanos: number,
  framesIn: (nanos: number) => number,
): number {
  const load = buffer === AGL_BUFFER ? LOAD_AGL_MICROS + BEFORE_AGL_MICROS : LOAD_ANSWER_MICROS;
  const alone = POLL_BITS * bitNanos + (STEP_MICROS + POLL_MICROS + load) * 1_000;
  let frames = 0;
  let reload = alone;
  while (frames < GIVES_WAY_MAXIMUM && framesIn(reload) > frames) {
    frames++;
    reload = alone + frames * FRAME_MICROS * 1_000;
  }
  return Math.ceil(reload);
}
