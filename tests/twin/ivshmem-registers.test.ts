// SPDX-License-Identifier: MIT
/** The ivshmem device as the cell finds and drives it. Numbers: ivshmem v2 specification, Jailhouse. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CellParked } from '../../twin/machine/machine.ts';
import { makeFixture } from './machine-fixture.ts';

const CONFIG = 0xff900000;
const BAR0 = 0xff000000;
const READ_WRITE_SECTION_BYTES = 0x40000n;
const ID = 0x00;
const MAX_PEERS = 0x04;
const INT_CTRL = 0x08;
const DOORBELL = 0x0c;
const STATE = 0x10;

/** The fixture with BAR0 programmed and memory decoding on, as the cell does it. */
function makeEnabled() {
  const fixture = makeFixture();
  fixture.machine.writeDevice(CONFIG + 0x10, 4, BAR0);
  fixture.machine.writeDevice(CONFIG + 0x04, 4, 0x6);
  return fixture;
}

describe('ivshmem discovery', () => {
  it('shows vendor, device, class of the virtio-can driver end and the interrupt pin', () => {
    const { machine } = makeFixture();
    assert.equal(machine.readDevice(CONFIG + 0x00, 4), 0x4106110a);
    assert.equal(machine.readDevice(CONFIG + 0x04, 4), 0x00100000);
    assert.equal(machine.readDevice(CONFIG + 0x08, 4), 0xff802400);
    assert.equal(machine.readDevice(CONFIG + 0x2c, 4), 0x4106110a);
    assert.equal(machine.readDevice(CONFIG + 0x34, 4) & 0xff, 0x40);
    assert.equal((machine.readDevice(CONFIG + 0x3c, 4) >>> 8) & 0xff, 1);
  });

  it('describes its memory in the vendor capability', () => {
    const { machine } = makeFixture();
    const quad = (offset: number): bigint =>
      BigInt(machine.readDevice(CONFIG + offset, 4)) |
      (BigInt(machine.readDevice(CONFIG + offset + 4, 4)) << 32n);
    assert.equal(machine.readDevice(CONFIG + 0x40, 4), 0x00200009);
    assert.equal(machine.readDevice(CONFIG + 0x44, 4), 0x1000);
    assert.equal(quad(0x48), READ_WRITE_SECTION_BYTES);
    assert.equal(quad(0x50), 0n);
    assert.equal(quad(0x58), 0x0aa20000n);
  });

  it('reads all ones where no device is and beyond the image', () => {
    const { machine } = makeFixture();
    assert.equal(machine.readDevice(CONFIG + 0x1000, 4), 0xffffffff);
    assert.equal(machine.readDevice(CONFIG + 0x80, 4), 0xffffffff);
  });

  it('gives the neighbours too when less than a dword is read', () => {
    const { machine } = makeFixture();
    assert.equal(machine.readDevice(CONFIG + 0x01, 1), 0x4106110a >>> 8);
    assert.equal(machine.readDevice(CONFIG + 0x02, 2), 0x4106);
  });

  it('parks the cell that writes where no device is, or to a read-only dword', () => {
    const writes = [CONFIG + 0x8000 + 4, CONFIG + 0x00, CONFIG + 0x2c, CONFIG + 0x80];
    for (const address of writes) {
      assert.throws(() => makeFixture().machine.writeDevice(address, 4, 0), CellParked);
    }
  });

  it('sizes BAR0 as one page and lets the guest place it', () => {
    const { machine } = makeFixture();
    machine.writeDevice(CONFIG + 0x10, 4, 0xffffffff);
    assert.equal(machine.readDevice(CONFIG + 0x10, 4), 0xfffff000);
    assert.throws(() => machine.readDevice(BAR0, 4), CellParked, 'decoding is still off');
    machine.writeDevice(CONFIG + 0x10, 4, BAR0);
    machine.writeDevice(CONFIG + 0x04, 4, 0x6);
    assert.equal(machine.readDevice(CONFIG + 0x04, 4), 0x00100006);
    assert.equal(machine.readDevice(BAR0 + ID, 4), 1);
    machine.writeDevice(CONFIG + 0x04, 4, 0x0);
    assert.throws(() => machine.readDevice(BAR0, 4), CellParked);
  });
});

describe('ivshmem registers', () => {
  it('tells id and number of peers, and reads 0 elsewhere', () => {
    const { machine } = makeEnabled();
    assert.equal(machine.readDevice(BAR0 + ID, 4), 1);
    assert.equal(machine.readDevice(BAR0 + MAX_PEERS, 4), 2);
    assert.equal(machine.readDevice(BAR0 + DOORBELL, 4), 0);
    assert.equal(machine.readDevice(BAR0 + 0x20, 4), 0);
    machine.writeDevice(BAR0 + ID, 4, 7);
    assert.equal(machine.readDevice(BAR0 + ID, 4), 1);
  });

  it('writes the state into the table that both sides see, and interrupts the peer on a change', () => {
    const { machine, agl, stateTable } = makeEnabled();
    let interrupts = 0;
    agl.onInterrupt = () => (interrupts += 1);
    agl.writeRegister(INT_CTRL, 1);
    assert.equal(stateTable.readUInt32LE(4), 0, 'zeroed when the first peer attached');
    machine.writeDevice(BAR0 + STATE, 4, 1);
    assert.equal(stateTable.readUInt32LE(4), 1);
    assert.equal(interrupts, 1);
    machine.writeDevice(BAR0 + STATE, 4, 1);
    assert.equal(interrupts, 1, 'the same state again is no change');
  });

  it('rings the doorbell of a peer whose interrupts are on; vector 1 does not exist with INTx', () => {
    const { machine, agl } = makeEnabled();
    let interrupts = 0;
    agl.onInterrupt = () => (interrupts += 1);
    machine.writeDevice(BAR0 + DOORBELL, 4, 0);
    assert.equal(interrupts, 0, 'off: the interrupt is lost');
    agl.writeRegister(INT_CTRL, 1);
    assert.equal(interrupts, 0, 'and not latched');
    machine.writeDevice(BAR0 + DOORBELL, 4, 0);
    machine.writeDevice(BAR0 + DOORBELL, 4, 1);
    machine.writeDevice(BAR0 + DOORBELL, 4, 0x00050000);
    assert.equal(interrupts, 1);
  });

  it('switches interrupts off after each one in one-shot mode', () => {
    const { machine, agl } = makeEnabled();
    let interrupts = 0;
    agl.onInterrupt = () => (interrupts += 1);
    agl.writeConfig(0x40, 1 << 24, 1 << 24);
    agl.writeRegister(INT_CTRL, 1);
    machine.writeDevice(BAR0 + DOORBELL, 4, 0);
    machine.writeDevice(BAR0 + DOORBELL, 4, 0);
    assert.equal(interrupts, 1);
    assert.equal(agl.readRegister(INT_CTRL), 0);
    agl.writeRegister(INT_CTRL, 1);
    machine.writeDevice(BAR0 + DOORBELL, 4, 0);
    assert.equal(interrupts, 2);
  });

  it('is back at its defaults after a reset, which the peer hears of', () => {
    const { machine, own, agl, stateTable } = makeEnabled();
    let interrupts = 0;
    agl.writeRegister(INT_CTRL, 1);
    machine.writeDevice(BAR0 + STATE, 4, 1);
    machine.writeDevice(BAR0 + INT_CTRL, 4, 1);
    agl.onInterrupt = () => (interrupts += 1);
    own.reset();
    assert.equal(stateTable.readUInt32LE(4), 0);
    assert.equal(interrupts, 1);
    assert.equal(own.readRegister(INT_CTRL), 0);
    assert.equal(machine.readDevice(CONFIG + 0x04, 4), 0x00100000);
    assert.equal(machine.readDevice(CONFIG + 0x10, 4), 0);
  });
});
