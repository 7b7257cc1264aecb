/**
 * Frame: a classic CAN frame in the layout of SocketCAN's `struct can_frame`.
 *
 * Does not: allocate. A Frame is a view on 16 bytes of linear memory: `changetype<Frame>(address)`.
 *
 *   offset  size  field
 *        0     4  identifier  with the flag bits below in bits 29..31
 *        4     1  length      data bytes 0..8 (of a remote frame: the length it asks for)
 *        5     2  zero
 *        7     1  rawDlc      the DLC as on the wire when it is 9..15 (then length is 8), else 0
 *        8     8  data        byte i in bits 8i..8i+7; unused bytes are zero
 */

/** Bytes of a Frame. */
export const FRAME_BYTES: u32 = 16;

/** Bit 31 of the identifier: 29-bit identifier. */
export const IDENTIFIER_EXTENDED: u32 = 0x80000000;
/** Bit 30 of the identifier: remote transmission request. */
export const IDENTIFIER_REMOTE: u32 = 0x40000000;
/** Bit 29 of the identifier: error message, not a frame of the bus. */
export const IDENTIFIER_ERROR: u32 = 0x20000000;
/** The most data bytes a classic frame has. */
export const DATA_BYTES_MAXIMUM: u32 = 8;
/** The length code has four bits; ISO 11898-1 gives 9..15 the meaning of 8. */
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
 * The length code that a frame of `length` bytes keeps of `code`: 9..15 with 8 bytes, else 0, which
 * means that the code is the length. What Linux or a peer has put there may be anything.
 */
export function keptLengthCode(code: u32, length: u32): u32 {
  const meansEight = code > DATA_BYTES_MAXIMUM && code <= LENGTH_CODE_MAXIMUM;
  return meansEight && length === DATA_BYTES_MAXIMUM ? code : 0;
}

/** Preallocates `count` frames, all zero; only at start-up. */
export function allocateFrames(count: u32): usize {
  const address = heap.alloc(count * FRAME_BYTES);
  memory.fill(address, 0, count * FRAME_BYTES);
  return address;
}

/** Mask of the data bits that a frame of `length` data bytes uses; 8 or more: all. */
export function dataMaskOf(length: u32): u64 {
  if (length >= DATA_BYTES_MAXIMUM) return u64.MAX_VALUE;
  const usedBits: u64 = length << 3;
  return ((1 as u64) << usedBits) - 1;
}
