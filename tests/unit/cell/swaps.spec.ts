// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What comes just when another table comes into force: docs/status-page.md ("Requests"), docs/rules.md ("The safe
 * state").
 *
 * A first run counts the steps until the swap; a second one, the same to the step, has the frame there.
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { stepsToSwap } from './asking';
import { FakeBoard } from './fake-board';

const FRAME_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA
const FRAME_200 = '40 00 00 00 01 11 00 00 00 00 00 00 00'; // 200#11
const FRAME_111 = '22 20 00 00 01 aa 00 00 00 00 00 00 00'; // 111#AA

let image = new RuleImage2(heap.alloc(0x10000), true);

/** A board that runs with `image`, and is asked for `next`. */
function asked(next: RuleImage2): FakeBoard {
  const board = new FakeBoard('txtimeout-ms=0');
  board.connectedWith(image);
  board.passAndSend(20_000);
  next.finish();
  board.requestRules(next);
  board.chip.take();
  return board;
}

describe('a request right behind a swap', () => {
  test('has its answer in a buffer that nothing is loaded into before it has left', () => {
    image = answering(0x300);
    const board = asked(answering(0x301));
    stepsToSwap(board, 100_000);
    board.chip.take();
    board.chip.fill(0, FRAME_200);
    board.pass(3_000);
    const sent = board.chip.take();
    const request = sent.indexOf('|84');
    expect(request).toBeGreaterThan(-1, sent);
    expect(sent.indexOf('|44', request)).toBe(-1, sent);
    expect(sent.indexOf('|45', request)).toBe(-1, sent);
    expect(board.chip.get(0x52)).toBe(0x20, 'SIDL of 0x301');
  });
});

describe('an answer that is made ahead', () => {
  test('is in its buffer after a swap, and no other that needs none', () => {
    image = filtered(false);
    const board = asked(filtered(true));
    stepsToSwap(board, 100_000);
    board.passAndSend(10_000);
    const loaded = board.chip.take();
    expect(loaded.includes('44 42 00 00 00 01 0a')).toBe(false, '0x210 in TXB2');
    board.chip.formAndFilter = 0;
    board.chip.fill(0, FRAME_100);
    board.step();
    const sent = board.chip.take();
    expect(sent.startsWith('b0 00|84|90')).toBe(true, sent);
    expect(board.chip.get(0x51)).toBe(0x22, 'SIDH of 0x110');
  });
});

describe('a rule with a rate', () => {
  // docs/rules.md ("rate"): its state is kept, and its requests have their filter while the rate is not used up.
  test('has its filter from the swap on', () => {
    image = limited(1);
    const board = asked(limited(2));
    stepsToSwap(board, 100_000);
    board.passAndSend(10_000);
    board.chip.take();
    board.chip.formAndFilter = 0;
    board.chip.fill(0, FRAME_100);
    board.step();
    const sent = board.chip.take();
    expect(sent.startsWith('b0 00|84|90')).toBe(true, sent);
  });
});

describe('a frame that ends the safe state', () => {
  test('ends it though the table changes before anybody has looked', () => {
    image = safe(false);
    const next = safe(true);
    const counting = asked(next);
    const steps = stepsToSwap(counting, 100_000);
    let ended = 0;
    for (let early: u32 = 3; early < 13; early += 5) {
      const board = asked(next);
      stepsToSwap(board, steps - early);
      board.chip.fill(0, FRAME_111);
      stepsToSwap(board, 1_000);
      const table = board.parts.responder.table;
      expect(table.count).toBe(3, 'swapped');
      board.passAndSend(6_000);
      const before = table.hitsOf(0);
      board.passAndSend(12_000);
      if (table.hitsOf(0) === before) ended++;
      expect(board.counted(Counter.SafeStates)).toBe(1);
    }
    expect(ended).toBe(2);
  });
});

/** Answers 0x200 with `identifier`, without a filter. Another answer is the first of the table. */
function answering(identifier: u32): RuleImage2 {
  const made = new RuleImage2(heap.alloc(0x10000), true);
  made.addAnswer(0x100, 0x310, 1, 0x01);
  made.addAnswer(0x200, identifier, 1, 0x01);
  made.beginIndex([]);
  made.point(0x100, made.addList([0]));
  made.point(0x200, made.addList([1]));
  return made;
}

/** 0x100 by the first filter, answered with 0x110: with 1, or with a counter, beside a static answer of another rule. */
function filtered(isCounted: bool): RuleImage2 {
  const made = new RuleImage2(heap.alloc(0x10000), true);
  if (isCounted) made.addAnswer(0x200, 0x210, 1, 0x0a);
  const rule = made.addAnswer(0x100, 0x110, 1, 1);
  store<u8>(rule, 1, 27);
  if (isCounted) {
    store<u8>(rule, 2, 54);
    made.addStep(6, 0, 0, 0, 1, 15);
    made.addStep(13, 0, 0, 8, 0, 0);
  }
  made.beginIndex([]);
  if (isCounted) made.point(0x200, made.addList([0]));
  made.point(0x100, made.addList([isCounted ? 1 : 0]));
  return made;
}

/** 0x100 by the first filter, answered with 0x110 and `data`, 100 times a second at most, two at once. */
function limited(data: u64): RuleImage2 {
  const made = new RuleImage2(heap.alloc(0x10000), true);
  const rule = made.addAnswer(0x100, 0x110, 1, data);
  store<u8>(rule, 1, 27);
  store<u16>(rule, 2, 58);
  store<u32>(rule, 10_000, 60);
  made.indexOnly(0x100, false);
  return made;
}

/** 0x210 each 5 ms in the safe state, which 0x111 ends; one more rule in the next table. */
function safe(isNext: bool): RuleImage2 {
  const made = new RuleImage2(heap.alloc(0x10000), true);
  made.addTimed(0x210, 1, 0);
  made.add(0x111);
  if (isNext) made.add(0x222);
  made.addSafeState(80_000, 2, 0, 0, 0);
  store<u8>(made.addTimer(0, 5_000, 0, 0, 0), 1, 1);
  made.beginIndex([]);
  made.point(0x111, made.addList([1]));
  return made;
}
