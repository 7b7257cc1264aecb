// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Response pending: what arms it, what ends it, and what it sends. Sources: docs/rules.md ("Diagnosis"), ISO 15765-2,
 * ISO 14229-1. AGL's session tells whether AGL is there.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { Frame, allocateFrames } from '../../../src/can/frame';
import { RuleImage2 } from '../support/rule-image-2';
import { stepsToSwap } from './asking';
import { FakeBoard } from './fake-board';

let board = new FakeBoard();
/** Timers of the next table that end at once, before that of response pending. They take a step each. */
let others: u16 = 0;
/** From a request to the first one, in us. */
let after: u32 = 5_000;

/** Requests 0x7e0, answers of AGL 0x7e8; 5 ms, then every 10 ms, twice. Without AGL 7F 21 to a request. */
function start(flags: u8): void {
  board = new FakeBoard();
  board.startWith(build(flags, 0x7e8));
}

/** `client`: identifier of the negative responses; 0: the table has none, though its rules speak of them. */
function build(flags: u8, client: u32): RuleImage2 {
  const image = new RuleImage2(heap.alloc(0x10000), true);
  const request = image.add(0x7e0);
  store<u8>(request, 2, 55);
  const answer = image.add(0x7e8);
  store<u8>(answer, 6, 25);
  store<u8>(answer, 1, 55);
  store<u16>(answer, 2, 56);
  for (let other: u16 = 0; other < others; other++) image.addTimed(0x100 + other, 1, 0);
  store<u64>(image.addAction(16, 0, 0), 0, 24);
  const alone = image.addAction(18, 0, 0);
  store<u8>(alone, 2, 1);
  store<u32>(alone, 0x7e8, 8);
  store<u64>(alone, 0x217f, 16);
  store<u64>(image.addAction(17, 0, 0), 0, 24);
  for (let other: u16 = 0; other < others; other++) image.addTimer(2 + other, 1, 1, 0, 900_000);
  if (client !== 0) {
    const timer = image.addTimer(0, 10_000, 2, client, after);
    store<u8>(timer, 8);
    store<u8>(timer, flags, 1);
    store<u32>(timer, 0xcc08, 20);
  }
  image.beginIndex([]);
  image.point(0x7e0, image.addList([0]));
  image.pointAgl(0x7e8, image.addList([1]));
  return image;
}

/** AGL asks for the table `image`, and it comes into force. */
function swapTo(image: RuleImage2): void {
  image.finish();
  board.requestRules(image);
  const steps = stepsToSwap(board, 100_000);
  expect(steps).toBeLessThan(100_000, `in force, status ${load<u32>(board.page.base, 0x6c)}`);
}

function connect(): void {
  board.connect();
  board.passAndSend(5_000);
}

/** A request of eight bytes, as RXB0 holds it. */
function ask(bytes: string): void {
  board.chip.fill(0, 'fc 00 00 00 08 ' + bytes);
  board.passAndSend(1_000);
}

function fromAgl(data: u64): void {
  const frame = changetype<Frame>(allocateFrames(1));
  frame.identifier = 0x7e8;
  frame.length = 8;
  frame.data = data;
  expect(board.sendToCell(frame)).toBe(Status.Ok);
  board.passAndSend(500);
}

function sentIn(micros: u32): u32 {
  const before = board.counted(Counter.AnsweredComputed);
  board.passAndSend(micros);
  return board.counted(Counter.AnsweredComputed) - before;
}

describe('response pending', () => {
  beforeEach(() => {
    others = 0;
    after = 5_000;
  });

  test('is sent twice, and then the request is given up', () => {
    start(0);
    connect();
    ask('02 10 03 cc cc cc cc cc');
    expect(sentIn(3_000)).toBe(0);
    expect(sentIn(3_000)).toBe(1);
    expect(sentIn(10_000)).toBe(1);
    expect(board.counted(Counter.ResponsesGivenUp)).toBe(0);
    expect(sentIn(10_000)).toBe(1);
    expect(board.counted(Counter.ResponsesGivenUp)).toBe(1);
    expect(sentIn(30_000)).toBe(0);
  });

  test('ends with the answer, and is put off by one of AGL', () => {
    start(0);
    connect();
    ask('02 10 03 cc cc cc cc cc');
    fromAgl(0x78107f03);
    expect(sentIn(8_000)).toBe(0);
    expect(sentIn(4_000)).toBe(1);
    fromAgl(0x035002);
    expect(sentIn(40_000)).toBe(0);
    ask('02 10 03 cc cc cc cc cc');
    fromAgl(0x5901_1410);
    expect(sentIn(40_000)).toBe(0, 'a first frame begins an answer');
  });

  test('is not for a request that wants no positive answer', () => {
    start(0);
    connect();
    ask('02 10 83 cc cc cc cc cc');
    ask('02 85 81 cc cc cc cc cc');
    expect(sentIn(40_000)).toBe(0);
    ask('03 22 f1 90 cc cc cc cc');
    expect(sentIn(6_000)).toBe(1, '22 has no sub-function');
  });

  test('begins with the last frame of a long request', () => {
    start(0);
    connect();
    ask('10 0e 2e f1 90 01 02 03');
    ask('21 04 05 06 07 08 09 0a');
    expect(sentIn(20_000)).toBe(0);
    ask('30 00 00 cc cc cc cc cc');
    ask('22 0b cc cc cc cc cc cc');
    expect(sentIn(6_000)).toBe(1);
    ask('23 0b cc cc cc cc cc cc');
    expect(sentIn(30_000)).toBe(2, 'it goes on');
    ask('10 08 10 83 90 01 02 03');
    ask('21 04 05 cc cc cc cc cc');
    expect(sentIn(30_000)).toBe(0, 'suppressed');
  });

  test('is not there without AGL, which is said at once', () => {
    start(0);
    board.aglRuns = false;
    board.passAndSend(3_000);
    ask('02 10 03 cc cc cc cc cc');
    expect(sentIn(30_000)).toBe(0);
    expect(board.counted(Counter.AnsweredComputed)).toBe(1);
  });

  test('goes on through a swap of tables, as the new one says', () => {
    after = 200_000;
    start(0);
    connect();
    ask('02 10 03 cc cc cc cc cc');
    others = 200;
    swapTo(build(0, 0x7e8));
    fromAgl(0x78107f03);
    expect(sentIn(8_000)).toBe(0, 'put off by AGL, to 10 ms');
    expect(sentIn(60_000)).toBe(3, 'two, and the end');
    expect(board.counted(Counter.ResponsesGivenUp)).toBe(1);
  });

  test('takes a request while the timers of a new table are looked at', () => {
    start(0);
    connect();
    others = 200;
    swapTo(build(0, 0x7e8));
    board.chip.fill(0, 'fc 00 00 00 08 02 10 03 cc cc cc cc cc');
    expect(sentIn(40_000)).toBe(3);
  });

  test('ends with a table that has none, or another client', () => {
    for (let client: u32 = 0; client <= 0x7e9; client += 0x7e9) {
      after = 200_000;
      others = 0;
      start(0);
      connect();
      ask('02 10 03 cc cc cc cc cc');
      others = 1;
      swapTo(build(0, client));
      fromAgl(0x78107f03);
      expect(sentIn(300_000)).toBe(0);
    }
  });
});
