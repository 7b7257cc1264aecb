// SPDX-License-Identifier: MIT
/** `canwarden measure`: what it prints, the file that it writes, and that everything is as before afterwards. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { measuredText, modelText, parseMeasured } from '../../lab/model/measure-text.ts';
import { parseModel } from '../../lab/model/model-file.ts';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { describe, it } from '../skippable.ts';
import { FakeBoard, NEEDS_BUSYBOX } from './fake-board.ts';

const LINES = [
  ...['nanosPerInstruction 1100', 'nanosPerInstructionLeast 1000', 'deviceReadNanos 120400'],
  ...['deviceWriteNanos 40000', 'counterReadNanos 20000', 'spiByte 900000', 'spiSelect 367000'],
].map((line) => `canwarden: measure ${line}\r\n`);
/** As idle=wfi measures, on a board whose clock, doorbell and round are worse than the rest. */
const SLEEPING = [
  ...['nanosPerInstruction 1000', 'nanosPerInstructionLeast 400', 'deviceReadNanos 100000'],
  ...['deviceWriteNanos 41000', 'counterReadNanos 19900', 'trappedAccessNanos 900100'],
  ...['doorbellNanos 950700', 'hypercallNanos 700000', 'roundNanos 1000000'],
  ...['interruptExitNanos 1400000', 'wakeUpNanos 200000', 'spiByte 899000'],
].map((line) => `canwarden: measure ${line}\r\n`);

const POLICY = 'sys/devices/system/cpu/cpufreq/policy0';

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
    assert.match(stdout, /^spiByte +900 +900\.00$/m);
    const model = parseModel(board.read('board-model.json'), 'board-model.json');
    const expected = { nanosPerInstruction: 1.1, deviceReadNanos: 120, counterReadNanos: 20 };
    assert.deepEqual(model, { ...RASPBERRY_PI_4_TIMING, ...expected });
    const load = board.commands.find((line) => line.includes('[load]')) ?? '';
    assert.match(load, /canwarden-selftest\.bin.*\[measure bitrate=500000 osc=auto\]/);
    assert.match(board.commands.at(-1) ?? '', /\[destroy\]/);
  });

  for (const [name, lines] of [
    ['polls', LINES],
    ['sleeps', SLEEPING],
  ] as const) {
    it(`says of a board that ${name} what the twin says, line by line and in the model`, () => {
      const console = [...lines, 'canwarden: measured\r\n'].join('');
      const board = new FakeBoard().write('fake/test-console', console);
      const { stdout } = board.run('measure', join(board.root, 'model.json'));
      const measured = parseMeasured(lines.map((line) => line.trimEnd()));
      assert.ok(stdout.includes(`${measuredText(measured).join('\n')}\n`), stdout);
      const model = parseModel(board.read('model.json'), 'model.json');
      assert.deepEqual(model, parseModel(modelText(measured, 'name', 'why'), 'the twin'));
    });
  }

  it('says what the constants make of the promises', () => {
    const { stdout } = boardThatMeasures().run('measure', '/dev/null');
    // docs/timing-budget.md: 4.95 us, and 1,090 instructions of 0.1 ns more, eight loads of 20.4 ns more.
    assert.match(stdout, /^static answer, idle +5\.22 +5\.00 +NO +-0\.22$/m);
    assert.match(stdout, /^static answer, busy +5\.90 +20\.00 +yes +14\.10$/m);
    assert.match(stdout, /^static answer of a core that sleeps +- +20\.00 +- +-$/m);
    assert.match(stdout, /^core: 0\.91 to 1\.00 instructions a nanosecond: its clock changed/m);
    assert.match(stdout, /^\d+ of 26 promised times hold with these constants; -: needs idle=wfi/m);
  });

  it('with --load looks for a minute, takes the worst of all looks, and ends its processes', () => {
    const board = boardThatMeasures()
      .write('proc/stat', 'intr 1000 1 2\nsoftirq 50 1\n')
      .write(`${POLICY}/scaling_cur_freq`, '1500000\n')
      .write(`${POLICY}/scaling_governor`, 'ondemand\n')
      .write('sys/devices/system/cpu/cpu0/topology/core_id', '0\n');
    const better = ['nanosPerInstruction 1050', 'nanosPerInstructionLeast 900', 'spiByte 1000000'];
    const console = better.map((line) => `canwarden: measure ${line}`).join('\n');
    // What the cell says, Linux counts and the clock is while the helper sleeps.
    board.write('fake/new-console', `${console}\ncanwarden: measured\n`);
    board.write('fake/new-stat', 'intr 6000 9\nsoftirq 350 1\n');
    board.write(
      'fake/while-asleep',
      `cp "$fake/new-console" "$fake/test-console"; cp "$fake/new-stat" "$CANWARDEN_ROOT/proc/stat"
      echo 600000 > "$CANWARDEN_ROOT/${POLICY}/scaling_cur_freq"\n`,
    );
    const { status, stdout, stderr } = board.run('measure', '--load', join(board.root, 'm.json'));
    assert.equal(status, 0, stderr);
    assert.equal(board.commands.filter((line) => line.includes('[start]')).length, 11);
    assert.match(stdout, /^nanosPerInstruction +1 +1\.10 /m);
    assert.match(stdout, /^nanosPerInstructionLeast +- +0\.90$/m);
    assert.match(stdout, /^spiByte +900 +1000\.00 {2}slower than the model$/m);
    assert.match(stdout, /^load: 5000 interrupts and 300 softirqs of Linux meanwhile$/m);
    assert.match(stdout, /^clock of the cores, .*: 1500 MHz \(ondemand\); after it: 600 MHz/m);
    assert.match(board.read('m.json'), /Linux under load/);
    const [, ids = ''] = /^load on Linux's cores: .*processes([ 0-9]+)$/m.exec(stdout) ?? [];
    assert.equal(ids.trim().split(' ').length, 3, stdout);
    for (const id of ids.trim().split(' ')) {
      assert.throws(() => process.kill(Number(id), 0), /ESRCH/, `${id} is still there`);
    }
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
