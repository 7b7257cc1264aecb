// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The driver's messages against a device written by hand from the specification: their bytes, and
 * what a wrong or hostile device can do (nothing).
 */
import { Status } from '../../../src/rt/status';
import { CanDriverState } from '../../../src/virtio/can-driver';
import { CONTROL, DriverRig, ENOUGH, RECEIVE, TRANSMIT, runningDriver } from './driver-rig';
import { FakeSection, setFrame } from './pair';

const EXTENDED: u32 = 0x80000000;
const REMOTE: u32 = 0x40000000;

function expectByte(section: FakeSection, offset: u32, index: u32, value: u32): void {
  expect(section.read8(offset + index)).toBe(value, `byte ${index}`);
}

describe('messages', () => {
  test('START is 0x0201 in two bytes, with one byte for the result', () => {
    const rig = new DriverRig();
    rig.negotiate();
    const device = rig.device;
    const head = device.head(CONTROL, 0);
    expect(device.length(CONTROL, head)).toBe(2);
    expect(device.flags(CONTROL, head)).toBe(1);
    expect(device.length(CONTROL, device.next(CONTROL, head))).toBe(1);
    expect(device.flags(CONTROL, device.next(CONTROL, head))).toBe(2);
    expectByte(rig.section, device.address(CONTROL, head), 0, 0x01);
    expectByte(rig.section, device.address(CONTROL, head), 1, 0x02);
  });

  test('an extended data frame has the bytes of the specification', () => {
    const rig = runningDriver();
    const device = rig.device;
    rig.driver.submit(setFrame(rig.frame, EXTENDED | 0x18fef121, 5, 0x0000001122334455));
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
      expectByte(rig.section, at, index, expected[index]);
    }
  });

  test('slots are used in turn: out of turn, the queue is full until the one whose turn it is', () => {
    const rig = runningDriver();
    const device = rig.device;
    const slots = device.sizes[TRANSMIT] / 2;
    const frame = setFrame(rig.frame, 0x123, 1, 0x55);
    for (let count: u32 = 0; count < slots; count++) {
      expect(rig.driver.submit(frame)).toBe(Status.Ok);
    }
    expect(rig.driver.submit(frame)).toBe(Status.Full);
    const first = device.head(TRANSMIT, 0);
    const second = device.head(TRANSMIT, 1);
    expect(second).not.toBe(first);

    device.putUsed(TRANSMIT, 0, second, 1);
    rig.driver.step();
    expect(rig.driver.canSubmit()).toBe(false);
    expect(rig.driver.submit(frame)).toBe(Status.Full);

    device.putUsed(TRANSMIT, 1, first, 1);
    rig.driver.step();
    expect(rig.driver.submit(frame)).toBe(Status.Ok);
    expect(rig.driver.submit(frame)).toBe(Status.Ok);
    expect(rig.driver.submit(frame)).toBe(Status.Full);
    expect(device.head(TRANSMIT, slots)).toBe(first);
    expect(device.head(TRANSMIT, slots + 1)).toBe(second);
    expect(rig.driver.running).toBe(true);
  });

  test('a remote frame has flag 0x2000 and zero bytes for the data it asks for', () => {
    const rig = runningDriver();
    const device = rig.device;
    rig.driver.submit(setFrame(rig.frame, REMOTE | 0x123, 8, u64.MAX_VALUE));
    const head = device.head(TRANSMIT, 0);
    const at = device.address(TRANSMIT, head);
    expect(device.length(TRANSMIT, head)).toBe(24);
    expect(rig.section.read32(at)).toBe(0x0008_0001);
    expect(rig.section.read32(at + 8)).toBe(0x2000);
    expect(rig.section.read32(at + 12)).toBe(0x123);
    expect(rig.section.read64(at + 16)).toBe(0);
  });

  test('a length code above 8 lies in byte 4, and only with 8 bytes', () => {
    const rig = runningDriver();
    const device = rig.device;
    const codes: StaticArray<u8> = [9, 15, 8, 16, 0xff, 9];
    const lengths: StaticArray<u8> = [8, 8, 8, 8, 8, 7];
    const kept: StaticArray<u32> = [9, 15, 0, 0, 0, 0];
    for (let index = 0; index < codes.length; index++) {
      const frame = setFrame(rig.frame, 0x123, lengths[index], u64.MAX_VALUE);
      frame.rawDlc = codes[index];
      rig.driver.submit(frame);
      const at = device.address(TRANSMIT, device.head(TRANSMIT, index));
      expect(rig.section.read32(at)).toBe(0x0000_0001 | ((lengths[index] as u32) << 16));
      expect(rig.section.read32(at + 4)).toBe(kept[index], `code ${codes[index]}`);

      const head = device.head(RECEIVE, index);
      const buffer = device.address(RECEIVE, head);
      rig.section.write32(buffer, 0x0000_0101 | ((lengths[index] as u32) << 16));
      // What lies behind the code is reserved and says nothing.
      rig.section.write32(buffer + 4, (codes[index] as u32) | 0xabcdef00);
      rig.section.write32(buffer + 8, 0);
      rig.section.write32(buffer + 12, 0x123);
      device.putUsed(RECEIVE, index, head, 24);
      rig.frame.rawDlc = 0xdb;
      expect(rig.driver.receive(rig.frame)).toBe(Status.Ok);
      expect(rig.frame.rawDlc as u32).toBe(kept[index], `code ${codes[index]} received`);
    }
  });

  test('received messages become frames, and their buffers are posted again', () => {
    const rig = runningDriver();
    const device = rig.device;
    const head = device.head(RECEIVE, 0);
    const at = device.address(RECEIVE, head);
    rig.section.write32(at, 0x0003_0101);
    rig.section.write32(at + 8, 0x8000);
    rig.section.write32(at + 12, 0x1234567);
    rig.section.write64(at + 16, 0xffff_ff33_2211);
    device.putUsed(RECEIVE, 0, head, 19);
    expect(rig.driver.receive(rig.frame)).toBe(Status.Ok);
    expect(rig.frame.identifier).toBe(EXTENDED | 0x1234567);
    expect(rig.frame.length).toBe(3);
    expect(rig.frame.data).toBe(0x332211, 'bytes behind the length are zero');
    expect(device.availableIndex(RECEIVE)).toBe(257);
    expect(device.head(RECEIVE, 256)).toBe(head);
    expect(rig.driver.receive(rig.frame)).toBe(Status.Empty);
  });

  test('impossible messages are counted and dropped, the session goes on', () => {
    const rig = runningDriver();
    const device = rig.device;
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
      rig.section.write32(at, bad[index * 5] | (bad[index * 5 + 1] << 16));
      rig.section.write32(at + 8, bad[index * 5 + 2]);
      rig.section.write32(at + 12, bad[index * 5 + 3]);
      device.putUsed(RECEIVE, index, head, bad[index * 5 + 4]);
      expect(rig.driver.receive(rig.frame)).toBe(Status.MessageBad, `case ${index}`);
    }
    expect(rig.driver.counters.malformed).toBe(cases);
    expect(rig.driver.running).toBe(true);
    expect(device.availableIndex(RECEIVE)).toBe(256 + cases, 'every buffer is posted again');
  });

  test('a request is done only if the device wrote the result, and it is 0', () => {
    const rig = runningDriver();
    const device = rig.device;
    // Result byte, bytes used: only the first is a success. 0xee: not written by the device.
    const results: StaticArray<u32> = [0, 1, 0, 0, 1, 1, 0xff, 1, 0xee, 1];
    for (let index: u32 = 0; index < 5; index++) {
      rig.driver.submit(setFrame(rig.frame, 0x10, 0, 0));
      const head = device.head(TRANSMIT, index);
      const result = results[index * 2];
      if (result !== 0xee) {
        rig.section.write8(device.address(TRANSMIT, device.next(TRANSMIT, head)), result);
      }
      device.putUsed(TRANSMIT, index, head, results[index * 2 + 1]);
      rig.step();
    }
    expect(rig.driver.counters.transmitted).toBe(1);
    expect(rig.driver.counters.refused).toBe(4);
  });
});

describe('a hostile device', () => {
  test('an impossible used ring ends the session and is counted', () => {
    // Queue, index that is published, head, bytes: after one transmit request with head 0 or so.
    for (let kind = 0; kind < 6; kind++) {
      const rig = runningDriver();
      const device = rig.device;
      rig.driver.submit(setFrame(rig.frame, 0x10, 0, 0));
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
      rig.step();
      rig.driver.receive(rig.frame);
      rig.expectGivenUp(reason);
      expect(rig.driver.counters.violations).toBe(1);
      expect(rig.driver.counters.lost).toBe(1);
    }
  });

  test('a chain that is returned twice ends the session', () => {
    const rig = runningDriver();
    const device = rig.device;
    rig.driver.submit(setFrame(rig.frame, 0x10, 0, 0));
    rig.driver.submit(setFrame(rig.frame, 0x11, 0, 0));
    const head = device.head(TRANSMIT, 0);
    device.putUsed(TRANSMIT, 0, head, 1);
    device.putUsed(TRANSMIT, 1, head, 1);
    rig.step(2);
    rig.expectGivenUp(Status.RingIndexBad);
  });

  test('a used index that is ahead of what was ever offered is not believed at all', () => {
    const rig = runningDriver();
    const device = rig.device;
    rig.driver.submit(setFrame(rig.frame, 0x10, 0, 0));
    const head = device.head(TRANSMIT, 0);
    rig.section.write8(device.address(TRANSMIT, device.next(TRANSMIT, head)), 0);
    device.putUsed(TRANSMIT, 0, head, 1);
    rig.section.write16(device.used[TRANSMIT] + 2, 2);
    rig.step();
    rig.expectGivenUp(Status.RingIndexBad);
    expect(rig.driver.counters.transmitted).toBe(0);
  });

  test('descriptors that the device overwrites change nothing for the driver', () => {
    const rig = runningDriver();
    const device = rig.device;
    const at = device.address(RECEIVE, device.head(RECEIVE, 0));
    for (let offset: u32 = 0; offset < 16 * 256; offset += 8) {
      rig.section.write64(device.descriptors[RECEIVE] + offset, u64.MAX_VALUE);
      rig.section.write64(device.descriptors[TRANSMIT] + offset, u64.MAX_VALUE);
    }
    rig.section.write32(at, 0x0101);
    rig.section.write32(at + 8, 0);
    rig.section.write32(at + 12, 0x77);
    device.putUsed(RECEIVE, 0, device.head(RECEIVE, 0), 16);
    expect(rig.driver.receive(rig.frame)).toBe(Status.Ok);
    expect(rig.frame.identifier).toBe(0x77);
    expect(rig.driver.submit(rig.frame)).toBe(Status.Ok);
  });

  test('requests that are not finished for 2 s end the session, idle time does not', () => {
    const rig = runningDriver();
    rig.clock.ticks += 100_000_000;
    rig.step();
    expect(rig.driver.running).toBe(true);
    rig.driver.submit(setFrame(rig.frame, 0x10, 0, 0));
    rig.clock.ticks += 1_999_999;
    rig.driver.step();
    expect(rig.driver.running).toBe(true);
    rig.clock.ticks += 1;
    rig.driver.step();
    rig.expectGivenUp(Status.TransactionTimeout);
  });

  test('a configuration that is being changed is not believed before it is whole', () => {
    const rig = runningDriver();
    rig.section.write32(0x48, 1);
    rig.section.write16(0x4c, 1);
    rig.section.write8(0x40, 1);
    rig.step(3);
    expect(rig.driver.state).toBe(CanDriverState.Running);
    rig.section.write32(0x48, 2);
    rig.step();
    expect(rig.driver.state).toBe(CanDriverState.BusOff);
  });

  test('a device that asks for a reset gets one', () => {
    const rig = runningDriver();
    rig.section.write32(0x44, 0x4f);
    rig.section.write8(0x40, 1);
    rig.step();
    rig.expectGivenUp(Status.PeerNotReady);
  });

  test('each call touches the section a bounded number of times', () => {
    const rig = new DriverRig();
    rig.device.present();
    let most: u32 = 0;
    for (let count = 0; count < ENOUGH; count++) {
      rig.section.accesses = 0;
      rig.driver.step();
      most = max(most, rig.section.accesses);
      rig.device.step();
    }
    rig.device.answerStart(0);
    rig.driver.step();
    rig.section.accesses = 0;
    rig.driver.submit(setFrame(rig.frame, 0x10, 8, 0));
    most = max(most, rig.section.accesses);
    expect(most <= 10).toBe(true, `${most} accesses in one call`);
  });
});
