// SPDX-License-Identifier: MIT
/** What the cell may touch, and what parks it. Numbers: the cell's memory map; Jailhouse mmio.c. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RPI4_CANWARDEN_WFI } from '../../cell-config/rpi4-canwarden-wfi.ts';
import { CellParked } from '../../twin/machine/machine.ts';
import { makeFixture } from './machine-fixture.ts';

const SPI0_CS = 0xfe204000;
const GPIO_GPLEV0 = 0xfe200034;
const UART_THR = 0xfe215040;
const UART_LSR = 0xfe215054;
const STATE_TABLE = 0x0aa20000;
const READ_WRITE_SECTION = 0x0aa21000;
const REQUESTS = 0x0aa71000;
const STATUS_PAGE = 0x0aa91000;
const COMMUNICATION_REGION = 0x80000000;
const CELL_STATE = 0x08;
const CELL_FAILED = 3;

const parked = (pattern: RegExp) => (error: unknown) =>
  error instanceof CellParked && pattern.test(error.message);

describe('the walls of the cell', () => {
  it('maps RAM, communication region and shared memory as whole pages', () => {
    const { machine } = makeFixture();
    const found = machine.memories.map(({ name, base, bytes, writable, executable }) => {
      return [name, base, bytes.length, writable, executable];
    });
    assert.deepEqual(found, [
      ['state table', STATE_TABLE, 0x1000, false, false],
      ['read/write section', READ_WRITE_SECTION, 0x40000, true, false],
      ['state table of PCI device 0x10', 0x0aa70000, 0x1000, false, false],
      ['output section 0 of PCI device 0x10', REQUESTS, 0x20000, false, false],
      ['output section 1 of PCI device 0x10', STATUS_PAGE, 0x20000, true, false],
      ['RAM', 0, 0x200000, true, true],
      ['communication region', COMMUNICATION_REGION, 0x1000, true, false],
    ]);
  });

  it('leaves RAM stale at start instead of zeroing it', () => {
    const { machine } = makeFixture();
    const ram = machine.memories.find(({ name }) => name === 'RAM');
    assert.ok(ram?.bytes.every((byte) => byte === 0xa5));
  });

  it('passes accesses of the SPI0 and GPIO pages to the devices', () => {
    const { machine, spi0, gpio } = makeFixture();
    machine.writeDevice(SPI0_CS, 4, 0x30);
    assert.equal(machine.readDevice(SPI0_CS + 4, 4), 5);
    assert.equal(machine.readDevice(GPIO_GPLEV0, 4), 0x35);
    assert.deepEqual(spi0.accesses, ['write32 0x0 = 0x30', 'read32 0x4']);
    assert.deepEqual(gpio.accesses, ['read32 0x34']);
  });

  it('parks the cell that writes to the read-only GPIO page', () => {
    const { machine, gpio } = makeFixture();
    assert.throws(() => machine.writeDevice(0xfe20001c, 4, 1), parked(/no WRITE flag/));
    assert.deepEqual(gpio.accesses, []);
  });

  it('parks the cell that writes to an output section of root’s, not to its own', () => {
    const { machine } = makeFixture();
    assert.equal(machine.readDevice(REQUESTS, 4), 0xa5a5a5a5, 'stale until root writes');
    assert.throws(() => machine.writeDevice(REQUESTS, 4, 1), parked(/output section 0.*no WRITE/));
    machine.writeDevice(STATUS_PAGE, 4, 0x54535743);
    assert.equal(machine.readDevice(STATUS_PAGE, 4), 0x54535743);
  });

  it('parks the cell that writes to the state table', () => {
    const { machine } = makeFixture();
    assert.throws(() => machine.writeDevice(STATE_TABLE + 4, 4, 1), parked(/state table/));
  });

  it('parks the cell outside every region', () => {
    const { machine } = makeFixture();
    assert.throws(() => machine.readDevice(0x00200000, 4), parked(/in no memory region/));
    assert.throws(() => machine.readDevice(0xfe201000, 4), parked(/0xfe201000/));
  });

  it('checks every access of a region smaller than a page by width and alignment', () => {
    const { machine, console } = makeFixture();
    assert.equal(machine.readDevice(UART_LSR, 4) & 0x20, 0x20);
    machine.writeDevice(UART_THR, 1, 0x41);
    machine.writeDevice(UART_THR, 4, 0x0a);
    assert.deepEqual(console.cellText, ['A']);
    assert.throws(() => machine.readDevice(UART_LSR, 2), parked(/no IO_16 flag/));
    assert.throws(() => machine.readDevice(UART_LSR + 2, 4), parked(/not naturally aligned/));
  });

  it('says on the console what happened and marks the cell as failed', () => {
    const { machine, console, space } = makeFixture();
    assert.throws(() => machine.readDevice(0xfe201000, 4));
    const lines = console.lines.map(({ source, text }) => `${source}: ${text}`);
    assert.match(lines[0] ?? '', /^hypervisor: FATAL: unhandled data read.* at 0xfe201000: in no/);
    assert.equal(lines[1], 'hypervisor: Parking CPU 3 (Cell: "canwarden")');
    assert.equal(space.communicationRegion.bytes.readUInt32LE(CELL_STATE), CELL_FAILED);
  });

  it('parks a write to the GPIO page, which only the cell config for idle=wfi allows', () => {
    const gplen0 = 0xfe200070;
    const { machine } = makeFixture();
    assert.throws(() => machine.writeDevice(gplen0, 4, 1 << 25), CellParked);
    const granted = makeFixture(RPI4_CANWARDEN_WFI);
    granted.machine.writeDevice(gplen0, 4, 1 << 25);
    assert.deepEqual(granted.gpio.accesses, ['write32 0x70 = 0x2000000']);
  });
});
