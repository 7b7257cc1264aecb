// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The check of a protected frame whose checksum is not at its begin, or that has four bits with a value beside it.
 *
 * Sources: AUTOSAR PRS E2E Protocol R20-11: profile 5 has its CRC-16 at an offset, over the bytes before and behind it
 * and the data identifier, its low byte first, and the counter in the byte behind it; profiles 1C and 11C have four bits
 * of the data identifier in the frame. The record: formats/rule-image-2.ts (ACTION_CHECK).
 */
import { CheckResult, resultOf } from '../../../src/responder/e2e-check';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';

const HAS_NIBBLE: u16 = 0x200;

let table = new RuleTable();
let image = new RuleImage2(table.staging);

/** Offers a rule for 0x200, checked by profile 5 with its checksum from bit `shift` on, and identifier 0x1234. */
function adopt(shift: u8, options: u16, nibble: u32, kind: u8 = 30, replaced: u8 = 1): Status {
  table = new RuleTable();
  image = new RuleImage2(table.staging);
  store<u8>(image.add(0x200), 2, 55);
  const check = image.addAction(8, 0, 1);
  store<u8>(check, 8, 1);
  store<u8>(check, 1, 3);
  store<u16>(check, options, 6);
  // Repeated and wrong sequence: action 1; error: dropped.
  store<u32>(check, 0x133000, 8);
  store<u32>(check, nibble, 12);
  store<u64>(check, 0, 24);
  store<u8>(image.addAction(9, 1, 1), replaced, 1);
  image.addStep(kind, 0, shift, 0, 0x1234, 0);
  image.addStep(16, 0, 0, 0, 0, 0x8000000000000000);
  image.indexOnly(0x200, false);
  image.finish();
  return table.adopt();
}

/** CRC-16/CCITT-FALSE, bit by bit, over all bytes but the two from `own` on, and over the data identifier. */
function crcOf(data: u64, own: u32): u32 {
  let crc: u32 = 0xffff;
  for (let place: u32 = 0; place < 10; place++) {
    if (place === own || place === own + 1) continue;
    const byte = place < 8 ? (data >> ((place << 3) as u64)) & 0xff : place === 8 ? 0x34 : 0x12;
    crc ^= (byte as u32) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x8000) !== 0 ? 0x11021 : 0);
  }
  return crc;
}

/** The result of a frame with this data and a right checksum, `flaw` added to it, at byte `own`. */
function resultFor(data: u64, own: u32, flaw: u32 = 0): CheckResult {
  const crc = (crcOf(data, own) ^ flaw) as u64;
  const frame = newFrame(0x200, 8, data | (crc << ((own << 3) as u64)));
  return resultOf(table, table.actionOf(table.rule(0), 0), table.states.of(0), frame);
}

describe('a checksum in the middle of the frame', () => {
  test('is of all other bytes, and the counter is in the byte behind it', () => {
    expect(adopt(16, 255, 0)).toBe(Status.Ok);
    expect(resultFor(0x8877660700002211, 2)).toBe(CheckResult.Initial);
    expect(resultFor(0x8877660800002211, 2)).toBe(CheckResult.Ok);
    expect(resultFor(0x0000000800005544, 2)).toBe(CheckResult.Repeated);
    expect(resultFor(0x8877660900002211, 2, 0x8000)).toBe(CheckResult.Error);
    expect(resultFor(0x8877660900002211, 2, 1)).toBe(CheckResult.Error);
  });

  test('has room for the counter', () => {
    expect(adopt(40, 255, 0)).toBe(Status.Ok, 'counter in byte 7');
    expect(resultFor(0x0700000000002211, 5)).toBe(CheckResult.Initial);
    expect(adopt(48, 255, 0)).toBe(Status.RulesField);
  });

  test('is made by a step that makes one', () => {
    expect(adopt(0, 255, 0, 7)).toBe(Status.RulesField, 'a constant');
    expect(adopt(0, 255, 0, 1)).toBe(Status.RulesField, 'no bits of the request');
  });
});

describe('four bits with a value', () => {
  test('are right, or the frame is not', () => {
    // Bits 60 to 63 are 0b1010.
    expect(adopt(0, HAS_NIBBLE | 255, 0xa3c)).toBe(Status.Ok);
    expect(resultFor(0xa000000000050000, 0)).toBe(CheckResult.Initial);
    expect(resultFor(0xaf00000000060000, 0)).toBe(CheckResult.Ok);
    expect(resultFor(0x2f00000000070000, 0)).toBe(CheckResult.Error);
    expect(resultFor(0xb000000000070000, 0)).toBe(CheckResult.Error);
    expect(resultFor(0xa000000000070000, 0)).toBe(CheckResult.Ok);
  });

  test('are looked at only if there are any', () => {
    expect(adopt(0, 255, 0xa3c)).toBe(Status.Ok);
    expect(resultFor(0x2000000000050000, 0)).toBe(CheckResult.Initial);
  });
});

describe('what replaces a frame', () => {
  test('is a mark or a substitute', () => {
    expect(adopt(0, 255, 0, 30, 0)).toBe(Status.Ok);
    expect(adopt(0, 255, 0, 30, 1)).toBe(Status.Ok);
    expect(adopt(0, 255, 0, 30, 2)).toBe(Status.RulesField);
  });
});
