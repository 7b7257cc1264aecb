// SPDX-License-Identifier: MIT
/** `canwarden latency`: what the bridge is asked, how often, and what is said where it cannot be asked; in both roles. */
import assert from 'node:assert/strict';
import { describe, it } from '../skippable.ts';
import { FakeBoard, NEEDS_BUSYBOX } from './fake-board.ts';

const asked = (board: FakeBoard): string[] =>
  board.commands.filter((line) => line.startsWith('canwarden-bridge'));

const ROLES = [
  ['driver', (board: FakeBoard) => board.bringUp()],
  ['device', (board: FakeBoard) => board.bringUpDevice()],
] as const;

describe('canwarden latency', NEEDS_BUSYBOX, () => {
  for (const [role, bringUp] of ROLES) {
    it(`asks the bridge, in the role ${role}`, () => {
      const board = bringUp(new FakeBoard()).openSocket();
      for (const words of [[], ['--json'], ['--reset']]) {
        const { status, stdout, stderr } = board.run('latency', ...words);
        assert.equal(status, 0, stderr);
        assert.equal(stdout, `the bridge's answer to ${['--ask latency', ...words].join(' ')}\n`);
      }
      assert.deepEqual(asked(board), [
        'canwarden-bridge [--ask] [latency]',
        'canwarden-bridge [--ask] [latency] [--json]',
        'canwarden-bridge [--ask] [latency] [--reset]',
      ]);
    });
  }

  it('with --watch asks again each second, until COUNT screens are shown or the bridge ends', () => {
    const board = new FakeBoard().bringUp().openSocket();
    const { status, stdout } = board.run('latency', '--watch', '-n', '3');
    assert.equal(status, 0);
    assert.equal(stdout, "the bridge's answer to --ask latency\n".repeat(3));
    board.write('fake/fail-bridge', 'nobody answers\n').write('fake/fail-bridge-status', '1\n');
    const ended = board.run('latency', '--watch');
    assert.equal(ended.status, 1);
    assert.match(ended.stderr, /nobody answers/);
  });

  it('passes on what the bridge says of an older cell', () => {
    const board = new FakeBoard().bringUp().openSocket();
    board.write('fake/fail-bridge', 'canwarden-bridge: the cell keeps no latencies\n');
    board.write('fake/fail-bridge-status', '1\n');
    const { status, stderr } = board.run('latency');
    assert.equal(status, 1);
    assert.match(stderr, /keeps no latencies/);
  });

  it('says what is missing: the cell, the bridge, the right to begin anew', () => {
    const down = new FakeBoard().run('latency');
    assert.equal(down.status, 3);
    assert.match(down.stderr, /there is no cell/);
    const without = new FakeBoard().bringUp().remove('fake/bridge-runs').run('latency');
    assert.equal(without.status, 1);
    assert.match(
      without.stderr,
      /'latency' comes from the bridge, and canwarden-bridge does not run/,
    );
    const user = new FakeBoard().bringUp().openSocket().write('fake/user', '1000\n');
    assert.equal(user.run('latency').status, 0);
    const { status, stderr } = user.run('latency', '--reset');
    assert.equal(status, 1);
    assert.match(stderr, /'latency' needs root/);
  });
});
