// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The safe state: when it begins and ends, and what becomes of AGL's frames meanwhile.
 *
 * Sources: docs/rules.md ("The safe state"). AGL's end of the link has no heartbeat here, so its session tells.
 */
import { SafeState } from '../../../src/cell/safe-state';
import { UnsafeFrames } from '../../../src/cell/transmit/unsafe-frames';
import { TAG_HANDED, TransmitScheduler } from '../../../src/cell/transmit/scheduler';
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { CanDriver } from '../../../src/virtio/can-driver';
import { FakeClock } from '../support/fake-mcp2515';
import { DRIVER, FakeLink, FakeSection, SECTION_BYTES, Wire } from '../virtio/pair';
import { FakeBoard, FakeParts } from './fake-board';

/** An end of a link that keeps the tags of what has ended. */
class Ends extends CanDriver<FakeSection, FakeLink, FakeClock> {
  tags: u32[] = [];

  override finish(tag: u32, _sent: bool): void {
    this.tags.push(tag);
  }
}

let board = new FakeBoard();

/** Rules: 0x210 in the safe state, 0x210 else, frames of the bus 0x111, and of AGL 0x3f0. */
function start(until: u16, heartbeat: u32, grace: u32, phase: u32 = 0): void {
  const image = new RuleImage2(heap.alloc(0x10000), true);
  image.addTimed(0x210, 1, 0);
  image.addTimed(0x210, 1, 9);
  image.add(0x111);
  const beat = image.add(0x3f0);
  store<u8>(beat, 6, 25);
  const within: u32 = heartbeat === 0 ? 0 : 20_000;
  const safe = image.addSafeState(80_000, until, heartbeat, within, grace);
  if (until === 0xff) {
    store<u16>(safe, 0, 2);
    store<u8>(safe, 4, 1);
  }
  store<u8>(image.addTimer(0, 5_000, 0, 0, phase), 1, 1);
  store<u8>(image.addTimer(1, 5_000, 0, 0, 0), 2, 1);
  image.beginIndex([]);
  image.point(0x111, image.addList([2]));
  image.pointAgl(0x3f0, image.addList([3]));
  board = new FakeBoard();
  board.startWith(image);
}

function connect(): void {
  board.connect();
  board.passAndSend(5_000);
}

/** Frames sent by the timer of `rule` while `micros` pass. */
function sentIn(micros: u32, rule: u32): u32 {
  const table = board.parts.responder.table;
  const before = table.hitsOf(rule);
  board.passAndSend(micros);
  return table.hitsOf(rule) - before;
}

function fromAgl(identifier: u32): void {
  expect(board.sendToCell(newFrame(identifier, 1, 0x77))).toBe(Status.Ok);
  board.passAndSend(1_000);
}

describe('the safe state', () => {
  test('stands from the start, and ends when AGL is there', () => {
    start(0, 0, 0);
    board.aglRuns = false;
    expect(sentIn(21_000, 0)).toBeGreaterThan(2);
    expect(sentIn(21_000, 1)).toBe(0, 'the frame that it replaces');
    board.aglRuns = true;
    connect();
    expect(sentIn(20_000, 0)).toBe(0);
    expect(sentIn(20_000, 1)).toBeGreaterThan(2);
    expect(board.counted(Counter.SafeStates)).toBe(1);
    fromAgl(0x210);
    expect(board.counted(Counter.FromAglSafeState)).toBe(0);
  });

  test('waits for the grace', () => {
    start(0, 0, 50_000);
    board.aglRuns = false;
    expect(sentIn(40_000, 0)).toBe(0);
    expect(sentIn(40_000, 0)).toBeGreaterThan(2);
  });

  test('starts its frames once when it begins, each by its phase', () => {
    start(0, 0, 0, 30_000);
    board.aglRuns = false;
    expect(sentIn(28_000, 0)).toBe(0, 'before the phase');
    // At 30, 35, 40, 45, 50 and 55 ms, less what the start took.
    expect(sentIn(30_000, 0)).toBeGreaterThan(4);
  });

  test('refuses frames of AGL that have its identifiers, and takes back those in the cell', () => {
    start(0, 4, 0);
    connect();
    expect(sentIn(20_000, 0)).toBeGreaterThan(2, 'no heartbeat yet');
    fromAgl(0x210);
    expect(board.counted(Counter.FromAglSafeState)).toBe(1);
    fromAgl(0x211);
    expect(board.counted(Counter.FromAgl)).toBe(1);
    fromAgl(0x3f0);
    expect(sentIn(10_000, 0)).toBe(0, 'the heartbeat came');
    fromAgl(0x3f0);
    // Three frames that do not leave: two in the chip, and one that waits.
    for (let count = 0; count < 3; count++) board.sendToCell(newFrame(0x210, 1, 0x77));
    board.wait(60_000);
    expect(board.counted(Counter.SafeStates)).toBeGreaterThan(1);
    expect(board.parts.fromAgl.length).toBe(0);
    expect(board.counted(Counter.FromAglSafeState)).toBeGreaterThan(1);
  });

  test('refuses no frame of AGL that a timer sends at any time', () => {
    const image = new RuleImage2(heap.alloc(0x10000), true);
    image.addTimed(0x210, 1, 0);
    image.addTimed(0x220, 1, 0);
    const safe = image.addSafeState(80_000, 0, 0, 0, 0);
    store<u8>(safe, 4, 1); // until: never
    store<u8>(image.addTimer(0, 5_000, 0, 0, 0), 1, 1);
    image.addTimer(1, 50_000, 0, 0, 0);
    image.beginIndex([]);
    board = new FakeBoard();
    board.startWith(image);
    connect();
    fromAgl(0x220);
    expect(board.counted(Counter.FromAgl)).toBe(1);
    fromAgl(0x210);
    expect(board.counted(Counter.FromAgl)).toBe(1);
    expect(board.counted(Counter.FromAglSafeState)).toBe(1);
  });

  test('gives every frame that it takes back to the driver that sent it', () => {
    const image = new RuleImage2(heap.alloc(0x10000), true);
    image.addTimed(0x210, 1, 0);
    store<u8>(image.add(0x3f0), 6, 25);
    image.addSafeState(80_000, 0, 2, 20_000, 0);
    store<u8>(image.addTimer(0, 5_000, 0, 0, 0), 1, 1);
    image.beginIndex([]);
    image.pointAgl(0x3f0, image.addList([1]));
    board = new FakeBoard('agl-order=identifier txtimeout-ms=0');
    board.host.isBackEnd = true;
    board.startWith(image);
    board.connect();
    board.passAndSend(10_000);
    // The heartbeat, and then none: two of the frames are in the chip, the others wait.
    fromAgl(0x3f0);
    expect(board.parts.aglIsThere).toBe(true);
    for (let count: u8 = 0; count < 6; count++) {
      expect(board.sendToCell(newFrame(0x210, 1, count))).toBe(Status.Ok);
      board.pass(200);
    }
    board.pass(60_000);
    expect(board.counted(Counter.SafeStates)).toBeGreaterThan(0);
    expect(board.linux.counters.refused + board.linux.counters.transmitted).toBe(7);
    expect(board.parts.fromAgl.length).toBe(0);
  });

  test('names each frame that it takes back as the link does, whatever the number', () => {
    start(0, 0, 0);
    const parts = board.parts;
    const ends = new Ends(
      new FakeSection(SECTION_BYTES),
      new FakeLink(new Wire(), DRIVER),
      board.clock,
    );
    parts.agl = ends;
    const scheduler = new TransmitScheduler<FakeParts>(parts);
    const safe = new SafeState<FakeParts>(parts);
    safe.begin();
    safe.add(parts.responder.table.timer(1));
    scheduler.addFromAgl(newFrame(0x210, 1, 1), 0x12345);
    scheduler.addFromAgl(newFrame(0x210, 1, 2), 0x54323 | TAG_HANDED);
    const frames = new UnsafeFrames<FakeParts>(parts, scheduler, safe);
    let steps = 0;
    let known = 0;
    while (!frames.step()) {
      expect(ends.tags.length).toBeLessThan(known + 2, 'one a step');
      known = ends.tags.length;
      expect(++steps).toBeLessThan(10);
    }
    expect(ends.tags.length).toBe(2);
    expect(scheduler.fromAgl.isEmpty).toBe(true);
    expect(ends.tags.includes(0x12345)).toBe(true);
    expect(ends.tags.includes(0x54323)).toBe(true);
  });

  test('ends with a frame of the bus, and begins again after AGL was there', () => {
    start(3, 0, 0);
    board.aglRuns = false;
    board.passAndSend(10_000);
    board.chip.fill(0, '22 20 00 00 01 aa 00 00 00 00 00 00 00'); // 111#AA
    board.passAndSend(5_000);
    expect(sentIn(20_000, 0)).toBe(0);
    board.aglRuns = true;
    connect();
    expect(sentIn(20_000, 0)).toBe(0);
    expect(board.counted(Counter.SafeStates)).toBe(1);
  });

  test('may never end', () => {
    start(0xff, 0, 0);
    board.aglRuns = false;
    board.passAndSend(10_000);
    board.aglRuns = true;
    connect();
    expect(sentIn(20_000, 0)).toBeGreaterThan(2);
  });
});
