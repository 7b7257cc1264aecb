/**
 * The files the Raspberry Pi 4 needs, ready to write: the root cell, and the warden's in two forms.
 *
 * Used by: scripts/cells.ts and scripts/build.ts.
 * Does not: write them.
 */
import { encodeCell, encodeSystem } from './format/encode.ts';
import type { Revision } from './format/model.ts';
import { RPI4_CANWARDEN } from './rpi4-canwarden.ts';
import { RPI4_CANWARDEN_WFI } from './rpi4-canwarden-wfi.ts';
import { RPI4_ROOT } from './rpi4-root.ts';

/** A file name without folder, and its content. */
export interface ConfigurationFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Root cell and warden's cell in the given file revision; the last one is for `idle=wfi`. */
export function rpi4Files(revision: Revision): ConfigurationFile[] {
  return [
    { name: 'rpi4-root.cell', bytes: encodeSystem(RPI4_ROOT, { revision }) },
    { name: 'rpi4-canwarden.cell', bytes: encodeCell(RPI4_CANWARDEN, { revision }) },
    { name: 'rpi4-canwarden-wfi.cell', bytes: encodeCell(RPI4_CANWARDEN_WFI, { revision }) },
  ];
}
