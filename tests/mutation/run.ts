// SPDX-License-Identifier: MIT
/**
 * A process of a mutation run: `run.ts specs ORDER` plays all mutants against the unit specs, `run.ts cases ORDER`
 * those that live against the acceptance cases. Results are appended line by line.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { type Mutant, type Order, readResults } from '../../scripts/mutation/order.ts';
import { loadCases, replaceModules } from './cases.ts';
import { judge, type Killer } from './killer.ts';
import { loadSpec } from './specs.ts';

/** What all killers of one mutant may take, and one of them. */
const MUTANT_MILLIS = 6_000;
const CASE_MILLIS = 4_000;

const [phase, file] = process.argv.slice(2);
const order = JSON.parse(readFileSync(file, 'utf8')) as Order;
const { mutants } = JSON.parse(readFileSync(order.list, 'utf8')) as { mutants: Mutant[] };
const before = readResults(order);
const living = mutants.filter(
  ({ number, refused }) => refused === undefined && before.get(number)?.killedBy === undefined,
);

async function loadKillers(): Promise<Killer[]> {
  if (phase === 'specs') {
    const specs = order.modules.filter(({ spec }) => spec !== undefined);
    return specs.map(({ spec, output }) => loadSpec(spec!, output));
  }
  replaceModules(
    order.modules.flatMap(({ built, output }) =>
      built === undefined ? [] : [{ built, mutated: output }],
    ),
  );
  const killers: Killer[] = [];
  for (const name of order.cases) killers.push(...(await loadCases(name, CASE_MILLIS)));
  return killers;
}

const killers = await loadKillers();
const millis = killers.reduce((sum, killer) => sum + killer.millis, 0);
console.log(`${killers.length} killers, ${(millis / 1000).toFixed(1)} s without a mutant`);
for (const killer of killers.filter((one) => one.millis > 2000)) {
  console.log(`  ${killer.name}: ${killer.millis.toFixed(0)} ms`);
}
let killed = 0;
for await (const fate of judge(living, killers, MUTANT_MILLIS)) {
  const reachedBy = fate.reachedBy + (before.get(fate.number)?.reachedBy ?? 0);
  appendFileSync(order.results, `${JSON.stringify({ ...fate, reachedBy })}\n`);
  if (fate.killedBy !== undefined) killed += 1;
}
console.log(`${killed} of ${living.length} killed`);
// What a mutant left open must not keep the process.
process.exit(0);
