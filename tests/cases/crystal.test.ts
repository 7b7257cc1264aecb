// SPDX-License-Identifier: MIT
/**
 * osc=auto: the cell finds the crystal by frames to itself, and the bus sees nothing of it.
 *
 * The chip of the twin runs from its own crystal; the cell is told `auto`. A share of all pairs of crystal and
 * bit rate is played here, all of them by `npm run soak -- crystals`.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkCrystal, CRYSTALS, RATES } from '../../lab/verify/crystal-check.ts';
import { bringUp, makeRig } from '../../lab/rig/open-rig.ts';
import { onBoth } from './case.ts';

const CELL_FAILED = 3;
const CELL_RUNNING = 0;

const OFF = [0.99, 1, 1.01];

CRYSTALS.forEach((crystal, row) => {
  it(`${crystal / 1e6} MHz is found, exact or 1 % off, at any bit rate`, async () => {
    // Another rate for each crystal and deviation: the measurement does not depend on it.
    for (const [column, factor] of OFF.entries()) {
      const rate = RATES[(3 * row + 5 * column) % RATES.length];
      assert.deepEqual(await checkCrystal('wasm', crystal, crystal * factor, rate), []);
    }
  });
});

it('12 MHz is found by the ARM64 image', async () => {
  assert.deepEqual(await checkCrystal('image', 12_000_000, 12_060_000, 125_000), []);
});

onBoth('a crystal that is none of the usual ones ends the start, and is named', async (engine) => {
  const oscillatorHertz = 9_000_000;
  const rig = await makeRig({ engine, oscillatorHertz, commandLine: 'osc=auto', withoutAgl: true });
  bringUp(rig.board);
  assert.equal(rig.board.communication.cellState, CELL_FAILED);
  const [, measured] =
    /the crystal measures (\d+) Hz.*\(status 15\)$/.exec(rig.lines.at(-1) ?? '') ?? [];
  assert.ok(Math.abs(Number(measured) / oscillatorHertz - 1) < 0.001, rig.lines.at(-1));
  rig.close();
});

onBoth('a given osc that is not the crystal is kept, and named at the start', async (engine) => {
  const commandLine = 'bitrate=500000 osc=16000000';
  const rig = await makeRig({ engine, oscillatorHertz: 8_000_000, commandLine, withoutAgl: true });
  bringUp(rig.board);
  assert.equal(rig.board.communication.cellState, CELL_RUNNING);
  const text = rig.lines.join('\n');
  const [, measured] = /the crystal measures about (\d+) Hz.*\(status 16\)$/m.exec(text) ?? [];
  assert.ok(Math.abs(Number(measured) / 8_000_000 - 1) < 0.01, text);
  assert.match(text, /crystal 16000000 Hz, SPI/);
  rig.close();
});
