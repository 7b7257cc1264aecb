// SPDX-License-Identifier: MIT
/**
 * Status 51, "nobody acknowledges what the cell sends", is about now: not about a TEC that is still high
 * while every frame goes through. And the error counters of the status page are those of the chip.
 */
import assert from 'node:assert/strict';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MILLISECOND, onWasm, withRig } from './case.ts';
import { ALTERNATING, failNextSends } from './disturbance.ts';

// DS20001801J, registers 6-1 and 6-2.
const TEC = 0x1c;

onWasm('answers that are acknowledged while TEC is 128 and more are not called unheard', (engine) =>
  withRig({ engine }, (rig) => {
    // 18 failed attempts: 144; each good frame takes one off (ISO 11898-1, fault confinement).
    failNextSends(rig, 18);
    rig.sendFromAgl(ALTERNATING);
    rig.run(30 * MILLISECOND);
    for (let index = 0; index < 10; index++) {
      rig.sendFromAgl({ identifier: 0x200 + index });
      rig.run(40 * MILLISECOND);
    }
    assert.equal(rig.register(TEC), 144 - 11);
    assert.equal(rig.sentBy('canwarden').length, 11);
    const page = settledStatusPage(rig.board);
    assert.equal(page?.said.has(51), false, 'nobody acknowledges');
    assert.notEqual(page?.lastStatus, 51);
    assert.equal(page?.transmitErrors, 144 - 11, 'TEC is that of the chip');
  }),
);
