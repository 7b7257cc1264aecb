// SPDX-License-Identifier: MIT
/** The helper's parts: clean for shellcheck, with the addresses of the cell configs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import * as LAYOUT from '../../cell-config/rpi4-layout.ts';
import { STATUSES } from '../../formats/statuses.ts';
import { statusNumbers } from '../../scripts/build/formats/tables.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { helperVariables } from './helper-variables.ts';

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

  it('has the addresses and the CPU of the cell configs', () => {
    const values = helperVariables(
      'CELL_CPU',
      'COMMAND_LINE_ADDRESS',
      'COMMAND_LINE_BYTES',
      'RULES_ADDRESS',
      'RULES_BYTES_MOST',
    );
    assert.deepEqual(values.map(Number), [
      LAYOUT.CELL_CPU,
      LAYOUT.CELL_COMMAND_LINE.guestStart,
      LAYOUT.CELL_COMMAND_LINE.size,
      LAYOUT.CELL_RULES.guestStart,
      LAYOUT.CELL_RULES.size,
    ]);
  });

  it('knows the link by its class: class 0xff and the protocol, at the other end than the cell', () => {
    const values = helperVariables('DRIVER_ROLE_CLASS', 'DEVICE_ROLE_CLASS', 'CONTROL_CLASS');
    assert.deepEqual(values.map(Number), [
      0xff0000 | LAYOUT.VIRTIO_CAN_BACK_END,
      0xff0000 | LAYOUT.VIRTIO_CAN_FRONT_END,
      0xff0000 | LAYOUT.CONTROL_PROTOCOL,
    ]);
  });

  it('looks at all memory that the two cells take', () => {
    const regions = helperVariables('CELL_MEMORY', 'SHARED_MEMORY', 'HYPERVISOR_MEMORY');
    assert.deepEqual(
      regions.map((words) => words.split(' ').map(Number)),
      [
        { start: LAYOUT.CELL_RAM.physicalStart, size: LAYOUT.CELL_RAM.size },
        LAYOUT.SHARED_MEMORY,
        LAYOUT.HYPERVISOR_MEMORY,
      ].map(({ start, size }) => [start, start + size - 1]),
    );
    const [reservation, node] = helperVariables('RESERVATION', 'RESERVATION_NODE');
    const { start, size } = LAYOUT.CARD_RESERVATION;
    assert.deepEqual(reservation.split(' to ').map(Number), [start, start + size]);
    assert.equal(node, `canwarden@${start.toString(16)}`);
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
