// SPDX-License-Identifier: MIT
/** When frames start, who wins, who acknowledges, what the record of the wire says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanBus, type WireRecord } from '../../twin/bus/can-bus.ts';
import { makeFrame, type CanFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { VirtualClock } from '../../twin/clock.ts';

const BIT = 2000;

function makeBus(bitrate = 500_000) {
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate });
  const first = new LogNode({ clock, bus, name: 'first' });
  const second = new LogNode({ clock, bus, name: 'second' });
  const records: WireRecord[] = [];
  bus.onFrame((record) => records.push(record));
  return { clock, bus, first, second, records };
}

function bitsOf(frame: CanFrame): number {
  return encodeFrame(frame).length;
}

describe('CAN bus', () => {
  it('starts a frame at the next bit boundary of an idle bus', () => {
    const { clock, first, records } = makeBus();
    first.enqueue(makeFrame({ identifier: 0x123 }), 10 * BIT + 1, 'log');
    clock.advanceTo(1_000_000);
    assert.equal(records[0].startNanos, 11 * BIT);
  });

  it('ends the record with EOF and starts the next frame three bits later', () => {
    const { clock, first, records } = makeBus();
    const frame = makeFrame({ identifier: 0x2aa, data: [1, 2, 3] });
    first.enqueue(frame, 0, 'a');
    first.enqueue(frame, 0, 'b');
    clock.advanceTo(1_000_000);
    assert.equal(records[0].bits, bitsOf(frame));
    assert.equal(records[0].endNanos, bitsOf(frame) * BIT);
    assert.equal(records[1].startNanos, (bitsOf(frame) + 3) * BIT);
    assert.deepEqual(
      records.map((record) => [record.sender, record.outcome, record.acknowledged]),
      [
        ['a', 'complete', true],
        ['b', 'complete', true],
      ],
    );
  });

  it('lets the smaller identifier win and sends the loser next', () => {
    const { clock, first, second, records } = makeBus();
    first.enqueue(makeFrame({ identifier: 0x101 }), 0, 'a');
    second.enqueue(makeFrame({ identifier: 0x100 }), 0, 'b');
    clock.advanceTo(1_000_000);
    assert.deepEqual(
      records.map((record) => record.frame.identifier),
      [0x100, 0x101],
    );
  });

  for (const [name, winner, loser, bit] of [
    // Wire bits count from SOF = 0; none of these identifiers has a stuff bit before the difference.
    ['the last identifier bit', { identifier: 0x554 }, { identifier: 0x555 }, 11],
    ['data before remote', { identifier: 0x555 }, { identifier: 0x555, remote: true }, 12],
    [
      'a standard frame before an extended one of the same first eleven bits',
      { identifier: 0x555, remote: true },
      { identifier: 0x555 * 0x40000, extended: true },
      13,
    ],
    [
      'the last bit of an extended identifier',
      { identifier: 0x15555554, extended: true },
      { identifier: 0x15555555, extended: true },
      31,
    ],
  ] as const) {
    it(`tells the loser the bit: ${name}`, () => {
      const { clock, bus, first, records } = makeBus();
      const lost: [number, number][] = [];
      const other = new LogNode({ clock, bus, name: 'loser' });
      other.arbitrationLost = (...[, at, nanos]: [unknown?, number?, number?]) =>
        void lost.push([at!, nanos!]);
      other.enqueue(makeFrame(loser), 0, 'loser');
      first.enqueue(makeFrame(winner), 0, 'winner');
      clock.advanceTo(400_000);
      assert.deepEqual(
        records.map((record) => record.sender),
        ['winner', 'loser'],
      );
      assert.deepEqual(lost, [[bit, (bit + 1) * BIT]]);
    });
  }

  it('lets two nodes with the very same frame send it together', () => {
    const { clock, bus, first, second, records } = makeBus();
    new LogNode({ clock, bus, name: 'receiver' });
    const frame = makeFrame({ identifier: 0x77, data: [9] });
    first.enqueue(frame, 0, 'a');
    second.enqueue(frame, 0, 'b');
    clock.advanceTo(1_000_000);
    assert.equal(records.length, 1);
    assert.equal(first.pendingCount + second.pendingCount, 0);
  });

  it('makes an error of two frames with one identifier and different data', () => {
    const { clock, bus, first, second, records } = makeBus();
    new LogNode({ clock, bus, name: 'receiver' });
    first.enqueue(makeFrame({ identifier: 0x77, data: [0x00] }), 0, 'a');
    second.enqueue(makeFrame({ identifier: 0x77, data: [0xff] }), 0, 'b');
    clock.advanceTo(100_000);
    assert.equal(records[0].outcome, 'error');
    assert.equal(records[0].error, 'bit');
  });

  it('keeps the frames of one identifier in order however they contend', () => {
    const { clock, first, records } = makeBus();
    for (let index = 0; index < 50; index++) {
      first.enqueue(makeFrame({ identifier: 0x300 - (index % 7), data: [index] }), 0, 'log');
    }
    clock.advanceTo(20_000_000);
    assert.equal(records.length, 50);
    for (let remainder = 0; remainder < 7; remainder++) {
      const own = records
        .filter((record) => record.frame.identifier === 0x300 - remainder)
        .map((record) => record.frame.data[0]);
      assert.deepEqual(
        own,
        [...own].sort((left, right) => left - right),
      );
    }
    // With everything waiting from the start, the smallest identifier goes first, and so on.
    assert.equal(records[0].frame.identifier, 0x2fa);
    assert.equal(records[49].frame.identifier, 0x300);
  });

  it('sends an urgent frame that is released while others wait before them', () => {
    const { clock, first, second, records } = makeBus();
    first.enqueue(makeFrame({ identifier: 0x300 }), 0, 'log');
    second.enqueue(makeFrame({ identifier: 0x100 }), 0, 'other');
    // Offered and beaten already, 0x300 still waits when 0x200 comes.
    first.enqueue(makeFrame({ identifier: 0x200 }), 30 * BIT, 'log');
    clock.advanceTo(1_000_000);
    assert.deepEqual(
      records.map((record) => record.frame.identifier),
      [0x100, 0x200, 0x300],
    );
  });

  it('puts frames in at their times even if told out of order', () => {
    const { clock, first, records } = makeBus();
    first.enqueue(makeFrame({ identifier: 0x20, data: [2] }), 2_000_000, 'log');
    first.enqueue(makeFrame({ identifier: 0x20, data: [1] }), 1_000_000, 'log');
    clock.advanceTo(4_000_000);
    assert.deepEqual(
      records.map((record) => record.frame.data[0]),
      [1, 2],
    );
    assert.ok(records[0].startNanos >= 1_000_000 && records[0].startNanos < 1_000_000 + BIT);
    assert.ok(records[1].startNanos >= 2_000_000 && records[1].startNanos < 2_000_000 + BIT);
  });

  it('does not let bit times add up an error at 83,333 bit/s', () => {
    const { clock, first, records } = makeBus(83_333);
    const frame = makeFrame({ identifier: 0x2aa, data: [1, 2, 3, 4, 5, 6, 7, 8] });
    first.enqueue(frame, 0, 'log');
    clock.advanceTo(10_000_000);
    assert.equal(records[0].endNanos, Math.round((bitsOf(frame) * 1e9) / 83_333));
  });

  it('refuses a bit rate that classical CAN does not have', () => {
    const { clock } = makeBus();
    assert.throws(() => new CanBus({ clock, bitrate: 1_000_001 }), RangeError);
  });
});
