// SPDX-License-Identifier: MIT
/**
 * The same board with a slower core: which promises hold at any clock, and which clock the others
 * need.
 *
 * The Pi's firmware may leave the cores at 600 MHz, which is 2.5 ns an instruction. The 3 ns here
 * are slower still.
 * Does not: change the times of devices and SPI, which have their own clocks.
 */
import { atInstructionNanos, RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import type { Measured } from './bench.ts';
import { measureWithConsole } from './console-rows.ts';
import { type Figures, measureLatencies } from './figures.ts';
import { CLOCK_PROMISES, type ClockPromise } from './clock-promises.ts';
import { measureLooks } from './interrupt-looks.ts';
import { measureLossless } from './lossless.ts';
import { type Scope, SLOW_CASES, SLOW_LOSSLESS } from './scope.ts';
import { measureStepBound, type StepBound } from './step-bound.ts';

/** 500 MHz, with the instructions per clock that the model has at 1.5 GHz. */
const SLOW_NANOS = 3;
/** A clock in between, because worst cases do not grow in one straight line. */
const BETWEEN_NANOS = 2;
const USUAL_MEGAHERTZ = 1_500;

/** The measurements at one clock. */
interface Point {
  readonly nanos: number;
  readonly figures: Figures;
}

/**
 * Figures `slow.*`: those of the same name, at 3 ns an instruction. `clock.PROMISE.megahertz`: the
 * clock from which a promise holds. `usual`: the figures at 1 ns.
 */
export async function measureSlowClock(
  firmware: Measured,
  usual: Figures,
  bound: StepBound,
  scope: Pick<Scope, 'slowLooks' | 'slowConsole'>,
): Promise<Figures> {
  const slow = { ...firmware, timing: atInstructionNanos(SLOW_NANOS) };
  const figures: Figures = {};
  await measureLatencies(slow, SLOW_CASES, figures, () => {});
  const lossless = await measureLossless(slow, { ...SLOW_LOSSLESS, gapBits: 0 });
  figures['lossless.1000k.spi10M.lost'] = lossless.lost;
  figures['lossless.1000k.spi10M.reordered'] = lossless.reordered;
  Object.assign(
    figures,
    await measureStepBound(slow, bound),
    await measureLooks(slow, scope.slowLooks),
  );
  Object.assign(figures, await measureWithConsole(slow, scope.slowConsole, bound));
  const between = { ...firmware, timing: atInstructionNanos(BETWEEN_NANOS) };
  const points: readonly Point[] = [
    { nanos: RASPBERRY_PI_4_TIMING.nanosPerInstruction, figures: usual },
    { nanos: BETWEEN_NANOS, figures: await measureLooks(between, scope.slowLooks) },
    { nanos: SLOW_NANOS, figures },
  ];
  const result: Figures = {};
  for (const [key, value] of Object.entries(figures)) {
    if (!key.startsWith('task.')) result[`slow.${key}`] = value;
  }
  for (const promise of CLOCK_PROMISES) {
    const nanos = slowestNanos(points, promise);
    result[`clock.${promise.name}.megahertz`] =
      nanos === undefined ? null : Math.ceil(USUAL_MEGAHERTZ / nanos);
  }
  return result;
}

/**
 * The slowest instruction with which a promise holds. Undefined: it does not hold at the usual one
 * either. Between two measured clocks a worst case is at most what the straight line says, because
 * it is the largest of several sums that each grow in a straight line.
 */
function slowestNanos(points: readonly Point[], promise: ClockPromise): number | undefined {
  let best: number | undefined;
  let before: { readonly nanos: number; readonly value: number } | undefined;
  for (const { nanos, figures } of points) {
    const value = promise.valueOf(figures);
    if (value <= promise.most) best = nanos;
    else if (before === undefined) return undefined;
    else {
      const share = (promise.most - before.value) / (value - before.value);
      return before.nanos + share * (nanos - before.nanos);
    }
    before = { nanos, value };
  }
  return best;
}
