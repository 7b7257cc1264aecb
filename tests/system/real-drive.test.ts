// SPDX-License-Identifier: MIT
/** A recording of a real car at 500 kbit/s: nothing lost, the chosen identifiers answered. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { parseLog } from '../../twin/logs/read.ts';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { framesOf, onBothEngines, play } from './play.ts';

/** Not part of the project (its licence is another); kept beside it where it may be used. */
const RECORDING = join(PROJECT_ROOT, '../shared/data/real-drive.log');
const skip = existsSync(RECORDING) ? false : `the recording ${RECORDING} is not on this machine`;
if (skip) process.stderr.write(`\n*** SKIPPED: tests/system/real-drive.test.ts: ${skip} ***\n\n`);

const RULES = `
version: 1
rules:
  - name: static
    match: { id: 0x166 }
    answer: { id: 0x6F0, data: [0x01, 0x66] }
  - name: computed
    match: { id: 0x18E, data: [~, ~, ~] }
    answer: { id: 0x6F1, length: 4, data: [0xAA], copy: [{ from: 0, to: 1, count: 3 }] }
    forward: true
`;

onBothEngines('the recording of a real drive', (engine) => {
  it('loses nothing, answers what is urgent and forwards the rest in order', { skip }, async () => {
    const bus = readFileSync(RECORDING, 'utf8');
    const result = await play(engine, { bus, rules: RULES });
    assert.deepEqual(result.problems, []);
    const { frames } = result.summary;
    const entries = parseLog(bus, RECORDING);
    const urgent = entries.filter(({ frame }) => [0x166, 0x18e].includes(frame.identifier));
    assert.ok(urgent.length > 0);
    assert.deepEqual(
      [frames.lost, frames.received, frames.answered, frames.onBus],
      [0, entries.length, urgent.length, entries.length + urgent.length],
    );
    const played = framesOf(result.busLog).filter((line) => line.startsWith('can0 '));
    const forwarded = played.filter((line) => !line.startsWith('can0 166#'));
    assert.deepEqual(
      framesOf(result.aglLog).map((line) => line.split(' ')[1]),
      forwarded.map((line) => line.split(' ')[1]),
    );
  });
});
