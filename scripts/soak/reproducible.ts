// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- reproducible`: builds the sources twice, in two folders, under another HOME and user name each, and
 * compares image, bridge, cells and rules byte by byte.
 *
 * Does not: change compilers. Another compiler gives another image.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT } from '../build/command.ts';
import type { SoakRun } from './runs.ts';

const COMPARED = [
  'canwarden.bin',
  'canwarden-selftest.bin',
  'canwarden-bridge-aarch64',
  'bridge.wasm',
  'bridge/bridge.wasm.c',
  'rpi4-root.cell',
  'rpi4-canwarden.cell',
  'rpi4-canwarden-wfi.cell',
  'rules.bin',
];

/** Builds the tracked files in a folder of its own; returns that folder's build/. */
function buildIn(folder: string, user: string): string {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: PROJECT, encoding: 'utf8' });
  for (const name of tracked.split('\0').filter((text) => text !== '')) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(join(PROJECT, name), join(folder, name));
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  const home = join(folder, 'home');
  mkdirSync(home);
  const env = { ...process.env, HOME: home, USER: user, LOGNAME: user, INIT_CWD: folder };
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], { cwd: folder, env });
  return join(folder, 'build');
}

export const reproducible: SoakRun = {
  name: 'reproducible',
  what: 'two builds in other folders, of other users, give the same bytes',
  onlyByName: true,
  run: (progress) => {
    const folders = ['one', 'another-and-longer'].map((name) =>
      mkdtempSync(join(tmpdir(), `canwarden-${name}-`)),
    );
    try {
      const built = folders.map((folder, index) => {
        const made = buildIn(folder, `user-${index}`);
        progress(index + 1, folders.length);
        return made;
      });
      const differing = COMPARED.filter((name) => {
        const [one, other] = built.map((folder) => readFileSync(join(folder, name)));
        return !one.equals(other);
      });
      const lines = [
        `${COMPARED.length - differing.length} of ${COMPARED.length} files are the same`,
        ...differing.map((name) => `differs: ${name}`),
      ];
      return Promise.resolve({ lines, isRight: differing.length === 0 });
    } finally {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }
  },
};
