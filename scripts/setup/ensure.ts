/**
 * Set-up as the first step of another command.
 *
 * Used by: scripts/test.ts, scripts/demo.ts. Says nothing when the machine has everything.
 */
import { thisMachine } from './machine.ts';
import { REQUIREMENTS, TEST_TOOLS } from './requirements.ts';
import { runSetup } from './setup.ts';

/** Installs what is missing, or ends the process with status 2 after saying what to type. */
export function ensureMachine(): void {
  const status = runSetup(REQUIREMENTS, thisMachine, { checkOnly: false });
  if (status !== 0) process.exit(status);
}

/** Installs what only tests need; without it goes on, and those tests skip themselves by name. */
export function ensureTestTools(): void {
  if (runSetup(TEST_TOOLS, thisMachine, { checkOnly: false }) !== 0) {
    thisMachine.say('Setup: going on without them; the tests that need them are skipped.');
  }
}
