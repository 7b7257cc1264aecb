// SPDX-License-Identifier: MIT
/**
 * Frame codec: converts between a Frame and the 13 registers of an MCP2515 buffer. Pure.
 *
 * Does not: check identifiers; bits that do not fit the registers are cut off.
 *
 * Registers (DS20001801J, registers 3-3..3-8 and 4-4..4-9), from `registers` on:
 *
 *   +0 SIDH  SID10..SID3
 *   +1 SIDL  SID2..SID0 in 7..5, SRR 4 (receive: a standard remote frame), EXIDE 3, EID17..16 1..0
 *   +2 EID8  EID15..EID8
 *   +3 EID0  EID7..EID0
 *   +4 DLC   RTR 6 (receive: extended frames only), DLC 3..0
 *   +5 D0..D7
 *
 * A DLC of 9..15 is legal on the wire and means 8 bytes. The code itself is kept in `rawDlc` (len8_dlc).
 */
import { DATA_BYTES_MAXIMUM, dataMaskOf, Frame, keptLengthCode } from '../../can/frame';
import { IDENTIFIER_EXTENDED, IDENTIFIER_REMOTE } from '../../can/frame';
import { isExtended, isRemote } from '../../can/identifier';
import { HEADER_BYTES } from './instructions';
import { DLC_MASK, DLC_RTR, SIDL_EID_MASK, SIDL_EXIDE, SIDL_SRR } from './registers';

/** SIDH, SIDL, EID8 and EID0 as one word, SIDH on top: bits of SIDL, and the 18-bit extension. */
const HEADER_SRR: u32 = SIDL_SRR << 16;
const HEADER_EXIDE: u32 = SIDL_EXIDE << 16;
const HEADER_EID_MASK: u32 = (SIDL_EID_MASK << 16) | 0xffff;

/**
 * Reads the header of a receive buffer into `frame` and clears its data. Returns the number of data bytes
 * that follow; a remote frame has none, whatever its DLC.
 */
export function decodeHeader(registers: usize, frame: Frame): u32 {
  const header = load<u32>(registers); // SIDH, SIDL, EID8, EID0 from the lowest byte up
  const dlc: u32 = load<u8>(registers, 4);
  const big = bswap(header); // SIDH on top
  let identifier = big >> 21;
  let remote = (big & HEADER_SRR) !== 0;
  if ((big & HEADER_EXIDE) !== 0) {
    identifier = (identifier << 18) | (big & HEADER_EID_MASK) | IDENTIFIER_EXTENDED;
    remote = (dlc & DLC_RTR) !== 0;
  }

  const code = dlc & DLC_MASK;
  const length = code > DATA_BYTES_MAXIMUM ? DATA_BYTES_MAXIMUM : code;
  const rawDlc = code > DATA_BYTES_MAXIMUM ? code : 0;
  if (remote) identifier |= IDENTIFIER_REMOTE;
  // The first half of the record at once: identifier, length, two zero bytes, raw DLC.
  const first = (identifier as u64) | ((length as u64) << 32) | ((rawDlc as u64) << 56);
  store<u64>(changetype<usize>(frame), first);
  frame.data = 0;
  return remote ? 0 : length;
}

/** Reads `length` data bytes of a receive buffer into `frame`. */
export function decodeData(registers: usize, frame: Frame, length: u32): void {
  frame.data = load<u64>(registers + HEADER_BYTES) & dataMaskOf(length);
}

/** Writes `frame` as the registers of a transmit buffer. Returns the number of registers to load. */
export function encodeFrame(frame: Frame, registers: usize): u32 {
  const identifier = frame.identifier;
  const extended = isExtended(identifier);
  const standard = extended ? identifier >> 18 : identifier;
  store<u8>(registers, standard >> 3);
  let sidl = (standard << 5) & 0xe0;
  if (extended) sidl |= SIDL_EXIDE | ((identifier >> 16) & SIDL_EID_MASK);
  store<u8>(registers, sidl, 1);
  store<u8>(registers, extended ? identifier >> 8 : 0, 2);
  store<u8>(registers, extended ? identifier : 0, 3);

  const remote = isRemote(identifier);
  store<u8>(registers, dlcCodeOf(frame) | (remote ? DLC_RTR : 0), 4);
  if (remote) return HEADER_BYTES;
  store<u64>(registers + HEADER_BYTES, frame.data);
  return HEADER_BYTES + dataBytesOf(frame);
}

/** Data bytes of a frame: its length, at most 8. */
function dataBytesOf(frame: Frame): u32 {
  return frame.length > DATA_BYTES_MAXIMUM ? DATA_BYTES_MAXIMUM : frame.length;
}

function dlcCodeOf(frame: Frame): u32 {
  const code = keptLengthCode(frame.rawDlc, frame.length);
  return code === 0 ? dataBytesOf(frame) : code;
}
