/**
 * AglLink: the cell's end of the virtio-can link, whichever of the two its cell config gives it.
 *
 * Class code 0xff8024: front-end, the driver; the AGL side is the device. Class code 0xffc024:
 * back-end, the device, which is what Linux's own virtio_can driver talks to.
 * Does not: keep frames. What has no room is the caller's to keep or to drop.
 *
 * Of the back-end a frame taken with `receive` stays open until `finishReceived` says how sending it
 * ended: that is what the driver at the other end is told. Of the front-end there is nothing to say.
 */
import { Frame } from '../can/frame';
import { Clock } from '../hal/clock';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import { CanDevice } from '../virtio/can-device';
import { CanDriver } from '../virtio/can-driver';
import { LinkCounters } from '../virtio/link-counters';
import { Parting } from '../virtio/parting';
import { DevicePhase } from '../virtio/transport-device';
import { DriverPhase } from '../virtio/transport-driver';
import { FEATURE_CAN_ERROR_MESSAGES } from '../virtio/transport-registers';

@final
export class AglLink<Memory extends SharedMemory, Link extends PeerLink, Time extends Clock> {
  /** Which end is played; set once, before the first `step`. */
  isBackEnd: bool = false;

  private hasLeft: bool = false;
  /** No session is begun: the bridge is silent. */
  private isHeld: bool = false;
  private readonly driver: CanDriver<Memory, Link, Time>;
  private readonly device: CanDevice<Memory, Link, Time>;
  private readonly parting: Parting<Memory, Link, Time>;
  /** A trap lets the peer believe that the back-end is still there, so that it can be answered. */
  private isHeldOnFault: bool = false;

  constructor(
    section: Memory,
    private readonly link: Link,
    clock: Time,
  ) {
    this.driver = new CanDriver<Memory, Link, Time>(section, link, clock);
    this.device = new CanDevice<Memory, Link, Time>(section, link, clock);
    this.parting = new Parting<Memory, Link, Time>(section, link, clock);
  }

  /**
   * Takes the part of the back-end; own state 0 until the peer's is. A former life that a trap has ended
   * still says READY: what the peer waits for is answered first.
   */
  beBackEnd(): void {
    this.isBackEnd = true;
    if (!this.link.isReady || !this.parting.begin()) this.device.leave();
  }

  /**
   * From the next session on the peer rings when it has something for the cell. The back-end's peer
   * always does.
   */
  wantReceiveInterrupts(): void {
    this.driver.wantReceiveInterrupts();
  }

  /**
   * The bridge is dead though its ivshmem state says READY, or lives again. The front-end's session ends, and
   * none is begun until then; it begins by itself. Of the back-end's nothing ends: Linux's own driver keeps it,
   * which has no heartbeat, and which a device that leaves would stop for good.
   */
  noteSilence(isSilent: bool): void {
    if (this.isBackEnd) return;
    this.isHeld = isSilent;
    if (isSilent) this.driver.abandon(Status.PeerSilent);
  }

  /** One bounded step of session upkeep; true when something happened. */
  step(): bool {
    if (this.isHeld) return false;
    return this.isBackEnd ? this.stepBackEnd() : this.driver.step();
  }

  /**
   * True when the peer waits for this end to acknowledge a register write: Linux spins on it, so it
   * goes before everything but urgent frames. One load, of the back-end only.
   */
  get isAwaited(): bool {
    return this.isBackEnd && (this.device.transport.writePending || this.parting.writePending);
  }

  /** True while frames flow. */
  get running(): bool {
    return this.isBackEnd ? this.device.started : this.driver.running;
  }

  /**
   * True while frames for the peer are worth keeping. The front-end starts the session itself, so they
   * are from the first sign of a peer; the back-end is a controller that hears nothing while stopped.
   */
  get peerPresent(): bool {
    return this.isBackEnd
      ? this.device.started
      : this.driver.transport.phase >= DriverPhase.Negotiating;
  }

  /** Where the session is, as the status page has it: 0 no peer, 1 being set up, 2 frames flow. */
  get session(): u32 {
    if (this.running) return 2;
    if (this.hasLeft) return 0;
    const isPeerThere = this.isBackEnd
      ? this.device.transport.phase === DevicePhase.Serving
      : this.driver.transport.phase >= DriverPhase.Negotiating;
    return isPeerThere ? 1 : 0;
  }

  /** Error frames may be submitted: both ends have agreed on it. */
  get errorFramesAccepted(): bool {
    return this.isBackEnd
      ? (this.device.transport.featuresLow & FEATURE_CAN_ERROR_MESSAGES) !== 0
      : this.driver.errorFramesAccepted;
  }

  /** Why this end last gave the session up; `Ok` if it never did. */
  get lastFault(): Status {
    return this.isBackEnd ? this.device.transport.lastFault : this.driver.transport.lastFault;
  }

  get counters(): LinkCounters {
    return this.isBackEnd ? this.device.counters : this.driver.counters;
  }

  /** True when `submit` would find room. */
  canSubmit(): bool {
    return this.isBackEnd ? this.device.canDeliver() : this.driver.canSubmit();
  }

  /** Gives `frame` to the peer; see CanDriver.submit and CanDevice.deliver. */
  submit(frame: Frame): Status {
    return this.isBackEnd ? this.device.deliver(frame) : this.driver.submit(frame);
  }

  /** True when `receive` may find a frame. */
  hasReceived(): bool {
    return this.isBackEnd ? this.device.hasTransmit() : this.driver.hasReceived();
  }

  /** Takes the oldest frame from the peer; see CanDriver.receive and CanDevice.takeTransmit. */
  receive(frame: Frame): Status {
    return this.isBackEnd ? this.device.takeTransmit(frame) : this.driver.receive(frame);
  }

  /** True while the peer is to be told how the frame taken last ended. */
  get receivedOpen(): bool {
    return this.isBackEnd && this.device.transmitOpen;
  }

  /** The frame taken last was sent, or will not be. */
  finishReceived(sent: bool): void {
    if (this.isBackEnd) this.device.finishTransmit(sent);
  }

  /**
   * The controller is bus-off, or not (any more); the back-end's driver is told once. `isForGood`: by the
   * cell's own setting it does not come back.
   */
  noteBusOff(isBusOff: bool, isForGood: bool): void {
    if (!this.isBackEnd) return;
    this.device.staysOff = isBusOff && isForGood;
    if (isBusOff) this.device.reportBusOff();
  }

  /** The peer waits, without a limit, for the end of a START or STOP, or for its interrupt. */
  get isControlOpen(): bool {
    return this.isBackEnd && (this.device.controlOpen || this.parting.isOn);
  }

  /** Leaves the peer for good, at shutdown: own state 0. Call nothing else afterwards. */
  leave(): void {
    this.hasLeft = true;
    this.parting.isOn = false;
    if (this.isBackEnd) this.device.leave();
    else this.driver.leave();
  }

  private stepBackEnd(): bool {
    if (this.parting.isOn) {
      const happened = this.parting.step();
      if (!this.parting.isOn) this.device.leave();
      return happened;
    }
    const happened = this.device.step();
    const operating = this.device.transport.operating;
    if (operating !== this.isHeldOnFault) {
      this.isHeldOnFault = operating;
      this.link.holdOnFault(operating);
    }
    return happened;
  }
}
