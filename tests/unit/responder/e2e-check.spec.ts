// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The check of a protected frame: its result, one frame after the other, and which checks an image may have.
 *
 * Sources: AUTOSAR PRS E2E Protocol R20-11, the check functions of profile 5 (the counter has 8 bits and follows the
 * checksum) and of profile 1 (the allowed gap grows by one with each check that is not passed, and is MaxDeltaCounterInit
 * again after one that is); docs/rules.md for the record.
 */
import { CheckResult, resultOf } from '../../../src/responder/e2e-check';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';

const WIDENS: u16 = 0x100;
/** Results repeated and wrong sequence: action 1; error: dropped. */
const DISPOSITIONS: u32 = 0x133000;

let table = new RuleTable();
let image = new RuleImage2(table.staging);

beforeEach(() => {
  table = new RuleTable();
});

/** Offers rule "a" for 0x200, checked by profile 5 with data identifier 0x1234; `options` as in the record. */
function adopt(allowed: u8, options: u16, dispositions: u32 = DISPOSITIONS): Status {
  image = new RuleImage2(table.staging);
  const rule = image.add(0x200);
  store<u8>(rule, 2, 55);
  const check = image.addAction(8, 0, 1);
  store<u8>(check, 8, 1);
  store<u8>(check, allowed, 3);
  store<u16>(check, options, 6);
  store<u32>(check, dispositions, 8);
  store<u64>(check, 0, 24);
  image.addAction(9, 1, 1);
  image.addStep(30, 0, 0, 0, 0x1234, 0);
  image.addStep(16, 0, 0, 0, 0, 0x8000000000000000);
  return finish();
}

function finish(): Status {
  image.beginIndex([]);
  image.point(0x200, image.addList([0]));
  image.name('a');
  image.finish();
  return table.adopt();
}

/** CRC-16/CCITT-FALSE, bit by bit, over a counter, five zeros and the data identifier, its low byte first. */
function crcOf(counter: u32): u32 {
  let crc: u32 = 0xffff;
  for (let byte = 0; byte < 8; byte++) {
    crc ^= (byte === 0 ? counter : byte === 6 ? 0x34 : byte === 7 ? 0x12 : 0) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x8000) !== 0 ? 0x11021 : 0);
  }
  return crc;
}

/** The result of a frame of 8 bytes with that counter; `flaw` is added to its checksum. */
function resultFor(counter: u32, flaw: u32 = 0): CheckResult {
  const frame = newFrame(0x200, 8, ((counter << 16) | (crcOf(counter) ^ flaw)) as u64);
  return resultOf(table, table.actionOf(table.rule(0), 0), table.states.of(0), frame);
}

describe('the check of profile 5', () => {
  test('has the checksum of the examples in the specification', () => {
    expect(crcOf(0)).toBe(0xca1c);
    expect(crcOf(1)).toBe(0x8dcf);
  });

  test('follows a counter of 8 bits, with a gap of 2 at most', () => {
    expect(adopt(2, 255)).toBe(Status.Ok);
    expect(resultFor(0x0f)).toBe(CheckResult.Initial);
    expect(resultFor(0x10)).toBe(CheckResult.Ok);
    expect(resultFor(0x12)).toBe(CheckResult.SomeLost);
    expect(resultFor(0x12)).toBe(CheckResult.Repeated);
    expect(resultFor(0x15)).toBe(CheckResult.WrongSequence);
    expect(resultFor(0x16)).toBe(CheckResult.Ok, 'the wrong one counts as the last');
    expect(resultFor(0x17, 1)).toBe(CheckResult.Error);
    expect(resultFor(0x17)).toBe(CheckResult.Ok);
    expect(resultFor(0xff)).toBe(CheckResult.WrongSequence);
    expect(resultFor(0x00)).toBe(CheckResult.Ok, 'from 255 on to 0');
    expect(resultFor(0xff)).toBe(CheckResult.WrongSequence, 'one back');
  });

  test('finds a counter above the largest, and another length, wrong', () => {
    expect(adopt(1, 14)).toBe(Status.Ok);
    expect(resultFor(15)).toBe(CheckResult.Error);
    expect(resultFor(14)).toBe(CheckResult.Initial);
    expect(resultFor(0)).toBe(CheckResult.Ok, 'from 14 on to 0');
    const short = newFrame(0x200, 7, 0x01_8dcf);
    const action = table.actionOf(table.rule(0), 0);
    expect(resultOf(table, action, table.states.of(0), short)).toBe(CheckResult.Error);
    const remote = newFrame(0x40000200, 8, 0x01_8dcf);
    expect(resultOf(table, action, table.states.of(0), remote)).toBe(CheckResult.Error);
  });
});

describe('the check of profile 1', () => {
  test('allows a gap that is one wider after each frame that does not pass', () => {
    expect(adopt(1, WIDENS | 14)).toBe(Status.Ok);
    expect(resultFor(0)).toBe(CheckResult.Initial);
    expect(resultFor(3)).toBe(CheckResult.WrongSequence, '2 are allowed');
    expect(resultFor(3)).toBe(CheckResult.SomeLost, '3 are allowed, and the last one is still 0');
    expect(resultFor(5)).toBe(CheckResult.SomeLost, '2 again');
    expect(resultFor(5)).toBe(CheckResult.Repeated);
    expect(resultFor(9, 1)).toBe(CheckResult.Error);
    expect(resultFor(10)).toBe(CheckResult.WrongSequence, '4 are allowed');
    expect(resultFor(10)).toBe(CheckResult.SomeLost, '5 are allowed');
    expect(resultFor(13)).toBe(CheckResult.WrongSequence);
  });
});

describe('a check in an image', () => {
  test('says for seven results what becomes of the frame', () => {
    expect(adopt(1, 255, 0x1111111)).toBe(Status.Ok);
    expect(adopt(1, 255, 0x3333333)).toBe(Status.Ok);
    expect(adopt(1, 255, 0x10000000)).toBe(Status.RulesField, 'an eighth');
    expect(adopt(1, 255, 0x30000000)).toBe(Status.RulesField, 'an eighth, action 1');
    for (let result: u32 = 0; result < 7; result++) {
      expect(adopt(1, 255, 2 << (4 * result))).toBe(Status.RulesField, 'action 0 does not replace');
      expect(adopt(1, 255, 4 << (4 * result))).toBe(Status.RulesField, 'there is no action 2');
    }
  });

  test('has a gap up to its largest counter, and a nibble within the data', () => {
    expect(adopt(14, 14)).toBe(Status.Ok);
    expect(adopt(15, 14)).toBe(Status.RulesField);
    expect(adopt(1, 0x3ff)).toBe(Status.Ok);
    expect(adopt(1, 0x400)).toBe(Status.RulesField, 'an unknown option');
  });

  test('is part of what a rule of the same name takes over', () => {
    expect(adopt(1, 1)).toBe(Status.Ok);
    expect(adopt(1, 1)).toBe(Status.Ok);
    expect(table.states.kept).toBe(1);
    expect(adopt(1, 2)).toBe(Status.Ok);
    expect(table.states.kept).toBe(0, 'another largest counter');
    expect(adopt(1, 1)).toBe(Status.Ok);
    image = new RuleImage2(table.staging);
    image.add(0x200);
    expect(finish()).toBe(Status.Ok);
    expect(table.states.kept).toBe(0, 'no check');
  });
});
