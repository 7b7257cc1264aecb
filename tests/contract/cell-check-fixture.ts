// SPDX-License-Identifier: MIT
/**
 * The shipped pair with one mistake in it, and what the checker says to that.
 */
import assert from 'node:assert/strict';
import { checkConfiguration, formatFinding } from '../../cell-config/check.ts';
import type { Finding } from '../../cell-config/check.ts';
import type { Cell, MemoryRegion, PciDevice, System } from '../../cell-config/format/model.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';

/** The errors of a configuration, without its notes. */
export function errors(system: System, ...cells: Cell[]): Finding[] {
  return checkConfiguration({ system, cells }).filter(({ severity }) => severity === 'error');
}

/** The warden's cell with some of its parts replaced. */
export function warden(change: Partial<Cell>): Cell {
  return { ...RPI4_CANWARDEN, ...change };
}

/** The warden's cell with one region changed. */
export function wardenRegion(name: string, change: Partial<MemoryRegion>): Cell {
  assert.ok(RPI4_CANWARDEN.memoryRegions.some((region) => region.name === name));
  return warden({
    memoryRegions: RPI4_CANWARDEN.memoryRegions.map((region) =>
      region.name === name ? { ...region, ...change } : region,
    ),
  });
}

export const [LINK, CONTROL] = RPI4_CANWARDEN.pciDevices;
export const [ROOT_LINK, ROOT_NETWORK, ROOT_CONTROL] = RPI4_ROOT.rootCell.pciDevices;

/** The warden's cell with its virtio link changed. */
export function wardenLink(change: Partial<PciDevice>): Cell {
  return warden({ pciDevices: [{ ...LINK, ...change }, CONTROL] });
}

/** The warden's cell with its control link changed. */
export function wardenControl(change: Partial<PciDevice>): Cell {
  return warden({ pciDevices: [LINK, { ...CONTROL, ...change }] });
}

export function root(change: Partial<Cell>): System {
  return { ...RPI4_ROOT, rootCell: { ...RPI4_ROOT.rootCell, ...change } };
}

/** Exactly this error, at places that match, and nothing else. */
export function assertOnly(findings: Finding[], code: string, ...places: RegExp[]): void {
  assert.deepEqual(
    findings.map((finding) => finding.code),
    [code],
    findings.map(formatFinding).join('\n'),
  );
  const [finding] = findings;
  assert.equal(finding.places.length, places.length);
  places.forEach((place, index) => assert.match(finding.places[index], place));
  assert.notEqual(finding.fix, '');
}
