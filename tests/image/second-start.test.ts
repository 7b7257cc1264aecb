// SPDX-License-Identifier: MIT
/**
 * `jailhouse cell start` a second time: nothing is loaded again, RAM and devices are as the cell left them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { loadFirmware, PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { ImageEngine } from '../../twin/engine/image.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig, bringUp } from '../../lab/rig/open-rig.ts';
import type { Board } from '../../twin/board/board.ts';
import { shutDown } from '../../twin/board/cell-control.ts';
import { STATUS_RULE } from '../rule-tables.ts';

const MILLISECOND = 1_000_000;

/** What the hypervisor does: a fresh communication region, link and PCI devices reset, core at 0. */
function startAgain(board: Board): Board {
  const { system } = loadFirmware('image');
  board.engine.close();
  board.cellEndpoint?.reset();
  board.communication.fill(board.cell, system);
  const engine = new ImageEngine(board.machine);
  engine.boot();
  return { ...board, engine };
}

function assertAnswers(rig: Rig, board: Board, answers: number): void {
  board.sender.enqueue(
    { identifier: 0x1a0, extended: false, remote: false, dlc: 1, data: Uint8Array.of(1) },
    board.clock.now,
    'ecu',
  );
  const end = board.clock.now + 20 * MILLISECOND;
  board.engine.run(end);
  assert.equal(rig.sentBy('canwarden').length, answers, rig.lines.join('\n'));
  assert.equal(rig.lines.filter((line) => line.includes('ready')).length, answers);
}

describe('an image that is started again without being loaded again', () => {
  it('has no initialised data: what it changes is cleared at its start', () => {
    const elf = `${PROJECT_ROOT}build/canwarden.elf`;
    const table = execFileSync('aarch64-linux-gnu-size', ['-A', elf], { encoding: 'utf8' });
    assert.match(table, /^\.data\s+0\s/m, table);
  });

  it('comes up as the first time after a shutdown', async () => {
    const rig = await openRig({ engine: 'image', rules: STATUS_RULE, settings: 'errors=1' });
    assertAnswers(rig, rig.board, 1);
    assert.equal(shutDown(rig.board), 'approved');
    const again = startAgain(rig.board);
    assert.equal(bringUp(again), 'running');
    assertAnswers(rig, again, 2);
    again.engine.close();
  });

  it('comes up after it was stopped in the middle of a transaction', async () => {
    const rig = await openRig({ engine: 'image', rules: STATUS_RULE });
    assertAnswers(rig, rig.board, 1);
    const spi = rig.board.machine;
    // CS: TA; FIFO: LOAD TX BUFFER 2 and half a header. The hypervisor stops the core here.
    spi.writeDevice(0xfe204000, 4, 0x80);
    for (const byte of [0x44, 0x24, 0x60]) spi.writeDevice(0xfe204004, 4, byte);
    rig.board.clock.advanceTo(rig.now + MILLISECOND);
    const again = startAgain(rig.board);
    assert.equal(bringUp(again), 'running');
    assertAnswers(rig, again, 2);
    again.engine.close();
  });
});
