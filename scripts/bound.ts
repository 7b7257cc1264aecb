// SPDX-License-Identifier: MIT
/**
 * `npm run bound`: the longest path of a step of each task, from the linked image (docs/proof.md).
 *
 *   npm run bound                  a table: bound, declared, largest seen, ratio
 *   npm run bound -- --path TASK   the functions of the longest path of one task, beside those of the longest step seen
 *
 * Exit status: 0 done, 1 a bound is above what is declared or known, 2 bad option or nothing built.
 */
import { describePath } from '../lab/bound/bound.ts';
import { judge, tableOf } from '../lab/bound/judge.ts';
import { observe } from '../lab/bound/observe.ts';
import { InputError } from '../cell-config/files.ts';
import { nanosOf, taskRows } from './build/task-bounds.ts';
import { openBounds } from './bound/inputs.ts';
import { run, shortCommandLine } from './command-line.ts';

/** Functions that take less are left out of the description of a path. */
const SHOWN_NANOS = 100;
const SPI_HERTZ = 10_000_000;

async function bound(options: { path?: string }): Promise<void> {
  const bounds = await openBounds();
  const rows = taskRows();
  if (options.path !== undefined) {
    const row = rows.find(({ name }) => name === options.path);
    if (row === undefined)
      throw new InputError(
        `no task is called "${options.path}"; there are ${rows.map(({ name }) => name).join(', ')}`,
      );
    const [path] = await bounds.all([row]);
    const { longest } = await observe(bounds, [row.name]);
    console.log(describePath(bounds, path, longest.get(row.name), SHOWN_NANOS).join('\n'));
    return;
  }
  const all = await bounds.all(rows);
  const seen = await observe(
    bounds,
    rows.map(({ name }) => name),
  );
  const verdicts = rows.map((row, index) =>
    judge({
      name: row.name,
      nanos: all[index].nanos,
      declaredNanos: nanosOf(row, SPI_HERTZ),
      seenNanos: seen.longest.get(row.name)?.nanos,
    }),
  );
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
  .option('--path <TASK>', 'the functions of the longest path of one task')
  .action(bound);

await run(program, 'npm run bound');
