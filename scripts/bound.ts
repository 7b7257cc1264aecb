// SPDX-License-Identifier: MIT
/**
 * `npm run bound`: the longest path of a step of each task, from the linked image (docs/proof.md).
 *
 *   npm run bound                  a table: bound, declared, largest seen, ratio
 *   npm run bound -- --path TASK   the calls and loops of the longest path of one task
 *
 * Exit status: 0 done, 1 a bound is above what is declared or known, 2 bad option or nothing built.
 */
import { describePath } from '../lab/bound/bound.ts';
import { judge, tableOf } from '../lab/bound/judge.ts';
import { observe } from '../lab/bound/observe.ts';
import { TASKS } from '../lab/bound/tasks.ts';
import { InputError } from '../cell-config/files.ts';
import { readTaskBounds } from './bench/bounds.ts';
import { openBounds } from './bound/inputs.ts';
import { run, shortCommandLine } from './command-line.ts';

/** Parts of a path below this are left out of its description. */
const SHOWN_NANOS = 400;
const SPI_HERTZ = 10_000_000;

async function bound(options: { path?: string }): Promise<void> {
  const bounds = await openBounds();
  const { rows, nanosOf } = await readTaskBounds();
  if (options.path !== undefined) {
    const task = TASKS.find(({ name }) => name === options.path);
    if (task === undefined)
      throw new InputError(
        `no task is called "${options.path}"; there are ${TASKS.map(({ name }) => name).join(', ')}`,
      );
    console.log(describePath(bounds, bounds.of(task).path, SHOWN_NANOS).join('\n'));
    return;
  }
  const all = bounds.all();
  const seen = await observe(bounds);
  const verdicts = rows.map((row) => {
    const one = all.find(({ name }) => name === row.name);
    if (one === undefined) throw new Error(`lab/bound/tasks.ts has no task "${row.name}"`);
    const nanos = bounds.nanosOf(one, row.spiBytes);
    return judge({
      name: row.name,
      nanos,
      declaredNanos: nanosOf(row, SPI_HERTZ),
      seenNanos: seen.tasks.get(row.name),
    });
  });
  console.log(tableOf(verdicts).join('\n'));
  const faults = [...verdicts.flatMap(({ fault }) => fault ?? []), ...seen.faults];
  for (const place of bounds.undeclared)
    faults.push(`${place}: a loop without a bound (lab/bound/source-loops.ts)`);
  if (faults.length > 0) console.log(`\n${faults.join('\n')}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

const program = shortCommandLine(
  'npm run bound',
  'npm run bound [-- OPTIONS]',
  'The longest path of a step of each task, from the linked image (docs/proof.md).',
)
  .option('--path <TASK>', 'the calls and loops of the longest path of one task')
  .action(bound);

await run(program, 'npm run bound');
