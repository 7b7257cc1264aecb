// SPDX-License-Identifier: MIT
/**
 * All that `npm run qemu -- boot` looks at and makes before QEMU starts. What is wrong with the user's files is
 * said before anything is fetched or written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError, readInput, readTextInput } from '../../../cell-config/files.ts';
import type { Revision } from '../../../cell-config/format/model.ts';
import { asInput } from '../../../lab/play/command.ts';
import type { LoadedFile } from '../../../lab/qemu/linux-board.ts';
import { compileRules } from '../../../rules/compile.ts';
import { collectContents } from '../../deploy/contents.ts';
import { type QemuCache } from '../cache.ts';
import { type BusOptions, type BusWish, readBusWish } from './bus.ts';
import { debianParts } from './debian.ts';
import { buildInitramfs, INIT, readRootArchive } from './initramfs.ts';
import { checkAgainstKernel, readJailhouse } from './jailhouse.ts';
import { missingOptions, missingStrings, readKernel } from './kernel.ts';
import { placeFiles } from './memory.ts';

const TREE_NAME = 'bcm2711-rpi-4-b.dtb';
/** Beside an image in the kernel's build, and beside one that was copied with its tree. */
const TREE_PLACES = [`dts/broadcom/${TREE_NAME}`, TREE_NAME];
const RULES_PLACE = '/lib/firmware/canwarden/rules.bin';
const SETTINGS_PLACE = '/etc/default/canwarden';
/**
 * `osc=auto` would measure the crystal with a counter that is 2.9 % fast (lab/qemu/linux-board.ts), and refuse it.
 */
export const CELL_OPTIONS = 'bitrate=500000 osc=12000000';
const UIO_MODULE = /(^|\/)uio_ivshmem\.ko(\.(gz|xz|zst))?$/;
/** panic=0: a Linux that panicked stays so, and the cell goes on. */
const COMMAND_LINE = `console=ttyAMA0,115200 rdinit=${INIT} panic=0 net.ifnames=0`;

export interface BootOptions extends BusOptions {
  readonly kernel: string;
  readonly jailhouse: string;
  readonly rootfs?: string;
  readonly dtb?: string;
  readonly revision?: string;
  readonly rules?: string;
  readonly append?: string;
}

export interface PreparedBoot {
  readonly files: readonly LoadedFile[];
  readonly bus: BusWish;
  readonly folder: string;
}

/** Throws InputError with the cure of the first thing that is wrong. */
export async function prepareBoot(
  options: BootOptions,
  { cache, folder, say }: { cache: QemuCache; folder: string; say: (line: string) => void },
): Promise<PreparedBoot> {
  const kernel = readKernel(options.kernel);
  const jailhouse = readJailhouse(options.jailhouse, revisionOf(options.revision));
  checkAgainstKernel(jailhouse, kernel, options.kernel);
  const lacks = missingOptions(kernel);
  if (lacks !== undefined && lacks.length > 0) {
    throw new InputError(
      `${options.kernel}: its configuration lacks ${lacks.join(', ')}. ` +
        'Next: scripts/config -e each of them, and build it again (docs/qemu.md, "Kernel")',
    );
  }
  const user = options.rootfs === undefined ? undefined : readRootArchive(options.rootfs);
  const hasModule = [...(user?.names ?? [])].some((name) => UIO_MODULE.test(name));
  if (!hasModule && missingStrings(kernel, ['uio_ivshmem']).length > 0) {
    throw new InputError(
      `${options.kernel}: has no uio_ivshmem, so nothing would reach vcan0. ` +
        'Next: CONFIG_UIO_IVSHMEM=y (docs/qemu.md, "Kernel"), or its module in --rootfs',
    );
  }
  const tree = treePath(options);
  const treeBytes = readInput(tree, 'device tree');
  const bus = await readBusWish(options);
  const { wanted, leftOut } = collectContents({
    revision: jailhouse.revision,
    role: 'driver',
    withConfigBlock: false,
  });
  const { rules } = options;
  const image =
    rules === undefined
      ? undefined
      : asInput(() => compileRules(readTextInput(rules, 'rules file'), rules)).image;
  const contents = wanted.map((one) => {
    const file = (bytes: Buffer) => ({ kind: 'file' as const, bytes, mode: 0o644 });
    if (one.at.path === RULES_PLACE && image !== undefined) {
      return { ...one, content: file(Buffer.from(image)) };
    }
    if (one.at.path !== SETTINGS_PLACE || one.content.kind !== 'file') return one;
    const text = one.content.bytes.toString('utf8').replace('osc=auto', 'osc=12000000');
    return { ...one, content: file(Buffer.from(text)) };
  });
  if (leftOut.length > 0) say(`Left out, because it is not built: ${leftOut.join(', ')}`);
  const { armstub, rootFiles } = debianParts(cache, say);
  const initramfs = buildInitramfs({
    contents,
    jailhouse,
    release: kernel.release,
    rootFiles,
    user,
  });
  say(
    `Linux ${kernel.release}, Jailhouse ${jailhouse.version} (cell files of revision ${jailhouse.revision})`,
  );
  const placed = placeFiles({
    armstub: readFileSync(armstub),
    kernel: kernel.image,
    kernelBytes: kernel.memoryBytes,
    tree: { path: tree, bytes: treeBytes },
    initramfs,
    commandLine: [COMMAND_LINE, options.append ?? ''].join(' ').trim(),
  });
  mkdirSync(folder, { recursive: true });
  const files = placed.map(({ name, address, bytes, isStart }) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return { path, address, isStart };
  });
  return { files, bus, folder };
}

function revisionOf(text: string | undefined): Revision | undefined {
  if (text === undefined) return undefined;
  if (text === '13' || text === '14') return text === '13' ? 13 : 14;
  throw new InputError(`no revision of this project: ${text}. Next: --revision 13 or 14`);
}

function treePath({ kernel, dtb }: BootOptions): string {
  if (dtb !== undefined) return dtb;
  const places = TREE_PLACES.map((place) => join(dirname(kernel), place));
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new InputError(
    `no device tree beside the kernel: ${places.join(' and ')} are not there. ` +
      `Next: make dtbs in the kernel, or --dtb ${TREE_NAME}`,
  );
}
