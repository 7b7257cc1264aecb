// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Random damage to everything in the section and to the states, at random moments, seeded: no end
 * traps, leaves the section or exceeds its bounds, and both find each other again afterwards.
 */
import { Status } from '../../../src/rt/status';
import { Pair, setFrame } from './pair';

/** Rounds of damage for each seed, and the seeds. */
const ROUNDS: u32 = 100_000;
const SEEDS: u32 = 4;

/** The most accesses one call may make: a chain of 16 descriptors and 24 single bytes. */
const ACCESSES_MAXIMUM: u32 = 80;

let randomState: u32 = 1;

/** xorshift32: the same numbers for the same seed. */
function random(): u32 {
  randomState ^= randomState << 13;
  randomState ^= randomState >> 17;
  randomState ^= randomState << 5;
  return randomState;
}

/** A value that is more often interesting than not. */
function interesting(): u32 {
  switch (random() & 7) {
    case 0:
      return 0;
    case 1:
      return u32.MAX_VALUE;
    case 2:
      return random() & 0xff;
    case 3:
      return random() & 0xffff;
    case 4:
      return 1 << (random() & 31);
    case 5:
      return random() & 0x0003_ffff;
    default:
      return random();
  }
}

/** Changes one word: of the header, of a ring, or anywhere the ends use. */
function damage(pair: Pair): void {
  const kind = random() & 7;
  let range: u32 = 0x8000;
  if (kind < 2) range = 0x50;
  else if (kind < 4) range = 0x1d00;
  const offset = (random() % range) & ~3;
  store<u32>(pair.section.base + offset, interesting());
}

/** Whatever the ends can be asked to do; the most accesses of any one call. */
function exercise(pair: Pair): u32 {
  const section = pair.section;
  let most: u32 = 0;
  for (let action = 0; action < 7; action++) {
    section.accesses = 0;
    if (action === 0) pair.driver.step();
    else if (action === 1) pair.device.step();
    else if (action === 2) pair.driver.submit(setFrame(pair.frame, random() & 0x7ff, 8, 1));
    else if (action === 3) pair.driver.receive(pair.frame);
    else if (action === 4) pair.device.receive(pair.frame);
    else if (action === 5) pair.device.finishReceived((random() & 1) !== 0);
    else if (pair.device.canSubmit()) pair.device.submit(setFrame(pair.frame, 1, 8, 2));
    most = max(most, section.accesses);
  }
  pair.clock.ticks += random() & 0x3ff;
  return most;
}

/**
 * Either end begins a new session; both run alone until frames flow, then one frame each way.
 * (A descriptor that was damaged into another valid one stays so for the session: the peer's loss.)
 */
function recovers(pair: Pair, seed: u32): bool {
  if ((seed & 1) !== 0) pair.device.leave();
  else pair.driver.transport.withdraw(Status.PeerNotReady);
  // Twice the pause of a withdrawn driver, and a START that may have to time out.
  for (let count = 0; count < 20_000; count++) {
    pair.step();
    pair.clock.ticks += 100;
    // Half-open traffic of before.
    if (pair.device.receive(pair.frame) === Status.Ok || pair.device.receivedOpen) {
      pair.device.finishReceived(true);
    }
    pair.driver.receive(pair.frame);
  }
  if (!pair.driver.running || !pair.device.canSubmit()) return false;
  if (pair.driver.submit(setFrame(pair.frame, 0x123, 1, 0x11)) !== Status.Ok) return false;
  if (pair.device.receive(pair.frame) !== Status.Ok) return false;
  if (pair.frame.identifier !== 0x123 || pair.frame.data !== 0x11) return false;
  pair.device.finishReceived(true);
  if (pair.device.submit(setFrame(pair.frame, 0x456, 1, 0x22)) !== Status.Ok) return false;
  if (pair.driver.receive(pair.frame) !== Status.Ok) return false;
  return pair.frame.identifier === 0x456 && pair.frame.data === 0x22;
}

describe('a hostile peer', () => {
  test('damage to the section never traps, never exceeds the bounds, and heals', () => {
    for (let seed: u32 = 1; seed <= SEEDS; seed++) {
      randomState = seed;
      const pair = new Pair(0x8000);
      let most: u32 = 0;
      for (let round: u32 = 0; round < ROUNDS; round++) {
        // Long quiet times in between, or no session would ever come up.
        if ((round & 0xfff) < 0x200) damage(pair);
        most = max(most, exercise(pair));
      }
      expect(most <= ACCESSES_MAXIMUM).toBe(true, `seed ${seed}: ${most} accesses in one call`);
      expect(pair.driver.transport.resets > 0).toBe(true, 'the driver started over');
      expect(pair.driver.counters.connected > 10).toBe(
        true,
        `${pair.driver.counters.connected} sessions came up in between`,
      );
      expect(recovers(pair, seed)).toBe(true, `seed ${seed} recovers`);
    }
  });

  test('states that come and go at random never trap, and the ends find each other again', () => {
    for (let seed: u32 = 1; seed <= SEEDS; seed++) {
      randomState = seed * 7919;
      const pair = new Pair(0x8000);
      for (let round: u32 = 0; round < ROUNDS; round++) {
        if ((random() & 0x7f) === 0) pair.wire.states[random() & 1] = interesting();
        exercise(pair);
      }
      // An end's own state is its own again: the hypervisor is not hostile.
      pair.driver.transport.withdraw(Status.PeerNotReady);
      pair.device.leave();
      expect(recovers(pair, seed)).toBe(true, `seed ${seed} recovers`);
    }
  });
});
