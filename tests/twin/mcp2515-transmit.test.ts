/** Transmission: requests, priority, outcome, one-shot, abort, counters. DS20001801J section 3 and 6. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { UnimplementedFeature } from '../../twin/unimplemented.ts';
import {
  BYTE_NANOS,
  CANCTRL,
  CANINTE,
  CANINTF,
  EFLG,
  REC,
  TEC,
  makeRig,
  type Rig,
} from './chip-rig.ts';

const ABTF = 0x40;
const MLOA = 0x20;
const TXERR = 0x10;
const TXREQ = 0x08;

/** Normal mode with interrupts off; the other node acknowledges. */
function running(options: Parameters<typeof makeRig>[0] = {}): Rig {
  const rig = makeRig(options);
  rig.startNormal();
  rig.write(CANINTE, 0);
  return rig;
}

/** Loads a standard frame without data into buffer n. */
function load(rig: Rig, buffer: number, identifier: number): void {
  rig.spi(0x40 + 2 * buffer, identifier >> 3, (identifier & 7) << 5, 0, 0, 0);
}

/**
 * Alternating bits without stuffing: data starts at wire bit 19, and bit 21 is recessive. Inverted, it
 * is a bit error to the sender and, five bits later, a stuff error to the others.
 */
const ALTERNATING = { identifier: 0x555, data: [0xaa, 0xaa, 0xaa, 0xaa] };
const FLIP = { kind: 'flip', bit: 21 } as const;

function loadAlternating(rig: Rig): void {
  rig.spi(0x40, 0xaa, 0xa0, 0, 0, 4, 0xaa, 0xaa, 0xaa, 0xaa);
}

function control(rig: Rig, buffer: number): number {
  return rig.read(0x30 + 0x10 * buffer);
}

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
