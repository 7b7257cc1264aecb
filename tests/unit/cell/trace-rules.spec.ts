// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the trace says of rules: timers, watches, the safe state, requests, answers that are dropped. Each event with
 * the values that src/page/trace-event.ts gives it. Without the control device nothing is written, and all else goes on.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';
import { Trace } from './trace';

const FRAME_200 = '40 00 00 00 02 01 02 00 00 00 00 00 00'; // 200#0102
/** Answers that may wait at once (docs/rules.md, "Limits"). */
const WAITING: u32 = 32;

let image = new RuleImage2(heap.alloc(0x10000), true);

beforeEach(() => {
  image = new RuleImage2(heap.alloc(0x10000), true);
});

/** Rule 0 takes 0x200 and has a watch: its frames come within 50 ms. Rule 1 is a timer's: three frames, 2 ms apart. */
function watchAndTimer(): void {
  const rule = image.add(0x200);
  image.addTimed(0x300, 1, 0xaa);
  store<u64>(image.addAction(10, 0, 0), 0, 24);
  store<u8>(rule, 1, 55);
  store<u8>(image.addTimer(0, 50_000, 0, 0, 0), 3);
  image.addTimer(1, 2_000, 3, 0, 0);
  image.indexOnly(0x200, false);
}

describe('the trace has', () => {
  test('a count that has ended, and frames that are missing and back', () => {
    watchAndTimer();
    const board = new FakeBoard();
    const trace = new Trace(board);
    board.connectedWith(image);
    board.passAndSend(60_000);
    trace.expectIn(['28 1 300', '26 0 200']);
    board.chip.fill(0, FRAME_200);
    board.passAndSend(2_000);
    trace.expectIn(['27 0 200']);
  });

  test('the safe state: why it begins, and that it ends', () => {
    image.addTimed(0x210, 1, 0);
    image.addSafeState(80_000, 0, 0, 0, 0);
    store<u8>(image.addTimer(0, 5_000, 0, 0, 0), 1, 1);
    image.beginIndex([]);
    const board = new FakeBoard();
    board.aglRuns = false;
    board.startWith(image);
    const trace = new Trace(board);
    board.passAndSend(3_000);
    trace.expectIn(['25 1 1']); // no session
    board.aglRuns = true;
    board.connect();
    board.passAndSend(5_000);
    trace.expectIn(['25 0 0']);
  });

  test('a chip that is woken for a frame of the table', () => {
    image.addTimed(0x300, 1, 0xaa);
    image.addTimer(0, 2_500_000, 0, 0, 2_500_000);
    image.beginIndex([]);
    const board = new FakeBoard('sleep=1');
    board.connectedWith(image);
    const trace = new Trace(board);
    board.wait(2_700_000);
    trace.expectIn(['18 0 1', '19 3 0']);
    expect(board.counted(Counter.TimedSent)).toBe(1);
  });

  test('a table that was asked for: its rules, its checksum, and how many go on', () => {
    image.addAnswer(0x200, 0x201, 1, 1);
    image.indexOnly(0x200, false);
    const board = new FakeBoard().connectedWith(image);
    const trace = new Trace(board);
    board.requestRules(image);
    board.passAndSend(40_000);
    const checksum = load<u32>(image.address, 12).toString(16);
    trace.expectIn([`11 1 ${checksum}`, '23 1 1']);
    store<u32>(image.address, 0, 12);
    board.requestRules(image);
    board.passAndSend(40_000);
    trace.expectIn(['12 63 1']); // its checksum is wrong
  });

  test('an answer that is dropped: the newest by its rule, and one that waited by its own identifier', () => {
    image.addAnswer(0x200, 0x700, 1, 1);
    image.addAnswer(0x201, 0x100, 1, 1);
    image.beginIndex([]);
    image.point(0x200, image.addList([0]));
    image.point(0x201, image.addList([1]));
    const board = new FakeBoard().connectedWith(image);
    // Three are in the chip, and do not leave it.
    for (let count: u32 = 0; count < WAITING + 3; count++) {
      board.chip.fill(0, FRAME_200);
      board.pass(2_000);
    }
    expect(board.counted(Counter.AnswersDropped)).toBe(0);
    const trace = new Trace(board);
    board.chip.fill(0, FRAME_200);
    board.pass(2_000);
    trace.expectIn(['21 0 200']);
    board.chip.fill(0, '40 20 00 00 00 00 00 00 00 00 00 00 00'); // 201#
    board.pass(200);
    trace.expectIn(['2 1 201', '21 65535 700']);
    expect(board.counted(Counter.AnswersDropped)).toBe(2);
    board.passAndSend(20_000);
    expect(board.counted(Counter.AnswersSent)).toBe(WAITING + 3, 'all but those');
  });
});

describe('without the control device', () => {
  test('nothing is written, and timers and watches are served all the same', () => {
    watchAndTimer();
    const board = new FakeBoard();
    board.host.pageStatus = Status.ControlAbsent;
    board.connectedWith(image);
    board.passAndSend(60_000);
    board.chip.fill(0, FRAME_200);
    board.passAndSend(2_000);
    expect(board.counted(Counter.CountsEnded)).toBe(1);
    expect(board.counted(Counter.MessagesMissing)).toBe(1);
    expect(board.counted(Counter.MessagesReturned)).toBe(1);
    let written: u64 = 0;
    for (let offset: usize = 0; offset < 0x20000; offset += 8) {
      written |= load<u64>(board.page.base + offset);
    }
    expect(written).toBe(0);
  });
});
