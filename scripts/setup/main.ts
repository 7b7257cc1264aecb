// SPDX-License-Identifier: MIT
/**
 * `npm run setup`: installs what the project and its tests need beside Node; `-- --check` only reports it.
 *
 * Exit status: 0 everything is there, 2 something is missing (or an unknown option).
 */
import { run, shortCommandLine } from '../command-line.ts';
import { thisMachine } from './machine.ts';
import { REQUIREMENTS, TEST_TOOLS } from './requirements.ts';
import { runSetup } from './setup.ts';

async function setup({ check = false }: { check?: boolean }): Promise<void> {
  const everything = [...REQUIREMENTS, ...TEST_TOOLS];
  const status = await runSetup(everything, thisMachine, { checkOnly: check, everything });
  if (status === 0) {
    console.log(`Setup: ready (${everything.map((one) => one.title).join(', ')}).`);
  }
  process.exitCode = status;
}

await run(
  shortCommandLine(
    'setup',
    'npm run setup [-- --check]',
    'Installs what the project needs beside Node, for the tests too.',
  )
    .option('--check', 'only say what is missing')
    .action(setup),
);
