// SPDX-License-Identifier: MIT
/**
 * CanLinkEnd: one end of a virtio-can link, whichever of the two it is: CanDriver or CanDevice.
 *
 * Never blocks and keeps no frames. "Submit" is towards the peer, "receive" from it. Frames that find no room
 * are the caller's to keep or to drop.
 * Does not: dispatch where a field says it. What is looked at in each step of the cell is a field.
 */
import { Frame } from '../can/frame';
import { Status } from '../rt/status';
import { LinkCounters } from './link-counters';
import { TransportEnd } from './transport-end';
import { FEATURE_CAN_ERROR_MESSAGES } from './transport-registers';

/** Where the session is. The numbers are for the status page and the Linux host program. */
export enum LinkSession {
  /** No peer, or given up. */
  Absent = 0,
  /** The peer is there, frames do not flow yet. */
  SettingUp = 1,
  /** Frames flow. */
  Running = 2,
}

export abstract class CanLinkEnd {
  /** True while frames flow. */
  running: bool = false;
  /** True while the peer waits to be told how a received frame ended; never of the driver. */
  receivedOpen: bool = false;
  /** Grows when all received frames that are open are withdrawn (`isWithdrawn`). */
  withdrawals: u32 = 0;
  readonly counters: LinkCounters = new LinkCounters();

  /** `isBackEnd`: this end is the device, whose received frames are requests with an end. */
  constructor(
    readonly isBackEnd: bool,
    private readonly negotiated: TransportEnd,
  ) {}

  /** One bounded step of session upkeep. True if something happened. */
  abstract step(): bool;

  /** As `step`, which begins with it: a register write that the peer waits for (`isAwaited`). */
  acknowledge(): bool {
    return false;
  }

  /** Sets own state 0, at the start and before the end. */
  abstract leave(): void;

  /** True if `submit` would find room now. */
  abstract canSubmit(): bool;

  /**
   * Gives `frame` to the peer. `PeerNotReady`, `Full` and `MessageBad` (virtio-can or the accepted features
   * cannot carry the frame) are counted. Another status: the session was given up.
   */
  abstract submit(frame: Frame): Status;

  /** True if `receive` may find a frame: one load of shared memory. */
  abstract hasReceived(): bool;

  /**
   * Takes the oldest frame from the peer into `frame`. `Empty`: none. `MessageBad`: an impossible message,
   * which is dropped. Another status: the session was given up. The device also has `Busy` and `PeerNotReady`.
   */
  abstract receive(frame: Frame): Status;

  /** Ends the oldest open received frame as `sent` or not. Does nothing if none is open. */
  finishReceived(_sent: bool): void {}

  /** What `finish` knows the frame received last by. */
  receivedTag: u32 = 0;

  /** Ends the received frame of `tag` as `sent` or not. Does nothing if it is not open. */
  finish(_tag: u32, _sent: bool): void {}

  /** True if the peer no longer waits for the received frame of `tag`: it is not wanted. */
  isWithdrawn(_tag: u32): bool {
    return false;
  }

  /** True if the peer no longer waits for the frame received last: it is not wanted. */
  get receivedWithdrawn(): bool {
    return this.isBackEnd && !this.receivedOpen;
  }

  /** Frames no longer flow, and those that are open are not wanted. */
  protected endRunning(): void {
    this.running = false;
    this.withdrawals++;
  }

  /** True if there is a peer, from the first sign of one. */
  protected abstract isPeerThere(): bool;

  /**
   * True while frames for the peer are worth keeping. The driver starts the session itself, so they are from
   * the first sign of a peer; the device is a controller that hears nothing while stopped.
   */
  get peerPresent(): bool {
    return this.running || (!this.isBackEnd && this.isPeerThere());
  }

  get session(): LinkSession {
    if (this.running) return LinkSession.Running;
    return this.isPeerThere() ? LinkSession.SettingUp : LinkSession.Absent;
  }

  /** Why this end last gave the session up; `Ok` if it never did. */
  get lastFault(): Status {
    return this.negotiated.lastFault;
  }

  /** True if both ends have accepted error frames, an extension of virtio-can; see can-messages.ts. */
  get errorFramesAccepted(): bool {
    return (this.negotiated.featuresLow & FEATURE_CAN_ERROR_MESSAGES) !== 0;
  }

  /**
   * True if the peer waits for the acknowledgement of a register write: Linux spins on it. One load, of the
   * device only.
   */
  get isAwaited(): bool {
    return this.isBackEnd && this.isWritePending();
  }

  protected isWritePending(): bool {
    return false;
  }

  /** True if the peer waits, without a limit, for the end of a START or STOP, or for its interrupt. */
  get isControlOpen(): bool {
    return this.isBackEnd && this.isControlUnanswered();
  }

  protected isControlUnanswered(): bool {
    return false;
  }

  /** True if the peer's controller is bus-off; never of the device. */
  get isPeerBusOff(): bool {
    return false;
  }

  /**
   * The controller behind this end is bus-off, or not (any more); the device tells its driver once.
   * `isForGood`: it does not come back.
   */
  noteBusOff(_isBusOff: bool, _isForGood: bool): void {}

  /**
   * The program behind the peer is dead though its state says READY, or lives again. The driver ends its
   * session and begins none until then. The device keeps it: Linux's own driver has no heartbeat, and a device
   * that leaves would stop it for good.
   */
  noteSilence(_isSilent: bool): void {}

  /** From the next session on the peer announces what it has for this end. A driver always does. */
  wantReceiveInterrupts(): void {}

  /** This end polls from now on: the peer need not announce anything. */
  suppressKicks(): void {}

  /** Before going to sleep: this end wants announcements. True if there is work after all. */
  abstract allowKicks(): bool;
}
