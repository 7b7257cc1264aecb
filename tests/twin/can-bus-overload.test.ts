// SPDX-License-Identifier: MIT
/** Overload frames, faults in the intermission, wrong bit clocks. ISO 11898-1, 10.3.5, 10.4.7, 11.3. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanBus, type WireRecord } from '../../twin/bus/can-bus.ts';
import { makeFrame, type CanFrame } from '../../twin/bus/can-frame.ts';
import { firstMisreadBit } from '../../twin/bus/clock-error.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { VirtualClock } from '../../twin/clock.ts';
import { UnimplementedFeature } from '../../twin/unimplemented.ts';

const BIT = 2000;
const FRAME = makeFrame({ identifier: 0x555, data: [0xaa, 0xaa] });
const FRAME_BITS = encodeFrame(FRAME).length;

/** A receiver that writes down what it gets and when. */
class Listener extends LogNode {
  readonly got: { frame: CanFrame; nanos: number }[] = [];
  readonly ended: number[] = [];
  override received(frame: CanFrame, nanos?: number): void {
    this.got.push({ frame, nanos: nanos ?? NaN });
  }
  override attemptEnded(nanos?: number): void {
    this.ended.push(nanos ?? NaN);
  }
}

function makeBus(bitClock?: { bitrate: number; samplePoint: number; jumpWidth: number }) {
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: 500_000 });
  const sender = new LogNode({ clock, bus, name: 'sender', bitClock });
  const receiver = new Listener({ clock, bus, name: 'receiver' });
  const records: WireRecord[] = [];
  bus.onFrame((record) => records.push(record));
  return { clock, bus, sender, receiver, records };
}

describe('overload frames', () => {
  for (const [count, delay] of [
    [0, 0],
    // The others see the first dominant bit in the intermission and answer: 1 + 6 bits, then 8.
    [1, 15],
    [2, 30],
  ] as const) {
    it(`${count} of them put the next frame off by ${delay} bits and cost no error count`, () => {
      const { clock, bus, sender, receiver, records } = makeBus();
      for (let index = 0; index < count; index++) bus.requestOverload(receiver);
      sender.enqueue(FRAME, 0, 'log');
      sender.enqueue(FRAME, 0, 'log');
      clock.advanceTo(1_000_000);
      assert.deepEqual(
        records.map(({ outcome, error }) => [outcome, error]),
        [
          ['complete', undefined],
          ['complete', undefined],
        ],
      );
      assert.equal(records[0].bits, FRAME_BITS + delay);
      assert.equal(records[1].startNanos, (FRAME_BITS + delay + 3) * BIT);
      assert.equal(receiver.got.length, 2);
      assert.equal(receiver.ended[0], FRAME_BITS * BIT, 'the frame has ended before the pause');
      assert.equal(sender.faults.transmitErrors, 0);
      assert.equal(receiver.faults.receiveErrors, 0);
    });
  }

  it('no more than two are allowed', () => {
    const { bus, receiver } = makeBus();
    bus.requestOverload(receiver);
    bus.requestOverload(receiver);
    assert.throws(() => bus.requestOverload(receiver), /more than 2 overload frames/);
  });

  it('a dominant last bit of EOF is one to a receiver, and the frame is good', () => {
    const { clock, bus, sender, receiver, records } = makeBus();
    bus.injectFault({ kind: 'flip', bit: FRAME_BITS - 1, node: receiver });
    sender.enqueue(FRAME, 0, 'log');
    clock.advanceTo(1_000_000);
    assert.equal(records[0].outcome, 'complete');
    assert.equal(records[0].bits, FRAME_BITS + 7 + 8);
    assert.equal(receiver.got.length, 1);
    assert.equal(receiver.faults.receiveErrors, 0);
  });

  for (const offset of [0, 1]) {
    it(`a dominant bit ${offset + 1} of the intermission starts one of all nodes`, () => {
      const { clock, bus, sender, receiver, records } = makeBus();
      bus.injectFault({ kind: 'flip', bit: FRAME_BITS + offset });
      sender.enqueue(FRAME, 0, 'log');
      clock.advanceTo(1_000_000);
      assert.equal(records[0].outcome, 'complete');
      assert.equal(records[0].bits, FRAME_BITS + offset + 1 + 6 + 8);
      assert.equal(receiver.got.length, 1);
    });
  }

  it('a spike on the idle wire is refused, not ignored', () => {
    const { clock, bus, sender } = makeBus();
    bus.injectFault({ kind: 'flip', bit: FRAME_BITS + 2 });
    sender.enqueue(FRAME, 0, 'log');
    assert.throws(() => clock.advanceTo(1_000_000), UnimplementedFeature);
  });
});

describe('a wrong bit clock', () => {
  const clockOf = (bitrate: number) => ({ bitrate, samplePoint: 0.75, jumpWidth: 0.125 });

  it('shows in the first bit that is sampled in its neighbour', () => {
    // Five dominant bits from SOF, stuff bit, then the rest: 3 % too slow, the sample point at 75 % of
    // bit n after SOF lies at n + 0.03 n + 0.77. That is beyond n + 1 from n = 8 on, but bit 5, a falling
    // edge's opposite, gives no synchronisation; the frame has equal bits there, so nothing is misread.
    const bits = Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0]);
    assert.equal(firstMisreadBit(bits, clockOf(500_000), 500_000), undefined);
    assert.equal(firstMisreadBit(bits, clockOf(500_000 / 1.03), 500_000), 9);
    // 3 % too fast: 75 % of bit n at n - 0.03 n + 0.73, below n only from n = 25 on.
    assert.equal(firstMisreadBit(bits, clockOf(500_000 / 0.97), 500_000), undefined);
    // Half the rate: bit 2 is sampled at 2 + 2 + 1.5, which is bit 5, the stuff bit.
    assert.equal(firstMisreadBit(bits, clockOf(250_000), 500_000), 2);
  });

  for (const [permille, works] of [
    [5, true],
    [-5, true],
    [40, false],
    [-80, false],
  ] as const) {
    it(`${permille / 10} % of the sender ${works ? 'is made up for' : 'destroys its frames'}`, () => {
      const { clock, sender, records } = makeBus(clockOf(500_000 * (1 + permille / 1000)));
      // Long runs of equal bits: the worst for synchronisation.
      sender.enqueue(makeFrame({ identifier: 0x7c0, data: Array(8).fill(0) }), 0, 'log');
      clock.advanceTo(400_000);
      assert.equal(records[0].outcome, works ? 'complete' : 'error');
    });
  }
});
