// SPDX-License-Identifier: MIT
/**
 * bitrate=auto: the cell finds the rate of the bus by listening, and the bus sees nothing of it before.
 *
 * A share of all pairs of rate and load is played here, all of them by `npm run soak -- rates`.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkSearch, LOADS, SOUGHT_RATES } from '../../lab/verify/rate-check.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { isSessionUp, shutDown } from '../../twin/board/cell-control.ts';
import { MILLISECOND } from './case.ts';

// DS20001801J, register 10-2.
const CANSTAT = 0x0e;
const CANSTAT_OPMOD = 0xe0;
const MODE_LISTEN_ONLY = 0x60;
const MODE_CONFIGURATION = 0x80;

SOUGHT_RATES.forEach((bitrate, index) => {
  const load = LOADS[index % LOADS.length];
  it(`${bitrate} bit/s is found on a bus with ${100 * load} % load`, async () => {
    assert.deepEqual(await checkSearch({ engine: 'wasm', bitrate, load, errors: false }), []);
  });
});

for (const bitrate of [20_000, 500_000]) {
  it(`${bitrate} bit/s is found though another node sends errors`, async () => {
    assert.deepEqual(await checkSearch({ engine: 'wasm', bitrate, load: 0.3, errors: true }), []);
  });
}

it('250 kbit/s is found by the ARM64 image', async () => {
  const options = { engine: 'image', bitrate: 250_000, load: 0.3, errors: false } as const;
  assert.deepEqual(await checkSearch(options), []);
});

it('of a node that is alone with it the cell acknowledges nothing before it has joined', async () => {
  const commandLine = 'bitrate=auto osc=auto';
  const rig = await openRig({ engine: 'wasm', bitrate: 250_000, commandLine, withoutAgl: true });
  rig.send({ identifier: 0x123 });
  rig.run(300 * MILLISECOND);
  // The sender becomes error passive; then its error flags do not spoil the frame for a listener.
  assert.match(rig.lines.at(-1) ?? '', /on the bus at 250000 bit\/s/);
  assert.ok(rig.wire.length > 100, 'the sender repeats it');
  assert.equal(rig.wire.at(-1)?.acknowledged, true);
  assert.ok(rig.wire.slice(0, -1).every(({ acknowledged }) => !acknowledged));
  assert.deepEqual(rig.sentBy('canwarden'), []);
  rig.close();
});

it('on a silent bus the cell goes on listening, with AGL, and is shut down when asked', async () => {
  const commandLine = 'bitrate=auto:500k,250k osc=auto';
  const rig = await openRig({ engine: 'wasm', bitrate: 125_000, commandLine });
  assert.ok(isSessionUp(rig.board));
  const modes = new Set<number>();
  for (let count = 0; count < 300; count++) {
    rig.run(MILLISECOND);
    modes.add(rig.register(CANSTAT) & CANSTAT_OPMOD);
  }
  assert.deepEqual(modes, new Set([MODE_CONFIGURATION, MODE_LISTEN_ONLY]));
  assert.match(rig.lines.join('\n'), /ready, listening for the bit rate \(status 13\)/);
  assert.equal(rig.wire.length, 0);
  assert.equal(shutDown(rig.board), 'approved');
  rig.close();
});
