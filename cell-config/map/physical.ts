// SPDX-License-Identifier: MIT
/**
 * Owners of physical memory once the cells exist: one row for each stretch with one answer.
 *
 * Does not: look for mistakes (see ../check.ts). A stretch claimed twice shows both claims.
 */
import type { Configuration, Range } from '../checks/finding.ts';
import { isExclusive, isPhysical, physical } from '../checks/regions.ts';
import type { Cell, System } from '../format/model.ts';

/** Kind of owner of a stretch. The pictures colour by it. */
export type Ownership = 'hypervisor' | 'root' | 'cell' | 'shared';

/** A stretch of an address space with one owner. */
export interface MapRow extends Range {
  /** Region name or names. */
  readonly what: string;
  readonly owner: string;
  readonly ownership: Ownership;
  /** Abbreviated rights and remarks, for example `R W IO`. */
  readonly rights: string;
}

interface Claim extends Range {
  readonly what: string;
  readonly by: 'hypervisor' | Cell;
  readonly exclusive: boolean;
}

/** Rows in ascending order, without unowned memory. */
export function physicalMap({ system, cells }: Configuration): MapRow[] {
  const claims: Claim[] = [
    ...hypervisorRanges(system).map(([what, start, size]) => ({
      what,
      start,
      size,
      by: 'hypervisor' as const,
      exclusive: true,
    })),
    ...[system.rootCell, ...cells].flatMap((cell) =>
      cell.memoryRegions.filter(isPhysical).map((region) => ({
        ...physical(region),
        what: region.name,
        by: cell,
        exclusive: cell !== system.rootCell && isExclusive(region),
      })),
    ),
  ];
  const edges = [...new Set(claims.flatMap(({ start, size }) => [start, start + size]))].sort(
    (left, right) => left - right,
  );
  const rows: MapRow[] = [];
  for (const [index, start] of edges.slice(0, -1).entries()) {
    const size = edges[index + 1] - start;
    const here = claims.filter((claim) => claim.start <= start && start < claim.start + claim.size);
    if (here.length === 0) continue;
    const row = describeStretch({ start, size }, here, system.rootCell);
    const last = rows.at(-1);
    const continues =
      last !== undefined &&
      last.start + last.size === start &&
      last.what === row.what &&
      last.owner === row.owner;
    if (continues) rows[rows.length - 1] = { ...last, size: last.size + size };
    else rows.push(row);
  }
  return rows;
}

function describeStretch(range: Range, here: readonly Claim[], root: Cell): MapRow {
  const exclusive = here.filter((claim) => claim.exclusive);
  // Root loses what a cell or the hypervisor takes exclusively.
  const owners = exclusive.length > 0 ? exclusive : here;
  const names = [
    ...new Set(owners.map(({ by }) => (by === 'hypervisor' ? 'hypervisor' : by.name))),
  ];
  // The cell's own name for shared memory says more than root's "peripherals".
  const others = owners.filter(({ by }) => by !== root);
  const what = [...new Set((others.length > 0 ? others : owners).map((claim) => claim.what))];
  return {
    ...range,
    what: what.join(' / '),
    owner: names.join(' + '),
    ownership: ownershipOf(owners, root),
    rights: '',
  };
}

function ownershipOf(owners: readonly Claim[], root: Cell): Ownership {
  if (owners.some(({ by }) => by === 'hypervisor')) return 'hypervisor';
  const parties = new Set(owners.map(({ by }) => by));
  if (parties.size > 1) return 'shared';
  return parties.has(root) ? 'root' : 'cell';
}

/** Memory that the hypervisor keeps or emulates regardless of the cells. */
function hypervisorRanges({ hypervisorMemory, pci, gic }: System): [string, number, number][] {
  const ranges: [string, number, number][] = [
    ['hypervisor', hypervisorMemory.physicalStart, hypervisorMemory.size],
    ['PCI configuration window', pci.mmconfigBase, (pci.mmconfigEndBus + 1) * 0x100000],
    ['GIC distributor', gic.distributorBase, gic.version === 3 ? 0x10000 : 0x1000],
    ['GIC CPU interface', gic.cpuInterfaceBase, 0x2000],
    ['GIC hypervisor interface', gic.hypervisorInterfaceBase, 0x2000],
    ['GIC virtual CPU interface', gic.virtualCpuInterfaceBase, 0x2000],
  ];
  return ranges.filter(([, start]) => start !== 0);
}
