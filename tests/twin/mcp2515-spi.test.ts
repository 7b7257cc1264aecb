// SPDX-License-Identifier: MIT
/** The chip's SPI instructions and register map, against DS20001801J tables 11-1 and 12-1. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnimplementedFeature } from '../../twin/unimplemented.ts';
import { CANCTRL, CANINTE, CANINTF, CANSTAT, CNF3, EFLG, REC, TEC, makeRig } from './chip-rig.ts';

/** A rig past power-on, in configuration mode. */
function configured() {
  const rig = makeRig();
  rig.pass(20_000);
  return rig;
}

describe('MCP2515 registers', () => {
  it('has the reset values of the register map', () => {
    const rig = configured();
    assert.equal(rig.read(CANSTAT), 0x80);
    assert.equal(rig.read(CANCTRL), 0x87);
    // BFPCTRL, CNF3..1, CANINTE, CANINTF, EFLG, TXB0..2CTRL, RXB0..1CTRL, TEC, REC.
    for (const address of [
      0x0c, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x30, 0x40, 0x50, 0x60, 0x70,
    ]) {
      assert.equal(rig.read(address), 0, `register 0x${address.toString(16)}`);
    }
    assert.equal(rig.read(TEC), 0);
    assert.equal(rig.read(REC), 0);
    // The three request pins are pulled up and read as inputs.
    assert.equal(rig.read(0x0d), 0x38);
  });

  it('shows CANSTAT and CANCTRL in every row', () => {
    const rig = configured();
    for (let row = 0; row < 0x80; row += 0x10) {
      assert.equal(rig.read(row + 0x0e), 0x80);
      assert.equal(rig.read(row + 0x0f), 0x87);
    }
    rig.modify(0x5f, 0x08, 0x08);
    assert.equal(rig.read(CANCTRL), 0x8f);
  });

  it('holds nothing but noise in masks, filters and buffers until they are written', () => {
    const rig = configured();
    assert.ok([0x00, 0x14, 0x20, 0x31, 0x3d].some((address) => rig.read(address) !== 0));
  });

  it('keeps only the bits that exist', () => {
    const rig = configured();
    for (const [address, kept] of [
      [0x01, 0xeb],
      [0x21, 0xe3],
      [0x28, 0xc7],
      [0x2a, 0xff],
      [0x32, 0xeb],
      [0x35, 0x4f],
      [0x2d, 0xc0],
      [0x60, 0x66], // RXM, BUKT and its copy BUKT1
      [0x70, 0x60],
    ]) {
      rig.write(address, 0xff);
      assert.equal(rig.read(address), kept, `register 0x${address.toString(16)}`);
    }
    const before = rig.read(0x66);
    rig.write(0x66, ~before & 0xff);
    assert.equal(rig.read(0x66), before, 'receive buffers are read-only');
  });

  it('changes bit timing, masks and filters in configuration mode only, and hides the latter elsewhere', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CNF3, 0x07);
    assert.equal(rig.read(CNF3), 0x01);
    rig.write(0x04, 0xff, 0xff);
    assert.equal(rig.read(0x05), 0);
    rig.write(CANCTRL, 0x80);
    assert.equal(rig.read(0x05), 0x08, 'the value from before, and readable again');
  });
});

describe('MCP2515 instructions', () => {
  it('READ and WRITE go on to the next register', () => {
    const rig = configured();
    rig.write(0x31, 1, 0xe2, 3, 4, 5, 6);
    assert.deepEqual(rig.spi(0x03, 0x31, 0, 0, 0, 0, 0, 0).slice(2), [1, 0xe2, 3, 4, 5, 6]);
  });

  it('BIT MODIFY honours its mask only where the register map says so', () => {
    const rig = configured();
    rig.write(CANINTE, 0b10101010);
    rig.modify(CANINTE, 0b00001111, 0b01010101);
    assert.equal(rig.read(CANINTE), 0b10100101);
    rig.write(0x36, 0xaa);
    rig.modify(0x36, 0x0f, 0x55);
    assert.equal(rig.read(0x36), 0x55, 'a data byte takes the whole value');
  });

  it('LOAD TX BUFFER starts at SIDH or D0 of each buffer', () => {
    const rig = configured();
    for (const [opcode, address] of [
      [0x40, 0x31],
      [0x41, 0x36],
      [0x42, 0x41],
      [0x43, 0x46],
      [0x44, 0x51],
      [0x45, 0x56],
    ]) {
      rig.spi(opcode, opcode, 0xe0);
      assert.equal(rig.read(address), opcode);
      assert.equal(rig.read(address + 1), 0xe0);
    }
  });

  it('R9: READ RX BUFFER starts at SIDH or D0 and clears its own RXnIF when chip select rises', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.deliver({ identifier: 0x123, data: [0x11, 0x22] });
    rig.deliver({ identifier: 0x456, data: [0x33] });
    assert.equal(rig.read(CANINTF), 0x03);
    assert.deepEqual(rig.spi(0x92, 0, 0).slice(1), [0x11, 0x22]);
    assert.equal(rig.read(CANINTF), 0x02);
    // 0x456: SIDH 0x8a, SIDL 0xc0.
    assert.deepEqual(rig.spi(0x94, 0, 0).slice(1), [0x8a, 0xc0]);
    assert.equal(rig.read(CANINTF), 0x00);
    rig.deliver({ identifier: 0x123, data: [0x11, 0x22] });
    rig.deliver({ identifier: 0x456, data: [0x33] });
    assert.deepEqual(rig.spi(0x90, 0, 0, 0, 0, 0, 0, 0).slice(1, 3), [0x24, 0x60]);
    assert.deepEqual(rig.spi(0x96, 0).slice(1), [0x33]);
    assert.equal(rig.read(CANINTF), 0x00);
  });

  it('keeps RXnIF, and the buffer, until chip select rises', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.deliver({ identifier: 0x123 });
    rig.chip.select(rig.clock.now);
    rig.chip.exchange(0x90, rig.clock.now);
    assert.equal(rig.chip.interruptLow, true);
    rig.chip.deselect(rig.clock.now);
    assert.equal(rig.chip.interruptLow, false);
  });

  it('READ STATUS shows flags and requests in the order of figure 12-8, again and again', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.modify(CANCTRL, 0x10, 0x10); // ABAT holds requests back
    rig.write(CANINTF, 0x01 | 0x08); // RX0IF, TX1IF
    rig.spi(0x84); // TXREQ of TXB2
    const expected = 0x01 | 0x20 | 0x40;
    assert.deepEqual(rig.spi(0xa0, 0, 0).slice(1), [expected, expected]);
  });

  it('RX STATUS shows buffers, kind and filter as figure 12-9 codes them', () => {
    const rig = makeRig();
    rig.startNormal();
    assert.equal(rig.spi(0xb0, 0)[1], 0x00);
    rig.deliver({ identifier: 0x1, remote: true });
    assert.equal(rig.spi(0xb0, 0)[1], 0x40 | 0x08 | 0);
    rig.deliver({ identifier: 0x2 });
    assert.equal(rig.spi(0xb0, 0)[1], 0xc0 | 0x08 | 0, 'RXB0 is the one described');
    rig.spi(0x90, 0);
    assert.equal(rig.spi(0xb0, 0)[1], 0x80 | 6, 'filter 0 rolled over');
    rig.spi(0x94, 0);
    rig.deliver({ identifier: 0x2, extended: true, remote: true });
    assert.equal(rig.spi(0xb0, 0)[1], 0x40 | 0x10 | 0x08 | 1, 'RXF1 takes extended frames');
    rig.deliver({ identifier: 0x3, extended: true });
    rig.spi(0x90, 0);
    assert.equal(rig.spi(0xb0, 0)[1], 0x80 | 0x10 | 7, 'filter 1 rolled over');
  });

  it('RTS takes effect when chip select rises, at the next bit of an idle bus', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.spi(0x40, 0x24, 0x60, 0, 0, 0);
    rig.spi(0x81);
    const requested = rig.clock.now;
    rig.pass(200_000);
    assert.equal(rig.records.length, 1);
    const wait = rig.records[0].startNanos - requested;
    assert.ok(wait >= 0 && wait < rig.bit, `${wait} ns`);
    assert.equal(rig.records[0].sender, 'chip');
    assert.equal(rig.records[0].frame.identifier, 0x123);
  });

  it('RESET sets configuration mode and needs 128 oscillator cycles, in which it is deaf', () => {
    const rig = makeRig();
    rig.startNormal();
    rig.write(CANINTE, 0xff);
    rig.spi(0xc0);
    const until = rig.clock.now + (128 * 1e9) / 16e6;
    assert.equal(rig.spi(0x03, CANSTAT, 0)[2], 0xff, 'MISO floats');
    assert.equal(rig.chip.ignoredTransactions, 1);
    rig.clock.advanceTo(until);
    assert.equal(rig.read(CANSTAT), 0x80);
    assert.equal(rig.read(CANCTRL), 0x87);
    assert.equal(rig.read(CANINTE), 0);
    assert.equal(rig.read(EFLG), 0);
  });

  it('throws on what it does not know, by name', () => {
    const unknown = (...bytes: number[]) =>
      assert.throws(() => configured().spi(...bytes), UnimplementedFeature);
    unknown(0x00);
    unknown(0x46, 0);
    unknown(0x98, 0);
    unknown(0x03, 0x80, 0);
    unknown(0x40, ...Array.from({ length: 14 }, () => 0));
    unknown(0x05, CANINTE, 0, 0, 0);
    unknown(0x02, CANCTRL, 0xe0);
    unknown(0x02, 0x0c, 0x0c);
  });
});
