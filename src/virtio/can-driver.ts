// SPDX-License-Identifier: MIT
/**
 * The virtio-can driver: the front-end end of the ring, using a CAN interface of the peer.
 *
 * Never blocks, retries or keeps frames. A frame without room is counted and dropped. A received frame stays
 * in the ring until `receive` takes it, so a slow caller slows the peer down.
 *
 * Bounds: `step`, `submit` and `receive` each handle at most one ring entry (three words), one register or 64
 * cleared bytes, and ring the doorbell at most once. Whatever the peer does, the worst result is that the
 * session is given up and a new one begins. Frames in flight are then lost.
 */
import { Frame } from '../can/frame';
import { Clock } from '../hal/clock';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { CanDriverQueues } from './can-driver-queues';
import { CanLinkEnd } from './can-link-end';
import {
  CONFIG_STATUS_BUS_OFF,
  CONTROL_START,
  frameOfMessage,
  isCarriable,
  MESSAGE_BYTES_MAXIMUM,
  MESSAGE_RECEIVE,
  MESSAGE_TRANSMIT,
  messageBytes,
  messageWord0,
  messageWord1,
  messageWord2,
  refusedForms,
  RESULT_NOT_OK,
  RESULT_OK,
} from './can-messages';
import { TransmitQueue } from './transmit-queue';
import { DriverPhase, TransportDriver } from './transport-driver';
import { VirtqueueDriver } from './virtqueue-driver';

/** Longest time for the device to start. */
export const START_TIMEOUT_MICROS: u32 = 1_000_000;
/** Pause before a bus-off controller is started again. */
export const BUS_OFF_PAUSE_MICROS: u32 = 100_000;

/**
 * Longest time without a finished transmit request. Otherwise a device that lost its side of the session, or
 * a host that hangs, would keep the requests for ever.
 */
export const COMPLETION_TIMEOUT_MICROS: u32 = 2_000_000;

/** State of the driver. The numbers are for the console and the trace. */
export enum CanDriverState {
  /** No session: no peer, or negotiating. */
  Offline = 0,
  /** START is on its way. */
  Starting = 1,
  /** Frames flow. */
  Running = 2,
  /** The peer's controller is bus-off; START follows after a pause. */
  BusOff = 3,
}

export class CanDriver<
  Memory extends SharedMemory,
  Link extends PeerLink,
  Time extends Clock,
> extends CanLinkEnd {
  state: CanDriverState = CanDriverState.Offline;
  readonly transport: TransportDriver<Memory, Link, Time>;

  protected readonly section: Memory;
  private readonly clock: Time;
  protected readonly queues: CanDriverQueues<Memory>;
  private readonly deadline: Deadline = new Deadline();
  private readonly startTicks: u64;
  private readonly pauseTicks: u64;
  private readonly completionTicks: u64;
  /** The transmit queue of `queues`, and the identifier flags that cannot be sent in this session. */
  protected readonly transmit: TransmitQueue<Memory>;
  protected refused: u32 = 0;
  private configPending: bool = false;
  /** No session is begun: the peer is silent. */
  private isHeld: bool = false;

  constructor(section: Memory, link: Link, clock: Time) {
    const transport = new TransportDriver<Memory, Link, Time>(section, link, clock);
    super(false, transport);
    this.section = section;
    this.clock = clock;
    this.transport = transport;
    const queues = new CanDriverQueues<Memory>(section);
    this.queues = queues;
    this.transmit = queues.transmit;
    this.startTicks = microsToTicks(START_TIMEOUT_MICROS, clock.ticksPerSecond());
    this.pauseTicks = microsToTicks(BUS_OFF_PAUSE_MICROS, clock.ticksPerSecond());
    this.completionTicks = microsToTicks(COMPLETION_TIMEOUT_MICROS, clock.ticksPerSecond());
  }

  /** From the next session on the device announces what it returns, except for sent frames: those are polled. */
  override wantReceiveInterrupts(): void {
    this.queues.interruptsWanted = true;
    this.queues.completionsAnnounced = false;
  }

  override step(): bool {
    if (this.isHeld) return false;
    const happened = this.transport.step();
    if (this.transport.phase === DriverPhase.Operating) return this.operate() || happened;
    this.sessionEnded();
    if (this.transport.phase === DriverPhase.QueueOffered) {
      this.prepareQueue();
      return true;
    }
    if (this.transport.phase !== DriverPhase.Negotiating) this.queues.restart();
    return happened;
  }

  override canSubmit(): bool {
    return this.running && this.transmit.hasRoom;
  }

  override submit(frame: Frame): Status {
    if (!this.running) {
      this.counters.droppedNoPeer += 1;
      return Status.PeerNotReady;
    }
    const queue = this.transmit;
    const first = queue.heldCount === 0;
    const status = this.put(frame);
    if (status === Status.Ok) {
      if (first) this.awaitCompletion();
      this.transport.kick(queue.kickWanted());
      this.counters.sent += 1;
    } else if (status === Status.Full) {
      this.counters.droppedFull += 1;
    }
    return status;
  }

  /** Puts a frame in the next slot, and tells nobody. `MessageBad`: it cannot be carried, and is counted. */
  protected put(frame: Frame): Status {
    const identifier = frame.identifier;
    const length: u32 = frame.length;
    if (!isCarriable(identifier, length, this.refused)) {
      this.counters.droppedUnsupported += 1;
      return Status.MessageBad;
    }
    const word0 = messageWord0(MESSAGE_TRANSMIT, length, frame.rawDlc);
    const word1 = messageWord1(identifier);
    const word2 = messageWord2(identifier, length, frame.data);
    return this.transmit.send(word0, word1, word2, messageBytes(length)) ? Status.Ok : Status.Full;
  }

  override hasReceived(): bool {
    return this.running && this.queues.receive.hasUsed();
  }

  override receive(frame: Frame): Status {
    if (!this.running) return Status.Empty;
    const queue = this.queues.receive;
    const taken = queue.takeUsed();
    if (taken === Status.Empty) return taken;
    if (taken !== Status.Ok) return this.giveUp(taken);
    const status = this.readMessage(frame);
    if (status === Status.RingLengthBad) return this.giveUp(status);
    queue.offer(queue.usedHead);
    this.transport.kick(queue.kickWanted());
    if (status === Status.Ok) this.counters.received += 1;
    else this.counters.malformed += 1;
    return status;
  }

  /**
   * Reads the frame of the receive buffer taken last. `MessageBad`: an impossible message. `RingLengthBad`: more
   * bytes than the buffer has.
   */
  protected readMessage(frame: Frame): Status {
    const queue = this.queues.receive;
    const bytes = queue.usedLength;
    if (bytes > MESSAGE_BYTES_MAXIMUM) return Status.RingLengthBad;
    const message = this.queues.receiveMessage(queue.usedHead);
    const word0 = this.section.read64(message);
    const word1 = this.section.read64(message + 8);
    const word2 = this.section.read64(message + 16);
    const features = this.transport.featuresLow;
    return frameOfMessage(MESSAGE_RECEIVE, features, bytes, word0, word1, word2, frame);
  }

  /** At shutdown this must be the last call. */
  override leave(): void {
    this.transport.leave();
    this.sessionEnded();
  }

  override get isPeerBusOff(): bool {
    return this.state === CanDriverState.BusOff;
  }

  override noteSilence(isSilent: bool): void {
    this.isHeld = isSilent;
    if (!isSilent || this.transport.phase < DriverPhase.Negotiating) return;
    this.transport.withdraw(Status.PeerSilent);
    this.sessionEnded();
  }

  /** The device announces whatever it may. No interrupt tells of an acknowledged register write: poll. */
  override allowKicks(): bool {
    return this.transport.phase === DriverPhase.Negotiating;
  }

  protected override isPeerThere(): bool {
    return this.transport.phase >= DriverPhase.Negotiating;
  }

  private become(state: CanDriverState): void {
    this.state = state;
    this.running = state === CanDriverState.Running;
  }

  private sessionEnded(): void {
    if (this.state >= CanDriverState.Running) {
      this.counters.lost += 1;
      this.counters.lostInFlight += this.queues.transmit.heldCount;
    }
    this.become(CanDriverState.Offline);
  }

  protected giveUp(reason: Status): Status {
    this.counters.violations += 1;
    this.transport.withdraw(reason);
    this.sessionEnded();
    return reason;
  }

  private prepareQueue(): void {
    const index = this.transport.queueIndex;
    if (!this.queues.usable) {
      this.transport.withdraw(Status.QueueTooSmall);
      return;
    }
    if (!this.queues.prepareStep(index, this.transport.queueSizeOffered)) return;
    const queue = this.queues.queue(index);
    this.transport.provideQueue(
      queue.size,
      queue.descriptorOffset,
      queue.availableOffset,
      queue.usedOffset,
    );
  }

  /** One step of a running session: configuration changes, START, transmit completions. */
  private operate(): bool {
    if (this.transport.takeConfigEvent()) this.configPending = true;
    if (this.transport.phase !== DriverPhase.Operating) {
      this.sessionEnded();
      return true;
    }
    if (this.configPending) this.readConfig();
    switch (this.state) {
      case CanDriverState.Offline:
        this.sendStart();
        return true;
      case CanDriverState.Starting:
        return this.awaitStart();
      case CanDriverState.BusOff:
        if (this.deadline.reached(this.clock.nowTicks())) {
          this.sendStart();
          return true;
        }
        return this.reapTransmit();
      default:
        return this.reapTransmit();
    }
  }

  private readConfig(): void {
    const status = this.transport.configStatus();
    if (status < 0) return;
    this.configPending = false;
    if (((<u32>status) & CONFIG_STATUS_BUS_OFF) !== 0 && this.running) {
      this.become(CanDriverState.BusOff);
      this.deadline.start(this.clock.nowTicks(), this.pauseTicks);
    }
  }

  private sendStart(): void {
    this.section.write16(this.queues.controlMessage, CONTROL_START);
    this.section.write8(this.queues.controlResult, RESULT_NOT_OK);
    this.queues.control.offer(0);
    this.transport.kick(this.queues.control.kickWanted());
    this.become(CanDriverState.Starting);
    this.deadline.start(this.clock.nowTicks(), this.startTicks);
  }

  private awaitStart(): bool {
    const queue: VirtqueueDriver<Memory> = this.queues.control;
    const taken = queue.takeUsed();
    if (taken === Status.Empty) {
      if (!this.deadline.reached(this.clock.nowTicks())) return false;
      this.transport.withdraw(Status.TransactionTimeout);
      this.sessionEnded();
      return true;
    }
    if (taken !== Status.Ok) {
      this.giveUp(taken);
    } else if (!this.resultOk(queue.usedLength, this.queues.controlResult)) {
      this.transport.withdraw(Status.ControlRefused);
      this.sessionEnded();
    } else {
      this.refused = refusedForms(this.transport.featuresLow);
      this.become(CanDriverState.Running);
      this.counters.connected += 1;
      this.awaitCompletion();
    }
    return true;
  }

  /** Starts the device's time limit for finishing a request. */
  protected awaitCompletion(): void {
    this.deadline.start(this.clock.nowTicks(), this.completionTicks);
  }

  /** Gives the session up if the device has kept its requests for too long. */
  private completionLate(): bool {
    if (!this.running || this.queues.transmit.heldCount === 0) return false;
    if (!this.deadline.reached(this.clock.nowTicks())) return false;
    this.transport.withdraw(Status.TransactionTimeout);
    this.sessionEnded();
    return true;
  }

  /** Takes one transmit completion. False: there is none. */
  protected reapTransmit(): bool {
    const queue = this.queues.transmit;
    const taken = queue.takeUsed();
    if (taken === Status.Empty) return this.completionLate();
    if (taken !== Status.Ok) {
      this.giveUp(taken);
      return true;
    }
    if (this.running) this.awaitCompletion();
    if (this.resultOk(queue.usedLength, queue.resultOffset(queue.usedHead))) {
      this.counters.transmitted += 1;
    } else {
      this.counters.refused += 1;
    }
    return true;
  }

  /** True if the device wrote the result byte at `offset` and it reports success. */
  private resultOk(writtenBytes: u32, offset: u32): bool {
    return writtenBytes !== 0 && this.section.read8(offset) === RESULT_OK;
  }
}
