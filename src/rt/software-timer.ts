/**
 * SoftwareTimer: makes a task ready at a moment, once or every so often, without an interrupt.
 *
 * Does not: read a clock or call anybody.
 */

/** The moment of a timer that does not run. */
export const NEVER: u64 = u64.MAX_VALUE;

let earliest: u64 = NEVER;

/** No timer runs out before. It may be too early: of a timer that was stopped meanwhile. */
export function earliestTicks(): u64 {
  return earliest;
}

/** Of the timers that are of interest, none runs out before `ticks`. */
export function setEarliestTicks(ticks: u64): void {
  earliest = ticks;
}

@final
export class SoftwareTimer {
  private atTicks: u64 = NEVER;
  private periodTicks: u64 = 0;

  /** Runs out once, `delayTicks` after `nowTicks`; a period it had is over. */
  start(nowTicks: u64, delayTicks: u64): void {
    this.periodTicks = 0;
    this.set(nowTicks + delayTicks);
  }

  /** Runs out at `nowTicks`, and every `periodTicks` from then on. */
  startPeriodic(nowTicks: u64, periodTicks: u64): void {
    this.periodTicks = periodTicks;
    this.set(nowTicks);
  }

  /** Does not run any more. */
  stop(): void {
    this.atTicks = NEVER;
  }

  /** True from a start on, until the timer has run out and that was seen, or it is stopped. */
  get running(): bool {
    return this.atTicks !== NEVER;
  }

  /** True from the moment on. */
  reached(nowTicks: u64): bool {
    return nowTicks >= this.atTicks;
  }

  /**
   * True once each time the timer has run out. Periods that were missed are left out, not made up
   * for: the next one ends a whole period after `nowTicks`.
   */
  expired(nowTicks: u64): bool {
    if (nowTicks < this.atTicks) return false;
    this.atTicks = this.periodTicks === 0 ? NEVER : nowTicks + this.periodTicks;
    return true;
  }

  /** When it runs out, in ticks; `NEVER` while it does not run. */
  get ticks(): u64 {
    return this.atTicks;
  }

  private set(ticks: u64): void {
    this.atTicks = ticks;
    if (ticks < earliest) earliest = ticks;
  }
}
