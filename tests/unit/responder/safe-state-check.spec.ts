// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * A table beside a locked wall has the safe state of the locked one, one thing different at a time.
 * Sources: docs/rules.md ("The safe state"), formats/rule-image-2.ts.
 */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { checkStaged } from '../support/rule-check';
import { RuleImage2 } from '../support/rule-image-2';

let table = new RuleTable();
let image = new RuleImage2(table.staging);
let stop: usize = 0;
let notice: usize = 0;
let beat: usize = 0;
let limit: usize = 0;
let add: usize = 0;
let crc: usize = 0;
let crcTable: usize = 0;
let safe: usize = 0;
let timer: usize = 0;

/** `front`: a cyclic frame, a condition, a step and a CRC-8 table stand before those of the safe state. */
function build(front: bool, isLocked: bool): void {
  image = new RuleImage2(table.staging, true);
  if (front) image.addTimed(0x400, 1, 0);
  const first: u16 = front ? 1 : 0;
  stop = image.addTimed(0x210, 2, 0x55);
  store<u16>(stop, first, 52);
  store<u8>(stop, 2, 54);
  image.add(0x111);
  beat = image.add(0x3f0);
  store<u8>(beat, 6, 25); // of AGL
  store<u16>(beat, first, 48);
  store<u8>(beat, 1, 50);
  // What tells AGL that the frames have ended, and the same again on the bus.
  notice = image.addTimed(0x3f1, 1, 0x0e);
  store<u8>(notice, 21, 25);
  image.addTimed(0x3f1, 1, 0x0e);
  if (front) image.addCondition(1, 0, 8, 8, 3, 4);
  limit = image.addCondition(1, 0, 0, 8, 0, 9);
  if (front) image.addStep(7, 0, 0, 0, 0, 1);
  add = image.addStep(6, 0, 0, 0, 1, 15);
  crc = image.addStep(28, 0, 0, 0, first, 0x00000100);
  if (front) store<u8>(image.addTable(), 7);
  crcTable = image.addTable();
  safe = image.addSafeState(80_000, first + 2, first + 3, 50_000, 0);
  if (front) image.addTimer(0, 3_000, 0, 0, 0);
  timer = image.addTimer(first, 10_000, 3, 20_000, 500);
  store<u8>(timer, 1, 1);
  store<u32>(timer, first + 4, 20);
  image.beginIndex([]);
  image.point(0x111, image.addList([first + 1]));
  image.pointAgl(0x3f0, image.addList([first + 2]));
  if (isLocked) store<u32>(image.address, 0x10, 20);
  image.finish();
}

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging);
  build(false, true);
  expect(table.adopt()).toBe(Status.Ok);
  build(true, false);
});

function expectByte(at: usize, value: u8, what: string): void {
  // The check notes in the image what asks the wall, so each has an image of its own, at the same place.
  build(true, false);
  store<u8>(at, value);
  image.seal();
  expect(checkStaged(table)).toBe(Status.RulesSafeState, what);
}

/** What the check says of a table that only forwards. */
function checkPlain(): Status {
  image = new RuleImage2(table.staging, true);
  image.add(0x100);
  image.beginIndex([]);
  image.finish();
  return checkStaged(table);
}

describe('the safe state beside a locked wall', () => {
  test('may stand elsewhere in the table', () => {
    expect(checkStaged(table)).toBe(Status.Ok);
  });

  test('keeps its times, and what ends it', () => {
    expectByte(safe + 4, 0x81, 'after');
    expectByte(safe + 12, 0x51, 'within');
    expectByte(safe + 16, 1, 'grace');
    expectByte(safe + 2, 0, 'until AGL');
    expectByte(safe + 2, 4, 'until another rule');
    expectByte(timer + 4, 0x11, 'interval');
    expectByte(timer + 8, 4, 'count');
    expectByte(timer + 12, 0x21, 'second interval');
    expectByte(timer + 16, 1, 'phase');
    expectByte(timer + 1, 0, 'no frame of the safe state');
  });

  test('keeps who is told of the end of its frames, and what', () => {
    expectByte(timer + 20, 0, 'nobody');
    expectByte(timer + 20, 6, 'the bus');
    expectByte(timer + 20, 2, 'another frame');
    expectByte(notice + 28, 0xf2, 'identifier');
    expectByte(notice + 32, 0x0f, 'data');
    expectByte(notice + 26, 2, 'length');
  });

  test('keeps what is a heartbeat', () => {
    expectByte(beat, 0xf1, 'identifier');
    expectByte(beat + 4, 0xfe, 'mask');
  });

  test('keeps its frames', () => {
    expectByte(stop + 28, 0x11, 'identifier');
    expectByte(stop + 26, 3, 'length');
    expectByte(stop + 32, 0x56, 'data');
    expectByte(stop + 40, 0x80, 'a live value');
    expectByte(stop + 54, 1, 'a step fewer');
    expectByte(add + 4, 2, 'the step of its counter');
    expectByte(crc + 11, 2, 'the initial value of its checksum');
    expectByte(crcTable + 5, 1, 'the table of its checksum');
    expectByte(limit + 16, 8, 'the heartbeat has a condition');
  });

  test('is asked for only if the locked table has one: a frame that is sent again and again is none', () => {
    table = new RuleTable();
    image = new RuleImage2(table.staging, true);
    image.addTimed(0x400, 1, 0);
    image.addTimer(0, 3_000, 0, 0, 0);
    image.beginIndex([]);
    store<u32>(image.address, 0x10, 20);
    image.finish();
    expect(table.adopt()).toBe(Status.Ok);
    expect(table.wall.isSet).toBe(true);
    expect(table.wall.hasSafeState).toBe(false);
    expect(checkPlain()).toBe(Status.Ok);
  });

  test('is not there in a table without timers, or of format 1', () => {
    expect(checkPlain()).toBe(Status.RulesSafeState);
  });
});
