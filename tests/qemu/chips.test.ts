// SPDX-License-Identifier: MIT
/**
 * The twin's MCP2515 and QEMU's answer alike: two readings of one data sheet (DS20001801J), written apart.
 *
 * `npm run soak -- chips` plays 50,000 scripts; here are 500.
 */
import assert from 'node:assert/strict';
import { compareChips } from '../../lab/qemu/chip-compare.ts';
import { randomChipScript } from '../../lab/qemu/chip-random.ts';
import { findEmulator } from '../../scripts/qemu/cache.ts';
import { describe, it } from '../skippable.ts';

const SCRIPTS = 500;
const found = findEmulator();
const skip = 'missing' in found ? found.missing : false;

describe('a random script', () => {
  // Each had a step there once, and the two models took the frame differently: the sheet leaves it open.
  for (const seed of [10_954, 12_540, 12_969, 35_557, 36_717, 36_823]) {
    it(`has no step in the ACK slot of a frame: seed ${seed}`, () => {
      const { steps, frames } = randomChipScript(seed);
      // ISO 11898-1: ACK delimiter and 7 bits of EOF follow the slot; a bit is 2 us.
      const slots = frames.map(({ nanos }) => nanos - 9 * 2_000);
      const wrong = steps.filter(({ nanos }) =>
        slots.some((slot) => nanos >= slot && nanos < slot + 2_000),
      );
      assert.deepEqual(wrong, []);
    });
  }
});

describe("QEMU's MCP2515 and the twin's", { skip }, () => {
  it(`agree in ${SCRIPTS} random scripts: every byte, INT, every frame`, async () => {
    const report = await compareChips('path' in found ? found.path : '', 1, SCRIPTS);
    assert.deepEqual(report.failures, []);
    assert.equal(report.scripts, SCRIPTS);
    // The scripts are worth something only if they bring frames about.
    assert.ok(report.frames > 5 * SCRIPTS, `only ${report.frames} frames`);
  });
});
