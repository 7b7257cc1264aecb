// SPDX-License-Identifier: MIT
/**
 * The stages of `npm test`: the command of each stage, and how its outcome is read. A new folder
 * under tests/ becomes a stage by itself.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readAspectResult } from './aspect.ts';
import { runCommand } from './command.ts';
import { countingEnvironment } from './coverage.ts';
import { readNodeResult } from './node-report.ts';
import { failedCheck, PASSED_CHECK } from './result.ts';
import type { StageResult } from './result.ts';
import { TYPESCRIPT } from './typescript/words.ts';

export interface Stage {
  /** The name that `--only` takes. */
  readonly name: string;
  /** Whether the stage loads files of build/. Such a stage is meaningless after a failed build. */
  readonly needsBuild: boolean;
  /** Whether the stage uses one core however many it is given. */
  readonly singleCore: boolean;
  /** Whether the stage spends most of its time waiting, so that a core has room for another one. */
  readonly waits: boolean;
  /** Runs the stage with as many processes at a time. */
  run(cores: number): Promise<StageResult>;
}

/**
 * Time limits of a stage, and of one file of node:test. A file that hangs is ended alone and
 * reported by the name of its test; the other files count. The stage's limit is for a runner that
 * hangs. Both limits far exceed the usual times on two busy cores.
 */
export interface Limits {
  readonly stageSeconds: number;
  readonly fileSeconds: number;
}

const LIMITS: Limits = { stageSeconds: 5400, fileSeconds: 1800 };
const REPORT_FOLDER = 'build/test';
const TOOLS = 'node_modules/.bin';
/**
 * Folders that must exist and hold tests, in running order. The longest are first: what begins last
 * runs beside nothing. Further folders join them when they appear.
 */
const NODE_TEST_FOLDERS = [
  'linux',
  'bench',
  'contract',
  'cases',
  'system',
  'agl',
  'scripts',
  'twin',
];
/** Folders of tests/ that node:test does not run: the as-pect tests, and data. */
const OTHER_FOLDERS = ['unit', 'data'];
const NEED_BUILD = ['system', 'image', 'agl', 'bench', 'cases', 'linux', 'qemu', 'web'];

/** Stages whose tests wait: for the clock of a guest or of the bridge, or for a browser. */
const WAIT = ['linux', 'web'];

/** A check by one command. It passes if the command exits with 0. */
async function runCheck(command: readonly string[]): Promise<StageResult> {
  const run = await runCommand(command, { timeoutSeconds: LIMITS.stageSeconds });
  if (run.status === 0) return PASSED_CHECK;
  return failedCheck(`${run.stdout}\n${run.stderr}\n${run.problem}`.trim());
}

function check(name: string, command: readonly string[]): Stage {
  return { name, needsBuild: false, singleCore: true, waits: false, run: () => runCheck(command) };
}

/** All test files below a folder, sorted. */
export function findTestFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort();
}

/**
 * Runs test files with node:test, `cores` at a time. It takes files, because Node 20 does not expand
 * globs.
 */
export async function runNodeTests(
  name: string,
  files: readonly string[],
  { cores = 2, limits = LIMITS }: { cores?: number; limits?: Limits } = {},
): Promise<StageResult> {
  if (files.length === 0) return failedCheck(`  tests/${name} holds no *.test.ts file`);
  mkdirSync(REPORT_FOLDER, { recursive: true });
  const reportFile = join(REPORT_FOLDER, `${name}.jsonl`);
  rmSync(reportFile, { force: true });
  const reporter = new URL('./node-reporter.js', import.meta.url).href;
  const run = await runCommand(
    [
      process.execPath,
      ...[...TYPESCRIPT, '--test', `--test-concurrency=${cores}`],
      `--test-timeout=${limits.fileSeconds * 1000}`,
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${reportFile}`,
      ...files,
    ],
    { timeoutSeconds: limits.stageSeconds, environment: countingEnvironment(name) },
  );
  return readNodeResult(run, existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : '');
}

function nodeTests(name: string): Stage {
  return {
    name,
    needsBuild: NEED_BUILD.includes(name),
    singleCore: false,
    waits: WAIT.includes(name),
    run: (cores) => runNodeTests(name, findTestFiles(join('tests', name)), { cores }),
  };
}

const UNIT_TESTS: Stage = {
  name: 'unit',
  needsBuild: false,
  singleCore: true,
  waits: false,
  async run() {
    const command = [join(TOOLS, 'asp'), '--summary', '--no-logo'];
    return readAspectResult(await runCommand(command, { timeoutSeconds: LIMITS.stageSeconds }));
  },
};

/** The build. The stages with `needsBuild` depend on it. */
export const BUILD: Stage = {
  name: 'build',
  needsBuild: false,
  singleCore: false,
  waits: false,
  run: () => runCheck([process.execPath, ...TYPESCRIPT, 'scripts/build.ts', '--checked-bridge']),
};

/** Every stage after the build, in running order. */
export function listStages(): Stage[] {
  const found = readdirSync('tests', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !OTHER_FOLDERS.includes(entry.name))
    .map((entry) => entry.name);
  const folders = new Set([...NODE_TEST_FOLDERS, ...found]);
  return [
    check('format', [join(TOOLS, 'prettier'), '--check', '--log-level=warn', '.']),
    check('lint', [join(TOOLS, 'eslint'), '--max-warnings=0', '.']),
    check('types-host', [join(TOOLS, 'tsc'), '--project', '.']),
    check('types-src', [join(TOOLS, 'tsc'), '--project', 'src']),
    UNIT_TESTS,
    ...[...folders].map(nodeTests),
  ];
}
