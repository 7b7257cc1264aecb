// SPDX-License-Identifier: MIT
/**
 * The interrupts of a cell, as Jailhouse and the GIC-400 show them: ownership, list registers, WFI.
 * Addresses and bits from IHI 0048B.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_CANWARDEN_WFI } from '../../cell-config/rpi4-canwarden-wfi.ts';
import { UnimplementedFeature, UnimplementedRegister } from '../../twin/unimplemented.ts';
import { type Fixture, makeFixture } from './machine-fixture.ts';

const GICD = 0xff841000;
const GICC = 0xff842000;
const ISENABLER = (intid: number) => GICD + 0x100 + 4 * (intid >> 5);
const ICENABLER = (intid: number) => GICD + 0x180 + 4 * (intid >> 5);
const ICFGR = (intid: number) => GICD + 0xc00 + 4 * (intid >> 4);
const CTLR = GICC + 0x00;
const PMR = GICC + 0x04;
const IAR = GICC + 0x0c;
const EOIR = GICC + 0x10;
const GPIO_BANK = 145;
const IVSHMEM = 185;
const TIMER = 27;
const NOTHING = 1023;
const bit = (intid: number) => (1 << (intid & 31)) >>> 0;
/** From the model: leaving WFI, the hypervisor's exit, reads of GICV, traps to GICD. */
const WAKE_NANOS = 200;
const EXIT_NANOS = 1_300;

let fixture: Fixture;
const read = (address: number) => fixture.machine.readDevice(address, 4);
const write = (address: number, value: number) => fixture.machine.writeDevice(address, 4, value);
const openInterface = () => {
  write(PMR, 0xf0);
  write(CTLR, 1);
};

beforeEach(() => {
  fixture = makeFixture(RPI4_CANWARDEN_WFI);
});

describe('the distributor', () => {
  it('enables what the cell owns, and shows it as enabled', () => {
    for (const intid of [GPIO_BANK, IVSHMEM, TIMER]) {
      assert.equal(read(ISENABLER(intid)) & bit(intid), 0, 'off at cell start');
      write(ISENABLER(intid), bit(intid));
      assert.equal(read(ISENABLER(intid)) & bit(intid), bit(intid) | 0);
      write(ICENABLER(intid), bit(intid));
      assert.equal(read(ISENABLER(intid)) & bit(intid), 0);
    }
  });

  it('masks the interrupts of others: writes do nothing, reads say off', () => {
    fixture = makeFixture(RPI4_CANWARDEN);
    write(ISENABLER(GPIO_BANK), 0xffffffff);
    assert.equal(read(ISENABLER(GPIO_BANK)), 0);
    fixture.interrupts.setLine(GPIO_BANK, true);
    assert.equal(fixture.interrupts.isWaiting, false);
  });

  it("keeps the hypervisor's own: SGI 0 and 1, and the maintenance interrupt", () => {
    write(ISENABLER(0), 0xffffffff);
    assert.equal(read(ISENABLER(0)), (0xffffffff & ~0b11 & ~(1 << 25)) >>> 0);
  });

  it('ignores an irqchip entry for another distributor', () => {
    const [gpio, ...others] = RPI4_CANWARDEN_WFI.interruptControllers;
    assert.ok(gpio);
    const entries = [{ ...gpio, address: GICD + 0x1000 }, ...others];
    fixture = makeFixture({ ...RPI4_CANWARDEN_WFI, interruptControllers: entries });
    write(ISENABLER(GPIO_BANK), bit(GPIO_BANK));
    assert.equal(read(ISENABLER(GPIO_BANK)), 0);
  });

  it('has two configuration bits for each interrupt, of which the upper says edge', () => {
    write(ICFGR(IVSHMEM), 0xffffffff);
    // INTID 185 is the tenth of its word; the other fifteen are not the cell's.
    assert.equal(read(ICFGR(IVSHMEM)), 2 << (2 * (IVSHMEM % 16)));
  });

  it('refuses what the model does not have', () => {
    assert.throws(() => read(GICD + 0x000), UnimplementedRegister, 'GICD_CTLR');
    assert.throws(() => write(GICD + 0x400, 0), UnimplementedRegister, 'GICD_IPRIORITYR');
    assert.throws(() => write(GICD + 0xf00, 0), UnimplementedRegister, 'GICD_SGIR');
    assert.throws(() => fixture.machine.readDevice(GICD + 0x100, 1), UnimplementedFeature);
    write(ISENABLER(IVSHMEM), bit(IVSHMEM));
    const edge = 2 << (2 * (IVSHMEM % 16));
    assert.throws(() => write(ICFGR(IVSHMEM), edge), /which is enabled/);
    assert.throws(() => fixture.interrupts.pulse(IVSHMEM), /configured as a level/);
  });

  it('costs a trap for each access, the CPU interface none', () => {
    const { clock, machine } = fixture;
    const before = clock.now;
    read(ISENABLER(TIMER));
    assert.equal(clock.now - before, machine.timing.trappedAccessNanos);
    read(CTLR);
    assert.equal(
      clock.now - before,
      machine.timing.trappedAccessNanos + machine.timing.deviceReadNanos,
    );
  });
});

describe('an interrupt', () => {
  beforeEach(() => {
    write(ISENABLER(GPIO_BANK), bit(GPIO_BANK));
    write(ISENABLER(TIMER), bit(TIMER));
    openInterface();
  });

  it('costs the cell an exit when it comes, once until it is ended', () => {
    const { clock, machine, interrupts } = fixture;
    interrupts.setLine(GPIO_BANK, true);
    const before = clock.now;
    machine.readDevice(0xfe204000, 4);
    assert.equal(clock.now - before, machine.timing.deviceReadNanos + EXIT_NANOS);
    machine.readDevice(0xfe204000, 4);
    assert.equal(clock.now - before, 2 * machine.timing.deviceReadNanos + EXIT_NANOS);
    assert.equal(interrupts.taken, 1);
  });

  it('is acknowledged, active, and comes again after its end while its line is high', () => {
    fixture.interrupts.setLine(GPIO_BANK, true);
    assert.equal(read(IAR), GPIO_BANK);
    assert.equal(read(IAR), NOTHING, 'it is active');
    write(EOIR, GPIO_BANK);
    assert.equal(read(IAR), GPIO_BANK, 'the line is still high');
    fixture.interrupts.setLine(GPIO_BANK, false);
    write(EOIR, GPIO_BANK);
    assert.equal(read(IAR), NOTHING);
  });

  it('waits behind an active one of the same priority, the lower number first', () => {
    fixture.interrupts.setLine(GPIO_BANK, true);
    fixture.interrupts.setLine(TIMER, true);
    assert.equal(read(IAR), TIMER);
    assert.equal(read(IAR), NOTHING);
    write(EOIR, TIMER);
    fixture.interrupts.setLine(TIMER, false);
    assert.equal(read(IAR), GPIO_BANK);
  });

  it('cannot be ended before it is acknowledged', () => {
    fixture.interrupts.setLine(GPIO_BANK, true);
    assert.throws(() => write(EOIR, GPIO_BANK), /not active/);
  });

  it('of an edge is kept until it is taken, and once more while it is active', () => {
    const edge = 2 << (2 * (IVSHMEM % 16));
    write(ICFGR(IVSHMEM), edge);
    write(ISENABLER(IVSHMEM), bit(IVSHMEM));
    fixture.interrupts.pulse(IVSHMEM);
    fixture.interrupts.pulse(IVSHMEM);
    assert.equal(read(IAR), IVSHMEM);
    fixture.interrupts.pulse(IVSHMEM);
    assert.equal(read(IAR), NOTHING);
    write(EOIR, IVSHMEM);
    assert.equal(read(IAR), IVSHMEM);
    write(EOIR, IVSHMEM);
    assert.equal(read(IAR), NOTHING);
  });

  it('shows nothing while the CPU interface is off or its mask is 0', () => {
    fixture.interrupts.setLine(GPIO_BANK, true);
    write(CTLR, 0);
    assert.equal(read(IAR), NOTHING);
    write(CTLR, 1);
    write(PMR, 0);
    assert.equal(read(IAR), NOTHING);
    write(PMR, 0xf0);
    assert.equal(read(IAR), GPIO_BANK);
    assert.throws(() => write(CTLR, 0x201), /GICC_CTLR = 0x201/, 'EOImode');
    assert.throws(() => write(GICC + 0x1000, GPIO_BANK), UnimplementedRegister, 'GICC_DIR');
  });
});

describe('WFI', () => {
  it('waits for ever when nothing is enabled', () => {
    assert.equal(fixture.machine.waitForInterrupt(), false);
    assert.equal(fixture.clock.now, 0);
  });

  it('waits for ever while the CPU interface is off: nothing reaches the cell', () => {
    write(ISENABLER(TIMER), bit(TIMER));
    fixture.machine.setTimerCompare(5_400n);
    fixture.machine.setTimerControl(1n);
    assert.equal(fixture.machine.waitForInterrupt(), false);
  });

  it('wakes when the timer expires, not before, and again at once while it is not ended', () => {
    const { clock, machine } = fixture;
    write(ISENABLER(TIMER), bit(TIMER));
    openInterface();
    machine.setTimerCompare(5_400n); // 54 MHz: 100 us
    machine.setTimerControl(1n);
    assert.equal(machine.waitForInterrupt(), true);
    assert.equal(clock.now, 100_000 + WAKE_NANOS + EXIT_NANOS);
    machine.setTimerControl(0n);
    assert.equal(machine.waitForInterrupt(), true, 'it is pending in a list register');
    assert.equal(clock.now, 100_000 + WAKE_NANOS + EXIT_NANOS);
    assert.equal(read(IAR), TIMER);
    write(EOIR, TIMER);
    assert.equal(read(IAR), NOTHING, 'the timer is off');
  });

  it('does not wake for a masked timer or one that is off', () => {
    const { machine } = fixture;
    write(ISENABLER(TIMER), bit(TIMER));
    machine.setTimerCompare(5_400n);
    for (const control of [0n, 2n, 3n]) {
      machine.setTimerControl(control);
      assert.equal(machine.waitForInterrupt(), false, `CNTV_CTL ${control}`);
    }
  });

  it('wakes for a line, and counts only the time the core stood still', () => {
    const { clock, machine, interrupts } = fixture;
    write(ISENABLER(GPIO_BANK), bit(GPIO_BANK));
    openInterface();
    const startNanos = clock.now;
    clock.schedule(startNanos + 7_000, () => interrupts.setLine(GPIO_BANK, true));
    assert.equal(machine.waitForInterrupt(), true);
    assert.equal(clock.now, startNanos + 7_000 + WAKE_NANOS + EXIT_NANOS);
    assert.equal(machine.sleptNanos, 7_000);
  });

  it('is no part of a polling round: the idle hint after it skips nothing', () => {
    const { clock, machine, interrupts } = fixture;
    write(ISENABLER(GPIO_BANK), bit(GPIO_BANK));
    openInterface();
    machine.idleUntil(0n);
    clock.schedule(clock.now + 7_000_000, () => interrupts.setLine(GPIO_BANK, true));
    assert.equal(machine.waitForInterrupt(), true);
    clock.schedule(clock.now + 7_000_000, () => {});
    const before = clock.now;
    machine.idleUntil(BigInt(Math.ceil(((before + 10_000) * 54) / 1_000)));
    assert.equal(clock.now, before);
  });

  it('ends at once, with an exit, for what came before it', () => {
    const { clock, machine, interrupts } = fixture;
    write(ISENABLER(GPIO_BANK), bit(GPIO_BANK));
    openInterface();
    interrupts.setLine(GPIO_BANK, true);
    const before = clock.now;
    assert.equal(machine.waitForInterrupt(), true);
    assert.equal(clock.now - before, EXIT_NANOS);
    assert.equal(machine.sleptNanos, 0);
  });
});

it('the interrupt of the ivshmem device is INTID 32 + base + pin - 1: 185 for slot 0 of this cell', () => {
  assert.equal(fixture.own.interruptOf(RPI4_CANWARDEN.virtualPciInterruptBase), IVSHMEM);
});
