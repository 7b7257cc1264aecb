// SPDX-License-Identifier: MIT
/**
 * Error frames of TRC and of SocketCAN: the kind of error, the place in the frame, the two error counters.
 *
 * Source: PEAK CAN TRC File Format, "Error Frames" (kind 1 bit, 2 form, 4 stuff, 8 other; direction, bit
 * position, receive and transmit counter); linux/can/error.h (data[2] kind, [3] place, [6] transmit and
 * [7] receive counter).
 */
import {
  ERROR_BYTES,
  ERROR_CLASS_BUS,
  ERROR_CLASS_COUNTERS,
  ERROR_CLASS_PROTOCOL,
  type ErrorFrame,
} from '../record.ts';

const KIND_OTHER = 8;
/** CAN_ERR_PROT_BIT, _FORM and _STUFF have the numbers of PEAK's kinds. */
const KINDS = [1, 2, 4];

/** The kind and four bytes: direction, place, receive counter, transmit counter. */
export function peakErrorOf({ data }: ErrorFrame): { kind: number; bytes: Uint8Array } {
  const [, , kind = 0, place = 0, , , transmit = 0, receive = 0] = data;
  return {
    kind: KINDS.includes(kind) ? kind : KIND_OTHER,
    bytes: Uint8Array.of(0, place, receive, transmit),
  };
}

/** The error frame for such a kind and bytes. */
export function errorOfPeak(kind: number, bytes: readonly number[]): ErrorFrame {
  const [, place = 0, receive = 0, transmit = 0] = bytes;
  const data = new Uint8Array(ERROR_BYTES);
  const known = KINDS.includes(kind) ? kind : 0;
  data.set([0, 0, known, place, 0, 0, transmit, receive]);
  const hasDetail = known !== 0 || place !== 0;
  const classes =
    ERROR_CLASS_BUS |
    (hasDetail ? ERROR_CLASS_PROTOCOL : 0) |
    (receive !== 0 || transmit !== 0 ? ERROR_CLASS_COUNTERS : 0);
  return { classes, data };
}

/** Whether the error frame comes back from TRC as it was. */
export function isKeptByPeak(error: ErrorFrame): boolean {
  const { kind, bytes } = peakErrorOf(error);
  const back = errorOfPeak(kind, [...bytes]);
  return (
    back.classes === error.classes && back.data.every((byte, index) => byte === error.data[index])
  );
}
