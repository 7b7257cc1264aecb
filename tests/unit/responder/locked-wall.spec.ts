// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What a locked wall lets through, what of another table it admits, and how a rule says that it asks.
 *
 * Sources: docs/rules.md ("A locked wall"), formats/rule-image-2.ts; the frames of the check are the example of profile 5
 * in AUTOSAR PRS E2E Protocol R20-11.
 */
import { Frame } from '../../../src/can/frame';
import { newLiveValues } from '../../../src/responder/live-values';
import { Rule } from '../../../src/responder/rule';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { newFrame, show } from '../support/frames';
import { checkStaged } from '../support/rule-check';
import { RuleImage2 } from '../support/rule-image-2';

const DENY: u32 = 0x8;
const LOCKED: u32 = 0x10;
const FROM_AGL: u8 = 4;
const FORWARD_FROM_AGL: u8 = 6;
/** Reasons, as the trace has them. */
const UNLISTED = 1;
const LENGTH = 2;
const VALUE = 3;
const RATE = 4;
const BY_RULE = 5;

const live = newLiveValues();
let table = new RuleTable();
let image = new RuleImage2(table.staging);

/** Adds a rule of AGL's for a standard identifier. */
function add(identifier: u32, flags: u8): usize {
  const rule = image.add(identifier);
  store<u8>(rule, flags, 25);
  return rule;
}

/**
 * The locked table: 200 passes, 201 does not, 202 has 2 in 1,000 us, 203 4 bytes or more, 204 the first byte 11, 205 is
 * marked in bit 63, 206 is checked, 207 has 1 in 500 bits, 208 a second byte of 0, 209 is a frame of the safe state.
 */
function lock(flags: u32): void {
  table = new RuleTable();
  image = new RuleImage2(table.staging, true);
  add(0x200, FORWARD_FROM_AGL);
  add(0x201, FROM_AGL);
  const rated = add(0x202, FORWARD_FROM_AGL);
  store<u16>(rated, 2, 58);
  store<u32>(rated, 1_000, 60);
  store<u8>(add(0x203, FORWARD_FROM_AGL), 4, 24);
  const valued = add(0x204, FORWARD_FROM_AGL);
  store<u8>(valued, 1, 24);
  store<u64>(valued, 0x11, 8);
  store<u64>(valued, 0xff, 16);
  const modified = add(0x205, FORWARD_FROM_AGL);
  store<u8>(modified, 1, 55);
  const checked = add(0x206, FORWARD_FROM_AGL);
  store<u8>(checked, 2, 55);
  store<u16>(checked, 1, 56);
  const inBits = add(0x207, FORWARD_FROM_AGL);
  store<u16>(inBits, 1, 58);
  store<u32>(inBits, 0x80000000 | 500, 60);
  store<u8>(add(0x208, FORWARD_FROM_AGL), 1, 50);
  add(0x209, FORWARD_FROM_AGL);
  image.addTimed(0x209, 1, 0);
  image.addTimed(0x200, 1, 0);
  image.addAction(2, 0, 1);
  const check = image.addAction(8, 1, 1);
  store<u8>(check, 8, 1);
  store<u8>(check, 1, 3);
  store<u16>(check, 255, 6);
  // Repeated and wrong sequence: action 1; error: dropped.
  store<u32>(check, 0x133000, 8);
  store<u64>(check, 0, 24);
  image.addAction(9, 2, 1);
  image.addCondition(1, 0, 8, 8, 0, 0);
  image.addStep(16, 0, 0, 0, 0, 0x8000000000000000);
  image.addStep(30, 0, 0, 0, 0x1234, 0);
  image.addStep(16, 0, 0, 0, 0, 0x4000000000000000);
  image.addSafeState(80_000, 0, 0, 0, 0);
  store<u8>(image.addTimer(10, 5_000, 0, 0, 0), 1, 1);
  store<u8>(image.addTimer(11, 5_000, 0, 0, 0), 2, 1);
  image.beginIndex([]);
  for (let rule: u16 = 0; rule < 10; rule++) {
    image.pointAgl(0x200 + (rule as u32), image.addList([rule]));
  }
  store<u32>(image.address, flags, 20);
  image.finish();
  expect(table.adopt()).toBe(Status.Ok);
}

/** What of a frame of AGL's may go to the bus, at `micros` of a clock of 1 MHz and a bus of 500 kbit/s. */
function pass(identifier: u32, length: u8, data: u64, micros: u64 = 0): string {
  const frame = newFrame(identifier, length, data);
  const at = table.wall.pass(frame, micros, 1_000_000, 500_000, live);
  if (at === 0) return `refused ${table.wall.refusal}`;
  if (at === changetype<usize>(frame)) return 'as it is';
  return show(changetype<Frame>(at));
}

/** The answer 1 byte long, in the buffer of filter RXF0, of a rule in another table. */
function answer(identifier: u32): Rule {
  const other = new RuleImage2(heap.alloc(0x10000));
  const rule = other.addAnswer(0x100, identifier, 1, 0xff11);
  store<u8>(rule, 1, 27);
  return changetype<Rule>(rule);
}

describe('a locked wall', () => {
  test('is one of the table loaded at the start, if that says so', () => {
    lock(DENY);
    expect(table.wall.isSet).toBe(false);
    expect(table.wall.hasSafeState).toBe(false);
    lock(LOCKED);
    expect(table.wall.isSet).toBe(true);
    expect(table.wall.isBeside).toBe(false, 'its own table is in force');
    expect(table.wall.hasSafeState).toBe(true);
  });

  test('lets through what a rule forwards, and says why it refuses', () => {
    lock(LOCKED | DENY);
    expect(pass(0x200, 8, 7)).toBe('as it is');
    expect(pass(0x201, 8, 7)).toBe(`refused ${BY_RULE}`);
    expect(pass(0x203, 4, 0)).toBe('as it is');
    expect(pass(0x203, 3, 0)).toBe(`refused ${LENGTH}`);
    expect(pass(0x204, 1, 0x11)).toBe('as it is');
    expect(pass(0x204, 1, 0x12)).toBe(`refused ${VALUE}`);
    expect(pass(0x20a, 1, 0)).toBe(`refused ${UNLISTED}`);
  });

  test('lets through what no rule takes, unless its default is to drop', () => {
    lock(LOCKED);
    expect(pass(0x20a, 1, 0)).toBe('as it is');
    expect(pass(0x204, 1, 0x12)).toBe('as it is');
    expect(pass(0x201, 8, 7)).toBe(`refused ${BY_RULE}`);
  });

  test('has rates: so many at once, and then one for each interval', () => {
    lock(LOCKED);
    expect(pass(0x202, 1, 0)).toBe('as it is');
    expect(pass(0x202, 1, 0)).toBe('as it is');
    expect(pass(0x202, 1, 0, 999)).toBe(`refused ${RATE}`);
    expect(pass(0x202, 1, 0, 1_000)).toBe('as it is');
    expect(pass(0x202, 1, 0, 1_999)).toBe(`refused ${RATE}`);
    expect(pass(0x202, 1, 0, 2_000)).toBe('as it is');
    // 500 bits at 500 kbit/s.
    expect(pass(0x207, 1, 0)).toBe('as it is');
    expect(pass(0x207, 1, 0, 999)).toBe(`refused ${RATE}`);
    expect(pass(0x207, 1, 0, 1_000)).toBe('as it is');
    expect(pass(0x200, 1, 0, 1_000)).toBe('as it is', 'without a rate');
  });

  test('changes a frame, and what its check finds wrong', () => {
    lock(LOCKED);
    expect(pass(0x205, 8, 0x12)).toBe('205 8 0 0 8000000000000012');
    expect(pass(0x206, 8, 0x00ca1c)).toBe('as it is');
    expect(pass(0x206, 8, 0x018dcf)).toBe('as it is');
    expect(pass(0x206, 8, 0x018dcf)).toBe('206 8 0 0 4000000000018dcf', 'repeated');
    expect(pass(0x206, 8, 0x018dce)).toBe(`refused ${BY_RULE}`, 'an error');
  });

  test('knows the frames of its safe state', () => {
    lock(LOCKED);
    expect(table.wall.keeps(0x209)).toBe(true);
    expect(table.wall.keeps(0x200)).toBe(false, 'a timer that stops in it');
    expect(table.wall.keeps(0x210)).toBe(false);
  });

  test('keeps its rules and their rates beside another table', () => {
    lock(LOCKED | DENY);
    pass(0x202, 1, 0);
    pass(0x202, 1, 0);
    for (let swap = 0; swap < 3; swap++) {
      image = new RuleImage2(table.staging, true);
      add(0x202, FORWARD_FROM_AGL);
      image.addTimed(0x209, 1, 0);
      image.addSafeState(80_000, 0, 0, 0, 0);
      store<u8>(image.addTimer(1, 5_000, 0, 0, 0), 1, 1);
      image.beginIndex([]);
      image.pointAgl(0x202, image.addList([0]));
      store<u32>(image.address, swap === 1 ? LOCKED : 0, 20);
      image.finish();
      const status = checkStaged(table);
      expect(status).toBe(Status.Ok, `swap ${swap}`);
      table.swap();
      expect(table.wall.isBeside).toBe(true);
      table.states.of(0).due = 0;
      expect(pass(0x202, 1, 0, 999)).toBe(`refused ${RATE}`);
      expect(pass(0x20a, 1, 0)).toBe(`refused ${UNLISTED}`);
      expect(pass(0x200, 1, 0)).toBe('as it is');
    }
  });
});

describe('an answer of another table', () => {
  test('in a buffer of its own must pass at any time as it is', () => {
    lock(LOCKED | DENY);
    expect(table.wall.admits(answer(0x200))).toBe(true);
    expect(table.wall.admits(answer(0x201))).toBe(false, 'kept from the bus');
    expect(table.wall.admits(answer(0x202))).toBe(false, 'a rate');
    expect(table.wall.admits(answer(0x203))).toBe(false, 'its length');
    expect(table.wall.admits(answer(0x204))).toBe(true);
    expect(table.wall.admits(answer(0x205))).toBe(false, 'changed');
    expect(table.wall.admits(answer(0x206))).toBe(false, 'checked');
    expect(table.wall.admits(answer(0x208))).toBe(true, 'bytes behind its end are 0');
    expect(table.wall.admits(answer(0x209))).toBe(false, 'of the safe state');
    expect(table.wall.admits(answer(0x20a))).toBe(false, 'not listed');
    const copies = answer(0x200);
    store<u8>(changetype<usize>(copies), 0, 40);
    expect(table.wall.admits(copies)).toBe(false, 'has a byte of its request');
    expect(copies.isTied).toBe(false);
    lock(LOCKED);
    expect(table.wall.admits(answer(0x20a))).toBe(true, 'without a default');
  });

  test('that is made when its request was read asks the wall then', () => {
    lock(LOCKED | DENY);
    const computed = answer(0x201);
    store<u8>(changetype<usize>(computed), 0, 27);
    store<u8>(changetype<usize>(computed), 1, 54);
    expect(computed.isTied).toBe(false, 'one step');
    expect(table.wall.admits(computed)).toBe(true);
    expect(computed.isTied).toBe(true);
    expect(computed.steps).toBe(1);
    expect(computed.isLimited).toBe(false);
  });

  test('that follows one in a buffer of its own asks the wall too', () => {
    lock(LOCKED | DENY);
    const kept = answer(0x200);
    store<u8>(changetype<usize>(kept), 1, 55);
    expect(table.wall.admits(kept)).toBe(true);
    expect(kept.isTied).toBe(true, 'one action');
    expect(kept.isStatic).toBe(true);
    const alone = answer(0x200);
    expect(table.wall.admits(alone)).toBe(true);
    expect(alone.isTied).toBe(false, 'it leaves before anybody looks');
  });

  test('to AGL, and a rule without one, do not', () => {
    lock(LOCKED | DENY);
    const toAgl = answer(0x201);
    store<u8>(changetype<usize>(toAgl), 5, 25);
    expect(table.wall.admits(toAgl)).toBe(true);
    const none = answer(0x201);
    store<u8>(changetype<usize>(none), 2, 25);
    expect(table.wall.admits(none)).toBe(true);
    expect(toAgl.isTied || none.isTied).toBe(false);
  });
});
