// SPDX-License-Identifier: MIT
/**
 * TransmitPriorities: lets the buffers' TXP follow the strength of the frames that they hold.
 *
 * A buffer counts while its frame is on its way, or while it holds the answer of a filter, which can
 * be sent at any time. Of equally strong ones the earlier goes first. Most frames need no change: at
 * equal TXP the higher buffer goes first, and a new frame's own TXP is changed before others'.
 * Does not: decide which frame goes where. Each step makes at most one BIT MODIFY (4 bytes).
 */
import { PRIORITY_MAXIMUM, PRIORITY_MINIMUM } from '../../driver/mcp2515/transmit-order';
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { TransmitSlot } from './slot';

/** No buffer. */
const NONE: u32 = u32.MAX_VALUE;
/**
 * Later than every request: what is kept comes after the new frame, and as TXP has it now. Of two kept ones of one
 * identifier either may be first, and the order that a new frame in one of their buffers needs must stand.
 */
const NEVER: u32 = u32.MAX_VALUE;
/** More than the rank of any buffer. */
const RANKS: u32 = 16;
const PLACE_SHIFT: u32 = 1;
const PLACE_BITS: u32 = 1 << PLACE_SHIFT;
const PLACE_MASK: u32 = (1 << PLACE_BITS) - 1;
/** The place of a buffer that does not count. */
const NO_PLACE: u32 = PLACE_MASK;

@final
export class TransmitPriorities<Parts extends AnyParts> {
  /** The buffer that a frame of `newStrength` is about to be requested from; NONE: there is none. */
  private newBuffer: u32 = NONE;
  private newStrength: u32 = 0;
  /** The buffers with a frame on its way, as bits of TransmitBuffers. */
  private underWay: u32 = 0;
  /** For each buffer how many others go before it, PLACE_BITS each. */
  private places: u32 = 0;
  /** Of the last change; `Ok`: made, or none was needed. */
  status: Status = Status.Ok;

  constructor(
    private readonly parts: Parts,
    private readonly slots: StaticArray<TransmitSlot<Parts>>,
  ) {}

  /**
   * True when TXP fits for a frame of `strength` to be requested from `buffer`. Otherwise makes one
   * change (4 bytes over SPI) and returns false. `underWay`: the buffers with a frame on its way.
   */
  fit(buffer: u32, strength: u32, underWay: u32): bool {
    this.newBuffer = buffer;
    this.newStrength = strength;
    this.underWay = underWay;
    return this.step();
  }

  /** As `fit`, for the frames that are there. */
  fitAll(underWay: u32): bool {
    this.newBuffer = NONE;
    this.underWay = underWay;
    return this.step();
  }

  /** As `fit`. False: more than one change is needed, or the only one was not made. */
  fitAtOnce(buffer: u32, strength: u32, underWay: u32): bool {
    this.newBuffer = buffer;
    this.newStrength = strength;
    this.underWay = underWay;
    this.findPlaces();
    const own = this.ownPriority();
    if (own === 0) return false;
    return this.parts.controller.buffers.order.priority(buffer) === own || this.set(buffer, own);
  }

  /** TXP of a frame of `strength` in `buffer`, so that as few changes as possible follow when it is requested. */
  wanted(buffer: u32, strength: u32, underWay: u32): u32 {
    this.newBuffer = buffer;
    this.newStrength = strength;
    this.underWay = underWay;
    this.findPlaces();
    const own = this.ownPriority();
    return own !== 0 ? own : PRIORITY_MAXIMUM - this.placeOf(buffer);
  }

  private step(): bool {
    this.status = Status.Ok;
    this.findPlaces();
    if (this.newBuffer !== NONE) {
      const own = this.ownPriority();
      if (own !== 0) {
        if (this.parts.controller.buffers.order.priority(this.newBuffer) === own) return true;
        this.set(this.newBuffer, own);
        return false;
      }
    } else if (this.fits(NONE, 0)) {
      return true;
    }
    this.spread();
    return false;
  }

  /** The TXP of the new frame with which all fit, its present one if possible; 0: there is none. */
  private ownPriority(): u32 {
    const present = this.parts.controller.buffers.order.priority(this.newBuffer);
    if (this.fits(this.newBuffer, present)) return present;
    for (let priority = PRIORITY_MAXIMUM; priority >= PRIORITY_MINIMUM; priority--) {
      if (this.fits(this.newBuffer, priority)) return priority;
    }
    return 0;
  }

  /** True when the order of all buffers is that of their frames, if `changed` had TXP `priority`. */
  private fits(changed: u32, priority: u32): bool {
    for (let one: u32 = 0; one < TRANSMIT_BUFFERS - 1; one++) {
      const place = this.placeOf(one);
      if (place === NO_PLACE) continue;
      const rank = this.rank(one, changed, priority);
      // loop: at most 2
      for (let other = one + 1; other < TRANSMIT_BUFFERS; other++) {
        const next = this.placeOf(other);
        if (next === NO_PLACE) continue;
        if (rank > this.rank(other, changed, priority) !== place < next) return false;
      }
    }
    return true;
  }

  /** One change: the only one that is needed, or one on the way to TXP 3, 2, 1 in the order of strength. */
  private spread(): void {
    if (this.fitOther()) return;
    const order = this.parts.controller.buffers.order;
    // Raise the strongest first, then lower the weakest first: the order stays right meanwhile.
    for (let wanted = PRIORITY_MAXIMUM; wanted >= PRIORITY_MINIMUM; wanted--) {
      const buffer = this.bufferAt(PRIORITY_MAXIMUM - wanted);
      if (buffer !== NONE && order.priority(buffer) < wanted) {
        this.set(buffer, wanted);
        return;
      }
    }
    for (let wanted = PRIORITY_MINIMUM; wanted <= PRIORITY_MAXIMUM; wanted++) {
      const buffer = this.bufferAt(PRIORITY_MAXIMUM - wanted);
      if (buffer !== NONE && order.priority(buffer) > wanted) {
        this.set(buffer, wanted);
        return;
      }
    }
  }

  /** Changes TXP of a buffer with which all fit then. False: that of more than one must be changed. */
  private fitOther(): bool {
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      if (buffer === this.newBuffer || this.placeOf(buffer) === NO_PLACE) continue;
      for (let priority = PRIORITY_MAXIMUM; priority >= PRIORITY_MINIMUM; priority--) {
        if (!this.fits(buffer, priority)) continue;
        this.set(buffer, priority);
        return true;
      }
    }
    return false;
  }

  /**
   * Finds the place of each buffer, from the three pairs. Once for each step: the comparisons are the longest part of it,
   * and no look at INT is between them.
   */
  // path: at most 3 a step, where TXP fits already and a frame is placed, or one is displaced in haste
  private findPlaces(): void {
    let counting: u32 = 0;
    this.places = 0;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      if (this.counts(buffer)) counting |= 1 << buffer;
      else this.places |= NO_PLACE << (buffer << PLACE_SHIFT);
    }
    if ((counting & 0b011) === 0b011) this.compare(0, 1);
    if ((counting & 0b101) === 0b101) this.compare(0, 2);
    if ((counting & 0b110) === 0b110) this.compare(1, 2);
  }

  /** One more goes before the later of two buffers that count. */
  private compare(one: u32, other: u32): void {
    const later = this.goesBefore(one, other) ? other : one;
    this.places += 1 << (later << PLACE_SHIFT);
  }

  private placeOf(buffer: u32): u32 {
    return (this.places >> (buffer << PLACE_SHIFT)) & PLACE_MASK;
  }

  /** The buffer with exactly `stronger` others before it; NONE: there is none. */
  private bufferAt(stronger: u32): u32 {
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      if (this.placeOf(buffer) === stronger) return buffer;
    }
    return NONE;
  }

  private set(buffer: u32, priority: u32): bool {
    this.status = this.parts.controller.setPriority(buffer, priority);
    return this.status === Status.Ok;
  }

  private rank(buffer: u32, changed: u32, priority: u32): u32 {
    if (buffer !== changed) return this.parts.controller.buffers.order.rank(buffer);
    return (priority << 2) | buffer;
  }

  private goesBefore(one: u32, other: u32): bool {
    const first = this.strength(one);
    const second = this.strength(other);
    if (first !== second) return first < second;
    return this.sequence(one) < this.sequence(other);
  }

  private counts(buffer: u32): bool {
    const slot = unchecked(this.slots[buffer]);
    return buffer === this.newBuffer || (this.underWay & slot.bit) !== 0 || slot.isIntact;
  }

  private strength(buffer: u32): u32 {
    if (buffer === this.newBuffer) return this.newStrength;
    const slot = unchecked(this.slots[buffer]);
    return (this.underWay & slot.bit) !== 0 ? slot.strength : slot.keptStrength;
  }

  private sequence(buffer: u32): u32 {
    if (buffer === this.newBuffer) return NEVER - RANKS;
    const slot = unchecked(this.slots[buffer]);
    if ((this.underWay & slot.bit) !== 0) return slot.sequence;
    return NEVER - this.parts.controller.buffers.order.rank(buffer);
  }
}
