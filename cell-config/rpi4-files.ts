// SPDX-License-Identifier: MIT
/**
 * The configuration files of the Raspberry Pi 4: the root cell, and the cell in two forms.
 */
import { encodeCell, encodeSystem } from './format/encode.ts';
import type { Revision } from './format/model.ts';
import { rpi4InRole } from './roles.ts';
import type { Role } from './roles.ts';

/** A file name without folder, and its content. */
export interface ConfigurationFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Root cell and cell of `role` in the given file revision. The last file is for `idle=wfi`. */
export function rpi4Files(revision: Revision, role: Role): ConfigurationFile[] {
  const { system, cell, sleepingCell } = rpi4InRole(role);
  return [
    { name: 'rpi4-root.cell', bytes: encodeSystem(system, { revision }) },
    { name: 'rpi4-canwarden.cell', bytes: encodeCell(cell, { revision }) },
    { name: 'rpi4-canwarden-wfi.cell', bytes: encodeCell(sleepingCell, { revision }) },
  ];
}
