// SPDX-License-Identifier: MIT
/**
 * The device tree overlay `canwarden.dtbo`: keeps Linux from what the cell uses. Loaded by
 * `dtoverlay=canwarden` in config.txt.
 *
 * It replaces `mem=` on the command line, which removes all memory above an address but still lets Linux map
 * it. no-map is a hole that is never mapped or reused.
 */
import { CARD_RESERVATION, SPI_PAGE_OFFSETS } from '../../cell-config/rpi4-layout.ts';
import { encodeDeviceTree } from './device-tree.ts';
import type { DeviceTreeNode } from './device-tree.ts';

/** Address of SPI0 in the device tree's `soc` node. */
const SPI_BUS_ADDRESS = 0x7e204000;

/** Overlays are applied by path, so the base tree needs no symbols. */
const FRAGMENTS: readonly (readonly [path: string, change: DeviceTreeNode])[] = [
  [
    // Hypervisor, shared memory and the cell's RAM. Cell counts are those of the root node.
    '/',
    {
      properties: {},
      children: {
        'reserved-memory': {
          properties: { '#address-cells': [2], '#size-cells': [1], ranges: true },
          children: {
            [`canwarden@${CARD_RESERVATION.start.toString(16)}`]: {
              properties: {
                reg: [0, CARD_RESERVATION.start, CARD_RESERVATION.size],
                'no-map': true,
              },
            },
          },
        },
      },
    },
  ],
  // The virtual PCI host is domain 1, so the real one must not get that number first.
  ['/scb/pcie@7d500000', { properties: { 'linux,pci-domain': [0] } }],
  // The cell owns the page. The first access by a Linux driver, also of SPI3 to SPI6, would park a CPU.
  ...Object.values(SPI_PAGE_OFFSETS).map((offset): [string, DeviceTreeNode] => [
    `/soc/spi@${(SPI_BUS_ADDRESS + offset).toString(16)}`,
    { properties: { status: 'disabled' } },
  ]),
];

/** The bytes of the overlay. */
export function encodeOverlay(): Buffer {
  const children = FRAGMENTS.map(([path, change], index): [string, DeviceTreeNode] => [
    `fragment@${index}`,
    { properties: { 'target-path': path }, children: { __overlay__: change } },
  ]);
  return encodeDeviceTree({
    properties: { compatible: 'brcm,bcm2711' },
    children: Object.fromEntries(children),
  });
}
