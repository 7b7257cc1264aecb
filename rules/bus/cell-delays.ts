// SPDX-License-Identifier: MIT
/**
 * What the cell adds to the time of a frame on the bus: until it contends, and between two frames of one
 * transmit buffer.
 *
 * The times hold for SPI at 10 MHz and a core at 1.5 GHz, on the emulated board; docs/timing-budget.md has them.
 * Does not: know the bus.
 */
import type { RulePath } from '../paths.ts';

/** A busy cell against an idle one: a byte that is broken off (worst moment). */
const BUSY_MICROS = 1.4;
/** READ STATUS, when the buffer may still hold the answer before. */
const STATUS_MICROS = 2.1;
/** The loop's bounds: the longest step, which receives and answers; READ STATUS; LOAD and RTS of an answer. */
const STEP_MICROS = 50.8;
const POLL_MICROS = 9.2;
const LOAD_ANSWER_MICROS = 23.5;
/** A frame of AGL's takes three steps: out of the ring, LOAD, RTS. Two others may go before them. */
const LOAD_AGL_MICROS = 3 * 23.2;
const BEFORE_AGL_MICROS = 4 + 40.4;
/** A frame that comes in: its step, the ring's acknowledgement, READ STATUS and LOAD broken off. */
const FRAME_MICROS = STEP_MICROS + 5 + POLL_MICROS + LOAD_ANSWER_MICROS;
/** The cell asks a busy buffer so often (src/cell/cell.ts). */
const POLL_BITS = 16;
/** A LOAD that has given way so often to a frame that came in is carried through (src/cell/courtesy.ts). */
const GIVES_WAY_MAXIMUM = 17;

/** The transmit buffer of AGL's frames. */
export const AGL_BUFFER = 0;

/** From the end of a request to the answer's RTS: what `explain` prints, for a busy cell. */
export function answerDelayNanos({ worstMicros }: RulePath): number {
  return Math.ceil((worstMicros + BUSY_MICROS + STATUS_MICROS) * 1_000);
}

/**
 * From the end of a frame in a buffer until the next frame that waits for it contends, each part at its bound;
 * also from AGL's ring to the bus. Loading gives way to each frame that comes in meanwhile: `framesIn` says how
 * many of other nodes' can end in so many nanoseconds.
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
