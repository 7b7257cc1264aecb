// SPDX-License-Identifier: MIT
/**
 * The virtio-can device: the back-end end of the ring, a CAN interface offered to the peer.
 *
 * Never blocks and keeps no frames. A transmit request taken with `receive` stays open until
 * `finishReceived` reports its end, so that "used" means "sent" (LATE_TX_ACK).
 *
 * Bounds: `step` serves a register write or a control message, or gives back one request that a STOP waits for or a bus-off
 * has ended; a STOP and one request together. `receive` and `submit` handle one ring entry each, of at most 16 descriptors.
 * A driver with impossible rings loses the session; an impossible message gets NOT_OK.
 */
import { Frame } from '../can/frame';
import { Clock } from '../hal/clock';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { CanLinkEnd } from './can-link-end';
import {
  CONFIG_STATUS_BUS_OFF,
  CONTROL_BYTES,
  CONTROL_START,
  CONTROL_STOP,
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
  RESULT_BYTES,
  RESULT_NOT_OK,
  RESULT_OK,
} from './can-messages';
import { DescriptorChain, NO_OFFSET } from './descriptor-chain';
import { headOf, OpenRequests } from './open-requests';
import { Announcement, Reminder } from './reminder';
import { DevicePhase, TransportDevice } from './transport-device';
import { VirtqueueDevice } from './virtqueue-device';

/**
 * How long frames and a bus-off are held back after START. Linux's driver polls only some time later, so an earlier frame
 * would stay unseen until the next one. It is "active" only some time after the answer, and ignores an earlier bus-off.
 */
export const RECEIVE_HOLD_MICROS: u32 = 5_000;

/** `running` is true from a START until the next STOP, bus-off or end of session. */
export class CanDevice<
  Memory extends SharedMemory,
  Link extends PeerLink,
  Time extends Clock,
> extends CanLinkEnd {
  readonly transport: TransportDevice<Memory, Link, Time>;

  protected readonly section: Memory;
  private readonly clock: Time;
  private readonly holdTicks: u64;
  private readonly hold: Deadline = new Deadline();
  private readonly reminder: Reminder;
  /** A message copied between section and frame. It is read or written as a whole. */
  private readonly message: usize;
  private knownSession: u32 = 0;
  /** Requests that may be open at once, at most OPEN_MAXIMUM. */
  openMaximum: u32 = 1;
  private readonly open: OpenRequests = new OpenRequests();
  private busOff: bool = false;
  /** The controller stays off the bus: START fails. Answered OK, it would tell Linux that the controller is back. */
  private staysOff: bool = false;
  /** A STOP was taken. It is answered when no request is left. */
  private stopPending: bool = false;

  constructor(section: Memory, link: Link, clock: Time) {
    const transport = new TransportDevice<Memory, Link, Time>(section, link, clock);
    super(true, transport);
    this.section = section;
    this.clock = clock;
    this.transport = transport;
    this.holdTicks = microsToTicks(RECEIVE_HOLD_MICROS, clock.ticksPerSecond());
    this.reminder = new Reminder(clock.ticksPerSecond());
    this.message = heap.alloc(MESSAGE_BYTES_MAXIMUM);
  }

  override step(): bool {
    return this.acknowledge() || this.refuseOpen() || this.serveControl() || this.ringAgain();
  }
  override acknowledge(): bool {
    const happened = this.transport.step();
    this.noticeReset();
    return happened;
  }

  override hasReceived(): bool {
    return (
      this.open.count < this.openMaximum &&
      this.transport.operating &&
      this.transport.transmitQueue.hasAvailable()
    );
  }

  /**
   * Takes the next frame the driver wants sent; then call `finish`. `Busy`: `openMaximum` are not
   * finished. Refused, ask again: `MessageBad`, also a form that was not accepted; `PeerNotReady`, a request
   * while stopped.
   */
  override receive(frame: Frame): Status {
    if (this.open.count >= this.openMaximum) return Status.Busy;
    if (!this.transport.operating) return Status.Empty;
    const queue = this.transport.transmitQueue;
    const taken = queue.take();
    if (taken === Status.Empty) return taken;
    if (taken !== Status.Ok) return this.giveUp(taken);
    const chain = queue.chain;
    const tag = this.open.add(chain.head, this.transport.session, chain.writableOffset);
    this.receivedOpen = true;
    this.receivedTag = tag;
    const isGood = this.readRequest(chain, frame) === Status.Ok;
    if (isGood && this.running) {
      this.counters.received += 1;
      return Status.Ok;
    }
    if (!isGood) this.counters.malformed += 1;
    this.finish(tag, false);
    return isGood ? Status.PeerNotReady : Status.MessageBad;
  }

  /** Reads the frame of the request in `chain`. `MessageBad`: an impossible one, or a form not accepted. */
  protected readRequest(chain: DescriptorChain<Memory>, frame: Frame): Status {
    // A short message leaves old bytes behind it, which are not read: they lie beyond 16 + length.
    const bytes = chain.read(this.message, MESSAGE_BYTES_MAXIMUM);
    const status = frameOfMessage(
      MESSAGE_TRANSMIT,
      this.transport.featuresLow,
      bytes,
      load<u64>(this.message),
      load<u64>(this.message, 8),
      load<u64>(this.message, 16),
      frame,
    );
    return status === Status.Ok && !this.isCarriable(frame) ? Status.MessageBad : status;
  }

  override finishReceived(sent: bool): void {
    if (this.open.count !== 0) this.finish(this.open.oldest, sent);
  }

  override finish(tag: u32, sent: bool): void {
    const place = this.open.placeOf(tag);
    if (place === this.open.count) return;
    const result = this.open.remove(place);
    this.receivedOpen = this.running && this.open.count !== 0;
    this.giveBack(headOf(tag), result, sent);
  }

  override isWithdrawn(tag: u32): bool {
    return !this.running || this.open.placeOf(tag) === this.open.count;
  }

  /** Returns the transmit request of `head` with its result, a byte at `offset` of the section. */
  protected giveBack(head: u32, offset: u32, sent: bool): void {
    if (sent) this.counters.transmitted += 1;
    else this.counters.refused += 1;
    const queue = this.transport.transmitQueue;
    const hasResult = offset !== NO_OFFSET;
    if (hasResult) this.section.write8(offset, sent ? RESULT_OK : RESULT_NOT_OK);
    queue.putUsed(head, hasResult ? RESULT_BYTES : 0);
    if (queue.interruptWanted()) this.transport.announceQueues();
  }

  /** True if the session runs and frames may be delivered, given a buffer. */
  get delivering(): bool {
    return this.running && this.hold.reached(this.clock.nowTicks());
  }

  /** If there is no buffer, asks the driver to notify when it offers the next one. */
  override canSubmit(): bool {
    if (!this.delivering) return false;
    const queue = this.transport.receiveQueue;
    if (queue.hasAvailable()) {
      queue.suppressKicks();
      return true;
    }
    return queue.allowKicks();
  }

  override submit(frame: Frame): Status {
    if (!this.delivering) {
      this.counters.droppedNoPeer += 1;
      return Status.PeerNotReady;
    }
    if (!this.isCarriable(frame)) {
      this.counters.droppedUnsupported += 1;
      return Status.MessageBad;
    }
    const queue = this.transport.receiveQueue;
    const status = this.deliver(queue, frame);
    if (status === Status.Empty) {
      this.counters.droppedFull += 1;
      return Status.Full;
    }
    if (status === Status.Ok) this.delivered(queue, 1);
    return status;
  }

  /** Puts a carriable frame in the next buffer. `Empty`: there is none. Another status: the session was given up. */
  protected deliver(queue: VirtqueueDevice<Memory>, frame: Frame): Status {
    const taken = queue.take();
    if (taken === Status.Empty) return taken;
    if (taken !== Status.Ok) return this.giveUp(taken);
    const identifier = frame.identifier;
    const length: u32 = frame.length;
    const bytes = messageBytes(length);
    if (queue.chain.writableBytes < bytes) return this.giveUp(Status.RingLengthBad);
    store<u64>(this.message, messageWord0(MESSAGE_RECEIVE, length, frame.rawDlc));
    store<u64>(this.message, messageWord1(identifier), 8);
    store<u64>(this.message, messageWord2(identifier, length, frame.data), 16);
    // 16 + length bytes also for a remote frame, as Linux's driver demands.
    const written = queue.chain.write(this.message, bytes);
    queue.putUsed(queue.chain.head, written);
    return Status.Ok;
  }

  /** `count` frames were delivered: tells the driver. */
  protected delivered(queue: VirtqueueDevice<Memory>, count: u32): void {
    if (queue.interruptWanted()) this.transport.announceQueues();
    if (!this.reminder.isPlanned) this.reminder.plan(this.clock.nowTicks());
    this.counters.sent += count;
  }

  override noteBusOff(isBusOff: bool, isForGood: bool): void {
    this.staysOff = isBusOff && isForGood;
    if (isBusOff) this.reportBusOff();
  }

  /**
   * Reports bus-off: stops, sets it in the configuration and refuses open requests. Has no effect directly
   * after START, so call it again while the controller is bus-off.
   */
  private reportBusOff(): void {
    if (!this.transport.operating || this.busOff) return;
    if (this.running && !this.delivering) return;
    this.busOff = true;
    // A stopped driver looks at nothing before its START, which clears the bit.
    this.reminder.planBusOff(this.clock.nowTicks(), this.running);
    this.transport.setConfigStatus(CONFIG_STATUS_BUS_OFF);
    this.stop();
  }

  /** A control message is unanswered, or was just answered. Linux waits without a limit, and who has left cannot ring. */
  protected override isControlUnanswered(): bool {
    if (!this.transport.operating) return false;
    return this.stopPending || this.reminder.once || this.transport.controlQueue.hasAvailable();
  }

  protected override isWritePending(): bool {
    return this.transport.writePending;
  }

  protected override isPeerThere(): bool {
    return this.transport.phase === DevicePhase.Serving;
  }

  /** The next `step` begins a new session. */
  override leave(): void {
    this.transport.leave();
    this.noticeReset();
  }

  override suppressKicks(): void {
    this.transport.transmitQueue.suppressKicks();
    this.transport.controlQueue.suppressKicks();
  }

  override allowKicks(): bool {
    const transmit = this.transport.transmitQueue.allowKicks();
    const control = this.transport.controlQueue.allowKicks();
    return (
      this.transport.operating && (control || (transmit && this.open.count < this.openMaximum))
    );
  }

  protected isCarriable(frame: Frame): bool {
    return isCarriable(frame.identifier, frame.length, refusedForms(this.transport.featuresLow));
  }

  /** A reset by the driver, or the end of its session, voids open requests. */
  private noticeReset(): void {
    if (this.knownSession === this.transport.session) return;
    this.knownSession = this.transport.session;
    this.receivedOpen = false;
    this.open.count = 0;
    this.busOff = false;
    this.stopPending = false;
    this.reminder.forget();
    if (this.running) this.counters.lost += 1;
    this.endRunning();
  }

  /** Rings once more if it is due and frames still wait. True if it rang. */
  private ringAgain(): bool {
    if (!this.reminder.isPlanned) return false;
    const nowTicks = this.clock.nowTicks();
    if (!this.reminder.isDue(nowTicks)) return false;
    const isWaiting = this.running && this.transport.receiveQueue.hasUnconsumed();
    const announcement = this.reminder.take(nowTicks, isWaiting);
    if (announcement === Announcement.All) this.transport.announceAll();
    else if (announcement === Announcement.Queues) this.transport.announceQueues();
    return announcement !== Announcement.None;
  }

  protected giveUp(reason: Status): Status {
    this.counters.violations += 1;
    this.transport.withdraw(reason);
    this.noticeReset();
    return reason;
  }

  /** Serves one control message, or a piece of a STOP. False: there is none. */
  private serveControl(): bool {
    if (!this.transport.operating) return false;
    if (this.stopPending) return this.refuseNext();
    const queue = this.transport.controlQueue;
    const taken = queue.take();
    if (taken === Status.Empty) return false;
    if (taken !== Status.Ok) {
      this.giveUp(taken);
      return true;
    }
    const bytes = queue.chain.read(this.message, CONTROL_BYTES);
    const type: u32 = bytes === CONTROL_BYTES ? load<u16>(this.message) : 0;
    if (type === CONTROL_STOP) {
      this.reminder.endBusOff();
      this.stop();
      this.stopPending = true;
      return this.open.count !== 0 || this.refuseNext();
    }
    this.answerControl(this.control(type));
    return true;
  }

  /**
   * Refuses one request that was in the ring at STOP, or answers the STOP if none is left. The driver thus
   * gets all of them back before it ends its polling; later ones would stay unseen, with its interrupts off.
   */
  private refuseNext(): bool {
    const queue = this.transport.transmitQueue;
    const taken = queue.take();
    if (taken === Status.Empty) {
      this.stopPending = false;
      this.answerControl(RESULT_OK);
    } else if (taken !== Status.Ok) {
      this.giveUp(taken);
    } else {
      this.giveBack(queue.chain.head, queue.chain.writableOffset, false);
    }
    return true;
  }

  /** Answers the control message taken last. */
  private answerControl(result: u32): void {
    const queue = this.transport.controlQueue;
    store<u8>(this.message, <u8>result);
    queue.putUsed(queue.chain.head, queue.chain.write(this.message, RESULT_BYTES));
    if (queue.interruptWanted()) this.transport.announceQueues();
    this.reminder.planOnce(this.clock.nowTicks());
  }

  /** Performs START or STOP. START when started is OK; it fails while `staysOff`. Others are unknown. */
  private control(type: u32): u32 {
    if (type === CONTROL_START) {
      if (this.staysOff) return RESULT_NOT_OK;
      if (this.busOff) this.transport.setConfigStatus(0);
      this.busOff = false;
      this.reminder.endBusOff();
      if (!this.running) this.counters.connected += 1;
      this.running = true;
      this.hold.start(this.clock.nowTicks(), this.holdTicks);
      // Notes how many buffers the driver offers before any is returned.
      this.transport.receiveQueue.hasUnconsumed();
      return RESULT_OK;
    }
    this.counters.malformed += 1;
    return RESULT_NOT_OK;
  }

  /** Stops. An open request is refused now, further ones by `refuseOpen`, those in the ring when they are taken. */
  private stop(): void {
    this.endRunning();
    this.finishReceived(false);
    this.receivedOpen = false;
  }

  /** Refuses a request that is open since before the device stopped. False: there is none. */
  private refuseOpen(): bool {
    if (this.running || this.open.count === 0) return false;
    this.finishReceived(false);
    return true;
  }
}
