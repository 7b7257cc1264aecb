// SPDX-License-Identifier: MIT
/**
 * A bit rate that the crystal cannot make exactly: what it makes is said on the ready line and stands in
 * the status page, and above half a percent it is a warning.
 *
 * Rates: a quantum is 2 (BRP + 1) oscillator periods, 5 to 25 of them a bit (DS20001801J, 5.3): of 16 MHz,
 * 84 clocks of 8 MHz make 95238 bit/s, 11 make 727272.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LogNode } from '../../twin/bus/log-node.ts';
import { openRig } from '../../lab/rig/open-rig.ts';

/** docs/status-page.md. */
const HEAD_LAST_STATUS = 0x3c;
const HEAD_REAL_BITRATE = 0x94;
const HEAD_SAMPLE_POINT = 0xa0;
const BIT_RATE_INEXACT = 17;

for (const { bitrate, real, point, says, isDoubtful } of [
  { bitrate: 500_000, real: 500_000, point: 87.5, says: '', isDoubtful: false },
  {
    bitrate: 95_000,
    real: 95_238,
    point: 85.7,
    says: ' (the crystal makes 95238, 0.3 % off)',
    isDoubtful: false,
  },
  {
    bitrate: 700_000,
    real: 727_272,
    point: 72.7,
    says: ' (the crystal makes 727272, 3.9 % off: too much for a bus; status 17)',
    isDoubtful: true,
  },
]) {
  it(`${bitrate} bit/s of a crystal of 16 MHz are ${real}`, async () => {
    const rig = await openRig({ engine: 'wasm', bitrate, oscillatorHertz: 16_000_000 });
    const ready = rig.lines.find((line) => line.startsWith('canwarden: ready'));
    assert.ok(
      ready?.startsWith(
        `canwarden: ready, ${bitrate} bit/s${says}, sample point ${point} %, crystal 16000000 Hz`,
      ),
      ready,
    );
    const page = rig.board.control?.status;
    assert.equal(page?.readUInt32LE(HEAD_REAL_BITRATE), real);
    assert.equal(page?.readUInt32LE(HEAD_SAMPLE_POINT), Math.round(10 * point));
    assert.equal(page?.readUInt32LE(HEAD_LAST_STATUS) === BIT_RATE_INEXACT, isDoubtful);
    rig.close();
  });
}

const MILLISECOND = 1_000_000;

it('a rate that is too far off is named as a cause when there are only errors on the bus', async () => {
  const rig = await openRig({
    engine: 'wasm',
    bitrate: 700_000,
    oscillatorHertz: 16_000_000,
    settings: 'console=on',
  });
  const { clock, bus } = rig.board;
  new LogNode({ clock, bus, name: 'witness' });
  for (let index = 0; index < 800; index++) rig.send({ identifier: 0x100 }, index * MILLISECOND);
  rig.run(1500 * MILLISECOND);
  assert.equal(rig.agl.length, 0);
  assert.match(
    rig.lines.join('\n'),
    /only errors on the bus, no frame at 700000 bit\/s.* makes it only to within more than 0\.5 %.*status 50/,
  );
  rig.close();
});
