// SPDX-License-Identifier: MIT
/**
 * The one list of files for the card. To install one more file, add one line here.
 *
 * Paths are those of Jailhouse's recipes ($datadir/jailhouse/{cells,inmates}) and of the helper. config.txt
 * is edited instead of replaced; see config/text.ts.
 */
import { basename } from 'node:path';
import type { Role } from '../../cell-config/roles.ts';
import type { CardPath } from './card.ts';
import { boot, root } from './card.ts';

/** Source of a file's bytes. */
export type Source =
  /** A file of the project. */
  | { readonly kind: 'file'; readonly path: string }
  /** Every file of a folder with one of the suffixes. `to` is then a folder. */
  | { readonly kind: 'folder'; readonly path: string; readonly suffixes: readonly string[] }
  /** A cell file, encoded in the revision of the card's Jailhouse. */
  | { readonly kind: 'cell'; readonly name: string }
  /** The device tree overlay; see overlay.ts. */
  | { readonly kind: 'overlay' }
  /** A symbolic link, made if the project has the file `with`. */
  | { readonly kind: 'link'; readonly target: string; readonly with: string };

export interface ManifestEntry {
  readonly source: Source;
  readonly to: CardPath;
  /** Permission bits on the root volume. */
  readonly mode: number;
  /** If a required source is missing nothing is installed. An optional one is left out and reported. */
  readonly required: boolean;
  /** Settings: never overwritten. */
  readonly keep?: boolean;
  /**
   * A file that users may replace on the board. It is overwritten only while it equals the installed copy at
   * this place.
   */
  readonly installedCopy?: CardPath;
  /** Installed only in this role, and removed in the other. */
  readonly role?: Role;
}

/** The device tree overlay, as `dtoverlay=canwarden` names it. */
export const OVERLAY_NAME = 'canwarden.dtbo';
const CELLS = '/usr/share/jailhouse/cells';
const UNITS = '/etc/systemd/system';
/** The rules as installed. `canwarden rules load` replaces those in the firmware folder. */
const INSTALLED_RULES = root('/usr/share/canwarden/rules.bin');

const file = (path: string): Source => ({ kind: 'file', path });
const folder = (path: string, ...suffixes: string[]): Source => ({
  kind: 'folder',
  path,
  suffixes,
});
const cell = (name: string): Source => ({ kind: 'cell', name });
/** The link that `systemctl enable` or `add-wants` would make, made without a running systemd. */
const wanted = (unit: string): Source => ({
  kind: 'link',
  target: `${UNITS}/${basename(unit)}`,
  with: unit,
});

// prettier-ignore
export const MANIFEST: readonly ManifestEntry[] = [
  { source: file('build/canwarden.bin'), to: root('/usr/share/jailhouse/inmates/canwarden.bin'), mode: 0o644, required: true },
  { source: file('build/canwarden-selftest.bin'), to: root('/usr/share/jailhouse/inmates/canwarden-selftest.bin'), mode: 0o644, required: false },
  { source: cell('rpi4-root.cell'), to: root(`${CELLS}/rpi4-root.cell`), mode: 0o644, required: true },
  { source: cell('rpi4-canwarden.cell'), to: root(`${CELLS}/rpi4-canwarden.cell`), mode: 0o644, required: true },
  { source: cell('rpi4-canwarden-wfi.cell'), to: root(`${CELLS}/rpi4-canwarden-wfi.cell`), mode: 0o644, required: true },
  { source: file('build/rules.bin'), to: root('/lib/firmware/canwarden/rules.bin'), mode: 0o644, required: true, installedCopy: INSTALLED_RULES },
  { source: file('build/rules.bin'), to: INSTALLED_RULES, mode: 0o644, required: true },
  { source: { kind: 'overlay' }, to: boot(`/overlays/${OVERLAY_NAME}`), mode: 0o644, required: true },
  { source: file('build/canwarden-bridge-aarch64'), to: root('/usr/bin/canwarden-bridge'), mode: 0o755, required: false },
  { source: file('agl/canwarden'), to: root('/usr/bin/canwarden'), mode: 0o755, required: false },
  { source: folder('agl/lib', '.sh'), to: root('/usr/lib/canwarden'), mode: 0o644, required: false },
  { source: file('build/generated/status-numbers.txt'), to: root('/usr/lib/canwarden/status-numbers.txt'), mode: 0o644, required: false },
  { source: file('build/generated/self-test.txt'), to: root('/usr/lib/canwarden/self-test.txt'), mode: 0o644, required: false },
  { source: file('build/generated/promises.txt'), to: root('/usr/lib/canwarden/promises.txt'), mode: 0o644, required: false },
  { source: file('lab/model/raspberry-pi-4.json'), to: root('/usr/lib/canwarden/board-model.json'), mode: 0o644, required: false },
  { source: file('agl/default'), to: root('/etc/default/canwarden'), mode: 0o644, required: false, keep: true },
  { source: folder('agl/systemd', '.service'), to: root(UNITS), mode: 0o644, required: false },
  { source: folder('agl/systemd', '.netdev', '.network'), to: root('/etc/systemd/network'), mode: 0o644, required: false, role: 'driver' },
  { source: folder('agl/systemd', '.rules'), to: root('/etc/udev/rules.d'), mode: 0o644, required: false },
  { source: file('agl/systemd/sysusers-canwarden.conf'), to: root('/etc/sysusers.d/canwarden.conf'), mode: 0o644, required: false },
  { source: file('scripts/deploy/units/canwarden-user.service'), to: root(`${UNITS}/canwarden-user.service`), mode: 0o644, required: false },
  { source: wanted('scripts/deploy/units/canwarden-user.service'), to: root(`${UNITS}/canwarden-cell.service.wants/canwarden-user.service`), mode: 0o777, required: false },
  { source: wanted('agl/systemd/canwarden-cell.service'), to: root(`${UNITS}/multi-user.target.wants/canwarden-cell.service`), mode: 0o777, required: false },
  { source: wanted('agl/systemd/canwarden-bridge.service'), to: root(`${UNITS}/multi-user.target.wants/canwarden-bridge.service`), mode: 0o777, required: false },
  { source: wanted('agl/systemd/canwarden-can.service'), to: root(`${UNITS}/multi-user.target.wants/canwarden-can.service`), mode: 0o777, required: false },
  { source: file('docs/board-commands.md'), to: root('/usr/share/doc/canwarden/board-commands.md'), mode: 0o644, required: false },
  { source: file('docs/self-test.md'), to: root('/usr/share/doc/canwarden/self-test.md'), mode: 0o644, required: false },
  { source: file('docs/settings.md'), to: root('/usr/share/doc/canwarden/settings.md'), mode: 0o644, required: false },
];

/** Stock cells of Jailhouse. On a card they show the revision that its Jailhouse reads. */
export const STOCK_CELLS: readonly CardPath[] = ['rpi4.cell', 'rpi4-inmate-demo.cell'].map((name) =>
  root(`${CELLS}/${name}`),
);
/** Shows the role of the card's cells. */
export const ROOT_CELL = root(`${CELLS}/rpi4-root.cell`);
export const CONFIG_TXT = boot('/config.txt');
/** TF-A: only its PSCI lets Linux give a CPU away. */
export const ARMSTUB = boot('/bl31.bin');
