/**
 * Reminder: when the driver is rung again, in case it has lost an announcement or leaves frames in the ring.
 *
 * Does not: look at queues, or read the clock.
 */
import { Deadline, microsToTicks } from '../rt/deadline';

/**
 * How often the driver is rung again while it leaves received frames in the ring, even if it wants no
 * interrupts: Linux's driver can lose one between START and the start of its polling. Once also after
 * the answer to a control message: its interrupt handler takes an announcement back and looks without a
 * full barrier in between, and it waits for that answer without a limit.
 */
export const REANNOUNCE_MICROS: u32 = 5_000;
/**
 * A bus-off is said again 5 ms later, then after 100 ms, and so on in intervals that double up to 12.8 s,
 * until the driver starts, stops or resets: a busy Linux that has not gone on since the answer to its START
 * ignores what comes before it does. In intervals of 5 ms.
 */
const BUS_OFF_INTERVALS_FIRST: u64 = 20;
const BUS_OFF_INTERVALS_LAST: u64 = 2_560;

/** What is to be announced. */
export enum Announcement {
  None = 0,
  Queues = 1,
  /** The configuration, too. */
  All = 2,
}

@final
export class Reminder {
  /** The driver is to be rung once more, whatever it has taken. */
  once: bool = false;
  private readonly intervalTicks: u64;
  private readonly next: Deadline = new Deadline();
  /** The driver is still to be told of a bus-off; so many intervals later the next time. */
  private saysBusOff: bool = false;
  private busOffIntervals: u64 = 0;

  constructor(ticksPerSecond: u32) {
    this.intervalTicks = microsToTicks(REANNOUNCE_MICROS, ticksPerSecond);
  }

  /** Whether anything is planned: one load. */
  get isPlanned(): bool {
    return this.next.ticks !== u64.MAX_VALUE;
  }

  isDue(nowTicks: u64): bool {
    return this.next.reached(nowTicks);
  }

  /** A look in a while, if none is planned. */
  plan(nowTicks: u64): void {
    if (!this.isPlanned) this.next.start(nowTicks, this.intervalTicks);
  }

  /** The driver is rung once more in a while, in case it has lost this announcement. */
  planOnce(nowTicks: u64): void {
    this.once = true;
    this.next.start(nowTicks, this.intervalTicks);
  }

  /** A bus-off was said; `isAgain`: until the driver shows that it knows. */
  planBusOff(nowTicks: u64, isAgain: bool): void {
    this.saysBusOff = isAgain;
    this.busOffIntervals = BUS_OFF_INTERVALS_FIRST;
    this.planOnce(nowTicks);
  }

  /** The driver knows of the bus-off, or has no use for it. */
  endBusOff(): void {
    this.saysBusOff = false;
  }

  /** A reset: nothing is left to be said. */
  forget(): void {
    this.once = false;
    this.saysBusOff = false;
  }

  /** What is due, once `isDue`; plans the next time. `isWaiting`: frames are still in the ring. */
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
