// SPDX-License-Identifier: MIT
/**
 * One entry of a CAN log, whatever the format of the file: a classical frame, a CAN FD frame, an error
 * frame, or something that is no frame and is counted.
 */
import type { CanFrame } from '../bus/can-frame.ts';

/** Direction of the frame from the recorder's view. `answered`: the cell sent it by itself. */
export type Direction = 'unknown' | 'received' | 'sent' | 'answered';

/** A CAN FD frame (ISO 11898-1). It has no remote frames. */
export interface FdFrame {
  readonly identifier: number;
  readonly extended: boolean;
  /** BRS: the data are sent at the second bit rate. */
  readonly bitRateSwitch: boolean;
  /** ESI: the sender is error passive. */
  readonly errorStateIndicator: boolean;
  /** As many bytes as one of FD_LENGTHS. */
  readonly data: Uint8Array;
}

/** An error frame as linux/can/error.h describes it. */
export interface ErrorFrame {
  /** CAN_ERR_* bits, without CAN_ERR_FLAG. */
  readonly classes: number;
  /** Eight bytes of detail. */
  readonly data: Uint8Array;
}

/** Kinds of things in a log that are counted and left out. */
export type LeftOut =
  | 'error frame'
  | 'CAN FD frame'
  | 'CAN XL frame'
  | 'comment line'
  | 'event without a frame'
  | 'request to send that is no frame yet'
  | 'date that is not understood'
  | 'note of the recorder that it lost frames'
  | 'line cut off at the end of the file'
  | 'packet cut off at the end of the file'
  | 'packet that its recorder cut short'
  | 'packet of another network'
  | 'block without a packet';

/** What was on the bus. */
export type Content =
  | { readonly kind: 'frame'; readonly frame: CanFrame }
  | { readonly kind: 'fd'; readonly frame: FdFrame }
  | { readonly kind: 'error'; readonly error: ErrorFrame };

/** Something that was counted. */
export interface Omission {
  readonly kind: 'left out';
  readonly what: LeftOut;
}

/** When, where and in which direction it was seen. */
export interface Sighting {
  /** Time as written, in nanoseconds: relative, or since the Unix epoch (exceeds a safe number). */
  readonly nanos: bigint;
  readonly interfaceName: string;
  readonly direction: Direction;
  /** Line in the file, or packet in a capture, from 1. */
  readonly line: number;
}

export type TimedRecord = Sighting & Content;
export type LogRecord = TimedRecord | Omission;

/** CAN_ERR_PROT, CAN_ERR_BUSERROR and CAN_ERR_CNT of linux/can/error.h. */
export const ERROR_CLASS_PROTOCOL = 0x08;
export const ERROR_CLASS_BUS = 0x80;
export const ERROR_CLASS_COUNTERS = 0x200;
export const ERROR_BYTES = 8;

/** The error frame of a format that tells no cause. */
export const PLAIN_ERROR: ErrorFrame = {
  classes: ERROR_CLASS_BUS,
  data: new Uint8Array(ERROR_BYTES),
};

/** Lengths of a CAN FD frame by its length code (ISO 11898-1, table 5). */
export const FD_LENGTHS: readonly number[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7],
  ...[8, 12, 16, 20, 24, 32, 48, 64],
];

/** A log cannot be read. The message begins with the place: `file:line:column: `, or `file: packet N: `. */
export class LogError extends Error {
  override readonly name: string = 'LogError';
  readonly reason: string;

  constructor(place: string, reason: string) {
    super(`${place}: ${reason}`);
    this.reason = reason;
  }
}

/** An error in a text log. Lines and columns count from 1. */
export class LogSyntaxError extends LogError {
  override readonly name = 'LogSyntaxError';
  readonly line: number;
  readonly column: number;

  constructor(file: string, line: number, column: number, reason: string) {
    super(`${file}:${line}:${column}`, reason);
    this.line = line;
    this.column = column;
  }
}

/** An omission of this kind. */
export function leftOut(what: LeftOut): Omission {
  return { kind: 'left out', what };
}

/** The record of what was seen. Spelled out by kind, because millions of spread objects take their time. */
export function seen(
  nanos: bigint,
  interfaceName: string,
  direction: Direction,
  line: number,
  content: Content,
): TimedRecord {
  const { kind } = content;
  if (kind === 'frame') {
    return { kind, nanos, interfaceName, direction, line, frame: content.frame };
  }
  if (kind === 'fd') return { kind, nanos, interfaceName, direction, line, frame: content.frame };
  return { kind, nanos, interfaceName, direction, line, error: content.error };
}

/** Where the word stands in the text, from 0, and 0 if it does not. */
export function offsetOfWord(text: string, word: string): number {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return Math.max(0, text.search(new RegExp(`(?<=^|[\\s=])${escaped}(?=\\s|$)`)));
}

/** Counts one more of `what`. */
export function countUp<K>(counts: Map<K, number>, what: K): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** `A1B2` with at least so many digits. */
export function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

const BYTE_TEXTS = Array.from({ length: 256 }, (_, byte) => hex(byte, 2));

/** `00 11 22`, with any text between the bytes. */
export function hexBytes(data: Uint8Array, between: string): string {
  let text = '';
  for (let index = 0; index < data.length; index++) {
    if (index > 0) text += between;
    text += BYTE_TEXTS[data[index] ?? 0];
  }
  return text;
}

/** The value of a hex digit by its character code. -1: it is none. */
export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code & ~0x20;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}
