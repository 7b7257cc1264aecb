// SPDX-License-Identifier: MIT
/**
 * The shipped image on QEMU's Raspberry Pi 4, at EL1 behind the stub: the first second of the demo, frame by frame
 * as on the twin.
 *
 * `npm run qemu -- boot --stub` plays all of it twice.
 */
import assert from 'node:assert/strict';
import { findEmulator } from '../../scripts/qemu/cache.ts';
import { runStub } from '../../scripts/qemu/stub.ts';
import { describe, it } from '../skippable.ts';

const found = findEmulator();
const skip = 'missing' in found ? found.missing : false;

describe('the image on QEMU, behind the stub', { skip }, () => {
  it('answers and forwards the frames that it does on the twin', async () => {
    const lines: string[] = [];
    const result = await runStub({
      emulator: 'path' in found ? found.path : '',
      rulesFile: 'rules.yaml',
      busFile: 'lab/demo/demo.log',
      seconds: 1,
      rounds: 1,
      say: (line) => void lines.push(line),
      showConsole: true,
    });
    assert.deepEqual(result.differences, [], lines.join('\n'));
    assert.ok(result.requests > 30, `only ${result.requests} requests`);
    assert.equal(result.answers, result.requests);
    assert.ok(result.forwarded > 1000, `only ${result.forwarded} frames forwarded`);
  });
});
