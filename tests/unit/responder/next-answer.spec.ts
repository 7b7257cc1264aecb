// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Answers made ahead: a counter from 0 to 2 in byte 1, and in byte 0 its XOR with 0xA5.
 */
import { allocateFrames, Frame } from '../../../src/can/frame';
import { NextAnswer } from '../../../src/responder/next-answer';
import { Responder } from '../../../src/responder/responder';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { RuleImage2 } from '../support/rule-image-2';

let responder = new Responder(new RuleTable());
let next = new NextAnswer(responder, changetype<Frame>(allocateFrames(1)));

/** `counter`: with a counter. Else its place has live value 0. */
function adopt(counter: bool): void {
  const table = new RuleTable();
  const image = new RuleImage2(table.staging);
  const rule = image.addAnswer(0x100, 0x201, 2, 0);
  if (counter) {
    store<u8>(rule, 3, 54);
    image.addStep(6, 0, 0, 0, 1, 2);
    image.addStep(13, 0, 8, 8, 0, 0);
  } else {
    store<u8>(rule, 0x80, 41);
    store<u8>(rule, 1, 54);
  }
  // XOR of byte 1 into byte 0, from 0xA5 on.
  image.addStep(27, 0, 0, 0, 0, 0xa5000101);
  image.beginIndex([]);
  image.point(0x100, image.addList([0]));
  image.name('rule');
  image.finish();
  expect(table.adopt()).toBe(Status.Ok);
  responder = new Responder(table);
  next = new NextAnswer(responder, changetype<Frame>(allocateFrames(1)));
  next.follow(0);
}

function counter(): u32 {
  return responder.table.states.of(0).counter;
}

/** The data of answer `number`. */
function dataOf(number: u64): u64 {
  return (number << 8) | (number ^ 0xa5);
}

describe('the next answer', () => {
  test('is made in pieces, a checksum by itself, and moves the counter on when it is taken', () => {
    adopt(true);
    expect(next.frame.identifier).toBe(0x201);
    expect(next.isReady).toBe(false);
    expect(next.step()).toBe(false, 'the counter and its place');
    expect(next.step()).toBe(true, 'the checksum');
    expect(next.frame.data).toBe(dataOf(0));
    expect(next.frame.length).toBe(2);
    expect(counter()).toBe(0, 'not yet taken');
    expect(next.take().data).toBe(dataOf(0));
    expect(counter()).toBe(1);
    expect(next.isReady).toBe(false);
  });

  test('is made at once when it is taken too soon, or half made', () => {
    adopt(true);
    expect(next.take().data).toBe(dataOf(0));
    next.step();
    expect(next.take().data).toBe(dataOf(1));
    expect(next.take().data).toBe(dataOf(2));
    expect(next.take().data).toBe(dataOf(0), 'starts over');
    expect(counter()).toBe(1);
  });

  test('that is made anew without being taken has the same number', () => {
    adopt(true);
    while (!next.step()) continue;
    next.renew();
    expect(next.isReady).toBe(false);
    while (!next.step()) continue;
    expect(next.take().data).toBe(dataOf(0));
  });

  test('without a counter stays ready until a live value changes', () => {
    adopt(false);
    const source = heap.alloc(1);
    store<u8>(source, 0x3c);
    responder.liveValues.set(0, source, 1);
    while (!next.step()) continue;
    expect(next.take().data).toBe(dataOf(0x3c));
    expect(next.isReady).toBe(true);
    store<u8>(source, 0x11);
    responder.liveValues.set(0, source, 1);
    next.renew();
    expect(next.take().data).toBe(dataOf(0x11));
  });

  test('without a counter leaves the one of its rule alone, which counts forwarded frames', () => {
    adopt(false);
    while (!next.step()) continue;
    for (let number: u32 = 1; number < 4; number++) {
      responder.table.states.of(0).counter = number;
      next.take();
      expect(counter()).toBe(number);
      expect(next.isReady).toBe(true, 'nothing of the answer has changed');
    }
  });
});
