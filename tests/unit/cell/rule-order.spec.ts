// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Answers of one rule with different identifiers: a later one counts as no stronger than an earlier one that waits or is
 * in the chip, and gets its own strength back when that has left (docs/timing-budget.md, "The order of what is sent").
 *
 * A tag names the rule. After the start TXP is 3 for TXB2, 2 for TXB1 and 1 for TXB0.
 */
import { arbitrationField } from '../../../src/can/identifier';
import { Haste } from '../../../src/cell/transmit/haste';
import { RuleOrder } from '../../../src/cell/transmit/rule-order';
import { TransmitSlots } from '../../../src/cell/transmit/slots';
import { WaitingList } from '../../../src/cell/transmit/waiting-list';
import { newFrame } from '../support/frames';
import { FakeBoard, FakeParts } from './fake-board';

/** Two rules, and none. */
const ONE: u32 = 11;
const OTHER: u32 = 22;
const NONE: u32 = 0;

let parts = new FakeBoard().parts;
let slots = new TransmitSlots<FakeParts>(parts);
let haste = new Haste<FakeParts>(parts);
let list = new WaitingList(32);
let order = new RuleOrder<FakeParts>(list, slots, haste);

beforeEach(() => {
  parts = new FakeBoard().connected().parts;
  slots = new TransmitSlots<FakeParts>(parts);
  haste = new Haste<FakeParts>(parts);
  list = new WaitingList(32);
  order = new RuleOrder<FakeParts>(list, slots, haste);
});

/** As what an answer counts that is decided now: an identifier. */
function countsAs(identifier: u32, tag: u32): u32 {
  return order.strengthOf(identifier, arbitrationField(identifier), tag) >> 21;
}

/** An answer is decided, and waits. */
function wait(identifier: u32, tag: u32): void {
  const strength = order.strengthOf(identifier, arbitrationField(identifier), tag);
  list.put(changetype<usize>(newFrame(identifier, 1, 0)), strength, tag);
}

/** The same, and it goes into the chip. */
function send(buffer: u32, identifier: u32, tag: u32): void {
  const strength = order.strengthOf(identifier, arbitrationField(identifier), tag);
  const slot = slots.all[buffer];
  slot.load(newFrame(identifier, 1, buffer));
  slot.send(false);
  slots.began(slot, strength, false, tag);
}

/** It has left the chip. */
function leave(buffer: u32): void {
  slots.underWay &= ~slots.all[buffer].bit;
}

let changes: u32 = 0;

/** All steps of it after a change: no more than there are places, and changed answers. */
function renewAll(): void {
  changes++;
  for (let steps = 0; order.renew(changes); steps++) expect(steps).toBeLessThan(40);
  expect(order.renew(changes)).toBe(false, 'nothing has changed');
}

/** The identifiers that wait, in order, each with what it counts as if that is another. */
function all(): string {
  let text = '';
  for (let place: u32 = 0; place < list.length; place++) {
    const identifier = list.at(place).identifier;
    const strength = list.strengthAt(place) >> 21;
    text += `${identifier.toString(16)}`;
    text += strength === identifier ? ' ' : `/${strength.toString(16)} `;
  }
  return text;
}

/** As `all`, of the chip from buffer 2 to 0. */
function inChip(): string {
  let text = '';
  for (let buffer: i32 = 2; buffer >= 0; buffer--) {
    const slot = slots.all[buffer];
    text += (slots.underWay & slot.bit) === 0 ? '- ' : `${(slot.strength >> 21).toString(16)} `;
  }
  return text;
}

describe('an answer counts as', () => {
  test('what it is, while no weaker one of its rule is owed', () => {
    expect(countsAs(0x100, ONE)).toBe(0x100);
    wait(0x700, OTHER);
    wait(0x750, NONE);
    wait(0x080, ONE);
    expect(countsAs(0x100, ONE)).toBe(0x100);
    expect(countsAs(0x100, NONE)).toBe(0x100, 'no tag is no rule');
    expect(order.isUsed).toBe(false);
  });

  test('the weakest one of its rule that waits, or is in the chip', () => {
    wait(0x400, ONE);
    expect(countsAs(0x100, ONE)).toBe(0x400);
    expect(countsAs(0x500, ONE)).toBe(0x500);
    expect(order.isUsed).toBe(true);
    send(1, 0x700, ONE);
    expect(countsAs(0x100, ONE)).toBe(0x700);
    expect(countsAs(0x100, OTHER)).toBe(0x100);
  });

  test('what an earlier one with its identifier counts as', () => {
    wait(0x700, ONE);
    wait(0x100, ONE);
    expect(all()).toBe('700 100/700 ');
    expect(countsAs(0x100, NONE)).toBe(0x700);
    expect(countsAs(0x100, OTHER)).toBe(0x700);
    expect(countsAs(0x101, OTHER)).toBe(0x101);
  });

  test('what it is beside a frame of AGL with its tag or identifier', () => {
    const slot = slots.all[0];
    slot.load(newFrame(0x700, 1, 0));
    slot.send(true);
    slots.began(slot, arbitrationField(0x700), true, ONE);
    expect(countsAs(0x100, ONE)).toBe(0x100);
  });

  test('what it does with a buffer kept for its identifier: that must not overtake it', () => {
    const slot = slots.slotOfFilter(0);
    memory.copy(changetype<usize>(slot.kept), changetype<usize>(newFrame(0x100, 1, 0xcc)), 16);
    slot.keep(false);
    expect(slot.follows).toBe(false);
    wait(0x700, ONE);
    wait(0x101, ONE);
    expect(slot.follows).toBe(false, 'of another identifier');
    wait(0x100, ONE);
    expect(slot.follows).toBe(true);
  });
});

describe('when one has left', () => {
  test('the next one in the chip is what it is, and so is that behind it', () => {
    send(2, 0x700, ONE);
    send(1, 0x300, ONE);
    send(0, 0x100, ONE);
    expect(inChip()).toBe('700 700 700 ');
    renewAll();
    expect(inChip()).toBe('700 700 700 ', 'nothing has left');
    leave(2);
    renewAll();
    expect(inChip()).toBe('- 300 300 ');
    expect(order.isUsed).toBe(true, '0x100 counts as 0x300');
    leave(1);
    renewAll();
    expect(inChip()).toBe('- - 100 ');
    expect(order.isUsed).toBe(false);
  });

  test('whatever their buffers are', () => {
    send(0, 0x700, ONE);
    send(1, 0x300, ONE);
    send(2, 0x100, ONE);
    leave(0);
    renewAll();
    expect(inChip()).toBe('300 300 - ');
  });

  test('those that wait get their places, one in each step', () => {
    send(2, 0x700, ONE);
    wait(0x400, OTHER);
    wait(0x200, ONE);
    wait(0x300, ONE);
    wait(0x200, NONE);
    wait(0x7ff, NONE);
    expect(all()).toBe('400 200/700 300/700 200/700 7ff ');
    renewAll();
    expect(all()).toBe('400 200/700 300/700 200/700 7ff ', 'nothing has left');
    expect(order.isUsed).toBe(true);
    leave(2);
    changes++;
    expect(order.renew(changes)).toBe(true);
    expect(all()).toBe('200 400 300/700 200/700 7ff ');
    expect(order.renew(changes)).toBe(true);
    expect(all()).toBe('200 300 400 200/700 7ff ');
    expect(order.renew(changes)).toBe(true);
    expect(all()).toBe('200 200 300 400 7ff ', 'equal ones in their order');
    expect(order.isUsed).toBe(true, 'it is not through');
    expect(order.renew(changes)).toBe(false);
    expect(order.isUsed).toBe(false);
  });

  test('those that wait are looked at in pieces, anew when something changes meanwhile', () => {
    send(2, 0x700, ONE);
    for (let index: u32 = 0; index < 10; index++) wait(0x300 + index, NONE);
    wait(0x200, ONE);
    leave(2);
    changes++;
    // Four places at a time.
    expect(order.renew(changes)).toBe(true);
    expect(order.renew(changes)).toBe(true);
    changes++;
    expect(order.renew(changes)).toBe(true);
    order.restart();
    expect(order.renew(changes)).toBe(true);
    expect(order.renew(changes)).toBe(true);
    expect(all().startsWith('300 ')).toBe(true);
    expect(order.renew(changes)).toBe(true);
    expect(all().startsWith('200 300 ')).toBe(true);
    expect(order.renew(changes)).toBe(false);
    expect(order.isUsed).toBe(false);
  });

  test('one that waits takes the place of a weaker one in the chip in haste', () => {
    send(2, 0x700, ONE);
    send(1, 0x600, OTHER);
    wait(0x100, ONE);
    expect(haste.isOn).toBe(false);
    leave(2);
    renewAll();
    expect(haste.isOn).toBe(true);
  });

  test('one behind another that still waits stays behind that', () => {
    send(2, 0x700, ONE);
    wait(0x500, ONE);
    wait(0x100, ONE);
    expect(all()).toBe('500/700 100/700 ');
    leave(2);
    renewAll();
    expect(all()).toBe('500 100/500 ');
    expect(order.isUsed).toBe(true);
  });
});

describe('the weakest that waits', () => {
  test('is the one with the weakest identifier, the latest of equals', () => {
    wait(0x200, NONE);
    expect(order.weakestPlace()).toBe(0);
    wait(0x300, NONE);
    wait(0x300, OTHER);
    expect(all()).toBe('200 300 300 ');
    expect(order.weakestPlace()).toBe(2);
  });

  test('is not one behind a weaker one of its rule', () => {
    wait(0x200, NONE);
    wait(0x700, ONE);
    wait(0x100, ONE);
    wait(0x400, ONE);
    expect(all()).toBe('200 700 100/700 400/700 ');
    expect(order.weakestPlace()).toBe(1);
  });

  test('is one behind a weaker one that is in the chip, if all others are stronger', () => {
    send(2, 0x700, ONE);
    wait(0x400, ONE);
    wait(0x100, ONE);
    wait(0x300, NONE);
    expect(all()).toBe('300 400/700 100/700 ');
    expect(order.weakestPlace()).toBe(1);
  });
});
