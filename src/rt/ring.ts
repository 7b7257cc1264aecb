// SPDX-License-Identifier: MIT
/**
 * RecordRing: a first-in, first-out queue of 16-byte records (the size of a CAN frame).
 *
 * For one core: producer and consumer are steps of one loop. Does not allocate after construction. A full
 * ring refuses records, which the caller counts.
 */
import { Status } from './status';

/** A record has 1 << 4 bytes: struct can_frame (src/can/frame.ts). */
const RECORD_SHIFT: u32 = 4;

@final
export class RecordRing {
  private readonly records: usize;
  private readonly mask: u32;
  /** Free-running. Their difference is the fill; their low bits are the places. */
  private putCount: u32 = 0;
  private takeCount: u32 = 0;

  /** A ring of `2 ** capacityBits` records. Only at start-up. */
  constructor(capacityBits: u32) {
    const capacity = (1 as u32) << capacityBits;
    this.mask = capacity - 1;
    this.records = heap.alloc(capacity << RECORD_SHIFT);
  }

  /** Records waiting. */
  get length(): u32 {
    return this.putCount - this.takeCount;
  }

  get isEmpty(): bool {
    return this.putCount === this.takeCount;
  }

  get isFull(): bool {
    return this.length > this.mask;
  }

  /** Appends a copy of the record at `source`. `Full`: there is no room. */
  put(source: usize): Status {
    const putCount = this.putCount;
    if (putCount - this.takeCount > this.mask) return Status.Full;
    copyRecord(this.place(putCount), source);
    this.putCount = putCount + 1;
    return Status.Ok;
  }

  /** Moves the oldest record to `destination`. `Empty`: there is none. */
  take(destination: usize): Status {
    const takeCount = this.takeCount;
    if (takeCount === this.putCount) return Status.Empty;
    copyRecord(destination, this.place(takeCount));
    this.takeCount = takeCount + 1;
    return Status.Ok;
  }

  /** Address of the oldest record. Only while not empty; valid until `discard`. */
  front(): usize {
    return this.place(this.takeCount);
  }

  /** Removes all records. */
  clear(): void {
    this.takeCount = this.putCount;
  }

  /** Removes the oldest record. Only while not empty. */
  discard(): void {
    this.takeCount++;
  }

  private place(count: u32): usize {
    return this.records + (((count & this.mask) as usize) << RECORD_SHIFT);
  }
}

function copyRecord(destination: usize, source: usize): void {
  const first = load<u64>(source);
  const second = load<u64>(source, 8);
  store<u64>(destination, first);
  store<u64>(destination, second, 8);
}
