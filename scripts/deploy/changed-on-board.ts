/**
 * Finds the files that people have replaced on the board since they were installed.
 *
 * A file counts as replaced when it is neither what is to be installed now nor what was installed
 * last: the copy beside it tells, or, of a card from before there was one, the list of backup.ts.
 * Does not: know of files without such a copy in the manifest; those are deploy's own.
 */
import { isAsInstalled, readIndex } from './backup.ts';
import type { Card, CardPath, Content, Found } from './card.ts';
import type { Wanted } from './contents.ts';

/** The places of `wanted` that hold something of the board's own. */
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
