// SPDX-License-Identifier: MIT
/** `canwarden selftest`: when it may run, what it words, and that everything is as before afterwards. */
import assert from 'node:assert/strict';
import { SELF_TESTS, type SelfTestName, type SelfTestRow } from '../../formats/self-test.ts';
import { describeResult, parseLine } from '../../lab/selftest/lines.ts';
import { describe, it } from '../skippable.ts';
import { FakeBoard, NEEDS_BUSYBOX, READY } from './fake-board.ts';

const IMAGE = '[/usr/share/jailhouse/inmates/canwarden-selftest.bin]';
const GOOD = (Object.keys(SELF_TESTS) as SelfTestName[]).map(
  (name) => `canwarden: test ${name} ok 1`,
);
const END = 'canwarden: tested, faults 0, not tested 0';

function boardThatSays(...lines: string[]): FakeBoard {
  return new FakeBoard().write('fake/test-console', lines.map((line) => `${line}\r\n`).join(''));
}

describe('canwarden selftest', NEEDS_BUSYBOX, () => {
  it('makes a cell, tests, and removes the cell again', () => {
    const board = boardThatSays(...GOOD, END);
    const { status, stdout, stderr } = board.run('selftest');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^pins {6}ok {7}GPIO 8 to 11 are SPI0, GPIO 25 is an input$/m);
    assert.match(stdout, /^selftest: nothing wrong was found$/m);
    const cell = board.commands.filter((line) => line.startsWith('jailhouse [cell]'));
    assert.deepEqual(
      cell.map((line) => line.split(' ').slice(2, 4).join(' ')),
      [
        '[create] [/usr/share/jailhouse/cells/rpi4-canwarden.cell]',
        '[load] [canwarden]',
        '[start] [canwarden]',
        '[destroy] [canwarden]',
      ],
    );
    assert.ok(cell[1].includes(IMAGE) && cell[1].includes('[bitrate=500000 osc=auto]'), cell[1]);
    assert.ok(!board.has('sys/devices/jailhouse/cells/1'));
  });

  it('refuses while the cell runs, and touches nothing', () => {
    const board = boardThatSays(...GOOD, END).bringUp();
    const { status, stderr } = board.run('selftest');
    assert.equal(status, 1);
    assert.match(stderr, /the cell runs: it guards the bus/);
    assert.match(stderr, /canwarden selftest --stop/);
    assert.deepEqual(board.commands, []);
  });

  it('with --stop stops the cell, and starts it again with its rules', () => {
    const board = boardThatSays(...GOOD, END).bringUp();
    const { status, stdout } = board.run('selftest', '--stop');
    assert.equal(status, 0);
    const what = board.commands.map((line) => line.split(' ').slice(1, 3).join(' '));
    assert.deepEqual(what, [
      '[cell] [shutdown]',
      ...['[cell] [load]', '[cell] [start]', '[cell] [load]', '[cell] [start]'],
    ]);
    assert.ok(board.commands[3].includes('rules.bin'));
    assert.ok(stdout.includes(READY));
    assert.equal(board.read('sys/devices/jailhouse/cells/1/state'), 'running\n');
  });

  it('words every finding as the twin does, with its cure', () => {
    const lines = (Object.entries(SELF_TESTS) as [SelfTestName, SelfTestRow][]).flatMap(
      ([name, { faults, untested = [] }]) => [
        `canwarden: test ${name} ok 1 7 8 9`,
        ...faults.map((_, index) => `canwarden: test ${name} fault ${index + 1} 0x29 0xff 0x7f 5`),
        ...['miso', ...untested].map(
          (_, index) => `canwarden: test ${name} untested ${index} miso`,
        ),
      ],
    );
    const { status, stdout } = boardThatSays(...lines, END).run('selftest');
    assert.equal(status, 1);
    const expected = lines.flatMap((line) => describeResult(parseLine(line)!));
    assert.ok(expected.some((line) => line.includes('Fix:')));
    const start = stdout.indexOf(expected[0]);
    const shown = stdout.slice(start).split('\n').slice(0, expected.length);
    assert.deepEqual(shown, expected);
    assert.match(stdout, /^selftest: \d+ faults$/m);
  });

  it('says when the test does not end, and puts the cell back all the same', () => {
    const board = boardThatSays('canwarden: test pins ok 1').write('fake/sleeps', '1000');
    const { status, stdout, stderr } = board.run('selftest');
    assert.equal(status, 1);
    assert.match(stdout, /^pins/m);
    assert.match(stderr, /did not end within 20 s/);
    assert.match(board.commands.at(-1) ?? '', /destroy/);
  });

  it('needs its image and takes no other word', () => {
    const without = new FakeBoard().remove('usr/share/jailhouse/inmates/canwarden-selftest.bin');
    const { status, stderr } = without.run('selftest');
    assert.equal(status, 1);
    assert.match(stderr, /canwarden-selftest\.bin is missing/);
    assert.equal(new FakeBoard().run('selftest', '--now').status, 2);
  });
});
