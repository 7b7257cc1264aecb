// SPDX-License-Identifier: MIT
/**
 * The messages of virtio-can, and their conversion from and to CAN frames.
 *
 * A data message is handled as the three 64-bit words it begins with, which the caller has read once from
 * shared memory. Source: virtio 1.4, "CAN Device". Little-endian.
 *
 *   data message, 16 bytes + data                        control message
 *     word 0   0  u16 type (0x0001 transmit, 0x0101 receive)   0  u16 type (0x0201 start,
 *              2  u16 length of the data, 0..8                              0x0202 stop)
 *              4  u8 length code 9..15, else 0             result, of both
 *              5  u8[3] reserved
 *     word 1   8  u32 flags                                    0  u8 (0 done, 1 not done)
 *             12  u32 identifier, without flag bits
 *     word 2  16  u8[8] data
 *
 * The specification reserves the place of the length code and allows this use (reserved_classic_dlc). An end
 * that does not know the code writes 0 and reads 8 bytes.
 *
 * virtio-can has no error frames. Between two ends of this project that both accepted
 * FEATURE_CAN_ERROR_MESSAGES, an error frame of SocketCAN travels as a data message with MESSAGE_FLAG_ERROR,
 * length 8, and the class bits as identifier.
 */
import { isValidErrorFrame } from '../can/error-frame';
import {
  DATA_BYTES_MAXIMUM,
  dataMaskOf,
  Frame,
  IDENTIFIER_ERROR,
  IDENTIFIER_EXTENDED,
  IDENTIFIER_REMOTE,
  keptLengthCode,
} from '../can/frame';
import {
  EXTENDED_MASK,
  isExtended,
  isRemote,
  numberMaskOf,
  STANDARD_MASK,
} from '../can/identifier';
import { Status } from '../rt/status';
import { FEATURE_CAN_ERROR_MESSAGES, FEATURE_CAN_RTR_FRAMES } from './transport-registers';

export const MESSAGE_TRANSMIT: u32 = 0x0001;
export const MESSAGE_RECEIVE: u32 = 0x0101;
export const CONTROL_START: u32 = 0x0201;
export const CONTROL_STOP: u32 = 0x0202;

export const MESSAGE_FLAG_EXTENDED: u32 = 0x8000;
export const MESSAGE_FLAG_REMOTE: u32 = 0x2000;
/** An extension of this project, see above. */
export const MESSAGE_FLAG_ERROR: u32 = 0x0001;

/** Distances from the flag bits of an identifier to those of a message. */
const SHIFT_EXTENDED: u32 = 31 - 15;
const SHIFT_REMOTE: u32 = 30 - 13;
const SHIFT_ERROR: u32 = 29 - 0;

export const RESULT_OK: u32 = 0;
export const RESULT_NOT_OK: u32 = 1;

/** Bit 0 of the 16-bit configuration status: the controller is bus-off. */
export const CONFIG_STATUS_BUS_OFF: u32 = 1;

/** Bytes before the data. */
export const MESSAGE_HEADER_BYTES: u32 = 16;
/** Bytes of a classic data message with all of its data. */
export const MESSAGE_BYTES_MAXIMUM: u32 = 24;
/** Bytes of a control message, and of a result. */
export const CONTROL_BYTES: u32 = 2;
export const RESULT_BYTES: u32 = 1;

/** Identifier flag bits that cannot be carried with these accepted features (low word). */
export function refusedForms(features: u32): u32 {
  const errors = (features & FEATURE_CAN_ERROR_MESSAGES) !== 0 ? 0 : IDENTIFIER_ERROR;
  const remote = (features & FEATURE_CAN_RTR_FRAMES) !== 0 ? 0 : IDENTIFIER_REMOTE;
  return errors | remote;
}

/** True if a frame with this identifier word and length can be carried. */
export function isCarriable(identifier: u32, length: u32, refused: u32): bool {
  if ((identifier & refused) !== 0 || length > DATA_BYTES_MAXIMUM) return false;
  if ((identifier & IDENTIFIER_ERROR) !== 0) return isValidErrorFrame(identifier, length);
  return isExtended(identifier) || (identifier & EXTENDED_MASK) <= STANDARD_MASK;
}

/** Bytes of the message for a frame of this length. For a remote frame the length it asks for counts. */
export function messageBytes(length: u32): u32 {
  return MESSAGE_HEADER_BYTES + length;
}

/** Word 0 of a message of `type` for a frame of this length. `rawDlc`: its length code, or 0. */
export function messageWord0(type: u32, length: u32, rawDlc: u32): u64 {
  const word = (<u64>type) | ((<u64>length) << 16);
  return rawDlc === 0 ? word : word | ((<u64>keptLengthCode(rawDlc, length)) << 32);
}

/** Word 1 of the message for a carriable frame with this identifier word. Each flag moves by one shift. */
export function messageWord1(identifier: u32): u64 {
  const flags =
    ((identifier >> SHIFT_EXTENDED) & MESSAGE_FLAG_EXTENDED) |
    ((identifier >> SHIFT_REMOTE) & MESSAGE_FLAG_REMOTE) |
    ((identifier >> SHIFT_ERROR) & MESSAGE_FLAG_ERROR);
  return (<u64>flags) | ((<u64>(identifier & EXTENDED_MASK)) << 32);
}

/** Word 2 of the message: the data, with unused bytes zero. */
export function messageWord2(identifier: u32, length: u32, data: u64): u64 {
  return isRemote(identifier) ? 0 : data & dataMaskOf(length);
}

/**
 * Converts a message of `type` and `bytes` to a frame. `MessageBad`: another type, an undefined or
 * unsupported flag, an identifier or a length out of range, or fewer than 16 + length bytes; `frame` is then
 * unchanged. `features`: the accepted ones, low word.
 */
export function frameOfMessage(
  type: u32,
  features: u32,
  bytes: u32,
  word0: u64,
  word1: u64,
  word2: u64,
  frame: Frame,
): Status {
  const length = (<u32>(word0 >> 16)) & 0xffff;
  const flags = <u32>word1;
  const number = <u32>(word1 >> 32);
  let form: u32 = 0;
  if ((flags & MESSAGE_FLAG_EXTENDED) !== 0) form = IDENTIFIER_EXTENDED;
  if ((flags & MESSAGE_FLAG_REMOTE) !== 0) form |= IDENTIFIER_REMOTE;
  const errors = flags === MESSAGE_FLAG_ERROR && (features & FEATURE_CAN_ERROR_MESSAGES) !== 0;
  if (errors) form = IDENTIFIER_ERROR;
  if (
    ((<u32>word0) & 0xffff) !== type ||
    length > DATA_BYTES_MAXIMUM ||
    bytes < MESSAGE_HEADER_BYTES + length ||
    (!errors && (flags & ~(MESSAGE_FLAG_EXTENDED | MESSAGE_FLAG_REMOTE)) !== 0) ||
    (errors && length !== DATA_BYTES_MAXIMUM) ||
    number > (errors ? EXTENDED_MASK : numberMaskOf(form))
  ) {
    return Status.MessageBad;
  }
  frame.identifier = number | form;
  frame.length = <u8>length;
  frame.padding = 0;
  frame.reserved = 0;
  frame.rawDlc = errors ? 0 : <u8>keptLengthCode((<u32>(word0 >> 32)) & 0xff, length);
  frame.data = isRemote(form) ? 0 : word2 & dataMaskOf(length);
  return Status.Ok;
}
