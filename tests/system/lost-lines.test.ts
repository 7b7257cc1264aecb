// SPDX-License-Identifier: MIT
/**
 * A cell start that drops what the caches held of the link: both ends find each other all the same.
 *
 * Jailhouse e57d1eff, arm-common/control.c: arch_cell_reset invalidates (DC IVAC) the caches over every
 * memory region of the cell but IO and the communication region, after the link's own reset. What
 * memory holds then is any earlier state: 0, or READY of a former life.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openRig } from '../../lab/rig/open-rig.ts';
import { loseSharedLines } from '../../twin/board/cell-control.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';

const SECOND = 1_000_000_000;
const ROLES = [
  { role: 'front-end', options: {} },
  { role: 'back-end', options: EXCHANGED_ROLES },
];
/** State table of root and cell: 0 is RESET, 1 READY. */
const LEFT = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

for (const { role, options } of ROLES) {
  describe(`a ${role} cell whose start drops the shared lines`, () => {
    for (const states of LEFT) {
      it(`has its session within two seconds where states ${states.join(' and ')} are left`, async () => {
        const rig = await openRig({ engine: 'wasm', ...options, statesAfterLoss: states });
        rig.run(2 * SECOND);
        rig.send({ identifier: 0x123, data: Uint8Array.of(1) });
        rig.sendFromAgl({ identifier: 0x321, data: Uint8Array.of(2) });
        rig.run(SECOND / 50);
        assert.deepEqual(
          rig.agl.map(({ frame }) => frame.identifier),
          [0x123],
        );
        assert.deepEqual(
          rig.sentBy('canwarden').map(({ identifier }) => identifier),
          [0x321],
        );
        rig.close();
      });
    }
  });
}

describe('a peer that slept through the loss in the middle of a session', () => {
  for (const { role, options } of ROLES) {
    it(`gets a new session from a ${role} cell`, async () => {
      const rig = await openRig({ engine: 'wasm', ...options });
      // The cell's entry comes back at once, as after a start; the peer's is lost.
      loseSharedLines(rig.board, [0, 1]);
      rig.run(3 * SECOND);
      rig.send({ identifier: 0x123, data: Uint8Array.of(1) });
      rig.run(SECOND / 50);
      assert.deepEqual(
        rig.agl.map(({ frame }) => frame.identifier),
        [0x123],
      );
      rig.close();
    });
  }
});
