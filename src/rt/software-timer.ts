// SPDX-License-Identifier: MIT
/**
 * SoftwareTimer: makes a task ready at a moment, once or periodically, without an interrupt. The caller reads
 * the clock.
 */

/** The moment of a stopped timer. */
export const NEVER: u64 = u64.MAX_VALUE;

/** When the first of some timers expires: a u64 of who waits for them, which the reference points at. */
@final
@unmanaged
export class NextExpiry {
  /** Lower bound. Can be early, because stopping a timer does not raise it. */
  ticks: u64 = NEVER;
}

@final
export class SoftwareTimer {
  /** Lowered by each start. The executive's for the timers of its tasks, else this timer's own. */
  next: NextExpiry = new NextExpiry();
  private atTicks: u64 = NEVER;
  private periodTicks: u64 = 0;

  /** Expires once, `delayTicks` after `nowTicks`. Ends a period. */
  start(nowTicks: u64, delayTicks: u64): void {
    this.periodTicks = 0;
    this.set(nowTicks + delayTicks);
  }

  /** Expires at `nowTicks`, and every `periodTicks` from then on. */
  startPeriodic(nowTicks: u64, periodTicks: u64): void {
    this.periodTicks = periodTicks;
    this.set(nowTicks);
  }

  stop(): void {
    this.atTicks = NEVER;
  }

  /** True from a start until `expired` has reported the expiry, or until a stop. */
  get running(): bool {
    return this.atTicks !== NEVER;
  }

  reached(nowTicks: u64): bool {
    return nowTicks >= this.atTicks;
  }

  /**
   * True once per expiry. Missed periods are skipped: the next one ends a whole period after `nowTicks`.
   */
  expired(nowTicks: u64): bool {
    if (nowTicks < this.atTicks) return false;
    this.atTicks = this.periodTicks === 0 ? NEVER : nowTicks + this.periodTicks;
    return true;
  }

  /** Expiry in ticks. `NEVER` while stopped. */
  get ticks(): u64 {
    return this.atTicks;
  }

  private set(ticks: u64): void {
    this.atTicks = ticks;
    const next = this.next;
    if (ticks < next.ticks) next.ticks = ticks;
  }
}
