// SPDX-License-Identifier: MIT
/**
 * SocketCAN's frames in memory: struct can_frame and struct canfd_frame (linux/can.h), as they are in captures.
 *
 * Source: LINKTYPE_CAN_SOCKETCAN (227) of tcpdump.org: the identifier is big-endian, the fifth byte is the
 * length, the sixth has CANFD_* flags, the eighth is the length code of a classical frame if it is above 8.
 */
import { type CanFrame, dataLengthOf, makeFrame } from '../bus/can-frame.ts';
import { type Content, ERROR_BYTES, FD_LENGTHS, leftOut, type Omission } from './record.ts';

/** CAN_EFF_FLAG, CAN_RTR_FLAG and CAN_ERR_FLAG of linux/can.h. */
const EXTENDED_FLAG = 0x80000000;
const REMOTE_FLAG = 0x40000000;
export const ERROR_FLAG = 0x20000000;
const EXTENDED_MASK = 0x1fffffff;
const STANDARD_MASK = 0x7ff;
/** CANFD_BRS, CANFD_ESI and CANFD_FDF. */
export const FD_BIT_RATE_SWITCH = 0x01;
export const FD_ERROR_STATE = 0x02;
const FD_FRAME = 0x04;
/** CANXL_XLF, in the place of the length. */
const XL_FRAME = 0x80;

export const LINK_TYPE_SOCKETCAN = 227;
const HEADER_BYTES = 8;
/** CAN_MTU and CANFD_MTU. */
const CLASSICAL_BYTES = 16;
const FD_BYTES = 72;

/** The structure with its full length, as the kernel gives it to a capture. */
export function packetOf(content: Content): Uint8Array {
  const { kind } = content;
  const packet = new Uint8Array(kind === 'fd' ? FD_BYTES : CLASSICAL_BYTES);
  const data = kind === 'error' ? content.error.data : content.frame.data;
  const word = identifierOf(content);
  for (let index = 0; index < 4; index++) packet[index] = word >>> (24 - 8 * index);
  packet[4] = kind === 'frame' ? dataLengthOf(content.frame.dlc) : data.length;
  if (kind === 'fd') {
    const { bitRateSwitch, errorStateIndicator } = content.frame;
    packet[5] =
      FD_FRAME |
      (bitRateSwitch ? FD_BIT_RATE_SWITCH : 0) |
      (errorStateIndicator ? FD_ERROR_STATE : 0);
  }
  if (kind === 'frame' && content.frame.dlc > 8) packet[7] = content.frame.dlc;
  packet.set(data, HEADER_BYTES);
  return packet;
}

function identifierOf(content: Content): number {
  if (content.kind === 'error') return ERROR_FLAG + content.error.classes;
  const { identifier, extended } = content.frame;
  const remote = content.kind === 'frame' && content.frame.remote ? REMOTE_FLAG : 0;
  return identifier + (extended ? EXTENDED_FLAG : 0) + remote;
}

/** The frame in a packet of link type 227. A string says what is wrong with it. */
export function contentOf(packet: Uint8Array): Content | Omission | string {
  if (packet.length < HEADER_BYTES) return `${packet.length} bytes: a CAN packet has at least 8`;
  let word = 0;
  for (let index = 0; index < 4; index++) word = word * 256 + (packet[index] ?? 0);
  const [length, flags, code] = [packet[4] ?? 0, packet[5] ?? 0, packet[7] ?? 0];
  if ((length & XL_FRAME) !== 0) return leftOut('CAN XL frame');
  const isError = (word & ERROR_FLAG) !== 0;
  // Recorders without CANFD_FDF are told by the size of the structure.
  const isFd = !isError && ((flags & FD_FRAME) !== 0 || length > 8 || packet.length === FD_BYTES);
  const remote = !isError && !isFd && (word & REMOTE_FLAG) !== 0;
  const most = isFd ? FD_BYTES - HEADER_BYTES : ERROR_BYTES;
  if (length > most) return `length ${length} is above ${most}`;
  const bytes = remote ? 0 : length;
  if (packet.length < HEADER_BYTES + bytes) return leftOut('packet that its recorder cut short');
  const data = packet.slice(HEADER_BYTES, HEADER_BYTES + bytes);
  if (isError) {
    const full = new Uint8Array(ERROR_BYTES);
    full.set(data);
    return { kind: 'error', error: { classes: word & EXTENDED_MASK, data: full } };
  }
  const extended = (word & EXTENDED_FLAG) !== 0;
  const identifier = word & EXTENDED_MASK;
  if (!extended && identifier > STANDARD_MASK) {
    return `identifier ${identifier.toString(16).toUpperCase()} of a standard frame is above 7FF`;
  }
  const head = { identifier, extended };
  if (!isFd) return { kind: 'frame', frame: classicalFrame(head, remote, length, code, data) };
  if (!FD_LENGTHS.includes(length)) return `${length} is no length of a CAN FD frame`;
  const bitRateSwitch = (flags & FD_BIT_RATE_SWITCH) !== 0;
  const errorStateIndicator = (flags & FD_ERROR_STATE) !== 0;
  return { kind: 'fd', frame: { ...head, bitRateSwitch, errorStateIndicator, data } };
}

function classicalFrame(
  head: { identifier: number; extended: boolean },
  remote: boolean,
  length: number,
  code: number,
  data: Uint8Array,
): CanFrame {
  const dlc = length === 8 && code > 8 && code < 16 ? code : length;
  return makeFrame({ ...head, remote, dlc, data });
}
