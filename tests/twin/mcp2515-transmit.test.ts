// SPDX-License-Identifier: MIT
/** Transmission: requests, priority, outcome, one-shot, abort. DS20001801J section 3. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { UnimplementedFeature } from '../../twin/unimplemented.ts';
import {
  BYTE_NANOS,
  CANCTRL,
  CANINTE,
  CANINTF,
  FLIP,
  TEC,
  control,
  load,
  loadAlternating,
  running,
  type Rig,
} from './chip-rig.ts';

const ABTF = 0x40;
const MLOA = 0x20;
const TXERR = 0x10;
const TXREQ = 0x08;

function identifiers(rig: Rig): number[] {
  return rig.records.map((record) => record.frame.identifier);
}

describe('MCP2515 transmission', () => {
  it('R1: sends standard, extended, remote frames and length codes above eight as loaded', () => {
    const rig = running();
    rig.spi(0x40, 0xd5, 0xe8, 0xde, 0xf5, 0x02, 0xaa, 0xbb);
    rig.spi(0x81);
    rig.pass(400_000);
    rig.spi(0x40, 0x24, 0x60, 0, 0, 0x43);
    rig.spi(0x81);
    rig.pass(400_000);
    rig.spi(0x40, 0x24, 0x60, 0, 0, 0x0d, 1, 2, 3, 4, 5, 6, 7, 8);
    rig.spi(0x81);
    rig.pass(400_000);
    assert.deepEqual(
      rig.records.map(({ frame }) => frame),
      [
        makeFrame({ identifier: 0x1abcdef5, extended: true, data: [0xaa, 0xbb] }),
        makeFrame({ identifier: 0x123, remote: true, dlc: 3 }),
        makeFrame({ identifier: 0x123, dlc: 13, data: [1, 2, 3, 4, 5, 6, 7, 8] }),
      ],
    );
  });

  it('clears TXREQ and sets TXnIF at the end of EOF', () => {
    const rig = running();
    const edges: [boolean, number][] = [];
    rig.chip.onInterruptChange = (low, nanos) => void edges.push([low, nanos]);
    rig.write(CANINTE, 0x08);
    load(rig, 1, 0x123);
    rig.spi(0x82);
    assert.equal(control(rig, 1), TXREQ);
    rig.pass(200_000);
    assert.equal(control(rig, 1), 0);
    assert.equal(rig.read(CANINTF), 0x08);
    assert.deepEqual(edges, [[true, rig.records[0].endNanos]]);
  });

  it('X2: sends equal priorities from the highest buffer number down', () => {
    const rig = running();
    for (const buffer of [0, 1, 2]) load(rig, buffer, 0x100 + buffer);
    rig.spi(0x87);
    rig.pass(500_000);
    assert.deepEqual(identifiers(rig), [0x102, 0x101, 0x100]);
  });

  it('X3: sends an urgent buffer (TXP = 3) next, though others wait longer', () => {
    const rig = running();
    rig.write(0x30, 0x03);
    for (const buffer of [0, 1, 2]) load(rig, buffer, 0x100 + buffer);
    rig.spi(0x86);
    rig.pass(20 * rig.bit);
    rig.spi(0x81);
    rig.pass(500_000);
    assert.deepEqual(identifiers(rig), [0x102, 0x100, 0x101]);
  });

  it('starts in the first bit after the intermission if requested in it', () => {
    const rig = running();
    load(rig, 0, 0x123);
    rig.other.enqueue(makeFrame({ identifier: 0x50 }), rig.clock.now, 'other');
    while (rig.records.length === 0) rig.clock.advanceTo(rig.clock.nextEventNanos);
    const end = rig.records[0].endNanos;
    rig.clock.advanceTo(end + 3 * rig.bit - 900);
    rig.spi(0x81);
    rig.pass(200_000);
    assert.equal(rig.records[1].startNanos, end + 3 * rig.bit);
  });

  it('keeps a message that lost arbitration and says so in MLOA', () => {
    const rig = running();
    load(rig, 0, 0x200);
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now + 900, 'other');
    rig.spi(0x81);
    rig.pass(30 * rig.bit);
    assert.equal(control(rig, 0), TXREQ | MLOA);
    rig.pass(200_000);
    assert.deepEqual(identifiers(rig), [0x100, 0x200]);
    assert.equal(control(rig, 0), MLOA);
    assert.equal(rig.read(CANINTF) & 3, 1, 'and it received the winner');
    load(rig, 0, 0x200);
    rig.spi(0x81);
    assert.equal(control(rig, 0), TXREQ, 'a new request clears MLOA');
  });

  it('X5: in one-shot mode a message that lost arbitration is not sent again', () => {
    const rig = running();
    rig.modify(CANCTRL, 0x08, 0x08);
    load(rig, 0, 0x200);
    rig.other.enqueue(makeFrame({ identifier: 0x100 }), rig.clock.now + 900, 'other');
    rig.spi(0x81);
    rig.pass(500_000);
    assert.deepEqual(identifiers(rig), [0x100]);
    assert.equal(control(rig, 0), MLOA | ABTF);
    assert.equal(rig.read(CANINTF) & 0x04, 0);
  });

  it('X6: ABAT aborts what waits, lets the message on the wire finish, and holds requests back', () => {
    const rig = running();
    for (const buffer of [0, 1, 2]) load(rig, buffer, 0x100 + buffer);
    rig.spi(0x87);
    rig.pass(20 * rig.bit);
    rig.modify(CANCTRL, 0x10, 0x10);
    assert.equal(control(rig, 0), ABTF);
    assert.equal(control(rig, 1), ABTF);
    assert.equal(control(rig, 2), TXREQ);
    rig.pass(200_000);
    assert.equal(control(rig, 2), 0);
    assert.deepEqual(identifiers(rig), [0x102]);
    load(rig, 0, 0x111);
    rig.spi(0x81);
    rig.pass(200_000);
    assert.equal(rig.records.length, 1);
    rig.modify(CANCTRL, 0x10, 0);
    rig.pass(200_000);
    assert.deepEqual(identifiers(rig), [0x102, 0x111]);
  });

  it('X6: clearing TXREQ aborts without ABTF', () => {
    const rig = running();
    for (const buffer of [0, 2]) load(rig, buffer, 0x100 + buffer);
    rig.spi(0x85);
    rig.pass(20 * rig.bit);
    rig.modify(0x30, TXREQ, 0);
    assert.equal(control(rig, 0), 0);
    rig.pass(200_000);
    assert.deepEqual(identifiers(rig), [0x102]);
  });

  it('X6: a message on the wire goes on; TXREQ falls with its end or, as chosen, at once', () => {
    for (const abortClearsRequest of [false, true]) {
      const rig = running({ abortClearsRequest });
      load(rig, 0, 0x123);
      rig.spi(0x81);
      rig.pass(10 * rig.bit);
      rig.modify(0x30, TXREQ, 0);
      assert.equal(control(rig, 0), abortClearsRequest ? 0 : TXREQ);
      assert.equal(rig.read(CANINTF), 0);
      assert.throws(() => rig.spi(0x41, 1), UnimplementedFeature);
      rig.chip.deselect(rig.clock.now);
      rig.pass(200_000);
      assert.deepEqual(identifiers(rig), [0x123]);
      assert.equal(control(rig, 0), 0);
      assert.equal(rig.read(CANINTF), 0x04);
    }
  });

  it('aborts a message on the wire once an error has ended it', () => {
    const rig = running();
    loadAlternating(rig);
    rig.bus.injectFault(FLIP);
    rig.spi(0x81);
    rig.pass(10 * rig.bit);
    rig.modify(CANCTRL, 0x10, 0x10);
    assert.equal(control(rig, 0), TXREQ);
    rig.pass(500_000);
    assert.equal(rig.records.length, 1);
    assert.equal(control(rig, 0), TXERR | ABTF);
  });

  it('an abort by ABAT counts for the message on the wire, though ABAT is clear when it fails', () => {
    // 3.6, note 1: what was transmitting when the abort was requested is aborted if it does not succeed.
    for (const fails of [true, false]) {
      const rig = running();
      loadAlternating(rig);
      if (fails) rig.bus.injectFault(FLIP);
      rig.spi(0x81);
      rig.pass(5 * rig.bit);
      rig.modify(CANCTRL, 0x10, 0x10);
      rig.modify(CANCTRL, 0x10, 0x00);
      assert.equal(control(rig, 0), TXREQ);
      rig.pass(500_000);
      assert.equal(rig.records.length, 1, 'and is not sent again');
      assert.equal(control(rig, 0), fails ? TXERR | ABTF : 0);
      // The abort is over with that: the next message is repeated until it is through.
      rig.bus.injectFault(FLIP);
      rig.spi(0x81);
      rig.pass(500_000);
      assert.equal(rig.records.length, 3);
      assert.equal(control(rig, 0), TXERR);
    }
  });

  it('a message that lost arbitration is aborted by an ABAT that is clear again', () => {
    const rig = running();
    load(rig, 0, 0x200);
    rig.other.enqueue(makeFrame({ identifier: 0x1ff }), rig.clock.now + 900, 'other');
    rig.spi(0x81);
    // SOF and one bit of the identifier: 0x200 and 0x1ff differ in the second.
    while (!rig.bus.carriesFrame) rig.clock.advanceTo(rig.clock.nextEventNanos);
    rig.chip.writeRegister(CANCTRL, 0x10, rig.clock.now);
    rig.chip.writeRegister(CANCTRL, 0x00, rig.clock.now);
    rig.pass(500_000);
    assert.deepEqual(identifiers(rig), [0x1ff]);
    assert.equal(control(rig, 0), MLOA | ABTF);
  });

  it('repeats a damaged message, with TXERR, MERRF and TEC plus eight, then minus one', () => {
    const rig = running();
    loadAlternating(rig);
    rig.bus.injectFault(FLIP);
    rig.spi(0x81);
    rig.pass(60 * rig.bit);
    assert.equal(control(rig, 0), TXREQ | TXERR);
    assert.equal(rig.read(CANINTF), 0x80);
    assert.equal(rig.read(TEC), 8);
    rig.pass(200_000);
    assert.equal(rig.records[1].outcome, 'complete');
    assert.equal(control(rig, 0), TXERR, 'which the next request clears, not success');
    assert.equal(rig.read(TEC), 7);
    assert.equal(rig.read(CANINTF), 0x84);
  });

  it('in one-shot mode a damaged message is not sent again', () => {
    const rig = running();
    rig.modify(CANCTRL, 0x08, 0x08);
    loadAlternating(rig);
    rig.bus.injectFault(FLIP);
    rig.spi(0x81);
    rig.pass(500_000);
    assert.equal(rig.records.length, 1);
    assert.equal(control(rig, 0), TXERR | ABTF);
  });

  it('erratum 5, if switched on: a request written to TXREQ is sent twice, one by RTS once', () => {
    for (const [erratum5, expected] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const rig = running({ erratum5 });
      load(rig, 0, 0x123);
      rig.modify(0x30, TXREQ, TXREQ);
      rig.pass(1_000_000);
      assert.equal(rig.records.length, expected);
      rig.spi(0x81);
      rig.pass(1_000_000);
      assert.equal(rig.records.length, expected + 1);
    }
  });

  it('erratum 5, if switched on: chip select low to the end of the message sends it again', () => {
    for (const [erratum5, held, expected] of [
      [false, true, 1],
      [true, false, 1],
      [true, true, 2],
    ] as const) {
      const rig = running({ erratum5 });
      load(rig, 0, 0x123);
      rig.chip.select(rig.clock.now);
      rig.pass(BYTE_NANOS);
      rig.chip.exchange(0x81, rig.clock.now);
      if (!erratum5 || !held) rig.chip.deselect(rig.clock.now);
      // A standard frame without data is 44 to 52 bits long: the second one has begun by now.
      rig.pass(60 * rig.bit);
      if (erratum5 && held) rig.chip.deselect(rig.clock.now);
      rig.pass(1_000_000);
      assert.equal(rig.records.length, expected);
      assert.equal(rig.read(0x30) & TXREQ, 0);
    }
  });

  it('refuses a write to a buffer whose message waits', () => {
    const rig = running();
    rig.modify(CANCTRL, 0x10, 0x10);
    load(rig, 0, 0x123);
    rig.spi(0x81);
    assert.throws(() => rig.spi(0x41, 1), UnimplementedFeature);
  });
});
