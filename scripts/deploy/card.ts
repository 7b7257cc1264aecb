/**
 * What deploy knows of a card, whatever it is: a mounted one, an image, an archive, a board by ssh.
 *
 * Does not: know what canwarden installs; see manifest.ts.
 */
import { InputError } from '../../cell-config/files.ts';

/** The FAT partition the firmware reads, and Linux's own. */
export type Volume = 'boot' | 'root';

/** A place on the card: absolute in its volume, for example `/config.txt` on `boot`. */
export interface CardPath {
  readonly volume: Volume;
  readonly path: string;
}

/** What can be written. `mode` means nothing on `boot`: FAT has none. */
export type Content =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string };

/** What can be found. Links are not followed at the end of a path, only inside it. */
export type Found =
  Content | { readonly kind: 'folder' } | { readonly kind: 'other' } | { readonly kind: 'missing' };

/** One file before and after; undefined means that it is not there. */
export interface Change {
  readonly at: CardPath;
  readonly before: Content | undefined;
  readonly after: Content | undefined;
}

/** Everything one run does to a card, in this order: folders, changes as listed, folders away. */
export interface ChangeSet {
  readonly makeFolders: readonly CardPath[];
  readonly changes: readonly Change[];
  /** Removed only when they are empty by then. */
  readonly removeFolders: readonly CardPath[];
}

/** How a card takes a deployment back. */
export type UndoKind =
  /** By files kept on the card itself; see backup.ts. */
  | 'files'
  /** By itself, outside the card: undo() does it. */
  | 'own';

export interface Card {
  /** For people: what it is and where its two volumes are. */
  readonly title: string;
  readonly undoKind: UndoKind;
  /** Whether it is a whole card, with a config.txt to edit; an archive is not. */
  readonly isWhole: boolean;
  /** What is at each place, in the order asked. */
  look(places: readonly CardPath[]): Promise<Found[]>;
  /** Whether something is at each place; cheaper than look for large files. */
  exists(places: readonly CardPath[]): Promise<boolean[]>;
  /** Does all of it or says why not. Cards with undoKind `own` keep what they need for undo. */
  apply(changes: ChangeSet): Promise<void>;
  /** For undoKind `own`: what undo would do, in sentences; empty when there is nothing to undo. */
  describeUndo?(): Promise<string[]>;
  undo?(): Promise<void>;
}

/** No file that deploy looks at on a card is this large: a larger one is none of them. */
export const CARD_FILE_BYTES_MOST = 64 << 20;

/** Says no to a file on the card before it is read into memory. */
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

/** `boot:/config.txt`. */
export function formatPath({ volume, path }: CardPath): string {
  return `${volume}:${path}`;
}

/** Whether writing `wanted` over `found` would change anything. */
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
