// SPDX-License-Identifier: MIT
/** Modes of operation, bit rate, sleep, leaving the bus in the middle of a frame. DS20001801J section 10. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { decodeBitTiming } from '../../twin/chip/mcp2515/bit-timing.ts';
import { UnimplementedFeature } from '../../twin/unimplemented.ts';
import { CANCTRL, CANINTE, CANINTF, CANSTAT, EFLG, REC, TEC, makeRig } from './chip-rig.ts';

const LISTEN_ONLY = 0x60;
const LOOPBACK = 0x40;
const SLEEP = 0x20;
const CONFIGURATION = 0x80;

describe('MCP2515 modes', () => {
  it('shows normal mode after 11 recessive bits', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANCTRL, CONFIGURATION);
    rig.write(CANCTRL, 0x00);
    const requested = rig.clock.now;
    assert.equal(rig.read(CANSTAT), 0x80);
    rig.clock.advanceTo(requested + 11 * rig.bit);
    assert.equal(rig.read(CANSTAT), 0x00);
  });

  it('joins a fully loaded bus between two frames', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANCTRL, CONFIGURATION);
    for (let index = 0; index < 20; index++) {
      rig.other.enqueue(makeFrame({ identifier: 0x100, data: [index] }), rig.clock.now, 'other');
    }
    // Alone the other node is not acknowledged; it sends error frames until the chip joins.
    rig.pass(20 * rig.bit);
    rig.write(CANCTRL, 0x00);
    rig.pass(60 * rig.bit);
    assert.equal(rig.read(CANSTAT), 0x00);
    rig.pass(200 * rig.bit);
    assert.equal(rig.read(CANINTF) & 1, 1);
  });

  it('waits with a mode change until all messages are sent', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.spi(0x40, 0x24, 0x60, 0, 0, 0);
    rig.spi(0x81);
    rig.write(CANCTRL, CONFIGURATION);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x00);
    rig.pass(60 * rig.bit);
    assert.equal(rig.records.length, 1);
    assert.equal(rig.records[0].outcome, 'complete');
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x80);
  });

  it('clears the error counters on the way to configuration mode', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.bus.injectFault({ kind: 'flip', bit: 12 });
    rig.spi(0x40, 0xaa, 0xa0, 0, 0, 0);
    rig.spi(0x81);
    rig.pass(300_000);
    assert.equal(rig.read(TEC), 7);
    rig.write(CANCTRL, CONFIGURATION);
    assert.equal(rig.read(TEC), 0);
  });

  it('listens without acknowledging, sending or counting in listen-only mode', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANCTRL, LISTEN_ONLY);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x60);
    rig.spi(0x81);
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now, 'other');
    rig.pass(100 * rig.bit);
    assert.ok(rig.records.length > 0);
    assert.ok(rig.records.every((record) => record.error === 'acknowledgement'));
    assert.equal(rig.read(CANINTF) & 3, 0);
    assert.equal(rig.read(REC), 0);
  });

  it('receives in listen-only mode what others acknowledge', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANCTRL, LISTEN_ONLY);
    new LogNode({ clock: rig.clock, bus: rig.bus, name: 'third' });
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now, 'other');
    rig.pass(100 * rig.bit);
    assert.equal(rig.read(CANINTF) & 3, 1);
  });

  it('sends to itself through the filters in loopback mode, and nothing reaches the wire', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANCTRL, CONFIGURATION);
    rig.write(CANCTRL, LOOPBACK);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x40);
    rig.spi(0x40, 0x24, 0x60, 0, 0, 1, 0x77);
    rig.spi(0x81);
    rig.pass(100 * rig.bit);
    assert.equal(rig.records.length, 0);
    assert.equal(rig.read(CANINTF), 0x05);
    assert.deepEqual(rig.spi(0x92, 0)[1], 0x77);
  });

  it('leaves loopback mode only when every message is sent, to itself and once', () => {
    // 10.0: the mode does not change until all pending transmissions are complete. Requested before the
    // change, in the same moment, and in the 11 bits during which OPMOD still shows loopback.
    for (const target of [0x00, LISTEN_ONLY, CONFIGURATION]) {
      for (const moment of ['before', 'after', 'late'] as const) {
        const rig = makeRig();
        rig.startNormal();
        rig.write(CANCTRL, LOOPBACK);
        assert.equal(rig.read(CANSTAT) & 0xe0, LOOPBACK);
        rig.spi(0x40, 0x24, 0x60, 0, 0, 1, 0x77);
        if (moment === 'before') rig.spi(0x81);
        rig.write(CANCTRL, target);
        if (moment === 'late') rig.pass(5 * rig.bit);
        if (moment !== 'before') rig.spi(0x81);
        if (moment !== 'before' && target === CONFIGURATION) continue;
        // A standard frame with a byte of data is 55 bits and more with the intermission.
        rig.pass(40 * rig.bit);
        const name = `${moment}, to ${target.toString(16)}`;
        assert.equal(rig.read(CANSTAT) & 0xe0, LOOPBACK, name);
        assert.equal(rig.read(0x30), 0x08, name);
        rig.pass(100 * rig.bit);
        assert.equal(rig.read(CANSTAT) & 0xe0, target, name);
        assert.equal(rig.read(0x30), 0, name);
        assert.equal(rig.read(CANINTF), 0x05, `${name}: sent, and received by itself, once`);
        assert.equal(rig.records.length, 0, `${name}: nothing on the wire`);
      }
    }
  });

  it('a message asked for on the way out of loopback is not taken by a failure on the wire', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANCTRL, LOOPBACK);
    rig.bus.disconnect(rig.other, rig.clock.now);
    rig.spi(0x40, 0x24, 0x60, 0, 0, 1, 0x77);
    rig.write(CANCTRL, 0x00);
    rig.pass(9 * rig.bit);
    rig.spi(0x81);
    rig.pass(300 * rig.bit);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x00);
    assert.equal(rig.records.length, 0);
    assert.equal(rig.read(TEC), 0);
    rig.spi(0x81);
    rig.pass(300 * rig.bit);
    assert.equal(rig.read(0x30) & 0x08, 0x08, 'unacknowledged on the wire: kept and tried again');
    assert.ok(rig.records.length > 1);
  });

  it('listen-only mode, asked for or woken to, begins with both counters and EFLG at zero', () => {
    // 10.3: the error counters are reset and deactivated in this state.
    for (const way of ['asked', 'woken'] as const) {
      const rig = makeRig();
      rig.startNormal();
      rig.bus.disconnect(rig.other, rig.clock.now);
      rig.spi(0x40, 0xaa, 0xa0, 0, 0, 0);
      rig.spi(0x81);
      rig.pass(20_000_000);
      assert.equal(rig.read(TEC), 128);
      assert.equal(rig.read(EFLG), 0x15);
      rig.write(CANCTRL, 0x10);
      rig.pass(200 * rig.bit);
      assert.equal(rig.read(0x30) & 0x08, 0);
      rig.write(CANCTRL, way === 'asked' ? LISTEN_ONLY : SLEEP);
      if (way === 'woken') {
        assert.equal(rig.read(CANSTAT) & 0xe0, SLEEP);
        assert.equal(rig.read(TEC), 128, 'sleep itself keeps them');
        rig.modify(CANINTF, 0x40, 0x40);
        rig.pass(8_000 + 12 * rig.bit);
      }
      assert.equal(rig.read(CANSTAT) & 0xe0, LISTEN_ONLY, way);
      assert.deepEqual([rig.read(TEC), rig.read(REC), rig.read(EFLG)], [0, 0, 0], way);
    }
  });

  it('listen-only mode asked for in a frame begins behind it, with counters that stay at zero', () => {
    const rig = makeRig();
    rig.startNormal();
    new LogNode({ clock: rig.clock, bus: rig.bus, name: 'third' });
    rig.bus.injectFault({ kind: 'flip', bit: 12 });
    rig.other.enqueue(makeFrame({ identifier: 0x555, data: [0xaa] }), rig.clock.now, 'other');
    while (rig.records.length === 0) rig.clock.advanceTo(rig.clock.nextEventNanos);
    while (!rig.bus.carriesFrame) rig.clock.advanceTo(rig.clock.nextEventNanos);
    assert.ok(rig.chip.readRegister(REC) > 0);
    rig.write(CANCTRL, LISTEN_ONLY);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x00);
    rig.pass(70 * rig.bit);
    assert.equal(rig.records[1].outcome, 'complete');
    assert.equal(rig.read(CANSTAT) & 0xe0, LISTEN_ONLY);
    assert.deepEqual([rig.read(TEC), rig.read(REC)], [0, 0]);
  });

  it('a chip that is bus-off does not wait for frames in which it has no part', () => {
    for (const mode of [LISTEN_ONLY, SLEEP]) {
      const rig = makeRig();
      rig.startNormal();
      rig.bus.onStart(() => {
        if (rig.records.length < 31) rig.bus.injectFault({ kind: 'flip', bit: 21 });
      });
      rig.bus.injectFault({ kind: 'flip', bit: 21 });
      rig.spi(0x40, 0xaa, 0xa0, 0, 0, 4, 0xaa, 0xaa, 0xaa, 0xaa);
      rig.spi(0x81);
      while (rig.records.length < 32) rig.clock.advanceTo(rig.clock.nextEventNanos);
      assert.equal(rig.chip.readRegister(EFLG) & 0x20, 0x20);
      rig.write(0x30, 0);
      rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now, 'other');
      rig.pass(20 * rig.bit);
      assert.ok(rig.bus.carriesFrame);
      rig.write(CANCTRL, mode);
      assert.equal(rig.read(CANSTAT) & 0xe0, mode);
    }
  });

  it('a WAKIF that stood before sleep wakes nothing or, as chosen, lets the chip not sleep', () => {
    for (const standingWakeFlagWakes of [false, true]) {
      const rig = makeRig({ standingWakeFlagWakes });
      rig.startNormal();
      rig.write(CANINTF, 0x40);
      rig.write(CANCTRL, SLEEP);
      // Writes that set no WAKIF: interrupt enables, another flag, WAKIF as it stands.
      rig.write(CANINTE, 0x41);
      rig.modify(CANINTF, 0x01, 0x00);
      rig.modify(CANINTF, 0x40, 0x40);
      rig.pass(8_000 + 20 * rig.bit);
      const expected = standingWakeFlagWakes ? LISTEN_ONLY : SLEEP;
      assert.equal(rig.read(CANSTAT) & 0xe0, expected);
      if (standingWakeFlagWakes) continue;
      rig.modify(CANINTF, 0x40, 0x00);
      rig.modify(CANINTF, 0x40, 0x40);
      rig.pass(8_000 + 20 * rig.bit);
      assert.equal(rig.read(CANSTAT) & 0xe0, LISTEN_ONLY, 'set anew, it wakes');
    }
  });

  it('REQOP after the wake-up still asks for sleep or, as chosen, for listen-only mode', () => {
    for (const wakeChangesRequest of [false, true]) {
      const rig = makeRig({ wakeChangesRequest });
      rig.startNormal();
      rig.write(CANCTRL, SLEEP | 0x0f);
      rig.modify(CANINTF, 0x40, 0x40);
      rig.pass(8_000 + 20 * rig.bit);
      assert.equal(rig.read(CANSTAT) & 0xe0, LISTEN_ONLY);
      assert.equal(rig.read(CANCTRL), 0x0f | (wakeChangesRequest ? LISTEN_ONLY : SLEEP));
    }
  });

  it('wakes once: a frame that begins before listen-only mode does not begin the start-up again', () => {
    const rig = makeRig({ crystalStartNanos: 5_000_000 });
    rig.pass(6_000_000);
    rig.startNormal();
    rig.write(CANINTE, 0x41);
    rig.write(CANCTRL, SLEEP);
    rig.modify(CANINTF, 0x40, 0x40);
    const awake = rig.clock.now + 5_000_000 + 8_000;
    // In the 11 recessive bits after the start-up.
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), awake + 4 * rig.bit, 'other');
    rig.clock.advanceTo(awake + 1_000_000);
    assert.equal(rig.read(CANSTAT) & 0xe0, LISTEN_ONLY);
    rig.write(CANCTRL, 0x00);
    rig.pass(100 * rig.bit);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x00);
    rig.pass(10_000_000);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x00, 'and stays in the mode asked for');
  });

  it('sleeps, wakes on bus activity to listen-only mode, and misses the frame that woke it', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANINTE, 0x41);
    rig.write(CANCTRL, SLEEP);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x20, 'SPI works in sleep');
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now, 'other');
    rig.pass(5 * rig.bit);
    assert.equal(rig.chip.interruptLow, true);
    assert.equal(rig.read(CANINTF), 0x40);
    rig.pass(8_000 + 100 * rig.bit);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x60);
    assert.equal(rig.read(CANINTF) & 3, 0);
  });

  it('takes the frame that is on the bus when sleep is asked for, and sleeps after it', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now, 'other');
    rig.pass(20 * rig.bit);
    rig.write(CANCTRL, SLEEP);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x00);
    rig.pass(40 * rig.bit);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x20);
    assert.equal(rig.read(CANINTF) & 3, 1);
    assert.deepEqual(rig.spi(0x90, 0, 0).slice(1), [0x20, 0x00]);
  });

  it('sleeps through bus activity with WAKIE clear, and wakes when the MCU sets WAKIF', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANCTRL, SLEEP);
    rig.write(CANINTE, 0x01);
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now, 'other');
    rig.pass(50 * rig.bit);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x20);
    rig.modify(CANINTF, 0x40, 0x40);
    rig.pass(8_000 + 200 * rig.bit);
    assert.equal(rig.read(CANSTAT) & 0xe0, 0x60);
  });

  it('a reset in the middle of its own frame leaves the rest of it to an error frame', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.spi(0x40, 0x24, 0x60, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    rig.spi(0x81);
    rig.pass(50 * rig.bit);
    rig.spi(0xc0);
    rig.pass(200 * rig.bit);
    assert.equal(rig.records.length, 1);
    assert.equal(rig.records[0].outcome, 'error');
    assert.equal(rig.other.faults.receiveErrors, 1);
  });

  it('the only receiver leaving before the ACK slot costs the sender the acknowledgement', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.other.enqueue(makeFrame({ identifier: 0x155, data: [1, 2, 3] }), rig.clock.now, 'other');
    rig.pass(30 * rig.bit);
    rig.write(CANCTRL, CONFIGURATION);
    rig.pass(60 * rig.bit);
    assert.equal(rig.records[0].error, 'acknowledgement');
  });
});

describe('MCP2515 bit timing', () => {
  it('makes the bit rate of the published register values', () => {
    // CNF1, CNF2, CNF3 as Linux's can_calc_bittiming gives them.
    for (const [hertz, cnf1, cnf2, cnf3, bitrate] of [
      [8e6, 0x00, 0x91, 0x01, 500_000],
      [12e6, 0x00, 0xa3, 0x01, 500_000],
      [16e6, 0x00, 0xb5, 0x01, 500_000],
      [16e6, 0x00, 0x91, 0x01, 1_000_000],
      [12e6, 0x02, 0xb5, 0x01, 125_000],
      [8e6, 0x09, 0xbf, 0x02, 20_000],
      [12e6, 0x42, 0xbf, 0x03, 95_238],
    ]) {
      assert.equal(Math.round(decodeBitTiming(cnf1, cnf2, cnf3, hertz).bitrate), bitrate);
    }
  });

  it('refuses timings that break the rules, such as four quanta for 8 MHz at 1 Mbit/s', () => {
    assert.throws(() => decodeBitTiming(0x00, 0x80, 0x80, 8e6), UnimplementedFeature);
    assert.throws(() => decodeBitTiming(0x84, 0xd3, 0x81, 8e6), /PS2 not greater than SJW/);
  });

  it('throws when CNF3 asks for what is not modelled: SOF on CLKOUT, the wake-up filter', () => {
    for (const cnf3 of [0x81, 0x41]) {
      assert.throws(() => decodeBitTiming(0x00, 0xb5, cnf3, 16e6), UnimplementedFeature);
    }
  });

  it('with the wrong crystal receives nothing, counts errors, and disturbs others until passive', () => {
    const rig = makeRig({ oscillatorHertz: 8e6 });
    rig.startNormal();
    rig.pass(100 * rig.bit);
    for (let index = 0; index < 5; index++) {
      rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now, 'other');
    }
    rig.pass(20_000_000);
    assert.ok(rig.records.length > 15);
    assert.ok(rig.records.every((record) => !record.acknowledged));
    assert.equal(rig.read(CANINTF) & 3, 0);
    assert.ok(rig.read(REC) >= 128);
    assert.equal(rig.read(EFLG) & 0x08, 0x08);
  });

  it('with the wrong crystal none of its own frames goes through, and it becomes error-passive', () => {
    const rig = makeRig({ oscillatorHertz: 8e6 });
    rig.startNormal();
    rig.pass(100 * rig.bit);
    rig.spi(0x40, 0x24, 0x60, 0, 0, 0);
    rig.spi(0x81);
    rig.pass(200 * 60 * rig.bit);
    // The other node destroys them until it is error-passive; from then on nobody acknowledges.
    assert.ok(rig.records.length > 20);
    assert.ok(rig.records.every((record) => record.outcome === 'error'));
    assert.equal(rig.read(EFLG) & 0x30, 0x10);
    assert.equal(rig.read(TEC), 128);
  });
});
