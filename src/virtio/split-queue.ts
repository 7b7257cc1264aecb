// SPDX-License-Identifier: MIT
/**
 * The split virtqueue in shared memory: offsets, flags and sizes of its three parts.
 *
 * Source: virtio 1.x, "Split Virtqueues". Little-endian.
 *
 *   descriptor table, align 16          available ring, align 2        used ring, align 4
 *     16 * i + 0  u64 address             0      u16 flags               0          u16 flags
 *              8  u32 length              2      u16 index               2          u16 index
 *             12  u16 flags               4+2*i  u16 head descriptor     4+8*i      u32 head
 *             14  u16 next                                               4+8*i + 4  u32 length
 *
 * Addresses are byte offsets from the start of the section (virtio over ivshmem). Indices run
 * free modulo 2^16; the slot of index i is i modulo the queue size, a power of two.
 */

export const DESCRIPTOR_BYTES: u32 = 16;
/** Offset of the half with length, flags and next. */
export const DESCRIPTOR_LENGTH: u32 = 8;
/** VIRTQ_DESC_F_NEXT: the chain continues at `next`. */
export const DESCRIPTOR_FLAG_NEXT: u32 = 1;
/** VIRTQ_DESC_F_WRITE: the device writes this buffer; otherwise it reads it. */
export const DESCRIPTOR_FLAG_WRITE: u32 = 2;
/** VIRTQ_DESC_F_INDIRECT: the buffer holds a descriptor table. Not offered here, so never valid. */
export const DESCRIPTOR_FLAG_INDIRECT: u32 = 4;

export const AVAILABLE_FLAGS: u32 = 0;
export const AVAILABLE_INDEX: u32 = 2;
export const AVAILABLE_RING: u32 = 4;
/** VIRTQ_AVAIL_F_NO_INTERRUPT: the driver wants no interrupt. */
export const AVAILABLE_FLAG_NO_INTERRUPT: u32 = 1;

export const USED_FLAGS: u32 = 0;
export const USED_INDEX: u32 = 2;
export const USED_RING: u32 = 4;
export const USED_ELEMENT_BYTES: u32 = 8;
/** VIRTQ_USED_F_NO_NOTIFY: the device wants no kick. */
export const USED_FLAG_NO_NOTIFY: u32 = 1;

/** Free-running indices are 16 bits. */
export const INDEX_MASK: u32 = 0xffff;

/** The largest queue either end of this project handles (virtio allows 32768). */
export const QUEUE_SIZE_MAXIMUM: u32 = 256;

/** Bytes of the descriptor table of a queue of `size` entries. */
export function descriptorTableBytes(size: u32): u32 {
  return DESCRIPTOR_BYTES * size;
}

/** Bytes of the available ring, with the event field, which is unused here. */
export function availableRingBytes(size: u32): u32 {
  return AVAILABLE_RING + 2 * size + 2;
}

/** Bytes of the used ring, with the event field, which is unused here. */
export function usedRingBytes(size: u32): u32 {
  return USED_RING + USED_ELEMENT_BYTES * size + 2;
}

/** True for a power of two from 1 to `QUEUE_SIZE_MAXIMUM`. */
export function isQueueSize(size: u32): bool {
  return size !== 0 && size <= QUEUE_SIZE_MAXIMUM && (size & (size - 1)) === 0;
}

/** The largest power of two up to `value`. 0 for 0. */
export function powerOfTwoBelow(value: u32): u32 {
  return value === 0 ? 0 : 0x80000000 >>> clz<u32>(value);
}

/** `offset` rounded up to a multiple of `alignment`, a power of two. */
export function alignUp(offset: u32, alignment: u32): u32 {
  return (offset + alignment - 1) & ~(alignment - 1);
}
