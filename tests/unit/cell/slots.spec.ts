// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Which transmit buffer a frame may have: docs/timing-budget.md ("The order of what is sent"), docs/settings.md
 * (agl-order=), docs/rules.md ("receive": the answers of the filters have buffers 2 and 1).
 *
 * After the start TXP is 3 for TXB2, 2 for TXB1 and 1 for TXB0. A frame behind another that is pending is not on the
 * wire, and can be taken back.
 */
import { arbitrationField } from '../../../src/can/identifier';
import { TransmitSlots } from '../../../src/cell/transmit/slots';
import { WaitingList } from '../../../src/cell/transmit/waiting-list';
import { FrameEnd } from '../../../src/rt/counters';
import { newFrame } from '../support/frames';
import { FakeBoard, FakeParts } from './fake-board';

/** No buffer. */
const NONE: u32 = 3;

let parts = new FakeBoard().parts;
let slots = new TransmitSlots<FakeParts>(parts);

function start(words: string = ''): void {
  parts = new FakeBoard(words).connected().parts;
  slots = new TransmitSlots<FakeParts>(parts);
}

/** A frame is loaded into a buffer, and requested. */
function send(buffer: u32, identifier: u32, isAgl: bool): void {
  const slot = slots.all[buffer];
  slot.load(newFrame(identifier, 1, buffer));
  slot.send(isAgl);
  slots.began(slot, arbitrationField(identifier), isAgl, 0);
}

/** The buffer of `filter` is kept for the answer with `identifier`, and has it. */
function keep(filter: u32, identifier: u32): void {
  const slot = slots.slotOfFilter(filter);
  const kept = newFrame(identifier, 1, 0xcc);
  memory.copy(changetype<usize>(slot.kept), changetype<usize>(kept), 16);
  slot.keep(false);
  slot.loadKept();
}

function victim(identifier: u32, isAgl: bool, isBarred: bool): u32 {
  return slots.victimFor(arbitrationField(identifier), isAgl, true, isBarred);
}

describe('AGL has', () => {
  test('two buffers where answers without a filter still have one', () => {
    start();
    slots.share(true);
    expect(slots.aglBuffers).toBe(2);
    keep(0, 0x201);
    slots.share(false);
    expect(slots.aglBuffers).toBe(2);
    slots.share(true);
    expect(slots.aglBuffers).toBe(1);
    expect(slots.hasTwoForAgl).toBe(false);
    keep(1, 0x202);
    slots.share(true);
    expect(slots.aglBuffers).toBe(1, 'one at least');
  });

  test('two in any case if its frames are sorted', () => {
    start('agl-order=identifier');
    keep(0, 0x201);
    keep(1, 0x202);
    slots.share(true);
    expect(slots.aglBuffers).toBe(2);
  });
});

describe('a frame may have', () => {
  test('the highest free buffer if it is an answer, the lowest if it is of AGL', () => {
    start();
    expect(slots.freeFor(newFrame(0x100, 1, 9), false, false)).toBe(2);
    expect(slots.freeFor(newFrame(0x100, 1, 9), true, false)).toBe(0);
    send(2, 0x300, false);
    expect(slots.freeFor(newFrame(0x100, 1, 9), false, false)).toBe(1);
    send(0, 0x300, true);
    expect(slots.freeFor(newFrame(0x100, 1, 9), true, false)).toBe(1);
    expect(slots.freeFor(newFrame(0x100, 1, 9), true, true)).toBe(
      NONE,
      'barred from all but buffer 0',
    );
    send(1, 0x300, true);
    expect(slots.freeFor(newFrame(0x100, 1, 9), false, false)).toBe(NONE);
  });

  test('the one that has its header already, if it is an answer', () => {
    start();
    slots.all[1].load(newFrame(0x123, 1, 1));
    expect(slots.freeFor(newFrame(0x123, 1, 2), false, false)).toBe(1);
    expect(slots.freeFor(newFrame(0x123, 2, 2), false, false)).toBe(2, 'another length');
  });

  test('none that is kept for another frame', () => {
    start();
    keep(0, 0x201);
    expect(slots.freeFor(newFrame(0x201, 1, 0xcc), false, false)).toBe(2, 'it is the one kept');
    expect(slots.freeFor(newFrame(0x201, 1, 0xdd), false, false)).toBe(1, 'of the same identifier');
    keep(1, 0x202);
    expect(slots.freeFor(newFrame(0x300, 1, 1), false, false)).toBe(0);
    expect(slots.freeFor(newFrame(0x201, 1, 0xcc), true, false)).toBe(0, 'of AGL');
  });
});

describe('a stronger frame takes the buffer', () => {
  test('of the weakest that is behind another, and of none that is stronger', () => {
    start();
    send(2, 0x200, false);
    send(1, 0x300, false);
    send(0, 0x400, false);
    expect(victim(0x100, false, false)).toBe(0);
    expect(victim(0x3ff, false, false)).toBe(0);
    expect(victim(0x400, false, false)).toBe(NONE, 'as strong');
    expect(victim(0x401, false, false)).toBe(NONE);
  });

  test('of none that may be on the wire', () => {
    start();
    send(2, 0x400, false);
    send(1, 0x300, false);
    expect(victim(0x100, false, false)).toBe(1);
  });

  test('of AGL alone, or buffer 0 alone, where it must', () => {
    start('agl-order=identifier');
    send(2, 0x200, false);
    send(1, 0x400, false);
    send(0, 0x300, true);
    expect(victim(0x100, false, false)).toBe(1);
    expect(victim(0x100, true, false)).toBe(0, 'of AGL');
    expect(victim(0x100, false, true)).toBe(0, 'barred from the others');
  });

  test('of the later one of AGL that keeps its order, of the weaker one of AGL that is sorted', () => {
    start();
    send(2, 0x200, false);
    send(1, 0x400, true);
    send(0, 0x400, true);
    slots.all[0].strength = arbitrationField(0x300);
    expect(victim(0x100, false, false)).toBe(0, 'the earlier one must go before it');
    start('agl-order=identifier');
    send(2, 0x200, false);
    send(1, 0x400, true);
    send(0, 0x300, true);
    expect(victim(0x100, false, false)).toBe(1);
  });
});

describe('the answer kept for a filter', () => {
  test('has an equal beside it only in another buffer', () => {
    start();
    keep(0, 0x201);
    const slot = slots.slotOfFilter(0);
    expect(slots.hasEqualBeside(slot)).toBe(false);
    slot.send(false);
    slots.began(slot, slot.keptStrength, false, 0);
    expect(slots.hasEqualBeside(slot)).toBe(false, 'it is that itself');
    send(1, 0x201, false);
    expect(slots.hasEqualBeside(slot)).toBe(true);
    slots.underWay = slot.bit;
    expect(slots.hasEqualBeside(slot)).toBe(false, 'that has left');
  });
});

describe('the answer of the second filter', () => {
  test('is taken back for a stronger frame if it is behind another', () => {
    start();
    keep(1, 0x300);
    send(2, 0x200, false);
    const slot = slots.slotOfFilter(1);
    slot.send(false);
    slots.began(slot, slot.keptStrength, false, 0);
    expect(slots.keptVictimFor(arbitrationField(0x100))).toBe(1);
    expect(slots.keptVictimFor(arbitrationField(0x300))).toBe(NONE, 'for none that is as strong');
    slots.isHeld = true;
    expect(slots.keptVictimFor(arbitrationField(0x100))).toBe(NONE, 'while others are loaded');
  });
});

describe('frames of AGL', () => {
  test('pass each other by strength, or not at all', () => {
    start();
    expect(slots.passesAgl(arbitrationField(0x100))).toBe(true, 'there is none');
    send(0, 0x300, true);
    expect(slots.passesAgl(arbitrationField(0x100))).toBe(false);
    start('agl-order=identifier');
    send(0, 0x300, true);
    expect(slots.passesAgl(arbitrationField(0x100))).toBe(true);
    expect(slots.passesAgl(arbitrationField(0x300))).toBe(false);
  });

  test('have their own strength once none is before them', () => {
    start();
    send(0, 0x300, true);
    expect(slots.promote()).toBe(false, 'it had it');
    slots.all[0].strength = arbitrationField(0x400);
    expect(slots.promote()).toBe(true);
    expect(slots.all[0].strength).toBe(arbitrationField(0x300));
    expect(slots.promote()).toBe(false);
  });
});

/** Tells a rule from others. */
const RULE: u32 = 11;

/** Whether the only frame that waits is held up: one of a rule. */
function follows(identifier: u32, isAgl: bool, tag: u32): bool {
  const waiting = new WaitingList(1);
  const strength = arbitrationField(identifier);
  waiting.put(changetype<usize>(newFrame(identifier, 1, 0)), strength, tag);
  return slots.followsDoubt(waiting, isAgl, strength);
}

describe('an answer is not taken back before a later one of its rule', () => {
  test('whatever their identifiers are', () => {
    start();
    send(2, 0x050, false);
    send(1, 0x200, false);
    send(0, 0x300, false);
    // As if 0x300 could not be taken back.
    parts.controller.abort(0, FrameEnd.TimedOut);
    expect(victim(0x100, false, false)).toBe(1);
    slots.all[1].tag = RULE;
    slots.all[0].tag = RULE + 1;
    expect(victim(0x100, false, false)).toBe(1);
    slots.all[0].tag = RULE;
    expect(victim(0x100, false, false)).toBe(NONE);
  });
});

describe('a frame that was taken back, and may have been sent all the same', () => {
  test('holds up those of its kind that come after it, and no others', () => {
    start();
    send(2, 0x200, false);
    send(1, 0x300, false);
    const buffers = parts.controller.buffers;
    for (let count = 0; count < 16 && !buffers.isInDoubt(1); count++) {
      parts.controller.displaceStep(1, buffers.order.priority(1), parts.clock.nowTicks());
    }
    expect(buffers.isInDoubt(1)).toBe(true);
    expect(follows(0x300, false, 0)).toBe(true);
    expect(follows(0x301, false, 0)).toBe(false, 'another identifier');
    expect(follows(0x300, true, 0)).toBe(false, 'of AGL');
    // Of a rule whose answers have different identifiers.
    expect(follows(0x301, false, RULE)).toBe(false, 'of that rule');
    slots.all[1].tag = RULE;
    expect(follows(0x301, false, RULE)).toBe(true);
    expect(follows(0x301, false, RULE + 1)).toBe(false, 'of another rule');
    expect(follows(0x301, false, 0)).toBe(false, 'of none');
    expect(follows(0x301, true, RULE)).toBe(false, 'of AGL');
  });
});
