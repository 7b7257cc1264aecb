// SPDX-License-Identifier: MIT
/** `canwarden-bridge --control-only`: it answers questions and leaves the link to somebody else. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ask, LIMITS, NATIVE, startBridge, until } from './ask.ts';
import { BridgeProcess } from './bridge-process.ts';
import { FakeCell } from './fake-cell.ts';

it('announces no state of the link, and takes no frame', LIMITS, async () => {
  const cell = new FakeCell().start().live();
  const bridge = await startBridge(cell, ['--control-only']);
  assert.ok(bridge.hasSaid('ready: questions about the cell only'));
  bridge.write(['123#01']);
  const looks = cell.bridgeLooks;
  await until('that it lives on', () => cell.bridgeLooks > looks + 3);
  assert.equal(cell.bridgeState, 0, 'the state in the table is that of a driver elsewhere');
  const { status, text } = await ask(cell.socket, 'status', '--json');
  assert.equal(status, 0);
  assert.equal((JSON.parse(text) as { firmware: string }).firmware, '9.8.7');
  assert.equal(await bridge.stop(), 0);
  assert.deepEqual(bridge.frames, []);
  cell.remove();
});

it('ends with 2 when there is nothing to serve', LIMITS, async () => {
  // A file of the layout without a control device.
  const cell = new FakeCell(1);
  const bridge = new BridgeProcess([
    ...[NATIVE, '--control-only', '--shm', cell.sharedFile, '--socket', cell.socket],
  ]);
  assert.equal(await bridge.end(), 2);
  assert.ok(bridge.hasSaid('no control device'));
  cell.remove();
});
