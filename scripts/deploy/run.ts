// SPDX-License-Identifier: MIT
/**
 * One deployment, or its undo, on any kind of card: look, show, ask, write, read back.
 */
import { counted } from '../../cell-config/plural.ts';
import { InputError } from '../../cell-config/files.ts';
import type { Revision } from '../../cell-config/format/model.ts';
import { DEFAULT_ROLE } from '../../cell-config/roles.ts';
import type { Role } from '../../cell-config/roles.ts';
import { isBackupFile, planUndo, readIndex, withBackup } from './backup.ts';
import { formatPath, isSame, parentFolders } from './card.ts';
import type { Card, CardPath, Change, ChangeSet, Found } from './card.ts';
import { readConfig } from './config/on-card.ts';
import type { ConfigOnCard } from './config/on-card.ts';
import { changedOnBoard } from './changed-on-board.ts';
import { collectContents } from './contents.ts';
import type { Wanted } from './contents.ts';
import { formatChange } from './difference.ts';
import { findRevision, findRole, refuseForeignCard, refuseWithoutArmstub } from './identify.ts';
import { CONFIG_TXT, OVERLAY_NAME } from './manifest.ts';

export interface RunOptions {
  readonly dryRun: boolean;
  /** Undefined: that of the card's Jailhouse. */
  readonly revision?: Revision;
  /** Undefined: that of the card, else the driver. */
  readonly role?: Role;
  readonly armstub?: string;
  /** Overwrites rules even if they were changed on the board. */
  readonly forceRules?: boolean;
}

/** The run's dialogue with the user. */
export interface Dialogue {
  say(line: string): void;
  /** True to continue. Throws InputError if there is no terminal to ask on. */
  confirm(question: string): Promise<boolean>;
}

/** Outcome of a run, from which the command makes its exit status. */
export type Outcome = 'done' | 'nothing to do' | 'shown' | 'declined';

const DEFAULT_REVISION: Revision = 14;

const ROLE_TEXTS: Readonly<Record<Role, string>> = {
  driver: 'driver, the bridge fills vcan0 (--role device: Linux drives the cell as can0)',
  device: 'device, Linux drives the cell as can0 (its kernel needs virtio_ivshmem and virtio_can)',
};

export async function deploy(
  card: Card,
  options: RunOptions,
  dialogue: Dialogue,
): Promise<Outcome> {
  dialogue.say(`Card: ${card.title}`);
  if (card.isWhole) {
    await refuseForeignCard(card);
    await refuseWithoutArmstub(card, options.armstub);
  }
  const revision = await chooseRevision(card, options.revision, dialogue);
  const { armstub } = options;
  const role = await chooseRole(card, options.role, dialogue);
  const config = card.isWhole ? await readConfig(card, OVERLAY_NAME) : undefined;
  const contents = collectContents({
    revision,
    role,
    armstub,
    withConfigBlock: !card.isWhole,
    overlays: config?.overlays,
  });
  for (const source of contents.leftOut) dialogue.say(`Left out: ${source} is not there`);
  const kept = options.forceRules === true ? [] : await changedOnBoard(card, contents.wanted);
  kept.forEach((at) => dialogue.say(sayKept(at)));
  config?.notes.forEach((note) => dialogue.say(`Careful: ${note}`));
  const changes = await planChanges(
    card,
    contents.wanted.filter(({ at }) => !kept.includes(at)),
    contents.unwanted,
    config,
  );
  if (changes.length === 0) {
    dialogue.say('Everything is there already: nothing to change');
    return 'nothing to do';
  }
  const set = { makeFolders: await missingFolders(card, changes), changes, removeFolders: [] };
  const whole = card.undoKind === 'files' ? await withBackup(card, set) : set;
  return carryOut(
    card,
    whole,
    options,
    dialogue,
    `Write ${changes.length === 1 ? 'this file' : `these ${changes.length} files`}?`,
  );
}

export async function undo(card: Card, options: RunOptions, dialogue: Dialogue): Promise<Outcome> {
  dialogue.say(`Card: ${card.title}`);
  if (card.undoKind === 'own') return undoOwn(card, options, dialogue);
  const index = await readIndex(card);
  if (index === undefined) {
    throw new InputError(`${card.title}: nothing to undo: deploy left no record on it`);
  }
  const { set, changedSince } = await planUndo(card, index);
  for (const name of changedSince) dialogue.say(`Changed since it was installed: ${name}`);
  return carryOut(card, set, options, dialogue, 'Take the deployment back?');
}

async function undoOwn(card: Card, options: RunOptions, dialogue: Dialogue): Promise<Outcome> {
  const steps = (await card.describeUndo?.()) ?? [];
  if (steps.length === 0) {
    throw new InputError(`${card.title}: nothing to undo: there is no undo file beside it`);
  }
  steps.forEach((step) => dialogue.say(step));
  if (options.dryRun) return sayNothingWritten(dialogue);
  if (!(await dialogue.confirm('Take the deployment back?'))) return declined(dialogue);
  await card.undo?.();
  dialogue.say('Done: the card is as it was before deploy');
  return 'done';
}

/** Shows the changes, asks, writes, reads back. */
async function carryOut(
  card: Card,
  set: ChangeSet,
  options: RunOptions,
  dialogue: Dialogue,
  question: string,
): Promise<Outcome> {
  const visible = set.changes.filter(({ at }) => !isBackupFile(at));
  visible.flatMap(formatChange).forEach((line) => dialogue.say(line));
  if (options.dryRun) return sayNothingWritten(dialogue);
  if (!(await dialogue.confirm(question))) return declined(dialogue);
  await card.apply(set);
  await verify(card, visible);
  dialogue.say(`Done: ${counted(visible.length, 'file')} written and read back`);
  return 'done';
}

function sayNothingWritten(dialogue: Dialogue): Outcome {
  dialogue.say('Nothing was written (--dry-run)');
  return 'shown';
}

function declined(dialogue: Dialogue): Outcome {
  dialogue.say('Nothing was written');
  return 'declined';
}

/** Chooses the role. One chosen earlier stays until another is requested. */
async function chooseRole(card: Card, asked: Role | undefined, dialogue: Dialogue): Promise<Role> {
  const found = card.isWhole ? await findRole(card) : undefined;
  const role = asked ?? found ?? DEFAULT_ROLE;
  const changed = found !== undefined && found !== role ? `; the card had the role ${found}` : '';
  dialogue.say(`Role: ${ROLE_TEXTS[role]}${changed}`);
  return role;
}

async function chooseRevision(
  card: Card,
  asked: Revision | undefined,
  dialogue: Dialogue,
): Promise<Revision> {
  const found = card.isWhole ? await findRevision(card) : undefined;
  if (asked !== undefined) {
    if (found !== undefined && found !== asked) {
      dialogue.say(`Careful: the card's own cells are revision ${found}, --revision says ${asked}`);
    }
    return asked;
  }
  if (found === undefined) {
    dialogue.say(
      `Cells: revision ${DEFAULT_REVISION}, Jailhouse's newest; AGL's Jailhouse needs --revision 13`,
    );
    return DEFAULT_REVISION;
  }
  dialogue.say(`Cells: revision ${found}, as the card's own Jailhouse`);
  return found;
}

function sayKept(at: CardPath): string {
  return (
    `Kept: ${formatPath(at)} is not what was installed: it was changed on the board. ` +
    '--force-rules overwrites it'
  );
}

/** The differences from what is wanted. config.txt comes last, because it makes the card use the rest. */
async function planChanges(
  card: Card,
  wanted: readonly Wanted[],
  unwanted: readonly Wanted[],
  config: ConfigOnCard | undefined,
): Promise<Change[]> {
  const found = await card.look(wanted.map(({ at }) => at));
  const changes = wanted.flatMap(({ at, content, keep }, index): Change[] => {
    const here = found[index];
    if (isSame(at.volume, here, content) || (keep && here.kind !== 'missing')) return [];
    return [{ at, before: replaceable(at, here), after: content }];
  });
  const leftOver = await card.look(unwanted.map(({ at }) => at));
  for (const [index, { at, content }] of unwanted.entries()) {
    if (isSame(at.volume, leftOver[index], content)) {
      changes.push({ at, before: content, after: undefined });
    }
  }
  if (config === undefined || config.before.bytes.equals(config.after.bytes)) return changes;
  return [...changes, { at: CONFIG_TXT, before: config.before, after: config.after }];
}

function replaceable(at: CardPath, found: Found): Change['before'] {
  if (found.kind === 'missing') return undefined;
  if (found.kind === 'file' || found.kind === 'link') return found;
  throw new InputError(
    `${formatPath(at)} on the card is a ${found.kind === 'folder' ? 'folder' : 'special file'}, ` +
      'not a file that could be replaced. Nothing was written',
  );
}

/** Missing folders for new files, outermost first, each once. */
async function missingFolders(card: Card, changes: readonly Change[]): Promise<CardPath[]> {
  const created = changes.filter(({ before }) => before === undefined);
  const parents = new Map(
    created.flatMap(({ at }) => parentFolders(at)).map((place) => [formatPath(place), place]),
  );
  const places = [...parents.values()].sort((one, two) => one.path.length - two.path.length);
  const there = await card.exists(places);
  return places.filter((_, index) => !there[index]);
}

async function verify(card: Card, changes: readonly Change[]): Promise<void> {
  if (!card.isWhole) return;
  const found = await card.look(changes.map(({ at }) => at));
  for (const [index, { at, after }] of changes.entries()) {
    const here = found[index];
    if (after === undefined ? here.kind === 'missing' : isSame(at.volume, here, after)) continue;
    throw new Error(
      `${formatPath(at)}: reading back gave something else. Next: deploy --undo, then look at the card`,
    );
  }
}
