/** What the guest's acts cost in virtual time, the counter, and the skipping of idle polling. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
