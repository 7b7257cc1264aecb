// SPDX-License-Identifier: MIT
/** What the guest's acts cost in virtual time, the counter, and the skipping of idle polling. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { atInstructionNanos, RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { makeFixture, type Fixture } from './machine-fixture.ts';

// The stated model (twin/machine/timing-model.ts), declared again.
const DEVICE_READ_NANOS = 100;
const DEVICE_WRITE_NANOS = 40;
const TRAPPED_NANOS = 900;
const HYPERCALL_NANOS = 700;
const COUNTER_READ_NANOS = 20;
const NEVER = 0xffff_ffff_ffff_ffffn;

const costOf = ({ clock }: Fixture, act: () => unknown): number => {
  const before = clock.now;
  act();
  return clock.now - before;
};

describe('time on the board', () => {
  it('charges each kind of act as stated', () => {
    const fixture = makeFixture();
    const { machine } = fixture;
    const cost = (act: () => unknown) => costOf(fixture, act);
    assert.equal(
      cost(() => machine.readDevice(0xfe200034, 4)),
      DEVICE_READ_NANOS,
    );
    assert.equal(
      cost(() => machine.writeDevice(0xfe204000, 4, 0)),
      DEVICE_WRITE_NANOS,
    );
    assert.equal(
      cost(() => machine.readDevice(0xfe215054, 4)),
      TRAPPED_NANOS,
    );
    assert.equal(
      cost(() => machine.readDevice(0xff900000, 4)),
      TRAPPED_NANOS,
    );
    assert.equal(
      cost(() => machine.hypercall(8, 0x41, 0)),
      HYPERCALL_NANOS,
    );
    assert.equal(
      cost(() => machine.counterTicks()),
      COUNTER_READ_NANOS,
    );
    assert.equal(
      cost(() => machine.chargeInstructions(123)),
      123,
    );
  });

  it('counts 54 ticks per microsecond', () => {
    const { clock, machine } = makeFixture();
    clock.advanceTo(1_000_000_000 - COUNTER_READ_NANOS);
    assert.equal(machine.counterTicks(), 54_000_000n);
    assert.equal(machine.counterHertz, 54_000_000);
  });

  it('runs what has become due before a device access, not when instructions are charged', () => {
    const { clock, machine } = makeFixture();
    const ran: number[] = [];
    clock.schedule(50, (nanos) => ran.push(nanos));
    machine.chargeInstructions(60);
    assert.deepEqual(ran, []);
    machine.readDevice(0xfe200034, 4);
    assert.deepEqual(ran, [50]);
  });
});

describe('a core at 600 MHz, 2.5 ns an instruction', () => {
  it('loses no half of a nanosecond, and its counter can be read at any instruction', () => {
    const { clock, machine } = makeFixture(RPI4_CANWARDEN, atInstructionNanos(2.5));
    machine.chargeInstructions(1);
    assert.equal(clock.now, 2);
    machine.counterTicks();
    for (let count = 0; count < 999; count++) machine.chargeInstructions(1);
    assert.equal(clock.now, 2_500 + COUNTER_READ_NANOS);
  });

  it('pays for the exits by as much more', () => {
    const { trappedAccessNanos, interruptExitNanos, hypercallNanos } = atInstructionNanos(2.5);
    // 800 and 600 instructions of the hypervisor at 1.5 ns more.
    assert.deepEqual(
      [trappedAccessNanos, interruptExitNanos, hypercallNanos],
      [TRAPPED_NANOS + 1_200, 1_300 + 1_200, HYPERCALL_NANOS + 900],
    );
  });
});

describe('a model of time that the clock cannot keep', () => {
  for (const [change, says] of [
    [{ deviceReadNanos: 2.5 }, /deviceReadNanos is 2\.5: give whole nanoseconds/],
    [{ hypercallNanos: -1 }, /hypercallNanos is -1: give whole nanoseconds, 0 or more/],
    [{ nanosPerInstruction: 0 }, /0 ns an instruction: give a number above 0/],
    [{ nanosPerInstruction: NaN }, /NaN ns an instruction/],
    [{ counterHertz: 0 }, /a counter of 0 Hz/],
  ] as const) {
    it(`is refused: ${JSON.stringify(change)}`, () => {
      const timing = { ...RASPBERRY_PI_4_TIMING, ...change };
      assert.throws(() => makeFixture(RPI4_CANWARDEN, timing), says);
    });
  }
});

describe('skipping of idle polling', () => {
  /** One polling round: a look at the INT pin and some instructions, `round` long in all. */
  const poll = ({ machine }: Fixture, round: number, deadline = NEVER): void => {
    machine.readDevice(0xfe200034, 4);
    machine.chargeInstructions(round - DEVICE_READ_NANOS);
    machine.idleUntil(deadline);
  };

  it('ends on the polling round that would have noticed the event', () => {
    const fixture = makeFixture();
    fixture.clock.schedule(10_050, () => {});
    poll(fixture, 300); // measures
    poll(fixture, 300); // skips from 600 on
    assert.equal(fixture.clock.now, 600 + 300 * Math.ceil((10_050 - 600) / 300));
  });

  it('polls once without skipping after every event, to measure the round anew', () => {
    const fixture = makeFixture();
    fixture.clock.schedule(10_000, () => {});
    fixture.clock.schedule(50_000, () => {});
    poll(fixture, 200);
    poll(fixture, 200);
    const woken = fixture.clock.now;
    assert.equal(woken, 10_000);
    poll(fixture, 45_000 - woken); // work: ends in the middle of nowhere
    assert.equal(fixture.clock.now, 45_000);
    poll(fixture, 300);
    assert.equal(fixture.clock.now, 45_300 + 300 * Math.ceil((50_000 - 45_300) / 300));
  });

  it('ends at the deadline when no event comes before it', () => {
    const fixture = makeFixture();
    fixture.clock.schedule(1_000_000, () => {});
    const deadlineTicks = 540n; // 10 us
    poll(fixture, 250, deadlineTicks);
    poll(fixture, 250, deadlineTicks);
    assert.equal(fixture.clock.now, 10_000);
  });

  it('does not go back, and does not skip for ever when nothing is planned', () => {
    const fixture = makeFixture();
    poll(fixture, 250, 0n);
    poll(fixture, 250, 0n);
    poll(fixture, 250);
    poll(fixture, 250);
    assert.equal(fixture.clock.now, 1_000);
  });
});
