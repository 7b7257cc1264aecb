// SPDX-License-Identifier: MIT
/** What the running image can reach: its own page tables, walked from outside. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, describe, it } from 'node:test';

import { translate } from '../../twin/engine/page-walk.ts';
import type { GuestMemory } from '../../twin/machine/machine.ts';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { makeRig } from '../../lab/rig/open-rig.ts';
import { runUntil } from '../../twin/board/cell-control.ts';

const PAGE_BYTES = 0x1000;
const LINEAR_MEMORY_BYTES = 5 * 0x1_0000;
const GIB = 0x4000_0000;
/** Where the image sees guest address 0 (bsp/rpi4/memory-map.h). */
const GUEST_VIEW = 0x4_0000_0000;

let memories: readonly GuestMemory[];
let symbols: Map<string, number>;

/** The guest address that `virtual` leads to, or undefined. */
function walk(virtual: number): number | undefined {
  const tables = BigInt(addressOf('level1'));
  const found = translate(memories, tables, BigInt(virtual));
  return 'physical' in found ? Number(found.physical) : undefined;
}

function addressOf(name: string): number {
  const address = symbols.get(name);
  assert.ok(address !== undefined, `${name} is not in build/canwarden.elf`);
  return address;
}

describe('the page tables of the running image', () => {
  before(async () => {
    const table = execFileSync('aarch64-linux-gnu-nm', [`${PROJECT_ROOT}build/canwarden.elf`], {
      encoding: 'utf8',
    });
    symbols = new Map(
      table.split('\n').map((line) => {
        const [address = '', , name = ''] = line.split(' ');
        return [name, Number.parseInt(address, 16) % GUEST_VIEW];
      }),
    );
    const { board } = await makeRig({
      engine: 'image',
      oscillatorHertz: 12_000_000,
      commandLine: '',
      withoutAgl: true,
    });
    runUntil(board, 10_000_000);
    memories = board.machine.memories;
    board.engine.close();
  });

  it('show the linear memory at address 0, page by page', () => {
    const physical = addressOf('__linear_memory');
    for (let offset = 0; offset < LINEAR_MEMORY_BYTES; offset += PAGE_BYTES) {
      assert.equal(walk(offset), physical + offset);
    }
  });

  it('show nothing else that an address of the module plus an offset could reach', () => {
    for (let virtual = LINEAR_MEMORY_BYTES; virtual < GIB; virtual += PAGE_BYTES) {
      // An entry of the last but one level covers 2 MiB: beyond the first, one look is enough.
      if (virtual >= 0x20_0000 && virtual % 0x20_0000 !== 0) continue;
      assert.equal(walk(virtual), undefined, `0x${virtual.toString(16)}`);
    }
    for (let virtual = GIB; virtual < 9 * GIB; virtual += GIB) {
      assert.equal(walk(virtual), undefined, `0x${virtual.toString(16)}`);
    }
  });

  it('let the cell write its own sections alone, to the page', () => {
    const rights = (guest: number): 'none' | 'read' | 'write' => {
      const found = translate(memories, BigInt(addressOf('level1')), BigInt(GUEST_VIEW + guest));
      if (!('physical' in found)) return 'none';
      return found.writable ? 'write' : 'read';
    };
    // The control link: state table, requests (root's), status page (the cell's); then the data link.
    for (const [start, bytes, expected] of [
      [0x0aa70000, 0x1000, 'read'],
      [0x0aa71000, 0x20000, 'read'],
      [0x0aa91000, 0x20000, 'write'],
      [0x0aa20000, 0x1000, 'read'],
      [0x0aa21000, 0x40000, 'write'],
    ] as const) {
      for (let offset = 0; offset < bytes; offset += PAGE_BYTES) {
        assert.equal(rights(start + offset), expected, (start + offset).toString(16));
      }
    }
    for (const hole of [0x0aa1f000, 0x0aa61000, 0x0aa6f000, 0x0aab1000]) {
      assert.equal(rights(hole), 'none', hole.toString(16));
    }
    assert.equal(rights(addressOf('level1')), 'write');
    assert.equal(rights(0), 'read', 'code');
  });

  it("show the guest's memory above, with holes below the stacks", () => {
    assert.equal(walk(GUEST_VIEW), 0);
    assert.equal(walk(GUEST_VIEW + 0x0aa20000), 0x0aa20000);
    assert.equal(walk(GUEST_VIEW + 0x80000000), 0x80000000);
    assert.equal(walk(GUEST_VIEW + 0xfe204000), 0xfe204000);
    for (const guard of ['__stack_guard', '__fault_stack_guard']) {
      assert.equal(walk(GUEST_VIEW + addressOf(guard)), undefined, guard);
    }
  });
});
