// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- fresh`: the README's commands as a new user types them, on fresh machines.
 *
 * The output of the commands goes to build/fresh/. The committed state is cloned. A machine that failed is
 * left for inspection; the next run removes it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../build/command.ts';
import { FRESH_MACHINES, preparation, STRANGERS_STEPS } from './fresh-machines.ts';
import type { FreshMachine, FreshStep } from './fresh-machines.ts';
import { FreshRoot, FreshUnavailable, requireRootAndTools } from './fresh-root.ts';
import { isRight, readTestCounts, table } from './fresh-table.ts';
import type { StepResult } from './fresh-table.ts';
import type { SoakRun } from './runs.ts';

/** For several gigabytes. /tmp is in memory on some machines. */
const FOLDER = '/var/tmp';
const LOGS = join(PROJECT, 'build/fresh');

async function runStep(root: FreshRoot, machine: string, step: FreshStep): Promise<StepResult> {
  const log = join(LOGS, `${machine}, ${step.name}.log`.replaceAll(/[ ,@-]+/g, '-'));
  const before = root.packages();
  const startMillis = Date.now();
  const status = await root.run(step.command, log, step.limitMinutes);
  const minutes = (Date.now() - startMillis) / 60_000;
  const packages = root.packages() - before;
  const result = { machine, step: step.name, status, minutes, packages };
  if (step.name !== 'npm test') return result;
  const counts = readTestCounts(readFileSync(log, 'utf8'));
  // Without its last line it tested nothing, whatever its status.
  return counts === undefined ? { ...result, status: status || 1 } : { ...result, counts };
}

/** All steps of one machine up to the first that failed. The README's steps are independent of each other. */
async function runMachine(
  machine: FreshMachine,
  onStep: (result: StepResult) => void,
): Promise<void> {
  const folder = join(FOLDER, `canwarden-fresh-${machine.name}`);
  const root = FreshRoot.make(folder, machine.suite, PROJECT);
  let allRight = true;
  const clone = 2; // without a checkout and its packages nothing else can run
  for (const [index, step] of [...preparation(machine), ...STRANGERS_STEPS].entries()) {
    const result = await runStep(root, machine.name, step);
    onStep(result);
    allRight &&= isRight(result);
    if (!isRight(result) && index < preparation(machine).length + clone) break;
  }
  if (allRight) root.remove();
}

function freshRun(name: string, machines: readonly FreshMachine[], what: string): SoakRun {
  return {
    name,
    what,
    onlyByName: true,
    run: async (progress) => {
      try {
        requireRootAndTools();
      } catch (error) {
        if (!(error instanceof FreshUnavailable)) throw error;
        return { lines: [error.message], isRight: false };
      }
      mkdirSync(LOGS, { recursive: true });
      const results: StepResult[] = [];
      const expected = machines.reduce(
        (sum, one) => sum + preparation(one).length + STRANGERS_STEPS.length,
        0,
      );
      for (const machine of machines) {
        await runMachine(machine, (result) => {
          results.push(result);
          progress(results.length, expected);
        });
      }
      const isComplete = results.length === expected;
      return { lines: table(results), isRight: isComplete && results.every(isRight) };
    },
  };
}

/** All machines together, and each by itself. */
export const FRESH_RUNS: readonly SoakRun[] = [
  freshRun('fresh', FRESH_MACHINES, "the README's commands on fresh Debians (root, an hour each)"),
  ...FRESH_MACHINES.map((machine) =>
    freshRun(`fresh-${machine.name}`, [machine], `the same on ${machine.name} alone`),
  ),
];
