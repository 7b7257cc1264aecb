// SPDX-License-Identifier: MIT
/**
 * Set-up as the first step of another command. Silent if nothing is missing.
 */
import { GuestUnavailable, prepareGuest } from '../linux-guest/packages.ts';
import { thisMachine } from './machine.ts';
import { REQUIREMENTS, TEST_TOOLS } from './requirements.ts';
import { findMissing, runSetup } from './setup.ts';

const EVERYTHING = [...REQUIREMENTS, ...TEST_TOOLS];

/** Installs what is missing to build and run, or ends the process with status 2 and the command to type. */
export async function ensureMachine(): Promise<void> {
  const options = { checkOnly: false, everything: EVERYTHING };
  const status = await runSetup(REQUIREMENTS, thisMachine, options);
  if (status !== 0) process.exit(status);
}

/**
 * Also installs what tests need, in one go. If only tests lack something it continues, and those tests are
 * skipped by name. Otherwise it ends the process with status 2.
 */
export async function ensureTestMachine(): Promise<void> {
  const options = { checkOnly: false, everything: EVERYTHING };
  const status = await runSetup(EVERYTHING, thisMachine, options);
  const without = 'going on without it; the tests that need it are skipped by name.';
  if (status !== 0) {
    if (findMissing(REQUIREMENTS, thisMachine).length > 0) process.exit(status);
    thisMachine.say(`Setup: ${without}`);
  }
  try {
    prepareGuest((line) => thisMachine.say(line));
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    thisMachine.say(`Setup: no Linux guest: ${error.message}`);
    thisMachine.say(`Setup: ${without}`);
  }
}
