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
const TAKES_PART_NANOS = 58_500;
/** The same faster than 500 kbit/s, where a frame that comes in may have to be read first. */
const FAST_BITRATE = 500_000;
const FAST_TAKES_PART_NANOS = 59_100;
/** READ STATUS and READ RX BUFFER of a request, or of a frame that cannot wait for that. */
const READ_NANOS = 19_600;
/** The cell looks so often whether a frame has left (src/cell/cell.ts). */
export const LOOK_BITS = 16;
/** A busy cell compared with an idle one: one byte that is aborted at the worst moment. */
const BUSY_MICROS = 1.4;
/** READ STATUS, when the buffer may still hold the previous answer. */
const STATUS_MICROS = 2.1;
/** Both: what a busy cell adds to an answer's time. */
export const BUSY_CELL_MICROS = BUSY_MICROS + STATUS_MICROS;
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
 * (src/cell/yielding-transfer.ts).
 */
const GIVES_WAY_MAXIMUM = 17;

/** S at a bit rate. */
export function takesPartNanos(bitrate: number): number {
  return hastensDeaf(bitrate) ? FAST_TAKES_PART_NANOS : TAKES_PART_NANOS;
}

/** A request that RX STATUS tells waits until the strongest frame takes part (docs/decisions/0041-haste.md). */
export function hastensDeaf(bitrate: number): boolean {
  return bitrate > FAST_BITRATE;
}

/**
 * From the end of a request that is read until its answer takes part: it waits until another frame of the cell does, is
 * read, and its answer may find all buffers taken.
 */
export function readTakesPartNanos(bitrate: number): number {
  return 2 * takesPartNanos(bitrate) + READ_NANOS;
}

/** From the end of a request to the answer's RTS, for a busy cell. `explain` prints this time. */
export function answerDelayNanos({ worstMicros }: RulePath): number {
  return Math.ceil((worstMicros + BUSY_CELL_MICROS) * 1_000);
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
