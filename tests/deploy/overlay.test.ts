// SPDX-License-Identifier: MIT
/**
 * The device tree overlay, read by a reader of its own, written from the Devicetree Specification
 * 0.4 chapter 5: it reserves what the cells need and keeps Linux off SPI0.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { encodeOverlay } from '../../scripts/deploy/overlay.ts';

/** Every property by its path, as the hex of its bytes. Checks the format on the way. */
function readTree(blob: Buffer): Record<string, string> {
  assert.equal(blob.readUInt32BE(0), 0xd00dfeed);
  assert.equal(blob.readUInt32BE(4), blob.length);
  assert.equal(blob.readUInt32BE(20), 17, 'version');
  assert.equal(blob.readUInt32BE(24), 16, 'last compatible version');
  assert.equal(blob.readUInt32BE(16) % 8, 0, 'the reservation block is aligned to 8');
  const structure = blob.readUInt32BE(8);
  const strings = blob.readUInt32BE(12);
  assert.equal(structure % 4, 0);
  assert.equal(strings + blob.readUInt32BE(32), blob.length);
  const text = (at: number): string => blob.toString('latin1', at, blob.indexOf(0, at));
  const align = (at: number): number => at + ((4 - (at % 4)) % 4);
  const properties: Record<string, string> = {};
  const path: string[] = [];
  for (let at = structure; ;) {
    const token = blob.readUInt32BE(at);
    at += 4;
    if (token === 1) {
      path.push(text(at));
      at = align(at + text(at).length + 1);
    } else if (token === 2) path.pop();
    else if (token === 3) {
      const [size, name] = [blob.readUInt32BE(at), blob.readUInt32BE(at + 4)];
      const value = blob.toString('hex', at + 8, at + 8 + size);
      properties[`${path.join('/')}:${text(strings + name)}`] = value;
      at = align(at + 8 + size);
    } else {
      assert.equal(token, 9);
      assert.equal(at, structure + blob.readUInt32BE(36));
      assert.equal(path.length, 0);
      return properties;
    }
  }
}

const hex = (text: string): string => Buffer.from(`${text}\0`).toString('hex');

describe('the device tree overlay', () => {
  it('reserves 16 MiB at 0x0a000000 as no-map, takes the page of SPI0 from Linux, orders the PCI domains', () => {
    const memory = '/fragment@0/__overlay__/reserved-memory';
    assert.deepEqual(readTree(encodeOverlay()), {
      ':compatible': hex('brcm,bcm2711'),
      '/fragment@0:target-path': hex('/'),
      [`${memory}:#address-cells`]: '00000002',
      [`${memory}:#size-cells`]: '00000001',
      [`${memory}:ranges`]: '',
      [`${memory}/canwarden@a000000:reg`]: '000000000a00000001000000',
      [`${memory}/canwarden@a000000:no-map`]: '',
      '/fragment@1:target-path': hex('/scb/pcie@7d500000'),
      '/fragment@1/__overlay__:linux,pci-domain': '00000000',
      // SPI0, 3, 4, 5, 6 by bcm2711.dtsi; SPI1 and SPI2 are in another page and stay Linux's.
      '/fragment@2:target-path': hex('/soc/spi@7e204000'),
      '/fragment@2/__overlay__:status': hex('disabled'),
      '/fragment@3:target-path': hex('/soc/spi@7e204600'),
      '/fragment@3/__overlay__:status': hex('disabled'),
      '/fragment@4:target-path': hex('/soc/spi@7e204800'),
      '/fragment@4/__overlay__:status': hex('disabled'),
      '/fragment@5:target-path': hex('/soc/spi@7e204a00'),
      '/fragment@5/__overlay__:status': hex('disabled'),
      '/fragment@6:target-path': hex('/soc/spi@7e204c00'),
      '/fragment@6/__overlay__:status': hex('disabled'),
    });
  });

  it('covers the hypervisor, the shared memory and the RAM of the cell, and begins and ends with them', () => {
    const [first, end] = [0x0a000000, 0x0b000000];
    const inside = ({ start, size }: { start: number; size: number }): boolean =>
      start >= first && start + size <= end;
    const { hypervisorMemory } = RPI4_ROOT;
    assert.ok(inside({ start: hypervisorMemory.physicalStart, size: hypervisorMemory.size }));
    const io = 0x10;
    const comm = 0x20;
    const ram = RPI4_CANWARDEN.memoryRegions.filter(
      ({ size, flags }) => size > 0 && (flags & (io | comm)) === 0,
    );
    // RAM, state table and section of the frames; state table and one-way sections of the control link.
    assert.equal(ram.length, 6);
    for (const region of ram) {
      assert.ok(inside({ start: region.physicalStart, size: region.size }), region.name);
    }
    const used = [hypervisorMemory, ...ram].map(({ physicalStart, size }) => [
      physicalStart,
      physicalStart + size,
    ]);
    assert.equal(Math.min(...used.map(([start]) => start)), first);
    assert.equal(Math.max(...used.map(([, last]) => last)), end);
  });

  it('leaves everything around it to Linux: the root cell may use what is not reserved', () => {
    const ram = RPI4_ROOT.rootCell.memoryRegions.filter(({ name }) => name.startsWith('RAM'));
    for (const [start, end] of [
      [0x0, 0x0a000000],
      [0x0b000000, 0xfc000000],
    ]) {
      assert.ok(
        ram.some(
          ({ physicalStart, size }) => physicalStart <= start && physicalStart + size >= end,
        ),
        start.toString(16),
      );
    }
  });
});
