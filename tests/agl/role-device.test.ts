// SPDX-License-Identifier: MIT
/**
 * The helper in the role device: Linux's own drivers make a CAN interface of the link. Expected: the order
 * of virtio_ivshmem and virtio_can, which wait for START and STOP without a limit, probe once, and do not
 * come back by themselves after the cell was started again.
 */
import assert from 'node:assert/strict';
import { describe, it } from '../skippable.ts';
import { rpi4Files } from '../../cell-config/rpi4-files.ts';
import type { Role } from '../../cell-config/roles.ts';
import { CELLS, FakeBoard, LINK, NEEDS_BUSYBOX } from './fake-board.ts';
import { KERNEL_ACTS, withKernel } from './fake-kernel.ts';

const BUS = '0001:00:00.0';

/** Puts the real files of a role on the board. */
function install(board: FakeBoard, root: Role, cell: Role): FakeBoard {
  for (const { name, bytes } of rpi4Files(14, root)) board.write(`${CELLS}/${name}`, bytes);
  const [, own] = rpi4Files(14, cell);
  return board.write(`${CELLS}/${own.name}`, own.bytes);
}

const newBoard = () => withKernel(install(new FakeBoard().installDevice(), 'device', 'device'));
const runningBoard = (status?: string, flags?: string) =>
  withKernel(new FakeBoard().bringUpDevice(status, flags));
const flags = (board: FakeBoard): string => board.read('sys/class/net/can0/flags').trim();

describe('canwarden up, role device', NEEDS_BUSYBOX, () => {
  it('starts the cell, binds Linux’s drivers until it is ready for them, and raises can0', () => {
    const board = newBoard().write('fake/not-ready', '2\n');
    const { status, stdout, stderr } = board.run('up');
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stderr, '');
    assert.deepEqual(board.commands.slice(4), [
      ...Array<string>(3).fill(`bind ${BUS}`),
      'ip [link] [set] [can0] [type] [can] [restart-ms] [100]',
      'ip [link] [set] [can0] [up]',
      'modprobe [uio_ivshmem]',
    ]);
    assert.equal(flags(board), '0x41');
    // The bridge gets the device for status and requests, and no other.
    assert.equal(
      board.read('sys/bus/pci/drivers/uio_ivshmem/new_id'),
      '110a 4106 110a 4106 ff4057 ffffff\n',
    );
    assert.match(stdout, new RegExp(`^\\+ echo ${BUS} > .*virtio-ivshmem/bind$`, 'm'));
  });

  it('gives up after five seconds when the drivers do not take the link, and says the next step', () => {
    const board = newBoard().write('fake/not-ready', '99\n');
    const { status, stderr } = board.run('up');
    assert.equal(status, 0, 'the cell answers urgent frames all the same');
    assert.match(
      stderr,
      /virtio_ivshmem does not take 0001:00:00\.0\.\n(.*\n)* {2}Next: {2}canwarden doctor/,
    );
    assert.equal(board.commands.filter((line) => line.startsWith('bind')).length, 5);
  });

  it('says it when the kernel has no such driver, and names the other role', () => {
    const board = install(new FakeBoard(), 'device', 'device').write(
      'fake/link-class',
      '0xff8024\n',
    );
    const { status, stderr } = board.run('up');
    assert.equal(status, 0);
    assert.match(stderr, /this kernel has no virtio_ivshmem, so Linux cannot drive the cell/);
    assert.match(stderr, /--role driver/);
  });

  it('goes on without restart-ms where ip is busybox’s', () => {
    const board = newBoard().write('fake/busybox-ip', '');
    const { status, stderr } = board.run('up');
    assert.equal(status, 0);
    assert.match(stderr, /cannot set restart-ms: .*\n.*\n {2}Next: {2}install iproute2/);
    assert.equal(flags(board), '0x41');
  });

  it('says why when the cell refuses the start', () => {
    const board = newBoard().write('fake/fail-ip-up', '');
    assert.match(board.run('up').stderr, /can0 does not go up\.\n.*restart-ms=0/);
  });

  it('refuses files of two roles before anything is done', () => {
    for (const [root, cell] of [
      ['device', 'driver'],
      ['driver', 'device'],
    ] as const) {
      const board = install(new FakeBoard(), root, cell);
      const { status, stderr } = board.run('up');
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`rpi4-root\\.cell is for the role ${root}, .* ${cell}\\.`));
      assert.match(stderr, new RegExp(`--role ${root}`));
      assert.deepEqual(board.commands, []);
    }
  });

  it('refuses cells of another role than the one that runs: that needs a boot', () => {
    const board = install(new FakeBoard(), 'device', 'device').addLink('0xffc024');
    board.write('sys/devices/jailhouse/enabled', '1\n');
    const { status, stderr } = board.run('up');
    assert.equal(status, 1);
    assert.match(stderr, /runs with a root cell for the role driver.*\n.*\n {2}Next: {2}reboot/);
    assert.deepEqual(board.commands, []);
  });

  it('binds anew what a restart of the cell has left dead', () => {
    // 0x40 is DEVICE_NEEDS_RESET (virtio 1.4, 2.1).
    const board = runningBoard('0x0000004f');
    const { status, stdout } = board.run('up');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /started again under can0: it is bound anew/);
    assert.deepEqual(board.commands, [
      'ip [link] [set] [can0] [down]',
      `unbind ${BUS}`,
      `bind ${BUS}`,
      'ip [link] [set] [can0] [type] [can] [restart-ms] [100]',
      'ip [link] [set] [can0] [up]',
    ]);
  });

  it('changes nothing when all is well', () => {
    const board = runningBoard();
    assert.equal(board.run('up').status, 0);
    assert.deepEqual(board.commands, []);
  });
});

describe('canwarden down, role device', NEEDS_BUSYBOX, () => {
  it('lowers and unbinds the interface before it stops the cell', () => {
    const board = runningBoard();
    const { status, stdout, stderr } = board.run('down');
    assert.equal(status, 0, stdout + stderr);
    assert.deepEqual(board.commands, [
      'ip [link] [set] [can0] [down]',
      `unbind ${BUS}`,
      'jailhouse [cell] [shutdown] [canwarden]',
      'jailhouse [cell] [destroy] [canwarden]',
    ]);
    assert.ok(!board.has('fake/hung'));
  });

  it('stops a cell that has failed first: it would answer no STOP', () => {
    const board = runningBoard().state('failed');
    assert.equal(board.run('down').status, 0);
    assert.deepEqual(
      board.commands.map((line) => line.replace(/\[canwarden\]|\[link\] \[set\] /g, '').trim()),
      [
        'jailhouse [cell] [shutdown]',
        'ip [can0] [down]',
        `unbind ${BUS}`,
        'jailhouse [cell] [destroy]',
      ],
    );
  });

  it('never unbinds while the interface is up, and leaves the cell running then', () => {
    const board = runningBoard().write('fake/fail-ip-down', '');
    const { status, stderr } = board.run('down');
    assert.equal(status, 1);
    assert.match(stderr, /can0 does not go down, so it stays bound\.\n.*would hang Linux/);
    assert.deepEqual(board.commands, ['ip [link] [set] [can0] [down]']);
  });

  it('asks the cell twice, which may refuse once while an `ip link set` is under way', () => {
    const board = runningBoard().write('fake/fail-cell-shutdown', 'Operation not permitted\n');
    board.write(
      'fake/while-asleep',
      KERNEL_ACTS + 'grep -q shutdown "$fake/log" && rm "$fake/fail-cell-shutdown"\n',
    );
    assert.equal(board.run('down').status, 0);
    const asked = board.commands.filter((line) => line.includes('[shutdown]'));
    assert.equal(asked.length, 2);
  });
});

describe('canwarden rules load --restart, role device', NEEDS_BUSYBOX, () => {
  it('lets can0 go for the restart and brings it back', () => {
    const board = runningBoard();
    const table = board.read('lib/firmware/canwarden/rules.bin');
    board.write('new.bin', Buffer.from(table, 'latin1'));
    const { status, stdout, stderr } = board.run(
      'rules',
      'load',
      '--restart',
      `${board.root}/new.bin`,
    );
    assert.equal(status, 0, stdout + stderr);
    const order = board.commands.map(
      (line) => /^(un)?bind|\[(down|up|shutdown|start)\]/.exec(line)?.[0],
    );
    assert.deepEqual(
      order.filter((word) => word !== undefined),
      ['[down]', 'unbind', '[shutdown]', '[start]', 'bind', '[up]'],
    );
    assert.equal(flags(board), '0x41');
    assert.ok(!board.has('run/canwarden-helper/can-held'));
  });
});

describe('canwarden watch', NEEDS_BUSYBOX, () => {
  it('ends at once in the role driver', () => {
    const { status, stdout } = new FakeBoard().bringUp().run('watch');
    assert.equal(status, 0);
    assert.match(stdout, /role driver: .*nothing to watch/);
  });

  it('binds can0 anew after a restart of the cell, once', () => {
    const board = runningBoard('0x0000004f').write('fake/sleeps', '40\n');
    board.run('watch');
    const binds = board.commands.filter((line) => line.startsWith('bind'));
    assert.deepEqual(binds, [`bind ${BUS}`]);
    assert.equal(flags(board), '0x41');
  });

  it('leaves alone: a healthy one, a cell that does not run, one let go by hand', () => {
    const failed = runningBoard('0x0000004f').state('failed');
    const held = runningBoard('0x0000004f').write('run/canwarden-helper/can-held', '');
    for (const board of [runningBoard(), runningBoard(undefined, '0x40'), failed, held]) {
      board.write('fake/sleeps', '5\n').run('watch');
      assert.deepEqual(board.commands, []);
    }
  });

  it('binds one that was lowered by hand anew as well, and leaves it down', () => {
    const board = runningBoard('0x0000004f', '0x40').write('fake/sleeps', '40\n');
    board.run('watch');
    assert.deepEqual(board.commands, [`unbind ${BUS}`, `bind ${BUS}`]);
    assert.equal(flags(board), '0x40');
  });
});

describe('canwarden doctor and status, role device', NEEDS_BUSYBOX, () => {
  it('find nothing wrong with a board that is right', () => {
    const board = runningBoard().openSocket();
    const { status, stdout } = board.run('doctor');
    assert.equal(status, 0, stdout);
    assert.match(
      stdout,
      /^\d virtio_ivshmem ok +can0 \(0001:00:00\.0, virtio-ivshmem, role device\)$/m,
    );
    assert.match(stdout, /^\d can0 +ok +can0 is up$/m);
    assert.doesNotMatch(stdout, /vcan0/);
    assert.match(
      board.run('status').stdout,
      /^shared memory +0001:00:00\.0, role device, virtio-ivshmem$/m,
    );
    assert.match(board.run('status').stdout, /^interface can0 +up$/m);
  });

  it('name each fault with its cure', () => {
    for (const [board, patterns] of [
      [runningBoard('0x0000004f'), [/still bound to the one before: it is dead/, /canwarden up/]],
      [
        runningBoard(undefined, '0x40'),
        [/can0 is down/, /ip link set can0 up \(without a bit rate/],
      ],
      [runningBoard().unbindLink(), [/not bound to virtio-ivshmem/, /canwarden up/]],
      [runningBoard().unbindLink().bindLink('uio_ivshmem'), [/belongs to the driver uio_ivshmem/]],
      [
        runningBoard().remove(`${LINK}/virtio0`),
        [/there is no CAN interface/, /modprobe virtio_can/],
      ],
    ] as const) {
      const { status, stdout } = board.openSocket().run('doctor');
      assert.equal(status, 1, stdout);
      for (const pattern of patterns) assert.match(stdout, pattern);
    }
  });
});
