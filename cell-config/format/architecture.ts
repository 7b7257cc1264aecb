// SPDX-License-Identifier: MIT
/**
 * Tells the architecture of a file.
 *
 * Revision 14 states it in the header. Revision 13 does not: there the parts that only one architecture has
 * decide, as in Jailhouse 63000120.
 */
import { ARCHITECTURE_ARM64, ARCHITECTURE_NAMES, ARCHITECTURE_X86 } from './constants.ts';
import { CellFormatError } from './error.ts';
import { hexByte } from './fields.ts';
import * as layout from './layout.ts';
import type { Revision } from './model.ts';

/** ARCHITECTURE_* of a file. Revision 13: by content, arm64 if it fits both ARM architectures. */
export function readArchitecture(
  bytes: Buffer,
  revision: Revision,
  kind: 'cell' | 'system',
): number {
  if (revision === 13) {
    const isArm = kind === 'system' ? hasArmPlatform(bytes) : !hasPortRanges(bytes);
    return isArm ? ARCHITECTURE_ARM64 : ARCHITECTURE_X86;
  }
  const architecture = bytes.readUInt8(layout.HEADER.architecture);
  if (architecture >= ARCHITECTURE_NAMES.length) {
    throw new CellFormatError({
      field: 'architecture',
      offset: layout.HEADER.architecture,
      expected: '0 (x86), 1 (arm) or 2 (arm64)',
      got: hexByte(architecture),
    });
  }
  return architecture;
}

/**
 * Whether the platform part of a system file is that of an ARM machine: GIC version 2 or 3, two bytes of
 * padding, a page-aligned distributor. Jailhouse starts on no other (irqchip_init). On an x86 machine the
 * same bytes are the power management timer's port, the APIC mode, the interrupt limit and the clock of the
 * time stamp counter.
 */
function hasArmPlatform(bytes: Buffer): boolean {
  // The reader refuses a file that is too short.
  if (bytes.length < layout.SYSTEM.size) return true;
  const { version, distributorBase } = layout.SYSTEM_GIC.fields;
  const gic = bytes.readUInt8(version.offset);
  const distributor = bytes.readBigUInt64LE(distributorBase.offset);
  const padding = bytes.readUInt16LE(layout.SYSTEM_GIC_PADDING.offset);
  return (
    (gic === 2 || gic === 3) && padding === 0 && distributor !== 0n && distributor % 0x1000n === 0n
  );
}

/** ARM has no ports. */
function hasPortRanges(bytes: Buffer): boolean {
  const { offset } = layout.CELL_COUNTS.fields.portRanges;
  return bytes.length >= offset + 4 && bytes.readUInt32LE(offset) !== 0;
}
