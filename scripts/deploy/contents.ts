// SPDX-License-Identifier: MIT
/**
 * Turns the manifest into the files wanted on this card.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, readInput } from '../../cell-config/files.ts';
import type { Revision } from '../../cell-config/format/model.ts';
import type { Role } from '../../cell-config/roles.ts';
import { rpi4Files } from '../../cell-config/rpi4-files.ts';
import { boot } from './card.ts';
import type { CardPath, Content } from './card.ts';
import { configBlock } from './config/text.ts';
import { ARMSTUB, MANIFEST } from './manifest.ts';
import type { ManifestEntry } from './manifest.ts';
import { encodeOverlay } from './overlay.ts';

/** One file that should be on the card. */
export interface Wanted {
  readonly at: CardPath;
  readonly content: Content;
  /** Written only if nothing is there. */
  readonly keep: boolean;
  /** Written only if the file there equals the content of this place. */
  readonly installedCopy?: CardPath;
}

export interface ContentOptions {
  readonly revision: Revision;
  /** The cell's end of virtio-can. */
  readonly role: Role;
  /** TF-A's bl31.bin, if the card is to get one. */
  readonly armstub?: string;
  /** Adds the lines for config.txt as a file of their own, for archives. */
  readonly withConfigBlock: boolean;
  /** Places where this card's firmware looks for the overlay. Default: the manifest's place. */
  readonly overlays?: readonly CardPath[];
}

/** The wanted files, and the optional sources that are missing. */
export interface Contents {
  readonly wanted: readonly Wanted[];
  /** Files of the other role only. Removed from the card if they are as deploy installs them. */
  readonly unwanted: readonly Wanted[];
  readonly leftOut: readonly string[];
}

/** Place of the lines for config.txt in an archive. config.txt reads them by `include`. */
const CONFIG_BLOCK_FILE = boot('/canwarden.txt');

/** Reads and makes all files. Throws InputError with all required files that are missing. */
export function collectContents(options: ContentOptions): Contents {
  const wanted: Wanted[] = [];
  const unwanted: Wanted[] = [];
  const leftOut: string[] = [];
  const missing: string[] = [];
  for (const entry of MANIFEST) {
    const found = resolveEntry(entry, options);
    if (entry.role !== undefined && entry.role !== options.role) unwanted.push(...found);
    else if (found.length > 0) wanted.push(...found);
    else (entry.required ? missing : leftOut).push(sourceName(entry));
  }
  if (missing.length > 0) {
    throw new InputError(
      `${[...new Set(missing)].join(', ')} not there. Next: npm run build, then deploy again`,
    );
  }
  if (options.armstub !== undefined) {
    wanted.push(plainFile(ARMSTUB, readArmstub(options.armstub)));
  }
  if (options.withConfigBlock) {
    wanted.push(plainFile(CONFIG_BLOCK_FILE, Buffer.from(configBlock())));
  }
  return { wanted, unwanted, leftOut: [...new Set(leftOut)] };
}

/** The files of one line of the manifest. Empty if its source is missing. */
function resolveEntry(entry: ManifestEntry, options: ContentOptions): Wanted[] {
  const { source, to, mode, keep = false, installedCopy } = entry;
  const file = (bytes: Buffer, at = to): Wanted => ({
    at,
    content: { kind: 'file', bytes, mode },
    keep,
    installedCopy,
  });
  switch (source.kind) {
    case 'file':
      return existsSync(source.path) ? [file(readFileSync(source.path))] : [];
    case 'folder':
      return filesOf(source.path, source.suffixes).map((name) =>
        file(readFileSync(join(source.path, name)), { ...to, path: `${to.path}/${name}` }),
      );
    case 'cell':
      return rpi4Files(options.revision, options.role)
        .filter(({ name }) => name === source.name)
        .map(({ bytes }) => file(bytes));
    case 'overlay':
      return (options.overlays ?? [to]).map((at) => file(encodeOverlay(), at));
    case 'link':
      if (!existsSync(source.with)) return [];
      return [{ at: to, content: { kind: 'link', target: source.target }, keep }];
  }
}

function filesOf(folder: string, suffixes: readonly string[]): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => suffixes.some((suffix) => name.endsWith(suffix)))
    .sort();
}

function sourceName({ source, to }: ManifestEntry): string {
  if (source.kind === 'file' || source.kind === 'folder') return source.path;
  return source.kind === 'link' ? source.with : to.path;
}

/** Magic in the head of an armstub, as the board's firmware recognises it (TF-A, armstub8_header.S). */
const ARMSTUB_MAGIC = { value: 0x5afe570b, offset: 0xf0 } as const;

/** Reads an armstub. With anything else in its place the card would not boot. */
function readArmstub(path: string): Buffer {
  const bytes = readInput(path, 'first stage of the firmware');
  const { value, offset } = ARMSTUB_MAGIC;
  if (bytes.length >= offset + 4 && bytes.readUInt32LE(offset) === value) return bytes;
  throw new InputError(
    `${path}: not an armstub: 0x${value.toString(16)} is not at offset 0x${offset.toString(16)}. ` +
      'Next: --armstub build/rpi4/release/bl31.bin of TF-A, made with PLAT=rpi4. Nothing was written',
  );
}

function plainFile(at: CardPath, bytes: Buffer): Wanted {
  return { at, content: { kind: 'file', bytes, mode: 0o644 }, keep: false };
}
