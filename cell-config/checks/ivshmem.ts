// SPDX-License-Identifier: MIT
/**
 * ivshmem links: each end by itself, then the two ends of a link against each other.
 * E-CELL-40 to E-CELL-51.
 *
 * `jailhouse config check` does not look at links, and the hypervisor checks only that the region slots
 * exist. Jailhouse connects devices by bdf alone: their domains may differ.
 */
import {
  IVSHMEM_MAX_PEERS,
  IVSHMEM_PROTOCOL_END_BIT,
  IVSHMEM_PROTOCOL_VIRTIO_FRONT_END,
  MEMORY_READ,
  MEMORY_ROOTSHARED,
  MEMORY_WRITE,
  PCI_TYPE_IVSHMEM,
} from '../format/constants.ts';
import type { Cell, MemoryRegion, PciDevice } from '../format/model.ts';
import { allCells, error, hex, regionPlace } from './finding.ts';
import type { Configuration, Finding } from './finding.ts';
import { has } from './regions.ts';

/** One end of a link with its regions. Outputs are in the order of peer ids. */
interface End {
  readonly cell: Cell;
  readonly device: PciDevice;
  readonly place: string;
  readonly sections: readonly MemoryRegion[];
}

/** Name of a section of a link. */
function sectionName(index: number): string {
  if (index === 0) return 'state table';
  return index === 1 ? 'read-write section' : `output section ${index - 2}`;
}

/** Checks every end, then every pair of ends with the same bdf. */
export function* checkIvshmem(configuration: Configuration): Generator<Finding> {
  const complete: End[] = [];
  for (const cell of allCells(configuration)) {
    for (const device of cell.pciDevices) {
      if (device.type !== PCI_TYPE_IVSHMEM) continue;
      yield* checkBus(configuration, cell, device);
      const end = yield* findSections(cell, device);
      if (end === null) continue;
      yield* checkEnd(end, cell !== configuration.system.rootCell);
      for (const other of complete) {
        if (other.device.bdf === device.bdf) yield* comparePair(other, end);
      }
      complete.push(end);
    }
  }
  for (const end of complete) {
    if (end.cell === configuration.system.rootCell) continue;
    if (complete.some((other) => other !== end && other.device.bdf === end.device.bdf)) continue;
    yield error(
      'E-CELL-49',
      `no other cell has an ivshmem device at bdf ${hex(end.device.bdf)}: the link has one end`,
      [end.place, `${configuration.system.rootCell.name}: PCI devices`],
      'use the bdf of the root cell, or add the device there',
    );
  }
}

/** The device's bus must lie in the configuration window, or the device cannot be found. */
function* checkBus({ system }: Configuration, cell: Cell, device: PciDevice): Generator<Finding> {
  const bus = device.bdf >> 8;
  if (bus <= system.pci.mmconfigEndBus) return;
  yield error(
    'E-CELL-51',
    `bus ${bus} is not in the PCI configuration window, which ends with bus ${system.pci.mmconfigEndBus}`,
    [`${cell.name}: "${device.name}" (bdf ${hex(device.bdf)})`, 'system: PCI configuration window'],
    'put the device on bus 0, or enlarge the window',
  );
}

function* findSections(cell: Cell, device: PciDevice): Generator<Finding, End | null> {
  const place = `${cell.name}: "${device.name}" (bdf ${hex(device.bdf)})`;
  const first = device.shmemRegionsStart;
  const needed = 2 + device.shmemPeers;
  if (first + needed > cell.memoryRegions.length) {
    yield error(
      'E-CELL-40',
      `the link needs regions ${first} to ${first + needed - 1}, the cell has ${cell.memoryRegions.length}`,
      [place, `${cell.name}: memory regions`],
      'a link has a state table, a read-write section and one output per peer; empty ones count',
    );
    return null;
  }
  return { cell, device, place, sections: cell.memoryRegions.slice(first, first + needed) };
}

function* checkEnd(end: End, ownsOnlyShared: boolean): Generator<Finding> {
  const { cell, device, place, sections } = end;
  const limit = Math.min(device.shmemPeers, IVSHMEM_MAX_PEERS);
  if (device.shmemDeviceId >= limit) {
    const message = `id ${device.shmemDeviceId} is not below ${limit}, the number of peers`;
    const places = [`${place}: id ${device.shmemDeviceId}`, `${place}: peers ${device.shmemPeers}`];
    yield error('E-CELL-41', message, places, 'number the ends from 0');
  }
  let expectedStart = sections[0].virtualStart;
  for (const [index, section] of sections.entries()) {
    if (section.size === 0) continue;
    const places = [place, regionPlace(cell, section)];
    const name = sectionName(index);
    if (section.virtualStart !== expectedStart) {
      const message = `the ${name} is at guest ${hex(section.virtualStart)}, the device says ${hex(expectedStart)}`;
      yield error('E-CELL-42', message, places, 'sections follow each other without a gap');
    }
    expectedStart = section.virtualStart + section.size;
    const mayWrite = index === 1 || index - 2 === device.shmemDeviceId;
    if (!has(section, MEMORY_READ) || has(section, MEMORY_WRITE) !== mayWrite) {
      const rights = mayWrite ? 'READ | WRITE' : 'READ alone';
      const message = `the ${name} must have ${rights} on this side`;
      yield error('E-CELL-43', message, places, `set the flags to ${rights}`);
    }
    if (ownsOnlyShared && !has(section, MEMORY_ROOTSHARED)) {
      const message = `the ${name} is not ROOTSHARED: root loses it when the cell is created`;
      yield error('E-CELL-44', message, places, 'add ROOTSHARED');
    }
  }
}

function* comparePair(first: End, second: End): Generator<Finding> {
  const places = [first.place, second.place];
  const one = first.device;
  const two = second.device;
  if (one.shmemPeers !== two.shmemPeers) {
    const message = `the ends disagree on the number of peers: ${one.shmemPeers} and ${two.shmemPeers}`;
    yield error('E-CELL-45', message, places, 'use the same number; it decides the region slots');
  }
  if (one.shmemDeviceId === two.shmemDeviceId) {
    const message = `both ends have id ${one.shmemDeviceId}: "cell create" refuses the second`;
    yield error('E-CELL-46', message, places, 'give each end its own id');
  }
  yield* compareProtocols(first, second);
  const common = Math.min(first.sections.length, second.sections.length);
  for (let index = 0; index < common; index += 1) {
    const left = first.sections[index];
    const right = second.sections[index];
    const regions = [regionPlace(first.cell, left), regionPlace(second.cell, right)];
    const name = sectionName(index);
    if (left.size !== right.size) {
      const message = `the ${name} has ${hex(left.size)} bytes on one side, ${hex(right.size)} on the other`;
      yield error('E-CELL-47', message, regions, 'use the same size');
    } else if (left.size > 0 && left.physicalStart !== right.physicalStart) {
      const message = `the ${name} is not the same memory on both sides`;
      yield error('E-CELL-48', message, regions, 'use the same physical address');
    }
  }
}

/** virtio ends differ in one bit (front-end, back-end); in other protocols both ends are the same. */
function* compareProtocols(first: End, second: End): Generator<Finding> {
  const one = first.device.shmemProtocol;
  const two = second.device.shmemProtocol;
  const places = [first.place, second.place];
  if (one < IVSHMEM_PROTOCOL_VIRTIO_FRONT_END && two < IVSHMEM_PROTOCOL_VIRTIO_FRONT_END) {
    if (one === two) return;
    const message = `protocols ${hex(one)} and ${hex(two)} are not the same`;
    yield error('E-CELL-50', message, places, 'use one protocol on both sides');
    return;
  }
  if ((one ^ two) === IVSHMEM_PROTOCOL_END_BIT) return;
  if (one === two) {
    yield* twoAlike(places, one);
    return;
  }
  const message = `protocols ${hex(one)} and ${hex(two)} are not front-end and back-end of one virtio device`;
  const [right, wrong, said] =
    one >= IVSHMEM_PROTOCOL_VIRTIO_FRONT_END ? ['first', 'second', one] : ['second', 'first', two];
  const wanted = hex(said ^ IVSHMEM_PROTOCOL_END_BIT);
  yield error(
    'E-CELL-50',
    message,
    places,
    `set the ${wrong} to ${wanted}, or correct the ${right}`,
  );
}

/** Both ends are drivers or both are devices, usually because the files are of two roles. */
function* twoAlike(places: string[], protocol: number): Generator<Finding> {
  const isBackEnd = (protocol & IVSHMEM_PROTOCOL_END_BIT) !== 0;
  const [both, other] = isBackEnd
    ? ['back-end (device)', 'driver']
    : ['front-end (driver)', 'device'];
  yield error(
    'E-CELL-50',
    `both ends are the ${both} of a virtio device, protocol ${hex(protocol)}: neither has a partner`,
    places,
    `make one the ${other}: set the second to ${hex(protocol ^ IVSHMEM_PROTOCOL_END_BIT)}; of canwarden, ` +
      'take root cell and cell from one "npm run cells -- build --role ..."',
  );
}
