// SPDX-License-Identifier: MIT
/** `canwarden doctor`: what of the board itself can be wrong, memory, CPU, SPI and clock. */
import assert from 'node:assert/strict';
import { describe, it } from '../skippable.ts';
import { assertOne, examine, up } from './examine.ts';
import { FakeBoard, NEEDS_BUSYBOX } from './fake-board.ts';

const SPI = 'sys/bus/platform/drivers/spi-bcm2835';

describe('canwarden doctor, memory and CPU', NEEDS_BUSYBOX, () => {
  it('finds Linux in the memory of the cells, at either end and around it', () => {
    for (const range of ['00000000-3b3fffff', '00000000-0a000000', '0affffff-3b3fffff']) {
      const board = up().write('proc/iomem', `${range} : System RAM\n`);
      assertOne(board, '2 memory', [
        new RegExp(range),
        /=> reserve 0x0a000000 to 0x0b000000 no-map/,
      ]);
    }
  });

  it('takes memory that only touches the reservation for right', () => {
    const iomem = '00000000-09ffffff : System RAM\n0b000000-3b3fffff : System RAM\n';
    assert.deepEqual(examine(up().write('proc/iomem', iomem)).faults, []);
  });

  it('tells who is to blame for a missing reservation, by the device tree', () => {
    const nodes = 'proc/device-tree/reserved-memory';
    const board = () => up().write('proc/iomem', '00000000-3b3fffff : System RAM\n');
    const firmware = board().write(`${nodes}/linux,cma/size`, '');
    assertOne(firmware, '2 memory', [/=> .*U-Boot has given Linux another device tree/]);
    const refused = board().write(`${nodes}/canwarden@a000000/reg`, '');
    assertOne(refused, '2 memory', [/=> the device tree reserves it and Linux does not: .*CMA/]);
  });

  it('says when it cannot see the memory map', () => {
    const hidden = '00000000-00000000 : System RAM\n';
    assertOne(up().write('proc/iomem', hidden), '2 memory', [/hides its addresses/]);
    assertOne(up().write('proc/iomem', ''), '2 memory', [/names no System RAM/]);
  });

  it('finds a CPU that is missing, offline, or cannot be switched off', () => {
    const cpu = 'sys/devices/system/cpu/cpu3';
    const fixed = new FakeBoard().remove(`${cpu}/online`).write(`${cpu}/topology/core_id`, '3');
    for (const [board, what] of [
      [new FakeBoard().remove(cpu), /no CPU 3 => take maxcpus=/],
      [fixed, /cannot be switched off.* => .*armstub=bl31.bin/],
      [new FakeBoard().write(`${cpu}/online`, '0\n'), /is offline.* => echo 1 > .*cpu3\/online/],
    ] as const) {
      const { faults } = examine(board);
      assert.match(faults[0], what);
      assert.ok(faults[0].startsWith('3 cpu: '));
    }
  });

  it('finds another cell on the CPU, and is content with one on others', () => {
    const other = (cpus: string) =>
      up()
        .write('sys/devices/jailhouse/cells/0/name', 'Raspberry-Pi4\n')
        .write('sys/devices/jailhouse/cells/0/cpus_assigned_list', '0-3\n')
        .write('sys/devices/jailhouse/cells/2/name', 'linux-demo\n')
        .write('sys/devices/jailhouse/cells/2/cpus_assigned_list', `${cpus}\n`);
    assertOne(other('2-3'), '3 cpu', [
      /the cell 'linux-demo' has CPU 3/,
      /cell destroy linux-demo/,
    ]);
    assertOne(other('1,3'), '3 cpu', [/linux-demo/]);
    assert.deepEqual(examine(other('1-2')).faults, []);
  });
});

describe('canwarden doctor, SPI', NEEDS_BUSYBOX, () => {
  it('finds mcp251x, SPI0 and the other blocks of its page in the hands of Linux', () => {
    const chip = up().write('sys/bus/spi/drivers/mcp251x/spi0.0/modalias', '');
    assertOne(chip, '4 spi', [/mcp251x has spi0.0/, /=> take dtoverlay=mcp2515/]);
    const block = up().write(`${SPI}/fe204000.spi/modalias`, '');
    assertOne(block, '4 spi', [/has SPI0 \(fe204000.spi\)/, /=> take dtparam=spi=on/]);
    const neighbour = up().write(`${SPI}/fe204600.spi/modalias`, '');
    assertOne(neighbour, '4 spi', [/has fe204600.spi, on the same page as SPI0/]);
  });

  it('leaves drivers of other pages alone', () => {
    const board = up().write(`${SPI}/fe215080.spi/modalias`, '').write(`${SPI}/bind`, '');
    assert.deepEqual(examine(board).faults, []);
  });
});

describe('canwarden doctor, the clock of the cores', NEEDS_BUSYBOX, () => {
  const policy = 'sys/devices/system/cpu/cpufreq/policy0';

  it('finds a clock that Linux changes, and one that is kept low', () => {
    assertOne(up().write(`${policy}/scaling_min_freq`, '600000\n'), '9 clock', [
      /Linux changes the clock of the cores \(ondemand, 600 to 1500 MHz\)/,
      /=> force_turbo=1 in config\.txt, reboot; until then: echo performance > /,
      /'canwarden measure --stop' says which promised times hold, and whether the clock changes/,
    ]);
    const low = up()
      .write(`${policy}/scaling_min_freq`, '600000\n')
      .write(`${policy}/scaling_max_freq`, '600000\n');
    assertOne(low, '9 clock', [/600 MHz at most, they can do 1500/, /scaling_max_freq/]);
  });

  it('is content with the performance governor, and with a fixed clock', () => {
    const performance = up()
      .write(`${policy}/scaling_min_freq`, '600000\n')
      .write(`${policy}/scaling_governor`, 'performance\n');
    assert.match(examine(performance).report, /ok {5}the clock of the cores stays at 1500 MHz/);
    assert.deepEqual(examine(performance).faults, []);
  });

  it('says when the kernel does not show it', () => {
    const { status, report } = examine(up().remove(policy));
    assert.equal(status, 0);
    assert.match(report, /^9 clock {8}later {2}this kernel does not show .*force_turbo=1/m);
  });

  it('lets up go on: a lower clock stops nothing', () => {
    const board = new FakeBoard().write(`${policy}/scaling_min_freq`, '600000\n');
    assert.equal(board.run('up').status, 0);
  });
});
