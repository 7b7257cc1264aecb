// SPDX-License-Identifier: MIT
/** R1 to R5: every kind of frame arrives as it was sent, in order, under any load. */
import assert from 'node:assert/strict';
import { loadMeasured } from '../../lab/measure/bench.ts';
import { measureLossless } from '../../lab/measure/lossless.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

/** READ RX BUFFER from SIDH, table 12-1. */
const READ_RXB0 = 0x90;
const CANINTF = 0x2c;
const RX1IF = 0x02;
const BYTES = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88];

onBoth('R1 one frame each of DLC 0..8, standard, extended and remote, exact fields', (engine) =>
  withRig({ engine }, (rig) => {
    const sent: string[] = [];
    for (const extended of [false, true]) {
      const identifier = extended ? 0x15a5a5a5 : 0x5a5;
      for (let dlc = 0; dlc <= 8; dlc++) {
        const data = BYTES.slice(0, dlc);
        for (const frame of [
          { identifier, extended, data },
          { identifier, extended, remote: true, dlc },
        ]) {
          sent.push(textOf(rig.send(frame)));
          rig.run(MILLISECOND);
        }
      }
    }
    rig.run(10 * MILLISECOND);
    assert.equal(sent.length, 36);
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      sent,
    );
  }),
);

onBoth('R2 DLC 9..15 on the wire: 8 bytes, raw code kept, buffer released', (engine) =>
  withRig({ engine }, (rig) => {
    const sent: string[] = [];
    for (let dlc = 9; dlc <= 15; dlc++) {
      for (const extended of [false, true]) {
        sent.push(textOf(rig.send({ identifier: 0x123, extended, dlc, data: BYTES })));
        sent.push(textOf(rig.send({ identifier: 0x124, extended, remote: true, dlc })));
        rig.run(MILLISECOND);
        assert.equal(rig.register(CANINTF) & 3, 0, `buffer released after DLC ${dlc}`);
      }
    }
    rig.run(10 * MILLISECOND);
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      sent,
    );
  }),
);

onBoth('R2 DLC 9..15 from AGL: 8 bytes and the raw code on the wire', (engine) =>
  withRig({ engine }, (rig) => {
    const sent: string[] = [];
    for (let dlc = 8; dlc <= 15; dlc++) {
      for (const extended of [false, true]) {
        sent.push(textOf(rig.sendFromAgl({ identifier: 0x123, extended, dlc, data: BYTES })));
        sent.push(textOf(rig.sendFromAgl({ identifier: 0x124, extended, remote: true, dlc })));
      }
    }
    rig.run(30 * MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), sent);
  }),
);

onBoth('R3 five-frame bursts at 1 Mbit/s with rising identifiers keep their order', (engine) =>
  withRig({ engine, bitrate: 1_000_000 }, (rig) => {
    const sent: string[] = [];
    for (let burst = 0; burst < 40; burst++) {
      for (let index = 0; index < 5; index++) {
        sent.push(textOf(rig.send({ identifier: 0x100 + 8 * burst + index })));
      }
      rig.run(MILLISECOND);
    }
    rig.run(10 * MILLISECOND);
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      sent,
    );
    assert.equal(rig.board.chip.overflowCount, 0);
  }),
);

onBoth('R4 a frame that enters RXB1 while RXB0 is read, then RXB0 again: order kept', (engine) =>
  withRig({ engine, bitrate: 1_000_000 }, (rig) => {
    // The first service is put off so that the read of RXB0 lies around the end of the second frame. When
    // that frame got into RXB1, the cell stands still until the third one is in RXB0 as well.
    let hits = 0;
    for (let delay = 38 * MICROSECOND; delay < 52 * MICROSECOND; delay += 400) {
      rig.forget();
      let services = 0;
      rig.onInterrupt = (low, nanos) => {
        if (low && services++ === 0) rig.stallUntil(nanos + delay);
      };
      rig.onTransaction = ({ mosi, deselectNanos }) => {
        if (mosi[0] !== READ_RXB0 || (rig.register(CANINTF) & 3) !== RX1IF) return;
        hits++;
        rig.stallUntil(deselectNanos + 60 * MICROSECOND);
      };
      const sent = [1, 2, 3].map((index) => textOf(rig.send({ identifier: 0x100 + index })));
      rig.run(5 * MILLISECOND);
      assert.deepEqual(
        rig.agl.map(({ frame }) => textOf(frame)),
        sent,
        `first service ${delay} ns after INT`,
      );
    }
    assert.ok(hits >= 5, `the frame got into RXB1 during the read ${hits} times`);
    assert.equal(rig.board.chip.overflowCount, 0);
  }),
);

onWasm(
  'R5 50,000 frames back to back at 1 Mbit/s: none lost, none reordered, RXnOVR never set',
  async (engine) => {
    const rates = { bitrate: 1_000_000, spiHertz: 10_000_000, gapBits: 0 };
    const item = { engine, frames: 50_000, ...rates };
    const result = await measureLossless(loadMeasured(engine), item);
    assert.ok(result.busLoad > 0.999, `bus load ${result.busLoad}`);
    assert.deepEqual(
      {
        onWire: result.onWire,
        lost: result.lost,
        reordered: result.reordered,
        overflows: result.overflows,
      },
      { onWire: 50_000, lost: 0, reordered: 0, overflows: 0 },
    );
  },
);
