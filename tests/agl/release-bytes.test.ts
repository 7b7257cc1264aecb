// SPDX-License-Identifier: MIT
/**
 * Nothing of the machine that built them is in image, bridge and cells: no path, user, host or home. `npm run soak --
 * reproducible` builds twice and compares.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { it } from 'node:test';
import { PROJECT } from '../../scripts/build/command.ts';

/** What is built and shipped. */
const SHIPPED =
  /^(canwarden.*\.bin|.*\.cell|rules\.bin|bridge\.wasm|cell\.wasm|canwarden-bridge.*)$/;
/** Shorter ones are in any binary by chance. */
const LEAST = 5;

it('no path, user or host of this machine is in what is shipped', () => {
  const folder = `${PROJECT}build`;
  const words = [PROJECT, homedir(), hostname(), userInfo().username].filter(
    ({ length }) => length >= LEAST,
  );
  const names = readdirSync(folder).filter(
    (name) => SHIPPED.test(name) && !name.endsWith('-checked'),
  );
  assert.ok(
    names.includes('canwarden.bin') && names.includes('rpi4-canwarden.cell'),
    names.join(' '),
  );
  for (const name of names) {
    const bytes = readFileSync(`${folder}/${name}`);
    for (const word of words) assert.ok(!bytes.includes(word), `${name} has "${word}"`);
  }
});
