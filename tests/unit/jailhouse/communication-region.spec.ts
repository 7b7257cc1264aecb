// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The communication region against Jailhouse's hypercall.h: signature, revision, messages, fields.
 */
import {
  memory_read32,
  memory_write16,
  memory_write32,
  memory_write64,
  memory_write8,
} from '../../../src/abi/bsp';
import {
  CellMessage,
  CellState,
  CommunicationRegion,
} from '../../../src/jailhouse/communication-region';
import { Status } from '../../../src/rt/status';
import { CONFIGURATION, REGION, writeRegion } from './fake-cell';

describe('the communication region', () => {
  beforeEach(() => writeRegion(3, 0xfe215040, 2, 3));

  test('is taken with its signature and revision 2, and refused otherwise', () => {
    const region = new CommunicationRegion(REGION);
    expect(region.check()).toBe(Status.Ok);
    memory_write16(REGION + 6, 1);
    expect(region.check()).toBe(Status.CommRegionRevision);
    expect(region.revision).toBe(1);
    memory_write16(REGION + 6, 2);
    for (let index: u32 = 0; index < 6; index++) {
      writeRegion(3, 0, 0, 0);
      memory_write8(REGION + index, 0x2e);
      expect(region.check()).toBe(Status.CommRegionMagic, `byte ${index}`);
    }
  });

  test('a shutdown request stays until it is approved: message 0, reply 3', () => {
    const region = new CommunicationRegion(REGION);
    expect(region.pollMessage()).toBe(CellMessage.None);
    memory_write32(REGION + 0x0c, 1);
    expect(region.pollMessage()).toBe(CellMessage.ShutdownRequest);
    expect(region.pollMessage()).toBe(CellMessage.ShutdownRequest);
    expect(memory_read32(REGION + 0x10)).toBe(0, 'no reply yet');
    region.approveShutdown();
    expect(memory_read32(REGION + 0x0c)).toBe(0);
    expect(memory_read32(REGION + 0x10)).toBe(3);
    expect(region.pollMessage()).toBe(CellMessage.None);
  });

  test('a shutdown request that is denied is replied to with 2, and can come again', () => {
    const region = new CommunicationRegion(REGION);
    memory_write32(REGION + 0x0c, 1);
    expect(region.pollMessage()).toBe(CellMessage.ShutdownRequest);
    region.denyShutdown();
    expect(memory_read32(REGION + 0x0c)).toBe(0);
    expect(memory_read32(REGION + 0x10)).toBe(2);
    expect(region.pollMessage()).toBe(CellMessage.None);
    memory_write32(REGION + 0x0c, 1);
    expect(region.pollMessage()).toBe(CellMessage.ShutdownRequest);
  });

  test('a finished reconfiguration is replied to with 4, the unknown with 1', () => {
    const region = new CommunicationRegion(REGION);
    memory_write32(REGION + 0x0c, 2);
    expect(region.pollMessage()).toBe(CellMessage.None);
    expect(memory_read32(REGION + 0x0c)).toBe(0);
    expect(memory_read32(REGION + 0x10)).toBe(4);
    memory_write32(REGION + 0x10, 0);
    memory_write32(REGION + 0x0c, 77);
    expect(region.pollMessage()).toBe(CellMessage.None);
    expect(memory_read32(REGION + 0x0c)).toBe(0);
    expect(memory_read32(REGION + 0x10)).toBe(1);
  });

  test('states are written as Jailhouse numbers them', () => {
    const region = new CommunicationRegion(REGION);
    region.setState(CellState.RunningLocked);
    expect(memory_read32(REGION + 0x08)).toBe(1);
    region.setState(CellState.ShutDown);
    expect(memory_read32(REGION + 0x08)).toBe(2);
    region.setState(CellState.Failed);
    expect(memory_read32(REGION + 0x08)).toBe(3);
    region.setState(CellState.FailedRevision);
    expect(memory_read32(REGION + 0x08)).toBe(4);
    region.setState(CellState.Running);
    expect(memory_read32(REGION + 0x08)).toBe(0);
  });

  test('tells where the interrupt controller is, and its version', () => {
    const region = new CommunicationRegion(REGION);
    memory_write32(REGION + 0x40, 0xaabbcc02);
    memory_write64(REGION + 0x48, 0xff841000);
    memory_write64(REGION + 0x50, 0xff842000);
    expect(region.interruptControllerVersion).toBe(2);
    expect(region.distributorBase).toBe(0xff841000);
    expect(region.cpuInterfaceBase).toBe(0xff842000);
    memory_write64(REGION + 0x50, 0x1_ff84_2000);
    expect(region.cpuInterfaceBase).toBe(0, 'out of reach');
  });

  test('tells where virtual PCI is', () => {
    const region = new CommunicationRegion(REGION);
    expect(region.pciConfigurationBase).toBe(CONFIGURATION);
    expect(region.virtualPciInterruptBase).toBe(153);
    memory_write64(REGION + 0x38, 0x1_0000_0000);
    expect(region.pciConfigurationBase).toBe(0, 'out of reach');
  });
});
