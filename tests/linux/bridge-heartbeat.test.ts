/** Whom the bridge takes for dead when there is only a shared file: docs/bridge.md, heartbeats. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LIMITS, startBridge, until } from './ask.ts';
import { FakeCell } from './fake-cell.ts';

const STALL_MILLIS = 3500;

it(
  'a cell without a heartbeat is dead after 3 s of looking, not after a pause of the bridge itself',
  LIMITS,
  async () => {
    const cell = new FakeCell();
    const bridge = await startBridge(cell);
    try {
      cell.state = 1;
      const before = cell.bridgeLooks;
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
