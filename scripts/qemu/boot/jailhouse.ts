// SPDX-License-Identifier: MIT
/**
 * Finds module, hypervisor and command in the user's Jailhouse folder, and looks whether they go with each
 * other, with the kernel, and with the cells that this project writes.
 *
 * The folder is a built source tree, or what `make install DESTDIR=` made.
 * Sources: Jailhouse's Makefile, driver/main.c, include/jailhouse/{header,cell-config}.h.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, readInput } from '../../../cell-config/files.ts';
import type { Revision } from '../../../cell-config/format/model.ts';
import { ElfError, ElfFile, MACHINE_AARCH64 } from '../../../cell-config/image/elf-file.ts';
import { type Kernel, missingStrings } from './kernel.ts';

const MODULE = 'jailhouse.ko';
const PARTS = {
  module: ['driver/jailhouse.ko'],
  hypervisor: ['hypervisor/jailhouse.bin', 'lib/firmware/jailhouse.bin'],
  tool: ['tools/jailhouse', 'usr/local/sbin/jailhouse', 'usr/sbin/jailhouse'],
} as const;
const TITLES = { module: MODULE, hypervisor: 'jailhouse.bin', tool: 'the command jailhouse' };
/** Where a built tree says the revision of the cell files that it reads. */
const HEADER = 'include/jailhouse/cell-config.h';
const STOCK_CELL = 'configs/arm64/rpi4.cell';
/** In the head of the hypervisor. */
const SIGNATURE = 'JAILHOUS';
const BUILD = 'make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- KDIR=KERNEL in it (docs/qemu.md)';

export interface Jailhouse {
  readonly module: Buffer;
  readonly hypervisor: Buffer;
  readonly tool: Buffer;
  /** Of the cell files that it reads. */
  readonly revision: Revision;
  /** What the module says of itself. */
  readonly version: string;
}

/** Reads the folder. `revision`: what the user says of it. Throws InputError with the cure. */
export function readJailhouse(folder: string, revision?: Revision): Jailhouse {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new InputError(
      `${folder}: there is no such folder. Next: --jailhouse FOLDER, where Jailhouse was built`,
    );
  }
  const places = {
    module: firstOf(folder, PARTS.module) ?? installedModule(folder),
    hypervisor: firstOf(folder, PARTS.hypervisor),
    tool: firstOf(folder, PARTS.tool),
  };
  const missing = (Object.keys(TITLES) as (keyof typeof TITLES)[])
    .filter((part) => places[part] === undefined)
    .map((part) => TITLES[part]);
  if (missing.length > 0) {
    const lacks = missing.length === 3 ? 'no built Jailhouse' : `without ${missing.join(' and ')}`;
    throw new InputError(`${folder}: ${lacks}. Next: ${BUILD}`);
  }
  const module = readInput(places.module!, 'part of Jailhouse');
  const hypervisor = readInput(places.hypervisor!, 'part of Jailhouse');
  const tool = readInput(places.tool!, 'part of Jailhouse');
  for (const [path, bytes] of [
    [places.module!, module],
    [places.tool!, tool],
  ] as const) {
    const { machine } = elfOf(path, bytes);
    if (machine === MACHINE_AARCH64) continue;
    throw new InputError(
      `${path}: built for another processor (ELF machine ${machine}). Next: ${BUILD}`,
    );
  }
  if (hypervisor.toString('latin1', 0, SIGNATURE.length) !== SIGNATURE) {
    throw new InputError(`${places.hypervisor}: does not begin with ${SIGNATURE}. Next: ${BUILD}`);
  }
  const version = elfOf(places.module!, module).moduleField('version') ?? 'unknown';
  if (version !== 'unknown' && hypervisor.indexOf(version, 0, 'latin1') === -1) {
    throw new InputError(
      `${folder}: the module is of Jailhouse ${version}, the hypervisor is not. Next: make clean; ${BUILD}`,
    );
  }
  return { module, hypervisor, tool, version, revision: revisionOf(folder, revision) };
}

function elfOf(path: string, bytes: Buffer): ElfFile {
  try {
    return new ElfFile(bytes);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new InputError(`${path}: ${error.message}. Next: ${BUILD}`, { cause: error });
  }
}

function firstOf(folder: string, places: readonly string[]): string | undefined {
  return places.map((place) => join(folder, place)).find((place) => existsSync(place));
}

/** `make modules_install` puts it below lib/modules/VERSION, in a folder that the kernel's build chooses. */
function installedModule(folder: string): string | undefined {
  const place = join(folder, 'lib/modules');
  if (!existsSync(place)) return undefined;
  const found = readdirSync(place, { recursive: true, encoding: 'utf8' });
  const name = found.find((path) => path.endsWith(`/${MODULE}`));
  return name === undefined ? undefined : join(place, name);
}

/** Revision by the header of the source, or by its own cell for this board, or as the user says. */
function revisionOf(folder: string, said: Revision | undefined): Revision {
  const found = [headerRevision(folder), stockRevision(folder)].filter((one) => one !== undefined);
  for (const one of new Set([...found, ...(said === undefined ? [] : [said])])) {
    if (one !== 13 && one !== 14) {
      throw new InputError(
        `${folder}: this Jailhouse reads cell files of revision ${one}; this project writes 13 and 14. ` +
          'Next: take Jailhouse 0.12+git (13) or master (14)',
      );
    }
  }
  if (new Set(found).size > 1) {
    throw new InputError(
      `${folder}: ${HEADER} has revision ${found[0]}, ${STOCK_CELL} ${found[1]}: the tree changed after ` +
        `it was built. Next: make clean; ${BUILD}`,
    );
  }
  const revision = (found[0] ?? said) as Revision | undefined;
  if (said !== undefined && said !== revision) {
    throw new InputError(`${folder}: has revision ${revision}. Next: leave --revision ${said} out`);
  }
  if (revision !== undefined) return revision;
  throw new InputError(
    `${folder}: neither ${HEADER} nor ${STOCK_CELL} tells the revision of its cell files. ` +
      'Next: name the source tree, or add --revision 13 (AGL) or 14 (master)',
  );
}

function headerRevision(folder: string): number | undefined {
  const path = join(folder, HEADER);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const found = /#define\s+JAILHOUSE_CONFIG_REVISION\s+(\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function stockRevision(folder: string): number | undefined {
  const path = join(folder, STOCK_CELL);
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  return bytes.length < 8 ? undefined : bytes.readUInt16LE(6);
}

/** Whether the module can be loaded into the kernel. Throws InputError with the cure. */
export function checkAgainstKernel(
  { module }: Jailhouse,
  kernel: Kernel,
  kernelPath: string,
): void {
  const elf = elfOf(MODULE, module);
  const builtFor = elf.moduleField('vermagic')?.split(' ')[0];
  if (builtFor !== undefined && builtFor !== kernel.release) {
    throw new InputError(
      `${kernelPath} is Linux ${kernel.release}; ${MODULE} was built for ${builtFor}. Next: make clean; ${BUILD}`,
    );
  }
  const wanted = elf.symbols().flatMap(({ name, isDefined }) => (isDefined ? [] : [name]));
  const missing = missingStrings(kernel, wanted);
  if (missing.length === 0) return;
  throw new InputError(
    `${kernelPath}: does not export ${missing.join(', ')}, which ${MODULE} needs. ` +
      'Next: a kernel of Siemens for Jailhouse, or EXPORT_SYMBOL for each in yours (docs/qemu.md, "Kernel")',
  );
}
