// SPDX-License-Identifier: MIT
/**
 * Reads the bytes of cell files by offsets of its own, as Jailhouse's structures have them.
 *
 * Shares nothing with cell-config/format, which it is to judge. Source: Jailhouse 63000120
 * (revision 13) and e57d1eff (revision 14), include/jailhouse/cell-config.h.
 */
import assert from 'node:assert/strict';

export interface Region {
  readonly physical: number;
  readonly virtual: number;
  readonly size: number;
  readonly flags: number;
}

export interface Cell {
  readonly name: string;
  readonly cpus: number;
  readonly regions: readonly Region[];
  readonly irqchips: readonly { address: number; base: number; pins: readonly number[] }[];
  readonly links: readonly Link[];
}

export interface Link {
  readonly bdf: number;
  readonly first: number;
  readonly id: number;
  readonly peers: number;
  readonly vectors: number;
}

const CELL_HEADER_BYTES = 132;

/** Where the root cell stands in a system file. */
export const ROOT_CELL_AT = 0x164;

export const u64 = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

/** Signature, architecture and revision: 13 has six letters and no architecture. */
export function assertHead(bytes: Buffer, revision: 13 | 14, letters: string): void {
  assert.equal(bytes.readUInt16LE(6), revision);
  const expected = revision === 13 ? letters : `${letters.replace(/[ET]/, '')}\x02`;
  assert.equal(bytes.toString('latin1', 0, 6), expected);
}

/** The cell at offset `at`; the file must end with it. */
export function readCell(bytes: Buffer, at: number): Cell {
  const count = (field: number): number => bytes.readUInt32LE(at + field);
  // cpu_set_size, memory, cache, irqchips, pio, pci_devices, pci_caps, stream_ids
  const [cpuBytes, memory, cache, irqchips, pio, devices, capabilities, streams] = [
    0x30, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x48, 0x4c,
  ].map(count);
  const regionsAt = at + CELL_HEADER_BYTES + cpuBytes;
  const irqchipsAt = regionsAt + memory * 32 + cache * 12;
  const devicesAt = irqchipsAt + irqchips * 32 + pio * 4;
  assert.equal(devicesAt + devices * 56 + capabilities * 8 + streams * 4, bytes.length);
  const list = <T>(length: number, read: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => read(index));
  return {
    name: bytes.toString('latin1', at + 8, bytes.indexOf(0, at + 8)),
    cpus: u64(bytes, at + CELL_HEADER_BYTES),
    regions: list(memory, (index) => {
      const [physical, virtual, size, flags] = [0, 8, 16, 24].map((offset) =>
        u64(bytes, regionsAt + index * 32 + offset),
      );
      return { physical, virtual, size, flags };
    }),
    irqchips: list(irqchips, (index) => {
      const entry = irqchipsAt + index * 32;
      const base = bytes.readUInt32LE(entry + 12);
      const owned = (pin: number): boolean =>
        ((bytes.readUInt32LE(entry + 16 + (pin >> 5) * 4) >>> (pin & 31)) & 1) === 1;
      const pins = list(128, (pin) => pin)
        .filter(owned)
        .map((pin) => base + pin);
      return { address: u64(bytes, entry), base, pins };
    }),
    links: list(devices, (index) => {
      const device = devicesAt + index * 56;
      assert.equal(bytes[device], 3, 'JAILHOUSE_PCI_TYPE_IVSHMEM');
      return {
        bdf: bytes.readUInt16LE(device + 4),
        vectors: bytes.readUInt16LE(device + 0x24),
        first: bytes.readUInt32LE(device + 0x30),
        id: bytes[device + 0x34],
        peers: bytes[device + 0x35],
      };
    }),
  };
}
