// SPDX-License-Identifier: MIT
/**
 * The order of the stages: two at a time, each in one process, and beside them one of those that wait for
 * something. Beside the build run the checks that need no more than one core and nothing of it. A stage
 * that runs alone has two processes.
 *
 * The cores are busy to the end then. A stage of two processes leaves one idle while its last file runs.
 */
import type { StageResult } from './result.ts';
import type { Stage } from './stages.ts';

/** How many stages run at a time. */
const LANES = 2;

/**
 * Runs `build`, if there is one, and every stage by `run`, in their order as far as there is room. The
 * results are as they end.
 */
export async function runInLanes(
  stages: readonly Stage[],
  run: (stage: Stage, cores: number) => Promise<StageResult>,
  build?: Stage,
): Promise<StageResult[]> {
  const left = [...stages];
  const results: StageResult[] = [];
  const cores = stages.length === 1 ? LANES : 1;
  let isBuilt = build === undefined;
  const building = build === undefined ? Promise.resolve() : runBuild(build);

  async function runBuild(stage: Stage): Promise<void> {
    results.push(await run(stage, LANES));
    isBuilt = true;
  }
  const take = (isMine: (stage: Stage) => boolean): Stage | undefined => {
    const at = left.findIndex(
      (stage) => (isBuilt || (stage.singleCore && !stage.needsBuild)) && isMine(stage),
    );
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const work = async (next: () => Stage | undefined): Promise<void> => {
    for (;;) {
      const stage = next();
      if (stage !== undefined) results.push(await run(stage, cores));
      else if (isBuilt) return;
      else await building;
    }
  };
  const busyFirst = () => take(({ waits }) => !waits) ?? take(() => true);
  const waitingOnly = () => take(({ waits }) => waits);
  const lanes = Array.from({ length: LANES - 1 }, () => work(busyFirst));
  await Promise.all([building.then(() => work(busyFirst)), ...lanes, work(waitingOnly)]);
  return results;
}
