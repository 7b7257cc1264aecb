// SPDX-License-Identifier: MIT
/**
 * Where the files of a boot lie in the board's memory, and what the board's firmware would have done to them:
 * TF-A told where kernel and device tree are, the overlay laid onto the tree, the command line written.
 *
 * Sources: TF-A, plat/rpi/rpi4 (fields of the armstub); Linux, Documentation/arch/arm64/booting.rst; QEMU,
 * hw/arm/raspi4b.c (what the board lacks).
 */
import { InputError } from '../../../cell-config/files.ts';
import { CARD_RESERVATION } from '../../../cell-config/rpi4-layout.ts';
import { encodeDeviceTree, type DeviceTreeNode } from '../../deploy/device-tree.ts';
import { encodeOverlay } from '../../deploy/overlay.ts';
import { applyOverlay, emptyNode, nodeAt, readTree, type TreeNode } from './tree-read.ts';

const KERNEL_ADDRESS = 0x200000;
/** Behind the cells' memory. TF-A lets the tree grow by a megabyte. */
const TREE_ADDRESS = CARD_RESERVATION.start + CARD_RESERVATION.size;
const INITRAMFS_ADDRESS = TREE_ADDRESS + 0x400000;
/** The first piece of memory ends where the VideoCore's begins. The second begins at 1 GiB. */
const LOWER_BYTES = 0x3b400000;
const UPPER = { start: 0x40000000, size: 0x40000000 } as const;
const ARMSTUB = { magic: 0xf0, tree: 0xf8, kernel: 0xfc } as const;
const ARMSTUB_MAGIC = 0x5afe570b;
/** Buses of the tree, and what QEMU's board has there and Linux needs. An access to what it lacks is an abort. */
const BUSES = ['/soc', '/scb', '/emmc2bus', '/v3dbus'];
const PRESENT = new Set([
  ...['timer@7e003000', 'dma@7e007000', 'mailbox@7e00b880', 'watchdog@7e100000', 'cprman@7e101000'],
  ...['gpio@7e200000', 'serial@7e201000', 'aux@7e215000', 'serial@7e215040'],
  ...['local_intc@40000000', 'interrupt-controller@40041000'],
]);
const CONSOLE_NODE = '/soc/serial@7e201000';

/** Where the cores begin; not TF-A's, and Linux takes it later. */
const START_ADDRESS = 0x80000;
/**
 * The first core's first instructions: the pins as config.txt sets them (docs/board.md), then TF-A. GPIO 8 to 11
 * are SPI0 (ALT0, 4), 14 and 15 the mini-UART (ALT5, 2): three bits a pin, ten pins a word (BCM2711 ARM
 * Peripherals, 5.2).
 */
const START_CODE = [
  0xd2bfc400, // mov  x0, #0xfe200000   GPFSEL0
  0x52a48001, // mov  w1, #0x24000000   8 and 9: ALT0
  0xb9000001, // str  w1, [x0]
  0x52840481, // mov  w1, #0x2024       10 and 11: ALT0
  0x72a00021, // movk w1, #1, lsl #16   14 and 15: ALT5
  0xb9000401, // str  w1, [x0, #4]
  0xd2800000, // mov  x0, #0
  0xd61f0000, // br   x0
];

/** A file for the memory. */
export interface Placed {
  readonly name: string;
  readonly address: number;
  readonly bytes: Buffer;
  /** The first core begins here. */
  readonly isStart?: true;
}

export interface BootFiles {
  /** TF-A's bl31.bin. */
  readonly armstub: Buffer;
  readonly kernel: Buffer;
  /** Memory that the kernel takes from its start on. */
  readonly kernelBytes: number;
  /** The kernel's tree for the board, and its path for messages. */
  readonly tree: { readonly path: string; readonly bytes: Buffer };
  readonly initramfs: Buffer;
  readonly commandLine: string;
}

/** All that is in memory before the first instruction. Throws InputError if something does not fit. */
export function placeFiles(files: BootFiles): Placed[] {
  const { kernel, kernelBytes, initramfs } = files;
  const room = CARD_RESERVATION.start - KERNEL_ADDRESS;
  if (Math.max(kernel.length, kernelBytes) > room) {
    throw new InputError(
      `the kernel takes ${kernelBytes} bytes; ${room} fit below the cells. Next: fewer options in it`,
    );
  }
  if (INITRAMFS_ADDRESS + initramfs.length > LOWER_BYTES) {
    throw new InputError(
      `the root file system has ${initramfs.length} bytes, ${LOWER_BYTES - INITRAMFS_ADDRESS} fit. ` +
        'Next: a smaller --rootfs',
    );
  }
  return [
    { name: 'bl31.bin', address: 0, bytes: toldWhere(files.armstub) },
    { name: 'start.bin', address: START_ADDRESS, bytes: startCode(), isStart: true },
    { name: 'kernel', address: KERNEL_ADDRESS, bytes: kernel },
    { name: 'tree.dtb', address: TREE_ADDRESS, bytes: boardTree(files) },
    { name: 'initramfs', address: INITRAMFS_ADDRESS, bytes: initramfs },
  ];
}

function startCode(): Buffer {
  const bytes = Buffer.alloc(4 * START_CODE.length);
  START_CODE.forEach((word, index) => bytes.writeUInt32LE(word, 4 * index));
  return bytes;
}

/** TF-A takes the addresses if the magic is gone. */
function toldWhere(armstub: Buffer): Buffer {
  const bytes = Buffer.from(armstub);
  if (bytes.length < 0x100 || bytes.readUInt32LE(ARMSTUB.magic) !== ARMSTUB_MAGIC) {
    throw new Error("TF-A's bl31.bin has not the armstub's magic: is it of another board?");
  }
  bytes.writeUInt32LE(0, ARMSTUB.magic);
  bytes.writeUInt32LE(TREE_ADDRESS, ARMSTUB.tree);
  bytes.writeUInt32LE(KERNEL_ADDRESS, ARMSTUB.kernel);
  return bytes;
}

function boardTree({ tree: { path, bytes }, initramfs, commandLine }: BootFiles): Buffer {
  const root = readTree(path, bytes);
  const compatible = root.properties.get('compatible')?.toString('latin1') ?? '';
  if (!compatible.split('\0').includes('brcm,bcm2711')) {
    throw new InputError(
      `${path}: of another board (${compatible.split('\0')[0] || 'unnamed'}). ` +
        'Next: --dtb bcm2711-rpi-4-b.dtb of the kernel',
    );
  }
  try {
    applyOverlay(root, readTree('canwarden.dtbo', encodeOverlay()));
  } catch (error) {
    throw new InputError(
      `${path}: ${(error as Error).message}; the overlay does not go with it. Next: --dtb bcm2711-rpi-4-b.dtb of a mainline kernel`,
    );
  }
  for (const bus of BUSES) disableAbsent(nodeAt(root, bus));
  nodeAt(root, CONSOLE_NODE)?.children.delete('bluetooth');
  for (const name of root.children.keys())
    if (/^memory(@|$)/.test(name)) root.children.delete(name);
  root.children.set('memory@0', memoryNode());
  const chosen = root.children.get('chosen') ?? emptyNode();
  root.children.set('chosen', chosen);
  const set = (name: string, value: Buffer): void => void chosen.properties.set(name, value);
  set('bootargs', Buffer.from(`${commandLine}\0`, 'latin1'));
  set('linux,initrd-start', cells(INITRAMFS_ADDRESS));
  set('linux,initrd-end', cells(INITRAMFS_ADDRESS + initramfs.length));
  return encodeDeviceTree(asTree(root));
}

/** Cell counts are those of the root node: two for addresses, one for sizes. */
function memoryNode(): TreeNode {
  const node = emptyNode();
  node.properties.set('device_type', Buffer.from('memory\0'));
  node.properties.set('reg', cells(0, 0, LOWER_BYTES, 0, UPPER.start, UPPER.size));
  return node;
}

function disableAbsent(bus: TreeNode | undefined): void {
  for (const [name, { properties }] of bus?.children ?? []) {
    if (!name.includes('@') || PRESENT.has(name)) continue;
    properties.set('status', Buffer.from('disabled\0'));
  }
}

function asTree({ properties, children }: TreeNode): DeviceTreeNode {
  return {
    properties: Object.fromEntries(properties),
    children: Object.fromEntries([...children].map(([name, child]) => [name, asTree(child)])),
  };
}

function cells(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}
