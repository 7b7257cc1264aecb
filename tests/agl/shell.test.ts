// SPDX-License-Identifier: MIT
/** The helper as text: clean for shellcheck. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { STATUSES } from '../../formats/statuses.ts';
import { statusNumbers } from '../../scripts/build/formats/tables.ts';
import { skipForSetup } from '../../scripts/test/result.ts';

const SHELLCHECK = spawnSync('shellcheck', ['--version']).status === 0;
const NEEDS_SHELLCHECK = {
  skip: SHELLCHECK ? false : skipForSetup('no shellcheck here'),
};

describe('the helper', () => {
  it('is clean for shellcheck, with all its parts', NEEDS_SHELLCHECK, () => {
    const { status, stdout, stderr } = spawnSync(
      'shellcheck',
      ['--external-sources', '--check-sourced', '--shell=sh', 'canwarden'],
      { cwd: 'agl', encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout + stderr);
  });

  it('explains each status number in one line that stands alone', () => {
    const table = statusNumbers(STATUSES);
    // On the board the other rows are not at hand.
    assert.doesNotMatch(table, /\b(as|see) \d+/);
    assert.match(
      table,
      /^21\|ChipSilentLow\|the MCP2515 is silent: every register reads 0x00\|check 3\.3 V/m,
    );
  });
});
