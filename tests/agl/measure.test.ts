// SPDX-License-Identifier: MIT
/** `canwarden measure`: what it prints, the file that it writes, and that everything is as before afterwards. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parseModel } from '../../lab/model/model-file.ts';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { describe, it } from '../skippable.ts';
import { FakeBoard, NEEDS_BUSYBOX } from './fake-board.ts';

const LINES = [
  ...['nanosPerInstruction 1100', 'nanosPerInstructionLeast 1000', 'deviceReadNanos 120400'],
  ...['deviceWriteNanos 40000', 'counterReadNanos 20000', 'spiByte 900000'],
].map((line) => `canwarden: measure ${line}\r\n`);

function boardThatMeasures(end = 'canwarden: measured\r\n'): FakeBoard {
  return new FakeBoard().write('fake/test-console', LINES.join('') + end);
}

describe('canwarden measure', NEEDS_BUSYBOX, () => {
  it('prints model and measured, and writes a model that the twin takes', () => {
    const board = boardThatMeasures();
    const file = join(board.root, 'board-model.json');
    const { status, stdout, stderr } = board.run('measure', file);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^deviceReadNanos +100 +120\.40 {2}slower than the model$/m);
    assert.match(stdout, /^deviceWriteNanos +40 +40\.00$/m);
    assert.match(stdout, /^spiByte +- +900\.00$/m);
    const model = parseModel(board.read('board-model.json'), 'board-model.json');
    const expected = { nanosPerInstruction: 1.1, deviceReadNanos: 120, counterReadNanos: 20 };
    assert.deepEqual(model, { ...RASPBERRY_PI_4_TIMING, ...expected });
    const load = board.commands.find((line) => line.includes('[load]')) ?? '';
    assert.match(load, /canwarden-selftest\.bin.*\[measure bitrate=500000 osc=auto\]/);
    assert.match(board.commands.at(-1) ?? '', /\[destroy\]/);
  });

  it('refuses while the cell runs, and says when it does not end', () => {
    const running = boardThatMeasures().bringUp();
    assert.equal(running.run('measure').status, 1);
    assert.deepEqual(running.commands, []);
    const { status, stderr } = boardThatMeasures('').run('measure');
    assert.equal(status, 1);
    assert.match(stderr, /the measurement did not end within 20 s/);
    assert.equal(new FakeBoard().run('measure', '--fast').status, 2);
  });
});
