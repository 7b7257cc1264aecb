/**
 * SoftwareTimer: makes a task ready at a moment, once or periodically, without an interrupt. The caller reads
 * the clock.
 */

/** The moment of a stopped timer. */
export const NEVER: u64 = u64.MAX_VALUE;

let earliest: u64 = NEVER;

/** Lower bound on the next expiry. Can be early, because stopping a timer does not raise it. */
export function earliestTicks(): u64 {
  return earliest;
}

/** Sets the lower bound: no timer that matters expires before `ticks`. */
export function setEarliestTicks(ticks: u64): void {
  earliest = ticks;
}

@final
export class SoftwareTimer {
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
    if (ticks < earliest) earliest = ticks;
  }
}
