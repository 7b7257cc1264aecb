// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The small parts of both ends, each alone: what lies behind the last byte stays, and what is done has an end.
 *
 * Sources: virtio 1.x, "Split Virtqueues" (a descriptor has 16 bytes: address, length, flags, next); the heads of the files
 * for their bounds; own-state.ts for the repetition, once in a second.
 */
import { DescriptorChain } from '../../../src/virtio/descriptor-chain';
import { OpenRequests } from '../../../src/virtio/open-requests';
import { OwnState } from '../../../src/virtio/own-state';
import { copyToShared } from '../../../src/virtio/shared-copy';
import { powerOfTwoBelow } from '../../../src/virtio/split-queue';
import { VirtqueueDriver } from '../../../src/virtio/virtqueue-driver';
import { Status } from '../../../src/rt/status';
import { DRIVER, FakeClock, FakeLink, FakeSection, Wire } from './pair';

const SECTION: u32 = 0x2000;
const FLAG_NEXT: u64 = 1;

describe('a message that lies across buffers', () => {
  test('is read up to its length, however long the last buffer is', () => {
    const section = new FakeSection(SECTION);
    for (let at: u32 = 0x100; at < 0x140; at++) section.write8(at, at & 0xff);
    const chain = new DescriptorChain<FakeSection>(section);
    // 10 bytes, then 48.
    section.write64(0x00, 0x100);
    section.write64(0x08, 10 | (FLAG_NEXT << 32) | ((<u64>1) << 48));
    section.write64(0x10, 0x110);
    section.write64(0x18, 48);
    expect(chain.walk(0, 2, 0)).toBe(Status.Ok);
    const place = heap.alloc(64);
    memory.fill(place, 0xee, 64);
    expect(chain.read(place, 24)).toBe(24);
    expect(load<u8>(place)).toBe(0x00);
    expect(load<u8>(place + 9)).toBe(0x09);
    expect(load<u8>(place + 10)).toBe(0x10);
    expect(load<u8>(place + 23)).toBe(0x1d);
    for (let at = 24; at < 64; at++) expect(load<u8>(place + at)).toBe(0xee, `byte ${at}`);
  });

  test('is written up to its length', () => {
    const section = new FakeSection(SECTION);
    memory.fill(section.base, 0xee, 64);
    const source = heap.alloc(64);
    memory.fill(source, 0x11, 64);
    copyToShared<FakeSection>(section, 8, source, 12);
    for (let at: u32 = 0; at < 32; at++) {
      expect(section.read8(at)).toBe(at >= 8 && at < 20 ? 0x11 : 0xee, `byte ${at}`);
    }
  });
});

describe('open requests', () => {
  test('have tags of their head and session', () => {
    const open = new OpenRequests();
    const tag = open.add(5, 1, 0x10);
    expect(open.add(5, 2, 0x20)).not.toBe(tag, 'another session');
    expect(open.add(6, 1, 0x30)).not.toBe(tag, 'another head');
    expect(open.placeOf(tag)).toBe(0);
    expect(open.oldest).toBe(tag);
  });

  test('stay in their order when one of them is taken out', () => {
    const open = new OpenRequests();
    open.add(1, 1, 0x10);
    const middle = open.add(2, 1, 0x20);
    const last = open.add(3, 1, 0x30);
    expect(open.remove(open.placeOf(middle))).toBe(0x20);
    expect(open.count).toBe(2);
    expect(open.placeOf(middle)).toBe(2, 'it is not open');
    expect(open.placeOf(last)).toBe(1);
    expect(open.remove(0)).toBe(0x10);
    expect(open.oldest).toBe(last);
    expect(open.remove(0)).toBe(0x30);
    expect(open.count).toBe(0);
  });
});

describe('the own state', () => {
  test('is announced again once in a second, and says when', () => {
    const wire = new Wire();
    const clock = new FakeClock();
    const own = new OwnState<FakeLink, FakeClock>(new FakeLink(wire, DRIVER), clock);
    own.announce(1);
    wire.states[DRIVER] = 7; // as an older one in the table
    expect(own.repeat()).toBe(false);
    clock.ticks += 999_999;
    expect(own.repeat()).toBe(false);
    expect(wire.states[DRIVER]).toBe(7);
    clock.ticks += 1;
    expect(own.repeat()).toBe(true);
    expect(wire.states[DRIVER]).toBe(1);
    expect(own.repeat()).toBe(false);
  });
});

describe('a queue', () => {
  test('is cleared by 64 bytes in a step, to its end', () => {
    const section = new FakeSection(SECTION);
    memory.fill(section.base, 0xee, SECTION);
    const queue = new VirtqueueDriver<FakeSection>(section);
    const end = queue.place(8, 0x100);
    let steps: u32 = 0;
    do {
      section.accesses = 0;
      steps++;
      if (queue.clearStep()) break;
      expect(section.accesses).toBe(8, 'stores of 8 bytes');
    } while (steps < 100);
    expect(steps).toBe((end - 0x100 + 63) / 64);
    expect(section.read8(end - 1)).toBe(0);
    expect(section.read8(end)).toBe(0xee);
  });

  test('has a size that is a power of two', () => {
    expect(powerOfTwoBelow(0)).toBe(0);
    expect(powerOfTwoBelow(1)).toBe(1);
    expect(powerOfTwoBelow(255)).toBe(128);
    expect(powerOfTwoBelow(256)).toBe(256);
    expect(powerOfTwoBelow(0xffffffff)).toBe(0x80000000);
  });
});
