// SPDX-License-Identifier: MIT
/**
 * Checks that this is a Raspberry Pi 4 card that can run canwarden, and finds the revision of its Jailhouse.
 */
import { InputError } from '../../cell-config/files.ts';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { CellFormatError } from '../../cell-config/format/error.ts';
import type { Revision } from '../../cell-config/format/model.ts';
import { roleOfRootCell } from '../../cell-config/roles.ts';
import type { Role } from '../../cell-config/roles.ts';
import { boot, formatPath, root } from './card.ts';
import type { Card, CardPath } from './card.ts';
import { ARMSTUB, CONFIG_TXT, ROOT_CELL, STOCK_CELLS } from './manifest.ts';

interface Mark {
  readonly at: CardPath;
  /** Consequence if it is missing. */
  readonly without: string;
}

const MARKS: readonly Mark[] = [
  { at: CONFIG_TXT, without: 'its boot partition has no config.txt' },
  {
    at: boot('/start4.elf'),
    without:
      'its boot partition has no start4.elf, the firmware of the Raspberry Pi 4 (an earlier model, or another board)',
  },
  { at: root('/usr'), without: 'its root partition has no /usr' },
  { at: root('/etc/os-release'), without: 'its root partition has no /etc/os-release' },
];

/** Refuses any other card than that of a Raspberry Pi 4, with the reason. */
export async function refuseForeignCard(card: Card): Promise<void> {
  const found = await card.exists(MARKS.map(({ at }) => at));
  const missing = MARKS.filter((_, index) => !found[index]);
  if (missing.length === 0) return;
  const reasons = missing.map(({ without }) => without).join('; ');
  throw new InputError(`${card.title}: not a Raspberry Pi 4 card: ${reasons}. Nothing was written`);
}

/** Refuses a card without TF-A, which would boot no kernel once config.txt names it. */
export async function refuseWithoutArmstub(card: Card, armstub: string | undefined): Promise<void> {
  if (armstub !== undefined || (await card.exists([ARMSTUB]))[0]) return;
  throw new InputError(
    `${card.title}: ${formatPath(ARMSTUB)} (TF-A) is not there, and without its PSCI Linux cannot ` +
      'give a CPU to the cell. Next: build it (TF-A: make PLAT=rpi4 bl31) and add --armstub bl31.bin; ' +
      'docs/board.md says how. Nothing was written',
  );
}

/** The configuration revision of the card's Jailhouse, from the stock cells it came with. */
export async function findRevision(card: Card): Promise<Revision | undefined> {
  for (const found of await card.look(STOCK_CELLS)) {
    if (found.kind !== 'file' || found.bytes.length < 8) continue;
    const revision = found.bytes.readUInt16LE(6);
    if (revision === 13 || revision === 14) return revision;
    throw new InputError(
      `${card.title}: its Jailhouse reads configuration revision ${revision}; this project writes ` +
        '13 and 14. Next: install Jailhouse 0.12+git (revision 13) or master (14). Nothing was written',
    );
  }
  return undefined;
}

/** The role of an earlier deployment. Undefined: none that can be read. */
export async function findRole(card: Card): Promise<Role | undefined> {
  const [found] = await card.look([ROOT_CELL]);
  if (found.kind !== 'file') return undefined;
  try {
    const file = decodeFile(found.bytes);
    return file.kind === 'system' ? roleOfRootCell(file.system.rootCell) : undefined;
  } catch (error) {
    if (error instanceof CellFormatError) return undefined;
    throw error;
  }
}
