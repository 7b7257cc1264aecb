// SPDX-License-Identifier: MIT
/**
 * The twin's MCP2515 and QEMU's answer alike: two readings of one data sheet (DS20001801J), written apart.
 *
 * `npm run soak -- chips` plays 50,000 scripts; here are 500.
 */
import assert from 'node:assert/strict';
import { compareChips } from '../../lab/qemu/chip-compare.ts';
import { findEmulator } from '../../scripts/qemu/cache.ts';
import { describe, it } from '../skippable.ts';

const SCRIPTS = 500;
const found = findEmulator();
const skip = 'missing' in found ? found.missing : false;

describe("QEMU's MCP2515 and the twin's", { skip }, () => {
  it(`agree in ${SCRIPTS} random scripts: every byte, INT, every frame`, async () => {
    const report = await compareChips('path' in found ? found.path : '', 1, SCRIPTS);
    assert.deepEqual(report.failures, []);
    assert.equal(report.scripts, SCRIPTS);
    // The scripts are worth something only if they bring frames about.
    assert.ok(report.frames > 5 * SCRIPTS, `only ${report.frames} frames`);
  });
});
