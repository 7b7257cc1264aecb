// SPDX-License-Identifier: MIT
/**
 * The encoder against files that Jailhouse's own build makes: bytes, sizes, hashes.
 *
 * Values: Jailhouse e57d1eff (revision 14); the hashes are those of its built configurations.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { CellFormatError } from '../../cell-config/format/error.ts';
import type { MemoryRegion } from '../../cell-config/format/model.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { rpi4Files } from '../../cell-config/rpi4-files.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import * as stock from './cell-stock.ts';

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Zero bytes as hexadecimal digits. */
function zeros(count: number): string {
  return '00'.repeat(count);
}

// rpi4-inmate-demo.cell, one line for each field or structure, as the file holds it.
const INMATE_DEMO_HEX = [
  '4a48434c4c 02 0e00', // "JHCLL", arm64, revision 14
  `696e6d6174652d64656d6f ${zeros(21)}`, // "inmate-demo"
  '00000000 01000000', // id, flags
  '08000000', // CPU set bytes
  '08000000 00000000 01000000 00000000', // memory, cache, irqchip, pio
  '01000000 00000000 00000000', // PCI devices, capabilities, stream ids
  '98000000', // vpci_irq_base 152
  zeros(8), // reset address
  zeros(8), // message reply timeout
  `405021fe00000000 00000000 0200 0300 00000000 00000000 ${zeros(8)}`, // console
  '0200000000000000', // CPU 1
  '0000af1f00000000 0000af1f00000000 0010000000000000 8100000000000000', // state table
  '0010af1f00000000 0010af1f00000000 0090000000000000 8300000000000000', // read-write section
  '00a0af1f00000000 00a0af1f00000000 0020000000000000 8100000000000000', // output 0
  '00c0af1f00000000 00c0af1f00000000 0020000000000000 8300000000000000', // output 1, its own
  '00e0af1f00000000 00e0af1f00000000 0020000000000000 8100000000000000', // output 2
  '405021fe00000000 405021fe00000000 4000000000000000 9300050000000000', // UART
  '0000a01f00000000 0000000000000000 0000010000000000 4700000000000000', // RAM
  '0000000000000000 0000008000000000 0010000000000000 2300000000000000', // communication region
  `001084ff00000000 00000000 a0000000 00000001 ${zeros(12)}`, // GICD, base 160, bit 24
  '03 00 0100 0000', // ivshmem, IOMMU, domain 1, bdf 0
  `00f0ffff ${zeros(20)}`, // BAR masks
  `0000 0000 00 00 0000 0000 ${zeros(8)}`, // capabilities, MSI, MSI-X
  '00000000 01 03 0000', // regions from 0, id 1 of 3, protocol 0
]
  .join('')
  .replaceAll(' ', '');

describe('cell file format', () => {
  it('reproduces rpi4-inmate-demo.cell byte for byte', () => {
    const bytes = encodeCell(stock.STOCK_RPI4_INMATE_DEMO);
    assert.equal(bytes.length, 484);
    assert.equal(bytes.toString('hex'), INMATE_DEMO_HEX);
    assert.equal(sha256(bytes).slice(0, 16), '75e02f556fb0bcbc');
  });

  it('reproduces rpi4.cell by size and hash', () => {
    const bytes = encodeSystem(stock.STOCK_RPI4);
    assert.equal(bytes.length, 1120);
    assert.equal(sha256(bytes).slice(0, 8), '3d449ee6');
  });

  it('reproduces the sizes of the stock files whose hash is not recorded', () => {
    assert.equal(encodeCell(stock.STOCK_RPI4_LINUX_DEMO).length, 732);
    assert.equal(encodeSystem(stock.STOCK_QEMU).length, 1024);
    assert.equal(encodeCell(stock.STOCK_QEMU_INMATE_DEMO).length, 484);
  });

  it('reproduces a pair that "jailhouse config check" accepted, by size and hash', () => {
    const system = encodeSystem(stock.PROPOSED_RPI4);
    assert.equal(system.length, 1088);
    assert.equal(sha256(system).slice(0, 8), 'e829fea6');
    const cell = encodeCell(stock.PROPOSED_CELL);
    assert.equal(cell.length, 548);
    assert.equal(sha256(cell).slice(0, 8), 'a43a0156');
  });

  it('differs from the accepted root cell in its place, the link protocol and the control link alone', () => {
    const { rootCell } = RPI4_ROOT;
    const isControl = ({ name }: { name?: string }): boolean =>
      /^control|^canwarden (requests|status|control)/.test(name ?? '');
    // The accepted one has all of it 0x15000000 higher, up to 0x20000000.
    const moved = (address: number): number =>
      address >= 0x0a000000 && address <= 0x0b000000 ? address + 0x15000000 : address;
    const back = <Region extends Omit<MemoryRegion, 'name'>>(region: Region): Region => {
      const physicalStart = moved(region.physicalStart);
      const size = moved(region.physicalStart + region.size) - physicalStart;
      return { ...region, physicalStart, virtualStart: moved(region.virtualStart), size };
    };
    const memoryRegions = rootCell.memoryRegions
      .filter((region) => !isControl(region))
      .map((region) => back(region));
    const pciDevices = rootCell.pciDevices.filter((device) => !isControl(device));
    assert.equal(rootCell.memoryRegions.length - memoryRegions.length, 4);
    assert.equal(rootCell.pciDevices.length - pciDevices.length, 1);
    const bytes = encodeSystem({
      ...RPI4_ROOT,
      hypervisorMemory: back(RPI4_ROOT.hypervisorMemory),
      rootCell: { ...rootCell, memoryRegions, pciDevices },
    });
    // System 0x164, descriptor and CPU set 0x8c, 13 regions, 2 irqchips, then the first device.
    const protocol = 0x164 + 0x8c + 13 * 32 + 2 * 32 + 0x36;
    assert.equal(bytes.readUInt16LE(protocol), 0xc024);
    bytes.writeUInt16LE(0x8024, protocol);
    assert.equal(sha256(bytes).slice(0, 8), 'e829fea6');
  });

  it('has the control link at the same place, and the same size, in both files', () => {
    for (const [bytes, regionsAt, regionIndex, devicesAt, deviceIndex, identity] of [
      // Cell: 13 regions of 32 bytes, one irqchip of 32; root: 17 and two, 0x164 later.
      [encodeCell(RPI4_CANWARDEN), 0x8c, 4, 0x8c + 13 * 32 + 32, 1, 1],
      [encodeSystem(RPI4_ROOT), 0x164 + 0x8c, 8, 0x164 + 0x8c + 17 * 32 + 2 * 32, 2, 0],
    ] as const) {
      // ROOTSHARED is for a cell that is not root.
      const shared = identity === 1 ? 0x80n : 0n;
      const rights = (owner: number): bigint => (owner === identity ? 3n : 1n) | shared;
      const region = (index: number): bigint[] =>
        [0, 8, 16, 24].map((field) =>
          bytes.readBigUInt64LE(regionsAt + (regionIndex + index) * 32 + field),
        );
      assert.deepEqual(region(0), [0x0aa70000n, 0x0aa70000n, 0x1000n, 1n | shared]);
      assert.deepEqual(region(1), [0n, 0n, 0n, 0n]);
      assert.deepEqual(region(2), [0x0aa71000n, 0x0aa71000n, 0x20000n, rights(0)]);
      assert.deepEqual(region(3), [0x0aa91000n, 0x0aa91000n, 0x20000n, rights(1)]);
      const device = bytes.subarray(devicesAt + deviceIndex * 56);
      assert.equal(device.readUInt8(0), 3, 'ivshmem');
      assert.deepEqual([device.readUInt16LE(2), device.readUInt16LE(4)], [1, 0x10], 'domain, bdf');
      assert.equal(device.readUInt32LE(0x30), regionIndex);
      assert.deepEqual([device.readUInt8(0x34), device.readUInt8(0x35)], [identity, 2]);
      assert.equal(device.readUInt16LE(0x36), 0x4057);
    }
  });

  it('writes revision 13 with six letters and no architecture, all else the same', () => {
    for (const [fourteen, thirteen, signature] of [
      [encodeCell(RPI4_CANWARDEN), encodeCell(RPI4_CANWARDEN, { revision: 13 }), 'JHCELL'],
      [encodeSystem(RPI4_ROOT), encodeSystem(RPI4_ROOT, { revision: 13 }), 'JHSYST'],
    ] as const) {
      assert.equal(thirteen.toString('latin1', 0, 6), signature);
      assert.equal(thirteen.readUInt16LE(6), 13);
      assert.deepEqual(thirteen.subarray(8), fourteen.subarray(8));
    }
  });

  it('builds the shipped files', () => {
    assert.deepEqual(
      rpi4Files(14, 'driver').map(({ name, bytes }) => [name, bytes.length]),
      [
        // The accepted pair's 1088, and 4 regions and a PCI device for the control link.
        ['rpi4-root.cell', 1088 + 4 * 32 + 56],
        // 132 + 8 + 13 regions + 1 irqchip + 2 PCI devices
        ['rpi4-canwarden.cell', 132 + 8 + 13 * 32 + 32 + 2 * 56],
        // one irqchip more
        ['rpi4-canwarden-wfi.cell', 132 + 8 + 13 * 32 + 2 * 32 + 2 * 56],
      ],
    );
  });

  it('keeps the numbers of the warden through the file', () => {
    const file = decodeFile(encodeCell(RPI4_CANWARDEN));
    assert.ok(file.kind === 'cell');
    const { cell } = file;
    assert.equal(cell.name, 'canwarden');
    assert.equal(cell.flags, 0xc0000000);
    assert.deepEqual(cell.cpus, [3]);
    assert.equal(cell.virtualPciInterruptBase, 153);
    assert.equal(cell.messageReplyTimeoutLoops, 200_000_000);
    assert.equal(cell.cpuResetAddress, 0);
    assert.deepEqual(
      cell.memoryRegions.map((region) => [
        region.physicalStart,
        region.virtualStart,
        region.size,
        region.flags,
      ]),
      [
        [0x0aa20000, 0x0aa20000, 0x1000, 0x81],
        [0x0aa21000, 0x0aa21000, 0x40000, 0x83],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0x0aa70000, 0x0aa70000, 0x1000, 0x81],
        [0, 0, 0, 0],
        [0x0aa71000, 0x0aa71000, 0x20000, 0x81],
        [0x0aa91000, 0x0aa91000, 0x20000, 0x83],
        [0xfe204000, 0xfe204000, 0x1000, 0x13],
        [0xfe200000, 0xfe200000, 0x1000, 0x91],
        [0xfe215040, 0xfe215040, 0x40, 0x50093],
        [0x0a000000, 0, 0x200000, 0x47],
        [0, 0x80000000, 0x1000, 0x23],
      ],
    );
    assert.deepEqual(cell.interruptControllers[0].interrupts, [185]);
    const [device] = cell.pciDevices;
    assert.deepEqual(
      [device.bdf, device.shmemDeviceId, device.shmemPeers, device.shmemProtocol],
      [0, 1, 2, 0x8024],
    );
    assert.deepEqual(
      [cell.console.address, cell.console.type, cell.console.flags],
      [0xfe215040, 2, 3],
    );
  });
});

describe('cell encoder', () => {
  const cell = stock.STOCK_RPI4_INMATE_DEMO;

  it('refuses a name that does not fit', () => {
    const long = { ...cell, name: 'a'.repeat(32) };
    assert.throws(() => encodeCell(long), /cell name: expected 1 to 31 printable ASCII/);
    assert.throws(() => encodeCell({ ...cell, name: '' }), CellFormatError);
  });

  it('refuses a number that does not fit its field and names it', () => {
    const flags = { ...cell, flags: 2 ** 32 };
    assert.throws(
      () => encodeCell(flags),
      /cell "inmate-demo": flags: expected a whole number from 0 to 0xffffffff, got 4294967296/,
    );
    assert.throws(() => encodeCell({ ...cell, cpuResetAddress: -1 }), CellFormatError);
    assert.throws(() => encodeCell({ ...cell, cpuResetAddress: 0.5 }), CellFormatError);
  });

  it('refuses a CPU outside the CPU set', () => {
    const cpus = { ...cell, cpus: [64] };
    assert.throws(() => encodeCell(cpus), /CPU set: expected CPU numbers from 0 to 63, got 64/);
  });

  it('refuses an interrupt outside the 128 of its entry', () => {
    const [entry] = cell.interruptControllers;
    const wrong = { ...cell, interruptControllers: [{ ...entry, interrupts: [159] }] };
    assert.throws(() => encodeCell(wrong), /expected INTIDs from 160 to 287, got 159/);
  });
});
