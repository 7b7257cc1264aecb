// SPDX-License-Identifier: MIT
/**
 * TransmitWatch: aborts frames that were not sent in time, and reports how frames ended.
 *
 * Time runs from the first look at a frame that has no other of the cell's frames before it, so an abort can
 * be a millisecond late.
 * Does not: use SPI. TransmitPollTask carries the abort out.
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
    const requests = controller.buffers.ends.requestsOf(this.buffer);
    if (requests !== this.requests || controller.buffers.isBehind(this.buffer)) {
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
  /** How long a frame may wait, in ticks; 0: without a limit. */
  private timeoutTicks: u64 = 0;
  private readonly buffer0: WatchedBuffer<Parts> = new WatchedBuffer<Parts>(0);
  private readonly buffer1: WatchedBuffer<Parts> = new WatchedBuffer<Parts>(1);
  private readonly buffer2: WatchedBuffer<Parts> = new WatchedBuffer<Parts>(TRANSMIT_BUFFERS - 1);
  // The counts reported so far, to compare with the counters.
  private timedOut: u32 = 0;
  private arbitrationLost: u32 = 0;
  private errors: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {}

  /** Reads the setting; call it after the command line was parsed. */
  start(): void {
    const parts = this.parts;
    this.timeoutTicks = microsToTicks(
      parts.settings.transmitTimeoutMillis * 1_000,
      parts.clock.ticksPerSecond(),
    );
  }

  /** Looks at each buffer once. Makes at most one report of each kind. */
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
