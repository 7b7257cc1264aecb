// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Frames between the two ends of the ring: order, wrap-around, fullness, refusals, stop and start.
 */
import { Frame } from '../../../src/can/frame';
import { Status } from '../../../src/rt/status';
import { CanDriverState } from '../../../src/virtio/can-driver';
import { DEVICE, DRIVER, Pair, setFrame } from './pair';

// SocketCAN's identifier flags.
const EXTENDED: u32 = 0x80000000;
const REMOTE: u32 = 0x40000000;
const ERROR: u32 = 0x20000000;

/** Rings of 256 entries: two descriptors each for transmit, one for receive. */
const TRANSMIT_SLOTS: u32 = 128;
const RECEIVE_BUFFERS: u32 = 256;

/** Ring indices are 16 bits wide: three rounds. */
const FRAMES: u32 = 200_000;

function connected(): Pair {
  const pair = new Pair();
  expect(pair.connect()).toBe(true, 'the ends find each other');
  return pair;
}

/** A frame that differs from its neighbours in every field. */
function numbered(frame: Frame, number: u32): Frame {
  const extended = (number & 1) !== 0;
  const remote = number % 7 === 0;
  const length = number % 9;
  const identifier = extended
    ? EXTENDED | ((number * 2654435761) & 0x1fffffff)
    : (number * 31) & 0x7ff;
  const mask: u64 = length === 8 ? u64.MAX_VALUE : ((1 as u64) << (length * 8)) - 1;
  const data = remote ? 0 : (<u64>number * 0x9e37_79b9_7f4a) & mask;
  return setFrame(frame, remote ? identifier | REMOTE : identifier, length, data);
}

/** True when `found` is frame `number`. No `expect` in a long loop: each one allocates. */
function isNumbered(found: Frame, number: u32, scratch: Frame): bool {
  numbered(scratch, number);
  return (
    found.identifier === scratch.identifier &&
    found.length === scratch.length &&
    found.data === scratch.data
  );
}

describe('frames from the driver to the device', () => {
  test('200,000 frames arrive whole and in order while indices wrap', () => {
    const pair = connected();
    const scratch = changetype<Frame>(heap.alloc(16));
    let sent: u32 = 0;
    let wrong: u32 = 0;
    let taken: u32 = 0;
    while (taken < FRAMES) {
      // The device is at times a burst behind.
      for (let burst = 1 + (sent % 97); burst > 0 && sent < FRAMES; burst--) {
        if (pair.driver.submit(numbered(pair.frame, sent)) === Status.Ok) sent++;
      }
      while (pair.device.receive(pair.frame) === Status.Ok) {
        if (!isNumbered(pair.frame, taken, scratch)) wrong++;
        pair.device.finishReceived(true);
        pair.driver.step();
        taken++;
      }
    }
    expect(wrong).toBe(0);
    expect(pair.driver.counters.sent).toBe(FRAMES);
    expect(pair.device.counters.received).toBe(FRAMES);
    expect(pair.driver.transport.resets).toBe(0);
  });

  test('a full ring refuses and counts; a completion makes room for one', () => {
    const pair = connected();
    for (let number: u32 = 0; number < TRANSMIT_SLOTS; number++) {
      expect(pair.driver.canSubmit()).toBe(true);
      expect(pair.driver.submit(numbered(pair.frame, number))).toBe(Status.Ok);
    }
    expect(pair.driver.canSubmit()).toBe(false);
    expect(pair.driver.submit(numbered(pair.frame, 200))).toBe(Status.Full);
    expect(pair.driver.counters.droppedFull).toBe(1);
    pair.device.receive(pair.frame);
    pair.device.finishReceived(true);
    pair.driver.step();
    expect(pair.driver.counters.transmitted).toBe(1);
    expect(pair.driver.submit(numbered(pair.frame, 201))).toBe(Status.Ok);
    expect(pair.driver.submit(numbered(pair.frame, 202))).toBe(Status.Full);
  });

  test('one transmit completion is reaped in one step', () => {
    const pair = connected();
    for (let number: u32 = 0; number < 5; number++) {
      pair.driver.submit(numbered(pair.frame, number));
      pair.device.receive(pair.frame);
      pair.device.finishReceived(number !== 3);
    }
    for (let number: u32 = 1; number <= 5; number++) {
      pair.driver.step();
      const ended = pair.driver.counters.transmitted + pair.driver.counters.refused;
      expect(ended).toBe(number);
    }
    expect(pair.driver.counters.refused).toBe(1, 'a refusal of the device is counted');
    expect(pair.driver.step()).toBe(false, 'nothing is left');
  });

  test('error frames travel between two ends that have both accepted them', () => {
    const pair = connected();
    expect(pair.driver.errorFramesAccepted).toBe(true);
    expect(pair.driver.submit(setFrame(pair.frame, ERROR | 0x204, 8, 0x6000))).toBe(Status.Ok);
    setFrame(pair.frame, 0, 0, 0);
    expect(pair.device.receive(pair.frame)).toBe(Status.Ok);
    expect(pair.frame.identifier).toBe(ERROR | 0x204);
    expect(pair.frame.length).toBe(8);
    expect(pair.frame.data).toBe(0x6000);
  });

  test('malformed error frames and impossible frames are refused by the driver itself', () => {
    const pair = connected();
    expect(pair.driver.submit(setFrame(pair.frame, ERROR | 1, 7, 0))).toBe(Status.MessageBad);
    expect(pair.driver.submit(setFrame(pair.frame, 0x800, 0, 0))).toBe(Status.MessageBad);
    expect(pair.driver.submit(setFrame(pair.frame, 0x100, 9, 0))).toBe(Status.MessageBad);
    expect(pair.driver.counters.droppedUnsupported).toBe(3);
    expect(pair.device.receive(pair.frame)).toBe(Status.Empty);
  });

  test('without a peer frames are counted and dropped', () => {
    const pair = new Pair();
    expect(pair.driver.submit(setFrame(pair.frame, 1, 0, 0))).toBe(Status.PeerNotReady);
    expect(pair.driver.counters.droppedNoPeer).toBe(1);
    expect(pair.driver.receive(pair.frame)).toBe(Status.Empty);
    expect(pair.driver.canSubmit()).toBe(false);
  });
});

describe('frames from the device to the driver', () => {
  test('200,000 frames arrive whole and in order while indices wrap', () => {
    const pair = connected();
    const scratch = changetype<Frame>(heap.alloc(16));
    let sent: u32 = 0;
    let wrong: u32 = 0;
    let received: u32 = 0;
    while (received < FRAMES) {
      for (let burst = 1 + (sent % 251); burst > 0 && sent < FRAMES; burst--) {
        if (!pair.device.canSubmit()) break;
        if (pair.device.submit(numbered(pair.frame, sent)) === Status.Ok) sent++;
      }
      while (pair.driver.receive(pair.frame) === Status.Ok) {
        if (!isNumbered(pair.frame, received, scratch)) wrong++;
        received++;
      }
    }
    expect(wrong).toBe(0);
    expect(pair.device.counters.sent).toBe(FRAMES);
    expect(pair.driver.counters.received).toBe(FRAMES);
    expect(pair.driver.counters.malformed).toBe(0);
  });

  test('a caller that does not receive slows the device down: nothing is lost', () => {
    const pair = connected();
    for (let number: u32 = 0; number < RECEIVE_BUFFERS; number++) {
      expect(pair.device.submit(numbered(pair.frame, number))).toBe(Status.Ok);
    }
    expect(pair.device.canSubmit()).toBe(false);
    expect(pair.device.submit(numbered(pair.frame, 999))).toBe(Status.Full);
    expect(pair.device.counters.droppedFull).toBe(1);
    // Starved, the device asks to be told of the next buffer.
    const bells = pair.wire.bells[DEVICE];
    expect(pair.driver.hasReceived()).toBe(true);
    expect(pair.driver.receive(pair.frame)).toBe(Status.Ok);
    expect(pair.wire.bells[DEVICE]).toBe(bells + 1);
    expect(pair.device.canSubmit()).toBe(true);
    pair.driver.receive(pair.frame);
    expect(pair.wire.bells[DEVICE]).toBe(bells + 1, 'no kick while buffers are there');
  });

  test('the driver polls: the device raises no interrupt for frames', () => {
    const pair = connected();
    const bells = pair.wire.bells[DRIVER];
    for (let number: u32 = 0; number < 10; number++) {
      pair.device.submit(numbered(pair.frame, number));
    }
    expect(pair.wire.bells[DRIVER]).toBe(bells);
  });

  test('frames wait 5 ms after START', () => {
    const pair = new Pair();
    while (!pair.device.running) pair.step();
    const start = pair.clock.ticks;
    expect(pair.device.submit(setFrame(pair.frame, 1, 0, 0))).toBe(Status.PeerNotReady);
    while (!pair.device.canSubmit()) pair.step();
    expect(pair.clock.ticks - start >= 4_990 && pair.clock.ticks - start <= 5_010).toBe(true);
  });
});

describe('kicks', () => {
  test('a device that polls is not kicked, one that goes to sleep is', () => {
    const pair = connected();
    pair.device.suppressKicks();
    const bells = pair.wire.bells[DEVICE];
    pair.driver.submit(numbered(pair.frame, 1));
    expect(pair.wire.bells[DEVICE]).toBe(bells);
    expect(pair.device.allowKicks()).toBe(true, 'a frame came in meanwhile');
    pair.device.receive(pair.frame);
    pair.device.finishReceived(true);
    expect(pair.device.allowKicks()).toBe(false);
    pair.driver.submit(numbered(pair.frame, 2));
    expect(pair.wire.bells[DEVICE]).toBe(bells + 1);
  });
});

describe('interrupts for a driver that sleeps', () => {
  test('come for what it receives, not for what was sent', () => {
    const pair = new Pair();
    pair.driver.wantReceiveInterrupts();
    pair.connect();
    const bells = pair.wire.bells[DRIVER];
    pair.driver.submit(numbered(pair.frame, 1));
    pair.device.receive(pair.frame);
    pair.device.finishReceived(true);
    expect(pair.wire.bells[DRIVER]).toBe(bells, 'sent');
    pair.device.submit(numbered(pair.frame, 2));
    expect(pair.wire.bells[DRIVER]).toBe(bells + 1, 'received');
  });
});

describe('sections of other sizes', () => {
  test('two pages are enough, with smaller rings', () => {
    const pair = new Pair(0x2000);
    expect(pair.connect()).toBe(true);
    let sent: u32 = 0;
    while (pair.driver.submit(numbered(pair.frame, sent)) === Status.Ok) sent++;
    expect(sent).toBe(16, 'transmit slots of a ring of 32');
  });

  test('half a page is refused by its own status, and tried again later', () => {
    const pair = new Pair(0x800);
    expect(pair.connect()).toBe(false);
    expect(pair.driver.transport.lastFault).toBe(Status.QueueTooSmall);
    expect(pair.driver.state).toBe(CanDriverState.Offline);
  });
});

describe('bus-off', () => {
  test('the driver learns of it, gets its requests back, and starts again after a pause', () => {
    const pair = connected();
    pair.driver.submit(numbered(pair.frame, 1));
    pair.driver.submit(numbered(pair.frame, 2));
    pair.device.receive(pair.frame);
    pair.device.noteBusOff(true, false);
    expect(pair.device.running).toBe(false);
    expect(pair.section.read16(0x4c)).toBe(1, 'CTRL_BUSOFF is bit 0 of the status');
    expect(pair.section.read8(0x40)).toBe(1, 'config_event');
    expect(pair.device.receive(pair.frame)).toBe(Status.PeerNotReady, 'stopped: not sent');
    pair.step();
    expect(pair.driver.state).toBe(CanDriverState.BusOff);
    pair.step();
    expect(pair.driver.counters.refused).toBe(2);
    expect(pair.driver.submit(pair.frame)).toBe(Status.PeerNotReady);
    expect(pair.connect(110_000)).toBe(true);
    expect(pair.section.read16(0x4c)).toBe(0, 'START clears it');
    expect(pair.driver.submit(numbered(pair.frame, 3))).toBe(Status.Ok);
  });
});
