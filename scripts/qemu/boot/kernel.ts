// SPDX-License-Identifier: MIT
/**
 * Looks at the user's kernel before anything boots: whether it is one for this board, and has what Jailhouse's
 * module and the bridge need.
 *
 * Exported names and drivers are searched as strings of the image, because an image has no symbol table: as ends of
 * strings, because the linker keeps "printk" only once where there is "vprintk". A name of this kind can be there for
 * another reason; then the boot says what is wrong. None is refused wrongly.
 * Source of the header: Linux, Documentation/arch/arm64/booting.rst.
 */
import { gunzipSync } from 'node:zlib';
import { InputError, readInput } from '../../../cell-config/files.ts';

/** "ARM\x64" in the head of an arm64 image. */
const IMAGE_MAGIC = { value: 0x644d5241, offset: 56 } as const;
const IMAGE_SIZE_OFFSET = 16;
const GZIP = 0x8b1f;
const ELF = 0x464c457f;
const PE_X86 = 0xaa55;
const MOST_BYTES = 256 << 20;
const NEXT = "name arch/arm64/boot/Image of the kernel's build (docs/qemu.md)";

/** Options that the kernel must have, beside a default configuration of the board. */
export const KERNEL_OPTIONS = [
  ...['MODULES', 'HOTPLUG_CPU', 'OF_OVERLAY', 'PCI_HOST_GENERIC', 'UIO', 'UIO_IVSHMEM'],
  ...['CAN', 'CAN_RAW', 'CAN_DEV', 'CAN_VCAN', 'BLK_DEV_INITRD', 'DEVTMPFS', 'MAGIC_SYSRQ'],
  ...['SERIAL_AMBA_PL011', 'SERIAL_AMBA_PL011_CONSOLE'],
] as const;
/** Those that may be modules, if the user's root file system has these. */
const MAY_BE_MODULES: ReadonlySet<string> = new Set([
  ...['UIO', 'UIO_IVSHMEM', 'CAN', 'CAN_RAW', 'CAN_DEV', 'CAN_VCAN'],
]);

export interface Kernel {
  /** The plain image. */
  readonly image: Buffer;
  /** As `uname -r` prints it. */
  readonly release: string;
  /** Bytes of memory that it takes from its load address on. */
  readonly memoryBytes: number;
}

/** Reads an image, gzipped or not. Throws InputError with what it is instead. */
export function readKernel(path: string): Kernel {
  const image = unpacked(path, readInput(path, 'kernel image'));
  const { value, offset } = IMAGE_MAGIC;
  if (image.length < 64 || image.readUInt32LE(offset) !== value) {
    throw new InputError(`${path}: ${kindOf(image)}, no arm64 kernel image. Next: ${NEXT}`);
  }
  const release = /Linux version (\S+) /.exec(textAround(image, 'Linux version '))?.[1];
  if (release === undefined) {
    throw new InputError(`${path}: the image does not say its version. Next: ${NEXT}`);
  }
  return { image, release, memoryBytes: Number(image.readBigUInt64LE(IMAGE_SIZE_OFFSET)) };
}

function unpacked(path: string, bytes: Buffer): Buffer {
  if (bytes.length < 2 || bytes.readUInt16LE(0) !== GZIP) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    throw new InputError(`${path}: cannot be unpacked: ${(error as Error).message}. Next: ${NEXT}`);
  }
}

function kindOf(bytes: Buffer): string {
  if (bytes.length < 64) return `${bytes.length} bytes`;
  if (bytes.readUInt32LE(0) === ELF) return 'an ELF file (vmlinux?)';
  if (bytes.length > 512 && bytes.readUInt16LE(510) === PE_X86)
    return 'a boot sector or x86 kernel';
  if (bytes.readUInt32BE(0) === 0x27051956) return "U-Boot's image";
  return 'something else';
}

function textAround(image: Buffer, start: string): string {
  const at = image.indexOf(start, 0, 'latin1');
  return at === -1 ? '' : image.toString('latin1', at, at + 200);
}

/** Those of `names` with which no string of the image ends. */
export function missingStrings(
  { image }: Pick<Kernel, 'image'>,
  names: readonly string[],
): string[] {
  return names.filter((name) => image.indexOf(`${name}\0`, 0, 'latin1') === -1);
}

/** The options that the kernel's own copy of its configuration lacks. Undefined: it carries no copy. */
export function missingOptions({ image }: Pick<Kernel, 'image'>): string[] | undefined {
  // CONFIG_IKCONFIG: a gzipped text between two marks (kernel/configs.c).
  const start = image.indexOf('IKCFG_ST', 0, 'latin1');
  const end = image.indexOf('IKCFG_ED', 0, 'latin1');
  if (start === -1 || end < start) return undefined;
  let text: string;
  try {
    const packed = image.subarray(start + 8, end);
    text = gunzipSync(packed, { maxOutputLength: MOST_BYTES }).toString('latin1');
  } catch {
    return undefined;
  }
  const value = (name: string): string | undefined =>
    new RegExp(`^CONFIG_${name}=(.*)$`, 'm').exec(text)?.[1];
  return KERNEL_OPTIONS.filter((name) => {
    const found = value(name);
    return found !== 'y' && !(found === 'm' && MAY_BE_MODULES.has(name));
  });
}
