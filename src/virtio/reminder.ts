// SPDX-License-Identifier: MIT
/**
 * Reminder: when to ring the driver again, in case it has lost an announcement or left frames in the ring.
 * The caller looks at the queues and reads the clock.
 */
import { Deadline, microsToTicks } from '../rt/deadline';

/**
 * Interval between rings while the driver leaves received frames in the ring, even if it wants no interrupts:
 * Linux's driver can lose one between START and the start of its polling. Also the delay of one extra ring
 * after the answer to a control message. Linux waits for that answer without a limit, and its interrupt
 * handler clears the announcement and then looks without a full barrier in between.
 */
export const REANNOUNCE_MICROS: u32 = 5_000;
/**
 * A bus-off is announced again after 5 ms, then after 100 ms, then at intervals that double up to 12.8 s,
 * until the driver starts, stops or resets. A busy Linux ignores announcements until it has continued after
 * the answer to its START. In units of REANNOUNCE_MICROS.
 */
const BUS_OFF_INTERVALS_FIRST: u64 = 20;
const BUS_OFF_INTERVALS_LAST: u64 = 2_560;

/** What to announce. */
export enum Announcement {
  None = 0,
  Queues = 1,
  /** The queues and the configuration. */
  All = 2,
}

@final
export class Reminder {
  /** Ring the driver once more, even if it has taken everything. */
  once: bool = false;
  private readonly intervalTicks: u64;
  private readonly next: Deadline = new Deadline();
  /** A bus-off must be announced again, after this many intervals. */
  private saysBusOff: bool = false;
  private busOffIntervals: u64 = 0;

  constructor(ticksPerSecond: u32) {
    this.intervalTicks = microsToTicks(REANNOUNCE_MICROS, ticksPerSecond);
  }

  /** Whether a ring is planned: one load. */
  get isPlanned(): bool {
    return this.next.ticks !== u64.MAX_VALUE;
  }

  isDue(nowTicks: u64): bool {
    return this.next.reached(nowTicks);
  }

  /** Plans a look after the interval, if none is planned. */
  plan(nowTicks: u64): void {
    if (!this.isPlanned) this.next.start(nowTicks, this.intervalTicks);
  }

  /** Plans one more ring after the interval, in case the driver has lost this announcement. */
  planOnce(nowTicks: u64): void {
    this.once = true;
    this.next.start(nowTicks, this.intervalTicks);
  }

  /** A bus-off was announced. `isAgain`: repeat until the driver reacts. */
  planBusOff(nowTicks: u64, isAgain: bool): void {
    this.saysBusOff = isAgain;
    this.busOffIntervals = BUS_OFF_INTERVALS_FIRST;
    this.planOnce(nowTicks);
  }

  /** The driver knows of the bus-off, or does not need to. */
  endBusOff(): void {
    this.saysBusOff = false;
  }

  /** A reset: nothing is left to announce. */
  forget(): void {
    this.once = false;
    this.saysBusOff = false;
  }

  /**
   * Returns what is due, once `isDue`, and plans the next ring. `isWaiting`: frames are still in the ring.
   */
  take(nowTicks: u64, isWaiting: bool): Announcement {
    const isOnce = this.once;
    this.once = false;
    if (this.saysBusOff) {
      this.next.start(nowTicks, this.busOffIntervals * this.intervalTicks);
      this.busOffIntervals = min<u64>(2 * this.busOffIntervals, BUS_OFF_INTERVALS_LAST);
      return Announcement.All;
    }
    if (isWaiting) this.next.start(nowTicks, this.intervalTicks);
    else this.next.cancel();
    return isWaiting || isOnce ? Announcement.Queues : Announcement.None;
  }
}
