// SPDX-License-Identifier: MIT
/**
 * UnsafeFrames: takes AGL's frames back that the safe state replaces, those that wait and those in the chip.
 *
 * Bounded: a step compares a few frames with those of the safe state and drops one at most, as AGL is told of each; or
 * it compares all that may wait and those in the chip, and drops none.
 * Does not: keep new ones of AGL's out.
 */
import { Frame } from '../../can/frame';
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { Counter, FrameEnd } from '../../rt/counters';
import { AnyParts } from '../parts';
import { SafeState } from '../safe-state';
import { TAG_HANDED, TransmitScheduler } from './scheduler';

/** Frames that a step compares before it may drop one. */
const LOOKS: u32 = 4;

@final
export class UnsafeFrames<Parts extends AnyParts> {
  /** So many of those that wait, from the first on, are to be dropped or compared again. */
  private left: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly scheduler: TransmitScheduler<Parts>,
    private readonly safe: SafeState<Parts>,
  ) {}

  /** Drops a frame of AGL's that has an identifier of the safe state's, or aborts those in the chip. True: none is left. */
  step(): bool {
    const waiting = this.scheduler.fromAgl;
    // Some were sent meanwhile.
    let left = min<u32>(this.left, waiting.length);
    if (left === 0) return this.areNone();
    const end: u32 = left > LOOKS ? left - LOOKS : 0;
    // loop: at most LOOKS
    while (left !== end) {
      left--;
      if (!this.safe.owns(waiting.at(left).identifier)) continue;
      this.drop(left);
      break;
    }
    this.left = left;
    return false;
  }

  private drop(place: u32): void {
    const waiting = this.scheduler.fromAgl;
    const tag = waiting.tagAt(place);
    const wasHanded = (tag & TAG_HANDED) !== 0;
    this.parts.counters.count(wasHanded ? Counter.FromAglWithdrawn : Counter.FromAglSafeState);
    this.parts.agl.finish(tag & ~TAG_HANDED, false);
    waiting.remove(place);
  }

  /** In one step, as a frame in the chip may go back to those that wait. */
  private areNone(): bool {
    const waiting = this.scheduler.fromAgl;
    // loop: at most 16, AGL_WAITING_MAXIMUM
    for (let place = waiting.length; place !== 0; place--) {
      if (!this.safe.owns(waiting.at(place - 1).identifier)) continue;
      this.left = place;
      return false;
    }
    const slots = this.scheduler.slots;
    let areNone: bool = true;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(slots.all[buffer]);
      if ((slots.underWay & slot.bit) === 0 || !slot.isAgl) continue;
      if (!this.safe.owns(changetype<Frame>(slot.frame).identifier)) continue;
      this.parts.controller.abort(buffer, FrameEnd.Withdrawn);
      areNone = false;
    }
    return areNone;
  }
}
