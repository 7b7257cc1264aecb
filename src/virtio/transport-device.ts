// SPDX-License-Identifier: MIT
/**
 * The device's end of virtio over ivshmem: lays the header out and serves register writes.
 *
 * Never blocks, and leaves the queues to its caller. Each `step` looks at the peer's state once and serves at
 * most one register write, which bounds the driver's wait (Linux spins on it).
 *
 * The driver can write all of the shared header at any time. So what the device relies on (accepted features,
 * place and size of the queues, which are enabled) is read once, checked, and kept in private memory. A
 * register stored without an announcement is never looked at.
 */
import { Clock } from '../hal/clock';
import { PEER_STATE_READY, PEER_STATE_RESET, PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import { OwnState } from './own-state';
import { powerOfTwoBelow, QUEUE_SIZE_MAXIMUM } from './split-queue';
import { TransportEnd } from './transport-end';
import {
  CAN_HEADER_BYTES,
  CONFIG,
  CONFIG_EVENT,
  CONFIG_GENERATION,
  DEVICE_FEATURES,
  DEVICE_FEATURES_SELECT,
  DEVICE_STATUS,
  DRIVER_FEATURES,
  DRIVER_FEATURES_SELECT,
  FEATURES_HIGH,
  FEATURES_LOW,
  HEADER_SIZE,
  QUEUE_AVAILABLE,
  QUEUE_CONTROL,
  QUEUE_COUNT,
  QUEUE_DESCRIPTORS,
  QUEUE_DEVICE_VECTOR,
  QUEUE_DRIVER_VECTOR,
  QUEUE_ENABLE,
  QUEUE_EVENT,
  QUEUE_RECEIVE,
  QUEUE_SELECT,
  QUEUE_SIZE,
  QUEUE_TRANSMIT,
  QUEUE_USED,
  REVISION,
  REVISION_1,
  STATUS_DRIVER_OK,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_RESET,
  VECTOR_0,
  WRITE_TRANSACTION,
} from './transport-registers';
import { VirtqueueDevice } from './virtqueue-device';

/** Entries offered for the control queue. */
const CONTROL_QUEUE_SIZE: u32 = 4;
/**
 * Section bytes per pair of transmit and receive entries. Linux's driver fills the whole receive ring, with
 * 64 bytes of the section per buffer, before it sends anything. More entries would fill a small section.
 */
const BYTES_PER_ENTRY: u32 = 256;

/** Revision and size, as one number. */
const HEADER_BEGINNING: u64 = ((<u64>CAN_HEADER_BYTES) << 32) | (<u64>REVISION_1);

/** State of the device. The numbers are for the console and the trace. */
export enum DevicePhase {
  /** Own state 0: waiting for the driver's state to be 0, too. */
  Withdrawn = 0,
  /** Header laid out, own state READY: waiting for the driver. */
  AwaitingDriver = 1,
  /** Serving register writes. */
  Serving = 2,
}

@final
export class TransportDevice<
  Memory extends SharedMemory,
  Link extends PeerLink,
  Time extends Clock,
> extends TransportEnd {
  phase: DevicePhase = DevicePhase.Withdrawn;
  /** True from the driver's DRIVER_OK until the next reset: the queues may be served. */
  operating: bool = false;
  /** Grows with every reset of the driver's side. Earlier requests are then void. */
  session: u32 = 0;

  readonly transmitQueue: VirtqueueDevice<Memory>;
  readonly receiveQueue: VirtqueueDevice<Memory>;
  readonly controlQueue: VirtqueueDevice<Memory>;

  private readonly section: Memory;
  private readonly link: Link;
  private readonly ownState: OwnState<Link, Time>;
  private deviceStatus: u32 = 0;
  private driverFeaturesWord: u32 = 0;
  private selectedQueue: u32 = 0;
  private generation: u32 = 0;

  constructor(section: Memory, link: Link, clock: Time) {
    super();
    this.section = section;
    this.link = link;
    this.ownState = new OwnState<Link, Time>(link, clock);
    this.transmitQueue = new VirtqueueDevice<Memory>(section);
    this.receiveQueue = new VirtqueueDevice<Memory>(section);
    this.controlQueue = new VirtqueueDevice<Memory>(section);
  }

  /** One look at the peer and at most one register write. True if something was done. */
  step(): bool {
    const peerState = this.link.peerState();
    switch (this.phase) {
      case DevicePhase.Withdrawn:
        if (peerState !== PEER_STATE_RESET) return this.askForReset(peerState);
        this.layOut();
        this.ownState.announce(PEER_STATE_READY);
        this.phase = DevicePhase.AwaitingDriver;
        return true;
      case DevicePhase.AwaitingDriver:
        if (peerState !== PEER_STATE_READY) {
          return this.restoreHeader() || this.dismissWrite() || this.ownState.repeat();
        }
        this.phase = DevicePhase.Serving;
        return true;
      default:
        if (peerState !== PEER_STATE_READY) {
          this.startOver();
          return true;
        }
        return this.serveRegisterWrite();
    }
  }

  /**
   * Sets DEVICE_NEEDS_RESET (virtio 1.4, 2.1.1) for a driver that is still READY: it has not noticed that
   * this end went away, or cannot come back by itself. Linux shows the register as `status` of the virtio
   * device and never resets it on its own.
   */
  private askForReset(peerState: u32): bool {
    if (peerState !== PEER_STATE_READY) return false;
    const status = this.section.read32(DEVICE_STATUS);
    if ((status & STATUS_NEEDS_RESET) !== 0) return false;
    this.section.write32(DEVICE_STATUS, status | STATUS_NEEDS_RESET);
    return true;
  }

  /** True if the driver waits for the acknowledgement of a register write: one load. */
  get writePending(): bool {
    return this.phase !== DevicePhase.Withdrawn && this.section.read32(WRITE_TRANSACTION) !== 0;
  }

  /** Returns to the start because of `reason`: own state 0, everything forgotten. */
  withdraw(reason: Status): void {
    this.lastFault = reason;
    this.startOver();
  }

  /** Sets own state 0 and forgets everything, at the start and before the end. */
  // path: at most 1 a step, one that is withdrawn waits
  leave(): void {
    this.ownState.announce(PEER_STATE_RESET);
    this.phase = DevicePhase.Withdrawn;
    this.forget();
  }

  /** Announces used buffers to the driver. Call it only if the queue wants an interrupt. */
  announceQueues(): void {
    this.announce(QUEUE_EVENT);
  }

  /** Announces a change of the configuration and used buffers, even if there are none. */
  announceAll(): void {
    this.section.write8(CONFIG_EVENT, 1);
    this.announce(QUEUE_EVENT);
  }

  /** Changes the 16-bit status of the CAN configuration and announces it to the driver. */
  setConfigStatus(value: u32): void {
    this.generation += 1;
    this.section.write32(CONFIG_GENERATION, this.generation);
    this.section.barrierWrite();
    this.section.write16(CONFIG, value);
    this.section.barrierWrite();
    this.generation += 1;
    this.section.write32(CONFIG_GENERATION, this.generation);
    this.announce(CONFIG_EVENT);
  }

  private announce(event: u32): void {
    this.section.barrierWrite();
    this.section.write8(event, 1);
    this.section.barrierFull();
    this.link.notifyPeer();
  }

  private startOver(): void {
    this.resets += 1;
    this.leave();
  }

  /** Forgets the driver's set-up. */
  private forget(): void {
    this.transmitQueue.disable();
    this.receiveQueue.disable();
    this.controlQueue.disable();
    this.featuresLow = 0;
    this.featuresHigh = 0;
    this.driverFeaturesWord = 0;
    this.deviceStatus = STATUS_RESET;
    this.operating = false;
    this.session += 1;
  }

  /** Zeroes the header and fills it in while no driver is looking. */
  private layOut(): void {
    for (let offset: u32 = 0; offset < CAN_HEADER_BYTES; offset += 8) {
      this.section.write64(offset, 0);
    }
    this.generation = 0;
    this.section.write32(REVISION, REVISION_1);
    this.section.write32(HEADER_SIZE, CAN_HEADER_BYTES);
    this.section.write32(DEVICE_FEATURES, FEATURES_LOW);
    this.presentQueue(0);
    this.section.barrierWrite();
  }

  /**
   * Lays the header out again if it has changed. When the hypervisor starts the other cell it invalidates the
   * caches over the section, so earlier stores may be lost. The own state may be lost with the header and is
   * announced again.
   */
  private restoreHeader(): bool {
    if (this.section.read64(REVISION) === HEADER_BEGINNING) return false;
    this.layOut();
    this.ownState.announce(PEER_STATE_READY);
    return true;
  }

  /**
   * Acknowledges a register write of a driver that has left, without acting on it. Linux's driver sets its
   * state to 0 first and then takes its queues down, waiting for every write while this end is READY.
   */
  private dismissWrite(): bool {
    if (this.section.read32(WRITE_TRANSACTION) === 0) return false;
    this.section.barrierRead();
    // A driver that has just arrived was READY before it wrote, and its write must not be lost.
    if (this.link.peerState() === PEER_STATE_READY) return false;
    this.section.write32(WRITE_TRANSACTION, 0);
    return true;
  }

  /** Serves the announced register write, if any, and acknowledges it. */
  private serveRegisterWrite(): bool {
    const register = this.section.read32(WRITE_TRANSACTION);
    if (register === 0) return false;
    this.section.barrierRead();
    this.decode(register);
    // The effect must be visible before the acknowledgement.
    this.section.barrierFull();
    this.section.write32(WRITE_TRANSACTION, 0);
    if (register === DEVICE_STATUS && this.operating) {
      // Linux has lost earlier interrupts, so announce once more to make it look.
      this.announce(CONFIG_EVENT);
    }
    return true;
  }

  /** Acts on a register write. Unknown and read-only registers have no effect. */
  private decode(register: u32): void {
    switch (register) {
      case DEVICE_FEATURES_SELECT:
        this.presentFeatures(this.section.read32(DEVICE_FEATURES_SELECT));
        break;
      case DRIVER_FEATURES_SELECT:
        this.driverFeaturesWord = this.section.read32(DRIVER_FEATURES_SELECT);
        break;
      case DRIVER_FEATURES:
        this.acceptFeatures(this.section.read32(DRIVER_FEATURES));
        break;
      case QUEUE_SELECT:
        this.presentQueue(this.section.read32(QUEUE_SELECT));
        break;
      case QUEUE_ENABLE:
        this.enableQueue(this.section.read16(QUEUE_ENABLE) !== 0);
        break;
      case DEVICE_STATUS:
        this.changeStatus(this.section.read32(DEVICE_STATUS));
        break;
      default:
        break;
    }
  }

  private presentFeatures(word: u32): void {
    const features = word === 0 ? FEATURES_LOW : word === 1 ? FEATURES_HIGH : 0;
    this.section.write32(DEVICE_FEATURES, features);
  }

  private acceptFeatures(features: u32): void {
    if ((this.deviceStatus & STATUS_FEATURES_OK) !== 0) return;
    if (this.driverFeaturesWord === 0) this.featuresLow = features;
    else if (this.driverFeaturesWord === 1) this.featuresHigh = features;
  }

  /** Puts the registers of queue `index` in the header. An absent queue has size and enable 0. */
  private presentQueue(index: u32): void {
    this.selectedQueue = index;
    const exists = index < QUEUE_COUNT;
    const enabled = exists && this.queue(index).enabled;
    this.section.write16(QUEUE_SIZE, exists ? this.sizeLimit(index) : 0);
    this.section.write16(QUEUE_DEVICE_VECTOR, VECTOR_0);
    this.section.write16(QUEUE_DRIVER_VECTOR, VECTOR_0);
    this.section.write16(QUEUE_ENABLE, enabled ? 1 : 0);
    this.section.write64(QUEUE_DESCRIPTORS, 0);
    this.section.write64(QUEUE_AVAILABLE, 0);
    this.section.write64(QUEUE_USED, 0);
  }

  /** Takes the selected queue into or out of service. An invalid set-up needs a reset. */
  private enableQueue(enable: bool): void {
    if (this.selectedQueue >= QUEUE_COUNT) return;
    const queue = this.queue(this.selectedQueue);
    if (!enable) {
      queue.disable();
      return;
    }
    const size = this.section.read16(QUEUE_SIZE);
    const descriptors = this.section.read64(QUEUE_DESCRIPTORS);
    const available = this.section.read64(QUEUE_AVAILABLE);
    const used = this.section.read64(QUEUE_USED);
    let status: Status = Status.QueueTooSmall;
    if (size <= this.sizeLimit(this.selectedQueue))
      status = queue.enable(size, descriptors, available, used);
    if (status !== Status.Ok) this.demandReset(status);
  }

  private changeStatus(value: u32): void {
    if (value === STATUS_RESET) {
      this.forget();
      this.section.write16(CONFIG_EVENT, 0);
      this.section.write16(CONFIG, 0);
      this.section.write32(CONFIG_GENERATION, this.generation);
      this.presentQueue(0);
      return;
    }
    if ((value & STATUS_FEATURES_OK) !== 0 && !this.featuresAcceptable()) {
      this.deviceStatus = value & ~STATUS_FEATURES_OK;
      this.section.write32(DEVICE_STATUS, this.deviceStatus);
      return;
    }
    this.deviceStatus = value;
    const needed = STATUS_DRIVER_OK | STATUS_FEATURES_OK;
    this.operating = (value & needed) === needed && this.queuesEnabled();
  }

  /** Sets in the status register that a reset is needed. */
  private demandReset(reason: Status): void {
    this.lastFault = reason;
    this.operating = false;
    this.deviceStatus |= STATUS_NEEDS_RESET;
    this.section.write32(DEVICE_STATUS, this.deviceStatus);
    this.announce(CONFIG_EVENT);
  }

  /** True for a subset of the offered features that holds all required ones. */
  private featuresAcceptable(): bool {
    return (
      (this.featuresLow & ~FEATURES_LOW) === 0 &&
      (this.featuresHigh & ~FEATURES_HIGH) === 0 &&
      this.hasRequiredFeatures
    );
  }

  private queuesEnabled(): bool {
    return this.transmitQueue.enabled && this.receiveQueue.enabled && this.controlQueue.enabled;
  }

  /** Entries offered for queue `index`. */
  private sizeLimit(index: u32): u32 {
    if (index === QUEUE_CONTROL) return CONTROL_QUEUE_SIZE;
    return min<u32>(QUEUE_SIZE_MAXIMUM, powerOfTwoBelow(this.section.size() / BYTES_PER_ENTRY));
  }

  private queue(index: u32): VirtqueueDevice<Memory> {
    if (index === QUEUE_TRANSMIT) return this.transmitQueue;
    if (index === QUEUE_RECEIVE) return this.receiveQueue;
    return this.controlQueue;
  }
}
