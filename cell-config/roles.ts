// SPDX-License-Identifier: MIT
/**
 * Roles: the end of virtio-can that the cell plays, and the three configurations for each.
 *
 * A role is the class code of one virtual PCI device, in the root cell's file and in the cell's:
 *
 *   role      cell                    AGL
 *   driver    0x8024, the front-end   0xc024: the bridge is the CAN device
 *   device    0xc024, the back-end    0x8024: Linux's own virtio_can drives the cell
 *
 * Image, rules and settings are the same in both.
 */
import type { Cell, System } from './format/model.ts';
import { RPI4_CANWARDEN } from './rpi4-canwarden.ts';
import { RPI4_CANWARDEN_WFI } from './rpi4-canwarden-wfi.ts';
import { IVSHMEM_BDF, VIRTIO_CAN_BACK_END, VIRTIO_CAN_FRONT_END } from './rpi4-layout.ts';
import { RPI4_ROOT } from './rpi4-root.ts';

/** What the cell is: the driver of AGL's virtio-can device, or the device. */
export type Role = (typeof ROLES)[number];
export const ROLES = ['driver', 'device'] as const;
export const DEFAULT_ROLE: Role = 'driver';

/** The machine, and the cell "canwarden" in its two forms. */
export interface RoleConfiguration {
  readonly system: System;
  readonly cell: Cell;
  /** For `idle=wfi`. */
  readonly sleepingCell: Cell;
}

/** The Raspberry Pi 4 with the cell in `role`. */
export function rpi4InRole(role: Role): RoleConfiguration {
  const [cellEnd, rootEnd] =
    role === 'driver'
      ? [VIRTIO_CAN_FRONT_END, VIRTIO_CAN_BACK_END]
      : [VIRTIO_CAN_BACK_END, VIRTIO_CAN_FRONT_END];
  return {
    system: { ...RPI4_ROOT, rootCell: withLinkEnd(RPI4_ROOT.rootCell, rootEnd) },
    cell: withLinkEnd(RPI4_CANWARDEN, cellEnd),
    sleepingCell: withLinkEnd(RPI4_CANWARDEN_WFI, cellEnd),
  };
}

/** The cell's role according to a root cell. Undefined: the root cell has no CAN link. */
export function roleOfRootCell({ pciDevices }: Cell): Role | undefined {
  const protocol = pciDevices.find(({ bdf }) => bdf === IVSHMEM_BDF)?.shmemProtocol;
  if (protocol === VIRTIO_CAN_BACK_END) return 'driver';
  return protocol === VIRTIO_CAN_FRONT_END ? 'device' : undefined;
}

function withLinkEnd(cell: Cell, shmemProtocol: number): Cell {
  const pciDevices = cell.pciDevices.map((device) =>
    device.bdf === IVSHMEM_BDF ? { ...device, shmemProtocol } : device,
  );
  return { ...cell, pciDevices };
}
