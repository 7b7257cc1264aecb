// SPDX-License-Identifier: MIT
/**
 * Frame: a classic CAN frame in the layout of SocketCAN's `struct can_frame`.
 *
 * A Frame is a view on 16 bytes of linear memory: `changetype<Frame>(address)`. It does not allocate.
 *
 *   offset  size  field
 *        0     4  identifier  with the flag bits below in bits 29..31
 *        4     1  length      data bytes 0..8 (remote frame: the length it asks for)
 *        5     2  zero
 *        7     1  rawDlc      the DLC on the wire if it is 9..15 (length is then 8), else 0 (len8_dlc)
 *        8     8  data        byte i in bits 8i..8i+7; unused bytes are zero
 */

/** Bytes of a Frame. */
export const FRAME_BYTES: u32 = 16;

/** Bit 31 of the identifier: 29-bit identifier (CAN_EFF_FLAG). */
export const IDENTIFIER_EXTENDED: u32 = 0x80000000;
/** Bit 30 of the identifier: remote transmission request (CAN_RTR_FLAG). */
export const IDENTIFIER_REMOTE: u32 = 0x40000000;
/** Bit 29 of the identifier: error frame, not from the bus (CAN_ERR_FLAG). */
export const IDENTIFIER_ERROR: u32 = 0x20000000;
/** The most data bytes a classic frame has. */
export const DATA_BYTES_MAXIMUM: u32 = 8;
/** The length code has four bits. ISO 11898-1 reads 9..15 as 8. */
const LENGTH_CODE_MAXIMUM: u32 = 15;

@unmanaged
export class Frame {
  identifier: u32 = 0;
  length: u8 = 0;
  padding: u8 = 0;
  reserved: u8 = 0;
  rawDlc: u8 = 0;
  data: u64 = 0;
}

/**
 * The length code to keep for a frame of `length` bytes: 9..15 if `length` is 8, else 0, which means that the
 * code is the length. `code` may be any value from Linux or a peer.
 */
export function keptLengthCode(code: u32, length: u32): u32 {
  const meansEight = code > DATA_BYTES_MAXIMUM && code <= LENGTH_CODE_MAXIMUM;
  return meansEight && length === DATA_BYTES_MAXIMUM ? code : 0;
}

/** Allocates `count` zeroed frames. Only at start-up. */
export function allocateFrames(count: u32): usize {
  const address = heap.alloc(count * FRAME_BYTES);
  memory.fill(address, 0, count * FRAME_BYTES);
  return address;
}

/** Mask of the data bits used by a frame of `length` data bytes. 8 or more: all bits. */
export function dataMaskOf(length: u32): u64 {
  if (length >= DATA_BYTES_MAXIMUM) return u64.MAX_VALUE;
  const usedBits: u64 = length << 3;
  return ((1 as u64) << usedBits) - 1;
}
