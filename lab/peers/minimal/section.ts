// SPDX-License-Identifier: MIT
/**
 * The parts of the shared section that a minimal peer needs: little-endian words, virtio-can
 * messages, and the numbers of the specifications, written down a second time.
 *
 * Source: virtio over ivshmem; virtio 1.4, "Split Virtqueues" and "CAN Device".
 * Does not: check anything. This peer is honest and simple, and shares no code with the firmware.
 */
import { type CanFrame, dataLengthOf, makeFrame } from '../../../twin/bus/can-frame.ts';

/** Registers of the transport header. */
export const HEADER = {
  revision: 0x00,
  size: 0x04,
  writeTransaction: 0x08,
  deviceFeatures: 0x0c,
  deviceFeaturesSelect: 0x10,
  driverFeatures: 0x14,
  driverFeaturesSelect: 0x18,
  queueSelect: 0x1c,
  queueSize: 0x20,
  queueDeviceVector: 0x22,
  queueDriverVector: 0x24,
  queueEnable: 0x26,
  queueDescriptors: 0x28,
  queueAvailable: 0x30,
  queueUsed: 0x38,
  configEvent: 0x40,
  queueEvent: 0x41,
  deviceStatus: 0x44,
  configGeneration: 0x48,
  config: 0x4c,
} as const;
export const HEADER_BYTES = 0x50;

/** CAN_CLASSIC, RTR_FRAMES, LATE_TX_ACK; VERSION_1, ACCESS_PLATFORM, ORDER_PLATFORM. */
export const FEATURES_LOW = 0x0d;
export const FEATURES_HIGH = 0x13;

export const STATUS = { acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8 } as const;
export const QUEUE = { transmit: 0, receive: 1, control: 2 } as const;
export const DESCRIPTOR_NEXT = 1;
export const DESCRIPTOR_WRITE = 2;
export const MESSAGE = { transmit: 0x0001, receive: 0x0101, start: 0x0201, stop: 0x0202 } as const;
export const RESULT_OK = 0;
export const RESULT_NOT_OK = 1;

const FLAG_EXTENDED = 0x8000;
const FLAG_REMOTE = 0x2000;
const MESSAGE_HEADER_BYTES = 16;
/** reserved_classic_dlc: 9 to 15 with a length of 8. */
const LENGTH_CODE = 4;

/** Bytes of the message that carries a frame. A remote frame counts the bytes that it requests. */
export function messageBytes(frame: CanFrame): number {
  return MESSAGE_HEADER_BYTES + dataLengthOf(frame.dlc);
}

export function writeMessage(section: Buffer, at: number, type: number, frame: CanFrame): void {
  section.fill(0, at, at + messageBytes(frame));
  section.writeUInt16LE(type, at);
  section.writeUInt16LE(dataLengthOf(frame.dlc), at + 2);
  const flags = (frame.extended ? FLAG_EXTENDED : 0) | (frame.remote ? FLAG_REMOTE : 0);
  if (frame.dlc > 8) section.writeUInt8(frame.dlc, at + LENGTH_CODE);
  section.writeUInt32LE(flags, at + 8);
  section.writeUInt32LE(frame.identifier, at + 12);
  frame.data.forEach((byte, index) => section.writeUInt8(byte, at + MESSAGE_HEADER_BYTES + index));
}

export function readMessage(section: Buffer, at: number): CanFrame {
  const length = section.readUInt16LE(at + 2);
  const flags = section.readUInt32LE(at + 8);
  const remote = (flags & FLAG_REMOTE) !== 0;
  const from = at + MESSAGE_HEADER_BYTES;
  return makeFrame({
    identifier: section.readUInt32LE(at + 12),
    extended: (flags & FLAG_EXTENDED) !== 0,
    remote,
    dlc: section.readUInt8(at + LENGTH_CODE) || length,
    data: remote ? [] : [...section.subarray(from, from + length)],
  });
}
