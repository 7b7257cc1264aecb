// SPDX-License-Identifier: MIT
/**
 * One chain of descriptors as the device sees it: walked once, checked, then read and written.
 *
 * The driver may cut a message into any buffers; a message may lie across several. Descriptors are never
 * written.
 *
 * Checked for each descriptor (read once, by two 64-bit loads): the buffer lies in the section, there is no
 * indirect table, no readable buffer follows a writable one, and the next index is within the table. A chain
 * has at most `CHAIN_DESCRIPTORS_MAXIMUM` descriptors, which also ends a circular one.
 */
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import { copyFromShared, copyToShared } from './shared-copy';
import {
  DESCRIPTOR_BYTES,
  DESCRIPTOR_FLAG_INDIRECT,
  DESCRIPTOR_FLAG_NEXT,
  DESCRIPTOR_FLAG_WRITE,
  DESCRIPTOR_LENGTH,
} from './split-queue';

/** More than any reasonable cut of a 25-byte message needs. It bounds the walk. */
export const CHAIN_DESCRIPTORS_MAXIMUM: u32 = 16;

/** No offset: it is outside every section. */
export const NO_OFFSET: u32 = u32.MAX_VALUE;

const SEGMENT_BYTES: u32 = 8;

@final
export class DescriptorChain<Memory extends SharedMemory> {
  /** First descriptor of the chain, which names it in the used ring. */
  head: u32 = 0;
  /** Bytes that the device may read, and bytes it may write. */
  readableBytes: u32 = 0;
  writableBytes: u32 = 0;

  private readonly section: Memory;
  /** The checked buffers in chain order, readable ones first: u32 offset, u32 length each. */
  private readonly segments: usize;
  private readableSegments: u32 = 0;
  private segmentCount: u32 = 0;

  constructor(section: Memory) {
    this.section = section;
    this.segments = heap.alloc(CHAIN_DESCRIPTORS_MAXIMUM * SEGMENT_BYTES);
  }

  /**
   * Reads and checks the chain at descriptor `head` of the table of `size` entries at `table`.
   * `RingIndexBad`: head, next or the chain's length is impossible. `RingLengthBad`: a buffer is outside the
   * section, indirect, or in the wrong order.
   */
  walk(table: u32, size: u32, head: u32): Status {
    // In locals: a store through a pointer makes the compiler load a field again.
    const section = this.section;
    const segments = this.segments;
    const sectionBytes = section.size();
    let readableBytes: u32 = 0;
    let writableBytes: u32 = 0;
    let readableSegments: u32 = 0;
    let count: u32 = 0;
    let index = head;
    let status = Status.RingIndexBad;
    // loop: at most CHAIN_DESCRIPTORS_MAXIMUM
    while (count < CHAIN_DESCRIPTORS_MAXIMUM && index < size) {
      const at = table + index * DESCRIPTOR_BYTES;
      const address = section.read64(at);
      const tail = section.read64(at + DESCRIPTOR_LENGTH);
      const length = <u32>tail;
      const flags = (<u32>(tail >> 32)) & 0xffff;
      const isInside = address <= <u64>sectionBytes && length <= sectionBytes - <u32>address;
      const isReadable = (flags & DESCRIPTOR_FLAG_WRITE) === 0;
      if (
        !isInside ||
        (flags & DESCRIPTOR_FLAG_INDIRECT) !== 0 ||
        (isReadable && readableSegments !== count)
      ) {
        status = Status.RingLengthBad;
        break;
      }
      if (isReadable) {
        readableSegments += 1;
        readableBytes += length;
      } else {
        writableBytes += length;
      }
      store<u64>(segments + count * SEGMENT_BYTES, address | ((<u64>length) << 32));
      count += 1;
      if ((flags & DESCRIPTOR_FLAG_NEXT) === 0) {
        status = Status.Ok;
        break;
      }
      index = <u32>(tail >> 48);
    }
    this.head = head;
    this.readableBytes = readableBytes;
    this.writableBytes = writableBytes;
    this.readableSegments = readableSegments;
    this.segmentCount = count;
    return status;
  }

  /** Copies at most `limit` of the first readable bytes to `destination`. Returns the number copied. */
  read(destination: usize, limit: u32): u32 {
    let done: u32 = 0;
    // loop: at most CHAIN_DESCRIPTORS_MAXIMUM
    for (let index: u32 = 0; index < this.readableSegments && done < limit; index++) {
      const length = min<u32>(this.segmentLength(index), limit - done);
      copyFromShared<Memory>(this.section, this.segmentOffset(index), destination + done, length);
      done += length;
    }
    return done;
  }

  /** Copies `length` bytes from `source` to the writable buffers, as far as they reach. */
  write(source: usize, length: u32): u32 {
    let done: u32 = 0;
    // loop: at most CHAIN_DESCRIPTORS_MAXIMUM
    for (let index = this.readableSegments; index < this.segmentCount && done < length; index++) {
      const part = min<u32>(this.segmentLength(index), length - done);
      copyToShared<Memory>(this.section, this.segmentOffset(index), source + done, part);
      done += part;
    }
    return done;
  }

  /** Section offset of the first writable byte; NO_OFFSET: there is none. */
  get writableOffset(): u32 {
    // loop: at most CHAIN_DESCRIPTORS_MAXIMUM
    for (let index = this.readableSegments; index < this.segmentCount; index++) {
      if (this.segmentLength(index) !== 0) return this.segmentOffset(index);
    }
    return NO_OFFSET;
  }

  private segmentOffset(index: u32): u32 {
    return load<u32>(this.segments + index * SEGMENT_BYTES);
  }

  private segmentLength(index: u32): u32 {
    return load<u32>(this.segments + index * SEGMENT_BYTES, 4);
  }
}
