// SPDX-License-Identifier: MIT
/**
 * Error counters and states of the chip, and what they do to its sending. DS20001801J section 6 and 7.6,
 * ISO 11898-1, fault confinement.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import {
  ALTERNATING,
  CANCTRL,
  CANINTF,
  EFLG,
  FLIP,
  REC,
  TEC,
  control,
  load,
  loadAlternating,
  running,
} from './chip-rig.ts';

const ABTF = 0x40;
const TXERR = 0x10;
const TXREQ = 0x08;

describe('MCP2515 error counters', () => {
  it('E1: warns at 96, is passive at 128, bus-off past 255, ERRIF at each, and recovers', () => {
    const rig = running();
    const seen: [number, number][] = [];
    rig.bus.onStart(() => rig.bus.injectFault(FLIP));
    rig.bus.injectFault(FLIP);
    loadAlternating(rig);
    rig.spi(0x81);
    for (let errors = 1; errors <= 32; errors++) {
      while (rig.records.length < errors) rig.clock.advanceTo(rig.clock.nextEventNanos);
      const interrupt = rig.chip.readRegister(CANINTF) & 0x20;
      if (interrupt !== 0) seen.push([errors * 8, rig.chip.readRegister(EFLG)]);
      rig.chip.writeRegister(CANINTF, 0, rig.clock.now);
    }
    assert.deepEqual(seen, [
      [96, 0x05], // TXWAR, EWARN
      [128, 0x15], // TXEP
      [256, 0x35], // TXBO
    ]);
    rig.pass(128 * 11 * rig.bit + 100 * rig.bit);
    assert.equal(rig.read(EFLG), 0, 'recovered by itself');
    assert.ok(rig.records.length > 32, 'and the request is still there');
  });

  it('ERRIF, if so chosen, stays as long as EFLG shows anything', () => {
    for (const errorFlagLasts of [false, true]) {
      const rig = running({ errorFlagLasts });
      rig.bus.disconnect(rig.other, rig.clock.now);
      loadAlternating(rig);
      rig.spi(0x81);
      rig.pass(20_000_000);
      assert.equal(rig.read(EFLG), 0x15);
      rig.modify(CANINTF, 0x20, 0);
      assert.equal(rig.read(CANINTF) & 0x20, errorFlagLasts ? 0x20 : 0);
      rig.write(CANCTRL, 0x90);
      rig.pass(200 * rig.bit);
      rig.modify(CANINTF, 0x20, 0);
      assert.equal(rig.read(EFLG), 0);
      assert.equal(rig.read(CANINTF) & 0x20, 0);
    }
  });

  it('X7: in bus-off nothing is sent for 128 times 11 recessive bits', () => {
    const rig = running();
    rig.bus.onStart(() => {
      if (rig.records.length < 31) rig.bus.injectFault(FLIP);
    });
    rig.bus.injectFault(FLIP);
    loadAlternating(rig);
    rig.spi(0x81);
    rig.pass(20_000_000);
    assert.deepEqual(
      rig.records.map((record) => record.outcome),
      [...Array.from({ length: 32 }, () => 'error'), 'complete'],
    );
    const gap = rig.records[32].startNanos - rig.records[31].endNanos;
    assert.equal(gap, (128 * 11 - 8) * rig.bit);
    assert.equal(rig.read(TEC), 0);
  });

  it('X4: alone on the bus it turns passive and waits, and gives the buffer back on ABAT', () => {
    const rig = running();
    rig.bus.disconnect(rig.other, rig.clock.now);
    loadAlternating(rig);
    rig.spi(0x81);
    rig.pass(20_000_000);
    assert.equal(rig.read(TEC), 128);
    assert.equal(rig.read(EFLG), 0x15);
    assert.equal(control(rig, 0), TXREQ | TXERR);
    rig.modify(CANCTRL, 0x10, 0x10);
    rig.pass(100 * rig.bit);
    assert.equal(control(rig, 0) & (TXREQ | ABTF), ABTF);
    const attempts = rig.records.length;
    rig.pass(1_000_000);
    assert.equal(rig.records.length, attempts);
  });

  it('passive by REC alone, it pays nothing for a missing acknowledgement, unless its flag is disturbed', () => {
    // ISO 11898-1, fault confinement, rule c, exception 1.
    for (const disturbed of [false, true]) {
      const rig = running();
      // Each damaged frame of the other costs it 1 for the error, 8 for the flag that it cannot trust.
      let count = 0;
      rig.bus.onAttempt(() => {
        count++;
        return [FLIP, { kind: 'stuck-dominant', bit: 28, bits: 10 }];
      });
      rig.other.enqueue(makeFrame(ALTERNATING), rig.clock.now, 'other');
      while (rig.chip.readRegister(REC) < 128 && count < 200) {
        rig.clock.advanceTo(rig.clock.nextEventNanos);
      }
      rig.bus.onAttempt(undefined);
      rig.bus.disconnect(rig.other, rig.clock.now);
      rig.pass(100 * rig.bit);
      assert.ok(rig.read(REC) >= 128, 'passive by its receptions');
      assert.equal(rig.read(TEC), 0);
      const attempts = rig.records.length;
      const wire = encodeFrame(makeFrame(ALTERNATING));
      if (disturbed) {
        // One dominant bit in the passive flag, which begins behind the ACK slot.
        rig.bus.injectFault({ kind: 'flip', bit: wire.acknowledgeSlot + 3 });
      }
      loadAlternating(rig);
      rig.spi(0x81);
      rig.pass(1_000_000);
      assert.ok(rig.records.length > attempts + 2);
      assert.ok(rig.records.slice(attempts).every(({ error }) => error === 'acknowledgement'));
      assert.equal(rig.read(TEC), disturbed ? 8 : 0);
    }
  });

  it('REC goes up by one for a damaged frame of another and down by one for a good one', () => {
    const rig = running();
    rig.bus.injectFault(FLIP);
    rig.other.enqueue(makeFrame(ALTERNATING), rig.clock.now, 'other');
    rig.pass(50 * rig.bit);
    assert.equal(rig.records[0].outcome, 'error');
    assert.equal(rig.read(REC), 1);
    rig.pass(100 * rig.bit);
    assert.equal(rig.records[1].outcome, 'complete');
    assert.equal(rig.read(REC), 0);
  });

  it('a passive sender whose delimiter meets the late flag of a CRC error pays twice', () => {
    const rig = running();
    rig.bus.disconnect(rig.other, rig.clock.now);
    load(rig, 0, 0x123);
    rig.spi(0x81);
    rig.pass(20_000_000);
    assert.equal(rig.read(TEC), 128, 'passive for want of acknowledgement');
    rig.bus.connect(rig.other, rig.clock.now);
    // Bit 30 is in the CRC: the receiver sees no stuff error any more, only, later, a wrong CRC.
    while (!rig.bus.isReady(rig.other)) rig.clock.advanceTo(rig.clock.nextEventNanos);
    const attempts = rig.records.length;
    rig.bus.injectFault({ kind: 'flip', bit: 30 });
    while (rig.records.length < attempts + 2) rig.clock.advanceTo(rig.clock.nextEventNanos);
    assert.ok([128 + 8 + 8, 128 + 8 + 8 - 1].includes(rig.chip.readRegister(TEC)));
  });
});
