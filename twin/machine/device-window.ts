// SPDX-License-Identifier: MIT
/**
 * Devices at physical addresses, as the peripheral bus of the board sees them. The cell's address space
 * enforces who may access a device.
 */
import { UnimplementedFeature } from '../unimplemented.ts';
import type { AccessSize } from './machine.ts';

/** A block of registers. Offsets are relative to its window. */
export interface RegisterDevice {
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
}

/** The address range of a block of registers. */
export interface DeviceWindow {
  readonly name: string;
  readonly physicalStart: number;
  readonly size: number;
  readonly device: RegisterDevice;
}

/** The window at a physical address. Throws UnimplementedFeature if there is none. */
export function findDevice(windows: readonly DeviceWindow[], physical: number): DeviceWindow {
  for (const window of windows) {
    if (physical >= window.physicalStart && physical < window.physicalStart + window.size) {
      return window;
    }
  }
  throw new UnimplementedFeature('board', `a device at physical 0x${physical.toString(16)}`);
}

/** Device with only 32-bit registers, as every BCM2711 block in the twin. */
export interface WordRegisters {
  read32(offset: number): number;
  write32(offset: number, value: number): void;
}

/** Makes a 32-bit register block a RegisterDevice. Other widths are not modelled. */
export function wordRegisters(name: string, registers: WordRegisters): RegisterDevice {
  const check = (offset: number, size: AccessSize): void => {
    if (size === 4 && offset % 4 === 0) return;
    throw new UnimplementedFeature(
      name,
      `a ${size}-byte access at offset 0x${offset.toString(16)}`,
    );
  };
  return {
    read(offset, size) {
      check(offset, size);
      return registers.read32(offset) >>> 0;
    },
    write(offset, size, value) {
      check(offset, size);
      registers.write32(offset, value >>> 0);
    },
  };
}
