// SPDX-License-Identifier: MIT
/**
 * The built files that a board needs, read from build/ or from the folder of a variant.
 *
 * Does not: build anything.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, readInput } from '../../cell-config/files.ts';
import { decodePair } from '../../cell-config/format/decode.ts';
import { readElf } from '../../cell-config/image/elf.ts';
import type { BoardFiles } from '../../twin/board/options.ts';
import { type EngineName, stepAddressesOf } from '../../twin/engine/engine.ts';
import type { Firmware } from './assemble-rig.ts';

export type { Firmware };

/** The project's root folder. */
export const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * What the core does when there is no work: it polls again at once, or sleeps until an interrupt.
 */
export type IdleKind = 'poll' | 'wfi';

/** The cell config for each kind. The second one grants what idle=wfi needs. */
const CELL_FILES: Readonly<Record<IdleKind, string>> = {
  poll: 'rpi4-canwarden.cell',
  wfi: 'rpi4-canwarden-wfi.cell',
};

/**
 * The kind that the words of the cell's command line request. `canwarden up` chooses the cell
 * config in the same way.
 */
export function idleKindOf(settings: readonly string[] = []): IdleKind {
  return settings.includes('idle=wfi') ? 'wfi' : 'poll';
}

export interface FirmwareChoice {
  /** Selects the cell config. Default: `poll`. */
  readonly idle?: IdleKind;
  /** Folder of the built files. Default: build/. */
  readonly folder?: string;
  /** Whether the board reports where each step of the image's loop begins. This is slower. */
  readonly withSteps?: boolean;
}

/** Reads what the engine needs. Throws InputError for a missing file, CellFormatError for a bad one. */
export function loadFirmware(
  engine: EngineName,
  { idle = 'poll', folder, withSteps = false }: FirmwareChoice = {},
): Firmware {
  const read = (name: string): Uint8Array<ArrayBuffer> => {
    const path = join(folder ?? join(PROJECT_ROOT, 'build'), name);
    if (existsSync(path)) return Uint8Array.from(readInput(path, 'built file'));
    throw new InputError(`${join(folder ?? 'build', name)} is missing. Next: npm run build`);
  };
  const program = (): BoardFiles => {
    if (engine === 'wasm') return { cellWasm: read('cell.wasm') };
    const image = read('canwarden.bin');
    if (!withSteps) return { image };
    const { symbols } = readElf(read('canwarden.elf'));
    return { image, imageStepAddresses: stepAddressesOf(symbols) };
  };
  return {
    ...decodePair(read(CELL_FILES[idle]), read('rpi4-root.cell')),
    files: { ...program(), bridgeWasm: read('bridge.wasm') },
  };
}
