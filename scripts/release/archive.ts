// SPDX-License-Identifier: MIT
/**
 * The release as one archive: the same files give the same bytes.
 *
 * zlib compresses it, so two versions of Node may pack differently. SHA256SUMS inside covers the files
 * themselves.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { InputError } from '../../cell-config/files.ts';
import { type TarMember, withFolders, writeTar } from '../archive/tar.ts';
import type { Entry, Part } from './parts.ts';

/** 2000-01-01: the time of every file, unless SOURCE_DATE_EPOCH is set. */
const DEFAULT_TIME_SECONDS = 946_684_800;

export interface Archive {
  readonly name: string;
  readonly bytes: Buffer;
  readonly fileCount: number;
  readonly sha256: string;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Packs all parts. Throws InputError with every missing file. */
export function packRelease(version: string, parts: readonly Part[]): Archive {
  const entries = parts.flatMap((part) => part.entries.map((entry) => ({ part, entry })));
  const missing = entries.filter(({ entry }) => 'from' in entry && !existsSync(entry.from));
  if (missing.length > 0) {
    const lines = missing.map(({ part, entry }) => `  ${part.name}: ${sourceOf(entry)}`);
    throw new InputError(
      ['the release lacks files:', ...lines, 'Next: npm run build (files of build/)'].join('\n'),
    );
  }
  const files = entries.map(({ entry }) => read(entry));
  const sums = files
    .map(({ path, bytes }) => `${sha256(bytes)}  ${path}\n`)
    .sort((one, other) => (one.slice(66) < other.slice(66) ? -1 : 1))
    .join('');
  files.push({ path: 'SHA256SUMS', bytes: Buffer.from(sums), executable: false });

  const folder = `canwarden-${version}`;
  const members = files.map((file) => memberOf(folder, file));
  const bytes = gzipSync(writeTar(withFolders(members), timeSeconds()), { level: 9 });
  return {
    name: `${folder}.tar.gz`,
    bytes,
    fileCount: files.length,
    sha256: sha256(bytes),
  };
}

interface ArchiveFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly executable: boolean;
}

function memberOf(folder: string, { path, bytes, executable }: ArchiveFile): TarMember {
  const mode = executable ? 0o755 : 0o644;
  return { name: `${folder}/${path}`, content: { kind: 'file', bytes, mode } };
}

function sourceOf(entry: Entry): string {
  return 'from' in entry ? entry.from : entry.to;
}

function read(entry: Entry): ArchiveFile {
  const bytes = 'from' in entry ? readFileSync(entry.from) : Buffer.from(entry.bytes);
  return { path: entry.to, bytes, executable: entry.executable };
}

/** The time of every file and of the bills of material. Throws InputError for a SOURCE_DATE_EPOCH that is none. */
export function timeSeconds(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given === undefined) return DEFAULT_TIME_SECONDS;
  if (!/^\d{1,10}$/.test(given)) {
    throw new InputError(`SOURCE_DATE_EPOCH is "${given}": expected seconds since 1970`);
  }
  return Number(given);
}
