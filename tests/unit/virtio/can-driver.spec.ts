/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The driver's end against a device written by hand from the specification: the order of register
 * writes, the bytes of messages, and what a wrong or hostile device can do to it (nothing).
 */
import { allocateFrames, Frame } from '../../../src/can/frame';
import { Status } from '../../../src/rt/status';
import { CanDriver, CanDriverState } from '../../../src/virtio/can-driver';
import { DriverPhase } from '../../../src/virtio/transport-driver';
import {
  DEVICE,
  DRIVER,
  FakeClock,
  FakeLink,
  FakeSection,
  SECTION_BYTES,
  setFrame,
  Wire,
} from './pair';
import { ScriptedDevice } from './scripted-device';

const EXTENDED: u32 = 0x80000000;
const REMOTE: u32 = 0x40000000;

const TRANSMIT: u32 = 0;
const RECEIVE: u32 = 1;
const CONTROL: u32 = 2;

/** For tests that make many benches: two pages. */
const SMALL_SECTION_BYTES: u32 = 0x2000;

/** More steps than a whole negotiation takes. */
const ENOUGH = 2_000;

@final
class Bench {
  readonly clock: FakeClock;
  readonly wire: Wire;
  readonly section: FakeSection;
  readonly device: ScriptedDevice;
  readonly driver: CanDriver<FakeSection, FakeLink, FakeClock>;
  readonly frame: Frame;

  constructor(sectionBytes: u32 = SECTION_BYTES) {
    const clock = new FakeClock();
    const wire = new Wire();
    const section = new FakeSection(sectionBytes);
    this.driver = new CanDriver<FakeSection, FakeLink, FakeClock>(
      section,
      new FakeLink(wire, DRIVER),
      clock,
    );
    this.clock = clock;
    this.wire = wire;
    this.section = section;
    this.device = new ScriptedDevice(section, wire);
    this.frame = changetype<Frame>(allocateFrames(1));
  }

  step(count: i32 = 1): void {
    for (; count > 0; count--) {
      this.driver.step();
      this.device.step();
      this.clock.ticks += 1;
    }
  }

  /** Negotiates until START waits. */
  negotiate(): void {
    this.device.present();
    for (let count = 0; count < ENOUGH; count++) {
      if (this.driver.state === CanDriverState.Starting) return;
      this.step();
    }
    expect(this.driver.state).toBe(CanDriverState.Starting, 'the negotiation ends');
  }

  run(): void {
    this.negotiate();
    this.device.answerStart(0);
    this.step(2);
    expect(this.driver.state).toBe(CanDriverState.Running);
  }

  /** The session was given up for `reason`: own state 0, and a new one begins later. */
  expectGivenUp(reason: Status): void {
    expect(this.driver.running).toBe(false);
    expect(this.wire.states[DRIVER]).toBe(0, 'own state');
    expect(this.driver.transport.lastFault).toBe(reason);
    expect(this.driver.transport.phase).toBe(DriverPhase.Withdrawn);
  }
}

function expectWrite(device: ScriptedDevice, index: i32, offset: u32, value: u64): void {
  expect(device.offsets[index]).toBe(offset, `offset of register write ${index}`);
  expect(device.values[index]).toBe(value, `value of register write ${index}`);
}

function expectByte(section: FakeSection, offset: u32, index: u32, value: u32): void {
  expect(section.read8(offset + index)).toBe(value, `byte ${index}`);
}

describe('negotiation', () => {
  test('nothing is written before the peer is READY', () => {
    const bench = new Bench();
    bench.section.accesses = 0;
    bench.step(100);
    expect(bench.wire.states[DRIVER]).toBe(0);
    expect(bench.wire.bells[DEVICE]).toBe(0);
    expect(bench.section.accesses).toBe(100, 'the device alone has looked');
  });

  test('registers are written in the order and with the values of the specification', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    expectWrite(device, 0, 0x44, 0x00);
    expectWrite(device, 1, 0x44, 0x01);
    expectWrite(device, 2, 0x44, 0x03);
    expectWrite(device, 3, 0x10, 1);
    expectWrite(device, 4, 0x10, 0);
    expectWrite(device, 5, 0x18, 1);
    expectWrite(device, 6, 0x14, 0x13);
    expectWrite(device, 7, 0x18, 0);
    expectWrite(device, 8, 0x14, 0x0d);
    expectWrite(device, 9, 0x44, 0x0b);
    let index = 10;
    for (let queue: u32 = 0; queue < 3; queue++) {
      expectWrite(device, index, 0x1c, queue);
      expectWrite(device, index + 1, 0x20, queue === 2 ? 2 : 256);
      expectWrite(device, index + 2, 0x24, 0);
      expect(device.offsets[index + 3]).toBe(0x28);
      expect(device.offsets[index + 4]).toBe(0x30);
      expect(device.offsets[index + 5]).toBe(0x38);
      expectWrite(device, index + 6, 0x26, 1);
      index += 7;
    }
    expectWrite(device, index, 0x44, 0x0f);
    expect(device.count).toBe(index + 1);
  });

  test('each register write rings the doorbell once', () => {
    const bench = new Bench();
    bench.run();
    // The START and every receive buffer offered before the queue was enabled add one at most.
    expect(bench.wire.bells[DEVICE]).toBe(<u32>bench.device.count + 1);
  });

  test('queues lie in the section, aligned, apart, and cleared of what was there', () => {
    const bench = new Bench();
    memory.fill(bench.section.base, 0xa5, SECTION_BYTES);
    bench.run();
    const device = bench.device;
    let end: u32 = 0x50;
    for (let queue: u32 = 0; queue < 3; queue++) {
      const size = device.sizes[queue];
      expect(device.descriptors[queue] % 16).toBe(0);
      expect(device.available[queue] % 2).toBe(0);
      expect(device.used[queue] % 4).toBe(0);
      expect(device.descriptors[queue] >= end).toBe(true);
      expect(device.available[queue] >= device.descriptors[queue] + 16 * size).toBe(true);
      expect(device.used[queue] >= device.available[queue] + 6 + 2 * size).toBe(true);
      end = device.used[queue] + 6 + 8 * size;
      expect(end <= SECTION_BYTES).toBe(true);
      expect(bench.section.read16(device.available[queue])).toBe(1, 'no interrupts wanted');
    }
    expect(bench.section.read16(device.used[TRANSMIT] + 2)).toBe(0);
  });

  test('the whole receive ring is posted, each buffer writable and of 24 bytes', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    expect(device.availableIndex(RECEIVE)).toBe(256);
    for (let index: u32 = 0; index < 256; index++) {
      const head = device.head(RECEIVE, index);
      expect(device.length(RECEIVE, head)).toBe(24);
      expect(device.flags(RECEIVE, head)).toBe(2);
    }
  });

  test('a smaller ring, and one that is no power of two, is used as far as it goes', () => {
    const bench = new Bench();
    bench.device.offeredSize = 100;
    bench.run();
    expect(bench.device.sizes[TRANSMIT]).toBe(64);
    expect(bench.device.sizes[RECEIVE]).toBe(64);
  });

  test('missing features, a refusal, a strange header and no queue each have their status', () => {
    let bench = new Bench();
    bench.device.featuresHigh = 0x11;
    bench.device.present();
    bench.step(20);
    bench.expectGivenUp(Status.FeaturesRefused);

    bench = new Bench();
    bench.device.featuresLow = 0x0c;
    bench.device.present();
    bench.step(20);
    bench.expectGivenUp(Status.FeaturesRefused);

    bench = new Bench();
    bench.device.refuseFeatures = true;
    bench.device.present();
    bench.step(30);
    bench.expectGivenUp(Status.FeaturesRefused);

    bench = new Bench();
    bench.device.present();
    bench.section.write32(0x00, 0);
    bench.step();
    bench.expectGivenUp(Status.TransportRevision);

    bench = new Bench();
    bench.device.present();
    bench.section.write32(0x04, 0x4c);
    bench.step();
    bench.expectGivenUp(Status.TransportRevision);

    bench = new Bench();
    bench.device.offeredSize = 0;
    bench.device.present();
    bench.step(30);
    bench.expectGivenUp(Status.QueueTooSmall);
  });

  test('only what is offered is accepted', () => {
    const bench = new Bench();
    bench.device.featuresLow = 0xffff_fff3;
    bench.device.featuresHigh = 0xffff_ffef;
    bench.run();
    expectWrite(bench.device, 6, 0x14, 0x03);
    expectWrite(bench.device, 8, 0x14, 0x01);
    const remote = setFrame(bench.frame, REMOTE | 0x10, 2, 0);
    expect(bench.driver.submit(remote)).toBe(Status.MessageBad, 'no RTR_FRAMES');
  });

  test('at any register write a silent device costs 100 ms, then the session', () => {
    for (let silentFrom = 0; silentFrom < 32; silentFrom++) {
      const bench = new Bench(SMALL_SECTION_BYTES);
      bench.device.silentFrom = silentFrom;
      bench.device.present();
      for (let count = 0; count < ENOUGH && bench.device.count < silentFrom; count++) bench.step();
      bench.step(ENOUGH);
      expect(bench.driver.transport.phase).toBe(DriverPhase.Negotiating);
      bench.clock.ticks += 100_000;
      bench.step();
      bench.expectGivenUp(Status.TransactionTimeout);
      // And it comes back when the device does.
      bench.device.silentFrom = i32.MAX_VALUE;
      bench.clock.ticks += 100_000;
      bench.run();
    }
  });

  test('at any step a peer that leaves is noticed at once, and its return starts anew', () => {
    const measure = new Bench(SMALL_SECTION_BYTES);
    measure.run();
    const steps = measure.clock.ticks - 1000;
    for (let leaving: u64 = 1; leaving < steps; leaving++) {
      const bench = new Bench(SMALL_SECTION_BYTES);
      bench.device.present();
      bench.step(<i32>leaving);
      bench.wire.states[DEVICE] = 0;
      bench.driver.step();
      bench.driver.step();
      expect(bench.wire.states[DRIVER]).toBe(0);
      bench.device.count = 0;
      bench.run();
    }
  });

  test('a START that is refused or not answered ends the session', () => {
    let bench = new Bench();
    bench.negotiate();
    bench.device.answerStart(1);
    bench.step();
    bench.expectGivenUp(Status.ControlRefused);

    bench = new Bench();
    bench.negotiate();
    bench.clock.ticks += 1_000_000;
    bench.step();
    bench.expectGivenUp(Status.TransactionTimeout);
  });
});

describe('messages', () => {
  test('START is 0x0201 in two bytes, with one byte for the result', () => {
    const bench = new Bench();
    bench.negotiate();
    const device = bench.device;
    const head = device.head(CONTROL, 0);
    expect(device.length(CONTROL, head)).toBe(2);
    expect(device.flags(CONTROL, head)).toBe(1);
    expect(device.length(CONTROL, device.next(CONTROL, head))).toBe(1);
    expect(device.flags(CONTROL, device.next(CONTROL, head))).toBe(2);
    expectByte(bench.section, device.address(CONTROL, head), 0, 0x01);
    expectByte(bench.section, device.address(CONTROL, head), 1, 0x02);
  });

  test('an extended data frame has the bytes of the specification', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    bench.driver.submit(setFrame(bench.frame, EXTENDED | 0x18fef121, 5, 0x0000001122334455));
    const head = device.head(TRANSMIT, 0);
    const at = device.address(TRANSMIT, head);
    expect(device.length(TRANSMIT, head)).toBe(21);
    expect(device.flags(TRANSMIT, head)).toBe(1);
    const result = device.next(TRANSMIT, head);
    expect(device.length(TRANSMIT, result)).toBe(1);
    expect(device.flags(TRANSMIT, result)).toBe(2);
    // prettier-ignore
    const expected: StaticArray<u32> = [
      0x01, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x80, 0x00, 0x00, 0x21, 0xf1, 0xfe, 0x18,
      0x55, 0x44, 0x33, 0x22, 0x11,
    ];
    for (let index: u32 = 0; index < 21; index++) {
      expectByte(bench.section, at, index, expected[index]);
    }
  });

  test('a remote frame has flag 0x2000 and zero bytes for the data it asks for', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    bench.driver.submit(setFrame(bench.frame, REMOTE | 0x123, 8, u64.MAX_VALUE));
    const head = device.head(TRANSMIT, 0);
    const at = device.address(TRANSMIT, head);
    expect(device.length(TRANSMIT, head)).toBe(24);
    expect(bench.section.read32(at)).toBe(0x0008_0001);
    expect(bench.section.read32(at + 8)).toBe(0x2000);
    expect(bench.section.read32(at + 12)).toBe(0x123);
    expect(bench.section.read64(at + 16)).toBe(0);
  });

  test('received messages become frames, and their buffers are posted again', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    const head = device.head(RECEIVE, 0);
    const at = device.address(RECEIVE, head);
    bench.section.write32(at, 0x0003_0101);
    bench.section.write32(at + 8, 0x8000);
    bench.section.write32(at + 12, 0x1234567);
    bench.section.write64(at + 16, 0xffff_ff33_2211);
    device.putUsed(RECEIVE, 0, head, 19);
    expect(bench.driver.receive(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(EXTENDED | 0x1234567);
    expect(bench.frame.length).toBe(3);
    expect(bench.frame.data).toBe(0x332211, 'bytes behind the length are zero');
    expect(device.availableIndex(RECEIVE)).toBe(257);
    expect(device.head(RECEIVE, 256)).toBe(head);
    expect(bench.driver.receive(bench.frame)).toBe(Status.Empty);
  });

  test('impossible messages are counted and dropped, the session goes on', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    // Type, length, flags, identifier, bytes used.
    // prettier-ignore
    const bad: StaticArray<u32> = [
      0x0001, 0, 0, 0x10, 24,
      0x0101, 9, 0, 0x10, 24,
      0x0101, 0xffff, 0, 0x10, 24,
      0x0101, 0, 0x4000, 0x10, 24,
      0x0101, 0, 0x0001, 0x10, 24,
      0x0101, 0, 0, 0x800, 24,
      0x0101, 0, 0x8000, 0x20000000, 24,
      0x0101, 8, 0, 0x10, 23,
      0x0101, 2, 0x2000, 0x10, 16,
      0x0101, 0, 0, 0x10, 15,
      0x0101, 0, 0, 0x10, 0,
    ];
    const cases = <u32>bad.length / 5;
    for (let index: u32 = 0; index < cases; index++) {
      const head = device.head(RECEIVE, index);
      const at = device.address(RECEIVE, head);
      bench.section.write32(at, bad[index * 5] | (bad[index * 5 + 1] << 16));
      bench.section.write32(at + 8, bad[index * 5 + 2]);
      bench.section.write32(at + 12, bad[index * 5 + 3]);
      device.putUsed(RECEIVE, index, head, bad[index * 5 + 4]);
      expect(bench.driver.receive(bench.frame)).toBe(Status.MessageBad, `case ${index}`);
    }
    expect(bench.driver.counters.malformed).toBe(cases);
    expect(bench.driver.running).toBe(true);
    expect(device.availableIndex(RECEIVE)).toBe(256 + cases, 'every buffer is posted again');
  });

  test('a request is done only if the device wrote the result, and it is 0', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    // Result byte, bytes used: only the first is a success. 0xee: not written by the device.
    const results: StaticArray<u32> = [0, 1, 0, 0, 1, 1, 0xff, 1, 0xee, 1];
    for (let index: u32 = 0; index < 5; index++) {
      bench.driver.submit(setFrame(bench.frame, 0x10, 0, 0));
      const head = device.head(TRANSMIT, index);
      const result = results[index * 2];
      if (result !== 0xee) {
        bench.section.write8(device.address(TRANSMIT, device.next(TRANSMIT, head)), result);
      }
      device.putUsed(TRANSMIT, index, head, results[index * 2 + 1]);
      bench.step();
    }
    expect(bench.driver.counters.transmitted).toBe(1);
    expect(bench.driver.counters.refused).toBe(4);
  });
});

describe('a hostile device', () => {
  test('an impossible used ring ends the session and is counted', () => {
    // Queue, index that is published, head, bytes: after one transmit request with head 0 or so.
    for (let kind = 0; kind < 6; kind++) {
      const bench = new Bench();
      bench.run();
      const device = bench.device;
      bench.driver.submit(setFrame(bench.frame, 0x10, 0, 0));
      const head = device.head(TRANSMIT, 0);
      let reason: Status = Status.RingIndexBad;
      if (kind === 0) device.putUsed(TRANSMIT, 0, 256, 1);
      else if (kind === 1) device.putUsed(TRANSMIT, 0, 0xffff_ffff, 1);
      else if (kind === 2) device.putUsed(TRANSMIT, 0, head ^ 1, 1);
      else if (kind === 3) device.putUsed(TRANSMIT, 1, head, 1);
      else if (kind === 4) device.putUsed(TRANSMIT, 0x7fff, head, 1);
      else {
        device.putUsed(RECEIVE, 0, device.head(RECEIVE, 0), 25);
        reason = Status.RingLengthBad;
      }
      bench.step();
      bench.driver.receive(bench.frame);
      bench.expectGivenUp(reason);
      expect(bench.driver.counters.violations).toBe(1);
      expect(bench.driver.counters.lost).toBe(1);
    }
  });

  test('a chain that is returned twice ends the session', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    bench.driver.submit(setFrame(bench.frame, 0x10, 0, 0));
    bench.driver.submit(setFrame(bench.frame, 0x11, 0, 0));
    const head = device.head(TRANSMIT, 0);
    device.putUsed(TRANSMIT, 0, head, 1);
    device.putUsed(TRANSMIT, 1, head, 1);
    bench.step(2);
    bench.expectGivenUp(Status.RingIndexBad);
  });

  test('descriptors that the device overwrites change nothing for the driver', () => {
    const bench = new Bench();
    bench.run();
    const device = bench.device;
    const at = device.address(RECEIVE, device.head(RECEIVE, 0));
    for (let offset: u32 = 0; offset < 16 * 256; offset += 8) {
      bench.section.write64(device.descriptors[RECEIVE] + offset, u64.MAX_VALUE);
      bench.section.write64(device.descriptors[TRANSMIT] + offset, u64.MAX_VALUE);
    }
    bench.section.write32(at, 0x0101);
    bench.section.write32(at + 8, 0);
    bench.section.write32(at + 12, 0x77);
    device.putUsed(RECEIVE, 0, device.head(RECEIVE, 0), 16);
    expect(bench.driver.receive(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(0x77);
    expect(bench.driver.submit(bench.frame)).toBe(Status.Ok);
  });

  test('requests that are not finished for 2 s end the session, idle time does not', () => {
    const bench = new Bench();
    bench.run();
    bench.clock.ticks += 100_000_000;
    bench.step();
    expect(bench.driver.running).toBe(true);
    bench.driver.submit(setFrame(bench.frame, 0x10, 0, 0));
    bench.clock.ticks += 1_999_999;
    bench.driver.step();
    expect(bench.driver.running).toBe(true);
    bench.clock.ticks += 1;
    bench.driver.step();
    bench.expectGivenUp(Status.TransactionTimeout);
  });

  test('a device that asks for a reset gets one', () => {
    const bench = new Bench();
    bench.run();
    bench.section.write32(0x44, 0x4f);
    bench.section.write8(0x40, 1);
    bench.step();
    bench.expectGivenUp(Status.PeerNotReady);
  });

  test('each call touches the section a bounded number of times', () => {
    const bench = new Bench();
    bench.device.present();
    let most: u32 = 0;
    for (let count = 0; count < ENOUGH; count++) {
      bench.section.accesses = 0;
      bench.driver.step();
      most = max(most, bench.section.accesses);
      bench.device.step();
    }
    bench.device.answerStart(0);
    bench.driver.step();
    bench.section.accesses = 0;
    bench.driver.submit(setFrame(bench.frame, 0x10, 8, 0));
    most = max(most, bench.section.accesses);
    expect(most <= 10).toBe(true, `${most} accesses in one call`);
  });
});
