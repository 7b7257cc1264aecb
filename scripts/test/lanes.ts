// SPDX-License-Identifier: MIT
/**
 * The order of the stages: two at a time, each in one process, and beside them one of those that wait for
 * something. A stage that runs alone has two processes.
 *
 * The cores are busy to the end then. A stage of two processes leaves one idle while its last file runs.
 */
import type { StageResult } from './result.ts';
import type { Stage } from './stages.ts';

/** How many stages run at a time. */
export const LANES = 2;

/** Runs every stage by `run`, in their order as far as there is room. The results are as they end. */
export async function runInLanes(
  stages: readonly Stage[],
  run: (stage: Stage, cores: number) => Promise<StageResult>,
): Promise<StageResult[]> {
  const left = [...stages];
  const results: StageResult[] = [];
  const cores = stages.length === 1 ? LANES : 1;
  const take = (isMine: (stage: Stage) => boolean): Stage | undefined => {
    const at = left.findIndex(isMine);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const work = async (next: () => Stage | undefined): Promise<void> => {
    for (let stage = next(); stage !== undefined; stage = next()) {
      results.push(await run(stage, cores));
    }
  };
  const busyFirst = () => take(({ waits }) => !waits) ?? take(() => true);
  const waitingOnly = () => take(({ waits }) => waits);
  await Promise.all([work(waitingOnly), ...Array.from({ length: LANES }, () => work(busyFirst))]);
  return results;
}
