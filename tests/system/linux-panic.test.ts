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
import { type Bench, type BenchOptions, startBench } from '../../lab/rig/rig.ts';
import { shutDown } from '../../twin/board/cell-control.ts';
import { RULES } from './play.ts';
import { asBackEnd, withFrontEndRoot } from './roles.ts';

const MILLISECOND = 1_000_000;
/** The promise. */
const NOTICE_NANOS = 200 * MILLISECOND;
const SESSION_LOST = 10;
const STATUS_SAID = 16;
const PEER_SILENT = 49;
const SHUT_DOWN = 80;

interface Linux {
  readonly bench: Bench;
  readonly bridge: BridgeHost;
  readonly page: () => StatusPage;
  /** `a` of the trace's records of `code`. */
  readonly traced: (code: number) => number[];
}

async function start(options: Partial<BenchOptions> = {}): Promise<Linux> {
  const bench = await startBench({ engine: 'wasm', rules: RULES, ...options });
  const { bridge, control } = bench.board;
  assert.ok(bridge instanceof BridgeHost);
  assert.ok(control);
  const page = (): StatusPage => {
    bench.runUntil(() => readStatusPage(control.status) !== undefined, MILLISECOND, 1_000);
    const found = readStatusPage(control.status);
    assert.ok(found);
    return found;
  };
  const traced = (code: number): number[] =>
    readTrace(control.status)
      .filter((record) => record.code === code)
      .map(({ a }) => a);
  bench.run(50 * MILLISECOND);
  assert.equal(page().session, 'running');
  return { bench, bridge, page, traced };
}

describe('a Linux that has panicked', () => {
  it('has no session 200 ms later, and that is said; requests are answered across it', async () => {
    const { bench, bridge, page, traced } = await start();
    const { board } = bench;
    const panicked = bench.now;
    bridge.hang();
    for (let request = 0; request < 60; request++) {
      bench.send({ identifier: 0x1a0, data: Uint8Array.of(request) }, request * 5 * MILLISECOND);
      bench.send({ identifier: 0x555, data: Uint8Array.of(request) }, request * 5 * MILLISECOND);
    }
    const isNoticed = (): boolean => traced(SESSION_LOST).length !== 0;
    assert.ok(bench.runUntil(isNoticed, NOTICE_NANOS), 'it is noticed in time');
    assert.ok(bench.now - panicked > 100 * MILLISECOND, 'and not at the first missed beat');
    assert.deepEqual(traced(SESSION_LOST), [PEER_SILENT]);
    assert.equal(traced(STATUS_SAID).at(-1)! & 0xff, PEER_SILENT);
    bench.run(600 * MILLISECOND);
    assert.equal(page().session, 'no peer');
    assert.deepEqual(traced(SESSION_LOST), [PEER_SILENT], 'no session is begun with the dead');
    assert.equal(board.link.stateOf(1), 0, 'the state of the cell');
    const answers = bench.sentBy('canwarden').filter(({ identifier }) => identifier === 0x1a1);
    assert.equal(answers.length, 60);
    assert.ok(page().counters[COUNTER.forwardDroppedNoPeer] > 0, 'frames for it are counted');
    bench.close();
  });

  it('that only stood still has its session again by itself, and both are counted', async () => {
    const { bench, bridge, page } = await start();
    bridge.hang();
    bench.run(1_000 * MILLISECOND);
    assert.equal(page().session, 'no peer');
    bridge.goOn();
    assert.ok(bench.runUntil(() => page().session === 'running', 200 * MILLISECOND, MILLISECOND));
    // The report of it comes within a millisecond, and into the next page.
    bench.run(30 * MILLISECOND);
    const { counters } = page();
    assert.deepEqual([counters[COUNTER.peerLost], counters[COUNTER.peerConnected]], [1, 2]);
    bench.forget();
    bench.send({ identifier: 0x555, data: Uint8Array.of(7) });
    bench.run(10 * MILLISECOND);
    assert.deepEqual(
      bench.agl.map(({ frame }) => frame.identifier),
      [0x555],
    );
    bench.close();
  });

  it('that stands still for 100 ms keeps its session, and loses no frame of them', async () => {
    const { bench, bridge, page, traced } = await start();
    for (let round = 0; round < 5; round++) {
      bridge.hang();
      for (let index = 0; index < 20; index++) {
        bench.send({ identifier: 0x555, data: Uint8Array.of(round, index) }, index * MILLISECOND);
      }
      bench.run(100 * MILLISECOND);
      bridge.goOn();
      bench.run(20 * MILLISECOND);
    }
    assert.equal(page().session, 'running');
    assert.deepEqual(traced(SESSION_LOST), []);
    assert.equal(bench.agl.length, 100);
    bench.close();
  });

  it('that is killed and started again while it is silent has its session too', async () => {
    const { bench, bridge, page } = await start();
    bridge.hang();
    bench.run(400 * MILLISECOND);
    bridge.stop();
    bench.run(10 * MILLISECOND);
    bridge.start();
    assert.ok(bench.runUntil(() => page().session === 'running', 200 * MILLISECOND, MILLISECOND));
    bench.close();
  });

  it('keeps the session of the role device, where a device that leaves stops the driver for good', async () => {
    const { bench, bridge, page, traced } = await start({
      changeCell: asBackEnd,
      changeSystem: withFrontEndRoot,
    });
    bridge.hang();
    bench.run(NOTICE_NANOS);
    assert.equal(traced(STATUS_SAID).at(-1)! & 0xff, PEER_SILENT, 'it is said');
    assert.equal(page().session, 'running');
    assert.deepEqual(traced(SESSION_LOST), []);
    bridge.goOn();
    bench.forget();
    bench.send({ identifier: 0x555, data: Uint8Array.of(7) });
    bench.run(10 * MILLISECOND);
    assert.equal(bench.agl.length, 1);
    bench.close();
  });
});

it('the last page of a cell that was shut down says so: status 80, and no session', async () => {
  const { bench, page } = await start();
  assert.equal(shutDown(bench.board), 'approved');
  assert.equal(page().lastStatus, SHUT_DOWN);
  assert.equal(page().session, 'no peer');
  bench.close();
});
