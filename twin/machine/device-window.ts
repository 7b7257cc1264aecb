/**
 * Devices at physical addresses, as the peripheral bus of the board sees them.
 *
 * Does not: enforce who may reach a device; the cell's address space does.
 */
import { UnimplementedFeature } from '../unimplemented.ts';
import type { AccessSize } from './machine.ts';

/** A block of registers. Offsets are relative to its window. */
export interface RegisterDevice {
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
}

/** Where a block of registers lies. */
export interface DeviceWindow {
  readonly name: string;
  readonly physicalStart: number;
  readonly size: number;
  readonly device: RegisterDevice;
}

/** The window that holds a physical address. Throws UnimplementedFeature if there is none. */
export function findDevice(windows: readonly DeviceWindow[], physical: number): DeviceWindow {
  for (const window of windows) {
    if (physical >= window.physicalStart && physical < window.physicalStart + window.size) {
      return window;
    }
  }
  throw new UnimplementedFeature('board', `a device at physical 0x${physical.toString(16)}`);
}

/** Device with 32-bit registers only, like every block of the BCM2711 that the twin has. */
export interface WordRegisters {
  read32(offset: number): number;
  write32(offset: number, value: number): void;
}

/** Makes a 32-bit register block a RegisterDevice; other widths are not modelled. */
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
