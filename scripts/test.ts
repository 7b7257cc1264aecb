// SPDX-License-Identifier: MIT
/**
 * `npm test`: all tests and checks, two stages at a time, one line per stage, and at the end
 * `N passed, N failed`. `--only NAME[,NAME]` runs only some stages.
 *
 * Exit status: 0 all passed, 1 something failed, 2 unknown option or a machine without the tools.
 */
import { InputError } from '../cell-config/files.ts';
import { run, shortCommandLine } from './command-line.ts';
import { ensureMachine, ensureTestMachine } from './setup/ensure.ts';
import { generateFormats } from './build/formats.ts';
import { endChildrenWithUs } from './test/command.ts';
import { COUNTED_STAGES, coverageLines, forgetCounts } from './test/coverage.ts';
import { addResults, failedCheck } from './test/result.ts';
import type { StageResult } from './test/result.ts';
import { runInLanes } from './test/lanes.ts';
import { BUILD, listStages } from './test/stages.ts';
import type { Stage } from './test/stages.ts';
import { transpileForTests } from './test/typescript/words.ts';

/** Runs the stage and prints its result. A crash of the runner itself becomes a failure. */
async function runStage(stage: Stage, cores: number): Promise<StageResult> {
  const startMillis = performance.now();
  const result = await stage.run(cores).catch((error: Error) => failedCheck(String(error.stack)));
  const seconds = ((performance.now() - startMillis) / 1000).toFixed(1);
  const counts = [
    `${result.passed} passed`,
    ...(result.failed > 0 ? [`${result.failed} failed`] : []),
    ...(result.skipped.length > 0 ? [`${result.skipped.length} skipped`] : []),
  ];
  const verdict = result.failed === 0 ? 'ok    ' : 'FAILED';
  console.log(`${verdict}  ${stage.name.padEnd(11)}${seconds.padStart(6)} s  ${counts.join(', ')}`);
  for (const remark of result.remarks ?? []) console.log(`        ${remark}`);
  if (result.details !== '') console.log(`${result.details}\n`);
  return result;
}

/** The stages that `--only` names, or all. Throws InputError for an unknown name. */
function chooseStages(
  stages: Stage[],
  lists: readonly string[],
): { all: boolean; stages: Stage[] } {
  const names = stages.map((stage) => stage.name);
  const wanted = lists.flatMap((list) => list.split(','));
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new InputError(`there is no stage "${unknown}"; the names: ${names.join(' ')}`);
  }
  if (wanted.length === 0) return { all: true, stages };
  return { all: false, stages: stages.filter((stage) => wanted.includes(stage.name)) };
}

async function test({ only }: { only: readonly string[] }): Promise<void> {
  const { all, stages } = chooseStages(STAGES, only);
  endChildrenWithUs();
  // Types and unit tests of src/ need these, too, not only the build.
  generateFormats();
  await transpileForTests();
  forgetCounts();
  let built = true;
  const needsBuild = all || stages.some((stage) => stage.needsBuild);
  // Before the build, which makes this machine's bridge only if there is a compiler.
  if (stages.some((stage) => !stage.singleCore)) await ensureTestMachine();
  else if (needsBuild) await ensureMachine();
  const runAfterBuild = async (stage: Stage, cores: number): Promise<StageResult> => {
    const isUseless = stage.needsBuild && !built;
    const notRun = () => Promise.resolve(failedCheck('  not run: the build failed'));
    const result = await runStage(isUseless ? { ...stage, run: notRun } : stage, cores);
    if (stage === BUILD) built = result.failed === 0;
    return result;
  };
  const results = await runInLanes(stages, runAfterBuild, needsBuild ? BUILD : undefined);

  const coverage = coverageLines();
  if (coverage.length > 0) {
    const counted = stages.map(({ name }) => name).filter((name) => COUNTED_STAGES.includes(name));
    console.log(`\nLines run in ${counted.join(', ')} (build/test/not-run.txt lists the others):`);
    coverage.forEach((line) => console.log(`  ${line}`));
  }

  const total = addResults(results);
  if (total.skipped.length > 0) {
    console.log(`\nSKIPPED, so not proven by this run (${total.skipped.length}):`);
    total.skipped.forEach((line) => console.log(`  ${line}`));
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

const STAGES = listStages();
const program = shortCommandLine(
  'npm test',
  'npm test [-- --only NAME[,NAME]]',
  'Builds, and runs every check, one line per stage.',
)
  .option(
    '--only <NAME>',
    `some stages alone: ${STAGES.map(({ name }) => name).join(' ')}`,
    (list: string, before: readonly string[]) => [...before, list],
    [],
  )
  .action(test);

await run(program, 'npm test');
