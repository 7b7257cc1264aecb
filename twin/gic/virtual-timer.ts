// SPDX-License-Identifier: MIT
/**
 * The core's virtual timer: CNTV_CVAL_EL0 and CNTV_CTL_EL0, and its line, PPI 27. Without CNTV_TVAL_EL0 and
 * the physical timer.
 *
 * Source: Arm ARM DDI 0487, D11.2. The condition is met while the counter is at or past the compare value.
 * The line is high while the condition is met and the timer enabled and not masked.
 */
import type { ScheduledEvent, VirtualClock } from '../clock.ts';

/** INTID of the virtual timer on every GICv2 system (BSA, table of PPIs). */
export const VIRTUAL_TIMER_INTERRUPT = 27;

const CTL_ENABLE = 1n << 0n;
const CTL_IMASK = 1n << 1n;
const NANOS_PER_SECOND = 1_000_000_000n;

export class VirtualTimer {
  readonly #clock: VirtualClock;
  readonly #onLine: (high: boolean) => void;
  readonly #counterHertz: number;
  #compareNanos = 0;
  #control = 0n;
  #expiry: ScheduledEvent | undefined;

  constructor(clock: VirtualClock, counterHertz: number, onLine: (high: boolean) => void) {
    this.#clock = clock;
    this.#counterHertz = counterHertz;
    this.#onLine = onLine;
  }

  /** CNTV_CVAL_EL0, in ticks of the counter. */
  set compare(ticks: bigint) {
    this.#compareNanos = ticksToNanos(BigInt.asUintN(64, ticks), this.#counterHertz);
    this.#update();
  }

  /** CNTV_CTL_EL0. */
  set control(value: bigint) {
    this.#control = value;
    this.#update();
  }

  #update(): void {
    if (this.#expiry) this.#clock.cancel(this.#expiry);
    this.#expiry = undefined;
    const isOn = (this.#control & (CTL_ENABLE | CTL_IMASK)) === CTL_ENABLE;
    const isMet = this.#compareNanos <= this.#clock.now;
    this.#onLine(isOn && isMet);
    if (!isOn || isMet || this.#compareNanos === Infinity) return;
    this.#expiry = this.#clock.schedule(this.#compareNanos, () => this.#onLine(true));
  }
}

/** The first nanosecond at which a counter of `counterHertz` shows `ticks`. Infinity: never in a run. */
export function ticksToNanos(ticks: bigint, counterHertz: number): number {
  const hertz = BigInt(counterHertz);
  const nanos = (ticks * NANOS_PER_SECOND + hertz - 1n) / hertz;
  return nanos > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(nanos);
}
