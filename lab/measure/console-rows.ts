// SPDX-License-Identifier: MIT
/**
 * Repeats the measurements of traffic with a line on the console all the time.
 *
 * Its only own measurement is whether the line was there.
 */
import type { Measured } from './bench.ts';
import { ConsoleLoad } from './console-load.ts';
import { type Figures, measureLatencies, measureTraffic } from './figures.ts';
import type { LatencyCase } from './latency-case.ts';
import type { TrafficScope } from './scope.ts';
import { measureStepBound, type StepBound } from './step-bound.ts';

/** Figures that are the same with and without a line are not repeated. */
const SAID_ALREADY = /^(task|bound\.declared|agl\.model)\./;

/**
 * Figures `console.*`: those of the same name with a line in flight. `console.uart.leastPercent` is
 * the used share of the UART's capacity, on the board on which it was least. `sleeping`: a firmware
 * for idle=wfi and its cases. Without `bound`, no steps are watched.
 */
export async function measureWithConsole(
  firmware: Measured,
  scope: TrafficScope,
  bound?: StepBound,
  sleeping?: { readonly firmware: Measured; readonly cases: readonly LatencyCase[] },
  onProgress: (what: string) => void = () => {},
): Promise<Figures> {
  const console = new ConsoleLoad();
  const say = (what: string): void => onProgress(`console.${what}`);
  const { figures } = await measureTraffic({ ...firmware, console }, scope, say);
  if (sleeping) {
    await measureLatencies({ ...sleeping.firmware, console }, sleeping.cases, figures, say);
  }
  if (bound) {
    say('step bound');
    Object.assign(figures, await measureStepBound({ ...firmware, console }, bound));
  }
  const result: Figures = { 'console.uart.leastPercent': console.leastPercent };
  for (const [key, value] of Object.entries(figures)) {
    if (!SAID_ALREADY.test(key)) result[`console.${key}`] = value;
  }
  return result;
}
