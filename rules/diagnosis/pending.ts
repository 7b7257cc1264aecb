// SPDX-License-Identifier: MIT
/**
 * Response pending: what a client of diagnosis hears while AGL works on its request. The model, its record in the image
 * (formats/rule-image-2.ts), and the words for people.
 */
import { RULE_NUMBERS_2 as image, TIMER_RECORD } from '../../formats/rule-image-2.ts';
import { duration } from '../describe-timer.ts';
import { RulesImageError } from '../image/image-error.ts';
import {
  CAN_ID_EXTENDED,
  CAN_ID_REMOTE,
  EXTENDED_IDENTIFIER_MAXIMUM,
  formatIdentifier,
  STANDARD_IDENTIFIER_MAXIMUM,
} from '../model.ts';

/** The negative response 0x78, and 0x10 in the end. */
export interface PendingResponse {
  readonly identifier: number;
  readonly extended: boolean;
  /** 4 to 8. */
  readonly length: number;
  readonly padding: number;
  /** From the request to the first one. */
  readonly afterMicros: number;
  readonly everyMicros: number;
  readonly count: number;
  /** Nothing is sent when AGL is not there any more. */
  readonly isSilent: boolean;
}

/** Of a negative response: length, 0x7F, service, code. */
export const NEGATIVE_BYTES = 4;
export const PENDING_COUNT_MAXIMUM = 255;
const DATA_BYTES = 8;

export function encodePending(pending: PendingResponse): Buffer {
  const record = Buffer.alloc(image.TIMER_BYTES);
  record.writeUInt8(image.TIMER_PENDING, TIMER_RECORD.kind.at);
  record.writeUInt8(pending.isSilent ? image.TIMER_SILENT : 0, TIMER_RECORD.flags.at);
  record.writeUInt32LE(pending.everyMicros, TIMER_RECORD.interval.at);
  record.writeUInt32LE(pending.count, TIMER_RECORD.count.at);
  const form = pending.extended ? CAN_ID_EXTENDED : 0;
  record.writeUInt32LE((pending.identifier | form) >>> 0, TIMER_RECORD.next.at);
  record.writeUInt32LE(pending.afterMicros, TIMER_RECORD.phase.at);
  record.writeUInt8(pending.length, TIMER_RECORD.ended.at);
  record.writeUInt8(pending.padding, TIMER_RECORD.ended.at + 1);
  return record;
}

/** The record at `at`. Throws RulesImageError. */
export function decodePending(bytes: Buffer, at: number): PendingResponse {
  const word = (field: keyof typeof TIMER_RECORD) =>
    bytes.readUInt32LE(at + TIMER_RECORD[field].at);
  const refuse = (what: string, expected: string, got: number): never => {
    throw new RulesImageError(`response pending ${what}`, at, expected, `${got}`);
  };
  const canId = word('next');
  const extended = (canId & CAN_ID_EXTENDED) !== 0;
  const identifier = canId & 0x3fffffff;
  const most = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  const flags = bytes.readUInt8(at + TIMER_RECORD.flags.at);
  const [length, padding] = [bytes.readUInt8(at + 20), bytes.readUInt8(at + 21)];
  const [everyMicros, afterMicros, count] = [word('interval'), word('phase'), word('count')];
  const longest = image.TIMER_MICROS_MAXIMUM;
  if (flags !== 0 && flags !== image.TIMER_SILENT) refuse('flags', '0 or bit 5', flags);
  if (bytes.readUInt16LE(at + TIMER_RECORD.rule.at) !== 0) refuse('rule', '0', 1);
  if (everyMicros < 1 || everyMicros > longest) refuse('interval', `1 to ${longest}`, everyMicros);
  if (afterMicros > longest) refuse('phase', `at most ${longest}`, afterMicros);
  if (count < 1 || count > PENDING_COUNT_MAXIMUM) refuse('count', '1 to 255', count);
  if (identifier > most || (canId & CAN_ID_REMOTE) !== 0) refuse('identifier', 'one', canId);
  if (length < NEGATIVE_BYTES || length > DATA_BYTES) refuse('length', '4 to 8', length);
  if (bytes.readUInt16LE(at + 22) !== 0 || bytes.readBigUInt64LE(at + 24) !== 0n) {
    refuse('reserved', '0', 1);
  }
  const isSilent = flags === image.TIMER_SILENT;
  const times = { afterMicros, everyMicros, count, isSilent };
  return { identifier, extended, length, padding, ...times };
}

/** Whether the timer at `at` is one. */
export function isPendingRecord(bytes: Buffer, at: number): boolean {
  return bytes.readUInt8(at + TIMER_RECORD.kind.at) === image.TIMER_PENDING;
}

export function describePending(pending: PendingResponse): string {
  const { identifier, extended, afterMicros, everyMicros, count, isSilent } = pending;
  const id = formatIdentifier(identifier, extended);
  const gone = isSilent ? '; nothing once AGL is gone' : ', also when AGL is gone by then';
  return (
    `response pending: ${id} 7F .. 78 ${duration(afterMicros)} after a request for AGL, every ${duration(everyMicros)}, ` +
    `${count} times, then 7F .. 10${gone}`
  );
}
