// SPDX-License-Identifier: MIT
/**
 * Interface of a card of any kind: a mounted one, an image, an archive, a board by ssh.
 */
import { InputError } from '../../cell-config/files.ts';

/** The FAT partition that the firmware reads, and Linux's root partition. */
export type Volume = 'boot' | 'root';

/** A place on the card: absolute in its volume, for example `/config.txt` on `boot`. */
export interface CardPath {
  readonly volume: Volume;
  readonly path: string;
}

/** Content to write. `mode` is ignored on `boot`: FAT has none. */
export type Content =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string };

/** What is at a place. Links are followed inside a path, but not at its end. */
export type Found =
  Content | { readonly kind: 'folder' } | { readonly kind: 'other' } | { readonly kind: 'missing' };

/** One file before and after. Undefined: absent. */
export interface Change {
  readonly at: CardPath;
  readonly before: Content | undefined;
  readonly after: Content | undefined;
}

/** All changes of one run to a card, in this order: make folders, changes as listed, remove folders. */
export interface ChangeSet {
  readonly makeFolders: readonly CardPath[];
  readonly changes: readonly Change[];
  /** Removed only if they are empty by then. */
  readonly removeFolders: readonly CardPath[];
}

/** How a card undoes a deployment. */
export type UndoKind =
  /** By files kept on the card itself; see backup.ts. */
  | 'files'
  /** By its own means outside the card: undo() does it. */
  | 'own';

export interface Card {
  /** For people: kind of card, and the places of its two volumes. */
  readonly title: string;
  readonly undoKind: UndoKind;
  /** Whether it is a whole card with a config.txt to edit. False for an archive. */
  readonly isWhole: boolean;
  /** What is at each place, in the given order. */
  look(places: readonly CardPath[]): Promise<Found[]>;
  /** Whether something is at each place; cheaper than look for large files. */
  exists(places: readonly CardPath[]): Promise<boolean[]>;
  /** Makes all changes or throws the reason. Cards with undoKind `own` keep what they need for undo. */
  apply(changes: ChangeSet): Promise<void>;
  /** For undoKind `own`: what undo would do, in sentences. Empty: nothing to undo. */
  describeUndo?(): Promise<string[]>;
  undo?(): Promise<void>;
}

/** Size limit for files that deploy reads from a card; none of them is larger. */
export const CARD_FILE_BYTES_MOST = 64 << 20;

/** Refuses a large file on the card before it is read into memory. */
export function refuseLarge(name: string, bytes: number): void {
  if (bytes <= CARD_FILE_BYTES_MOST) return;
  throw new InputError(
    `${name} on the card has ${bytes} bytes; deploy reads files of ${CARD_FILE_BYTES_MOST >> 20} MiB ` +
      'at most there. Next: see what it is, and move it away. Nothing was written',
  );
}

export function boot(path: string): CardPath {
  return { volume: 'boot', path };
}

export function root(path: string): CardPath {
  return { volume: 'root', path };
}

/** A path as text: `boot:/config.txt`. */
export function formatPath({ volume, path }: CardPath): string {
  return `${volume}:${path}`;
}

/** Whether `found` already equals `wanted`. */
export function isSame(volume: Volume, found: Found | undefined, wanted: Content): boolean {
  if (found === undefined || found.kind !== wanted.kind) return false;
  if (found.kind === 'link') return wanted.kind === 'link' && found.target === wanted.target;
  if (wanted.kind !== 'file' || found.kind !== 'file') return false;
  const sameMode = volume === 'boot' || found.mode === wanted.mode;
  return sameMode && found.bytes.equals(wanted.bytes);
}

/** The folders above a path, outermost first, without the volume itself. */
export function parentFolders({ volume, path }: CardPath): CardPath[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => ({ volume, path: `/${parts.slice(0, index + 1).join('/')}` }));
}
