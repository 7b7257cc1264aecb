// SPDX-License-Identifier: MIT
/**
 * `npm run bench`: measures the built firmware on the emulated board.
 *
 *   npm run bench                  everything, some minutes
 *   npm run bench -- --quick       the reduced set of `npm test`
 *   npm run bench -- --check       says for each goal whether it is met
 *   npm run bench -- --model FILE  on a board with other constants (lab/model, canwarden measure)
 *   npm run bench -- --firmware D  built files in folder D instead of build/
 *   npm run bench -- --report F    a page with all of it
 *
 * Output: a table, build/bench/bench.json (docs/bench.md), build/bench/latency.svg.
 * Exit status: 0 done (with --check: every goal met), 1 a goal missed, 2 bad option or nothing built.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted } from '../cell-config/plural.ts';
import { loadMeasured } from '../lab/measure/bench.ts';
import {
  HISTOGRAM_BITRATE,
  HISTOGRAM_SPI_HERTZ,
  measureLatencies,
  measureLongRun,
  measureRest,
  measureTraffic,
} from '../lab/measure/figures.ts';
import { checkGoals } from '../lab/measure/check-goals.ts';
import { goalsOf } from '../lab/measure/goals.ts';
import { measureWithConsole } from '../lab/measure/console-rows.ts';
import { histogramSvg } from '../lab/measure/histogram.ts';
import { measureRotation } from '../lab/measure/rotation.ts';
import { FULL_SCOPE, QUICK_SCOPE } from '../lab/measure/scope.ts';
import { readModel } from '../lab/model/model-file.ts';
import { measureSlowBoard } from '../lab/measure/slow-board.ts';
import { measureSlowClock } from '../lab/measure/slow-clock.ts';
import { measureStepBound } from '../lab/measure/step-bound.ts';
import { goalLines, tableOf } from '../lab/measure/table.ts';
import { declaredStepBound } from './build/task-bounds.ts';
import { measureReference } from './bench/reference.ts';
import { benchReport } from '../lab/report/bench-report.ts';
import { RASPBERRY_PI_4_TIMING } from '../twin/machine/timing-model.ts';
import { PROJECT } from './build/command.ts';
import { fileSizes } from './build/sizes.ts';
import { run, shortCommandLine, userPath } from './command-line.ts';

interface Options {
  readonly quick: boolean;
  readonly check: boolean;
  readonly firmware: string;
  readonly report?: string;
  readonly model?: string;
}

async function bench(options: Options): Promise<void> {
  const scope = options.quick ? QUICK_SCOPE : FULL_SCOPE;
  const { firmware: builtFolder } = options;
  const timing = options.model === undefined ? undefined : readModel(options.model);
  const firmware = { ...loadMeasured('image', { folder: builtFolder }), timing };
  const say = (what: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
  };
  // The compilers run as separate processes, on another core, for as long as the measurements.
  const reference = measureReference();
  reference.catch(() => {});
  const { figures, histograms } = await measureTraffic(firmware, scope, say);
  for (const item of scope.rotationCases) {
    say(`rotation.${item.table}.${item.load}`);
    Object.assign(figures, await measureRotation(firmware, item));
  }
  say('instructions, boot');
  await measureRest(firmware, figures);
  const sleeping = { ...loadMeasured('image', { folder: builtFolder, idle: 'wfi' }), timing };
  histograms.push(...(await measureLatencies(sleeping, scope.sleepingCases, figures, say)));
  const module = loadMeasured('wasm', { folder: builtFolder });
  await measureLongRun(module, scope.longRun, figures, say);
  say('reference');
  Object.assign(figures, await reference);
  say('step bound');
  const bound = declaredStepBound();
  Object.assign(figures, await measureStepBound(module, bound));
  Object.assign(figures, await measureStepBound(firmware, bound));
  const asleep = { firmware: sleeping, cases: scope.console.sleepingCases };
  Object.assign(figures, await measureWithConsole(firmware, scope.console, bound, asleep, say));
  say('slow clock');
  Object.assign(figures, await measureSlowClock(firmware, figures, bound, scope));
  say('pessimistic board');
  Object.assign(figures, await measureSlowBoard(firmware, bound, scope));
  say('');

  const folder = `${PROJECT}build/bench`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/bench.json`, `${JSON.stringify(figures, null, 2)}\n`);
  const title = `INT to RTS on the emulated board, ${HISTOGRAM_BITRATE} bit/s, SPI ${HISTOGRAM_SPI_HERTZ / 1e6} MHz`;
  writeFileSync(`${folder}/latency.svg`, histogramSvg(title, histograms));

  if (options.model !== undefined) {
    console.log(
      `board of ${options.model}; goals are those of the shipped model, computed bounds those of this one\n`,
    );
  }
  console.log(tableOf(figures, [...scope.latencyCases, ...scope.sleepingCases]).join('\n'));
  if (options.check) {
    const outcomes = checkGoals(figures, goalsOf(timing ?? RASPBERRY_PI_4_TIMING));
    console.log(`\n${goalLines(outcomes).join('\n')}`);
    const missed = outcomes.filter(({ isMet }) => !isMet).length;
    console.log(`\n${counted(outcomes.length - missed, 'goal')} met, ${missed} missed`);
    process.exitCode = missed === 0 ? 0 : 1;
  }
  const written = ['build/bench/bench.json', 'build/bench/latency.svg'];
  if (options.report !== undefined) {
    const outcomes = checkGoals(figures, goalsOf(timing ?? RASPBERRY_PI_4_TIMING));
    const measured = { figures, histograms, outcomes, sizes: fileSizes() };
    const text = benchReport({ ...measured, timing: timing ?? RASPBERRY_PI_4_TIMING });
    writeFileSync(options.report, text);
    written.push(options.report);
  }
  console.log(`\nwritten: ${written.join(', ')}`);
}

const program = shortCommandLine(
  'npm run bench',
  'npm run bench [-- OPTIONS]',
  'Measures the built firmware on the emulated board (docs/bench.md).',
)
  .option('--quick', 'the reduced set of npm test', false)
  .option('--check', 'say of each goal whether it is met; exit status 1 if one is missed', false)
  .option(
    '--firmware <FOLDER>',
    'built files of another folder than build/',
    (folder) => resolve(PROJECT, folder),
    `${PROJECT}build`,
  )
  .option('--report <FILE>', 'also write a page with figures, histograms and goals', userPath)
  .option('--model <FILE>', 'constants of the board, if not those of the shipped model', userPath)
  .action(bench);

await run(program, 'npm run bench');
