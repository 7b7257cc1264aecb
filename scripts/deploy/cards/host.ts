// SPDX-License-Identifier: MIT
/**
 * A running board: its files are read and written by ssh, with the board's shell and tools.
 *
 * One ssh run reads everything, another writes everything. The script goes to `sh` on the board through
 * standard input; it needs stat, base64, readlink and mv (coreutils or busybox). ssh asks for passwords
 * itself.
 */
import { posix } from 'node:path';
import { InputError } from '../../../cell-config/files.ts';
import { CARD_FILE_BYTES_MOST, refuseLarge } from '../card.ts';
import type { Card, CardPath, Change, ChangeSet, Found } from '../card.ts';
import { runTool } from '../commands.ts';

export interface HostOptions {
  /** Destination for ssh: `root@board`. */
  readonly host: string;
  /** Mount point of the card's root on the board; `/` unless the board was booted from elsewhere. */
  readonly root: string;
  /** Mount point of its boot partition. Searched if absent. */
  readonly boot?: string;
}

const SSH_FAILED = 255;
const BOOT_FOLDERS = ['boot', 'boot/firmware'];

/** Prints one line per path. A file's bytes follow in base64, ended by a dot. */
const LOOK = `look() {
  if [ -L "$1" ]; then echo "link $(readlink "$1")"
  elif [ -f "$1" ]; then
    bytes=$(stat -c %s "$1")
    if [ "$2" = content ] && [ "$bytes" -gt ${CARD_FILE_BYTES_MOST} ]; then
      echo "large $bytes"
      return
    fi
    echo "file $(stat -c %a "$1")"
    if [ "$2" = content ]; then base64 <"$1" || exit 1; fi
    echo .
  elif [ -d "$1" ]; then echo folder
  elif [ -e "$1" ]; then echo other
  else echo missing
  fi
}
`;

/**
 * put PATH MODE VOLUME: receives the bytes in base64, and replaces the file only when they are complete. The
 * boot partition may refuse modes: FAT has none.
 */
const WRITE = `set -eu
put() {
  base64 -d >"$1.canwarden-new"
  chmod "$2" "$1.canwarden-new" 2>/dev/null || [ "$3" = boot ]
  mv -f "$1.canwarden-new" "$1"
}
`;

export class HostCard implements Card {
  readonly title: string;
  readonly undoKind = 'files';
  readonly isWhole = true;
  readonly #host: string;
  readonly #folders: Readonly<Record<CardPath['volume'], string>>;

  constructor(options: HostOptions) {
    if (!/^[\w.@:[\]%-]+$/.test(options.host) || options.host.startsWith('-')) {
      throw new InputError(
        `--host ${options.host}: expected USER@NAME, for example root@raspberrypi4`,
      );
    }
    this.#host = options.host;
    const root = posix.resolve('/', options.root);
    this.#folders = { root, boot: options.boot ?? this.#findBoot(root) };
    this.title = `${options.host} (root: ${root}, boot partition: ${this.#folders.boot})`;
  }

  look(places: readonly CardPath[]): Promise<Found[]> {
    return Promise.resolve(
      this.#look(
        places.map((place) => this.#real(place)),
        'content',
      ),
    );
  }

  exists(places: readonly CardPath[]): Promise<boolean[]> {
    const found = this.#look(
      places.map((place) => this.#real(place)),
      'kind',
    );
    return Promise.resolve(found.map(({ kind }) => kind !== 'missing'));
  }

  apply({ makeFolders, changes, removeFolders }: ChangeSet): Promise<void> {
    const script = [
      WRITE,
      ...makeFolders.map((place) => `mkdir -p ${quote(this.#real(place))}`),
      ...changes.map((change) => this.#writeCommand(change)),
      ...removeFolders.map((place) => `rmdir ${quote(this.#real(place))} 2>/dev/null || :`),
      'sync',
    ];
    this.#ssh(`${script.join('\n')}\n`);
    return Promise.resolve();
  }

  #real({ volume, path }: CardPath): string {
    return posix.join(this.#folders[volume], path);
  }

  #findBoot(root: string): string {
    const folders = BOOT_FOLDERS.map((name) => posix.join(root, name));
    const found = this.#look(
      folders.map((folder) => posix.join(folder, 'config.txt')),
      'kind',
    );
    const index = found.findIndex(({ kind }) => kind === 'file');
    if (index !== -1) return folders[index];
    throw new InputError(
      `${this.#host}: there is no config.txt in ${folders.join(' or ')}. ` +
        'Next: mount the boot partition there (mount /dev/mmcblk0p1 /boot), or name it with --boot',
    );
  }

  #look(paths: readonly string[], what: 'content' | 'kind'): Found[] {
    const calls = paths.map((path) => `look ${quote(path)} ${what}`);
    const lines = this.#ssh(`${LOOK}${calls.join('\n')}\n`).split('\n');
    const found: Found[] = [];
    for (let index = 0; found.length < paths.length; index += 1) {
      if (index >= lines.length) {
        throw new Error(`${this.#host}: the answer to "${paths[found.length]}" is missing`);
      }
      const [kind, ...rest] = lines[index].split(' ');
      if (kind === 'file') {
        const end = lines.indexOf('.', index);
        const bytes = Buffer.from(lines.slice(index + 1, end).join(''), 'base64');
        found.push({ kind, bytes, mode: Number.parseInt(rest[0], 8) });
        index = end;
      } else if (kind === 'large') refuseLarge(paths[found.length], Number(rest[0]));
      else if (kind === 'link') found.push({ kind, target: rest.join(' ') });
      else if (kind === 'folder' || kind === 'missing') found.push({ kind });
      else found.push({ kind: 'other' });
    }
    return found;
  }

  #writeCommand({ at, after }: Change): string {
    const path = quote(this.#real(at));
    if (after === undefined) return `rm -f ${path}`;
    if (after.kind === 'link') return `ln -sfn ${quote(after.target)} ${path}`;
    const mode = after.mode.toString(8);
    const lines = after.bytes.toString('base64').replace(/.{76}/g, '$&\n');
    return `put ${path} ${mode} ${at.volume} <<'END'\n${lines}\nEND`;
  }

  #ssh(script: string): string {
    const { status, output, complaint } = runTool('ssh', ['--', this.#host, 'sh -s'], script);
    if (status === 0) return output.toString('latin1');
    if (status === SSH_FAILED) {
      throw new InputError(
        `cannot reach ${this.#host} by ssh: ${complaint}. Next: ssh ${this.#host} true`,
      );
    }
    throw new Error(`${this.#host}: the shell there ended with status ${status}: ${complaint}`);
  }
}

/** Quotes any text as one word for the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
