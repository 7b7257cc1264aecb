// SPDX-License-Identifier: MIT
/**
 * What the parts of the helper set, asked of a shell that has run them.
 *
 * Does not: run a command of the helper.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const PARTS = ['common', 'jailhouse', 'role', 'board-checks'];
const SCRIPT = `
  lib=agl/lib
  for part in ${PARTS.join(' ')}; do . "$lib/$part.sh"; done
  for name do eval "printf '%s\\n' \\"\\$$name\\""; done`;

/** The values of the variables `names`, in their order. Fails for one that is not set. */
export function helperVariables(...names: string[]): string[] {
  const { status, stdout, stderr } = spawnSync('sh', ['-uc', SCRIPT, 'sh', ...names], {
    encoding: 'utf8',
    env: { ...process.env, CANWARDEN_ROOT: '' },
  });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
}
