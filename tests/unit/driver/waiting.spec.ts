// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What is counted of frames that wait, and what happens to one whose request fails.
 *
 * Source: docs/status.md ("answers delayed by the bus": another node has sent while the answer waited); while the line is
 * low a frame of another node has ended since it was high (DS20001801J, section 7.0).
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { controllerOn, counters } from '../support/controller';
import { FakeChip } from '../support/fake-mcp2515';
import { dirtyFrame, newFrame } from '../support/frames';
import { transmit } from '../support/transmit';

const FRAME_A = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA

let chip = new FakeChip();
let can = controllerOn(chip);
const frame = dirtyFrame();

beforeEach(() => {
  chip = new FakeChip();
  can = controllerOn(chip);
  can.configure(12_000_000, 500_000);
  can.start();
  chip.take();
});

/** Takes a frame of another node. */
function receiveOne(): void {
  chip.fill(0, FRAME_A);
  expect(can.attention()).toBe(true);
  expect(can.receive(frame)).toBe(Status.Ok);
  expect(can.attention()).toBe(false);
}

describe('an answer that another node’s frame keeps waiting', () => {
  test('is counted once, however many go before it; a frame of AGL is not', () => {
    const before = counters.of(Counter.AnswersDelayedByBus);
    transmit(can, 0, newFrame(0x300, 0, 0));
    transmit(can, 1, newFrame(0x200, 0, 0));
    expect(can.attention()).toBe(false);
    receiveOne();
    expect(counters.of(Counter.AnswersDelayedByBus)).toBe(before + 1);
    receiveOne();
    expect(counters.of(Counter.AnswersDelayedByBus)).toBe(before + 1);
    chip.finish(1);
    can.pollStatus();
    transmit(can, 1, newFrame(0x200, 0, 0));
    expect(can.attention()).toBe(false);
    receiveOne();
    expect(counters.of(Counter.AnswersDelayedByBus)).toBe(before + 2, 'the next answer');
  });

  test('is not counted if it was requested after the line was high: the other one may have ended before', () => {
    const before = counters.of(Counter.AnswersDelayedByBus);
    expect(can.attention()).toBe(false);
    transmit(can, 1, newFrame(0x200, 0, 0));
    receiveOne();
    expect(counters.of(Counter.AnswersDelayedByBus)).toBe(before);
  });

  test('is told by READ STATUS where there is no line', () => {
    can.useInterruptLine = false;
    const before = counters.of(Counter.AnswersDelayedByBus);
    transmit(can, 1, newFrame(0x200, 0, 0));
    expect(can.attention()).toBe(false);
    chip.fill(0, FRAME_A);
    expect(can.attention()).toBe(true);
    expect(counters.of(Counter.AnswersDelayedByBus)).toBe(before + 1);
  });
});

describe('a request that the SPI block does not finish', () => {
  test('is none: the buffer is free, and the caller is told', () => {
    expect(can.preload(1, newFrame(0x200, 0, 0))).toBe(Status.Ok);
    const before = counters.of(Counter.SpiTimeouts);
    chip.transactionsLeft = 0;
    expect(can.send(1, false)).toBe(Status.SpiTimeout);
    expect(can.transmitPending(1)).toBe(false);
    expect(counters.of(Counter.SpiTimeouts)).toBe(before + 1);
  });
});

describe('the bus, when it is joined again', () => {
  test('is something that may let a waiting frame have a buffer', () => {
    can.leaveNow(false);
    can.rejoin();
    const before = can.buffers.changes;
    expect(can.joined()).toBe(Status.Ok);
    expect(can.buffers.changes > before).toBe(true);
  });
});
