// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Frames to and from buffer registers, with the layouts of DS20001801J worked out by hand.
 */
import { Frame } from '../../../src/can/frame';
import { decodeData, decodeHeader, encodeFrame } from '../../../src/driver/mcp2515/frame-codec';
import { dirtyFrame, newFrame, show } from '../support/frames';

const registers: usize = memory.data(16, 8);

function put(text: string): void {
  for (let byte = 0; byte < 13; byte++) {
    store<u8>(registers + byte, U32.parseInt(text.substring(byte * 3, byte * 3 + 2), 16));
  }
}

function decode(text: string): Frame {
  put(text);
  const frame = dirtyFrame();
  decodeData(registers, frame, decodeHeader(registers, frame));
  return frame;
}

function encode(frame: Frame): string {
  memory.fill(registers, 0, 13);
  const count = encodeFrame(frame, registers);
  let text = '';
  for (let byte: u32 = 0; byte < count; byte++) {
    text +=
      (byte > 0 ? ' ' : '') +
      load<u8>(registers + byte)
        .toString(16)
        .padStart(2, '0');
  }
  return text;
}

describe('receive buffer', () => {
  test('a standard data frame', () => {
    expect(show(decode('24 60 ff ff 08 11 22 33 44 55 66 77 88'))).toBe(
      '123 8 0 0 8877665544332211',
    );
    expect(show(decode('ff e0 00 00 01 7f 22 33 44 55 66 77 88'))).toBe('7ff 1 0 0 7f');
  });

  test('an extended data frame', () => {
    expect(show(decode('ff eb ff ff 03 01 02 03 ff ff ff ff ff'))).toBe('9fffffff 3 0 0 30201');
    expect(show(decode('c6 a9 23 45 00 01 02 03 ff ff ff ff ff'))).toBe('98d52345 0 0 0 0');
  });

  test('each length leaves the unused bytes zero', () => {
    for (let length = 0; length <= 8; length++) {
      const frame = decode(`24 60 00 00 0${length} ff ff ff ff ff ff ff ff`);
      const data: u64 = length === 8 ? 0xffffffffffffffff : ((1 as u64) << (8 * length)) - 1;
      expect(frame.length).toBe(length as u8);
      expect(frame.data).toBe(data);
    }
  });

  test('a standard remote frame by SRR, an extended one by RTR, both without data', () => {
    expect(show(decode('24 70 00 00 05 11 22 33 44 55 66 77 88'))).toBe('40000123 5 0 0 0');
    expect(show(decode('c6 a9 23 45 42 11 22 33 44 55 66 77 88'))).toBe('d8d52345 2 0 0 0');
  });

  test('RTR of a standard frame and SRR of an extended one say nothing', () => {
    expect(show(decode('24 60 00 00 41 11 22 33 44 55 66 77 88'))).toBe('123 1 0 0 11');
    expect(show(decode('c6 b9 23 45 01 11 22 33 44 55 66 77 88'))).toBe('98d52345 1 0 0 11');
  });

  test('a DLC of 9 to 15 is 8 bytes, and the code is kept', () => {
    for (let code: u32 = 9; code <= 15; code++) {
      const frame = decode('24 60 00 00 0' + code.toString(16) + ' 01 02 03 04 05 06 07 08');
      expect(show(frame)).toBe(`123 8 0 ${code} 807060504030201`);
    }
    expect(show(decode('24 70 00 00 0f 01 02 03 04 05 06 07 08'))).toBe('40000123 8 0 15 0');
  });

  test('the header says how many data bytes to clock', () => {
    put('24 60 00 00 03 00 00 00 00 00 00 00 00');
    expect(decodeHeader(registers, dirtyFrame())).toBe(3);
    put('24 60 00 00 0c 00 00 00 00 00 00 00 00');
    expect(decodeHeader(registers, dirtyFrame())).toBe(8);
    put('24 70 00 00 08 00 00 00 00 00 00 00 00');
    expect(decodeHeader(registers, dirtyFrame())).toBe(0);
  });
});

describe('transmit buffer', () => {
  test('a standard frame takes 5 registers and its data', () => {
    expect(encode(newFrame(0x123, 8, 0x8877665544332211))).toBe(
      '24 60 00 00 08 11 22 33 44 55 66 77 88',
    );
    expect(encode(newFrame(0x7ff, 0, 0))).toBe('ff e0 00 00 00');
    expect(encode(newFrame(0x001, 1, 0xaa))).toBe('00 20 00 00 01 aa');
  });

  test('an extended frame', () => {
    expect(encode(newFrame(0x9fffffff, 2, 0x0201))).toBe('ff eb ff ff 02 01 02');
    expect(encode(newFrame(0x98d52345, 0, 0))).toBe('c6 a9 23 45 00');
  });

  test('a remote frame carries its length and no data', () => {
    expect(encode(newFrame(0x40000123, 5, 0))).toBe('24 60 00 00 45');
    expect(encode(newFrame(0xd8d52345, 8, 0))).toBe('c6 a9 23 45 48');
  });

  test('a raw DLC goes out as it came, a foolish one does not', () => {
    const frame = newFrame(0x123, 8, 0);
    frame.rawDlc = 15;
    expect(encode(frame)).toBe('24 60 00 00 0f 00 00 00 00 00 00 00 00');
    frame.rawDlc = 16;
    expect(encode(frame)).toBe('24 60 00 00 08 00 00 00 00 00 00 00 00');
    frame.length = 2;
    frame.rawDlc = 15;
    expect(encode(frame)).toBe('24 60 00 00 02 00 00');
  });

  test('a length above 8 counts as 8', () => {
    expect(encode(newFrame(0x123, 200, 0x01))).toBe('24 60 00 00 08 01 00 00 00 00 00 00 00');
  });
});
