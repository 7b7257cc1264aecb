// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The cell's side of the GIC-400, from the register side (GICv2 architecture specification, 4.3 and 4.4).
 */
import { mmio_read32, mmio_write32 } from '../../../src/abi/bsp';
import {
  InterruptController,
  NO_INTERRUPT,
  Trigger,
} from '../../../src/chip/gic400/interrupt-controller';

// Control addresses of the fake host.
const CONTROL_CLEAR: u32 = 0xf0000000;
const CONTROL_WRITES: u32 = 0xf0000004;
const CONTROL_WRITE_LOG: u32 = 0xf0010000;

const GICD: u32 = 0xff841000;
const GICC: u32 = 0xff842000;
const GPIO_BANK: u32 = 145; // word 4, bit 17; configuration word 9, bits 2 and 3
const IVSHMEM: u32 = 185; // word 5, bit 25; configuration word 11, bits 18 and 19

/** Device writes since the log was cleared: address=value. */
function writes(): string {
  let text = '';
  const count = mmio_read32(CONTROL_WRITES);
  for (let index: u32 = 0; index < count; index++) {
    const address = mmio_read32(CONTROL_WRITE_LOG + 8 * index);
    const value = mmio_read32(CONTROL_WRITE_LOG + 8 * index + 4);
    text += (index > 0 ? ' ' : '') + address.toString(16) + '=' + value.toString(16);
  }
  return text;
}

const controller = new InterruptController();

beforeEach(() => {
  controller.place(GICD, GICC);
  for (let word: u32 = 0; word < 8; word++) mmio_write32(GICD + 0x100 + 4 * word, 0);
  mmio_write32(GICD + 0xc00 + 4 * 9, 0);
  mmio_write32(GICD + 0xc00 + 4 * 11, 0);
  mmio_write32(CONTROL_CLEAR, 0);
});

describe('the distributor', () => {
  test('a level of a device: its configuration first, then its enable bit, then the look', () => {
    mmio_write32(GICD + 0xc00 + 4 * 9, 0xffffffff);
    mmio_write32(CONTROL_CLEAR, 0);
    expect(controller.enable(GPIO_BANK, Trigger.Level)).toBe(true);
    expect(writes()).toBe('ff841c24=fffffff3 ff841110=20000');
  });

  test('an edge has the upper of its two bits set', () => {
    expect(controller.enable(IVSHMEM, Trigger.Edge)).toBe(true);
    expect(writes()).toBe('ff841c2c=80000 ff841114=2000000');
  });

  test('an interrupt of the core has a fixed configuration', () => {
    expect(controller.enable(27, Trigger.Level)).toBe(true);
    expect(writes()).toBe('ff841100=8000000');
  });
});

describe('the CPU interface', () => {
  test('lets every priority pass, then is switched on; and off', () => {
    controller.open();
    expect(writes()).toBe('ff842004=f0 ff842000=1');
    mmio_write32(CONTROL_CLEAR, 0);
    controller.close();
    expect(writes()).toBe('ff842000=0');
  });

  test('what is pending is read from IAR without its CPU field, and ended in EOIR', () => {
    mmio_write32(GICC + 0x0c, 0x1c00 | GPIO_BANK);
    expect(controller.acknowledge()).toBe(GPIO_BANK);
    mmio_write32(CONTROL_CLEAR, 0);
    controller.end(GPIO_BANK);
    expect(writes()).toBe('ff842010=91');
  });

  test('special numbers are none', () => {
    for (let number: u32 = 1020; number < 1024; number++) {
      mmio_write32(GICC + 0x0c, number);
      expect(controller.acknowledge()).toBe(NO_INTERRUPT);
    }
    mmio_write32(GICC + 0x0c, 1019);
    expect(controller.acknowledge()).toBe(1019);
  });
});
