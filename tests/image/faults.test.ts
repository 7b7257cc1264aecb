// SPDX-License-Identifier: MIT
/**
 * What the image does after a fault: first let go of Linux, then say it, then start anew; after the third
 * in ten seconds stand still.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

import { loadFirmware, PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { makeRig } from '../../lab/rig/open-rig.ts';
import { type Board } from '../../twin/board/board.ts';
import { readTrace } from '../../lab/page/rings.ts';
import { readStatusPage } from '../../lab/page/status-page.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';

const MILLISECOND = 1_000_000;

// Arm ARM DDI 0487, C6.2.
const YIELD = 0xd503203f;
const BRK_0 = 0xd4200000;
/** MOVK Wd, #imm, LSL #16: the upper half of the status page's address, and of the requests'. */
const MOVK_STATUS_PAGE = 0x72a00000 + (0x0aa9 << 5);
const MOVK_REQUESTS = 0x72a00000 + (0x0aa7 << 5);

// Jailhouse: communication region, cell state "failed".
const CELL_FAILED = 3;

/** src/page/trace-event.ts. */
const TRACE_FAULT = 17;

const hexadecimal = (value = 0): string => value.toString(16).padStart(8, '0');

const IVSHMEM_READY = 1;
const IVSHMEM_RESET = 0;

/** A board that stands at the cell's first instruction; AGL is not started. */
async function boot(image: Uint8Array, withAgl: boolean): Promise<Board> {
  const firmware = loadFirmware('image');
  const files = { ...firmware.files, image, ...(withAgl ? {} : { bridgeWasm: undefined }) };
  const { board } = await makeRig({
    engine: 'image',
    firmware: { ...firmware, files },
    oscillatorHertz: 12_000_000,
    commandLine: '',
    withoutAgl: true,
    trapsExpected: true,
  });
  return board;
}

function builtImage(): Buffer {
  const { image } = loadFirmware('image').files;
  assert.ok(image, 'build/canwarden.bin is missing: npm run build');
  return Buffer.from(image);
}

/** Where the image sees guest address 0 (bsp/rpi4/memory-map.h). */
const GUEST_VIEW = 0x4_0000_0000;

/** Guest address of a symbol of the image. */
function symbol(name: string): number {
  const table = execFileSync('aarch64-linux-gnu-nm', [`${PROJECT_ROOT}build/canwarden.elf`], {
    encoding: 'utf8',
  });
  const line = table.split('\n').find((one) => one.endsWith(` ${name}`));
  assert.ok(line, `${name} is not in build/canwarden.elf`);
  return Number.parseInt(line, 16) % GUEST_VIEW;
}

/** The cell's entry (peer 1) of the ivshmem state table, as Linux sees it. */
function cellLinkState(board: Board): number {
  const table = board.machine.memories.find(({ base }) => base === 0x0aa20000);
  assert.ok(table, 'no state table');
  return table.bytes.readUInt32LE(4);
}

function cellState(board: Board): number {
  return board.communication.cellState;
}

describe('an image that takes an exception', () => {
  it('says kind, place and status in one line and reports the cell failed', async () => {
    const image = builtImage();
    let replaced = 0;
    for (let offset = 0; offset + 4 <= image.length; offset += 4) {
      if (image.readUInt32LE(offset) !== YIELD) continue;
      image.writeUInt32LE(BRK_0, offset);
      replaced += 1;
    }
    assert.ok(replaced > 0, 'the image has no idle hint to replace');
    const board = await boot(image, false);
    assert.equal(runUntil(board, 200 * MILLISECOND), 'stopped');
    assert.equal(cellState(board), CELL_FAILED);
    const lines = board.console.lines.map(({ text }) => text);
    // Vector 4: synchronous, current level with its own stack. BRK #0 has ESR_EL1 0xf2000000.
    const fault = lines.filter((line) => line.includes('stopped by a fault'));
    // It comes again after each start, at once: the lines of a start go out while the cell runs, so those
    // of the first two may be cut off. The third in ten seconds is the last, and said whole.
    const last = fault.at(-1) ?? '';
    assert.match(last, /^canwarden: stopped by a fault, kind 0x104, syndrome 0xf2000000, /);
    assert.match(last, /load and start the cell again \(status 93\)$/);
    // The status page keeps it for whoever asks later.
    const section = board.control?.status;
    assert.ok(section);
    const page = readStatusPage(section);
    assert.deepEqual([page?.fault.kind, page?.fault.syndrome], [0x104, 0xf2000000]);
    assert.equal(page?.fault.restarts, 2);
    assert.equal(page?.lastStatus, 93);
    assert.ok(last.includes(`at 0x${hexadecimal(page?.fault.programCounter)}`), last);
    const records = readTrace(section);
    assert.deepEqual([records.at(-1)?.code, records.at(-1)?.a], [TRACE_FAULT, 93]);
    assert.equal(records.filter(({ code }) => code === TRACE_FAULT).length, 3);
  });

  it('is stopped by its own page tables when it writes what only root may write', async () => {
    const image = builtImage();
    let replaced = 0;
    for (let offset = 0; offset + 4 <= image.length; offset += 4) {
      const instruction = image.readUInt32LE(offset);
      const register = instruction & 0x1f;
      if ((instruction & ~0x1f) >>> 0 !== MOVK_STATUS_PAGE) continue;
      image.writeUInt32LE((MOVK_REQUESTS | register) >>> 0, offset);
      replaced += 1;
    }
    assert.ok(replaced > 0, 'the image does not load the address of its status page so');
    const board = await boot(image, false);
    assert.equal(runUntil(board, 500 * MILLISECOND), 'stopped');
    assert.equal(cellState(board), CELL_FAILED);
    const lines = board.console.lines.map(({ text }) => text);
    // Data abort without a change of level, a write, permission fault at level 3 (Arm ARM, ESR_EL1).
    assert.ok(
      lines.some((line) => /stopped by a fault.*syndrome 0x9600004f/.test(line)),
      lines.join('\n'),
    );
    assert.ok(
      board.control?.requests.every((byte) => byte === 0xa5),
      'nothing was written',
    );
  });

  it('sets its ivshmem state to 0 when even the report cannot run, and is then made anew', async () => {
    const board = await boot(builtImage(), true);
    board.bridge?.start();
    runUntil(board, 30 * MILLISECOND);
    assert.equal(cellLinkState(board), IVSHMEM_READY, 'the link never came up');

    destroyLinearMemory(board);
    const states: number[] = [];
    const endpoint = board.cellEndpoint;
    assert.ok(endpoint);
    const setState = board.link.setState.bind(board.link);
    board.link.setState = (id, state) => {
      if (id === endpoint.id) states.push(state);
      setState(id, state);
    };
    assert.equal(runUntil(board, 200 * MILLISECOND), 'running');
    assert.equal(states[0], IVSHMEM_RESET, 'before anything else');
    assert.equal(cellLinkState(board), IVSHMEM_READY, 'and there is a session again');
    assert.notEqual(cellState(board), CELL_FAILED);
    assert.equal(
      board.console.lines.filter(({ text }) => text.startsWith('canwarden: ready')).length,
      2,
    );
    assert.equal(settledStatusPage(board)?.fault.restarts, 1);
  });

  it('stays down after the third fault in ten seconds, not after one now and then', async () => {
    const board = await boot(builtImage(), false);
    let now = 30 * MILLISECOND;
    for (const pause of [6_000, 6_000, 3_000]) {
      runUntil(board, now);
      destroyLinearMemory(board);
      now += pause * MILLISECOND;
      assert.equal(runUntil(board, now), 'running', `${pause} ms after a fault`);
    }
    // The last three: at 12, now 15, and one more within ten seconds.
    destroyLinearMemory(board);
    assert.equal(runUntil(board, now + 100 * MILLISECOND), 'stopped');
    assert.equal(cellState(board), CELL_FAILED);
  });
});

/**
 * Every pointer in the module now leads outside it, the console's included, and the core takes an exception.
 * Without it, a core that idles until the time it has read before would not see its memory for long.
 */
function destroyLinearMemory(board: Board): void {
  const linearMemory = symbol('__linear_memory');
  const ram = board.machine.memories.find(({ base }) => base === 0);
  assert.ok(ram);
  ram.bytes.fill(0xff, linearMemory, linearMemory + 0x50000);
  assert.ok(board.engine.takeException);
  board.engine.takeException();
}
