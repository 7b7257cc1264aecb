// SPDX-License-Identifier: MIT
/**
 * `npm run map`: the rows against the machine's documented addresses, the image inside the RAM, the
 * picture as well-formed XML, and the command.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CellImage } from '../../cell-config/checks/finding.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { guestMap } from '../../cell-config/map/guest.ts';
import { physicalMap } from '../../cell-config/map/physical.ts';
import { drawMap } from '../../cell-config/map/svg.ts';
import { formatMap, formatSize } from '../../cell-config/map/text.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const folder = temporaryFolder();

const IMAGE: CellImage = {
  cellName: 'canwarden',
  path: 'image.elf',
  elf: {
    entry: 0,
    segments: [{ address: 0, bytes: new Uint8Array(0x2000), memoryBytes: 0x40000 }],
    sections: [
      { name: '.text', address: 0, size: 0x2000 },
      { name: '.bss', address: 0x4000, size: 0x3c000 },
    ],
    symbols: new Map(),
  },
  loadAddress: 0,
  commandLine: { start: 0x1000, size: 0x100 },
  rules: { start: 0x100000, size: 0x10000 },
};
const CONFIGURATION = { system: RPI4_ROOT, cells: [RPI4_CANWARDEN], image: IMAGE };

describe('the map of physical memory', () => {
  const rows = physicalMap(CONFIGURATION);

  it('gives the cell’s RAM and SPI0 to the cell alone, cut out of what root has', () => {
    const owned = rows.filter(({ ownership }) => ownership === 'cell');
    assert.deepEqual(
      owned.map(({ start, size, owner }) => [start, size, owner]),
      [
        [0x0a000000, 0x200000, 'canwarden'],
        [0xfe204000, 0x1000, 'canwarden'],
      ],
    );
  });

  it('shows what both have as shared, under the name the cell gives it', () => {
    const shared = rows.filter(({ ownership }) => ownership === 'shared');
    assert.deepEqual(
      shared.map(({ start, size, what }) => [start, size, what]),
      [
        [0x0aa20000, 0x1000, 'state table'],
        [0x0aa21000, 0x40000, 'read-write section'],
        [0x0aa70000, 0x1000, 'control state table'],
        [0x0aa71000, 0x20000, 'requests'],
        [0x0aa91000, 0x20000, 'status page'],
        [0xfe200000, 0x1000, 'GPIO'],
        [0xfe215040, 0x40, 'UART'],
      ],
    );
  });

  it('shows what the hypervisor keeps', () => {
    const kept = rows.filter(({ ownership }) => ownership === 'hypervisor');
    assert.deepEqual(
      kept.map(({ start, size }) => [start, size]),
      [
        [0x0ac00000, 0x400000],
        [0xff841000, 0x1000],
        [0xff842000, 0x2000],
        [0xff844000, 0x2000],
        [0xff846000, 0x2000],
        [0xff900000, 0x100000],
      ],
    );
  });

  it('goes up and has no stretch twice', () => {
    rows.slice(1).forEach((row, index) => {
      assert.ok(row.start >= rows[index].start + rows[index].size, row.what);
    });
  });
});

describe('the map of a cell', () => {
  it('puts sections, rule table and free room inside the RAM', () => {
    const [ram] = guestMap(RPI4_CANWARDEN, IMAGE);
    assert.equal(ram.physicalStart, 0x0a000000);
    assert.deepEqual(ram.parts, [
      { what: '.text', start: 0, size: 0x2000 },
      { what: 'free', start: 0x2000, size: 0x2000 },
      { what: '.bss', start: 0x4000, size: 0x3c000 },
      { what: 'free', start: 0x40000, size: 0xc0000 },
      { what: 'rule table', start: 0x100000, size: 0x10000 },
      { what: 'free', start: 0x110000, size: 0xf0000 },
    ]);
  });

  it('marks the region whose accesses trap', () => {
    const traps = guestMap(RPI4_CANWARDEN).filter(({ rights }) => rights.includes('traps'));
    assert.deepEqual(
      traps.map(({ what }) => what),
      ['UART'],
    );
  });
});

describe('the map as text and picture', () => {
  it('says how much room the image leaves', () => {
    assert.match(formatMap(CONFIGURATION), /image\.elf: 256 KiB of 1 MiB .* 25\.0 %/);
  });

  it('writes sizes in the unit that suits them', () => {
    assert.deepEqual([64, 4096, 0x1b00000, 2 ** 32, 1536].map(formatSize), [
      '64 B',
      '4 KiB',
      '27 MiB',
      '4 GiB',
      '1.5 KiB',
    ]);
  });

  it('draws well-formed XML, whatever a region is called', () => {
    const [first, ...rest] = RPI4_CANWARDEN.memoryRegions;
    const cell = { ...RPI4_CANWARDEN, memoryRegions: [{ ...first, name: '<&">' }, ...rest] };
    const picture = drawMap({ ...CONFIGURATION, cells: [cell] });
    assert.ok(picture.includes('&lt;&amp;&quot;>'));
    const open: string[] = [];
    for (const [, end, name, self] of picture.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
      if (end === '/') assert.equal(open.pop(), name);
      else if (self === '') open.push(name);
    }
    assert.deepEqual(open, []);
  });

  it('is what the command prints and writes, from files', () => {
    const system = join(folder, 'root.cell');
    const cell = join(folder, 'canwarden.cell');
    const svg = join(folder, 'map.svg');
    writeFileSync(system, encodeSystem(RPI4_ROOT, { revision: 13 }));
    writeFileSync(cell, encodeCell(RPI4_CANWARDEN, { revision: 13 }));
    const run = runScript('map', [system, cell, '--svg', svg]);
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /0x0fe204000 \.\. 0x0fe204fff {6}4 KiB {2}canwarden +SPI0/);
    assert.match(readFileSync(svg, 'utf8'), /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  });
});
