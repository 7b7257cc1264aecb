// SPDX-License-Identifier: MIT
/**
 * Frames for specs: made from plain values, and shown as text to compare.
 *
 * Does not: use the driver's or the responder's constants.
 */
import { Frame } from '../../../src/can/frame';

/** A new frame; `data` has byte i in bits 8i..8i+7. */
export function newFrame(identifier: u32, length: u8, data: u64): Frame {
  const frame = changetype<Frame>(heap.alloc(16));
  memory.fill(changetype<usize>(frame), 0, 16);
  frame.identifier = identifier;
  frame.length = length;
  frame.data = data;
  return frame;
}

/** A frame filled with rubbish, to see that every byte is written. */
export function dirtyFrame(): Frame {
  const frame = newFrame(0, 0, 0);
  memory.fill(changetype<usize>(frame), 0xdb, 16);
  return frame;
}

/** All 16 bytes in hexadecimal, identifier first as a number: `123 8 00 0 8877665544332211`. */
export function show(frame: Frame): string {
  const address = changetype<usize>(frame);
  const padding = load<u16>(address, 5);
  return (
    frame.identifier.toString(16) +
    ` ${frame.length} ${padding} ${frame.rawDlc} ` +
    frame.data.toString(16)
  );
}
