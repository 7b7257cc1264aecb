// SPDX-License-Identifier: MIT
/** The helper's command line, `canwarden status` and `canwarden trace`. */
import assert from 'node:assert/strict';
import { describe, it } from '../skippable.ts';
import { FakeBoard, LINK, NEEDS_BUSYBOX } from './fake-board.ts';

describe('canwarden', NEEDS_BUSYBOX, () => {
  it('explains itself on --help', () => {
    for (const word of ['--help', '-h', 'help']) {
      const { status, stdout } = new FakeBoard().run(word);
      assert.equal(status, 0);
      for (const command of [
        'up',
        'down',
        'status',
        'top',
        'latency',
        'trace',
        'recorder',
        'live',
        'rules',
        'doctor',
      ]) {
        assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
      }
    }
  });

  it('refuses what it does not know, with exit status 2 and the usage', () => {
    for (const [words, what] of [
      [[], /which command/],
      [['upp'], /unknown command 'upp'/],
      [['up', 'now'], /'up' takes no argument, got 'now'/],
      [['down', 'x'], /takes no argument/],
      [['status', '-v'], /status takes '--json' or nothing, got '-v'/],
      [['recorder'], /recorder takes 'dump', got ''/],
      [['recorder', 'dump', 'x'], /recorder takes 'dump', got 'dump x'/],
      [['live', '3'], /live takes the number of the first value and at least one byte/],
      [['live', '0', 'zz'], /'zz' is no byte in hexadecimal/],
      [['live', '0', 'A5', '0x100'], /'0x100' is no byte in hexadecimal/],
      [['live', '62', '1', '2', '3'], /there are 64 live values, 3 from 62 on are too many/],
      [['live', '64', '0'], /live values are numbered 0 to 63, got '64'/],
      [['doctor', '-v'], /takes no argument/],
      [['top', '-x'], /top takes '-n COUNT' or nothing, got '-x'/],
      [['top', '-n', '0'], /top -n takes a number of screens, got '0'/],
      [['latency', '-x'], /latency takes '--json', '--reset' or '--watch \[-n COUNT\]', got '-x'/],
      [['latency', '--watch', '-n', '0'], /latency --watch -n takes a number of screens, got '0'/],
      [['trace', '-x'], /trace takes '-f' or nothing, got '-x'/],
      [['trace', '-f', '-f'], /trace takes/],
      [['rules', 'store', 'x'], /rules takes nothing or/],
      [['rules', 'load'], /rules takes nothing or/],
      [['rules', 'load', '--restart'], /rules load takes a file/],
    ] as const) {
      const { status, stderr } = new FakeBoard().run(...words);
      assert.equal(status, 2, words.join(' '));
      assert.match(stderr, what);
      assert.match(stderr, /usage: canwarden COMMAND/);
    }
  });
});

describe('canwarden status', NEEDS_BUSYBOX, () => {
  it('names cell, shared memory, bridge, interface and how the start ended', () => {
    const { status, stdout } = new FakeBoard().bringUp().run('status');
    assert.equal(status, 0);
    assert.deepEqual(stdout.trim().split('\n'), [
      'cell canwarden   running, CPU 3',
      'shared memory    /dev/uio0 (0001:00:00.0, uio_ivshmem)',
      'bridge           running, without a socket for questions',
      'interface vcan0  up',
      'start            canwarden: ready, 500000 bit/s, sample point 83.3 %, crystal 12000000 Hz (measured 12000525), SPI 10000000 Hz, rules 6',
      'since then       told by the bridge only, from the status page',
    ]);
  });

  it('shows only what the cell said since its last start', () => {
    const board = new FakeBoard()
      .bringUp()
      .say('canwarden: old (status 23)', 'Started cell "canwarden"');
    assert.match(board.run('status').stdout, /^start *$/m);
  });

  it('ends with 3 when the cell does not run, and says which way', () => {
    const without = new FakeBoard().run('status');
    assert.equal(without.status, 3);
    assert.match(without.stdout, /not there: Jailhouse is not enabled/);
    const enabled = new FakeBoard().write('sys/devices/jailhouse/enabled', '1\n').run('status');
    assert.equal(enabled.status, 3);
    assert.match(enabled.stdout, /^cell canwarden {3}not created$/m);
    const failed = new FakeBoard().bringUp().state('failed').run('status');
    assert.equal(failed.status, 3);
    assert.match(failed.stdout, /^cell canwarden {3}failed, CPU 3$/m);
  });

  it('has nothing to tell of a cell that is gone, though the bridge has its page still', () => {
    const board = new FakeBoard().bringUp().openSocket().tell([1, 'x (status 51)']);
    board.run('down');
    const { status, stdout } = board.run('status');
    assert.equal(status, 3);
    assert.match(stdout, /^cell canwarden {3}not created$/m);
    assert.doesNotMatch(stdout, /answer to --ask|status 51|^start/m);
    const json = board.run('status', '--json');
    assert.deepEqual([json.status, json.stdout], [3, '']);
    assert.match(json.stderr, /there is no cell 'canwarden'/);
  });

  it('says when device, binding, bridge or interface are missing', () => {
    const bare = new FakeBoard().remove('sys/class/net/vcan0').remove('fake/bridge-runs');
    const { stdout } = bare.run('status');
    assert.match(stdout, /^shared memory {4}no device$/m);
    assert.match(stdout, /^bridge {11}not running$/m);
    assert.match(stdout, /^interface vcan0 {2}not there$/m);
    const unbound = new FakeBoard()
      .bringUp()
      .unbindLink()
      .write('sys/class/net/vcan0/flags', '0x40');
    assert.match(unbound.run('status').stdout, /0001:00:00.0, not bound to uio_ivshmem/);
    assert.match(unbound.run('status').stdout, /^interface vcan0 {2}down$/m);
  });

  it('does not take another ivshmem device for ours', () => {
    const board = new FakeBoard().bringUp().write(`${LINK}/class`, '0xff0001\n');
    assert.match(board.run('status').stdout, /^shared memory {4}no device$/m);
  });

  it('watches the interface that /etc/default/canwarden names', () => {
    const board = new FakeBoard().write('etc/default/canwarden', "CANWARDEN_INTERFACE='can7'\n");
    assert.match(board.run('status').stdout, /^interface can7 {3}not there$/m);
  });

  it('adds what the bridge says, when it serves', () => {
    const board = new FakeBoard().bringUp().openSocket();
    const { status, stdout } = board.run('status');
    assert.equal(status, 0);
    assert.match(stdout, /running, answers at \/run\/canwarden\/bridge.sock/);
    assert.match(stdout, /the bridge's answer to --ask status/);
  });
});

describe('canwarden status --json, recorder and live', NEEDS_BUSYBOX, () => {
  it('are answered by the bridge, and by nobody else', () => {
    const board = new FakeBoard().bringUp().openSocket();
    for (const words of [
      ['status', '--json'],
      ['recorder', 'dump'],
      ['live', '3', 'A5', '0', '0x7f'],
    ]) {
      const { status, stdout } = board.run(...words);
      assert.equal(status, 0);
      assert.equal(stdout, `the bridge's answer to --ask ${words.join(' ')}\n`);
      const alone = new FakeBoard().bringUp().run(...words);
      assert.equal(alone.status, 1);
      assert.match(
        alone.stderr,
        new RegExp(`'${words[0]}' comes from the bridge, which runs, but`),
      );
    }
  });

  it('need root where they do more than status does', () => {
    for (const words of [
      ['recorder', 'dump'],
      ['live', '0', '1'],
    ]) {
      const { status, stderr } = new FakeBoard().write('fake/user', '5\n').run(...words);
      assert.equal(status, 1);
      assert.match(stderr, /needs root/);
    }
  });

  it('leave the last word to the bridge when it knows the question and fails', () => {
    const board = new FakeBoard().bringUp().openSocket();
    board.write('fake/fail-bridge', 'canwarden-bridge: the cell refused the live values\n');
    board.write('fake/fail-bridge-status', '1\n');
    const { status, stderr } = board.run('live', '0', '1');
    assert.equal(status, 1);
    assert.equal(stderr, 'canwarden-bridge: the cell refused the live values\n');
    board.write('fake/fail-bridge-status', '2\n');
    assert.equal(board.run('trace').status, 2);
  });
});

describe('canwarden trace', NEEDS_BUSYBOX, () => {
  it('is answered by the bridge', () => {
    const board = new FakeBoard().bringUp().openSocket();
    assert.match(board.run('trace').stdout, /answer to --ask trace$/m);
    assert.match(board.run('trace', '-f').stdout, /answer to --ask trace -f$/m);
  });

  it('says why when nobody serves: no program, not running, an older bridge, no root', () => {
    const without = new FakeBoard().remove('usr/bin/canwarden-bridge').run('trace');
    assert.equal(without.status, 1);
    assert.match(without.stderr, /canwarden-bridge is not installed/);
    const stopped = new FakeBoard().remove('fake/bridge-runs').run('trace');
    assert.equal(stopped.status, 1);
    assert.match(stopped.stderr, /does not run/);
    assert.match(stopped.stderr, /systemctl start canwarden-bridge/);
    const older = new FakeBoard().run('trace');
    assert.equal(older.status, 1);
    assert.match(older.stderr, /has no socket at \/run\/canwarden\/bridge.sock/);
    assert.match(new FakeBoard().write('fake/user', '5\n').run('trace').stderr, /needs root/);
  });
});
