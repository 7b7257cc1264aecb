// SPDX-License-Identifier: MIT
/**
 * Writes an entry of the recorder as a line of a candump log: `(seconds.micros) can0 ID#DATA R`.
 *
 * Format: can-utils, `candump -L -x`, with `-8` for long length codes. The last word is the
 * direction: R received, T sent for AGL, "T answered" sent by the cell itself.
 */
import { DATA_BYTES_MAXIMUM, Frame, IDENTIFIER_ERROR, IDENTIFIER_EXTENDED } from '../can/frame';
import { IDENTIFIER_REMOTE } from '../can/frame';
import { TextBuilder } from './text-builder';
import { WallTime } from './wall-time';

const DIRECTION_SHIFT: u64 = 62;
const TICKS_MASK: u64 = 0x3fffffffffffffff;
const DIRECTION_SENT_FOR_AGL: u32 = 1;
const DIRECTION_ANSWERED: u32 = 2;
const FRAME_OFFSET: usize = 8;
const STANDARD_DIGITS: u32 = 3;
const LONG_DIGITS: u32 = 8;
const STANDARD_MASK: u32 = 0x7ff;
/** candump shows the flag of an error frame as part of its number. */
const LONG_MASK: u32 = 0x3fffffff;

/** Appends the line of the recorder entry (24 bytes: ticks and direction, then a frame) at `entry`. */
export function appendRecorderEntry(out: TextBuilder, entry: usize, wall: WallTime): void {
  const stamp = load<u64>(entry);
  const direction = <u32>(stamp >> DIRECTION_SHIFT);
  out
    .text('(')
    .seconds(wall.microsAt(stamp & TICKS_MASK))
    .text(') can0 ');
  appendFrame(out, changetype<Frame>(entry + FRAME_OFFSET));
  if (direction === DIRECTION_SENT_FOR_AGL) out.text(' T');
  else if (direction === DIRECTION_ANSWERED) out.text(' T answered');
  else out.text(' R');
  out.endLine();
}

function appendFrame(out: TextBuilder, frame: Frame): void {
  const identifier = frame.identifier;
  const isLong = (identifier & (IDENTIFIER_EXTENDED | IDENTIFIER_ERROR)) !== 0;
  if (isLong) out.hexadecimalCapitals(identifier & LONG_MASK & ~IDENTIFIER_REMOTE, LONG_DIGITS);
  else out.hexadecimalCapitals(identifier & STANDARD_MASK, STANDARD_DIGITS);
  out.text('#');
  const length = min<u32>(frame.length, DATA_BYTES_MAXIMUM);
  if ((identifier & IDENTIFIER_REMOTE) !== 0) {
    out.text('R');
    if (length !== 0) out.decimal(length);
  } else {
    for (let index: u32 = 0; index < length; index++) {
      out.hexadecimalCapitals((<u32>(frame.data >> (8 * index))) & 0xff, 2);
    }
  }
  const rawDlc: u32 = frame.rawDlc;
  if (rawDlc > DATA_BYTES_MAXIMUM && rawDlc < 16) out.text('_').hexadecimalCapitals(rawDlc, 1);
}
