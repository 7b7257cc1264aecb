// SPDX-License-Identifier: MIT
/**
 * Reads config.txt of a card with what it refers to: included files, command lines, places of overlays.
 */
import { InputError } from '../../../cell-config/files.ts';
import { boot, formatPath } from '../card.ts';
import type { Card, CardPath, Content } from '../card.ts';
import { CONFIG_TXT } from '../manifest.ts';
import { configNotes } from './notes.ts';
import { includedName, splitLines } from './parse.ts';
import { commandLinePlaces, overlayPlaces } from './places.ts';
import { editConfig, readOwn } from './text.ts';

/** The most include files that are followed. */
const FILES_MOST = 32;

export interface ConfigOnCard {
  readonly before: Content & { readonly kind: 'file' };
  readonly after: Content & { readonly kind: 'file' };
  /** For the user, before anything is asked. */
  readonly notes: readonly string[];
  /** All places where the firmware may look for `canwarden.dtbo`. */
  readonly overlays: readonly CardPath[];
}

/**
 * Reads and plans. Throws InputError if config.txt is not a file, or if a prefix leads outside the volume.
 */
export async function readConfig(card: Card, overlayName: string): Promise<ConfigOnCard> {
  const [before] = await card.look([CONFIG_TXT]);
  if (before.kind !== 'file') throw new InputError(`${formatPath(CONFIG_TXT)} is not a file`);
  // Byte for byte, so that a comment in any encoding survives.
  const text = before.bytes.toString('latin1');
  const included = await readIncluded(card, text);
  const lines = readOwn(text, included);
  const notes = configNotes(lines, await readCommandLines(card, commandLinePlaces(lines)));
  const overlays: CardPath[] = [];
  for (const { prefix, marker, osPrefix } of overlayPlaces(lines)) {
    const at = boot(prefix + overlayName);
    const [isUsed] = marker === undefined ? [true] : await card.exists([boot(marker)]);
    if (isUsed) overlays.push(at);
    else if (osPrefix !== undefined && !(await isThere(card, osPrefix))) {
      notes.push(
        `os_prefix=${osPrefix}: nothing of that name is on the card yet. Next: whatever puts a system ` +
          `there, copy ${overlays[0].path} to ${at.path} with it, or the cells have no memory`,
      );
    }
  }
  const bytes = Buffer.from(editConfig(text, included), 'latin1');
  return { before, after: { ...before, bytes }, notes, overlays };
}

async function readIncluded(card: Card, text: string): Promise<Map<string, string>> {
  const included = new Map<string, string>();
  const names = [...namesIn(text)];
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (included.has(name) || included.size >= FILES_MOST) continue;
    const [found] = await card.look([boot(`/${name.replace(/^\/+/, '')}`)]);
    if (found.kind !== 'file') continue;
    const inside = found.bytes.toString('latin1');
    included.set(name, inside);
    names.push(...namesIn(inside));
  }
  return included;
}

function namesIn(text: string): string[] {
  return splitLines(text).flatMap((line) => {
    const name = includedName(line);
    return name === undefined || name.split('/').includes('..') ? [] : [name];
  });
}

async function readCommandLines(
  card: Card,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const found = await card.look(paths.map(boot));
  return new Map(
    found.flatMap((one, index): [string, string][] =>
      one.kind === 'file' ? [[paths[index].slice(1), one.bytes.toString('latin1')]] : [],
    ),
  );
}

/**
 * A prefix is a folder, or the beginning of file names. The latter cannot be looked up and counts as present.
 */
async function isThere(card: Card, osPrefix: string): Promise<boolean> {
  if (!osPrefix.endsWith('/')) return true;
  return (await card.exists([boot(`/${osPrefix.replace(/\/+$/, '')}`)]))[0];
}
