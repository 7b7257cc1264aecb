/**
 * Error frames: what a controller has to say about the bus, in SocketCAN's form.
 *
 * Does not: read a controller, count, or send. An error frame is a Frame whose identifier has
 * IDENTIFIER_ERROR and class bits, always 8 data bytes (linux/can/error.h):
 *
 *   class     bits of the identifier, ERROR_...
 *   data[0]   bit at which arbitration was lost, 0: not known
 *   data[1]   state of the controller, CONTROLLER_...
 *   data[6]   transmit error counter, data[7] receive error counter, with class ERROR_COUNTERS
 */
import { DATA_BYTES_MAXIMUM, Frame, IDENTIFIER_ERROR } from './frame';

/** Class: a frame stayed too long in its transmit buffer. */
export const ERROR_TRANSMIT_TIMEOUT: u32 = 0x001;
/** Class: arbitration lost, and the frame given up. */
export const ERROR_LOST_ARBITRATION: u32 = 0x002;
/** Class: state of the controller; see data[1]. */
export const ERROR_CONTROLLER: u32 = 0x004;
/** Class: nobody acknowledged. */
export const ERROR_ACKNOWLEDGE: u32 = 0x020;
/** Class: the controller is bus-off. */
export const ERROR_BUS_OFF: u32 = 0x040;
/** Class: errors on the bus. */
export const ERROR_BUS: u32 = 0x080;
/** Class: the controller is back after bus-off, or after it was set up again. */
export const ERROR_RESTARTED: u32 = 0x100;
/** Class: data[6] and data[7] hold the error counters. */
export const ERROR_COUNTERS: u32 = 0x200;

/** Classes that are events: bits 0..8. ERROR_COUNTERS only says that two more bytes hold. */
export const ERROR_CLASSES: u32 = 9;

/** data[1]: received frames were lost, the buffers were full. */
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
 * Makes an error frame of `classes` with `controller` as data[1] and both error counters. Counters
 * above 255 are written as 255.
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

/** True when `frame` is an error frame as this file makes them: 8 bytes, no other flag bit. */
export function isValidErrorFrame(identifier: u32, length: u32): bool {
  return identifier >>> 29 === 1 && length === DATA_BYTES_MAXIMUM;
}

function byteOf(counter: u32): u64 {
  return counter < 255 ? counter : 255;
}
