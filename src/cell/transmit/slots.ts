// SPDX-License-Identifier: MIT
/**
 * TransmitSlots: the three transmit buffers, and which of them a frame may have.
 *
 * A buffer that is kept for the answer of a filter holds nothing else. Only the second filter's is
 * lent, when the third buffer is taken and cannot be freed.
 * Does not: use SPI, or hold frames that wait.
 */
import { Frame } from '../../can/frame';
import { arbitrationField } from '../../can/identifier';
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { AGL_BUFFERS, AnyParts } from '../parts';
import { TransmitSlot } from './slot';
import { WaitingList } from './waiting-list';

/** The buffers kept for the answers of the filters. */
const SLOT_FILTER_0: u32 = 2;
const SLOT_FILTER_1: u32 = 1;

@final
export class TransmitSlots<Parts extends AnyParts> {
  readonly all: StaticArray<TransmitSlot<Parts>> = makeSlots(this.parts);
  /** The buffers with a frame on its way whose end was not dealt with yet, as bits of TransmitBuffers. */
  underWay: u32 = 0;
  /** Buffers that AGL's frames have, and answers. */
  aglInChip: u32 = 0;
  answersInChip: u32 = 0;
  /** Buffers that AGL's frames may have at once. */
  aglBuffers: u32 = AGL_BUFFERS;
  /** AGL's frames leave the buffers of the filters alone, as far as `isBarred` says: their answers are about to change. */
  isReserved: bool = false;
  /**
   * Kept answers are not restored now: others are being loaded in their place. Meanwhile no buffer is bound to one, and
   * answers take all three.
   */
  isHeld: bool = false;
  /** The slot whose frame was requested last. */
  latest: TransmitSlot<Parts> = unchecked(this.all[0]);
  private sequence: u32 = 0;

  constructor(private readonly parts: Parts) {}

  /** AGL's frames are sorted by strength. Otherwise they keep their order of arrival. */
  private get isAglSorted(): bool {
    return this.parts.fromAgl.isSorted;
  }

  /** The slot of filter 0 or 1. */
  slotOfFilter(filter: u32): TransmitSlot<Parts> {
    return unchecked(this.all[filter === 0 ? SLOT_FILTER_0 : SLOT_FILTER_1]);
  }

  /** AGL's frames have two buffers, and so no gap between them; see `share`. */
  get hasTwoForAgl(): bool {
    return this.aglBuffers === AGL_BUFFERS;
  }

  /**
   * Shares the buffers out: AGL's frames have two where answers that are not kept still have one to themselves.
   * Displacing a frame of AGL's first would cost such an answer 10 us. `needsOne`: the rules have such answers.
   * Sorted frames have two all the same: in one buffer a stronger one could not pass one that may be on the wire.
   */
  share(needsOne: bool): void {
    let free: u32 = TRANSMIT_BUFFERS;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      if (unchecked(this.all[buffer]).isKept) free--;
    }
    if (needsOne) free--;
    this.aglBuffers = this.isAglSorted ? AGL_BUFFERS : max<u32>(min<u32>(free, AGL_BUFFERS), 1);
  }

  /** The frame in `slot`, of `strength`, was requested. */
  began(slot: TransmitSlot<Parts>, strength: u32, isAgl: bool, tag: u32): void {
    slot.strength = strength;
    slot.isAgl = isAgl;
    slot.tag = tag;
    slot.sequence = this.sequence++;
    this.underWay |= slot.bit;
    this.latest = slot;
    if (isAgl) this.aglInChip++;
    else this.answersInChip++;
  }

  /** The chip has lost the content of all buffers. */
  forget(): void {
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      unchecked(this.all[buffer]).forget();
    }
  }

  /** A buffer is kept for the answer of a filter. */
  get keepsAny(): bool {
    return unchecked(this.all[SLOT_FILTER_0]).isKept || unchecked(this.all[SLOT_FILTER_1]).isKept;
  }

  /** A frame of AGL's that was behind another of AGL's now has the strength of its own. Returns whether that is another. */
  promote(): bool {
    let hasChanged: bool = false;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      if ((this.underWay & slot.bit) === 0 || !slot.isAgl) continue;
      const own = arbitrationField(changetype<Frame>(slot.frame).identifier);
      if (own !== slot.strength) hasChanged = true;
      slot.strength = own;
    }
    return hasChanged;
  }

  /** Strength of AGL's next frame. In order of arrival it is not stronger than those before it. */
  aglStrength(waiting: WaitingList): u32 {
    let strength = waiting.frontStrength;
    if (waiting.isSorted || this.aglInChip === 0) return strength;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      if ((this.underWay & slot.bit) === 0 || !slot.isAgl) continue;
      strength = max<u32>(strength, slot.strength);
    }
    return strength;
  }

  /**
   * A free buffer for `frame`: one that holds it, or else one with its header, or any. Answers prefer the
   * higher buffers, AGL's frames the lower ones. A kept buffer takes an answer of its own rule, which comes before
   * the one that is kept. While kept answers are replaced, answers prefer the one that is loaded last, and leave AGL
   * buffer 0 if they can. `isBarred`: see there. TRANSMIT_BUFFERS: there is none.
   */
  freeFor(frame: Frame, isAgl: bool, isBarred: bool): u32 {
    let found: u32 = TRANSMIT_BUFFERS;
    if (isAgl && this.aglInChip >= this.aglBuffers) return found;
    for (let place: u32 = 0; place < TRANSMIT_BUFFERS; place++) {
      let buffer = isAgl ? place : TRANSMIT_BUFFERS - 1 - place;
      if (this.isHeld && !isAgl) buffer = place === TRANSMIT_BUFFERS - 1 ? 0 : place + 1;
      const slot = unchecked(this.all[buffer]);
      if (slot.busy) continue;
      const isBound = this.isBound(slot);
      const mayHold = !isBound || (!isAgl && !this.isBehindEqual(slot));
      if (isBarred && buffer !== 0) continue;
      if (mayHold && (slot.holds(frame) || slot.hasRestOf(frame))) return buffer;
      if (isBound && !(mayHold && slot.isComputed && slot.hasHeaderOf(frame))) continue;
      if (found === TRANSMIT_BUFFERS) found = buffer;
      else if (!isAgl && !this.isHeld && slot.hasHeaderOf(frame)) found = buffer;
    }
    return found;
  }

  /** `slot` is kept for an answer, and has it, or gets it back. */
  private isBound(slot: TransmitSlot<Parts>): bool {
    return slot.isKept && !this.isHeld;
  }

  /**
   * A frame of AGL's of `strength` has buffer 0 alone, but see TransmitScheduler. While kept answers are about to be
   * replaced that is so if AGL has one in the chip that goes before it, and while they are being replaced in any case.
   */
  isBarred(strength: u32): bool {
    return this.isReserved && (this.isHeld || !this.passesAgl(strength));
  }

  /**
   * An answer weaker than `strength` is in `waiting` or in the chip. Whoever waits for all answers waits for that in any
   * case, and a stronger frame of AGL's leaves before it.
   */
  owesWeaker(waiting: WaitingList, strength: u32): bool {
    if (!waiting.isEmpty && waiting.lastStrength > strength) return true;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      const isAnswer = (this.underWay & slot.bit) !== 0 && !slot.isAgl;
      if (isAnswer && slot.strength > strength) return true;
    }
    return false;
  }

  /** A frame of `strength` would go first in `waiting`, and one in the chip is weaker. */
  mayDisplace(waiting: WaitingList, strength: u32): bool {
    if (!waiting.isEmpty && strength >= waiting.frontStrength) return false;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      if ((this.underWay & slot.bit) !== 0 && slot.strength > strength) return true;
    }
    return false;
  }

  /** The same for a frame of AGL's. In order of arrival it displaces answers alone. */
  aglMayDisplace(strength: u32): bool {
    if (this.answersInChip === 0 && !this.isAglSorted) return false;
    return this.mayDisplace(this.parts.fromAgl, strength);
  }

  /** A frame with the identifier of the answer kept in `slot` is in another buffer. */
  hasEqualBeside(slot: TransmitSlot<Parts>): bool {
    if (this.answersInChip === 0) return false;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const other = unchecked(this.all[buffer]);
      if (other === slot || (this.underWay & other.bit) === 0 || other.isAgl) continue;
      if (changetype<Frame>(other.frame).identifier === slot.kept.identifier) return true;
    }
    return false;
  }

  /**
   * Another answer of the same identifier is in the chip. Filter 0's buffer is not lent, so its frame stays,
   * and so would the other's, which it must not overtake.
   */
  private isBehindEqual(slot: TransmitSlot<Parts>): bool {
    return slot.buffer === SLOT_FILTER_0 && slot.follows && this.hasEqualBeside(slot);
  }

  /**
   * The weakest frame that is weaker than `strength` and can be displaced; TRANSMIT_BUFFERS: none. `isAgl`:
   * one of AGL's. `mayLend`: the second filter's buffer will do. `isBarred`: only buffer 0 will.
   */
  victimFor(strength: u32, isAgl: bool, mayLend: bool, isBarred: bool): u32 {
    const buffers = this.parts.controller.buffers;
    let found: u32 = TRANSMIT_BUFFERS;
    let weakest = strength;
    let latest: u32 = 0;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      if ((this.underWay & slot.bit) === 0 || slot.strength < weakest) continue;
      if (slot.strength === weakest && (found === TRANSMIT_BUFFERS || slot.sequence < latest))
        continue;
      if (this.isBound(slot) && (slot.isIntact || !mayLend || buffer === SLOT_FILTER_0)) continue;
      if ((isAgl && !slot.isAgl) || (isBarred && buffer !== 0)) continue;
      if (this.isFollowed(slot) || !buffers.isDisplaceable(buffer)) continue;
      weakest = slot.strength;
      latest = slot.sequence;
      found = buffer;
    }
    return found;
  }

  /** The second filter's buffer, if a frame of `strength` may have it once its answer is taken back. */
  keptVictimFor(strength: u32): u32 {
    const slot = unchecked(this.all[SLOT_FILTER_1]);
    if (!slot.isIntact || (this.underWay & slot.bit) === 0 || slot.strength <= strength) {
      return TRANSMIT_BUFFERS;
    }
    if (this.isFollowed(slot) || this.isHeld) return TRANSMIT_BUFFERS;
    return this.parts.controller.buffers.isDisplaceable(SLOT_FILTER_1)
      ? SLOT_FILTER_1
      : TRANSMIT_BUFFERS;
  }

  /**
   * A frame in the chip must not go before the one of `slot`, so that stays as long as it does. Of two that
   * are the same to the last bit either may.
   */
  private isFollowed(slot: TransmitSlot<Parts>): bool {
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const other = unchecked(this.all[buffer]);
      if ((this.underWay & other.bit) === 0 || other.isAgl !== slot.isAgl) continue;
      // AGL's frames in order of arrival are as strong as the one before them; see aglStrength.
      const isLater = other.sequence > slot.sequence;
      if (!isLater || slot.holds(changetype<Frame>(other.frame))) continue;
      if (other.strength === slot.strength || (slot.isAgl && !this.isAglSorted)) return true;
      if (slot.tag !== 0 && !slot.isAgl && other.tag === slot.tag) return true;
    }
    return false;
  }

  /**
   * A frame of `strength` waits, and what is kept for a filter must not overtake it. One that `isOwn`, which a buffer was
   * kept for, is the same as a static one.
   */
  holdBack(strength: u32, isOwn: bool): void {
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      const isEqual = slot.isKept && slot.keptStrength === strength;
      if (isEqual && (slot.isComputed || !isOwn)) slot.follows = true;
    }
  }

  /** The second filter's buffer, if it is free and may be lent; TRANSMIT_BUFFERS: it may not. */
  lent(): u32 {
    const slot = unchecked(this.all[SLOT_FILTER_1]);
    return this.isBound(slot) && !slot.busy ? SLOT_FILTER_1 : TRANSMIT_BUFFERS;
  }

  /** A frame of AGL's of `strength` goes before all of AGL's in the chip, if there are any. */
  passesAgl(strength: u32): bool {
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      if ((this.underWay & slot.bit) === 0 || !slot.isAgl) continue;
      if (!this.isAglSorted || slot.strength <= strength) return false;
    }
    return true;
  }

  /** A frame that was displaced may have been sent or not, and the first of `waiting` must not go before it. */
  followsDoubt(waiting: WaitingList, isAgl: bool, strength: u32): bool {
    const buffers = this.parts.controller.buffers;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.all[buffer]);
      if ((this.underWay & slot.bit) === 0 || slot.isAgl !== isAgl) continue;
      const isEqual = slot.strength === strength;
      const isBefore = isEqual || (isAgl ? !this.isAglSorted : slot.tag !== 0);
      if (!isBefore || !buffers.isInDoubt(buffer)) continue;
      if (isEqual || isAgl || slot.tag === waiting.frontTag) return true;
    }
    return false;
  }
}

function makeSlots<Parts extends AnyParts>(parts: Parts): StaticArray<TransmitSlot<Parts>> {
  return [
    new TransmitSlot<Parts>(parts, 0),
    new TransmitSlot<Parts>(parts, 1),
    new TransmitSlot<Parts>(parts, TRANSMIT_BUFFERS - 1),
  ];
}
