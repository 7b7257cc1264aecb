// SPDX-License-Identifier: MIT
/** E1 and E2: fault confinement as the cell tells it to AGL (ISO 11898-1, 12; linux/can/error.h). */
import assert from 'node:assert/strict';
import type { WireFault } from '../../twin/bus/attempt.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { MILLISECOND, onBoth, onWasm, withRig } from './case.ts';
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
function sendAfter(rig: Rig, failures: number): void {
  failNextSends(rig, failures);
  rig.sendFromAgl(ALTERNATING);
  rig.run(20 * MILLISECOND);
}

/** The same, but after the last failure others hold the bus for 5 ms, so that TEC stays as it is. */
function sendAfterPause(rig: Rig, failures: number): number {
  let paused = 0;
  failNextSends(rig, failures, () => {
    for (let index = 0; index < 90; index++) rig.send({ identifier: 1 });
    rig.board.clock.schedule(rig.now + 3 * MILLISECOND, () => (paused = rig.register(TEC)));
  });
  rig.sendFromAgl(ALTERNATING);
  rig.run(20 * MILLISECOND);
  return paused;
}

onBoth('E1 TEC: nothing at 95, warning at 96, passive at 128, bus-off beyond 255', (engine) =>
  withRig({ engine, settings: 'errors=1 restart-ms=0' }, (rig) => {
    sendAfter(rig, 11);
    assert.equal(rig.register(TEC), 87);
    assert.equal(sendAfterPause(rig, 1), 95);
    assert.deepEqual(rig.errors.map(messageOf), []);
    for (let index = 0; index < 6; index++) sendAfter(rig, 0);
    assert.equal(rig.register(TEC), 88);
    assert.equal(sendAfterPause(rig, 1), 96);
    assert.deepEqual(rig.errors.map(messageOf), [
      [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, 96, 0],
      [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, 95, 0],
    ]);
    rig.forget();
    for (let index = 0; index < 7; index++) sendAfter(rig, 0);
    assert.equal(rig.register(TEC), 88);
    assert.equal(sendAfterPause(rig, 5), 128);
    const passive = rig.errors
      .map(messageOf)
      .find(([, state]) => state === CAN_ERR_CRTL_TX_PASSIVE);
    assert.deepEqual(passive, [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_PASSIVE, 128, 0]);
    rig.forget();
    // From 127 on, 16 failures make 255, and one more is bus-off.
    assert.equal(sendAfterPause(rig, 16), 255);
    assert.ok(rig.errors.every(({ classes }) => (classes & CAN_ERR_BUSOFF) === 0));
    sendAfter(rig, 1);
    assert.deepEqual(rig.errors.map(messageOf).at(-1)?.slice(0, 2), [CAN_ERR_BUSOFF, 0]);
  }),
);

onWasm('E1 REC: warning at 96, passive at 128, with REC in data[7]', (engine) =>
  withRig({ engine, settings: 'errors=1' }, (rig) => {
    // A bit that only the chip misreads costs it 1, and 8 more for the dominant bit after its own flag.
    const misread = (): readonly WireFault[] => [{ kind: 'flip', bit: 22, node: rig.board.chip }];
    // Somebody else acknowledges, so that the sender does not give up first.
    const { clock, bus, sender } = rig.board;
    new LogNode({ clock, bus, name: 'witness' });
    bus.onAttempt(misread);
    for (let index = 0; index < 100; index++) rig.send(ALTERNATING, index * MILLISECOND);
    for (const limit of [96, 128]) {
      rig.runUntil(() => rig.register(REC) >= limit, 50 * MILLISECOND);
      sender.participation = 'absent';
      rig.run(5 * MILLISECOND);
      sender.participation = 'active';
      bus.requestStart();
    }
    const seen = rig.errors.map(messageOf);
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
  withRig({ engine, bitrate: 1_000_000, settings: 'errors=1' }, (rig) => {
    const { clock, bus } = rig.board;
    new LogNode({ clock, bus, name: 'witness' });
    rig.run(100 * MILLISECOND);
    // The chip alone misreads the bit: REC + 9 each time, - 1 for the frame that gets through.
    let misreads = 0;
    bus.onAttempt(() => {
      if (misreads-- <= 0) return [];
      return [{ kind: 'flip', bit: 22, node: rig.board.chip }];
    });
    let highest = 0;
    for (let step = 0; step < 20 && rig.register(REC) < 88; step++) {
      misreads = 1;
      rig.send(ALTERNATING);
      rig.run(200 * MILLISECOND);
      highest = Math.max(highest, rig.register(REC));
    }
    assert.ok(highest < 96, `no warning yet, REC ${highest}`);
    assert.deepEqual(rig.errors.map(messageOf), []);
    // Nobody looks more often than every 10 ms now. Up and down again within one of them.
    misreads = 1;
    let top = 0;
    const watch = (): void => {
      top = Math.max(top, rig.register(REC));
    };
    for (let index = 0; index < 40; index++) {
      rig.send(ALTERNATING);
      clock.schedule(rig.now + index * 100_000, watch);
    }
    rig.run(4 * MILLISECOND);
    assert.ok(top >= 96, `REC was ${top}`);
    assert.ok(rig.register(REC) < 96, `REC is ${rig.register(REC)}`);
    rig.run(20 * MILLISECOND);
    const seen = rig.errors.map(messageOf).map(([classes, state]) => [classes, state]);
    assert.deepEqual(seen, [
      [CAN_ERR_CRTL, CAN_ERR_CRTL_RX_WARNING],
      [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE],
    ]);
  }),
);

onBoth(
  'E2 when both counters are below 96 again, AGL is told that the controller is active',
  (engine) => withRig({ engine, settings: 'errors=1' }, returnToActive),
);

onWasm('E1 E2 the same with a chip whose ERRIF cannot be cleared while a state lasts', (engine) =>
  withRig({ engine, settings: 'errors=1', faults: { errorFlagLasts: true } }, (rig) => {
    assert.equal(sendAfterPause(rig, 12), 96);
    rig.run(20 * MILLISECOND);
    assert.deepEqual(rig.errors.map(messageOf), [
      [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, 96, 0],
      [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, 95, 0],
    ]);
    for (let index = 0; index < 100 && rig.register(TEC) > 0; index++) sendAfter(rig, 0);
    rig.forget();
    returnToActive(rig);
  }),
);

/** TEC to 135, and then down to 95. */
function returnToActive(rig: Rig): void {
  sendAfter(rig, 16);
  assert.equal(rig.register(TEC), 127);
  assert.equal(sendAfterPause(rig, 1), 135);
  rig.forget();
  for (const limit of [127, 95]) {
    for (let index = 0; index < 40 && rig.register(TEC) > limit; index++) sendAfter(rig, 0);
    rig.run(20 * MILLISECOND);
  }
  assert.deepEqual(rig.errors.map(messageOf), [
    [CAN_ERR_CRTL, CAN_ERR_CRTL_TX_WARNING, 127, 0],
    [CAN_ERR_CRTL, CAN_ERR_CRTL_ACTIVE, 95, 0],
  ]);
}
