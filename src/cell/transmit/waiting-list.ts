// SPDX-License-Identifier: MIT
/**
 * WaitingList: frames that wait for a transmit buffer, the next one first.
 *
 * Sorted, the strongest is first, and equally strong ones keep their order of arrival. Unsorted, the oldest is
 * first. A frame that was taken out and is put back goes before its equals: it keeps its place.
 * Does not allocate after construction, or send.
 */
import { Frame, FRAME_BYTES } from '../../can/frame';

/**
 * More than may wait: frames that were in the chip find room when they are put back, one from each buffer. A frame
 * that may be put back goes to the chip from the list, or past it while that has room. So those in the list and in the
 * chip are at most `capacity` and one for each buffer.
 */
const PUT_BACK: u32 = 3;

@final
export class WaitingList {
  /** True: the strongest first. False: the oldest first. */
  isSorted: bool = true;
  /** Frames waiting. */
  length: u32 = 0;
  private readonly records: usize;
  private readonly strengths: usize;
  private readonly tags: usize;
  /** A ring of the numbers of all records, one byte each: from `first` on those waiting in their order, then the free ones. */
  private readonly order: usize;
  private first: u32 = 0;
  /** The number of records is a power of two, and this is one less. */
  private readonly mask: u32;

  /** For `capacity` frames and those put back. Only at start-up. */
  constructor(private readonly capacity: u32) {
    const places: u32 = 1 << (32 - clz(capacity + PUT_BACK - 1));
    this.mask = places - 1;
    this.records = heap.alloc(places * FRAME_BYTES);
    this.strengths = heap.alloc(places << 2);
    this.tags = heap.alloc(places << 2);
    this.order = heap.alloc(places);
    for (let place: u32 = 0; place < places; place++) store<u8>(this.order + place, place);
  }

  get isEmpty(): bool {
    return this.length === 0;
  }

  /** True if `put` finds no room. */
  get isFull(): bool {
    return this.length >= this.capacity;
  }

  /** The next frame. Only while not empty; valid until the list changes. */
  get front(): Frame {
    return changetype<Frame>(this.records + this.numberAt(0) * FRAME_BYTES);
  }

  /** Strength of the next frame. Only while not empty. */
  get frontStrength(): u32 {
    return load<u32>(this.strengths + (this.numberAt(0) << 2));
  }

  /** The tag that the next frame was put with. Only while not empty. */
  get frontTag(): u32 {
    return load<u32>(this.tags + (this.numberAt(0) << 2));
  }

  /** Strength of the last frame. Only while not empty. */
  get lastStrength(): u32 {
    return load<u32>(this.strengths + (this.numberAt(this.length - 1) << 2));
  }

  /** True if a frame with this identifier word waits. */
  has(identifier: u32): bool {
    // loop: at most ANSWERS_WAITING_MAXIMUM
    for (let place: u32 = 0; place < this.length; place++) {
      if (this.at(place).identifier === identifier) return true;
    }
    return false;
  }

  /** Adds `frame` behind those that are as strong. Only while not `isFull`. */
  put(frame: usize, strength: u32, tag: u32): void {
    let place = this.length;
    // loop: at most ANSWERS_WAITING_MAXIMUM
    if (this.isSorted) while (place !== 0 && this.strengthAt(place - 1) > strength) place--;
    this.insert(place, frame, strength, tag);
  }

  /** Puts `frame`, which was in the chip, back to its place. */
  putBack(frame: usize, strength: u32, tag: u32): void {
    let place: u32 = 0;
    if (this.isSorted) {
      // loop: at most ANSWERS_WAITING_MAXIMUM
      while (place < this.length && this.strengthAt(place) < strength) place++;
    }
    this.insert(place, frame, strength, tag);
  }

  /** Takes the first frame out, in a few instructions. Only while not empty. */
  discard(): void {
    this.first++;
    this.length--;
  }

  /** The frame at `place`, which is below `length`; valid until the list changes. */
  at(place: u32): Frame {
    return changetype<Frame>(this.records + this.numberAt(place) * FRAME_BYTES);
  }

  /** The tag that it was put with. */
  tagAt(place: u32): u32 {
    return load<u32>(this.tags + (this.numberAt(place) << 2));
  }

  /** Takes the frame at `place` out. */
  remove(place: u32): void {
    const number = this.numberAt(place);
    const left = this.length - 1;
    this.length = left;
    // loop: at most 34
    for (let at = place; at < left; at++) this.setNumber(at, this.numberAt(at + 1));
    this.setNumber(left, number);
  }

  /** Takes all frames out. */
  clear(): void {
    this.length = 0;
  }

  private insert(place: u32, frame: usize, strength: u32, tag: u32): void {
    const number = this.numberAt(this.length);
    // loop: at most 34
    for (let at = this.length; at > place; at--) this.setNumber(at, this.numberAt(at - 1));
    this.setNumber(place, number);
    this.length++;
    memory.copy(this.records + number * FRAME_BYTES, frame, FRAME_BYTES);
    store<u32>(this.strengths + (number << 2), strength);
    store<u32>(this.tags + (number << 2), tag);
  }

  /** The strength that it was put with. */
  strengthAt(place: u32): u32 {
    return load<u32>(this.strengths + (this.numberAt(place) << 2));
  }

  private numberAt(place: u32): u32 {
    return load<u8>(this.order + ((this.first + place) & this.mask));
  }

  private setNumber(place: u32, number: u32): void {
    store<u8>(this.order + ((this.first + place) & this.mask), number);
  }
}
