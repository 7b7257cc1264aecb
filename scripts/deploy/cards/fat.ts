// SPDX-License-Identifier: MIT
/**
 * Files of a FAT file system inside an image, by mtools: without mounting, without root.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuseLarge } from '../card.ts';
import type { Change, ChangeSet, Found } from '../card.ts';
import { mustRun, runTool } from '../commands.ts';

/** Permission bits in place of the ones that FAT lacks. */
const NO_MODE = 0o644;

export class FatVolume {
  readonly #place: string;

  constructor(image: string, offset: number) {
    this.#place = `${image}@@${offset}`;
  }

  /** What is at a path: mtools reports files, folders and missing paths differently. */
  look(path: string): Found {
    // `mdir` shows the size. Any other answer is left to mcopy and its limit.
    const listed = runTool('mdir', ['-i', this.#place, `::${path}`]).output.toString('latin1');
    const size = /^\s+1 file\s+([\d ]+) bytes/m.exec(listed)?.[1] ?? '0';
    refuseLarge(`boot:${path}`, Number(size.replaceAll(' ', '')));
    const read = runTool('mcopy', ['-i', this.#place, '-n', `::${path}`, '-']);
    if (read.status === 0) return { kind: 'file', bytes: read.output, mode: NO_MODE };
    return this.exists(path) ? { kind: 'folder' } : { kind: 'missing' };
  }

  exists(path: string): boolean {
    return runTool('mdir', ['-i', this.#place, '-b', `::${path}`]).status === 0;
  }

  apply({ makeFolders, changes, removeFolders }: ChangeSet): void {
    for (const { path } of makeFolders) this.#run(`make ${path}`, 'mmd', [`::${path}`]);
    const folder = mkdtempSync(join(tmpdir(), 'canwarden-fat-'));
    try {
      changes.forEach((change, index) => this.#write(change, join(folder, String(index))));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    for (const { path } of removeFolders) this.#run(`remove ${path}`, 'mrd', [`::${path}`]);
  }

  #write({ at, before, after }: Change, temporary: string): void {
    if (after === undefined) {
      if (before !== undefined) this.#run(`remove ${at.path}`, 'mdel', [`::${at.path}`]);
      return;
    }
    if (after.kind !== 'file') throw new Error(`boot:${at.path}: FAT has no symbolic links`);
    writeFileSync(temporary, after.bytes);
    this.#run(`write ${at.path}`, 'mcopy', ['-o', temporary, `::${at.path}`]);
    const written = runTool('mcopy', ['-i', this.#place, '-n', `::${at.path}`, '-']);
    if (!written.output.equals(readFileSync(temporary))) {
      throw new Error(`boot:${at.path}: reading back gave other bytes; is the partition full?`);
    }
  }

  #run(what: string, tool: string, parameters: readonly string[]): void {
    mustRun(`cannot ${what} on the boot partition`, tool, ['-i', this.#place, ...parameters]);
  }
}
