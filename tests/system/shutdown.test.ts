// SPDX-License-Identifier: MIT
/**
 * `jailhouse cell shutdown`: the cell agrees in time, whatever bus and console are doing.
 *
 * The hypervisor counts loops, not time (control.c, cell_exchange_message), and Linux stands still
 * meanwhile. The MCP2515 leaves the bus when the frame that it sends has ended (DS20001801J, 10.1).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CELL_SHUT_DOWN } from '../../twin/hypervisor/communication-region.ts';
import { readTrace } from '../../lab/page/rings.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { isChipInConfigurationMode, shutDown } from '../../twin/board/cell-control.ts';

const MILLISECOND = 1_000_000;
/** src/page/trace-event.ts: the cell shuts down; `a`: why the controller did not stop, or 0. */
const TRACE_SHUT_DOWN = 15;

function traced(rig: Rig): number[] {
  const section = rig.board.control?.status;
  assert.ok(section, 'the board has a control link');
  return readTrace(section)
    .filter(({ code }) => code === TRACE_SHUT_DOWN)
    .map(({ a }) => a);
}

/** The state in the communication region at each character that the cell puts out from now on. */
function statesAtCharacters({ board }: Rig): number[] {
  const { machine, communication } = board;
  const states: number[] = [];
  const hypercall = machine.hypercall.bind(machine);
  machine.hypercall = (...call) => {
    states.push(communication.cellState);
    return hypercall(...call);
  };
  return states;
}

describe('a request to shut down', () => {
  it('is agreed to in time while a frame at 5 kbit/s is on a bus that sticks', async () => {
    const rig = await openRig({ engine: 'wasm', bitrate: 5_000 });
    rig.board.bus.injectFault({ kind: 'stuck-dominant', bit: 120, bits: 200 });
    rig.sendFromAgl({ identifier: 0, extended: true, data: new Uint8Array(8) });
    rig.run(MILLISECOND);
    const asked = rig.now;
    assert.equal(shutDown(rig.board), 'approved');
    assert.ok(rig.now - asked > 60 * MILLISECOND, 'it took longer than 320 bits');
    assert.ok(isChipInConfigurationMode(rig.board));
    assert.deepEqual(traced(rig), [0]);
    rig.close();
  });

  it('is agreed to before a character of the console, and one line follows', async () => {
    const rig = await openRig({ engine: 'wasm', settings: 'console=on' });
    rig.board.bridge?.stop();
    rig.run(MILLISECOND);
    const lines = rig.lines.length;
    const states = statesAtCharacters(rig);
    assert.equal(shutDown(rig.board), 'approved');
    rig.run(20 * MILLISECOND);
    assert.equal(rig.lines.at(-1), 'canwarden: shut down on request');
    assert.ok(rig.lines.length <= lines + 2, rig.lines.slice(lines).join('\n'));
    const last = states.slice(-'canwarden: shut down on request\n'.length);
    assert.deepEqual([...new Set(last)], [CELL_SHUT_DOWN]);
    rig.close();
  });
});
