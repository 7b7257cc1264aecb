// SPDX-License-Identifier: MIT
/**
 * Both ends of the ring on one block of linear memory, with a wire and a clock that specs steer.
 *
 * Does not: forgive: an access outside the section, or misaligned, throws and fails the test.
 */
import { allocateFrames, Frame } from '../../../src/can/frame';
import { Clock } from '../../../src/hal/clock';
import { PeerLink } from '../../../src/hal/peer-link';
import { SharedMemory } from '../../../src/hal/shared-memory';
import { CanDevice } from '../../../src/virtio/can-device';
import { CanDriver } from '../../../src/virtio/can-driver';

export const SECTION_BYTES: u32 = 0x40000;
export const TICKS_PER_SECOND: u32 = 1_000_000;

/** Ends of the wire. */
export const DRIVER: u32 = 0;
export const DEVICE: u32 = 1;

export class FakeSection extends SharedMemory {
  readonly base: usize;
  /** Accesses since the last time somebody set it to 0. */
  accesses: u32 = 0;
  /**
   * Loads (l) and stores (s) in their order, and the barriers between them: R, W, F for read, write, full.
   * Only while `recording`.
   */
  order: string = '';
  recording: bool = false;
  private readonly bytes: u32;

  constructor(bytes: u32) {
    super();
    this.bytes = bytes;
    this.base = heap.alloc(bytes);
    memory.fill(this.base, 0, bytes);
  }

  override size(): u32 {
    return this.bytes;
  }

  override read8(offset: u32): u32 {
    return load<u8>(this.at(offset, 1, 'l'));
  }

  override read16(offset: u32): u32 {
    return load<u16>(this.at(offset, 2, 'l'));
  }

  override read32(offset: u32): u32 {
    return load<u32>(this.at(offset, 4, 'l'));
  }

  override read64(offset: u32): u64 {
    return load<u64>(this.at(offset, 8, 'l'));
  }

  override write8(offset: u32, value: u32): void {
    store<u8>(this.at(offset, 1, 's'), <u8>value);
  }

  override write16(offset: u32, value: u32): void {
    store<u16>(this.at(offset, 2, 's'), <u16>value);
  }

  override write32(offset: u32, value: u32): void {
    store<u32>(this.at(offset, 4, 's'), value);
  }

  override write64(offset: u32, value: u64): void {
    store<u64>(this.at(offset, 8, 's'), value);
  }

  /** The handle is the offset. */
  override blocks(offset: u32, count: u32): u32 {
    if (offset % 32 !== 0) throw new Error('a block that begins in the middle');
    if (offset + 32 * count > this.bytes) throw new Error('blocks outside the section');
    return offset;
  }

  override blockRead16(handle: u32): u32 {
    return this.read16(handle);
  }

  override blockWrite8(handle: u32, value: u32): void {
    this.write8(handle, value);
  }

  override blockWrite16(handle: u32, value: u32): void {
    this.write16(handle, value);
  }

  override blockWrite32(handle: u32, value: u32): void {
    this.write32(handle, value);
  }

  override blockWrite64(handle: u32, value: u64): void {
    this.write64(handle, value);
  }

  override barrierRead(): void {
    this.record('R');
  }

  override barrierWrite(): void {
    this.record('W');
  }

  override barrierFull(): void {
    this.record('F');
  }

  private record(kind: string): void {
    if (this.recording) this.order += kind;
  }

  private at(offset: u32, width: u32, kind: string): usize {
    this.record(kind);
    if (offset > this.bytes - width) throw new Error('access outside the section');
    if ((offset & (width - 1)) !== 0) throw new Error('misaligned access');
    this.accesses += 1;
    return this.base + offset;
  }
}

/** The states of both ends and how often each was rung. */
@final
export class Wire {
  readonly states: StaticArray<u32> = new StaticArray<u32>(2);
  readonly bells: StaticArray<u32> = new StaticArray<u32>(2);
  /** The driver becomes READY right after the device's next look at its state. */
  driverComes: bool = false;
}

@final
export class FakeLink extends PeerLink {
  private readonly wire: Wire;
  private readonly own: u32;

  constructor(wire: Wire, own: u32) {
    super();
    this.wire = wire;
    this.own = own;
  }

  override peerState(): u32 {
    const state = this.wire.states[1 - this.own];
    if (this.wire.driverComes && this.own === DEVICE) {
      this.wire.driverComes = false;
      this.wire.states[DRIVER] = 1;
    }
    return state;
  }

  override setOwnState(state: u32): void {
    this.wire.states[this.own] = state;
  }

  override notifyPeer(): void {
    this.wire.bells[1 - this.own] += 1;
  }
}

@final
export class FakeClock extends Clock {
  ticks: u64 = 1000;

  override nowTicks(): u64 {
    return this.ticks;
  }

  override ticksPerSecond(): u32 {
    return TICKS_PER_SECOND;
  }
}

@final
export class Pair {
  readonly section: FakeSection;
  readonly wire: Wire;
  readonly clock: FakeClock;
  readonly driver: CanDriver<FakeSection, FakeLink, FakeClock>;
  readonly device: CanDevice<FakeSection, FakeLink, FakeClock>;
  /** For whoever needs one. */
  readonly frame: Frame = changetype<Frame>(allocateFrames(1));

  constructor(bytes: u32 = SECTION_BYTES) {
    const section = new FakeSection(bytes);
    const clock = new FakeClock();
    const wire = new Wire();
    const near = new FakeLink(wire, DRIVER);
    const far = new FakeLink(wire, DEVICE);
    this.driver = new CanDriver<FakeSection, FakeLink, FakeClock>(section, near, clock);
    this.device = new CanDevice<FakeSection, FakeLink, FakeClock>(section, far, clock);
    this.section = section;
    this.clock = clock;
    this.wire = wire;
  }

  /** One step of each end; a microsecond passes. */
  step(): void {
    this.driver.step();
    this.device.step();
    this.clock.ticks += 1;
  }

  /** Steps until frames can flow both ways; false if that takes more than `limit` steps. */
  connect(limit: u32 = 10_000): bool {
    for (let count: u32 = 0; count < limit; count++) {
      if (this.driver.running && this.device.delivering) return true;
      this.step();
    }
    return false;
  }
}

/** Fills a frame in: identifier with its flag bits, length and data. */
export function setFrame(frame: Frame, identifier: u32, length: u32, data: u64): Frame {
  store<u64>(changetype<usize>(frame), 0);
  frame.identifier = identifier;
  frame.length = <u8>length;
  frame.data = data;
  return frame;
}
