// SPDX-License-Identifier: MIT
/**
 * FrameBatches: an end of the link that moves several frames in one call, for a peer on an operating system,
 * where a call outside costs more than a frame.
 *
 * A batch is what is there already. Frames that were taken stay in the ring until `finishTaken`: what was not
 * handed over is there again for the next `take`, in the same order.
 */

/** The most frames in a batch. With it a frame waits less than 50 us for those before it. */
export const BATCH_FRAMES: u32 = 8;

export interface FrameBatches {
  /**
   * Copies the oldest frames from the peer to `frames`, at most BATCH_FRAMES, and returns their number.
   * Impossible messages are dropped and counted. `finishTaken` must follow.
   */
  take(frames: usize): u32;

  /** The first `count` frames of the last `take` have been sent, or refused; the others come again. */
  finishTaken(count: u32, sent: bool): void;

  /** Frames that `give` would find room for now, at most BATCH_FRAMES. */
  room(): u32;

  /**
   * Gives the peer frames from `frames` on. Returns how many are done with: given, or counted because they
   * cannot be carried. Fewer than `count`: there was no room, or the session has ended.
   */
  give(frames: usize, count: u32): u32;
}
