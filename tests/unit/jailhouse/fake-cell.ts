// SPDX-License-Identifier: MIT
/**
 * A cell's surroundings on the fake host: communication region, command line, virtual PCI.
 *
 * Offsets are those of Jailhouse and of the ivshmem v2 specification, written down here a second
 * time on purpose.
 * Does not: answer; the fake host reads back what was written.
 */
import {
  memory_write16,
  memory_write32,
  memory_write64,
  memory_write8,
  mmio_read32,
  mmio_write32,
} from '../../../src/abi/bsp';

export const REGION: u32 = 0x80000000;
export const COMMAND_LINE: u32 = 0x1000;
export const CONFIGURATION: u32 = 0xff900000;
export const REGISTERS: u32 = 0xff000000;
export const STATE_TABLE: u32 = 0x0aa20000;
export const SECTION_BYTES: u32 = 0x40000;

// Control addresses of the fake host (support/fake-host.js).
const CONTROL_CLEAR: u32 = 0xf0000000;
const CONTROL_WRITES: u32 = 0xf0000004;
const CONTROL_HYPERCALLS: u32 = 0xf0000010;
const CONTROL_FAULT_WRITE: u32 = 0xf0000020;
const CONTROL_FAULT_LATE: u32 = 0xf0000034;
const CONTROL_WRITE_LOG: u32 = 0xf0010000;
const CONTROL_HYPERCALL_LOG: u32 = 0xf0020000;

/** Stores ASCII text and a NUL. */
export function writeText(address: u32, text: string): void {
  for (let index = 0; index < text.length; index++) {
    memory_write8(address + index, text.charCodeAt(index));
  }
  memory_write8(address + text.length, 0);
}

/** Fills a communication region of revision 2 in, with console flags and description. */
export function writeRegion(flags: u32, console: u64, type: u32, consoleFlags: u32): void {
  writeText(REGION, 'JHCOMM');
  memory_write16(REGION + 0x06, 2);
  memory_write32(REGION + 0x08, 0);
  memory_write32(REGION + 0x0c, 0);
  memory_write32(REGION + 0x10, 0);
  memory_write32(REGION + 0x14, flags);
  memory_write64(REGION + 0x18, console);
  memory_write16(REGION + 0x24, type);
  memory_write16(REGION + 0x26, consoleFlags);
  memory_write64(REGION + 0x38, CONFIGURATION);
  memory_write32(REGION + 0x60, 153);
}

/** Puts an ivshmem device with this protocol and these sizes at function `bdf`. */
export function writeDevice(bdf: u32, protocol: u32, section: u64, output: u64, base: u64): void {
  const at = CONFIGURATION + (bdf << 12);
  mmio_write32(at, 0x4106_110a);
  mmio_write32(at + 0x08, 0xff00_0000 | (protocol << 8));
  mmio_write32(at + 0x34, 0x40);
  mmio_write32(at + 0x40, 0x0020_0009);
  mmio_write32(at + 0x44, 0x1000);
  mmio_write32(at + 0x48, <u32>section);
  mmio_write32(at + 0x4c, <u32>(section >> 32));
  mmio_write32(at + 0x50, <u32>output);
  mmio_write32(at + 0x54, <u32>(output >> 32));
  mmio_write32(at + 0x58, <u32>base);
  mmio_write32(at + 0x5c, <u32>(base >> 32));
}

/** Takes the device at function `bdf` away. */
export function removeDevice(bdf: u32): void {
  mmio_write32(CONFIGURATION + (bdf << 12), 0xffff_ffff);
}

/** Empties the logs. */
export function clearLogs(): void {
  mmio_write32(CONTROL_CLEAR, 0);
}

/** How many device writes there were, and address and value of each. */
export function writeCount(): u32 {
  return mmio_read32(CONTROL_WRITES);
}

export function writeAddress(index: u32): u32 {
  return mmio_read32(CONTROL_WRITE_LOG + 8 * index);
}

export function writeValue(index: u32): u32 {
  return mmio_read32(CONTROL_WRITE_LOG + 8 * index + 4);
}

/** The device write registered for a trap. */
export function faultAddress(): u32 {
  return mmio_read32(CONTROL_FAULT_WRITE);
}

export function faultIsLate(): bool {
  return mmio_read32(CONTROL_FAULT_LATE) !== 0;
}

export function faultValue(): u32 {
  return mmio_read32(CONTROL_FAULT_WRITE + 4);
}

/** What has been put out by hypercall 8 so far. */
export function hypercallText(): string {
  let text = '';
  const count = mmio_read32(CONTROL_HYPERCALLS);
  for (let index: u32 = 0; index < count; index++) {
    const at = CONTROL_HYPERCALL_LOG + 16 * index;
    if (mmio_read32(at) === 8) text += String.fromCharCode(mmio_read32(at + 4));
  }
  return text;
}
