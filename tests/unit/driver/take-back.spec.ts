// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Taking a pending frame back at once, which is possible while it waits behind another one.
 *
 * Sources: DS20001801J, section 3.2 (of pending buffers that with the highest TXP goes first, of equal ones the one with
 * the highest number), 3.6 (a frame on the wire continues when its TXREQ is cleared), figure 12-8 (READ STATUS);
 * docs/decisions/0011 and the head of transmit-buffers.ts for the transactions.
 */
import { TransmitOutcome } from '../../../src/driver/mcp2515/transmit-buffers';
import { Counter, FrameEnd } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { controllerOn, counters } from '../support/controller';
import { FakeChip } from '../support/fake-mcp2515';
import { newFrame } from '../support/frames';
import { transmit } from '../support/transmit';

/** The longest frame and its intermission at 500 kbit/s, 160 bits, in ticks of FakeClock. */
const FRAME_MICROS: u64 = 320;

let chip = new FakeChip();
let can = controllerOn(chip);
let now: u64 = 1_000;

beforeEach(() => {
  chip = new FakeChip();
  can = controllerOn(chip);
  can.configure(12_000_000, 500_000);
  can.start();
  chip.take();
});

/** Requests a frame in each of these buffers, READ STATUS after each. At the start TXP is 1, 2, 3. */
function request(buffers: StaticArray<u32>): void {
  for (let index = 0; index < buffers.length; index++) {
    transmit(can, buffers[index], newFrame(0x100 + index, 0, 0));
    can.pollStatus();
  }
  chip.take();
}

function displace(buffer: u32, priority: u32, steps: i32): string {
  for (let step = 0; step < steps; step++) {
    expect(can.displaceStep(buffer, priority, now)).toBe(Status.Ok);
  }
  return chip.take();
}

describe('a frame behind another one', () => {
  test('is taken back by READ STATUS, TXnIF, TXREQ with the next TXP, READ STATUS', () => {
    request([2, 0]);
    expect(can.buffers.isBehind(0)).toBe(true);
    expect(can.buffers.isBehind(2)).toBe(false);
    expect(can.buffers.isDisplaceable(0)).toBe(true);
    const before = counters.of(Counter.FromAglResent);
    expect(displace(0, 3, 1)).toBe('a0 00');
    expect(displace(0, 3, 1)).toBe('05 2c 04 00');
    expect(can.buffers.isDisplacing(0)).toBe(true);
    expect(can.buffers.isInDoubt(0)).toBe(false, 'its TXREQ is set');
    expect(displace(0, 3, 1)).toBe('05 30 0b 03');
    expect(can.buffers.isInDoubt(0)).toBe(true);
    expect(can.buffers.isInDoubt(1)).toBe(false);
    expect(can.transmitPending(0)).toBe(true);
    expect(displace(0, 3, 1)).toBe('a0 00');
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Displaced);
    expect(can.transmitPending(0)).toBe(false);
    expect(can.transmitPending(2)).toBe(true);
    expect(counters.of(Counter.FromAglResent)).toBe(before + 1);
    expect(can.transmitWork(now + FRAME_MICROS)).toBe(false);
  });

  test('may be on the wire if the one before has ended: then it is waited for as after an abort', () => {
    request([2, 0]);
    displace(0, 3, 3);
    chip.finish(2);
    expect(displace(0, 3, 1)).toBe('a0 00');
    expect(can.transmitPending(0)).toBe(true);
    expect(can.buffers.isInDoubt(0)).toBe(true);
    expect(can.transmitWork(now + FRAME_MICROS - 1)).toBe(false);
    now += FRAME_MICROS;
    expect(can.transmitWork(now)).toBe(true);
    can.tendTransmit(now);
    can.tendTransmit(now);
    expect(chip.take()).toBe('a0 00|03 30 00');
    expect(can.transmitPending(0)).toBe(false);
  });

  test('is behind those of higher rank alone: a weaker one that is still pending proves nothing', () => {
    const priorities: StaticArray<u32> = [2, 3, 1];
    for (let buffer: u32 = 0; buffer < 3; buffer++) can.setPriority(buffer, priorities[buffer]);
    request([1, 0, 2]);
    displace(0, 3, 3);
    chip.finish(1);
    displace(0, 3, 1);
    expect(can.transmitPending(0)).toBe(true);
  });

  test('begins anew when another frame is turned to meanwhile', () => {
    request([2, 1, 0]);
    displace(0, 3, 2);
    expect(displace(1, 3, 1)).toBe('a0 00');
    expect(displace(1, 3, 1)).toBe('05 2c 08 00');
    expect(displace(1, 3, 1)).toBe('05 40 0b 03');
  });

  test('is aborted at once, with the TXP that it has', () => {
    request([2, 1]);
    const before = counters.of(Counter.AnswersTimedOut);
    can.abort(1, FrameEnd.TimedOut);
    for (let step = 0; step < 3; step++) can.tendTransmit(now);
    expect(chip.take()).toBe('a0 00|05 2c 08 00|05 40 0b 02');
    can.pollStatus();
    expect(can.buffers.ends.outcome(1)).toBe(TransmitOutcome.Aborted);
    expect(can.transmitPending(1)).toBe(false);
    expect(counters.of(Counter.AnswersTimedOut)).toBe(before + 1);
  });
});

/** As `displace`, where nothing breaks the transactions off. */
function displaceBlind(buffer: u32, priority: u32, steps: i32): string {
  for (let step = 0; step < steps; step++) {
    expect(can.displaceStep(buffer, priority, now, true)).toBe(Status.Ok);
  }
  return chip.take();
}

/** TXB0 has sent a frame, whose TX0IF nobody has cleared; now one is pending in it behind that of TXB2. */
function requestBehind(): void {
  request([0]);
  chip.finish(0);
  can.pollStatus();
  request([2, 0]);
}

// DS20001801J, section 3.6, note 1, and ISO 11898-1: from READ STATUS to the end of a frame that begins behind another one
// at least 47 bits pass, 94 us; the rule clears TXnIF within 40 bits, and begins within 20, 40 us.
describe('a frame behind another one, where nothing breaks the transactions off', () => {
  test('is taken back by READ STATUS, TXREQ with the next TXP, READ STATUS', () => {
    requestBehind();
    expect(displaceBlind(0, 3, 3)).toBe('a0 00|05 30 0b 03|a0 00');
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Displaced);
    expect(can.buffers.isDisplacing(0)).toBe(false);
  });

  test('may be on the wire if the one before has ended: TXnIF is cleared then, and tells what becomes of it', () => {
    requestBehind();
    displaceBlind(0, 3, 2);
    chip.finish(2);
    expect(displaceBlind(0, 3, 1)).toBe('a0 00');
    expect(can.transmitPending(0)).toBe(true, 'TX0IF is of the frame before');
    expect(can.buffers.isDisplacing(0)).toBe(true);
    now += 79;
    expect(displaceBlind(0, 3, 1)).toBe('05 2c 04 00');
    expect(can.buffers.isDisplacing(0)).toBe(false);
    can.pollStatus();
    expect(can.transmitPending(0)).toBe(true);
    chip.finish(0);
    can.pollStatus();
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Sent);
  });

  test('was not sent, if TXnIF stays clear for the time of a frame', () => {
    requestBehind();
    displaceBlind(0, 3, 2);
    chip.finish(2);
    displaceBlind(0, 3, 2);
    now += FRAME_MICROS;
    can.tendTransmit(now);
    can.tendTransmit(now);
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Displaced);
  });

  test('needs TXnIF not cleared where READ STATUS shows it clear', () => {
    request([2, 0]);
    displaceBlind(0, 3, 2);
    chip.finish(2);
    displaceBlind(0, 3, 1);
    expect(can.buffers.isDisplacing(0)).toBe(false);
    expect(can.transmitPending(0)).toBe(true);
    chip.finish(0);
    can.pollStatus();
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Sent);
  });

  test('is not sent again where it was too late to clear TXnIF, and counts as lost by an error', () => {
    requestBehind();
    displaceBlind(0, 3, 2);
    chip.finish(2);
    displaceBlind(0, 3, 1);
    const before = counters.of(Counter.FromAglErrors);
    now += 80;
    expect(displaceBlind(0, 3, 1)).toBe('');
    can.pollStatus();
    expect(can.transmitPending(0)).toBe(true, 'TX0IF says nothing');
    now += FRAME_MICROS;
    can.tendTransmit(now);
    can.tendTransmit(now);
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Aborted);
    expect(counters.of(Counter.FromAglErrors)).toBe(before + 1);
  });

  test('has TXnIF cleared first where READ STATUS was longer ago', () => {
    requestBehind();
    displaceBlind(0, 3, 1);
    now += 39;
    expect(displaceBlind(0, 3, 1)).toBe('05 30 0b 03');
    requestBehindAnew();
    displaceBlind(0, 3, 1);
    now += 40;
    expect(displaceBlind(0, 3, 1)).toBe('05 2c 04 00');
    expect(displaceBlind(0, 3, 2)).toBe('05 30 0b 03|a0 00');
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Displaced);
  });

  test('is settled before another one is turned to', () => {
    requestBehind();
    displaceBlind(0, 3, 2);
    chip.finish(2);
    transmit(can, 1, newFrame(0x101, 0, 0));
    chip.take();
    expect(displaceBlind(1, 3, 2)).toBe('a0 00|05 2c 04 00');
    expect(can.buffers.isDisplacing(1)).toBe(false);
    chip.finish(0);
    can.pollStatus();
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Sent);
  });
});

function requestBehindAnew(): void {
  chip = new FakeChip();
  can = controllerOn(chip);
  can.configure(12_000_000, 500_000);
  can.start();
  requestBehind();
}

describe('a frame that may be on the wire is not taken back', () => {
  test('if it was requested before the stronger one', () => {
    request([0, 2]);
    expect(can.buffers.isBehind(0)).toBe(true);
    expect(can.buffers.isDisplaceable(0)).toBe(false);
  });

  test('unless another one was sent since: that was on the wire', () => {
    request([0, 1, 2]);
    chip.finish(2);
    can.pollStatus();
    expect(can.buffers.isDisplaceable(0)).toBe(true);
  });

  test('if it was the first when TXREQ of the one before was cleared, whatever goes before it now', () => {
    request([2, 1, 0]);
    expect(can.buffers.isDisplaceable(1)).toBe(true);
    can.abort(2, FrameEnd.TimedOut);
    for (let step = 0; step < 3; step++) can.tendTransmit(now);
    can.setPriority(0, 3);
    expect(can.buffers.isBehind(1)).toBe(true);
    expect(can.buffers.isDisplaceable(1)).toBe(false);
  });
});

describe('two aborts', () => {
  test('have a time each until their frames must have left the wire', () => {
    request([0, 1]);
    can.abort(0, FrameEnd.TimedOut);
    can.tendTransmit(now);
    can.tendTransmit(now);
    can.tendTransmit(now);
    can.abort(1, FrameEnd.TimedOut);
    const later = now + 100;
    for (let step = 0; step < 3; step++) can.tendTransmit(later);
    now += FRAME_MICROS;
    for (let step = 0; step < 2; step++) can.tendTransmit(now);
    expect(can.transmitPending(0)).toBe(false);
    expect(can.transmitPending(1)).toBe(true);
    expect(can.transmitWork(now)).toBe(false);
    now += 100;
    for (let step = 0; step < 2; step++) can.tendTransmit(now);
    expect(can.transmitPending(1)).toBe(false);
  });

  test('of one buffer: that of the first frame, which was sent after all, says nothing about the second', () => {
    request([0]);
    can.abort(0, FrameEnd.TimedOut);
    for (let step = 0; step < 3; step++) can.tendTransmit(now);
    now += FRAME_MICROS;
    chip.finish(0);
    can.tendTransmit(now);
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.Sent);
    request([0]);
    expect(can.buffers.ends.outcome(0)).toBe(TransmitOutcome.None);
    can.abort(0, FrameEnd.TimedOut);
    for (let step = 0; step < 3; step++) can.tendTransmit(now);
    can.pollStatus();
    expect(can.transmitPending(0)).toBe(true);
    expect(can.transmitWork(now)).toBe(false);
  });
});
