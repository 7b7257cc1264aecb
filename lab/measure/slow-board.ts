// SPDX-License-Identifier: MIT
/**
 * A pessimistic board: a core at 600 MHz, device pages twice as slow, exits and hypercalls as long as that core makes
 * them (lab/model/pessimistic.json), and a UART of which a character takes 87 us. What is promised without a condition
 * must hold there, too, also while a line goes out on the console.
 *
 * Does not: change SPI and bus, which have their own clocks.
 */
import { fileURLToPath } from 'node:url';
import { readModel } from '../model/model-file.ts';
import type { Measured } from './bench.ts';
import { ConsoleLoad } from './console-load.ts';
import { type Figures, measureLatencies } from './figures.ts';
import { measureLooks } from './interrupt-looks.ts';
import { measureLossless } from './lossless.ts';
import { type Scope, SLOW_LOSSLESS } from './scope.ts';
import { measureStepBound, type StepBound } from './step-bound.ts';

const MODEL = fileURLToPath(new URL('../model/pessimistic.json', import.meta.url));

/** Figures `pessimistic.*`: those of the same name, and with a line on the console `pessimistic.console.*`. */
export async function measureSlowBoard(
  firmware: Measured,
  bound: StepBound,
  scope: Pick<Scope, 'slowLooks' | 'slowConsole'>,
): Promise<Figures> {
  const slow = { ...firmware, timing: readModel(MODEL) };
  const { runNanos } = scope.slowLooks;
  const figures: Figures = {};
  await measureLatencies(slow, scope.slowConsole.latencyCases, figures, () => {});
  const lossless = await measureLossless(slow, { ...SLOW_LOSSLESS, gapBits: 0 });
  figures['lossless.1000k.spi10M.lost'] = lossless.lost;
  figures['lossless.1000k.spi10M.reordered'] = lossless.reordered;
  const busy = ['forwarding', 'aglHostile'] as const;
  Object.assign(
    figures,
    await measureStepBound(slow, bound),
    await measureLooks(slow, { runNanos, answers: ['static', 'computedWorst'], loads: busy }),
    await measureLooks(slow, { runNanos, answers: ['window'], loads: ['forwarding'] }),
    await measureLooks(slow, { runNanos, answers: ['computed'], loads: ['idle'] }),
  );
  const speaking = await measureLooks(
    { ...slow, console: new ConsoleLoad() },
    { runNanos, answers: ['static', 'computedWorst'], loads: ['forwarding'] },
  );
  for (const [key, value] of Object.entries(speaking)) figures[`console.${key}`] = value;
  return Object.fromEntries(
    Object.entries(figures)
      .filter(([key]) => !/^(task|bound\.declared)\./.test(key))
      .map(([key, value]) => [`pessimistic.${key}`, value]),
  );
}
