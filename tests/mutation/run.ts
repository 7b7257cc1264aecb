// SPDX-License-Identifier: MIT
/**
 * A process of a mutation run: `run.ts specs ORDER` or `run.ts cases ORDER`. It answers what it is asked by messages
 * (scripts/mutation/order.ts), until it is ended.
 *
 * A file of tests is loaded when it is asked for.
 */
import { readFileSync } from 'node:fs';
import type { Answer, Asked, Order } from '../../scripts/mutation/order.ts';
import { loadCases, replaceModules } from './cases.ts';
import type { Killer } from './killer.ts';
import { loadSpec } from './specs.ts';

/** A case that takes more is no killer. */
const CASE_MILLIS = 4_000;

const [phase, file] = process.argv.slice(2);
const { modules } = JSON.parse(readFileSync(file, 'utf8')) as Order;
const killers = new Map<string, Killer>();
const loaded = new Set<string>();

if (phase === 'cases') {
  replaceModules(
    modules.flatMap(({ built, output }) =>
      built === undefined ? [] : [{ built, mutated: output }],
    ),
  );
}

async function load(name: string): Promise<void> {
  if (loaded.has(name)) return;
  loaded.add(name);
  const output = modules.find(({ spec }) => spec === name)?.output;
  const found = output === undefined ? await loadCases(name) : [loadSpec(name, output)];
  for (const killer of found) killers.set(killer.name, killer);
}

async function scout(name: string): Promise<Answer> {
  await load(name);
  const scouted = [];
  for (const killer of [...killers.values()].filter((one) => one.file === name)) {
    const { failure, millis, usual, reached } = await killer.scout();
    // A case that fails needs what this process does not have; as a killer it would kill everything.
    if (failure !== undefined && phase === 'specs') return { failure };
    if (failure !== undefined || reached.size === 0 || millis > CASE_MILLIS) continue;
    scouted.push({ killer: killer.name, millis, usual, reached: [...reached] });
  }
  return { scouted };
}

async function answer(asked: Asked): Promise<Answer> {
  if ('scout' in asked) return scout(asked.scout);
  const { mutant, killer, usual } = asked;
  await load(killer.replace(/(\.(spec|test)\.ts): .*$/, '$1'));
  return { failed: await killers.get(killer)?.kill(mutant, usual) };
}

process.on('message', (asked: Asked) => {
  void answer(asked).then((given) => process.send?.(given));
});
