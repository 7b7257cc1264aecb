// SPDX-License-Identifier: MIT
/**
 * Finds the files that were replaced on the board since they were installed.
 *
 * A file counts as replaced if it differs both from the content to install and from the content last
 * installed. The latter is known from the copy beside it or, for older cards, from the list of backup.ts.
 * Files without such a copy in the manifest belong to deploy and are not looked at.
 */
import { isAsInstalled, readIndex } from './backup.ts';
import type { Card, CardPath, Content, Found } from './card.ts';
import type { Wanted } from './contents.ts';

/** The places of `wanted` that hold content of the board's own. */
export async function changedOnBoard(card: Card, wanted: readonly Wanted[]): Promise<CardPath[]> {
  const changed: CardPath[] = [];
  for (const { at, content, installedCopy } of wanted) {
    if (installedCopy === undefined) continue;
    const [here, copy] = await card.look([at, installedCopy]);
    if (here.kind !== 'file' || hasBytes(content, here)) continue;
    const isOurs = copy.kind === 'missing' ? await isListed(card, at, here) : hasBytes(copy, here);
    if (!isOurs) changed.push(at);
  }
  return changed;
}

function hasBytes(one: Found, other: Content): boolean {
  return one.kind === 'file' && other.kind === 'file' && one.bytes.equals(other.bytes);
}

async function isListed(card: Card, at: CardPath, here: Content): Promise<boolean> {
  const index = card.undoKind === 'files' ? await readIndex(card) : undefined;
  return index !== undefined && isAsInstalled(index, at, here);
}
