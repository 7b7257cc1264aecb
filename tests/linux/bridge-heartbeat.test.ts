// SPDX-License-Identifier: MIT
/**
 * Heartbeats: whom the bridge takes for dead when there is only a shared file (docs/bridge.md), its own for
 * the cell (docs/status-page.md, "Requests"), and a cell that says itself that it has gone.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ask, askLiving, LIMITS, startBridge, until } from './ask.ts';
import { FakeCell } from './fake-cell.ts';

/** More than the 3 s after which a cell is dead. A longer pause is as good. */
const STALL_MILLIS = 3500;

it(
  'a cell without a heartbeat is dead after 3 s of looking, not after a pause of the bridge itself',
  LIMITS,
  async () => {
    const cell = new FakeCell();
    const bridge = await startBridge(cell);
    try {
      // Read first: no look after the change may be missed.
      const before = cell.bridgeLooks;
      cell.state = 1;
      // As on a machine on which nobody gets processor time for a while.
      bridge.signal('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, STALL_MILLIS));
      bridge.signal('SIGCONT');
      await until('the state to be withdrawn', () => cell.state === 0);
      // A look counts for a tenth of a second at most: 3 s are 30 of them, however slow the machine is.
      assert.ok(cell.bridgeLooks - before >= 30, `${cell.bridgeLooks - before} looks`);
      // Its line comes after the deed.
      const says = 'shown no life for 3 s; its state is set to 0';
      await until('its words', () => bridge.hasSaid(says));
      assert.equal(await bridge.stop(), 0);
    } finally {
      bridge.signal('SIGKILL');
      cell.remove();
    }
  },
);

it(
  "the bridge's own heartbeat stops with a word, so that its end is nobody's death",
  LIMITS,
  async () => {
    const cell = new FakeCell().start().live();
    const bridge = await startBridge(cell);
    try {
      // It answers questions before it has had its first turn.
      await until('its first beat', () => cell.bridgeBeat.limitMillis !== 0);
      const first = cell.bridgeBeat;
      // Both ends are processes of one busy machine here: as long as the file's own heartbeat.
      assert.equal(first.limitMillis, 3000);
      await until('another beat', () => cell.bridgeBeat.beat !== first.beat);
      assert.equal(await bridge.stop(), 0);
      assert.equal(cell.bridgeBeat.limitMillis, 0);
    } finally {
      bridge.signal('SIGKILL');
      cell.remove();
    }
  },
);

it(
  'a cell that was shut down is no cell at once, without two seconds of looking',
  LIMITS,
  async () => {
    const cell = new FakeCell().start().set(0x48, 2).live();
    const bridge = await startBridge(cell);
    try {
      const before = await askLiving(cell, 'status');
      assert.match(before.text, /^session {10}running /m);
      cell.die();
      cell.set(0x3c, 80).refresh(1n);
      const { text } = await ask(cell.socket, 'status');
      assert.match(text, /^heartbeat {8}NONE: no cell, it was shut down; what follows is old$/m);
      assert.match(text, /^session {10}no cell /m);
      const json = JSON.parse((await ask(cell.socket, 'status', '--json')).text) as {
        readonly alive: boolean;
        readonly session: string;
        readonly heartbeat_age_milliseconds: number;
      };
      assert.deepEqual([json.alive, json.session], [false, 'no cell']);
      assert.equal(await bridge.stop(), 0);
    } finally {
      bridge.signal('SIGKILL');
      cell.remove();
    }
  },
);
