// SPDX-License-Identifier: MIT
/** Error frames, error counters, error-passive, bus-off; the bit-level simulation against the prediction. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { predictAttempt, type AttemptStep, type Participant } from '../../twin/bus/attempt.ts';
import { simulateAttempt } from '../../twin/bus/bit-simulation.ts';
import { CanBus, type WireRecord } from '../../twin/bus/can-bus.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { FaultConfinement } from '../../twin/bus/fault-confinement.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { VirtualClock } from '../../twin/clock.ts';

const BIT = 2000;
/** Alternating bits: no stuffing before the CRC, so wire bits are easy to number. */
const ALTERNATING = makeFrame({ identifier: 0x555, data: [0xaa, 0xaa, 0xaa, 0xaa] });
/** SOF 0, identifier 1..11, RTR 12, IDE 13, r0 14, DLC 15..18 = 0100: data starts at bit 19. */
const FIRST_DATA_BIT = 19;

function makeBus() {
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: 500_000 });
  const sender = new LogNode({ clock, bus, name: 'sender' });
  const receiver = new LogNode({ clock, bus, name: 'receiver' });
  const records: WireRecord[] = [];
  bus.onFrame((record) => records.push(record));
  return { clock, bus, sender, receiver, records };
}

describe('error frames', () => {
  it('ends a frame with an inverted bit after both flags and eight delimiter bits', () => {
    const { clock, bus, sender, receiver, records } = makeBus();
    assert.equal(encodeFrame(ALTERNATING).bits[FIRST_DATA_BIT + 2], 1);
    // Bit N = 21 goes from 1 to 0. The sender's flag is N+1..N+6. The receiver has seen 0 in N-1 and N:
    // its sixth dominant bit is N+4, so its flag is N+5..N+10, and the delimiter N+11..N+18.
    const flipped = FIRST_DATA_BIT + 2;
    bus.injectFault({ kind: 'flip', bit: flipped });
    sender.enqueue(ALTERNATING, 0, 'log');
    clock.advanceTo((flipped + 19) * BIT);
    assert.deepEqual(
      records.map(({ outcome, error, bits, acknowledged }) => [outcome, error, bits, acknowledged]),
      [['error', 'bit', flipped + 19, false]],
    );
    assert.equal(sender.faults.transmitErrors, 8);
    assert.equal(receiver.faults.receiveErrors, 1);
    clock.advanceTo(1_000_000);
    assert.equal(records[1].outcome, 'complete');
    assert.equal(records[1].startNanos, (flipped + 19 + 3) * BIT);
    assert.equal(sender.faults.transmitErrors, 7);
    assert.equal(receiver.faults.receiveErrors, 0);
  });

  it('lets one receiver that misreads a bit of the CRC destroy the frame after the ACK delimiter', () => {
    const { clock, bus, sender, receiver, records } = makeBus();
    const other = new LogNode({ clock, bus, name: 'other' });
    const { acknowledgeSlot } = encodeFrame(ALTERNATING);
    // A data bit misread without a stuff error: ...1 0 1 0... read as ...1 1 1 0...
    bus.injectFault({ kind: 'flip', bit: FIRST_DATA_BIT + 3, node: receiver });
    sender.enqueue(ALTERNATING, 0, 'log');
    clock.advanceTo(400_000);
    assert.equal(records[0].outcome, 'error');
    assert.equal(records[0].acknowledged, true, 'the other receiver acknowledges');
    // The flag of `receiver` starts in the first bit of EOF; the others answer one bit later with
    // theirs, so seven dominant bits, then the delimiter: 1 (ACK delimiter) + 7 + 8 after the slot.
    assert.equal(records[0].bits, acknowledgeSlot + 1 + 1 + 7 + 8);
    // One for the CRC error, eight for the dominant bit after its own flag, one less for the good frame.
    assert.equal(receiver.faults.receiveErrors, 1 + 8 - 1);
    assert.equal(other.faults.receiveErrors, 0);
    assert.equal(sender.faults.transmitErrors, 8 - 1);
  });

  it('X4: without acknowledgement TEC stops at 128, error-passive, and never bus-off', () => {
    const clock = new VirtualClock();
    const bus = new CanBus({ clock, bitrate: 500_000 });
    const alone = new LogNode({ clock, bus, name: 'alone' });
    const records: WireRecord[] = [];
    bus.onFrame((record) => records.push(record));
    alone.enqueue(ALTERNATING, 0, 'log');
    const { acknowledgeSlot } = encodeFrame(ALTERNATING);
    clock.advanceTo(20_000_000);
    assert.equal(alone.faults.transmitErrors, 128);
    assert.equal(alone.faults.state, 'error-passive');
    assert.ok(records.length > 40);
    assert.ok(records.every((record) => record.error === 'acknowledgement'));
    // Slot, then 6 flag bits and 8 delimiter bits, both as active and as passive flag.
    assert.ok(records.every((record) => record.bits === acknowledgeSlot + 1 + 6 + 8));
    // Sixteen attempts of eight; from then on eight bits of suspended transmission come on top.
    assert.equal(records[15].startNanos - records[14].startNanos, (records[0].bits + 3) * BIT);
    assert.equal(records[17].startNanos - records[16].startNanos, (records[0].bits + 11) * BIT);
  });

  it('E1: TEC past 255 is bus-off, and 128 times 11 recessive bits bring the node back', () => {
    const { clock, bus, sender, receiver, records } = makeBus();
    const states: string[] = [];
    sender.faultsChanged = () => void states.push(sender.faults.state);
    bus.onStart(() => {
      if (records.length < 31) bus.injectFault({ kind: 'flip', bit: FIRST_DATA_BIT + 2 });
    });
    bus.injectFault({ kind: 'flip', bit: FIRST_DATA_BIT + 2 });
    sender.enqueue(ALTERNATING, 0, 'log');
    clock.advanceTo(20_000_000);
    // 32 errors of eight; the 32nd reaches 256.
    const failed = records.filter((record) => record.outcome === 'error');
    assert.equal(failed.length, 32);
    assert.equal(states.indexOf('error-passive'), 15);
    assert.equal(states.indexOf('bus-off'), 31);
    assert.equal(receiver.faults.state, 'error-active');
    const back = records[32];
    assert.equal(back.outcome, 'complete');
    // The delimiter's eight recessive bits count: 1408 - 8 after the end of the error frame.
    assert.equal(back.startNanos - failed[31].endNanos, (128 * 11 - 8) * BIT);
    assert.equal(sender.faults.transmitErrors, 0);
  });

  it('counts traffic of others as recessive runs: eleven bits per frame', () => {
    const { clock, bus, sender, records } = makeBus();
    const busy = new LogNode({ clock, bus, name: 'busy' });
    bus.onStart(() => {
      if (records.length < 31) bus.injectFault({ kind: 'flip', bit: FIRST_DATA_BIT + 2 });
    });
    bus.injectFault({ kind: 'flip', bit: FIRST_DATA_BIT + 2 });
    sender.enqueue(ALTERNATING, 0, 'log');
    while (records.length < 32) clock.advanceTo(clock.nextEventNanos);
    for (let index = 0; index < 300; index++) {
      busy.enqueue(makeFrame({ identifier: 0x600 }), clock.now, 'busy');
    }
    clock.advanceTo(60_000_000);
    const back = records.findIndex((record, index) => index >= 32 && record.sender === 'log');
    // The run after the error frame is 8 + 3 bits, each frame ends in 1 + 7 + 3: the 128th run is the
    // one behind the 127th frame, and the node wins the next start with its smaller identifier.
    assert.equal(back - 32, 127);
  });

  it('F rule: a wire held dominant costs eight counts per eight bits', () => {
    const { clock, bus, sender, receiver } = makeBus();
    // From the first data bit, far longer than flags: sender sees a bit error in the first recessive bit.
    bus.injectFault({ kind: 'stuck-dominant', bit: FIRST_DATA_BIT, bits: 41 });
    sender.enqueue(ALTERNATING, 0, 'log');
    clock.advanceTo((FIRST_DATA_BIT + 41 + 8) * BIT);
    // Data 1 at bit 19 is the error: flag 20..25, dominant on to bit 59: 34 bits, four times eight.
    assert.equal(sender.faults.transmitErrors, 8 + 4 * 8);
    // Bits 17 and 18 are 0 (DLC 0100), so the receiver has its sixth dominant bit at 22; flag 23..28,
    // then 8 for the bit after it, and 31 dominant bits: three times eight.
    assert.equal(receiver.faults.receiveErrors, 1 + 8 + 3 * 8);
  });
});

describe('an error-passive sender that drops out of arbitration', () => {
  // Both start with the identifier bit 0; `passive` alone reads it as 1. Its passive flag disturbs nobody,
  // so the frame of `sender`, which had not lost yet, is the one on the wire (ISO 11898-1, 10.11, 12.1).
  const DROPPED = makeFrame({ identifier: 0x2aa, data: [0xaa, 0xaa, 0xaa, 0xaa] });
  const CARRIED = makeFrame({ identifier: 0x2ab });

  function dropOut() {
    const clock = new VirtualClock();
    const bus = new CanBus({ clock, bitrate: 500_000 });
    const passive = new LogNode({ clock, bus, name: 'passive' });
    const sender = new LogNode({ clock, bus, name: 'sender' });
    new LogNode({ clock, bus, name: 'receiver' });
    const records: WireRecord[] = [];
    bus.onFrame((record) => records.push(record));
    passive.faults.addTransmitErrors(128);
    bus.injectFault({ kind: 'flip', bit: 1, node: passive });
    passive.enqueue(DROPPED, 0, 'passive');
    sender.enqueue(CARRIED, 0, 'sender');
    return { clock, passive, sender, records };
  }

  it('has the attempt belong to the sender whose frame went through', () => {
    const { clock, passive, sender, records } = dropOut();
    clock.advanceTo(1_000_000);
    assert.deepEqual(
      records.map((record) => [record.sender, record.outcome, record.frame]),
      [
        ['sender', 'complete', CARRIED],
        ['passive', 'complete', DROPPED],
      ],
    );
    assert.equal(passive.faults.transmitErrors, 128 + 8 - 1);
    assert.equal(sender.faults.transmitErrors, 0);
  });

  it('ends with the last bit of EOF, not with the delimiter of the one that dropped out', () => {
    const { clock, records } = dropOut();
    clock.advanceTo(1_000_000);
    assert.equal(records[0].bits, encodeFrame(CARRIED).length);
  });

  it('has the one that dropped out wait eight bits more, as the sender of an errored frame', () => {
    const { clock, records } = dropOut();
    clock.advanceTo(1_000_000);
    assert.equal(records[1].startNanos - records[0].endNanos, (3 + 8) * BIT);
  });
});

it('prediction of plain attempts agrees with the bit-level simulation for 2000 random attempts of up to four nodes', () => {
  let state = 99;
  const next = (limit: number): number => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: 500_000 });
  const nodes = ['a', 'b', 'c', 'd'].map((name) => new LogNode({ clock, bus, name }));
  let compared = 0;
  for (let round = 0; round < 2000; round++) {
    const participants: Participant[] = nodes.slice(0, 2 + next(3)).map((node, index) => {
      const faults = new FaultConfinement();
      faults.transmitErrors = next(3) * 60;
      faults.receiveErrors = next(3) * 70;
      const extended = next(2) === 1;
      // Few base identifiers, so that arbitration is often decided late.
      const identifier = extended ? next(4) * 0x40000 + next(0x40000) : next(4);
      const data = Array.from({ length: next(9) }, () => next(256));
      const frame = makeFrame({ identifier, extended, data });
      const offers = index === 0 || next(2) === 0;
      const offer = offers ? { frame, sender: node.name, wire: encodeFrame(frame) } : undefined;
      return { node, offer, faults, silent: !offers && next(6) === 0 };
    });
    const predicted = predictAttempt(participants);
    if (predicted === undefined) continue;
    compared++;
    const simulated = simulateAttempt(participants);
    assert.deepEqual(normal(predicted.steps), normal(simulated.steps));
    for (const key of ['length', 'recessiveTail', 'acknowledged', 'completed', 'error'] as const) {
      assert.equal(predicted[key], simulated[key], key);
    }
    assert.equal(predicted.winner, simulated.winner);
  }
  assert.ok(compared > 1000, `only ${compared} attempts were plain`);
});

/** Steps as text, in an order that does not depend on who was asked first. */
function normal(steps: readonly AttemptStep[]): string[] {
  return steps
    .map((step) => {
      const faults = step.kind === 'faults' ? step.faults : undefined;
      const frame = step.kind === 'received' ? step.frame : undefined;
      const detail = [faults?.transmitErrors, faults?.receiveErrors, JSON.stringify(frame)];
      return `${String(step.bit).padStart(4)} ${step.node.name} ${step.kind} ${detail.join(' ')}`;
    })
    .sort();
}
