// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The ivshmem device against the ivshmem v2 specification: finding, checking, mapping, using it.
 */
import {
  memory_read16,
  memory_read32,
  memory_read64,
  memory_write32,
  memory_write64,
  mmio_read32,
  mmio_write32,
} from '../../../src/abi/bsp';
import {
  IvshmemDevice,
  PROTOCOL_CAN_BACK_END,
  PROTOCOL_CAN_FRONT_END,
} from '../../../src/jailhouse/ivshmem-device';
import { IvshmemLink } from '../../../src/jailhouse/ivshmem-link';
import { PciBus } from '../../../src/jailhouse/pci';
import { SharedSection } from '../../../src/jailhouse/shared-section';
import { Status } from '../../../src/rt/status';
import {
  clearLogs,
  CONFIGURATION,
  faultAddress,
  faultIsLate,
  faultValue,
  REGISTERS,
  removeDevice,
  SECTION_BYTES,
  STATE_TABLE,
  writeAddress,
  writeCount,
  writeDevice,
  writeValue,
} from './fake-cell';

function open(device: IvshmemDevice): Status {
  clearLogs();
  return device.open(REGISTERS, STATE_TABLE, SECTION_BYTES);
}

function newDevice(): IvshmemDevice {
  return new IvshmemDevice(new PciBus(CONFIGURATION));
}

describe('the ivshmem device', () => {
  beforeEach(() => {
    for (let bdf: u32 = 0; bdf < 256; bdf++) removeDevice(bdf);
  });

  test('is found by vendor, device and class, BAR0 first and then the command register', () => {
    writeDevice(0, 0x8024, SECTION_BYTES, 0, STATE_TABLE);
    const device = newDevice();
    expect(open(device)).toBe(Status.Ok);
    expect(device.protocol).toBe(PROTOCOL_CAN_FRONT_END);
    expect(device.stateTable).toBe(0x0aa20000);
    expect(device.section).toBe(0x0aa21000);
    expect(device.sectionBytes).toBe(0x40000);
    expect(writeCount()).toBe(2);
    expect(writeAddress(0)).toBe(0xff900010);
    expect(writeValue(0)).toBe(0xff000000);
    expect(writeAddress(1)).toBe(0xff900004);
    expect(writeValue(1)).toBe(0x0006);
  });

  test('has the interrupt of its pin: 32 + base + pin - 1', () => {
    writeDevice(0, 0x8024, SECTION_BYTES, 0, STATE_TABLE);
    const device = newDevice();
    expect(open(device)).toBe(Status.Ok);
    mmio_write32(CONFIGURATION + 0x3c, 0x0000_0100);
    expect(device.interrupt(153)).toBe(185);
    mmio_write32(CONFIGURATION + 0x3c, 0x0000_0305);
    expect(device.interrupt(153)).toBe(187);
  });

  test('is found behind another ivshmem device, and as back-end', () => {
    writeDevice(0, 0x0001, 0x7f000, 0x7f000, 0x0ab00000);
    writeDevice(8, 0xc024, SECTION_BYTES, 0, STATE_TABLE);
    const device = newDevice();
    expect(open(device)).toBe(Status.Ok);
    expect(device.protocol).toBe(PROTOCOL_CAN_BACK_END);
    expect(writeAddress(0)).toBe(0xff908010);
  });

  test('its capability may come second in the list', () => {
    writeDevice(0, 0x8024, SECTION_BYTES, 0, STATE_TABLE);
    mmio_write32(CONFIGURATION + 0x34, 0x60);
    mmio_write32(CONFIGURATION + 0x60, 0x0000_4011);
    expect(open(newDevice())).toBe(Status.Ok);
    // And a list without end is left.
    mmio_write32(CONFIGURATION + 0x60, 0x0000_6011);
    expect(open(newDevice())).toBe(Status.IvshmemAbsent);
  });

  test('an empty bus is never written to', () => {
    expect(open(newDevice())).toBe(Status.IvshmemAbsent);
    expect(writeCount()).toBe(0);
  });

  test('what does not fit is refused, named, and not mapped', () => {
    const device = newDevice();
    writeDevice(0, 0x4000, SECTION_BYTES, 0, STATE_TABLE);
    expect(open(device)).toBe(Status.IvshmemProtocol);
    expect(device.refused).toBe(0x4000);
    writeDevice(0, 0x8024, 0x1000, 0, STATE_TABLE);
    expect(open(device)).toBe(Status.IvshmemSectionSize);
    expect(device.refused).toBe(0x1000);
    writeDevice(0, 0x8024, 0x41000, 0, STATE_TABLE);
    expect(open(device)).toBe(Status.IvshmemSectionSize);
    writeDevice(0, 0x8024, 0x1_0000_2000, 0, STATE_TABLE);
    expect(open(device)).toBe(Status.IvshmemSectionSize);
    writeDevice(0, 0x8024, SECTION_BYTES, 0x1000, STATE_TABLE);
    expect(open(device)).toBe(Status.IvshmemSectionSize);
    expect(device.refused).toBe(0x1000);
    writeDevice(0, 0x8024, SECTION_BYTES, 0, 0x0ab00000);
    expect(open(device)).toBe(Status.IvshmemAddress);
    expect(device.refused).toBe(0x0ab00000);
    writeDevice(0, 0x8024, SECTION_BYTES, 0, 0x1_0aa2_0000);
    expect(open(device)).toBe(Status.IvshmemAddress);
    expect(writeCount()).toBe(0);
  });
});

describe('the ivshmem link', () => {
  beforeEach(() => {
    mmio_write32(REGISTERS, 1);
    mmio_write32(REGISTERS + 4, 2);
    memory_write32(STATE_TABLE, 0);
    memory_write32(STATE_TABLE + 4, 0);
  });

  test('has two peers, the other one is the other number', () => {
    const link = new IvshmemLink(REGISTERS, STATE_TABLE);
    expect(link.open()).toBe(Status.Ok);
    expect(link.ownId).toBe(1);
    expect(link.peerId).toBe(0);
    memory_write32(STATE_TABLE, 7);
    expect(link.peerState()).toBe(7);
    mmio_write32(REGISTERS, 0);
    expect(link.open()).toBe(Status.Ok);
    memory_write32(STATE_TABLE + 4, 9);
    expect(link.peerState()).toBe(9);
  });

  test('another number of peers, or of this one, is refused', () => {
    const link = new IvshmemLink(REGISTERS, STATE_TABLE);
    mmio_write32(REGISTERS + 4, 3);
    expect(link.open()).toBe(Status.IvshmemPeers);
    expect(link.peers).toBe(3);
    mmio_write32(REGISTERS + 4, 2);
    mmio_write32(REGISTERS, 2);
    expect(link.open()).toBe(Status.IvshmemIdentity);
  });

  test('state, doorbell and interrupt control are the registers of the specification', () => {
    const link = new IvshmemLink(REGISTERS, STATE_TABLE);
    link.open();
    clearLogs();
    link.setOwnState(1);
    link.notifyPeer();
    link.setInterruptEnabled(true);
    link.setInterruptEnabled(false);
    expect(writeAddress(0)).toBe(0xff000010);
    expect(writeValue(0)).toBe(1);
    expect(writeAddress(1)).toBe(0xff00000c);
    expect(writeValue(1)).toBe(0x0000_0000, 'peer 0, vector 0');
    expect(writeAddress(2)).toBe(0xff000008);
    expect(writeValue(2)).toBe(1);
    expect(writeValue(3)).toBe(0);
    link.withdrawOnFault();
    expect(faultAddress()).toBe(0xff000010);
    expect(faultValue()).toBe(0);
    link.holdOnFault(true);
    expect(faultIsLate()).toBe(true);
    link.holdOnFault(false);
    expect(faultIsLate()).toBe(false);
    memory_write32(STATE_TABLE + 4, 1);
    expect(link.isReady).toBe(true, 'peer 1 is the cell');
    memory_write32(STATE_TABLE + 4, 0);
    memory_write32(STATE_TABLE, 1);
    expect(link.isReady).toBe(false);
    mmio_write32(REGISTERS, 0);
    link.open();
    clearLogs();
    link.notifyPeer();
    expect(writeValue(0)).toBe(0x0001_0000, 'peer 1, vector 0');
    expect(mmio_read32(REGISTERS)).toBe(0);
  });
});

describe('the shared section', () => {
  test('reads and writes little-endian at its place', () => {
    const section = new SharedSection(0x20000000, 0x2000);
    section.write64(8, 0x1122334455667788);
    expect(section.read8(8)).toBe(0x88);
    expect(section.read16(10)).toBe(0x5566);
    expect(section.read32(12)).toBe(0x11223344);
    expect(section.read64(8)).toBe(0x1122334455667788);
    expect(memory_read32(0x20000008)).toBe(0x55667788);
    section.write16(0x1ffe, 0xabcd);
    expect(memory_read16(0x20001ffe)).toBe(0xabcd);
  });

  test('nothing outside is ever touched: an offset too large comes out inside', () => {
    memory_write32(0x1ffffffc, 0x01020304);
    memory_write32(0x20002000, 0x01020304);
    const section = new SharedSection(0x20000000, 0x2000);
    section.write32(0x2000, 9);
    section.write64(0xffff_fff8, 7);
    expect(section.read32(0)).toBe(9);
    expect(section.read32(0xffff_e000)).toBe(9);
    expect(section.read64(0x1ff8)).toBe(7);
    expect(memory_read32(0x1ffffffc)).toBe(0x01020304);
    expect(memory_read32(0x20002000)).toBe(0x01020304);
  });

  test('blocks are wholly inside, whatever the offset and their number', () => {
    memory_write64(0x20002000, 0x0102030405060708);
    const section = new SharedSection(0x20000000, 0x2000);
    section.blockWrite64(section.blocks(0x40, 1) + 8, 5);
    expect(section.read64(0x48)).toBe(5);
    section.blockWrite64(section.blocks(0x1fff, 1) + 24, 6);
    expect(section.read64(0x1ff8)).toBe(6, 'the last block');
    section.blockWrite64(section.blocks(0xffff_ffff, 1) + 24, 7);
    expect(section.read64(0x1ff8)).toBe(7);
    section.blockWrite8(section.blocks(0x2000, 1), 8);
    expect(section.blocks(0x1f00, 8)).toBe(0x20001f00);
    expect(section.blocks(0x1f00, 9)).toBe(0x20000000, 'one too many');
    expect(section.blocks(0x20, 0xffff_ffff)).toBe(0x20000000);
    expect(section.read8(0)).toBe(8);
    section.blockWrite16(section.blocks(0, 1) + 2, 0xabcd);
    section.blockWrite32(section.blocks(0, 1) + 4, 0x11223344);
    expect(section.blockRead16(section.blocks(0, 1) + 2)).toBe(0xabcd);
    expect(section.read64(0)).toBe(0x11223344_abcd_0008);
    expect(memory_read64(0x20002000)).toBe(0x0102030405060708);
  });
});
