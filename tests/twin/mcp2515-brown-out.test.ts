// SPDX-License-Identifier: MIT
/** The chip loses its supply for a moment: everything it knew is gone. DS20001801J sections 8.1 and 9. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { CANCTRL, CANINTE, CANSTAT, CNF3, TEC, makeRig } from './chip-rig.ts';

const CONFIGURATION = 0x80;
const RXM0SIDH = 0x20;
/** 128 oscillator periods at 16 MHz. */
const START_UP_NANOS = 8_000;

describe('MCP2515 after a brown-out', () => {
  it('is in configuration mode with reset values, and its masks are not zero any more', () => {
    const rig = makeRig();
    rig.startNormal();
    assert.equal(rig.read(CANSTAT) & 0xe0, 0);
    rig.chip.brownOut(rig.clock.now);
    rig.pass(START_UP_NANOS);
    assert.equal(rig.read(CANSTAT) & 0xe0, CONFIGURATION);
    assert.equal(rig.read(CANCTRL), 0x87);
    assert.equal(rig.read(CANINTE), 0);
    assert.equal(rig.read(CNF3), 0);
    assert.equal(rig.read(TEC), 0);
    // Undefined by the datasheet, so anything but what was written.
    assert.notEqual(rig.read(RXM0SIDH), 0);
  });

  it('lets go of INT and of the frame it was sending', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.deliver({ identifier: 0x123 });
    assert.equal(rig.chip.interruptLow, true);
    rig.spi(0x40, 0x24, 0x60, 0, 0, 0);
    rig.spi(0x81);
    rig.pass(20 * rig.bit);
    rig.chip.brownOut(rig.clock.now);
    assert.equal(rig.chip.interruptLow, false);
    rig.pass(200 * rig.bit);
    assert.equal(rig.records.filter(({ sender }) => sender === 'chip')[0].outcome, 'error');
    rig.deliver({ identifier: 0x124 });
    assert.equal(rig.records.at(-1)?.acknowledged, false, 'it takes no part in the bus');
  });

  it('loses the transaction under way and hears nothing until its oscillator runs', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.chip.select(rig.clock.now);
    rig.chip.exchange(0x03, rig.clock.now);
    rig.chip.brownOut(rig.clock.now);
    assert.equal(rig.chip.exchange(CANSTAT, rig.clock.now), 0xff);
    rig.chip.deselect(rig.clock.now);
    assert.equal(rig.read(CANSTAT), 0xff);
    assert.equal(rig.chip.ignoredTransactions, 1);
    rig.pass(START_UP_NANOS);
    assert.equal(rig.read(CANSTAT), CONFIGURATION);
    rig.other.enqueue(makeFrame({ identifier: 1 }), rig.clock.now, 'other');
    rig.pass(1_000_000);
    assert.equal(rig.read(CANSTAT), CONFIGURATION, 'and stays there');
  });

  it('waits for a crystal that starts slowly; registers that show by then take nothing', () => {
    for (const readableInStartUp of [false, true]) {
      const rig = makeRig({ crystalStartNanos: 3_000_000, readableInStartUp });
      rig.pass(4_000_000);
      rig.startNormal();
      rig.chip.brownOut(rig.clock.now);
      rig.pass(2_900_000);
      assert.equal(rig.read(CANSTAT), readableInStartUp ? CONFIGURATION : 0xff);
      rig.write(CNF3, 0x02);
      rig.spi(0x81);
      rig.spi(0xc0);
      rig.pass(100_000 + START_UP_NANOS);
      assert.equal(rig.read(CANSTAT), CONFIGURATION);
      assert.equal(rig.read(CNF3), 0);
      assert.equal(rig.read(0x30), 0);
      rig.write(CNF3, 0x02);
      assert.equal(rig.read(CNF3), 0x02);
    }
  });
});
