// SPDX-License-Identifier: MIT
/**
 * Takes AGL's frames back that the safe state replaces: those that wait, and those in the chip.
 *
 * Bounded: a comparison with each frame of the safe state for each that may wait, and for each buffer.
 */
import { Frame } from '../../can/frame';
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { Counter, FrameEnd } from '../../rt/counters';
import { AnyParts } from '../parts';
import { SafeState } from '../safe-state';
import { TAG_HANDED, TransmitScheduler } from './scheduler';

/** Drops AGL's frames that have an identifier of the safe state's, and aborts those in the chip. True: none is left. */
export function dropUnsafe<Parts extends AnyParts>(
  parts: Parts,
  scheduler: TransmitScheduler<Parts>,
  safe: SafeState<Parts>,
): bool {
  const waiting = scheduler.fromAgl;
  // loop: at most 16, AGL_WAITING_MAXIMUM
  for (let place = waiting.length; place !== 0; place--) {
    if (!safe.owns(waiting.at(place - 1).identifier)) continue;
    const tag = waiting.tagAt(place - 1);
    const wasHanded = (tag & TAG_HANDED) !== 0;
    parts.counters.count(wasHanded ? Counter.FromAglWithdrawn : Counter.FromAglSafeState);
    parts.agl.finish(tag & ~TAG_HANDED, false);
    waiting.remove(place - 1);
  }
  const slots = scheduler.slots;
  let isClear: bool = true;
  for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
    const slot = unchecked(slots.all[buffer]);
    if ((slots.underWay & slot.bit) === 0 || !slot.isAgl) continue;
    if (!safe.owns(changetype<Frame>(slot.frame).identifier)) continue;
    parts.controller.abort(buffer, FrameEnd.Withdrawn);
    isClear = false;
  }
  return isClear;
}
