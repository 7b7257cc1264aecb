// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Decisions and answers.
 */
import { Frame } from '../../../src/can/frame';
import { areLiveValues } from '../../../src/responder/live-values';
import { Responder } from '../../../src/responder/responder';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { dirtyFrame, newFrame, show } from '../support/frames';
import { RuleImage } from '../support/rule-image';

const DROP: u32 = 0;
const ANSWER: u32 = 1;
const FORWARD: u32 = 2;
const STATIC: u32 = 4;

let table = new RuleTable();
let image = new RuleImage(table.staging);
let responder = new Responder(table);
let answer = dirtyFrame();

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage(table.staging);
  responder = new Responder(table);
  answer = dirtyFrame();
});

function adopt(): void {
  image.finish();
  expect(table.adopt()).toBe(Status.Ok);
  image.moveTo(table.staging);
}

function decide(identifier: u32, length: u8, data: u64): u32 {
  return responder.decide(newFrame(identifier, length, data), answer);
}

describe('decision', () => {
  test('the built-in table forwards everything', () => {
    expect(decide(0x123, 8, 0)).toBe(FORWARD);
    expect(decide(0xc0000001, 0, 0)).toBe(FORWARD);
    expect(responder.matchedRule).toBe(-1);
  });

  test('frames that no rule matches go by the default of the table', () => {
    image.add(0x100);
    adopt();
    expect(decide(0x101, 0, 0)).toBe(FORWARD);
    store<u32>(image.address, 1, 20);
    adopt();
    expect(decide(0x101, 0, 0)).toBe(DROP);
    expect(decide(0x100, 0, 0)).toBe(FORWARD);
  });

  test('go by the table in force until the next one is swapped in, refused tables included', () => {
    image.add(0x100);
    adopt();
    image = new RuleImage(table.staging);
    image.add(0x200);
    image.add(0x200);
    image.finish();
    expect(table.adopt()).toBe(Status.RulesOverlap);
    decide(0x100, 0, 0);
    expect(responder.matchedRule).toBe(0, 'after a refused one');
    decide(0x200, 0, 0);
    expect(responder.matchedRule).toBe(-1);

    image = new RuleImage(table.staging);
    image.add(0x300);
    image.finish();
    table.beginCheck();
    while (table.checkStep() === Status.Busy) {
      decide(0x100, 0, 0);
      expect(responder.matchedRule).toBe(0, 'during the check');
    }
    table.swap();
    decide(0x300, 0, 0);
    expect(responder.matchedRule).toBe(0);
    decide(0x100, 0, 0);
    expect(responder.matchedRule).toBe(-1);
  });

  test('answer, forward, both, or neither', () => {
    for (let flags: u8 = 0; flags < 4; flags++) {
      store<u8>(image.addAnswer(0x100 + flags, 0x200, 0, 0), flags, 25);
    }
    adopt();
    expect(decide(0x100, 0, 0)).toBe(DROP);
    expect(decide(0x101, 0, 0)).toBe(ANSWER | STATIC);
    expect(decide(0x102, 0, 0)).toBe(FORWARD);
    expect(decide(0x103, 0, 0)).toBe(ANSWER | FORWARD | STATIC);
  });

  test('a rule is for one form of frame', () => {
    image.add(0x80000100);
    store<u32>(image.address, 1, 20);
    adopt();
    expect(decide(0x80000100, 0, 0)).toBe(FORWARD);
    expect(decide(0x100, 0, 0)).toBe(DROP);
    expect(decide(0xc0000100, 0, 0)).toBe(DROP);
  });

  test('a masked rule takes a range of identifiers', () => {
    store<u8>(image.add(0x7f0), 0, 25);
    store<u32>(image.address + 32, 0xc00007f0, 4);
    adopt();
    expect(decide(0x7ef, 0, 0)).toBe(FORWARD);
    expect(decide(0x7f0, 0, 0)).toBe(DROP);
    expect(decide(0x7ff, 0, 0)).toBe(DROP);
  });

  test('data and length must fit as well', () => {
    const rule = image.add(0x300);
    store<u64>(rule, 0x100002, 8);
    store<u64>(rule, 0xff00ff, 16);
    store<u8>(rule, 3, 24);
    store<u32>(image.address, 1, 20);
    adopt();
    expect(decide(0x300, 3, 0x107702)).toBe(FORWARD);
    expect(decide(0x300, 8, 0x9999999999100002)).toBe(FORWARD);
    expect(decide(0x300, 3, 0x117702)).toBe(DROP);
    expect(decide(0x300, 2, 0x107702)).toBe(DROP);
  });

  test('the last of 64 rules is found, and hits are counted per rule', () => {
    for (let rule: u32 = 0; rule < 64; rule++) image.add(0x100 + rule);
    adopt();
    decide(0x13f, 0, 0);
    decide(0x13f, 0, 0);
    expect(responder.matchedRule).toBe(63);
    decide(0x140, 0, 0);
    expect(responder.matchedRule).toBe(-1);
    expect(table.hitsOf(63)).toBe(2);
    expect(table.hitsOf(62)).toBe(0);
  });
});

describe('answer', () => {
  test('a static one has the identifier, length and data of its rule', () => {
    image.addAnswer(0x1a0, 0x1a1, 3, 0x030201);
    image.addAnswer(0x1b0, 0x9fffffff, 8, 0x8877665544332211);
    adopt();
    expect(decide(0x1a0, 8, u64.MAX_VALUE)).toBe(ANSWER | STATIC);
    expect(show(answer)).toBe('1a1 3 0 0 30201');
    decide(0x1b0, 0, 0);
    expect(show(answer)).toBe('9fffffff 8 0 0 8877665544332211');
  });

  test('data of a rule beyond its length does not leave the cell', () => {
    image.addAnswer(0x1a0, 0x1a1, 2, u64.MAX_VALUE);
    adopt();
    decide(0x1a0, 0, 0);
    expect(show(answer)).toBe('1a1 2 0 0 ffff');
  });

  test('a computed one copies bytes of the request to where the rule says', () => {
    const rule = image.addAnswer(0x7df, 0x7e8, 8, 0xaaaaaaaaaaaaaaaa);
    store<u64>(rule, 0x07ffffffff0001ff, 40); // bytes 1, 2 and 7 from 1, 0 and 7
    adopt();
    expect(decide(0x7df, 8, 0x8877665544332211)).toBe(ANSWER);
    expect(show(answer)).toBe('7e8 8 0 0 88aaaaaaaa1122aa');
  });

  test('may be as long as its request', () => {
    image.addAnswer(0x100, 0x200, 0xff, 0xffffffffffffffff);
    adopt();
    expect(decide(0x100, 5, 0)).toBe(ANSWER);
    expect(show(answer)).toBe('200 5 0 0 ffffffffff');
    decide(0x100, 0, 0);
    expect(show(answer)).toBe('200 0 0 0 0');
  });

  test('bytes a short request does not have are copied as zero', () => {
    const rule = image.addAnswer(0x100, 0x200, 2, 0xffff);
    store<u8>(rule, 7, 40);
    adopt();
    decide(0x100, 1, 0x11);
    expect(show(answer)).toBe('200 2 0 0 ff00');
  });

  test('a remote request can be answered', () => {
    image.addAnswer(0x40000300, 0x300, 1, 0x42);
    adopt();
    expect(decide(0x40000300, 8, 0)).toBe(ANSWER | STATIC);
    expect(show(answer)).toBe('300 1 0 0 42');
  });

  test('a static one can be had beforehand, to preload it; a computed one cannot', () => {
    image.addAnswer(0x1a0, 0x1a1, 1, 0x55);
    image.addAnswer(0x1b0, 0x1b1, 0xff, 0x55);
    image.add(0x1c0);
    adopt();
    expect(responder.staticAnswer(0, answer)).toBe(true);
    expect(show(answer)).toBe('1a1 1 0 0 55');
    expect(responder.staticAnswer(1, answer)).toBe(false);
    expect(responder.staticAnswer(2, answer)).toBe(false);
  });

  test('leaves the request as it was', () => {
    const request: Frame = newFrame(0x1a0, 2, 0x0201);
    image.addAnswer(0x1a0, 0x1a1, 1, 0x55);
    adopt();
    responder.decide(request, answer);
    expect(show(request)).toBe('1a0 2 0 0 201');
  });
});

describe('live values', () => {
  const bytes: usize = memory.data(64, 8);

  test('are in an answer as they are when it is put together', () => {
    const rule = image.addAnswer(0x100, 0x101, 4, 0x62);
    // Byte 1 from request byte 2, bytes 2 and 3 from live values 62 and 63.
    store<u64>(rule, 0xffffffffbfbe02ff, 40);
    adopt();
    expect(decide(0x100, 3, 0x030201)).toBe(ANSWER);
    expect(show(answer)).toBe('101 4 0 0 362');
    store<u16>(bytes, 0x5aa5);
    responder.liveValues.set(62, bytes, 2);
    decide(0x100, 3, 0x030201);
    expect(show(answer)).toBe('101 4 0 0 5aa50362');
    store<u8>(bytes, 0x77);
    responder.liveValues.set(63, bytes, 1);
    decide(0x100, 3, 0x030201);
    expect(show(answer)).toBe('101 4 0 0 77a50362');
    store<u16>(bytes, 0);
    responder.liveValues.set(62, bytes, 2);
  });

  test('are 64', () => {
    expect(areLiveValues(0, 64)).toBe(true);
    expect(areLiveValues(63, 1)).toBe(true);
    expect(areLiveValues(0, 0)).toBe(false, 'none');
    expect(areLiveValues(0, 65)).toBe(false);
    expect(areLiveValues(63, 2)).toBe(false);
    expect(areLiveValues(64, 1)).toBe(false);
    expect(areLiveValues(0xffffffff, 2)).toBe(false);
    expect(areLiveValues(1, 0xffffffff)).toBe(false);
  });
});
