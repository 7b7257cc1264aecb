// SPDX-License-Identifier: MIT
/**
 * Cards and projects for the tests of deploy: made from nothing in a temporary folder.
 *
 * The project is a stand-in with known bytes, so that the tests need no build and see optional
 * files too. Card images are made with mtools and e2fsprogs.
 */
import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { encodeSystem } from '../../cell-config/format/encode.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const SCRIPT = resolve('scripts/deploy.ts');
const SECTOR = 512;
const MIB = 2 ** 20;
/** mtools and e2fsprogs; users' paths often lack /usr/sbin. */
export const TOOL_ENVIRONMENT = {
  ...process.env,
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  MTOOLSRC: '/dev/null',
};

/** For tests that make card images: skipped by name where the tools are not there. */
export const NEEDS_TOOLS = {
  skip: ['mcopy', 'mformat', 'mke2fs', 'debugfs'].every(isInstalled)
    ? false
    : skipForSetup('no mtools or e2fsprogs here'),
};

function isInstalled(name: string): boolean {
  return spawnSync(name, ['-V'], { env: TOOL_ENVIRONMENT }).error === undefined;
}

/** Files of a tree, by path; a string that begins with `-> ` is a symbolic link. */
export type Tree = Readonly<Record<string, string | Buffer>>;

export function writeTree(folder: string, tree: Tree): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) {
      symlinkSync(content.slice(3), place);
    } else writeFileSync(place, content, { mode: 0o644 });
  }
}

/** Enough of a hash to tell files apart, short enough to read in a failure. */
export function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** Everything below a folder, by path: folders, links, and files with mode and hash. */
export function readTree(folder: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const state = lstatSync(path);
    if (state.isDirectory()) tree[name] = 'folder';
    else if (state.isSymbolicLink()) tree[name] = `-> ${readlinkSync(path)}`;
    else tree[name] = `${(state.mode & 0o777).toString(8)} ${hashOf(readFileSync(path))}`;
  }
  return tree;
}

/** What the stand-in project holds; the bytes are not text, so that nothing may treat them as text. */
export const PROJECT: Tree = {
  'build/canwarden.bin': Buffer.from([...Array(9000).keys()].map((index) => (index * 7) % 256)),
  'build/rules.bin': Buffer.from('CWRL\0\x01\r\n\x1a'),
  'build/canwarden-bridge-aarch64': Buffer.from('\x7fELF bridge'),
  'agl/canwarden': '#!/bin/sh\necho helper\n',
  'agl/lib/common.sh': '# shared\n',
  'agl/lib/notes.md': 'not installed\n',
  'agl/systemd/canwarden-cell.service': '[Unit]\n',
  'agl/systemd/25-canwarden.netdev': '[NetDev]\n',
  'agl/systemd/60-canwarden.rules': 'SUBSYSTEM=="uio"\n',
  'agl/systemd/sysusers-canwarden.conf': 'u canwarden\n',
};

/** config.txt as an AGL card of this board has it. */
export const CONFIG = [
  '# For more options see the documentation',
  'dtparam=audio=on',
  'dtparam=spi=on',
  'core_freq=250',
  'dtoverlay=mcp2515-can0,oscillator=8000000,interrupt=25,spimaxfrequency=1000000',
  '[pi3]',
  'core_freq=400',
  '',
].join('\n');

/** The head by which the board's firmware knows an armstub: TF-A, plat/rpi/rpi4 armstub8_header.S. */
function armstub(): Buffer {
  const bytes = Buffer.alloc(500, 0x31);
  bytes.writeUInt32LE(0x5afe570b, 0xf0);
  return bytes;
}

/** What the boot partition holds before; BOOT['config.txt'] is CONFIG. */
export const BOOT: Tree = {
  'config.txt': CONFIG,
  'start4.elf': Buffer.alloc(3000, 0x53),
  'bl31.bin': armstub(),
  'overlays/other.dtbo': Buffer.alloc(100, 7),
};

/** What the root partition holds before: /lib is a link, as on every present-day system. */
export const ROOT: Tree = {
  'etc/os-release': 'ID=agl\n',
  'usr/lib/firmware/some.bin': 'firmware',
  'usr/bin/sh': 'shell',
  'usr/share/jailhouse/cells/rpi4.cell': encodeSystem(RPI4_ROOT, { revision: 13 }),
  lib: '-> usr/lib',
};

export interface Run {
  readonly status: number | null;
  readonly text: string;
}

/** A project folder and the command run in it; without a terminal, like in a script. */
export class Project {
  readonly folder = temporaryFolder();

  constructor(tree: Tree = PROJECT) {
    writeTree(this.folder, tree);
  }

  deploy(...parameters: string[]): Run {
    return this.deployWith({}, ...parameters);
  }

  deployWith(environment: Readonly<Record<string, string>>, ...parameters: string[]): Run {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...TYPESCRIPT, SCRIPT, ...parameters],
      {
        cwd: this.folder,
        encoding: 'utf8',
        input: '',
        env: { ...process.env, ...environment },
      },
    );
    return { status, text: stdout + stderr };
  }
}

export interface CardImage {
  readonly path: string;
  readonly bootOffset: number;
  readonly rootOffset: number;
}

/** A card image with an MBR, a FAT and an ext4 partition, holding the two trees. */
export function makeCardImage(bootTree: Tree = BOOT, rootTree: Tree = ROOT): CardImage {
  const folder = temporaryFolder();
  const bootOffset = MIB;
  const bootBytes = 16 * MIB;
  const rootOffset = bootOffset + bootBytes;
  const rootBytes = 24 * MIB;
  writeTree(join(folder, 'boot'), bootTree);
  writeTree(join(folder, 'root'), rootTree);
  const boot = join(folder, 'boot.fat');
  tool('mformat', '-i', boot, '-C', '-T', String(bootBytes / SECTOR), '-v', 'BOOT', '::');
  for (const name of readdirSync(join(folder, 'boot'))) {
    tool('mcopy', '-s', '-i', boot, join(folder, 'boot', name), '::/');
  }
  const root = join(folder, 'root.ext4');
  const size = `${rootBytes / 1024}k`;
  tool(
    'mke2fs',
    '-q',
    '-t',
    'ext4',
    '-E',
    'root_owner=0:0',
    '-d',
    join(folder, 'root'),
    root,
    size,
  );
  const path = join(folder, 'card.wic');
  const file = openSync(path, 'w');
  const [bootImage, rootImage] = [readFileSync(boot), readFileSync(root)];
  writeSync(file, masterBootRecord(bootOffset, bootBytes, rootOffset, rootBytes), 0, SECTOR, 0);
  writeSync(file, bootImage, 0, bootImage.length, bootOffset);
  writeSync(file, rootImage, 0, rootImage.length, rootOffset);
  closeSync(file);
  return { path, bootOffset, rootOffset };
}

/** MBR with two primary partitions: 0x0c FAT32 (LBA) and 0x83 Linux. */
function masterBootRecord(...ranges: readonly number[]): Buffer {
  const sector = Buffer.alloc(SECTOR);
  [0x0c, 0x83].forEach((type, index) => {
    const entry = 446 + 16 * index;
    sector[entry + 4] = type;
    sector.writeUInt32LE(ranges[2 * index] / SECTOR, entry + 8);
    sector.writeUInt32LE(ranges[2 * index + 1] / SECTOR, entry + 12);
  });
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** Runs a tool that must succeed. */
export function tool(name: string, ...parameters: string[]): Buffer {
  return execFileSync(name, parameters, {
    env: TOOL_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
