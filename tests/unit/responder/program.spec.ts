// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Programs of steps, by the meanings in docs/rules.md and, for the checksums, in net/can/gw.c.
 */
import { newLiveValues } from '../../../src/responder/live-values';
import { runProgram } from '../../../src/responder/program';
import { RuleState } from '../../../src/responder/rule-states';
import { newFrame, show } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';

const place: usize = memory.data(0x10000, 8);
const bytes: usize = memory.data(64, 8);
const state = changetype<RuleState>(memory.data(16, 8));
const live = newLiveValues();

let image = new RuleImage2(place);
let request = newFrame(0x123, 3, 0x030201);
let target = newFrame(0x200, 8, 0);

beforeEach(() => {
  image = new RuleImage2(place);
  request = newFrame(0x123, 3, 0x030201);
  target = newFrame(0x200, 8, 0);
  memory.fill(changetype<usize>(state), 0, 16);
});

/** Carries out the steps added so far. Returns the target, or 'none'. */
function run(): string {
  const steps = place + 64;
  const tables = steps + 16 * image.steps;
  return runProgram(steps, image.steps, tables, request, target, live, state)
    ? show(target)
    : 'none';
}

describe('a step', () => {
  test('copies a field of the request, little- or big-endian, signed or not', () => {
    image.addStep(1, 0, 4, 8, 0, 0); // of 0x0201: 0x20
    image.addStep(13, 0, 0, 8, 0, 0);
    image.addStep(1, 4, 48, 16, 0, 0); // 0x0102: bytes 0, 1
    image.addStep(13, 4, 32, 16, 0, 0); // to bytes 2, 3
    image.addStep(1, 8, 0, 2, 0, 0); // 01: 1
    image.addStep(13, 0, 32, 8, 0, 0);
    image.addStep(1, 8, 0, 1, 0, 0); // 1, signed: -1
    image.addStep(13, 0, 40, 16, 0, 0);
    expect(run()).toBe('200 8 0 0 ffff0102010020');
  });

  test('takes the target as the steps before left it, and stores lowest bits alone', () => {
    image.addStep(7, 0, 0, 0, 0, 0xabcd);
    image.addStep(13, 0, 4, 8, 0, 0); // 0xcd at bit 4
    image.addStep(2, 0, 0, 16, 0, 0); // 0x0cd0
    image.addStep(13, 0, 16, 16, 0, 0);
    expect(run()).toBe('200 8 0 0 cd00cd0');
  });

  test('stores all 64 bits, reversed', () => {
    image.addStep(7, 0, 0, 0, 0, 0x0102030405060708);
    image.addStep(13, 4, 0, 64, 0, 0);
    expect(run()).toBe('200 8 0 0 807060504030201');
  });

  test('takes number and length of the request, and stores bits of the identifier', () => {
    request = newFrame(0x98ee05fe, 3, 0);
    target = newFrame(0x98eaff05, 3, 0);
    image.addStep(3, 0, 0, 8, 0, 0); // source address 0xfe
    image.addStep(14, 0, 8, 8, 0, 0); // as destination
    image.addStep(4, 0, 0, 0, 0, 0);
    image.addStep(13, 0, 0, 8, 0, 0);
    expect(run()).toBe('98eafe05 3 0 0 3');
  });

  test('takes eight live values; those beyond the last are 0', () => {
    store<u64>(bytes, 0x8877665544332211);
    live.set(56, bytes, 8);
    image.addStep(5, 0, 8, 16, 57, 0);
    image.addStep(13, 0, 0, 16, 0, 0);
    image.addStep(5, 0, 0, 16, 63, 0);
    image.addStep(13, 0, 16, 16, 0, 0);
    expect(run()).toBe('200 8 0 0 884433');
  });

  test('counts, and begins again after the largest value', () => {
    image.addStep(6, 0, 0, 0, 2, 4); // 0, 2, 4, 1, 3, 0
    image.addStep(13, 0, 0, 8, 0, 0);
    const expected: StaticArray<u64> = [0, 2, 4, 1, 3, 0];
    for (let turn = 0; turn < expected.length; turn++) {
      run();
      expect(target.data).toBe(expected[turn]);
    }
    state.counter = 0xffffffff;
    image = new RuleImage2(place);
    image.addStep(6, 0, 0, 0, 1, 0xffffffff);
    run();
    expect(state.counter).toBe(0);
  });

  test('adds, multiplies, divides to the nearest, and saturates', () => {
    const from: StaticArray<i64> = [7, -7, 5, -5, 4, -4, 100, -100];
    const quotients: StaticArray<i64> = [4, -4, 3, -3, 2, -2, 50, -50];
    for (let index = 0; index < from.length; index++) {
      image = new RuleImage2(place);
      image.addStep(7, 0, 0, 0, 0, from[index]);
      image.addStep(10, 0, 0, 0, 0, 2);
      image.addStep(13, 0, 0, 64, 0, 0);
      run();
      expect(target.data as i64).toBe(quotients[index]);
    }
    target.data = 0;
    image = new RuleImage2(place);
    image.addStep(7, 0, 0, 0, 0, i64.MIN_VALUE as u64);
    image.addStep(10, 0, 0, 0, 0, i64.MAX_VALUE as u64);
    image.addStep(8, 0, 0, 0, 0, 10); // 9
    image.addStep(9, 0, 0, 0, 0, -3 as u64); // -27
    image.addStep(11, 0, 0, 0, 0, -20 as u64); // -20
    image.addStep(12, 0, 0, 0, 0, -22 as u64); // -22
    image.addStep(13, 0, 0, 8, 0, 0);
    run();
    expect(target.data).toBe(0xea);
  });

  test('works on data, length and identifier as can-gw does', () => {
    target = newFrame(0x123, 4, 0x04030201);
    image.addStep(15, 0, 0, 0, 0, 0xff00ff0f);
    image.addStep(16, 0, 0, 0, 0, 0x0000f000);
    image.addStep(17, 0, 0, 0, 0, 0xff);
    image.addStep(19, 0, 0, 0, 6, 0); // 4
    image.addStep(20, 0, 0, 0, 1, 0); // 5
    image.addStep(21, 0, 0, 0, 6, 0); // 3
    image.addStep(23, 0, 0, 0, 0x7f0, 0); // 120
    image.addStep(24, 0, 0, 0, 0x80000001, 0);
    image.addStep(25, 0, 0, 0, 0x2, 0);
    expect(run()).toBe('80000123 3 0 0 f2fe');
    image = new RuleImage2(place);
    image.addStep(18, 0, 0, 0, 0, 0x1122);
    image.addStep(22, 0, 0, 0, 1, 0);
    image.addStep(26, 0, 0, 0, 0x3fffffff, 0);
    expect(run()).toBe('7ff 1 0 0 22', 'bit 29 and what the form has not are dropped');
  });

  test('makes no frame of more than 8 bytes', () => {
    image.addStep(22, 0, 0, 0, 9, 0);
    expect(run()).toBe('none');
  });

  test('makes a remote frame, which has no data', () => {
    target = newFrame(0x123, 2, 0x0201);
    image.addStep(24, 0, 0, 0, 0x40000000, 0);
    expect(run()).toBe('40000123 2 0 0 0');
  });

  test('forgets a raw length code above 8', () => {
    target.rawDlc = 12;
    image.addStep(7, 0, 0, 0, 0, 0);
    expect(run()).toBe('200 8 0 0 0');
  });
});

/** from, to, result, initial value, final XOR, profile, data of a checksum. */
function checksum(from: u8, to: u8, result: u8, initial: u8, last: u8, profile: u8, data: u8): u64 {
  return (
    (from as u64) |
    ((to as u64) << 8) |
    ((result as u64) << 16) |
    ((initial as u64) << 24) |
    ((last as u64) << 32) |
    ((profile as u64) << 40) |
    ((data as u64) << 48)
  );
}

/** SAE J1850: polynomial 0x1d. Bytes 256 to 271 are the data identifiers. */
function addTable(): void {
  const table = image.addTable();
  for (let index: u32 = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) !== 0 ? (crc << 1) ^ 0x1d : crc << 1;
    store<u8>(table + index, crc as u8);
  }
  for (let index: u32 = 0; index < 16; index++)
    store<u8>(table + 256 + index, (0x10 + index) as u8);
}

describe('a checksum', () => {
  test('XOR, with positions from both ends', () => {
    target = newFrame(0x123, 4, 0x00040201);
    image.addStep(27, 0, 0, 0, 0, checksum(0, 0xfe, 0xff, 0x10, 0, 0, 0));
    expect(run()).toBe('123 4 0 0 17040201');
  });

  test('XOR takes the bytes that it names, and the place of its result alone', () => {
    target = newFrame(0x123, 4, 0xff040201);
    image.addStep(27, 0, 0, 0, 0, checksum(0, 0xfe, 0xff, 0x11, 0, 0, 0));
    expect(run()).toBe('123 4 0 0 16040201');
  });

  test('before the first byte of a shorter frame is left out', () => {
    target = newFrame(0x123, 2, 0x0201);
    image.addStep(27, 0, 0, 0, 0, checksum(0xfd, 0xfe, 0xff, 0x10, 0, 0, 0));
    addTable();
    expect(run()).toBe('123 2 0 0 201');
  });

  test('CRC-8 of SAE J1850: "123456789" gives 0x4B, here in two frames', () => {
    target = newFrame(0x123, 8, 0x3837363534333231);
    image.addStep(28, 0, 0, 0, 0, checksum(0, 7, 7, 0xff, 0, 0, 0));
    addTable();
    run();
    const crc = (target.data >> 56) as u8;
    target = newFrame(0x123, 2, 0x39);
    image = new RuleImage2(place);
    image.addStep(28, 0, 0, 0, 0, checksum(0, 0, 1, crc, 0xff, 0, 0));
    addTable();
    run();
    expect((target.data >> 8) as u8).toBe(0x4b);
  });

  test('CRC-8 runs downwards, too, and with the three profiles', () => {
    // The table has T(0x01) = 0x1d, T(0x1d ^ x) by the same polynomial.
    const forward: StaticArray<u8> = [crcOf(0, 0x01, 0x02), crcOf(0, 0x02, 0x01)];
    for (let turn = 0; turn < 2; turn++) {
      target = newFrame(0x123, 3, 0x0201);
      image = new RuleImage2(place);
      const isUp = turn === 0;
      image.addStep(28, 0, 0, 0, 0, checksum(isUp ? 0 : 1, isUp ? 1 : 0, 2, 0, 0, 0, 0));
      addTable();
      run();
      expect((target.data >> 16) as u8).toBe(forward[turn]);
    }
    const mores: StaticArray<u8> = [0x5a, 0x12, 0x23 ^ 0x01];
    for (let profile: u8 = 1; profile < 4; profile++) {
      target = newFrame(0x123, 3, 0x0201);
      image = new RuleImage2(place);
      image.addStep(28, 0, 0, 0, 0, checksum(0, 0, 2, 0x77, 0x0f, profile, 0x5a));
      addTable();
      run();
      expect((target.data >> 16) as u8).toBe(crcOf(0x77, 0x01, mores[profile - 1]) ^ 0x0f);
    }
  });
});

/** CRC of two bytes, bit by bit. */
function crcOf(initial: u8, one: u8, other: u8): u8 {
  let crc: u32 = initial ^ one;
  for (let bit = 0; bit < 8; bit++)
    crc = (crc & 0x80) !== 0 ? ((crc << 1) ^ 0x1d) & 0xff : crc << 1;
  crc ^= other;
  for (let bit = 0; bit < 8; bit++)
    crc = (crc & 0x80) !== 0 ? ((crc << 1) ^ 0x1d) & 0xff : crc << 1;
  return crc as u8;
}
