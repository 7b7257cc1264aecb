// SPDX-License-Identifier: MIT
/**
 * The built cell files as Jailhouse's own programs read them: `jailhouse config check`, `enable`,
 * `cell create` and `cell load`, with the command lines that the documents print.
 *
 * Rules: tools/jailhouse-config-check; driver/cell.c; hypervisor/{control,irqchip,ivshmem}.c.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rpi4Files } from '../../cell-config/rpi4-files.ts';
import { assertHead, readCell, ROOT_CELL_AT, u64 } from './cell-reader.ts';
import type { Region } from './cell-reader.ts';
import { readSource } from './source-tree.ts';

// cell-config.h
const WRITE = 0x2;
const COMM_REGION = 0x20;
const LOADABLE = 0x40;

type Span = readonly [start: number, size: number];
const meet = ([a, aSize]: Span, [b, bSize]: Span): boolean =>
  aSize > 0 && bSize > 0 && a < b + bSize && b < a + aSize;
const physical = (region: Region): Span => [region.physical, region.size];
const virtual = (region: Region): Span => [region.virtual, region.size];

/** config check: the hypervisor, the virtual PCI window, GICD 0x1000, GICC, GICH and GICV 0x2000. */
function reservedSpans(system: Buffer): Span[] {
  assert.equal(system[0x139], 2, 'gic_version');
  return [
    [u64(system, 0x0c), u64(system, 0x1c)],
    [u64(system, 0x4c), (system[0x54] + 1) << 20],
    ...[0x13c, 0x144, 0x14c, 0x154].map((at, index): Span => [
      u64(system, at),
      index === 0 ? 0x1000 : 0x2000,
    ]),
  ];
}

/** Whether every byte of `span` is in one of the spans, which may lie side by side. */
function isCovered([start, size]: Span, spans: readonly Span[]): boolean {
  let at = start;
  for (;;) {
    const next = spans.find(([first, length]) => first <= at && at < first + length);
    if (next === undefined) return false;
    at = next[0] + next[1];
    if (at >= start + size) return true;
  }
}

for (const [revision, role] of [
  [13, 'driver'],
  [14, 'driver'],
  [13, 'device'],
  [14, 'device'],
] as const) {
  const [rootFile, ...cellFiles] = rpi4Files(revision, role).map(({ bytes }) => bytes);
  const root = readCell(rootFile, ROOT_CELL_AT);

  for (const file of cellFiles) {
    const cell = readCell(file, 0);
    const wakes = cell.irqchips.length > 1 ? ', which may sleep' : '';
    describe(`Jailhouse of revision ${revision} and the ${role} "${cell.name}"${wakes}`, () => {
      it('finds heads it knows', () => {
        assertHead(rootFile, revision, 'JHSYST');
        assertHead(file, revision, 'JHCELL');
        assert.deepEqual([root.name, cell.name], ['Raspberry-Pi4', 'canwarden']);
      });

      it('finds no overlap by config check', () => {
        for (const { regions } of [root, cell]) {
          for (const [index, region] of regions.entries()) {
            for (const other of regions.slice(index + 1)) {
              assert.ok(!meet(physical(region), physical(other)), `${index} physically`);
              assert.ok(!meet(virtual(region), virtual(other)), `${index} virtually`);
            }
            for (const span of reservedSpans(rootFile)) {
              assert.ok(!meet(physical(region), span), `region ${index} at ${span[0]}`);
            }
          }
        }
      });

      it('creates it: CPUs and memory are of root, interrupts of its GIC', () => {
        assert.equal(cell.cpus & ~root.cpus, 0);
        assert.notEqual(root.cpus & ~cell.cpus, 0, 'root keeps a CPU');
        for (const region of cell.regions) {
          if (region.size === 0 || (region.flags & COMM_REGION) !== 0) continue;
          assert.ok(isCovered(physical(region), root.regions.map(physical)), `${region.physical}`);
        }
        const rootPins = root.irqchips.flatMap(({ pins }) => pins);
        for (const { address, base, pins } of cell.irqchips) {
          assert.equal(address, u64(rootFile, 0x13c), 'gicd_base');
          assert.ok(base % 32 === 0 && base + 128 <= 1024);
          assert.ok(pins.length > 0 && pins.every((pin) => rootPins.includes(pin)));
        }
      });

      it('adds its ivshmem devices: slots are there, ids differ, sections agree', () => {
        assert.equal(cell.links.length, 2);
        for (const link of cell.links) {
          const other = root.links.find(({ bdf }) => bdf === link.bdf);
          assert.ok(other !== undefined);
          assert.ok(link.id < link.peers && link.id !== other.id && link.peers === other.peers);
          assert.ok(link.vectors <= 16);
          assert.ok(link.first + 2 + link.peers <= cell.regions.length);
          assert.ok(other.first + 2 + other.peers <= root.regions.length);
          for (let slot = 0; slot < 2 + link.peers; slot++) {
            const mine: Region = cell.regions[link.first + slot];
            const roots: Region = root.regions[other.first + slot];
            assert.deepEqual(physical(mine), physical(roots), `bdf ${link.bdf} slot ${slot}`);
          }
        }
      });

      for (const document of ['docs/board-commands.md', 'docs/rules.md']) {
        it(`loads it by the command line in ${document}`, () => {
          for (const blob of documentedBlobs(document)) {
            // driver/cell.c: the first region that holds the address must hold the rest, and take it.
            const holder = cell.regions.find(
              ({ virtual: start, size }) => blob.address >= start && blob.address < start + size,
            );
            assert.ok(holder !== undefined, `0x${blob.address.toString(16)}`);
            assert.equal(holder.flags & (WRITE | LOADABLE), WRITE | LOADABLE);
            assert.equal(blob.address, blob.expected, blob.what);
          }
        });
      }
    });
  }
}

/** Where the firmware looks for each: bsp/rpi4/memory-map.h, the ABI of this project. */
const PLACES = { image: 0, commandLine: 0x1000, rules: 0x100000 } as const;

interface Blob {
  readonly what: string;
  readonly address: number;
  readonly expected: number;
}

/** tools/jailhouse.c: `cell load NAME { IMAGE | -s STRING } [-a ADDRESS] ...`; without -a at 0. */
function documentedBlobs(document: string): Blob[] {
  const lines = readSource(document).match(/^(?:\+ )?jailhouse cell load .*$/gm) ?? [];
  assert.notEqual(lines.length, 0, document);
  return lines.flatMap((line) => {
    const rest = [...line.slice(line.indexOf(' load ') + 6).matchAll(/"[^"]*"|\S+/g)].map(String);
    assert.equal(rest.shift(), 'canwarden');
    const blobs: Blob[] = [];
    while (rest.length > 0) {
      const isText = rest[0] === '-s';
      const what = rest.splice(0, isText ? 2 : 1).at(-1) ?? '';
      const address = rest[0] === '-a' ? Number(rest.splice(0, 2)[1]) : 0;
      const expected = isText
        ? PLACES.commandLine
        : PLACES[what.endsWith('rules.bin') ? 'rules' : 'image'];
      blobs.push({ what, address, expected });
    }
    return blobs;
  });
}
