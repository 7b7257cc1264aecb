// SPDX-License-Identifier: MIT
/**
 * Keeps the files that a deployment replaces on the card itself, so that any machine can undo it.
 *
 * Form: /var/lib/canwarden/deploy/index.json lists every changed file with the hash of what was installed.
 * The originals lie beside it, named by their own hash. A second deployment adds to the list and never
 * replaces an original: undo leads back to the card before the first one.
 */
import { createHash } from 'node:crypto';
import { InputError } from '../../cell-config/files.ts';
import { formatPath, root } from './card.ts';
import type { Card, CardPath, Change, ChangeSet, Content, Found } from './card.ts';
import { removeEdit } from './config/text.ts';
import { CONFIG_TXT } from './manifest.ts';

const FOLDER = '/var/lib/canwarden/deploy';
const INDEX = root(`${FOLDER}/index.json`);
const FOLDERS = [root('/var'), root('/var/lib'), root('/var/lib/canwarden'), root(FOLDER)];
const PRIVATE_MODE = 0o600;

type Original =
  | { readonly kind: 'none' }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file'; readonly mode: number; readonly sha256: string };

interface IndexedFile extends CardPath {
  readonly original: Original;
  /** Hash of the installed content; a difference shows a later change. */
  readonly installed: string;
}

export interface BackupIndex {
  readonly version: 1;
  readonly files: readonly IndexedFile[];
  /** Folders made by deploy, outermost first. */
  readonly folders: readonly CardPath[];
}

/** The list on the card. Undefined: no deployment by files. */
export async function readIndex(card: Card): Promise<BackupIndex | undefined> {
  const [found] = await card.look([INDEX]);
  if (found.kind !== 'file') return undefined;
  try {
    const index = JSON.parse(found.bytes.toString('utf8')) as BackupIndex;
    if (index.version === 1 && Array.isArray(index.files)) return index;
  } catch {
    // Continues with the error below.
  }
  throw new InputError(`${formatPath(INDEX)} on the card is damaged; undo has nothing to go by`);
}

/** Whether `content` at `at` is what was last installed there. */
export function isAsInstalled(index: BackupIndex, at: CardPath, content: Content): boolean {
  const name = formatPath(at);
  return index.files.some(
    (file) => formatPath(file) === name && file.installed === hashOf(content),
  );
}

/** The same changes after the backup: originals are safe before anything is replaced. */
export async function withBackup(card: Card, set: ChangeSet): Promise<ChangeSet> {
  const earlier = await readIndex(card);
  const known = new Map(earlier?.files.map((file) => [formatPath(file), file]));
  const originals = new Map<string, Change>();
  for (const { at, before, after } of set.changes) {
    const old = known.get(formatPath(at));
    const installed = after === undefined ? '' : hashOf(after);
    if (old !== undefined) {
      known.set(formatPath(at), { ...old, installed });
      continue;
    }
    known.set(formatPath(at), { ...at, original: describeOriginal(before), installed });
    if (before?.kind !== 'file') continue;
    const place = originalPlace(hashOf(before));
    originals.set(place.path, {
      at: place,
      before: undefined,
      after: { ...before, mode: PRIVATE_MODE },
    });
  }
  const there = await card.exists(FOLDERS);
  const missing = FOLDERS.filter((_, index) => !there[index]);
  const folders = [...(earlier?.folders ?? []), ...missing, ...set.makeFolders];
  const index: BackupIndex = { version: 1, files: [...known.values()], folders };
  const bytes = Buffer.from(`${JSON.stringify(index, undefined, 1)}\n`);
  const indexChange: Change = {
    at: INDEX,
    before: undefined,
    after: { kind: 'file', bytes, mode: PRIVATE_MODE },
  };
  return {
    ...set,
    makeFolders: [...missing, ...set.makeFolders],
    changes: [...originals.values(), indexChange, ...set.changes],
  };
}

/** The changes that undo the deployment, and the files changed since they were installed. */
export async function planUndo(
  card: Card,
  index: BackupIndex,
): Promise<{ readonly set: ChangeSet; readonly changedSince: readonly string[] }> {
  const now = await card.look(index.files);
  const saved = [
    ...new Set(
      index.files.flatMap(({ original }) => (original.kind === 'file' ? [original.sha256] : [])),
    ),
  ];
  const found = await card.look(saved.map(originalPlace));
  const bytesOf = new Map(found.map((one, position) => [saved[position], one]));
  const changedSince: string[] = [];
  const changes = index.files.map((file, position): Change => {
    const here = now[position];
    const before = here.kind === 'file' || here.kind === 'link' ? here : undefined;
    const touched = before === undefined ? '' : hashOf(before);
    if (touched !== file.installed) changedSince.push(formatPath(file));
    const at = { volume: file.volume, path: file.path };
    // Keeps later edits of the settings.
    if (before?.kind === 'file' && touched !== file.installed && isConfig(at)) {
      const text = removeEdit(before.bytes.toString('latin1'));
      return { at, before, after: { ...before, bytes: Buffer.from(text, 'latin1') } };
    }
    return { at, before, after: originalContent(file, bytesOf) };
  });
  const cleanUp = [INDEX, ...saved.map(originalPlace)].map((at): Change => ({
    at,
    before: { kind: 'file', bytes: Buffer.alloc(0), mode: 0 },
    after: undefined,
  }));
  const removeFolders = [...index.folders].reverse();
  return {
    set: { makeFolders: [], changes: [...changes, ...cleanUp], removeFolders },
    changedSince,
  };
}

/** Whether a change is one of the backup's own files, which need not be shown. */
export function isBackupFile({ volume, path }: CardPath): boolean {
  return volume === 'root' && path.startsWith(`${FOLDER}/`);
}

function originalContent(
  file: IndexedFile,
  bytesOf: ReadonlyMap<string, Found>,
): Content | undefined {
  const { original } = file;
  if (original.kind === 'none') return undefined;
  if (original.kind === 'link') return { kind: 'link', target: original.target };
  const saved = bytesOf.get(original.sha256);
  if (saved?.kind !== 'file' || hashOf(saved) !== original.sha256) {
    throw new InputError(
      `the original of ${formatPath(file)} is missing or damaged on the card. Nothing was written`,
    );
  }
  return { kind: 'file', bytes: saved.bytes, mode: original.mode };
}

function describeOriginal(before: Content | undefined): Original {
  if (before === undefined) return { kind: 'none' };
  if (before.kind === 'link') return before;
  return { kind: 'file', mode: before.mode, sha256: hashOf(before) };
}

function originalPlace(sha256: string): CardPath {
  return root(`${FOLDER}/${sha256}`);
}

function hashOf(content: Content): string {
  const bytes = content.kind === 'file' ? content.bytes : content.target;
  return createHash('sha256').update(bytes).digest('hex');
}

function isConfig(at: CardPath): boolean {
  return formatPath(at) === formatPath(CONFIG_TXT);
}
