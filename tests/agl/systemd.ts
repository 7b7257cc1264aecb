// SPDX-License-Identifier: MIT
/**
 * Asks systemd about units, in a faked root. Tests that do are skipped by name where it is not there.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { skipForSetup } from '../../scripts/test/result.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const help = spawnSync('systemd-analyze', ['--help'], { encoding: 'utf8' });

/** `verify --root=` came with systemd 250. */
export const NEEDS_SYSTEMD = {
  skip:
    help.status === 0 && help.stdout.includes('--root=')
      ? false
      : skipForSetup('no systemd-analyze of systemd 250 or newer here'),
};

/** What `systemd-analyze verify` prints about units, by name and text. `programs`: those that they start. */
export function verified(
  units: Readonly<Record<string, string>>,
  programs: readonly string[],
): string {
  const root = temporaryFolder();
  const put = (name: string, text: string): void => {
    writeFileSync(join(root, 'etc/systemd/system', name), text);
  };
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
  for (const program of programs) {
    mkdirSync(dirname(join(root, program)), { recursive: true });
    copyFileSync('/bin/true', join(root, program));
  }
  for (const target of ['sysinit', 'basic', 'shutdown', 'multi-user']) {
    put(`${target}.target`, `[Unit]\nDescription=${target}\n`);
  }
  for (const [name, text] of Object.entries(units)) put(name, text);
  const words = ['verify', '--man=no', `--root=${root}`, ...Object.keys(units)];
  const { stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
  return (stdout + stderr).replaceAll(root, '');
}
