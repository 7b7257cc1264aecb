// SPDX-License-Identifier: MIT
/**
 * For tests that ask systemd about units: skipped by name where it is not there.
 */
import { spawnSync } from 'node:child_process';
import { skipForSetup } from '../../scripts/test/result.ts';

const help = spawnSync('systemd-analyze', ['--help'], { encoding: 'utf8' });

/** `verify --root=` came with systemd 250. */
export const NEEDS_SYSTEMD = {
  skip:
    help.status === 0 && help.stdout.includes('--root=')
      ? false
      : skipForSetup('no systemd-analyze of systemd 250 or newer here'),
};
