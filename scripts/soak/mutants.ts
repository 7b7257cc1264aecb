// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- mutants`: changes of one place each in the firmware's source, drawn by a fixed seed, against the
 * unit specs and then the acceptance cases. `npm run soak -- planted`: faults by hand (scripts/mutation/planted.ts).
 * tests/mutation/sample.test.ts plays a small sample.
 *
 * `--resume` goes on with what build/mutation has found, as far as its tests are the same; `--jobs N` are as many
 * processes; `--only driver` plays the mutants of src/driver against tests/unit/driver alone, with `--tests cell`
 * against tests/unit/cell.
 *
 * What lives must stand in docs/mutation.md, with a reason. How it is done: docs/decisions/0039-mutants-in-one-module.md.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { InputError } from '../../cell-config/files.ts';
import { imageModule, type Order, specModule } from '../mutation/order.ts';
import { playMutants } from '../mutation/play.ts';
import { PLANTED } from '../mutation/planted.ts';
import { playSample, SAMPLE } from '../mutation/sample.ts';
import { PROJECT } from '../build/command.ts';
import { endChildrenWithUs } from '../test/command.ts';
import { findTestFiles } from '../test/stages.ts';
import type { SoakOutcome, SoakRun } from './runs.ts';

/** Some do not compile. */
const COUNT = 1_010;
const SEED = 1;
const KILLED_LEAST = 0.9;
const REPORT = 'docs/mutation.md';

export const mutants: SoakRun = {
  name: 'mutants',
  what: `${COUNT} changes of the source, one at a time: the tests must notice ${100 * KILLED_LEAST} %`,
  run: async (progress, { resume, jobs, only, tests = only }) => {
    if (only !== undefined) requireFolder('--only', 'src', only);
    if (tests !== undefined) requireFolder('--tests', 'tests/unit', tests);
    endChildrenWithUs();
    const tell = (line: string): void => void process.stderr.write(`  ${line}\n`);
    const { mutants, killers } = await playMutants(draw(tests), {
      ...{ progress, resume, jobs, tell, only: only && `src/${only}/` },
      someTests: tests !== undefined,
    });
    const compiled = mutants.filter(({ refused }) => refused === undefined);
    const living = compiled.filter(({ name }) => !killers.has(name));
    const known = new Set(knownSurvivors());
    const fresh = living.filter(({ name }) => !known.has(name));
    const share = 1 - living.length / compiled.length;
    return {
      lines: [
        `${compiled.length} mutants of seed ${SEED}, ${mutants.length - compiled.length} more do not compile`,
        `killed ${compiled.length - living.length}: ${(100 * share).toFixed(1)} %`,
        ...fresh.map(({ name, line }) => `lives, and is not in ${REPORT}: ${name} (line ${line})`),
      ],
      isRight: share >= KILLED_LEAST && fresh.length === 0,
    };
  },
};

export const planted: SoakRun = {
  name: 'planted',
  what: `${PLANTED.length} faults by hand, and ${SAMPLE.length} mutants: a unit spec must notice each`,
  run: async (): Promise<SoakOutcome> => {
    const { mutants, killers } = await playSample('build/planted');
    const lines = mutants.map(({ name }) => `${name}: ${killers.get(name) ?? 'NOT NOTICED'}`);
    return { lines, isRight: mutants.every(({ name }) => killers.has(name)) };
  },
};

/** The draw, against all that there is, or the unit specs of one folder. */
function draw(tests?: string): Order {
  const folder = 'build/mutation';
  const all = { folder, seed: SEED, count: COUNT, planted: [] };
  const specs = findSpecs(tests).map((spec) => specModule(folder, spec));
  if (tests !== undefined) return { ...all, modules: specs, cases: [] };
  return {
    ...all,
    modules: [imageModule(folder, 'cell'), imageModule(folder, 'bridge'), ...specs],
    cases: findTestFiles('tests/cases'),
  };
}

/** A word that is no folder would play nothing. */
function requireFolder(option: string, parent: string, name: string): void {
  const folders = readdirSync(`${PROJECT}${parent}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  if (folders.includes(name)) return;
  throw new InputError(
    `${option}: ${parent}/ has no folder "${name}"; there are ${folders.join(', ')}`,
  );
}

function findSpecs(folder = ''): string[] {
  return readdirSync(`${PROJECT}tests/unit`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.startsWith(folder && `${folder}/`) && name.endsWith('.spec.ts'))
    .map((name) => `tests/unit/${name}`)
    .sort();
}

/** The mutants that may live: those between backticks at the begin of a line of the report's lists. */
function knownSurvivors(): string[] {
  const text = readFileSync(`${PROJECT}${REPORT}`, 'utf8');
  return [...text.matchAll(/^- `(.+?)`/gm)].map(([, name]) => name);
}
