// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the device says of its own work: the cell sleeps when there is none, and asks again while there is some.
 *
 * Sources: virtio 1.x, 2.1.1 (DEVICE_NEEDS_RESET is bit 6 of the status), the header of virtio over ivshmem (device
 * vector at 22h, driver vector at 24h, status at 44h), can-link-end.ts for what `step` and `allowKicks` promise.
 */
import { Status } from '../../../src/rt/status';
import { CanDriver } from '../../../src/virtio/can-driver';
import { RestartableDevice } from '../../../src/virtio/restartable-device';
import { PeerLink } from '../../../src/hal/peer-link';
import { CONTROL, DeviceRig, STOP, TRANSMIT, runningDevice } from './device-rig';
import { DEVICE, DRIVER, FakeClock, FakeLink, FakeSection, SECTION_BYTES, Wire } from './pair';

/** A message of type TX (0x0001) without data. */
const MESSAGE: u32 = 0x0000_0001;

function running(): DeviceRig {
  const rig = runningDevice();
  while (rig.device.step()) continue;
  return rig;
}

describe('a request that the device has not finished', () => {
  test('keeps it from taking another one, and lets it sleep', () => {
    const rig = running();
    rig.driver.requestTransmit(0, MESSAGE, 0, 0x10, 0);
    rig.driver.requestTransmit(1, MESSAGE, 0, 0x11, 0);
    expect(rig.device.hasReceived()).toBe(true);
    expect(rig.device.allowKicks()).toBe(true);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    expect(rig.device.hasReceived()).toBe(false);
    expect(rig.device.allowKicks()).toBe(false);
    expect(rig.device.receive(rig.frame)).toBe(Status.Busy);
    rig.device.finishReceived(true);
    expect(rig.device.hasReceived()).toBe(true);
    expect(rig.device.allowKicks()).toBe(true);
  });

  test('does not keep it from serving a control message', () => {
    const rig = running();
    rig.driver.requestTransmit(0, MESSAGE, 0, 0x10, 0);
    rig.device.receive(rig.frame);
    expect(rig.device.allowKicks()).toBe(false);
    rig.driver.requestControl(STOP);
    expect(rig.device.allowKicks()).toBe(true);
  });
});

describe('a step of the device', () => {
  test('says that it has done something while it serves a STOP', () => {
    const rig = running();
    rig.driver.requestTransmit(0, MESSAGE, 0, 0x10, 0);
    expect(rig.device.step()).toBe(false, 'a request is for `receive`');
    rig.driver.requestControl(STOP);
    expect(rig.device.step()).toBe(true, 'refuses the request');
    expect(rig.driver.usedCount(TRANSMIT)).toBe(1);
    const answers = rig.driver.usedCount(CONTROL);
    expect(rig.device.step()).toBe(true, 'answers');
    expect(rig.driver.usedCount(CONTROL)).toBe(answers + 1);
    expect(rig.device.step()).toBe(false);
  });

  test('asks a driver that has not noticed its end for a reset, once', () => {
    const rig = running();
    rig.device.leave();
    const status = rig.section.read32(0x44);
    expect(rig.device.step()).toBe(true);
    expect(rig.section.read32(0x44)).toBe(status | 0x40);
    expect(rig.device.step()).toBe(false);
    expect(rig.section.read32(0x44)).toBe(status | 0x40);
  });

  test('says that it has laid out again a header that was lost while it was alone', () => {
    const rig = running();
    rig.wire.states[DRIVER] = 0;
    while (rig.device.step()) continue;
    memory.fill(rig.section.base, 0, 0x50);
    rig.wire.states[DEVICE] = 0;
    expect(rig.device.step()).toBe(true);
    expect(rig.section.read32(0x00)).toBe(1, 'revision');
    expect(rig.wire.states[DEVICE]).toBe(1);
    expect(rig.device.step()).toBe(false);
  });
});

describe('a queue that the driver selects', () => {
  test('has vector 0 at both ends, whatever stood there', () => {
    const rig = new DeviceRig();
    rig.acceptFeatures(0x0d, 0x13);
    rig.section.write16(0x22, 3);
    rig.section.write16(0x24, 3);
    rig.write32(0x1c, 1);
    expect(rig.section.read16(0x22)).toBe(0);
    expect(rig.section.read16(0x24)).toBe(0);
  });
});

describe('an announcement of the device', () => {
  test('is behind all stores that it tells of, and before the bell', () => {
    const rig = running();
    rig.section.order = '';
    rig.section.recording = true;
    rig.device.transport.announceQueues();
    rig.section.recording = false;
    // The event is a store: one barrier orders it behind others, one before the doorbell.
    expect(rig.section.order).toBe('WsF');
  });
});

/** A link that notes what a trap would leave. */
class HoldingLink extends PeerLink {
  isHeld: bool = false;
  calls: u32 = 0;
  ready: bool = false;

  constructor(private readonly wire: Wire) {
    super();
  }

  override peerState(): u32 {
    return this.wire.states[DRIVER];
  }

  override setOwnState(state: u32): void {
    this.wire.states[DEVICE] = state;
  }

  override notifyPeer(): void {
    this.wire.bells[DRIVER] += 1;
  }

  override get isReady(): bool {
    return this.ready;
  }

  override holdOnFault(isHeld: bool): void {
    this.isHeld = isHeld;
    this.calls++;
  }
}

describe('a device that is restarted in place', () => {
  test('keeps its state over a trap while a session operates, and answers in its next life', () => {
    const section = new FakeSection(SECTION_BYTES);
    const wire = new Wire();
    const clock = new FakeClock();
    const link = new HoldingLink(wire);
    const driver = new CanDriver<FakeSection, FakeLink, FakeClock>(
      section,
      new FakeLink(wire, DRIVER),
      clock,
    );
    let device = new RestartableDevice<FakeSection, HoldingLink, FakeClock>(section, link, clock);
    for (let count = 0; count < 10_000 && !driver.running; count++) {
      driver.step();
      device.step();
      clock.ticks += 1;
    }
    expect(driver.running).toBe(true);
    expect(link.isHeld).toBe(true);
    expect(link.calls).toBe(1);
    clock.ticks += 20_000;
    while (device.step()) continue;
    expect(device.step()).toBe(false, 'nothing to do');
    expect(device.isControlOpen).toBe(false);

    link.ready = true;
    const next = new RestartableDevice<FakeSection, HoldingLink, FakeClock>(section, link, clock);
    next.begin();
    expect(wire.states[DEVICE]).toBe(1, 'it parts first');
    expect(next.isControlOpen).toBe(true);

    driver.leave();
    expect(device.step()).toBe(true);
    expect(link.isHeld).toBe(false);
    device = next;
  });
});
