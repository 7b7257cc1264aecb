// SPDX-License-Identifier: MIT
/**
 * Linux panics, or stands still for a while: its ivshmem state stays READY, and nobody takes frames any
 * more. The cell must know within 200 ms, say so, go on answering, and have its session again by itself
 * when Linux goes on.
 *
 * Status numbers, the trace's codes and the heartbeat: docs/troubleshooting.md, docs/status-page.md.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { readTrace } from '../../lab/page/rings.ts';
import { readStatusPage, type StatusPage } from '../../lab/page/status-page.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { type RigOptions, openRig } from '../../lab/rig/open-rig.ts';
import { shutDown } from '../../twin/board/cell-control.ts';
import { EACH_KIND } from '../rule-tables.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';

const MILLISECOND = 1_000_000;
/** The promise. */
const NOTICE_NANOS = 200 * MILLISECOND;
const SESSION_LOST = 10;
const STATUS_SAID = 16;
const PEER_SILENT = 49;
const SHUT_DOWN = 80;

interface Linux {
  readonly rig: Rig;
  readonly bridge: BridgeHost;
  readonly page: () => StatusPage;
  /** `a` of the trace's records of `code`. */
  readonly traced: (code: number) => number[];
}

async function start(options: Partial<RigOptions> = {}): Promise<Linux> {
  const rig = await openRig({ engine: 'wasm', rules: EACH_KIND, ...options });
  const { bridge, control } = rig.board;
  assert.ok(bridge instanceof BridgeHost);
  assert.ok(control);
  const page = (): StatusPage => {
    rig.runUntil(() => readStatusPage(control.status) !== undefined, MILLISECOND, 1_000);
    const found = readStatusPage(control.status);
    assert.ok(found);
    return found;
  };
  const traced = (code: number): number[] =>
    readTrace(control.status)
      .filter((record) => record.code === code)
      .map(({ a }) => a);
  rig.run(50 * MILLISECOND);
  assert.equal(page().session, 'running');
  return { rig, bridge, page, traced };
}

describe('a Linux that has panicked', () => {
  it('has no session 200 ms later, and that is said; requests are answered across it', async () => {
    const { rig, bridge, page, traced } = await start();
    const { board } = rig;
    const panicked = rig.now;
    bridge.hang();
    for (let request = 0; request < 60; request++) {
      rig.send({ identifier: 0x1a0, data: Uint8Array.of(request) }, request * 5 * MILLISECOND);
      rig.send({ identifier: 0x555, data: Uint8Array.of(request) }, request * 5 * MILLISECOND);
    }
    const isNoticed = (): boolean => traced(SESSION_LOST).length !== 0;
    assert.ok(rig.runUntil(isNoticed, NOTICE_NANOS), 'it is noticed in time');
    assert.ok(rig.now - panicked > 100 * MILLISECOND, 'and not at the first missed beat');
    assert.deepEqual(traced(SESSION_LOST), [PEER_SILENT]);
    assert.equal(traced(STATUS_SAID).at(-1)! & 0xff, PEER_SILENT);
    rig.run(600 * MILLISECOND);
    assert.equal(page().session, 'no peer');
    assert.deepEqual(traced(SESSION_LOST), [PEER_SILENT], 'no session is begun with the dead');
    assert.equal(board.link.stateOf(1), 0, 'the state of the cell');
    const answers = rig.sentBy('canwarden').filter(({ identifier }) => identifier === 0x1a1);
    assert.equal(answers.length, 60);
    assert.ok(page().counters[COUNTER.forwardDroppedNoPeer] > 0, 'frames for it are counted');
    rig.close();
  });

  it('that only stood still has its session again by itself, and both are counted', async () => {
    const { rig, bridge, page } = await start();
    bridge.hang();
    rig.run(1_000 * MILLISECOND);
    assert.equal(page().session, 'no peer');
    bridge.goOn();
    assert.ok(rig.runUntil(() => page().session === 'running', 200 * MILLISECOND, MILLISECOND));
    // The report of it comes within a millisecond, and into the next page.
    rig.run(30 * MILLISECOND);
    const { counters } = page();
    assert.deepEqual([counters[COUNTER.peerLost], counters[COUNTER.peerConnected]], [1, 2]);
    rig.forget();
    rig.send({ identifier: 0x555, data: Uint8Array.of(7) });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(
      rig.agl.map(({ frame }) => frame.identifier),
      [0x555],
    );
    rig.close();
  });

  it('that stands still for 100 ms keeps its session, and loses no frame of them', async () => {
    const { rig, bridge, page, traced } = await start();
    for (let round = 0; round < 5; round++) {
      bridge.hang();
      for (let index = 0; index < 20; index++) {
        rig.send({ identifier: 0x555, data: Uint8Array.of(round, index) }, index * MILLISECOND);
      }
      rig.run(100 * MILLISECOND);
      bridge.goOn();
      rig.run(20 * MILLISECOND);
    }
    assert.equal(page().session, 'running');
    assert.deepEqual(traced(SESSION_LOST), []);
    assert.equal(rig.agl.length, 100);
    rig.close();
  });

  it('that is killed and started again while it is silent has its session too', async () => {
    const { rig, bridge, page } = await start();
    bridge.hang();
    rig.run(400 * MILLISECOND);
    bridge.stop();
    rig.run(10 * MILLISECOND);
    bridge.start();
    assert.ok(rig.runUntil(() => page().session === 'running', 200 * MILLISECOND, MILLISECOND));
    rig.close();
  });

  it('keeps the session of the role device, where a device that leaves stops the driver for good', async () => {
    const { rig, bridge, page, traced } = await start({
      ...EXCHANGED_ROLES,
    });
    bridge.hang();
    rig.run(NOTICE_NANOS);
    assert.equal(traced(STATUS_SAID).at(-1)! & 0xff, PEER_SILENT, 'it is said');
    assert.equal(page().session, 'running');
    assert.deepEqual(traced(SESSION_LOST), []);
    bridge.goOn();
    rig.forget();
    rig.send({ identifier: 0x555, data: Uint8Array.of(7) });
    rig.run(10 * MILLISECOND);
    assert.equal(rig.agl.length, 1);
    rig.close();
  });
});

it('the last page of a cell that was shut down says so: status 80, and no session', async () => {
  const { rig, page } = await start();
  assert.equal(shutDown(rig.board), 'approved');
  assert.equal(page().lastStatus, SHUT_DOWN);
  assert.equal(page().session, 'no peer');
  rig.close();
});
