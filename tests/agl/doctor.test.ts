// SPDX-License-Identifier: MIT
/** `canwarden doctor`: one fault at a time on a board that is right otherwise, each found with its cure. */
import assert from 'node:assert/strict';
import { describe, it } from '../skippable.ts';
import { assertOne, examine, up } from './examine.ts';
import {
  CELLS,
  CELL_13,
  CONTROL,
  FakeBoard,
  LINK,
  MODULES,
  NEEDS_BUSYBOX,
  SYSTEM_13,
  SYSTEM_14,
} from './fake-board.ts';

const IMAGE = 'usr/share/jailhouse/inmates/canwarden.bin';

describe('canwarden doctor', NEEDS_BUSYBOX, () => {
  it('finds nothing on a board that is right, and says so check by check, in order', () => {
    const { status, faults, report } = examine(up());
    assert.equal(status, 0);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      report
        .split('\n')
        .slice(0, 10)
        .map((line) => line.slice(0, 21).trim()),
      [
        '1 jailhouse',
        '2 memory',
        '3 cpu',
        '4 spi',
        '5 uio_ivshmem',
        '',
        '6 vcan0',
        '7 bridge',
        '8 cell',
        '9 clock',
      ].map((head) => `${head.padEnd(14)} ok`.trim()),
    );
    assert.match(report, /no fault found\n$/);
  });

  it('changes nothing', () => {
    const board = up().state('failed').unbindLink();
    examine(board);
    assert.deepEqual(board.commands, []);
  });

  it('before the first up, misses the cell alone and tells how to get it', () => {
    assertOne(new FakeBoard(), '8 cell', [/there is no cell/, /=> canwarden up$/]);
    assert.match(
      examine(new FakeBoard()).report,
      /^5 uio_ivshmem {2}later {2}the device is there once/m,
    );
  });

  it('needs root', () => {
    const { status, stderr } = up().write('fake/user', '9\n').run('doctor');
    assert.equal(status, 1);
    assert.match(stderr, /needs root/);
  });
});

describe('canwarden doctor, Jailhouse', NEEDS_BUSYBOX, () => {
  it('finds a module that is not loaded, not there, or without its node', () => {
    const unloaded = up().remove('sys/module/jailhouse');
    assertOne(unloaded, '1 jailhouse', [/is not loaded/, /=> modprobe jailhouse/]);
    const absent = up()
      .remove('sys/module/jailhouse')
      .write(MODULES, 'kernel/drivers/net/can/vcan.ko:\n');
    assertOne(absent, '1 jailhouse', [
      /no module jailhouse for this kernel \(5.10.0-agl\)/,
      /docs\/agl/,
    ]);
    assertOne(up().remove('dev/jailhouse'), '1 jailhouse', [/no \/dev\/jailhouse/, /udevd/]);
  });

  it("sees a module in each of the kernel's lists, whatever its suffix", () => {
    for (const [file, line] of [
      ['modules.dep', 'kernel/drivers/jailhouse.ko:'],
      ['modules.dep', 'updates/jailhouse.ko.zst: kernel/x.ko'],
      ['modules.dep', 'jailhouse.ko.gz:'],
      ['modules.builtin', 'kernel/drivers/jailhouse.ko'],
    ]) {
      const board = new FakeBoard().remove('sys/module/jailhouse').remove(MODULES);
      board.write(`lib/modules/5.10.0-agl/${file}`, `${line}\n`);
      assert.match(examine(board).report, /the module jailhouse is not loaded/, line);
    }
    const other = new FakeBoard().remove('sys/module/jailhouse');
    other.write(MODULES, 'kernel/x-jailhouse.ko: kernel/jailhouse.ko\nkernel/jailhouse.kobold:\n');
    assert.match(examine(other).report, /no module jailhouse for this kernel/);
  });

  it('finds missing files: hypervisor, image, cells', () => {
    for (const file of ['lib/firmware/jailhouse.bin', IMAGE, `${CELLS}/rpi4-root.cell`]) {
      assertOne(up().remove(file), '1 jailhouse', [
        new RegExp(`/${file} is missing`),
        /=> (npm run deploy|install)/,
      ]);
    }
    assertOne(up().remove(`${CELLS}/rpi4-canwarden.cell`), '1 jailhouse', [
      /rpi4-canwarden.cell is missing/,
    ]);
  });

  it('finds cell files that are none, and two that are swapped', () => {
    const damaged = up().write(`${CELLS}/rpi4-root.cell`, 'ELF');
    assertOne(damaged, '1 jailhouse', [/no system configuration/]);
    const swapped = up().write(`${CELLS}/rpi4-canwarden.cell`, SYSTEM_14);
    assertOne(swapped, '1 jailhouse', [/no cell configuration/]);
  });

  it('finds a pair of two revisions', () => {
    const mixed = up().write(`${CELLS}/rpi4-canwarden.cell`, CELL_13);
    assertOne(mixed, '1 jailhouse', [/revision 14, .* 13/, /=> npm run deploy/]);
  });

  it('finds cells of another revision than the Jailhouse on the board, by its stock cells', () => {
    const older = up().write(`${CELLS}/rpi4.cell`, SYSTEM_13);
    assertOne(older, '1 jailhouse', [
      /Jailhouse is of revision 13 \(rpi4.cell\), our cells are of 14/,
      /=> npm run deploy -- --revision 13/,
    ]);
    const same = up()
      .write(`${CELLS}/rpi4-root.cell`, SYSTEM_13)
      .write(`${CELLS}/rpi4-canwarden.cell`, CELL_13)
      .write(`${CELLS}/rpi4.cell`, SYSTEM_13);
    assert.deepEqual(examine(same).faults, []);
    assert.match(examine(same).report, /cells of revision 13/);
  });

  it('finds it by the refusal in the kernel log, where no stock cell tells', () => {
    for (const words of ['Configuration revision mismatch', 'Not a system configuration']) {
      const board = new FakeBoard().write('fake/dmesg', `[1.2] jailhouse: ${words}\n`);
      const { faults } = examine(board);
      assert.match(faults[0], new RegExp(`^1 jailhouse: the driver refused our cells .*${words}`));
    }
    const enabledSince = up().write('fake/dmesg', 'jailhouse: Configuration revision mismatch\n');
    assert.deepEqual(examine(enabledSince).faults, []);
  });
});

describe('canwarden doctor, the link to Linux', NEEDS_BUSYBOX, () => {
  it('finds a device that is absent, unbound, bound elsewhere, without module or node', () => {
    assertOne(up().remove(LINK), '5 uio_ivshmem', [
      /no device 0x110a:0x4106 of class 0xffc024/,
      /=> reboot/,
    ]);
    assertOne(up().unbindLink(), '5 uio_ivshmem', [/is not bound/, /=> canwarden up/]);
    assertOne(up().unbindLink().bindLink('virtio-ivshmem'), '5 uio_ivshmem', [
      /belongs to the driver virtio-ivshmem/,
      /=> echo 0001:00:00.0 > .*virtio-ivshmem\/unbind/,
    ]);
    const kernel = up()
      .unbindLink()
      .remove('sys/bus/pci/drivers')
      .write(MODULES, 'kernel/drivers/net/can/vcan.ko:\n');
    assertOne(kernel, '5 uio_ivshmem', [/kernel has no uio_ivshmem/, /CONFIG_UIO_IVSHMEM/]);
    assertOne(up().remove('dev/uio0'), '5 uio_ivshmem', [/no \/dev\/uio0/]);
    assertOne(up().remove(CONTROL), '5 uio_ivshmem', [
      /no device for status and requests \(0x110a:0x4106 of class 0xff4057\)/,
      /all else works without it/,
    ]);
    assertOne(up().remove(`${CONTROL}/driver`), '5 uio_ivshmem', [
      /0001:00:02\.0, for status and requests, is not bound/,
      /=> canwarden up/,
    ]);
    assertOne(up().remove('dev/uio1'), '5 uio_ivshmem', [/no \/dev\/uio1/, /=> .*udevd/]);
    assertOne(up().bindControl('vfio-pci'), '5 uio_ivshmem', [
      /requests, belongs to the driver vfio-pci/,
      /=> echo 0001:00:02.0 > .*vfio-pci\/unbind/,
    ]);
  });

  it('finds an interface that is absent, down, no CAN interface, or without module', () => {
    const absent = up().remove('sys/class/net/vcan0');
    assertOne(absent, '6 vcan0', [
      /no interface vcan0/,
      /=> modprobe vcan; ip link add vcan0 type vcan;/,
    ]);
    const kernel = up().remove('sys/class/net/vcan0').write(MODULES, 'kernel/uio_ivshmem.ko:\n');
    assertOne(kernel, '6 vcan0', [/no module vcan/, /CONFIG_CAN_VCAN/]);
    const down = up().write('sys/class/net/vcan0/flags', '0x40\n');
    assertOne(down, '6 vcan0', [/is down/, /=> ip link set vcan0 up/]);
    const ethernet = up()
      .write('etc/default/canwarden', 'CANWARDEN_INTERFACE=eth0\n')
      .write('sys/class/net/eth0/type', '1\n');
    assertOne(ethernet, '6 eth0', [
      /no CAN interface \(type 1, CAN is 280\)/,
      /CANWARDEN_INTERFACE/,
    ]);
  });

  it('finds a bridge that is not installed, failed, or not started', () => {
    assertOne(up().remove('usr/bin/canwarden-bridge'), '7 bridge', [/is not installed/]);
    const failed = up().remove('fake/bridge-runs').write('fake/bridge-unit', 'failed\n');
    assertOne(failed, '7 bridge', [/failed/, /=> journalctl -u canwarden-bridge/]);
    const stopped = up().remove('fake/bridge-runs').write('fake/bridge-unit', 'inactive\n');
    assertOne(stopped, '7 bridge', [/does not run/, /=> systemctl start canwarden-bridge/]);
  });

  it('finds a bridge that serves no questions although it could', () => {
    const mute = up().remove('run/canwarden/bridge.sock');
    assertOne(mute, '7 bridge', [
      /runs, but has no socket .* \/run\/canwarden\/bridge\.sock/,
      /=> systemctl restart canwarden-bridge; journalctl/,
    ]);
    // Without the device it cannot; the check of the device has said so.
    assertOne(mute.remove(CONTROL), '5 uio_ivshmem', [/no device for status and requests/]);
  });
});

describe('canwarden doctor, the cell', NEEDS_BUSYBOX, () => {
  it('finds each state in which it does not run', () => {
    assertOne(up().state('shut down'), '8 cell', [/is shut down/, /=> canwarden up/]);
    assertOne(up().state('Comm ABI mismatch'), '8 cell', [/does not fit this Jailhouse/]);
    assertOne(up().state('failed'), '8 cell', [
      /state is 'failed'/,
      /jailhouse console .*Parking CPU 3/,
    ]);
  });

  it('explains the status number of a cell that failed', () => {
    const board = up()
      .state('failed')
      .say(
        'Started cell "canwarden"',
        'canwarden: no MCP2515 answers, CANSTAT reads 0x00 (status 21)',
      );
    const { status, faults } = examine(board);
    assert.equal(status, 1);
    assert.equal(faults.length, 2);
    assert.match(faults[0], /see its own words below/);
    assert.match(
      faults[1],
      /CANSTAT reads 0x00 \(status 21\) => status 21 ChipSilentLow: .*every register/,
    );
  });

  it('explains the numbers a running cell gave, from its status page, each once with its count', () => {
    assertOne(up().tell([1, 'rules image refused (status 63)']), '8 cell', [
      /the cell said: rules image refused \(status 63\)/,
      /=> status 63 RulesCrc: the rule table.s CRC-32 is wrong\. compile and copy again/,
    ]);
    assertOne(up().tell([16, 'nobody acknowledges (status 51)']), '8 cell', [
      /the cell said \(16 times\): nobody acknowledges \(status 51\) => status 51 NotAcknowledged/,
    ]);
    assertOne(up().tell([1, 'something new (status 99)']), '8 cell', [
      /=> status 99: not in the table/,
    ]);
    const two = up().tell([2, 'first (status 52)'], [1, '(status 93)']);
    assert.equal(examine(two).faults.length, 2);
  });

  it('names the commands that say more: self test, latencies, and what the board can promise', () => {
    const { report } = examine(up().tell([3, 'late steps of forward (status 81)']));
    assert.match(
      report,
      /Fix: +status 81 StepLate: .*'canwarden measure --stop --load' says which/,
    );
    for (const command of ['selftest --stop', 'latency', 'measure --stop']) {
      assert.match(report, new RegExp(`^.*'canwarden ${command}' `, 'm'));
    }
    assert.doesNotMatch(examine(up()).report, /measure/);
  });

  it('does not take the console of the hypervisor for what a running cell says', () => {
    const board = up().say('canwarden: an old line (status 51)');
    assert.deepEqual(examine(board).faults, []);
  });

  it('without the bridge shows what the console has of the start, each status once', () => {
    const line = 'canwarden: no rules for me (status 63)';
    const board = up().remove('fake/bridge-runs').remove('run/canwarden').say(line, line, line);
    const { faults, report } = examine(board);
    assert.equal(faults.length, 2, report);
    assert.match(faults[0], /^7 bridge: canwarden-bridge does not run => systemctl start/);
    assert.match(
      faults[1],
      /^8 cell: the cell said \(3 times\): no rules for me \(status 63\) => status 63/,
    );
    assert.match(report, /later {2}what it said since its start comes from the bridge/);
  });

  it('forgets what a later start has settled', () => {
    const restarted = new FakeBoard()
      .bringUp()
      .say('canwarden: x (status 23)', 'Started cell "canwarden"', 'canwarden: ready');
    assert.doesNotMatch(examine(restarted).report, /status 23/);
  });

  it('lists several faults in the order of their checks', () => {
    const board = up()
      .write('proc/iomem', '00000000-3b3fffff : System RAM\n')
      .unbindLink()
      .remove('fake/bridge-runs')
      .state('failed');
    const { faults, report } = examine(board);
    assert.deepEqual(
      faults.map((line) => line.slice(0, 1)),
      ['2', '5', '7', '8'],
    );
    assert.match(report, /doctor: 4 found; begin with the first/);
  });
});
