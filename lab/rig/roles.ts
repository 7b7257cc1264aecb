// SPDX-License-Identifier: MIT
/**
 * The cell pair with the ends of the link exchanged. The cell is the virtio-can device (class code
 * 0xffc024), and AGL is the driver (0xff8024).
 */
import type { Cell, System } from '../../cell-config/format/model.ts';

const FRONT_END = 0x8024;
const BACK_END = 0xc024;

function withProtocol(cell: Cell, protocol: number): Cell {
  const pciDevices = cell.pciDevices.map((device) =>
    [FRONT_END, BACK_END].includes(device.shmemProtocol)
      ? { ...device, shmemProtocol: protocol }
      : device,
  );
  return { ...cell, pciDevices };
}

/** For a rig whose ends of the link are exchanged. */
export const EXCHANGED_ROLES = {
  changeCell: (cell: Cell): Cell => withProtocol(cell, BACK_END),
  changeSystem: (system: System): System => ({
    ...system,
    rootCell: withProtocol(system.rootCell, FRONT_END),
  }),
};
