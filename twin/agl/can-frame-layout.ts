// SPDX-License-Identifier: MIT
/**
 * SocketCAN's `struct can_frame` in the bridge's linear memory, without CAN FD.
 *
 * Error frames are separate: `isErrorFrame` recognises them and `loadErrorMessage` reads them.
 * Source: Linux include/uapi/linux/can.h.
 */
import { type CanFrame, dataLengthOf, makeFrame } from '../bus/can-frame.ts';

const CAN_ID = 0;
const LENGTH = 4;
const LENGTH_8_DLC = 7;
const DATA = 8;
export const CAN_FRAME_BYTES = 16;

const CAN_EFF_FLAG = 0x80000000;
const CAN_RTR_FLAG = 0x40000000;
const CAN_ERR_FLAG = 0x20000000;
const CAN_SFF_MASK = 0x7ff;
const CAN_EFF_MASK = 0x1fffffff;

/** Whether the structure at `offset` is an error frame of the controller. */
export function isErrorFrame(memory: DataView, offset: number): boolean {
  return (memory.getUint32(offset + CAN_ID, true) & CAN_ERR_FLAG) !== 0;
}

/** A report of a CAN interface about its controller (Linux include/uapi/linux/can/error.h). */
export interface ErrorMessage {
  /** Class bits: CAN_ERR_CRTL and so on. */
  readonly classes: number;
  /** Eight bytes, whatever the length says. */
  readonly data: Uint8Array;
}

/** Reads an error frame. Only if `isErrorFrame`. */
export function loadErrorMessage(memory: DataView, offset: number): ErrorMessage {
  const data = new Uint8Array(8);
  for (let index = 0; index < 8; index += 1) data[index] = memory.getUint8(offset + DATA + index);
  return { classes: memory.getUint32(offset + CAN_ID, true) & CAN_EFF_MASK, data };
}

/** Stores a frame as a CAN interface delivers it. Unused data bytes are zero. */
export function storeCanFrame(memory: DataView, offset: number, frame: CanFrame): void {
  const flags = (frame.extended ? CAN_EFF_FLAG : 0) | (frame.remote ? CAN_RTR_FLAG : 0);
  for (let index = 0; index < CAN_FRAME_BYTES; index += 1) memory.setUint8(offset + index, 0);
  memory.setUint32(offset + CAN_ID, (frame.identifier | flags) >>> 0, true);
  memory.setUint8(offset + LENGTH, dataLengthOf(frame.dlc));
  memory.setUint8(offset + LENGTH_8_DLC, frame.dlc > 8 ? frame.dlc : 0);
  frame.data.forEach((byte, index) => memory.setUint8(offset + DATA + index, byte));
}

/** Reads a frame that the bridge gives to the CAN interface. Throws RangeError if it is invalid. */
export function loadCanFrame(memory: DataView, offset: number): CanFrame {
  const canId = memory.getUint32(offset + CAN_ID, true);
  const extended = (canId & CAN_EFF_FLAG) !== 0;
  const remote = (canId & CAN_RTR_FLAG) !== 0;
  const length = memory.getUint8(offset + LENGTH);
  const rawDlc = memory.getUint8(offset + LENGTH_8_DLC);
  const dlc = length === 8 && rawDlc > 8 ? rawDlc : length;
  const bytes = remote ? 0 : length;
  const data = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index += 1)
    data[index] = memory.getUint8(offset + DATA + index);
  const identifier = canId & (extended ? CAN_EFF_MASK : CAN_SFF_MASK);
  return makeFrame({ identifier, extended, remote, dlc, data });
}
