// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * CRC-32 against the check value of IEEE 802.3, and in pieces.
 */
import { CRC32_START, crc32Finish, crc32Update } from '../../../src/rt/crc32';

const text: usize = memory.data<u8>([0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39]);

describe('CRC-32', () => {
  test('of "123456789" is 0xCBF43926', () => {
    expect(crc32Finish(crc32Update(CRC32_START, text, 9))).toBe(0xcbf43926);
  });

  test('of nothing is 0', () => {
    expect(crc32Finish(CRC32_START)).toBe(0);
  });

  test('may be computed in pieces', () => {
    for (let first: u32 = 0; first <= 9; first++) {
      const crc = crc32Update(CRC32_START, text, first);
      expect(crc32Finish(crc32Update(crc, text + first, 9 - first))).toBe(0xcbf43926);
    }
  });

  test('of every single byte is that of the bitwise definition', () => {
    const place = heap.alloc(1);
    for (let value: u32 = 0; value < 256; value++) {
      store<u8>(place, value as u8);
      let expected: u32 = 0xffffffff ^ value;
      for (let bit = 0; bit < 8; bit++) {
        expected = (expected & 1) !== 0 ? (expected >>> 1) ^ 0xedb88320 : expected >>> 1;
      }
      expect(crc32Finish(crc32Update(CRC32_START, place, 1))).toBe(~expected);
    }
  });
});
