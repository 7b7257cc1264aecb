// SPDX-License-Identifier: MIT
/**
 * A kernel, a Jailhouse folder and a device tree that have just what a boot looks at. None of them runs.
 *
 * Formats by their documents: ELF-64 Object File Format 1.5; Linux, Documentation/arch/arm64/booting.rst.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeDeviceTree } from '../../scripts/deploy/device-tree.ts';

export const RELEASE = '6.1.99-test';
export const JAILHOUSE_VERSION = 'v0.12 (7-g0123456)';
/** What Jailhouse's module wants of the kernel and no distribution's exports. */
export const EXPORTS = ['ioremap_page_range', '__hyp_stub_vectors', 'printk'];

export function writeFile(folder: string, name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

export interface KernelWishes {
  readonly release?: string;
  readonly names?: readonly string[];
  /** Text of CONFIG_IKCONFIG. */
  readonly config?: string;
}

/** "ARM\x64" at byte 56, image_size at 16. */
export function kernelImage(wishes: KernelWishes = {}): Buffer {
  const { release = RELEASE, names = [...EXPORTS, 'uio_ivshmem'], config } = wishes;
  const head = Buffer.alloc(64);
  head.write('ARMd', 56, 'latin1');
  head.writeBigUInt64LE(0x100000n, 16);
  const texts = `\0Linux version ${release} (me@here) #1\n\0${names.join('\0')}\0`;
  const copy =
    config === undefined
      ? []
      : [Buffer.from('IKCFG_ST'), gzipSync(config), Buffer.from('IKCFG_ED')];
  return Buffer.concat([head, Buffer.from(texts, 'latin1'), ...copy]);
}

/** A relocatable file with `.modinfo` and a table of undefined symbols. Machine 183 is AArch64. */
export function moduleFile({
  machine = 183,
  wants = EXPORTS,
  release = RELEASE,
  version = JAILHOUSE_VERSION,
}: {
  machine?: number;
  wants?: readonly string[];
  release?: string;
  version?: string;
} = {}): Buffer {
  const names = ['', '.shstrtab', '.strtab', '.symtab', '.modinfo'];
  const texts = (parts: readonly string[]): Buffer =>
    Buffer.from(parts.map((part) => `${part}\0`).join(''), 'latin1');
  const offsetIn = (parts: readonly string[], index: number): number =>
    parts.slice(0, index).reduce((sum, part) => sum + part.length + 1, 0);
  const strings = ['', ...wants];
  // 24 bytes each: name 4, info 1, other 1, section index 2 (0: undefined), value 8, size 8.
  const symbols = Buffer.alloc(24 * strings.length);
  strings.forEach((_, index) => symbols.writeUInt32LE(offsetIn(strings, index), 24 * index));
  const info = texts([`version=${version}`, `vermagic=${release} SMP mod_unload aarch64`]);
  const contents = [Buffer.alloc(0), texts(names), texts(strings), symbols, info];
  // 1 PROGBITS, 2 SYMTAB, 3 STRTAB; a symbol table's link is the section of its names.
  const types = [0, 3, 3, 2, 1];
  const head = Buffer.alloc(64);
  head.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  head.writeUInt16LE(1, 16);
  head.writeUInt16LE(machine, 18);
  const start = 64 + contents.reduce((sum, { length }) => sum + length, 0);
  head.writeBigUInt64LE(BigInt(start), 40);
  head.writeUInt16LE(64, 58);
  head.writeUInt16LE(contents.length, 60);
  head.writeUInt16LE(1, 62);
  let offset = 64;
  const sections = contents.map((content, index) => {
    const section = Buffer.alloc(64);
    section.writeUInt32LE(offsetIn(names, index), 0);
    section.writeUInt32LE(types[index], 4);
    section.writeBigUInt64LE(BigInt(offset), 24);
    section.writeBigUInt64LE(BigInt(content.length), 32);
    section.writeUInt32LE(types[index] === 2 ? 2 : 0, 40);
    offset += content.length;
    return section;
  });
  return Buffer.concat([head, ...contents, ...sections]);
}

/** A built source tree of Jailhouse. */
export function jailhouseTree(
  folder: string,
  wishes: { revision?: number; stock?: number; module?: Buffer } = {},
): string {
  const { revision = 14, stock = revision, module = moduleFile() } = wishes;
  const cell = Buffer.alloc(16);
  cell.writeUInt16LE(stock, 6);
  writeFile(folder, 'driver/jailhouse.ko', module);
  writeFile(folder, 'hypervisor/jailhouse.bin', `JAILHOUS\0\0 ${JAILHOUSE_VERSION} on CPU %d`);
  writeFile(folder, 'tools/jailhouse', moduleFile());
  writeFile(
    folder,
    'include/jailhouse/cell-config.h',
    `#define JAILHOUSE_CONFIG_REVISION\t${revision}\n`,
  );
  writeFile(folder, 'configs/arm64/rpi4.cell', cell);
  return folder;
}

/** The nodes of bcm2711-rpi-4-b.dtb that the overlay names, and some of what QEMU lacks. */
export function boardTree(compatible = 'brcm,bcm2711'): Buffer {
  const spi = ['7e204000', '7e204600', '7e204800', '7e204a00', '7e204c00'];
  return encodeDeviceTree({
    properties: { compatible, '#address-cells': [2], '#size-cells': [1] },
    children: {
      chosen: { properties: { bootargs: 'console=ttyS1' } },
      'memory@0': { properties: { reg: [0, 0, 0] } },
      scb: {
        properties: {},
        children: { 'pcie@7d500000': { properties: { compatible: 'brcm,bcm2711-pcie' } } },
      },
      soc: {
        properties: {},
        children: {
          firmware: { properties: {} },
          'interrupt-controller@7ef00100': { properties: { compatible: 'brcm,l2-intc' } },
          ...Object.fromEntries(spi.map((at) => [`spi@${at}`, { properties: { status: 'okay' } }])),
          'serial@7e201000': {
            properties: { compatible: 'arm,pl011', status: 'okay' },
            children: { bluetooth: { properties: { status: 'okay' } } },
          },
        },
      },
    },
  });
}
