// SPDX-License-Identifier: MIT
/**
 * Error frames: a controller's report about the bus, in SocketCAN's form (linux/can/error.h).
 *
 * An error frame is a Frame whose identifier has IDENTIFIER_ERROR and class bits, with 8 data bytes:
 *
 *   class     bits of the identifier, ERROR_...
 *   data[0]   bit at which arbitration was lost, 0: unknown
 *   data[1]   state of the controller, CONTROLLER_...
 *   data[6]   transmit error counter, data[7] receive error counter, with class ERROR_COUNTERS
 */
import { DATA_BYTES_MAXIMUM, Frame, IDENTIFIER_ERROR } from './frame';

/** Class: a frame stayed too long in its transmit buffer (CAN_ERR_TX_TIMEOUT). */
export const ERROR_TRANSMIT_TIMEOUT: u32 = 0x001;
/** Class: arbitration was lost and the frame given up (CAN_ERR_LOSTARB). */
export const ERROR_LOST_ARBITRATION: u32 = 0x002;
/** Class: state of the controller, in data[1] (CAN_ERR_CRTL). */
export const ERROR_CONTROLLER: u32 = 0x004;
/** Class: no node acknowledged (CAN_ERR_ACK). */
export const ERROR_ACKNOWLEDGE: u32 = 0x020;
/** Class: the controller is bus-off (CAN_ERR_BUSOFF). */
export const ERROR_BUS_OFF: u32 = 0x040;
/** Class: errors on the bus (CAN_ERR_BUSERROR). */
export const ERROR_BUS: u32 = 0x080;
/** Class: the controller is back after bus-off or a new set-up (CAN_ERR_RESTARTED). */
export const ERROR_RESTARTED: u32 = 0x100;
/** Class: data[6] and data[7] hold the error counters (CAN_ERR_CNT). */
export const ERROR_COUNTERS: u32 = 0x200;

/** Number of event classes: bits 0..8. ERROR_COUNTERS only marks two more data bytes as valid. */
export const ERROR_CLASSES: u32 = 9;

/** data[1]: received frames were lost because the buffers were full. */
export const CONTROLLER_RECEIVE_OVERFLOW: u32 = 0x01;
/** data[1]: the receive error counter has reached 96. */
export const CONTROLLER_RECEIVE_WARNING: u32 = 0x04;
/** data[1]: the transmit error counter has reached 96. */
export const CONTROLLER_TRANSMIT_WARNING: u32 = 0x08;
/** data[1]: the receive error counter has reached 128. */
export const CONTROLLER_RECEIVE_PASSIVE: u32 = 0x10;
/** data[1]: the transmit error counter has reached 128. */
export const CONTROLLER_TRANSMIT_PASSIVE: u32 = 0x20;
/** data[1]: both counters are below 96 again. */
export const CONTROLLER_ACTIVE: u32 = 0x40;

const DATA_CONTROLLER_SHIFT: u64 = 8;
const DATA_TRANSMIT_ERRORS_SHIFT: u64 = 48;
const DATA_RECEIVE_ERRORS_SHIFT: u64 = 56;

/**
 * Makes an error frame of `classes` with `controller` as data[1] and both error counters. Counters are capped
 * at 255.
 */
export function encodeErrorFrame(
  frame: Frame,
  classes: u32,
  controller: u32,
  transmitErrors: u32,
  receiveErrors: u32,
): void {
  frame.identifier = IDENTIFIER_ERROR | ERROR_COUNTERS | classes;
  frame.length = DATA_BYTES_MAXIMUM as u8;
  frame.padding = 0;
  frame.reserved = 0;
  frame.rawDlc = 0;
  frame.data =
    ((controller as u64) << DATA_CONTROLLER_SHIFT) |
    (byteOf(transmitErrors) << DATA_TRANSMIT_ERRORS_SHIFT) |
    (byteOf(receiveErrors) << DATA_RECEIVE_ERRORS_SHIFT);
}

/** True for an error frame. */
export function isErrorFrame(frame: Frame): bool {
  return (frame.identifier & IDENTIFIER_ERROR) !== 0;
}

/** True for an identifier and length of an error frame made here: 8 bytes, no other flag bit. */
export function isValidErrorFrame(identifier: u32, length: u32): bool {
  return identifier >>> 29 === 1 && length === DATA_BYTES_MAXIMUM;
}

function byteOf(counter: u32): u64 {
  return counter < 255 ? counter : 255;
}
