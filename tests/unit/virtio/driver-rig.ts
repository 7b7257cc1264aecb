// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The driver's end of the ring on a rig: a scripted device at the other end, a clock by hand.
 *
 * Does not: model time beyond a microsecond per step.
 */
import { allocateFrames, Frame } from '../../../src/can/frame';
import { Status } from '../../../src/rt/status';
import { CanDriver, CanDriverState } from '../../../src/virtio/can-driver';
import { DriverPhase } from '../../../src/virtio/transport-driver';
import { DRIVER, FakeClock, FakeLink, FakeSection, SECTION_BYTES, Wire } from './pair';
import { ScriptedDevice } from './scripted-device';

export const TRANSMIT: u32 = 0;
export const RECEIVE: u32 = 1;
export const CONTROL: u32 = 2;

/** More steps than a whole negotiation takes. */
export const ENOUGH = 2_000;

@final
export class DriverRig {
  readonly clock: FakeClock;
  readonly wire: Wire;
  readonly section: FakeSection;
  readonly device: ScriptedDevice;
  driver: CanDriver<FakeSection, FakeLink, FakeClock>;
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

/** A rig whose driver runs. */
export function runningDriver(): DriverRig {
  const rig = new DriverRig();
  rig.run();
  return rig;
}
