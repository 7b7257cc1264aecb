// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- fuzz`: coverage-guided fuzzing of what reads text or bytes of strangers (scripts/fuzz/targets.ts),
 * the targets one after the other. The corpus is kept from run to run.
 *
 * `--minutes N`: for all targets together. `--corpus FOLDER`: where it is, absent: build/fuzz/corpus.
 * Needs Debian's clang and libclang-rt-dev. The TypeScript targets need Jazzer.js, which is no package of this project:
 * it brings a hundred others, and its addon loads from glibc 2.38 on (Debian 13, Ubuntu 24.04). Where it does not load they
 * are named as not run.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { InputError } from '../../cell-config/files.ts';
import { PROJECT } from '../build/command.ts';
import { userPath } from '../command-line.ts';
import { buildC, buildJs, seedCorpus, type Target, TARGETS } from '../fuzz/targets.ts';
import { runCommand } from '../test/command.ts';
import type { SoakOptions, SoakRun } from './runs.ts';

const MINUTES = 10;
const FOLDER = 'build/fuzz';
const CORPUS = `${FOLDER}/corpus`;
const NO_JAZZER =
  'Jazzer.js does not load; npm install --no-save @jazzer.js/core@4.0.0, with glibc 2.38';
const JAZZER = 'node_modules/@jazzer.js/core/dist/cli.js';
/** One input that takes longer is a hang. */
const SECONDS_FOR_ONE = 10;
/** The compiler of a target, and what libFuzzer does beyond its time. */
const SPARE_SECONDS = 600;

export const fuzz: SoakRun = {
  name: 'fuzz',
  what: `${MINUTES} minutes of coverage-guided inputs, or --minutes N; --corpus FOLDER keeps what was found`,
  onlyByName: true,
  run: async (progress, { minutes = MINUTES, corpus }: SoakOptions) => {
    const { status } = await runCommand(['clang', '--version'], { timeoutSeconds: 60 });
    if (status !== 0) {
      throw new InputError('fuzzing needs clang. Next: apt-get install clang libclang-rt-dev');
    }
    const corpora = corpus === undefined ? `${PROJECT}${CORPUS}` : userPath(corpus);
    mkdirSync(`${PROJECT}${FOLDER}/found`, { recursive: true });
    const seconds = Math.max(1, Math.floor((60 * minutes) / TARGETS.length));
    const lines: string[] = [];
    let isRight = true;
    for (const [index, target] of TARGETS.entries()) {
      const { line, found } = await play(target, corpora, seconds);
      lines.push(line, ...found);
      if (found.length > 0) isRight = false;
      progress(index + 1, TARGETS.length);
    }
    return { lines, isRight };
  },
};

async function loadsJazzer(): Promise<boolean> {
  const words = ['-e', "require('@jazzer.js/fuzzer')"];
  return (await runCommand([process.execPath, ...words], { timeoutSeconds: 60 })).status === 0;
}

/** Plays one target. `found`: what has failed, and with what it fails again. */
async function play(
  target: Target,
  corpora: string,
  seconds: number,
): Promise<{ line: string; found: readonly string[] }> {
  const { name, what, kind, bytesMaximum } = target;
  const title = `${name} (${what})`;
  if (kind === 'typescript' && !(await loadsJazzer())) {
    return { line: `${title}: not run, ${NO_JAZZER}`, found: [] };
  }
  const corpus = seedCorpus(target, corpora);
  const artifacts = `${PROJECT}${FOLDER}/found/${name}-`;
  const options = [
    ...[`-max_total_time=${seconds}`, `-timeout=${SECONDS_FOR_ONE}`, `-max_len=${bytesMaximum}`],
    ...[`-artifact_prefix=${artifacts}`, '-print_final_stats=1', '-use_value_profile=1'],
  ];
  const words =
    kind === 'c'
      ? [`${PROJECT}${await buildC(target, FOLDER, 'fuzzer')}`, corpus, ...options]
      : [
          ...[process.execPath, JAZZER, `${PROJECT}${await buildJs(target, FOLDER)}`, corpus],
          ...['--sync', '--includes', `${name}.cjs`, '--', ...options],
        ];
  const run = await runCommand(words, { timeoutSeconds: seconds + SPARE_SECONDS });
  const text = `${run.stdout}\n${run.stderr}`;
  const executed = /stat::number_of_executed_units:\s*(\d+)/.exec(text)?.[1] ?? '?';
  const coverage = [...text.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '?';
  const line = `${title}: ${executed} inputs, ${coverage} places reached, corpus of ${readdirSync(corpus).length}`;
  if (run.status === 0) return { line, found: [] };
  const tail = text.trim().split('\n').slice(-12);
  return { line, found: [`  it failed; the input is ${FOLDER}/found/${name}-*`, ...tail] };
}
