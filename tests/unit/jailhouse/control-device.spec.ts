// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The control device against the ivshmem v2 specification: found behind others, checked, not touched.
 */
import { mmio_write32 } from '../../../src/abi/bsp';
import { ControlDevice } from '../../../src/jailhouse/control-device';
import { PciBus } from '../../../src/jailhouse/pci';
import { Status } from '../../../src/rt/status';
import { clearLogs, CONFIGURATION, removeDevice, writeCount, writeDevice } from './fake-cell';

const BDF: u32 = 0x10;
const TABLE: u32 = 0x0aa70000;
const OUTPUT_BYTES: u32 = 0x20000;

function check(device: ControlDevice): Status {
  clearLogs();
  return device.check(TABLE, OUTPUT_BYTES);
}

function newDevice(): ControlDevice {
  return new ControlDevice(new PciBus(CONFIGURATION));
}

describe('the control device', () => {
  beforeEach(() => {
    for (let bdf: u32 = 0; bdf < 256; bdf++) removeDevice(bdf);
  });

  test('is found behind the virtio link and the network link, and left alone', () => {
    writeDevice(0, 0x8024, 0x40000, 0, 0x0aa20000);
    writeDevice(8, 0x0001, 0, 0x7f000, 0x0ab00000);
    writeDevice(BDF, 0x4057, 0, OUTPUT_BYTES, TABLE);
    expect(check(newDevice())).toBe(Status.Ok);
    expect(writeCount()).toBe(0);
  });

  test('may be absent, and the last other protocol is named', () => {
    const device = newDevice();
    expect(check(device)).toBe(Status.ControlAbsent);
    expect(device.refused).toBe(0);
    writeDevice(0, 0x8024, 0x40000, 0, 0x0aa20000);
    expect(check(device)).toBe(Status.ControlAbsent);
    expect(device.refused).toBe(0x8024);
  });

  test('without a vendor capability it is none', () => {
    writeDevice(BDF, 0x4057, 0, OUTPUT_BYTES, TABLE);
    mmio_write32(CONFIGURATION + (BDF << 12) + 0x34, 0);
    expect(check(newDevice())).toBe(Status.ControlAbsent);
  });

  test('other sizes and another place are refused and named', () => {
    const device = newDevice();
    writeDevice(BDF, 0x4057, 0x1000, OUTPUT_BYTES, TABLE);
    expect(check(device)).toBe(Status.ControlUnfit);
    expect(device.refused).toBe(0x1000);
    writeDevice(BDF, 0x4057, 0, 0x10000, TABLE);
    expect(check(device)).toBe(Status.ControlUnfit);
    expect(device.refused).toBe(0x10000);
    writeDevice(BDF, 0x4057, 0, 0x1_0002_0000, TABLE);
    expect(check(device)).toBe(Status.ControlUnfit);
    writeDevice(BDF, 0x4057, 0, OUTPUT_BYTES, 0x0aa20000);
    expect(check(device)).toBe(Status.ControlUnfit);
    expect(device.refused).toBe(0x0aa20000);
    writeDevice(BDF, 0x4057, 0, OUTPUT_BYTES, 0x1_0aa7_0000);
    expect(check(device)).toBe(Status.ControlUnfit);
    writeDevice(BDF, 0x4057, 0, OUTPUT_BYTES, TABLE);
    mmio_write32(CONFIGURATION + (BDF << 12) + 0x44, 0x2000);
    expect(check(device)).toBe(Status.ControlUnfit);
    expect(device.refused).toBe(0x2000);
  });
});
