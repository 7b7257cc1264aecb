// SPDX-License-Identifier: MIT
/** `canwarden up` and `down`: which commands they type, in every state, and what they say when one fails. */
import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from '../skippable.ts';
import { CELL_14, CELLS, FakeBoard, LINK, MODULES, NEEDS_BUSYBOX, RULES } from './fake-board.ts';

const IMAGE = '/usr/share/jailhouse/inmates/canwarden.bin';
const LOAD = `jailhouse [cell] [load] [canwarden] [${IMAGE}]`;
const OPTIONS = '[-s] [bitrate=500000 osc=auto] [-a] [0x1000]';
const START = 'jailhouse [cell] [start] [canwarden]';

/** Status, and that standard error holds each of the patterns. */
function assertFails(
  board: FakeBoard,
  words: string[],
  patterns: readonly RegExp[],
  status = 1,
): void {
  const outcome = board.run(...words);
  assert.equal(outcome.status, status, outcome.stdout + outcome.stderr);
  for (const pattern of patterns) assert.match(outcome.stderr, pattern);
}

describe('canwarden up', NEEDS_BUSYBOX, () => {
  it('enables Jailhouse, creates, loads and starts the cell, and hands out the shared memory', () => {
    const board = new FakeBoard();
    const outcome = board.run('up');
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.equal(outcome.stderr, '');
    assert.deepEqual(board.commands, [
      `jailhouse [enable] [/${CELLS}/rpi4-root.cell]`,
      `jailhouse [cell] [create] [/${CELLS}/rpi4-canwarden.cell]`,
      `${LOAD} ${OPTIONS} [/${RULES}] [-a] [0x100000]`,
      START,
      'modprobe [uio_ivshmem]',
    ]);
    assert.equal(
      board.read('sys/bus/pci/drivers/uio_ivshmem/new_id'),
      '110a 4106 110a 4106 ff4057 ffffff\n',
    );
    assert.match(outcome.stdout, /canwarden: ready, 500000 bit\/s/);
    // The device for status and requests last: the bridge's unit waits for it, in both roles.
    const bound = [...outcome.stdout.matchAll(/echo "110a 4106 110a 4106 (\w+) ffffff"/g)];
    assert.deepEqual(
      bound.map(([, code]) => code),
      ['ffc024', 'ff4057'],
    );
  });

  it('shows each command as it can be typed', () => {
    const { stdout } = new FakeBoard().run('up');
    assert.ok(stdout.includes(`+ jailhouse enable /${CELLS}/rpi4-root.cell\n`), stdout);
    assert.ok(stdout.includes(` -s "bitrate=500000 osc=auto" -a 0x1000 /${RULES} -a 0x100000\n`));
  });

  it('creates the cell that may sleep when its options say idle=wfi, and needs its file', () => {
    const options = 'CANWARDEN_CELL_OPTIONS="bitrate=250000 idle=wfi"\n';
    const board = new FakeBoard().write('etc/default/canwarden', options);
    assertFails(board, ['up'], [/rpi4-canwarden-wfi\.cell is missing/]);
    board.write(`${CELLS}/rpi4-canwarden-wfi.cell`, CELL_14);
    assert.equal(board.run('up').status, 0);
    assert.ok(
      board.commands.includes(`jailhouse [cell] [create] [/${CELLS}/rpi4-canwarden-wfi.cell]`),
    );
    const polling = new FakeBoard().write(
      'etc/default/canwarden',
      'CANWARDEN_CELL_OPTIONS="bitrate=250000 idle=wfi2 xidle=wfi"\n',
    );
    polling.run('up');
    assert.ok(
      polling.commands.includes(`jailhouse [cell] [create] [/${CELLS}/rpi4-canwarden.cell]`),
    );
  });

  it('does nothing more when the cell runs', () => {
    for (const state of ['running', 'running/locked']) {
      const board = new FakeBoard().bringUp().state(state);
      const outcome = board.run('up');
      assert.equal(outcome.status, 0);
      assert.match(outcome.stdout, /already running/);
      assert.deepEqual(board.commands, []);
    }
  });

  it('loads and starts a cell that is there but does not run', () => {
    for (const state of ['shut down', 'failed']) {
      const board = new FakeBoard().bringUp().state(state);
      assert.equal(board.run('up').status, 0);
      assert.deepEqual(board.commands, [`${LOAD} ${OPTIONS} [/${RULES}] [-a] [0x100000]`, START]);
    }
  });

  it('loads the module when there is no /dev/jailhouse', () => {
    const board = new FakeBoard().remove('dev/jailhouse');
    assert.equal(board.run('up').status, 0);
    assert.equal(board.commands[0], 'modprobe [jailhouse]');
  });

  it('takes the command line of the cell from /etc/default/canwarden, and does not execute that file', () => {
    const board = new FakeBoard().write(
      'etc/default/canwarden',
      '# CANWARDEN_CELL_OPTIONS=old\nCANWARDEN_CELL_OPTIONS="bitrate=250000 osc=8000000"\n' +
        'exit 3; $(touch /nowhere)\n',
    );
    assert.equal(board.run('up').status, 0);
    assert.ok(board.commands[2].includes('[-s] [bitrate=250000 osc=8000000] [-a] [0x1000]'));
  });

  it('without a table, clears the place of the last one, because cell memory keeps it', () => {
    const board = new FakeBoard().remove(RULES);
    const outcome = board.run('up');
    assert.equal(outcome.status, 0);
    assert.match(outcome.stderr, /no rule table .*every frame is forwarded/);
    assert.equal(board.commands[2], `${LOAD} ${OPTIONS} [-s] [] [-a] [0x100000]`);
  });
});

describe('canwarden up refuses', NEEDS_BUSYBOX, () => {
  it('without root', () => {
    const board = new FakeBoard().write('fake/user', '1000\n');
    assertFails(board, ['up'], [/needs root/, /sudo canwarden up/]);
    assert.deepEqual(board.commands, []);
  });

  it('when a file of the installation is missing, by its name', () => {
    for (const file of [
      IMAGE.slice(1),
      `${CELLS}/rpi4-root.cell`,
      `${CELLS}/rpi4-canwarden.cell`,
    ]) {
      const board = new FakeBoard().remove(file);
      assertFails(board, ['up'], [new RegExp(`/${file} is missing`), /Next: {2}npm run deploy/]);
      assert.deepEqual(board.commands, []);
    }
  });

  const SPI = 'sys/bus/platform/drivers/spi-bcm2835';
  const CPU = 'sys/devices/system/cpu/cpu3';
  const ram = (...ranges: string[]) =>
    new FakeBoard().write('proc/iomem', ranges.map((range) => `${range} : System RAM\n`).join(''));

  // Each can stop the board later: Linux touches what is not its own any more, or `enable` dies in EL2.
  for (const [what, makeBoard, fault] of [
    [
      'no memory at all is reserved',
      () => ram('00000000-3b3fffff'),
      /the cell's RAM, the shared memory, the hypervisor's memory/,
    ],
    [
      "only the hypervisor's memory is reserved",
      () => ram('00000000-0abfffff', '0b000000-3b3fffff'),
      /: the cell's RAM, the shared memory\.$/m,
    ],
    [
      "only the cell's memory is reserved",
      () => ram('00000000-09ffffff', '0a200000-3b3fffff'),
      /: the shared memory, the hypervisor's memory\.$/m,
    ],
    [
      'the reservation is elsewhere',
      () => ram('00000000-0fffffff', '18000000-3b3fffff'),
      /Linux uses memory of the cells/,
    ],
    [
      'there is no PSCI',
      () => new FakeBoard().remove(`${CPU}/online`).write(`${CPU}/uevent`, ''),
      /CPU 3 cannot be switched off/,
    ],
    ['the CPU is not there', () => new FakeBoard().remove(CPU), /no CPU 3/],
    ['the CPU is offline', () => new FakeBoard().write(`${CPU}/online`, '0\n'), /CPU 3 is offline/],
    [
      'mcp251x has the chip',
      () => new FakeBoard().write('sys/bus/spi/drivers/mcp251x/spi0.0/modalias', ''),
      /mcp251x has spi0\.0/,
    ],
    [
      'a driver has SPI0',
      () => new FakeBoard().write(`${SPI}/fe204000.spi/uevent`, ''),
      /has SPI0 \(fe204000\.spi\)/,
    ],
    [
      'a driver has SPI5, on the same page',
      () => new FakeBoard().write(`${SPI}/fe204a00.spi/uevent`, ''),
      /has fe204a00\.spi, on the same page/,
    ],
  ] as const) {
    it(`when ${what}: before Jailhouse is enabled, in the words of doctor`, () => {
      const board = makeBoard();
      const outcome = board.run('up');
      assert.equal(outcome.status, 1, outcome.stdout);
      assert.deepEqual(board.commands, [], 'nothing was touched');
      assert.match(outcome.stderr, fault);
      assert.match(outcome.stderr, /the cell is not started: the board could stop/);
      const report = board.run('doctor').stdout;
      const [, words] = /canwarden: (.*)\.\n/.exec(outcome.stderr) ?? [];
      const [, cure] = /Next: {2}(.*)\n/.exec(outcome.stderr) ?? [];
      assert.ok(report.includes(` FAULT  ${words}\n`), `${words} is not in\n${report}`);
      assert.ok(report.includes(` Fix:   ${cure}\n`), `${cure} is not in\n${report}`);
    });
  }

  it('all faults at once, each with its cure', () => {
    const board = ram('00000000-3b3fffff').write(`${SPI}/fe204000.spi/uevent`, '');
    assertFails(board, ['up'], [/memory of the cells/, /has SPI0/]);
  });

  it('also where Jailhouse is enabled already and the cell was taken down', () => {
    const board = ram('00000000-3b3fffff').write('sys/devices/jailhouse/enabled', '1\n');
    assertFails(board, ['up'], [/memory of the cells/]);
    assert.deepEqual(board.commands, []);
  });

  it('a command line longer than the 256 bytes the cell reads', () => {
    const line = `CANWARDEN_CELL_OPTIONS=${'x'.repeat(256)}\n`;
    const board = new FakeBoard().write('etc/default/canwarden', line);
    assertFails(board, ['up'], [/has 256 characters, the cell takes 255/]);
  });
});

describe('canwarden up says what failed', NEEDS_BUSYBOX, () => {
  it('for each command of Jailhouse, with its words and the kernel log', () => {
    for (const [key, what] of [
      ['fail-enable', /enabling Jailhouse with .*rpi4-root.cell failed/],
      ['fail-cell-create', /creating the cell failed/],
      ['fail-cell-load', /loading the cell failed/],
      ['fail-cell-start', /starting the cell failed/],
    ] as const) {
      const board = new FakeBoard()
        .write(`fake/${key}`, 'JAILHOUSE_X: Invalid argument\n')
        .write('fake/dmesg', '[9.1] jailhouse: Configuration revision mismatch\n[9.2] eth0: up\n');
      assertFails(
        board,
        ['up'],
        [
          what,
          /Invalid argument/,
          /Cause: \[9.1\] jailhouse: Configuration revision mismatch/,
          /Next: {2}canwarden doctor/,
        ],
      );
    }
  });

  it('when the module is not there', () => {
    const board = new FakeBoard()
      .remove('dev/jailhouse')
      .write(MODULES, 'kernel/drivers/net/can/vcan.ko:\n');
    assertFails(board, ['up'], [/loading the module failed/, /module jailhouse not found/]);
  });

  it('when the module makes no device node', () => {
    const board = new FakeBoard().remove('dev/jailhouse').write('fake/no-node', '');
    assertFails(board, ['up'], [/no \/dev\/jailhouse/]);
  });

  it('when the cell fails, with the meaning of its status number', () => {
    const line = 'canwarden: no MCP2515 answers on SPI0 CE0: CANSTAT reads 0xff (status 22)\n';
    const board = new FakeBoard()
      .write('fake/start-state', 'failed\n')
      .write('fake/start-console', line);
    assertFails(board, ['up'], [/state: failed/, /status 22 ChipSilentHigh: .*0xff/]);
  });

  it('when the hypervisor stopped the cell before it could say a word', () => {
    const board = new FakeBoard()
      .write('fake/start-state', 'failed\n')
      .write('fake/start-console', 'Parking CPU 3 (Cell: "canwarden")\n');
    assertFails(board, ['up'], [/wrote no line; the hypervisor may have stopped it/]);
  });

  it('when the running cell never says that it is ready, as a doubt and no failure', () => {
    assertFails(
      new FakeBoard().write('fake/start-console', ''),
      ['up'],
      [/no line 'canwarden: ready' after 5 s/],
      0,
    );
  });

  it('when the shared memory cannot be given away, though the cell runs', () => {
    const noDevice = new FakeBoard().write('fake/no-link', '');
    assertFails(noDevice, ['up'], [/no shared-memory device/, /reboot/], 0);
    const noControl = new FakeBoard().write('fake/no-control', '');
    assertFails(noControl, ['up'], [/no device for status and requests/, /works without it/], 0);
    const noModule = new FakeBoard().write(MODULES, 'extra/jailhouse.ko:\n');
    assertFails(noModule, ['up'], [/this kernel has no uio_ivshmem/], 0);
    const refused = new FakeBoard().write('sys/bus/pci/drivers/uio_ivshmem/new_id/x', '');
    assertFails(refused, ['up'], [/does not take 0001:00:00.0/], 0);
  });

  it('when the installation lacks a part of the helper itself', () => {
    const board = new FakeBoard().remove('usr/lib/canwarden/doctor.sh');
    assertFails(board, ['up'], [/doctor.sh is missing: the installation is not whole/]);
  });
});

describe('canwarden down', NEEDS_BUSYBOX, () => {
  it('shuts the cell down and removes it, and leaves Jailhouse enabled', () => {
    const board = new FakeBoard().bringUp();
    const outcome = board.run('down');
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.deepEqual(board.commands, [
      'jailhouse [cell] [shutdown] [canwarden]',
      'jailhouse [cell] [destroy] [canwarden]',
    ]);
    assert.match(outcome.stdout, /Jailhouse stays enabled/);
  });

  it('has nothing to do when there is no cell', () => {
    const board = new FakeBoard();
    const outcome = board.run('down');
    assert.equal(outcome.status, 0);
    assert.match(outcome.stdout, /nothing to stop/);
    assert.deepEqual(board.commands, []);
  });

  it('says what failed', () => {
    for (const [key, what] of [
      ['fail-cell-shutdown', /stopping the cell failed/],
      ['fail-cell-destroy', /removing the cell failed/],
    ] as const) {
      const board = new FakeBoard().bringUp().write(`fake/${key}`, 'Operation not permitted\n');
      assertFails(board, ['down'], [what, /Operation not permitted/]);
    }
  });

  it('needs root', () => {
    assertFails(new FakeBoard().bringUp().write('fake/user', '7\n'), ['down'], [/needs root/]);
  });

  it('can be followed by up again', () => {
    const board = new FakeBoard().bringUp();
    board.run('down');
    assert.equal(board.run('up').status, 0);
    assert.ok(board.has(LINK));
    assert.ok(!board.commands.some((command) => command.includes('[enable]')));
  });
});

describe('canwarden up, the clock of the cores', NEEDS_BUSYBOX, () => {
  // Linux, Documentation/admin-guide/pm/cpufreq.rst: one policy for all cores that share a clock.
  const policy = 'sys/devices/system/cpu/cpufreq/policy0';
  const governor = `${policy}/scaling_governor`;
  const changing = (board = new FakeBoard()): FakeBoard =>
    board
      .write(governor, 'ondemand\n')
      .write(`${policy}/scaling_min_freq`, '600000\n')
      .write(`${policy}/scaling_max_freq`, '1500000\n');

  it('is held by the governor performance, which is said, and given back by down', () => {
    const board = changing();
    const { status, stdout } = board.run('up');
    assert.equal(status, 0);
    const set = `+ echo performance > /${governor}`;
    assert.ok(stdout.indexOf(set) >= 0 && stdout.indexOf(set) < stdout.indexOf('cell create'));
    assert.equal(board.read(governor), 'performance\n');
    board.bringUp().run('up');
    assert.match(board.run('down').stdout, /^\+ echo ondemand > /m);
    assert.equal(board.read(governor), 'ondemand\n');
  });

  it('is held when the cell runs already', () => {
    const board = changing(new FakeBoard().bringUp());
    assert.match(board.run('up').stdout, /already running\n\+ echo performance > /);
    assert.equal(board.read(governor), 'performance\n');
  });

  it('is left alone where it is fixed, and where somebody chose performance or another governor', () => {
    const fixed = changing().write(`${policy}/scaling_min_freq`, '1500000\n');
    assert.doesNotMatch(fixed.run('up').stdout, /governor/);
    assert.equal(fixed.read(governor), 'ondemand\n');
    const chosen = changing().write(governor, 'performance\n');
    chosen.run('up');
    chosen.bringUp().run('down');
    assert.equal(chosen.read(governor), 'performance\n');
    const later = changing();
    later.run('up');
    later.bringUp().write(governor, 'powersave\n').run('down');
    assert.equal(later.read(governor), 'powersave\n');
  });

  it('that the kernel does not let go is a warning: a lower clock stops nothing', () => {
    const board = changing();
    rmSync(join(board.root, governor));
    // A file of the kernel that refuses to be written, for root as well, and says "Linux" when read.
    symlinkSync('/proc/sys/kernel/ostype', join(board.root, governor));
    const { status, stdout, stderr } = board.run('up');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^cell canwarden: running$/m);
    assert.match(stderr, /^canwarden: Linux changes the clock of the cores \(Linux\)/);
    assert.match(stderr, /Next: {2}force_turbo=1 in config\.txt/);
    assert.doesNotMatch(stderr, /can't create|write error|Permission/);
  });
});
