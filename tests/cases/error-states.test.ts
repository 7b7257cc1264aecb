/** E1 and E2: fault confinement as the cell tells it to AGL (ISO 11898-1, 12; linux/can/error.h). */
import assert from 'node:assert/strict';
import type { WireFault } from '../../twin/bus/attempt.ts';
import type { Bench } from '../../lab/rig/rig.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { MILLISECOND, onBoth, onWasm, withBench } from './case.ts';
import {
  ALTERNATING,
  CAN_ERR_BUSOFF,
  CAN_ERR_CRTL,
  CAN_ERR_CRTL_ACTIVE,
  CAN_ERR_CRTL_RX_PASSIVE,
  CAN_ERR_CRTL_RX_WARNING,
  CAN_ERR_CRTL_TX_PASSIVE,
  CAN_ERR_CRTL_TX_WARNING,
  failNextSends,
  messageOf,
} from './disturbance.ts';

const TEC = 0x1c;
const REC = 0x1d;

/** AGL's frame fails `failures` times, then goes through: TEC + 8 each, - 1 at the end. */
function sendAfter(bench: Bench, failures: number): void {
  failNextSends(bench, failures);
  bench.sendFromAgl(ALTERNATING);
  bench.run(20 * MILLISECOND);
}

/** The same, but after the last failure others hold the bus for 5 ms, so that TEC stays as it is. */
function sendAfterPause(bench: Bench, failures: number): number {
  let paused = 0;
  failNextSends(bench, failures, () => {
    for (let index = 0; index < 90; index++) bench.send({ identifier: 1 });
    bench.board.clock.schedule(bench.now + 3 * MILLISECOND, () => (paused = bench.register(TEC)));
  });
  bench.sendFromAgl(ALTERNATING);
  bench.run(20 * MILLISECOND);
  return paused;
}

onBoth('E1 TEC: nothing at 95, warning at 96, passive at 128, bus-off beyond 255', (engine) =>
  withBench({ engine, settings: 'errors=1 restart-ms=0' }, (bench) => {
    sendAfter(bench, 11);
    assert.equal(bench.register(TEC), 87);
    assert.equal(sendAfterPause(bench, 1), 95);
    assert.deepEqual(bench.errors.map(messageOf), []);
    for (let index = 0; index < 6; index++) sendAfter(bench, 0);
    assert.equal(bench.register(TEC), 88);
    assert.equal(sendAfterPause(bench, 1), 96);
    assert.deepEqual(bench.errors.map(messageOf), [
      [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, 96, 0],
      [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, 95, 0],
    ]);
    bench.forget();
    for (let index = 0; index < 7; index++) sendAfter(bench, 0);
    assert.equal(bench.register(TEC), 88);
    assert.equal(sendAfterPause(bench, 5), 128);
    const passive = bench.errors
      .map(messageOf)
      .find(([, state]) => state === CAN_ERR_CRTL_TX_PASSIVE);
    assert.deepEqual(passive, [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_PASSIVE, 128, 0]);
    bench.forget();
    // From 127 on, 16 failures make 255, and one more is bus-off.
    assert.equal(sendAfterPause(bench, 16), 255);
    assert.ok(bench.errors.every(({ classes }) => (classes & CAN_ERR_BUSOFF) === 0));
    sendAfter(bench, 1);
    assert.deepEqual(bench.errors.map(messageOf).at(-1)?.slice(0, 2), [CAN_ERR_BUSOFF, 0]);
  }),
);

onWasm('E1 REC: warning at 96, passive at 128, with REC in data[7]', (engine) =>
  withBench({ engine, settings: 'errors=1' }, (bench) => {
    // A bit that only the chip misreads costs it 1, and 8 more for the dominant bit after its own flag.
    const misread = (): readonly WireFault[] => [{ kind: 'flip', bit: 22, node: bench.board.chip }];
    // Somebody else acknowledges, so that the sender does not give up first.
    const { clock, bus, sender } = bench.board;
    new LogNode({ clock, bus, name: 'witness' });
    bus.onAttempt(misread);
    for (let index = 0; index < 100; index++) bench.send(ALTERNATING, index * MILLISECOND);
    for (const limit of [96, 128]) {
      bench.runUntil(() => bench.register(REC) >= limit, 50 * MILLISECOND);
      sender.participation = 'absent';
      bench.run(5 * MILLISECOND);
      sender.participation = 'active';
      bus.requestStart();
    }
    const seen = bench.errors.map(messageOf);
    assert.deepEqual(
      seen.slice(0, 2).map(([classes, state]) => [classes, state]),
      [
        [CAN_ERR_CRTL, CAN_ERR_CRTL_RX_WARNING],
        [CAN_ERR_CRTL, CAN_ERR_CRTL_RX_PASSIVE],
      ],
    );
    assert.ok(seen[0][3] >= 96 && seen[0][3] < 128, `warning at REC ${seen[0][3]}`);
    assert.ok(seen[1][3] >= 128, `passive at REC ${seen[1][3]}`);
  }),
);

onWasm('E1 a warning shorter than the time between two looks is told all the same', (engine) =>
  withBench({ engine, bitrate: 1_000_000, settings: 'errors=1' }, (bench) => {
    const { clock, bus } = bench.board;
    new LogNode({ clock, bus, name: 'witness' });
    bench.run(100 * MILLISECOND);
    // The chip alone misreads the bit: REC + 9 each time, - 1 for the frame that gets through.
    let misreads = 0;
    bus.onAttempt(() => {
      if (misreads-- <= 0) return [];
      return [{ kind: 'flip', bit: 22, node: bench.board.chip }];
    });
    let highest = 0;
    for (let step = 0; step < 20 && bench.register(REC) < 88; step++) {
      misreads = 1;
      bench.send(ALTERNATING);
      bench.run(200 * MILLISECOND);
      highest = Math.max(highest, bench.register(REC));
    }
    assert.ok(highest < 96, `no warning yet, REC ${highest}`);
    assert.deepEqual(bench.errors.map(messageOf), []);
    // Nobody looks more often than every 10 ms now. Up and down again within one of them.
    misreads = 1;
    let top = 0;
    const watch = (): void => {
      top = Math.max(top, bench.register(REC));
    };
    for (let index = 0; index < 40; index++) {
      bench.send(ALTERNATING);
      clock.schedule(bench.now + index * 100_000, watch);
    }
    bench.run(4 * MILLISECOND);
    assert.ok(top >= 96, `REC was ${top}`);
    assert.ok(bench.register(REC) < 96, `REC is ${bench.register(REC)}`);
    bench.run(20 * MILLISECOND);
    const seen = bench.errors.map(messageOf).map(([classes, state]) => [classes, state]);
    assert.deepEqual(seen, [
      [CAN_ERR_CRTL, CAN_ERR_CRTL_RX_WARNING],
      [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE],
    ]);
  }),
);

onBoth(
  'E2 when both counters are below 96 again, AGL is told that the controller is active',
  (engine) => withBench({ engine, settings: 'errors=1' }, returnToActive),
);

onWasm('E1 E2 the same with a chip whose ERRIF cannot be cleared while a state lasts', (engine) =>
  withBench({ engine, settings: 'errors=1', faults: { errorFlagLasts: true } }, (bench) => {
    assert.equal(sendAfterPause(bench, 12), 96);
    bench.run(20 * MILLISECOND);
    assert.deepEqual(bench.errors.map(messageOf), [
      [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, 96, 0],
      [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, 95, 0],
    ]);
    for (let index = 0; index < 100 && bench.register(TEC) > 0; index++) sendAfter(bench, 0);
    bench.forget();
    returnToActive(bench);
  }),
);

/** TEC to 135, and then down to 95. */
function returnToActive(bench: Bench): void {
  sendAfter(bench, 16);
  assert.equal(bench.register(TEC), 127);
  assert.equal(sendAfterPause(bench, 1), 135);
  bench.forget();
  for (const limit of [127, 95]) {
    for (let index = 0; index < 40 && bench.register(TEC) > limit; index++) sendAfter(bench, 0);
    bench.run(20 * MILLISECOND);
  }
  assert.deepEqual(bench.errors.map(messageOf), [
    [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, 127, 0],
    [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, 95, 0],
  ]);
}
