// SPDX-License-Identifier: MIT
/**
 * The computed bounds of a board are never below what the twin shows: with the model of the run, with a slower core, and
 * on the pessimistic board.
 *
 * Source: formats/promises.ts. A row that is missed here has moved with the firmware: correct it there.
 */
import { fileURLToPath } from 'node:url';
import { atInstructionNanos, RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { boundsOf, type PromiseName } from '../model/bound.ts';
import { readModel } from '../model/model-file.ts';
import type { Goal } from './goals.ts';

const SLOW_NANOS = 3;
const PESSIMISTIC = fileURLToPath(new URL('../model/pessimistic.json', import.meta.url));

/** What slow-clock.ts and slow-board.ts measure in every scope. */
const AT_SLOW_CLOCK: readonly PromiseName[] = [
  ...(['staticIdle', 'staticBusy', 'singleIdle', 'singleWorst', 'computedIdle'] as const),
  ...(['computedWorstIdle', 'computedBusy'] as const),
];
const ON_SLOW_BOARD: readonly PromiseName[] = [
  ...(['staticBusy', 'windowWorst', 'computedIdle', 'computedBusy'] as const),
];

function goals(
  condition: string,
  prefix: string,
  timing: typeof RASPBERRY_PI_4_TIMING,
  names?: readonly PromiseName[],
): Goal[] {
  return boundsOf({ ...timing }).flatMap(({ name, promise: { what, seen }, nanos }) =>
    seen.length === 0 || (names !== undefined && !names.includes(name))
      ? []
      : [
          {
            what: `computed bound${condition}: ${what}, ns`,
            keys: seen.map((key) => prefix + key),
            most: nanos,
            withoutConsole: true,
          },
        ],
  );
}

/** `timing`: the constants of the board that was measured. */
export const boundGoals = (timing = RASPBERRY_PI_4_TIMING): readonly Goal[] => [
  ...goals('', '', timing),
  ...goals(' at 3 ns an instruction', 'slow.', atInstructionNanos(SLOW_NANOS), AT_SLOW_CLOCK),
  ...goals(' of the pessimistic board', 'pessimistic.', readModel(PESSIMISTIC), ON_SLOW_BOARD),
];
