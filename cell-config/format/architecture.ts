/**
 * Which architecture a file is for.
 *
 * Revision 14 says it in the header. Revision 13 does not: there the parts that only one architecture
 * has decide, as Jailhouse 63000120 takes them.
 */
import { ARCHITECTURE_ARM64, ARCHITECTURE_NAMES, ARCHITECTURE_X86 } from './constants.ts';
import { CellFormatError } from './error.ts';
import { hexByte } from './fields.ts';
import * as layout from './layout.ts';
import type { Revision } from './model.ts';

/** ARCHITECTURE_* of a file; for revision 13 what its content says, arm64 where it fits both ARMs. */
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
 * padding, a distributor at the start of a page. Jailhouse starts on no other (irqchip_init). The
 * same bytes of an x86 machine are the port of the power management timer, the APIC mode, the limit of
 * the interrupts and the clock of the time stamp counter.
 */
function hasArmPlatform(bytes: Buffer): boolean {
  // A file that is too short is refused by whoever reads it.
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
