/**
 * For tests that ask systemd about units: skipped by name where it is not there.
 *
 * Used by: units.test.ts, tests/deploy/units.test.ts.
 */
import { spawnSync } from 'node:child_process';

const help = spawnSync('systemd-analyze', ['--help'], { encoding: 'utf8' });

/** `verify --root=` came with systemd 250. */
export const NEEDS_SYSTEMD = {
  skip:
    help.status === 0 && help.stdout.includes('--root=')
      ? false
      : 'no systemd-analyze that knows verify --root here (npm run setup; systemd 250 or newer)',
};
