/**
 * The virtio-can device: the back-end end of the ring, a CAN interface offered to the peer.
 *
 * Does not: block, or keep frames. A transmit request is taken with `takeTransmit` and stays open
 * until `finishTransmit` says how it ended, so that "used" means "sent" (LATE_TX_ACK).
 *
 * Bounds: `step` serves at most one register write and one control message, or one request that a STOP
 * has to wait for; `takeTransmit` and
 * `deliver` handle one ring entry each, of at most 16 descriptors; each call rings the doorbell at
 * most once. A driver whose rings are impossible loses the session; one whose messages are
 * impossible gets NOT_OK.
 */
import { Frame } from '../can/frame';
import { Clock } from '../hal/clock';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
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
import { LinkCounters } from './link-counters';
import { Announcement, Reminder } from './reminder';
import { TransportDevice } from './transport-device';
import { VirtqueueDevice } from './virtqueue-device';

/**
 * How long frames, and a bus-off, are held back after START. Linux's driver sends START before it enables
 * its polling; a frame in between would stay unseen until the next one. And it is "active" only some time
 * after the answer: a bus-off in between it ignores.
 */
export const RECEIVE_HOLD_MICROS: u32 = 5_000;

@final
export class CanDevice<Memory extends SharedMemory, Link extends PeerLink, Time extends Clock> {
  /** True between a START and the next STOP, bus-off or end of session. */
  started: bool = false;
  /** True while a transmit request was taken and not finished. */
  transmitOpen: bool = false;
  /**
   * The controller is off the bus and stays off, whatever the driver does: START fails. A START answered
   * OK would tell Linux that it is back, until the bus-off is said again.
   */
  staysOff: bool = false;
  readonly counters: LinkCounters = new LinkCounters();
  readonly transport: TransportDevice<Memory, Link, Time>;

  private readonly clock: Time;
  private readonly holdTicks: u64;
  private readonly hold: Deadline = new Deadline();
  private readonly reminder: Reminder;
  /** A message on its way between section and frame: read or written as a whole. */
  private readonly message: usize;
  private session: u32 = 0;
  private transmitHead: u32 = 0;
  private busOff: bool = false;
  /** A STOP was taken and is answered when no request is left. */
  private stopPending: bool = false;

  constructor(section: Memory, link: Link, clock: Time) {
    this.clock = clock;
    this.transport = new TransportDevice<Memory, Link, Time>(section, link, clock);
    this.holdTicks = microsToTicks(RECEIVE_HOLD_MICROS, clock.ticksPerSecond());
    this.reminder = new Reminder(clock.ticksPerSecond());
    this.message = heap.alloc(MESSAGE_BYTES_MAXIMUM);
  }

  /** One bounded step of session upkeep; true when something happened. */
  step(): bool {
    const happened = this.transport.step();
    this.noticeReset();
    return this.serveControl() || this.ringAgain() || happened;
  }

  /** True when `takeTransmit` may find a request: one load. */
  hasTransmit(): bool {
    return (
      !this.transmitOpen && this.transport.operating && this.transport.transmitQueue.hasAvailable()
    );
  }

  /**
   * Takes the next frame the driver wants sent into `frame`; then call `finishTransmit`. `Empty`:
   * none. `Busy`: the one before is not finished. `MessageBad`: an impossible request, or one of a form
   * that was not accepted, was refused; `PeerNotReady`: one while not started was. Ask again then.
   * Another status: the session was given up.
   */
  takeTransmit(frame: Frame): Status {
    if (this.transmitOpen) return Status.Busy;
    if (!this.transport.operating) return Status.Empty;
    const queue = this.transport.transmitQueue;
    const taken = queue.take();
    if (taken === Status.Empty) return taken;
    if (taken !== Status.Ok) return this.giveUp(taken);
    const chain = queue.chain;
    this.transmitHead = chain.head;
    this.transmitOpen = true;
    // What a short message leaves of the one before is not looked at: fewer bytes than 16 + length.
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
    if (status === Status.Ok && this.isCarriable(frame)) {
      if (this.started) {
        this.counters.received += 1;
        return Status.Ok;
      }
      this.finishTransmit(false);
      return Status.PeerNotReady;
    }
    this.counters.malformed += 1;
    this.finishTransmit(false);
    return Status.MessageBad;
  }

  /** Ends the open transmit request: `sent`, or not. Nothing happens if its session is over. */
  finishTransmit(sent: bool): void {
    if (!this.transmitOpen) return;
    this.transmitOpen = false;
    if (sent) this.counters.transmitted += 1;
    else this.counters.refused += 1;
    const queue = this.transport.transmitQueue;
    const written = this.writeResult(queue, sent ? RESULT_OK : RESULT_NOT_OK);
    queue.putUsed(this.transmitHead, written);
    if (queue.interruptWanted()) this.transport.announceQueues();
  }

  /** True while the session runs and frames may be delivered, if there is a buffer. */
  get delivering(): bool {
    return this.started && this.hold.reached(this.clock.nowTicks());
  }

  /**
   * True when `deliver` would find a buffer now. When there is none, asks the driver to say when
   * it offers the next.
   */
  canDeliver(): bool {
    if (!this.delivering) return false;
    const queue = this.transport.receiveQueue;
    if (queue.hasAvailable()) {
      queue.suppressKicks();
      return true;
    }
    return queue.allowKicks();
  }

  /**
   * Gives `frame` to the driver. `PeerNotReady`, `Full` (no buffer) and `MessageBad` (a frame that
   * virtio-can or the accepted features cannot carry) are counted. Another status: the session
   * was given up.
   */
  deliver(frame: Frame): Status {
    if (!this.delivering) {
      this.counters.droppedNoPeer += 1;
      return Status.PeerNotReady;
    }
    if (!this.isCarriable(frame)) {
      this.counters.droppedUnsupported += 1;
      return Status.MessageBad;
    }
    const queue = this.transport.receiveQueue;
    const taken = queue.take();
    if (taken === Status.Empty) {
      this.counters.droppedFull += 1;
      return Status.Full;
    }
    if (taken !== Status.Ok) return this.giveUp(taken);
    const identifier = frame.identifier;
    const length: u32 = frame.length;
    const bytes = messageBytes(length);
    if (queue.chain.writableBytes < bytes) return this.giveUp(Status.RingLengthBad);
    store<u64>(this.message, messageWord0(MESSAGE_RECEIVE, length, frame.rawDlc));
    store<u64>(this.message, messageWord1(identifier), 8);
    store<u64>(this.message, messageWord2(identifier, length, frame.data), 16);
    // Of a remote frame too: 16 + length bytes, as Linux's driver demands.
    const written = queue.chain.write(this.message, bytes);
    queue.putUsed(queue.chain.head, written);
    if (queue.interruptWanted()) this.transport.announceQueues();
    if (!this.reminder.isPlanned) this.reminder.plan(this.clock.nowTicks());
    this.counters.sent += 1;
    return Status.Ok;
  }

  /**
   * The controller is bus-off: stopped, said in the configuration, open requests refused. Not right
   * after START; call it again then, as long as the controller is bus-off.
   */
  reportBusOff(): void {
    if (!this.transport.operating || this.busOff) return;
    if (this.started && !this.delivering) return;
    this.busOff = true;
    // A driver that has stopped looks at nothing before its START, which clears the bit.
    this.reminder.planBusOff(this.clock.nowTicks(), this.started);
    this.transport.setConfigStatus(CONFIG_STATUS_BUS_OFF);
    this.stop();
  }

  /**
   * A control message is not answered, or was just now: Linux waits for its interrupt without a limit, and
   * takes none of a device that has left.
   */
  get controlOpen(): bool {
    if (!this.transport.operating) return false;
    return this.stopPending || this.reminder.once || this.transport.controlQueue.hasAvailable();
  }

  /** Own state 0: at the start, and before the end. The next `step` begins a new session. */
  leave(): void {
    this.transport.leave();
    this.noticeReset();
  }

  /** While there is work to be polled for: the driver need not kick. */
  suppressKicks(): void {
    this.transport.transmitQueue.suppressKicks();
    this.transport.controlQueue.suppressKicks();
  }

  /** Before going to sleep; true when there is work after all. */
  allowKicks(): bool {
    const transmit = this.transport.transmitQueue.allowKicks();
    const control = this.transport.controlQueue.allowKicks();
    return this.transport.operating && (control || (transmit && !this.transmitOpen));
  }

  private isCarriable(frame: Frame): bool {
    return isCarriable(frame.identifier, frame.length, refusedForms(this.transport.featuresLow));
  }

  /** A reset by the driver, or the end of its session, voids what was open. */
  private noticeReset(): void {
    if (this.session === this.transport.session) return;
    this.session = this.transport.session;
    this.transmitOpen = false;
    this.busOff = false;
    this.stopPending = false;
    this.reminder.forget();
    if (this.started) this.counters.lost += 1;
    this.started = false;
  }

  /** Rings once more if it is time and frames still wait; true when it did. */
  private ringAgain(): bool {
    if (!this.reminder.isPlanned) return false;
    const nowTicks = this.clock.nowTicks();
    if (!this.reminder.isDue(nowTicks)) return false;
    const isWaiting = this.started && this.transport.receiveQueue.hasUnconsumed();
    const announcement = this.reminder.take(nowTicks, isWaiting);
    if (announcement === Announcement.All) this.transport.announceAll();
    else if (announcement === Announcement.Queues) this.transport.announceQueues();
    return announcement !== Announcement.None;
  }

  private giveUp(reason: Status): Status {
    this.counters.violations += 1;
    this.transport.withdraw(reason);
    this.noticeReset();
    return reason;
  }

  /** Serves one control message, or a piece of a STOP; false when there is none. */
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
      return this.refuseNext();
    }
    this.answerControl(this.control(type));
    return true;
  }

  /**
   * Refuses one request that was in the ring at STOP; answers the STOP when there is none left. So the
   * driver has all of them back before it ends its polling: those that came back later would stay
   * unseen, and its interrupts off.
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
      this.transmitHead = queue.chain.head;
      this.transmitOpen = true;
      this.finishTransmit(false);
    }
    return true;
  }

  /** Ends the control message taken last. */
  private answerControl(result: u32): void {
    const queue = this.transport.controlQueue;
    queue.putUsed(queue.chain.head, this.writeResult(queue, result));
    if (queue.interruptWanted()) this.transport.announceQueues();
    this.reminder.planOnce(this.clock.nowTicks());
  }

  /** Starts, which is done when it already is, and fails while it cannot be; nothing else is known. */
  private control(type: u32): u32 {
    if (type === CONTROL_START) {
      if (this.staysOff) return RESULT_NOT_OK;
      if (this.busOff) this.transport.setConfigStatus(0);
      this.busOff = false;
      this.reminder.endBusOff();
      if (!this.started) this.counters.connected += 1;
      this.started = true;
      this.hold.start(this.clock.nowTicks(), this.holdTicks);
      // Learns how many buffers the driver offers while none is returned.
      this.transport.receiveQueue.hasUnconsumed();
      return RESULT_OK;
    }
    this.counters.malformed += 1;
    return RESULT_NOT_OK;
  }

  /** Stops; the open request is refused, those still in the ring when they are taken. */
  private stop(): void {
    this.started = false;
    this.finishTransmit(false);
  }

  /** Writes the one byte of a result to the chain taken last; returns the bytes written. */
  private writeResult(queue: VirtqueueDevice<Memory>, result: u32): u32 {
    store<u8>(this.message, <u8>result);
    return queue.chain.write(this.message, RESULT_BYTES);
  }
}
