// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Batches of both ends of the ring: what was not handed over is there again, in order, and a hostile peer
 * costs no more than a session.
 */
import { allocateFrames, Frame, FRAME_BYTES } from '../../../src/can/frame';
import { BatchDevice } from '../../../src/virtio/batch-device';
import { BatchDriver } from '../../../src/virtio/batch-driver';
import { BATCH_FRAMES } from '../../../src/virtio/frame-batches';
import { DEVICE, DRIVER, FakeClock, FakeLink, FakeSection, setFrame, Wire } from './pair';

const ROUNDS: u32 = 100_000;
/** Of 8 chains of 16 descriptors, with 24 single bytes each. */
const ACCESSES_MAXIMUM: u32 = 8 * 80;
/** More than the ring holds each time it goes round. */
const FRAMES: u32 = 2_000;

let randomState: u32 = 1;

function random(): u32 {
  randomState ^= randomState << 13;
  randomState ^= randomState >> 17;
  randomState ^= randomState << 5;
  return randomState;
}

class BatchPair {
  readonly section: FakeSection;
  readonly clock: FakeClock;
  readonly driver: BatchDriver<FakeSection, FakeLink, FakeClock>;
  readonly device: BatchDevice<FakeSection, FakeLink, FakeClock>;
  readonly frames: usize = allocateFrames(BATCH_FRAMES);

  constructor() {
    const wire = new Wire();
    const near = new FakeLink(wire, DRIVER);
    const far = new FakeLink(wire, DEVICE);
    const section = new FakeSection(0x8000);
    const clock = new FakeClock();
    this.driver = new BatchDriver<FakeSection, FakeLink, FakeClock>(section, near, clock);
    this.device = new BatchDevice<FakeSection, FakeLink, FakeClock>(section, far, clock);
    this.section = section;
    this.clock = clock;
  }

  frame(index: u32): Frame {
    return changetype<Frame>(this.frames + index * FRAME_BYTES);
  }

  step(): void {
    this.driver.step();
    this.device.step();
    this.clock.ticks += 1;
  }

  connect(): bool {
    for (let count = 0; count < 40_000; count++) {
      if (this.driver.running && this.device.delivering) return true;
      this.step();
      this.clock.ticks += 50;
    }
    return false;
  }

  /** Frames numbered from `first` on. */
  fill(first: u32): void {
    for (let index: u32 = 0; index < BATCH_FRAMES; index++) {
      setFrame(this.frame(index), 0x100, 8, first + index);
    }
  }
}

/** Sends frames from the driver to the device, or back, and hands over a part of each batch. */
function carries(pair: BatchPair, toDevice: bool): bool {
  let given: u32 = 0;
  let taken: u32 = 0;
  for (let round = 0; round < 50_000 && taken < FRAMES; round++) {
    pair.step();
    const room = toDevice ? pair.driver.room() : pair.device.room();
    pair.fill(given);
    const count = min<u32>(min<u32>(room, FRAMES - given), random() % (BATCH_FRAMES + 1));
    given += toDevice ? pair.driver.give(pair.frames, count) : pair.device.give(pair.frames, count);
    const got = toDevice ? pair.device.take(pair.frames) : pair.driver.take(pair.frames);
    for (let index: u32 = 0; index < got; index++) {
      if (pair.frame(index).data !== taken + index) return false;
    }
    const done = random() % (got + 1);
    if (toDevice) pair.device.finishTaken(done, true);
    else pair.driver.finishTaken(done, true);
    taken += done;
  }
  return taken === FRAMES;
}

describe('a batch', () => {
  test('comes again as far as it was not handed over, in order, both ways', () => {
    const pair = new BatchPair();
    expect(pair.connect()).toBe(true);
    expect(carries(pair, true)).toBe(true, 'to the device');
    expect(carries(pair, false)).toBe(true, 'to the driver');
    for (let count = 0; count < 300; count++) pair.step();
    expect(pair.driver.counters.transmitted).toBe(FRAMES);
    expect(pair.device.counters.received).toBe(FRAMES);
    expect(pair.driver.counters.received).toBe(FRAMES);
    expect(pair.driver.counters.violations + pair.device.counters.violations).toBe(0);
  });

  test('of a hostile peer never traps, never exceeds the bounds, and heals', () => {
    for (let seed: u32 = 1; seed <= 2; seed++) {
      randomState = seed;
      const pair = new BatchPair();
      let most: u32 = 0;
      for (let round: u32 = 0; round < ROUNDS; round++) {
        if ((round & 0xfff) < 0x200) {
          const range: u32 = (random() & 1) === 0 ? 0x1d00 : 0x8000;
          const value = (random() & 3) === 0 ? u32.MAX_VALUE : random() >> (random() & 31);
          store<u32>(pair.section.base + ((random() % range) & ~3), value);
        }
        pair.section.accesses = 0;
        pair.step();
        most = max(most, pair.section.accesses);
        pair.section.accesses = 0;
        const device = pair.device.take(pair.frames);
        pair.device.finishTaken(random() % (device + 1), (random() & 1) !== 0);
        most = max(most, pair.section.accesses);
        pair.section.accesses = 0;
        const driver = pair.driver.take(pair.frames);
        pair.driver.finishTaken(random() % (driver + 1), true);
        most = max(most, pair.section.accesses);
        pair.fill(round);
        pair.section.accesses = 0;
        pair.device.give(pair.frames, pair.device.room());
        pair.driver.give(pair.frames, pair.driver.room());
        most = max(most, pair.section.accesses);
        pair.clock.ticks += random() & 0x3ff;
      }
      expect(most <= ACCESSES_MAXIMUM).toBe(true, `seed ${seed}: ${most} accesses in one call`);
      expect(pair.driver.counters.connected > 5).toBe(true, 'sessions came up in between');
      pair.device.leave();
      for (let count = 0; count < 30_000; count++) {
        pair.step();
        pair.clock.ticks += 100;
        pair.device.finishTaken(pair.device.take(pair.frames), true);
        pair.driver.finishTaken(pair.driver.take(pair.frames), true);
      }
      expect(pair.connect()).toBe(true, `seed ${seed} connects again`);
      expect(carries(pair, true)).toBe(true, `seed ${seed}: frames again`);
    }
  });
});
