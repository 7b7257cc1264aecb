// SPDX-License-Identifier: MIT
/**
 * Files of an ext4 file system inside an image, by debugfs: without mounting, without root.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import type { Change, ChangeSet, Found } from '../card.ts';
import { refuseLarge } from '../card.ts';
import { mustRun, runTool } from '../commands.ts';

/** debugfs truncates longer command lines. The manifest's paths are far shorter. */
const PATH_PATTERN = /^\/[\w.+@/-]{1,200}$/;

interface Stated {
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly target?: string;
}

export class Ext4Volume {
  readonly #device: string;

  constructor(image: string, offset: number) {
    this.#device = `${image}?offset=${offset}`;
  }

  /** What is at each path, by two runs of debugfs in all. */
  look(paths: readonly string[]): Found[] {
    const folder = mkdtempSync(join(tmpdir(), 'canwarden-ext4-'));
    try {
      const kinds = this.#stat(paths);
      const dumps = paths.flatMap((path, index) =>
        kinds[index].type === 'regular' ? [`dump "${path}" "${join(folder, String(index))}"`] : [],
      );
      kinds.forEach(({ type, size }, index) => {
        if (type === 'regular') refuseLarge(`root:${paths[index]}`, size);
      });
      if (dumps.length > 0) this.#run(dumps, { write: false });
      return paths.map((_, index): Found => {
        const { type, mode, target } = kinds[index];
        if (type === 'missing') return { kind: 'missing' };
        if (type === 'directory') return { kind: 'folder' };
        if (type === 'symlink' && target !== undefined) return { kind: 'link', target };
        if (type !== 'regular') return { kind: 'other' };
        return { kind: 'file', bytes: readFileSync(join(folder, String(index))), mode };
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  exists(paths: readonly string[]): boolean[] {
    return this.#stat(paths).map(({ type }) => type !== 'missing');
  }

  apply({ makeFolders, changes, removeFolders }: ChangeSet): void {
    const folder = mkdtempSync(join(tmpdir(), 'canwarden-ext4-'));
    try {
      const commands = [
        ...makeFolders.flatMap(({ path }) => within(path, (name) => [`mkdir "${name}"`])),
        ...changes.flatMap((change, index) => writeCommands(change, join(folder, String(index)))),
        ...removeFolders.flatMap(({ path }) => within(path, (name) => [`rmdir "${name}"`])),
      ];
      if (commands.length > 0) this.#run(commands, { write: true });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Errors found by e2fsck, which changes nothing. Undefined: none. */
  findDamage(): string | undefined {
    const check = runTool('e2fsck', ['-f', '-n', this.#device]);
    if (check.status === 0) return undefined;
    const lines = check.output.toString().trim().split('\n');
    return `e2fsck status ${check.status}: ${lines.slice(-3).join('; ')}`;
  }

  /** Type, size, permission bits and link target of each path, from the output of `stat`. */
  #stat(paths: readonly string[]): Stated[] {
    const output = this.#run(
      paths.map((path) => `stat "${path}"`),
      { write: false },
    );
    // Each command is echoed before its answer. For a missing path the answer goes to standard error.
    const answers = output.split(/^debugfs: stat .*\n/m).slice(1);
    if (answers.length !== paths.length) {
      throw new Error(`cannot read the root partition: debugfs said: ${output.slice(0, 300)}`);
    }
    return answers.map((answer) => {
      const type = /Type: (\w+)/.exec(answer)?.[1] ?? 'missing';
      const mode = Number.parseInt(/Mode:\s+0?(\d+)/.exec(answer)?.[1] ?? '0', 8);
      const target = /Fast link dest: "(.*)"/.exec(answer)?.[1];
      const size = Number(/\bSize: (\d+)$/m.exec(answer)?.[1] ?? 0);
      return { type, size, mode, target };
    });
  }

  #run(commands: readonly string[], { write }: { write: boolean }): string {
    const folder = mkdtempSync(join(tmpdir(), 'canwarden-debugfs-'));
    try {
      const script = join(folder, 'commands');
      writeFileSync(script, `${commands.join('\n')}\n`);
      const parameters = [...(write ? ['-w'] : []), '-f', script, this.#device];
      return mustRun('cannot use the root partition', 'debugfs', parameters).toString();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** debugfs writes into its current folder. `/.` makes it follow a link such as /lib. */
function within(path: string, commands: (name: string) => string[]): string[] {
  if (!PATH_PATTERN.test(path)) throw new Error(`root:${path}: debugfs cannot be given this name`);
  return [`cd "${posix.join(posix.dirname(path), '/')}."`, ...commands(posix.basename(path))];
}

function writeCommands({ at, before, after }: Change, temporary: string): string[] {
  return within(at.path, (name) => {
    const remove = before === undefined ? [] : [`rm "${name}"`];
    if (after === undefined) return remove;
    if (after.kind === 'link') return [...remove, `symlink "${name}" "${after.target}"`];
    writeFileSync(temporary, after.bytes);
    const fields = { mode: `0100${after.mode.toString(8)}`, uid: '0', gid: '0' };
    return [
      ...remove,
      `write "${temporary}" "${name}"`,
      ...Object.entries(fields).map(
        ([field, value]) => `set_inode_field "${name}" ${field} ${value}`,
      ),
    ];
  });
}
