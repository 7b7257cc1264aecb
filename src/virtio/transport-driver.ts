// SPDX-License-Identifier: MIT
/**
 * The driver's end of virtio over ivshmem: finds a ready peer, negotiates, sets three queues up.
 *
 * Never blocks. Each `step` looks at the peer's state once and then does at most one thing: a look at an
 * acknowledgement, or one register write. The caller owns the rings: in phase `QueueOffered` it prepares the
 * queue's memory and calls `provideQueue`.
 *
 *   Withdrawn --peer gone, or pause over--> AwaitingPeer --peer ready--> Negotiating
 *      ^                                                                  |       ^
 *      |                                                                  v       |
 *      +---- peer lost, timeout, violation: `withdraw` ---- Operating   QueueOffered (3 times)
 */
import { Clock } from '../hal/clock';
import { PEER_STATE_READY, PEER_STATE_RESET, PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Deadline, microsToTicks } from '../rt/deadline';
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
  HEADER_BYTES_MAXIMUM,
  HEADER_SIZE,
  QUEUE_AVAILABLE,
  QUEUE_COUNT,
  QUEUE_DESCRIPTORS,
  QUEUE_DRIVER_VECTOR,
  QUEUE_ENABLE,
  QUEUE_SELECT,
  QUEUE_SIZE,
  QUEUE_USED,
  REVISION,
  REVISION_1,
  STATUS_ACKNOWLEDGE,
  STATUS_DRIVER,
  STATUS_DRIVER_OK,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_RESET,
  VECTOR_0,
  WRITE_TRANSACTION,
} from './transport-registers';

/** Longest time for one register write of the peer. A Linux peer may have to be scheduled first. */
export const ACKNOWLEDGE_TIMEOUT_MICROS: u32 = 100_000;
/** How long a withdrawn driver waits for the peer to notice before it tries again. */
export const WITHDRAWN_PAUSE_MICROS: u32 = 100_000;

/** State of the driver. The numbers are for the console and the trace. */
export enum DriverPhase {
  /** Own state 0 after a failure: the peer gets time to start over, too. */
  Withdrawn = 0,
  /** Own state 0: waiting for a peer in state READY. */
  AwaitingPeer = 1,
  /** Own state READY: making one register write after the other. */
  Negotiating = 2,
  /** `queueIndex` and `queueSizeOffered` are valid: call `provideQueue`. */
  QueueOffered = 3,
  /** DRIVER_OK is acknowledged. */
  Operating = 4,
}

/** The register writes in order. Each is made when the one before is acknowledged. */
enum Negotiation {
  Reset = 0,
  Acknowledge = 1,
  Driver = 2,
  SelectOfferedHigh = 3,
  SelectOfferedLow = 4,
  SelectAcceptedHigh = 5,
  AcceptHigh = 6,
  SelectAcceptedLow = 7,
  AcceptLow = 8,
  FeaturesOk = 9,
  SelectQueue = 10,
  OfferQueue = 11,
  QueueSize = 12,
  QueueVector = 13,
  QueueDescriptors = 14,
  QueueAvailable = 15,
  QueueUsed = 16,
  QueueEnable = 17,
  DriverOk = 18,
  Done = 19,
}

@final
export class TransportDriver<
  Memory extends SharedMemory,
  Link extends PeerLink,
  Time extends Clock,
> extends TransportEnd {
  phase: DriverPhase = DriverPhase.AwaitingPeer;
  /** The queue to provide, and its largest size; valid while `QueueOffered`. */
  queueIndex: u32 = 0;
  queueSizeOffered: u32 = 0;

  private readonly section: Memory;
  private readonly link: Link;
  private readonly ownState: OwnState<Link, Time>;
  private readonly clock: Time;
  private readonly acknowledgeTicks: u64;
  private readonly pauseTicks: u64;
  private readonly deadline: Deadline = new Deadline();
  private next: Negotiation = Negotiation.Reset;
  private writePending: bool = false;
  private queueSize: u32 = 0;
  private descriptorOffset: u32 = 0;
  private availableOffset: u32 = 0;
  private usedOffset: u32 = 0;

  constructor(section: Memory, link: Link, clock: Time) {
    super();
    this.section = section;
    this.link = link;
    this.ownState = new OwnState<Link, Time>(link, clock);
    this.clock = clock;
    this.acknowledgeTicks = microsToTicks(ACKNOWLEDGE_TIMEOUT_MICROS, clock.ticksPerSecond());
    this.pauseTicks = microsToTicks(WITHDRAWN_PAUSE_MICROS, clock.ticksPerSecond());
  }

  /**
   * One look at the peer, then at most one register write or one look at an acknowledgement. True if
   * something happened, false while waiting.
   */
  step(): bool {
    const peerReady = this.link.peerState() === PEER_STATE_READY;
    switch (this.phase) {
      case DriverPhase.Withdrawn:
        // A peer that stays READY has not noticed. After the pause, the write of the reset register tells it.
        if (peerReady && !this.deadline.reached(this.clock.nowTicks())) return false;
        this.phase = DriverPhase.AwaitingPeer;
        return true;
      case DriverPhase.AwaitingPeer:
        if (!peerReady) return this.ownState.repeat();
        this.greet();
        return true;
      default:
        if (!peerReady || this.deviceBeganAnew()) {
          this.withdraw(Status.PeerNotReady);
          return true;
        }
        if (this.phase !== DriverPhase.Negotiating || !this.acknowledged()) return false;
        this.negotiate();
        return true;
    }
  }

  /**
   * Gives the offered queue its memory: `size` entries, a power of two not above
   * `queueSizeOffered`, and the section offsets of its three parts, already cleared.
   */
  provideQueue(size: u32, descriptors: u32, available: u32, used: u32): void {
    this.queueSize = size;
    this.descriptorOffset = descriptors;
    this.availableOffset = available;
    this.usedOffset = used;
    this.next = Negotiation.QueueSize;
    this.phase = DriverPhase.Negotiating;
  }

  /** Leaves the peer for `reason`: own state 0, so that it starts over, too. */
  // path: at most 1 a step, one that is withdrawn waits
  withdraw(reason: Status): void {
    this.leave();
    this.lastFault = reason;
    this.resets += 1;
    this.phase = DriverPhase.Withdrawn;
    this.deadline.start(this.clock.nowTicks(), this.pauseTicks);
  }

  /** Leaves the peer for good, at shutdown. Call no `step` afterwards. */
  leave(): void {
    this.ownState.announce(PEER_STATE_RESET);
    this.writePending = false;
    this.phase = DriverPhase.AwaitingPeer;
  }

  /**
   * True if the device has announced a change of its configuration; clears the announcement. Only while
   * `Operating`. A device that asks for a reset gets one.
   */
  takeConfigEvent(): bool {
    if (this.section.read8(CONFIG_EVENT) === 0) return false;
    this.section.write8(CONFIG_EVENT, 0);
    // Clear the announcement before looking, so that a later one is not lost.
    this.section.barrierFull();
    if ((this.section.read32(DEVICE_STATUS) & STATUS_NEEDS_RESET) !== 0) {
      this.withdraw(Status.PeerNotReady);
      return false;
    }
    return true;
  }

  /** The 16-bit status in the CAN configuration. -1: the device is changing it. */
  configStatus(): i32 {
    const before = this.section.read32(CONFIG_GENERATION);
    this.section.barrierRead();
    const status = this.section.read16(CONFIG);
    this.section.barrierRead();
    const after = this.section.read32(CONFIG_GENERATION);
    return before === after && (before & 1) === 0 ? <i32>status : -1;
  }

  /** Rings the doorbell if `wanted`. */
  kick(wanted: bool): void {
    if (wanted) this.link.notifyPeer();
  }

  /**
   * True if the device has laid its header out again: it takes this end for gone, although this end always
   * saw it READY. One load.
   */
  private deviceBeganAnew(): bool {
    return (
      this.phase === DriverPhase.Operating &&
      (this.section.read32(DEVICE_STATUS) & STATUS_DRIVER_OK) === 0
    );
  }

  /** The peer is ready: checks its header and begins. */
  private greet(): void {
    this.section.barrierRead();
    const revision = this.section.read32(REVISION);
    const headerBytes = this.section.read32(HEADER_SIZE);
    if (
      revision < REVISION_1 ||
      headerBytes < CAN_HEADER_BYTES ||
      headerBytes > HEADER_BYTES_MAXIMUM
    ) {
      this.withdraw(Status.TransportRevision);
      return;
    }
    this.ownState.announce(PEER_STATE_READY);
    this.phase = DriverPhase.Negotiating;
    this.next = Negotiation.Reset;
    this.queueIndex = 0;
    // A write from before a restart of this cell may still be under way: wait for it first.
    this.writePending = true;
    this.deadline.start(this.clock.nowTicks(), this.acknowledgeTicks);
  }

  /** True if no register write is under way. Withdraws if one takes too long. */
  private acknowledged(): bool {
    if (!this.writePending) return true;
    if (this.section.read32(WRITE_TRANSACTION) === 0) {
      this.section.barrierRead();
      this.writePending = false;
      return true;
    }
    if (this.deadline.reached(this.clock.nowTicks())) this.withdraw(Status.TransactionTimeout);
    return false;
  }

  /** Takes the result of the last register write, if any, and makes the next one. */
  private negotiate(): void {
    const now = this.next;
    this.next = now + 1;
    switch (now) {
      case Negotiation.Reset:
        return this.write32(DEVICE_STATUS, STATUS_RESET);
      case Negotiation.Acknowledge:
        return this.write32(DEVICE_STATUS, STATUS_ACKNOWLEDGE);
      case Negotiation.Driver:
        return this.write32(DEVICE_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
      case Negotiation.SelectOfferedHigh:
        return this.write32(DEVICE_FEATURES_SELECT, 1);
      case Negotiation.SelectOfferedLow:
        this.featuresHigh = this.section.read32(DEVICE_FEATURES) & FEATURES_HIGH;
        return this.write32(DEVICE_FEATURES_SELECT, 0);
      case Negotiation.SelectAcceptedHigh:
        this.featuresLow = this.section.read32(DEVICE_FEATURES) & FEATURES_LOW;
        return this.beginAcceptance();
      case Negotiation.AcceptHigh:
        return this.write32(DRIVER_FEATURES, this.featuresHigh);
      case Negotiation.SelectAcceptedLow:
        return this.write32(DRIVER_FEATURES_SELECT, 0);
      case Negotiation.AcceptLow:
        return this.write32(DRIVER_FEATURES, this.featuresLow);
      case Negotiation.FeaturesOk:
        return this.write32(DEVICE_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
      case Negotiation.SelectQueue:
        return this.selectQueue();
      case Negotiation.OfferQueue:
        return this.offerQueue();
      case Negotiation.QueueSize:
        return this.write16(QUEUE_SIZE, this.queueSize);
      case Negotiation.QueueVector:
        return this.write16(QUEUE_DRIVER_VECTOR, VECTOR_0);
      case Negotiation.QueueDescriptors:
        return this.write64(QUEUE_DESCRIPTORS, this.descriptorOffset);
      case Negotiation.QueueAvailable:
        return this.write64(QUEUE_AVAILABLE, this.availableOffset);
      case Negotiation.QueueUsed:
        return this.write64(QUEUE_USED, this.usedOffset);
      case Negotiation.QueueEnable:
        this.queueIndex += 1;
        if (this.queueIndex < QUEUE_COUNT) this.next = Negotiation.SelectQueue;
        return this.write16(QUEUE_ENABLE, 1);
      case Negotiation.DriverOk:
        return this.write32(
          DEVICE_STATUS,
          STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK,
        );
      default:
        this.phase = DriverPhase.Operating;
    }
  }

  /** Both offered words are known: continues if they hold the required features. */
  private beginAcceptance(): void {
    if (!this.hasRequiredFeatures) {
      this.withdraw(Status.FeaturesRefused);
      return;
    }
    this.write32(DRIVER_FEATURES_SELECT, 1);
  }

  /** Selects the next queue. Before the first one, checks that the device accepted the features. */
  private selectQueue(): void {
    if (this.queueIndex === 0 && (this.section.read32(DEVICE_STATUS) & STATUS_FEATURES_OK) === 0) {
      this.withdraw(Status.FeaturesRefused);
      return;
    }
    this.write32(QUEUE_SELECT, this.queueIndex);
  }

  /** Reads the registers of the selected queue and offers it to the caller. */
  private offerQueue(): void {
    const size = this.section.read16(QUEUE_SIZE);
    const enabled = this.section.read16(QUEUE_ENABLE);
    this.queueSizeOffered = min<u32>(powerOfTwoBelow(size), QUEUE_SIZE_MAXIMUM);
    // A transmit request and a control message take two descriptors each.
    if (enabled !== 0 || this.queueSizeOffered < 2) {
      this.withdraw(Status.QueueTooSmall);
      return;
    }
    this.phase = DriverPhase.QueueOffered;
  }

  private write16(register: u32, value: u32): void {
    this.section.write16(register, value);
    this.submit(register);
  }

  private write32(register: u32, value: u32): void {
    this.section.write32(register, value);
    this.submit(register);
  }

  private write64(register: u32, value: u64): void {
    this.section.write64(register, value);
    this.submit(register);
  }

  /** Announces the register that was just stored. */
  private submit(register: u32): void {
    // The header changes now, so the device's answer to the last write must have been read.
    this.section.barrierFull();
    this.section.write32(WRITE_TRANSACTION, register);
    this.section.barrierWrite();
    this.writePending = true;
    this.deadline.start(this.clock.nowTicks(), this.acknowledgeTicks);
    this.link.notifyPeer();
  }
}
