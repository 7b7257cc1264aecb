// SPDX-License-Identifier: MIT
/** The helper as text: clean for shellcheck, free of numbers that differ from the cell configs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as LAYOUT from '../../cell-config/rpi4-layout.ts';
import { STATUSES } from '../../formats/statuses.ts';
import { statusNumbers } from '../../scripts/build/formats/tables.ts';
import { skipForSetup } from '../../scripts/test/result.ts';

const SHELLCHECK = spawnSync('shellcheck', ['--version']).status === 0;
const NEEDS_SHELLCHECK = {
  skip: SHELLCHECK ? false : skipForSetup('no shellcheck here'),
};

/** The assignments `NAME=VALUE` of a part of the helper. */
function assignments(part: string): Map<string, string> {
  const text = readFileSync(`agl/lib/${part}.sh`, 'utf8');
  return new Map([...text.matchAll(/^([A-Z_]+)=(\w+)$/gm)].map(([, name, value]) => [name, value]));
}

describe('the helper', () => {
  it('is clean for shellcheck, with all its parts', NEEDS_SHELLCHECK, () => {
    const { status, stdout, stderr } = spawnSync(
      'shellcheck',
      ['--external-sources', '--check-sourced', '--shell=sh', 'canwarden'],
      { cwd: 'agl', encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout + stderr);
  });

  it('has the addresses, the CPU and the link of the cell configs', () => {
    const common = assignments('common');
    assert.equal(Number(common.get('COMMAND_LINE_ADDRESS')), LAYOUT.CELL_COMMAND_LINE.guestStart);
    assert.equal(Number(common.get('COMMAND_LINE_BYTES')), LAYOUT.CELL_COMMAND_LINE.size);
    assert.equal(Number(common.get('RULES_ADDRESS')), LAYOUT.CELL_RULES.guestStart);
    assert.equal(Number(common.get('RULES_BYTES_MOST')), LAYOUT.CELL_RULES.size);
    assert.equal(Number(common.get('CELL_CPU')), LAYOUT.CELL_CPU);
    // Class 0xff and the protocol: facts of ivshmem v2. AGL's end is the other one than the cell's.
    const classes = assignments('role');
    const driver = Number(classes.get('DRIVER_ROLE_CLASS'));
    assert.equal(driver, (0xff << 16) | LAYOUT.VIRTIO_CAN_BACK_END);
    const device = Number(classes.get('DEVICE_ROLE_CLASS'));
    assert.equal(device, (0xff << 16) | LAYOUT.VIRTIO_CAN_FRONT_END);
    const control = Number(assignments('jailhouse').get('CONTROL_CLASS'));
    assert.equal(control, (0xff << 16) | LAYOUT.CONTROL_PROTOCOL);
  });

  it('checks all memory that the two cells take', () => {
    const text = readFileSync('agl/lib/board-checks.sh', 'utf8');
    const bounds = (name: string) => {
      const found = new RegExp(`^${name}='(\\w+) (\\w+)'$`, 'm').exec(text);
      assert.ok(found, name);
      return found.slice(1).map(Number);
    };
    const isInside = (name: string, parts: readonly { start: number; size: number }[]) => {
      const [first, last] = bounds(name);
      for (const { start, size } of parts) {
        assert.ok(start >= first && start + size - 1 <= last, `${name}: ${start.toString(16)}`);
      }
    };
    isInside('CELL_MEMORY', [{ ...LAYOUT.CELL_RAM, start: LAYOUT.CELL_RAM.physicalStart }]);
    isInside('SHARED_MEMORY', [
      LAYOUT.IVSHMEM_STATE_TABLE,
      LAYOUT.IVSHMEM_READ_WRITE,
      LAYOUT.CONTROL_STATE_TABLE,
      LAYOUT.CONTROL_REQUESTS,
      LAYOUT.CONTROL_STATUS,
    ]);
    isInside('HYPERVISOR_MEMORY', [LAYOUT.HYPERVISOR_MEMORY]);
    const { start, size } = LAYOUT.CARD_RESERVATION;
    assert.equal(bounds('CELL_MEMORY')[0], start);
    assert.equal(bounds('HYPERVISOR_MEMORY')[1], start + size - 1);
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
