// SPDX-License-Identifier: MIT
/**
 * Reads cell files and the linked image. Errors name the file.
 */
import { existsSync } from 'node:fs';
import type { Configuration } from '../../cell-config/check.ts';
import type { CellImage } from '../../cell-config/checks/finding.ts';
import { InputError, readInput } from '../../cell-config/files.ts';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { CellFormatError } from '../../cell-config/format/error.ts';
import type { DecodedFile } from '../../cell-config/format/model.ts';
import { readElf } from '../../cell-config/image/elf.ts';
import { ElfError } from '../../cell-config/image/elf-file.ts';
import { nameRegions } from '../../cell-config/region-names.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { rpi4Image } from '../../cell-config/rpi4-image.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';

/** The linked image in the build's output. */
export const BUILT_IMAGE = 'build/canwarden.elf';

/** Decodes any cell or system file. Regions of this project get their names. */
export function readCellFile(path: string): DecodedFile {
  const bytes = readInput(path, 'cell file');
  try {
    return nameRegions(decodeFile(bytes), [RPI4_CANWARDEN, RPI4_ROOT.rootCell]);
  } catch (error) {
    if (!(error instanceof CellFormatError)) throw error;
    throw new InputError(`${path}: ${error.message}`, { cause: error });
  }
}

/** Reads a system file and its cells. Kinds, revision and architecture must fit. */
export function readConfiguration(systemPath: string, cellPaths: readonly string[]): Configuration {
  const system = readCellFile(systemPath);
  if (system.kind !== 'system') {
    throw new InputError(
      `${systemPath}: a cell, not a system configuration; name the system first`,
    );
  }
  const cells = cellPaths.map((path) => {
    const file = readCellFile(path);
    if (file.kind !== 'cell') {
      throw new InputError(`${path}: a second system configuration; after the first come cells`);
    }
    if (file.revision !== system.revision) {
      throw new InputError(
        `${path}: revision ${file.revision}, ${systemPath} has ${system.revision}: ` +
          'one Jailhouse cannot load both; encode them with the same --revision',
      );
    }
    // In revision 13 the architecture is inferred, and a cell may hold nothing that shows it.
    if (file.revision !== 13 && file.architecture !== system.architecture) {
      throw new InputError(
        `${path}: architecture ${file.architecture}, ${systemPath} has ${system.architecture}`,
      );
    }
    return file.cell;
  });
  return { system: system.system, cells };
}

/** The image with its load plan. Without `path`, the built one if it exists. */
export function readImage(path?: string): CellImage | undefined {
  if (path === undefined && !existsSync(BUILT_IMAGE)) return undefined;
  const from = path ?? BUILT_IMAGE;
  try {
    return rpi4Image(from, readElf(readInput(from, 'linked image')));
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new InputError(`${from}: ${error.message}`, { cause: error });
  }
}
