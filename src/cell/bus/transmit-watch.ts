// SPDX-License-Identifier: MIT
/**
 * TransmitWatch: takes frames back that have not been sent in time, and notices how frames ended.
 *
 * Does not: use SPI; an abort it asks for is carried out by TransmitPollTask.
 *
 * Times are counted from the first look at a frame: up to a millisecond late.
 */
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { Counter, FrameEnd } from '../../rt/counters';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { AnyParts } from '../parts';
import { FaultReport } from './report';

/** One transmit buffer under watch. */
@final
class WatchedBuffer<Parts extends AnyParts> {
  private readonly deadline: Deadline = new Deadline();
  private requests: u32 = 0;

  constructor(private readonly buffer: u32) {}

  look(parts: Parts, nowTicks: u64, timeoutTicks: u64): void {
    const controller = parts.controller;
    if (!controller.transmitPending(this.buffer)) {
      this.deadline.cancel();
      return;
    }
    const requests = controller.buffers.requestsOf(this.buffer);
    if (requests !== this.requests) {
      this.requests = requests;
      this.deadline.start(nowTicks, timeoutTicks);
    } else if (this.deadline.reached(nowTicks)) {
      this.deadline.cancel();
      controller.abort(this.buffer, FrameEnd.TimedOut);
    }
  }
}

@final
export class TransmitWatch<Parts extends AnyParts> {
  /** How long a frame may wait; 0: for ever. */
  private timeoutTicks: u64 = 0;
  private readonly buffer0: WatchedBuffer<Parts> = new WatchedBuffer<Parts>(0);
  private readonly buffer1: WatchedBuffer<Parts> = new WatchedBuffer<Parts>(1);
  private readonly buffer2: WatchedBuffer<Parts> = new WatchedBuffer<Parts>(TRANSMIT_BUFFERS - 1);
  // What was reported so far, as the counters count.
  private timedOut: u32 = 0;
  private arbitrationLost: u32 = 0;
  private errors: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {}

  /** Takes the setting over; after the command line was read. */
  start(): void {
    const parts = this.parts;
    this.timeoutTicks = microsToTicks(
      parts.settings.transmitTimeoutMillis * 1_000,
      parts.clock.ticksPerSecond(),
    );
  }

  /** One look at each buffer, and at most one report of each kind. */
  look(nowTicks: u64): void {
    if (this.timeoutTicks !== 0) {
      this.buffer0.look(this.parts, nowTicks, this.timeoutTicks);
      this.buffer1.look(this.parts, nowTicks, this.timeoutTicks);
      this.buffer2.look(this.parts, nowTicks, this.timeoutTicks);
    }
    if (
      this.timedOut !==
      this.parts.counters.of(Counter.FromAglTimedOut) +
        this.parts.counters.of(Counter.AnswersTimedOut)
    ) {
      this.timedOut++;
      this.report.transmitTimeout(nowTicks);
    }
    if (this.arbitrationLost !== this.parts.counters.of(Counter.TransmitLostArbitration)) {
      this.arbitrationLost++;
      this.report.arbitrationLost();
    }
    if (this.errors !== this.parts.counters.of(Counter.TransmitErrors)) {
      this.errors++;
      this.report.transmitError();
    }
  }
}
