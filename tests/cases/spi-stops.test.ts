// SPDX-License-Identifier: MIT
/**
 * An SPI block that stops in the middle of a transaction: what was under way is lost, and counted by that
 * cause; what comes later is not. The bytes go out, and CS never says so (BCM2711 peripherals, chapter 9:
 * DONE is bit 16, RXD bit 17).
 */
import assert from 'node:assert/strict';
import type { Rig } from '../../lab/rig/rig.ts';
import { MILLISECOND, onWasm, textOf, withRig } from './case.ts';
import { checkCounters } from './counters.ts';

const SPI0_CS = 0xfe204000;
const DONE_AND_RXD = (1 << 16) | (1 << 17);
// DS20001801J, table 12-1.
const READ_RX_BUFFER = { mask: 0xf9, value: 0x90 };
const LOAD_TX_BUFFER = { mask: 0xf8, value: 0x40 };
/** The cell gives a transfer up after some 20 ms (docs/timing-budget.md). */
const GIVEN_UP_NANOS = 40 * MILLISECOND;

/** The next transaction that begins with that instruction stops after its first byte. */
function stopAt(rig: Rig, { mask, value }: { mask: number; value: number }): void {
  const { chip, machine } = rig.board;
  const select = chip.select.bind(chip);
  const exchange = chip.exchange.bind(chip);
  const deselect = chip.deselect.bind(chip);
  const read = machine.readDevice.bind(machine);
  let isFirst = false;
  let stops: 'later' | 'now' | 'did' = 'later';
  chip.select = (nanos) => {
    isFirst = true;
    select(nanos);
  };
  chip.exchange = (mosi, nanos) => {
    if (isFirst && stops === 'later' && (mosi & mask) === value) stops = 'now';
    isFirst = false;
    return exchange(mosi, nanos);
  };
  chip.deselect = (nanos) => {
    if (stops === 'now') stops = 'did';
    deselect(nanos);
  };
  machine.readDevice = (address, size) => {
    const register = read(address, size);
    return stops === 'now' && address === SPI0_CS ? register & ~DONE_AND_RXD : register;
  };
}

onWasm('a frame whose reading broke off is lost, and not among those received', (engine) =>
  withRig({ engine }, (rig) => {
    rig.run(5 * MILLISECOND);
    stopAt(rig, READ_RX_BUFFER);
    rig.send({ identifier: 0x100 });
    rig.run(GIVEN_UP_NANOS);
    rig.send({ identifier: 0x101 });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      ['101#'],
    );
    checkCounters(rig, { receiveBroken: 1, spiTimeouts: 1, received: 1, forwarded: 1 });
  }),
);

onWasm('a frame of AGL that could not be loaded is refused by that name', (engine) =>
  withRig({ engine }, (rig) => {
    rig.run(5 * MILLISECOND);
    stopAt(rig, LOAD_TX_BUFFER);
    rig.sendFromAgl({ identifier: 0x100 });
    rig.run(GIVEN_UP_NANOS);
    rig.sendFromAgl({ identifier: 0x101 });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['101#']);
    checkCounters(rig, {
      fromAglTaken: 2,
      fromAglFaulted: 1,
      fromAglRefused: 1,
      fromAglSent: 1,
      spiTimeouts: 1,
    });
  }),
);

const RULES = `
version: 1
rules:
  - { name: computed, match: { id: 0x100, data: [~] }, answer: { id: 0x200, data: [0], copy: [{ from: 0, to: 0 }] } }
`;

onWasm(
  'an answer that could not be loaded is not sent, nor is what may be loaded instead',
  (engine) =>
    withRig({ engine, rules: RULES }, (rig) => {
      rig.run(5 * MILLISECOND);
      stopAt(rig, LOAD_TX_BUFFER);
      rig.send({ identifier: 0x100, data: [1] });
      rig.run(GIVEN_UP_NANOS);
      rig.send({ identifier: 0x100, data: [2] });
      rig.run(10 * MILLISECOND);
      assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['200#02']);
      checkCounters(rig, {
        answeredComputed: 2,
        answersFaulted: 1,
        answersSent: 1,
        answeredNotForwarded: 2,
        spiTimeouts: 1,
      });
    }),
);
