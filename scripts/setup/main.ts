/**
 * `npm run setup`: installs what the project and its tests need beside Node; `-- --check` only reports it.
 *
 * Exit status: 0 everything is there, 2 something is missing (or an unknown option).
 */
import { parseArgs } from 'node:util';
import { helpIfAsked } from '../help.ts';
import { thisMachine } from './machine.ts';
import { REQUIREMENTS, TEST_TOOLS } from './requirements.ts';
import { runSetup } from './setup.ts';

function readOptions(): { checkOnly: boolean } {
  try {
    const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
    return { checkOnly: values.check };
  } catch (error) {
    console.error(`setup: ${(error as Error).message}. The only option is --check.`);
    process.exit(2);
  }
}

helpIfAsked(
  'Usage: npm run setup [-- --check]',
  'Installs what the project needs beside Node, for the tests too.',
  '  --check   only say what is missing',
);
const options = readOptions();
const everything = [...REQUIREMENTS, ...TEST_TOOLS];
const status = await runSetup(everything, thisMachine, { ...options, everything });
if (status === 0) {
  console.log(`Setup: ready (${everything.map((one) => one.title).join(', ')}).`);
}
process.exitCode = status;
