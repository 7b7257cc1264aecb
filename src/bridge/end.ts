// SPDX-License-Identifier: MIT
/**
 * LinuxEnd: the AGL side of the link, joined to a CAN interface. It takes the role that the cell
 * does not have.
 *
 * As virtio-can device (class code 0xffc024 on this side) it sends the cell's frames to the
 * interface. As driver (0xff8024) it has a CAN controller in the cell, whose bus-off becomes an
 * error frame on the interface. If both ends accept error frames, those of the cell go to the
 * interface unchanged.
 *
 * The host program (or the twin) maps the ivshmem device at the addresses below. It calls `step`
 * after an interrupt, a frame of the interface, or a millisecond. It reads the role from the
 * device's class code.
 *
 * It moves what is there, at most BATCH_FRAMES each way at a time, and never waits for more.
 * Does not: block, or keep frames of the ring. A frame that finds no room on one side stays on the
 * other; without a session, frames of the interface wait in the socket's own buffer, and the few of
 * a batch that was read when the session ended wait here.
 * Does not: report single requests that the cell refused; they are counted.
 */
import { socket_receive, socket_send, socket_waiting } from '../abi/socket';
import { allocateFrames, Frame, FRAME_BYTES, IDENTIFIER_ERROR } from '../can/frame';
import { GenericTimer } from '../chip/arm/generic-timer';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { Status } from '../rt/status';
import { BatchDevice } from '../virtio/batch-device';
import { BatchDriver } from '../virtio/batch-driver';
import { CanLinkEnd, LinkSession } from '../virtio/can-link-end';
import { BATCH_FRAMES, FrameBatches } from '../virtio/frame-batches';
import { BridgeSection } from './section';

/** Where the host program maps the state table and the register page; the R/W section is at 0. */
export const STATE_TABLE_ADDRESS: u32 = 0x80000000;
export const REGISTER_PAGE_ADDRESS: u32 = 0x90000000;

/** Two pages: the minimum of Linux's virtio_ivshmem. */
export const SECTION_BYTES_MINIMUM: u32 = 0x2000;

/** The numbers by which the host program names the roles. */
export enum Role {
  /** virtio-can device, class code 0xffc024 on this side. */
  BackEnd = 0,
  /** virtio-can driver, class code 0xff8024 on this side. */
  FrontEnd = 1,
}

/** Set in a result of `socket_send`: the frames were refused (src/abi/socket.ts). */
const SOCKET_REFUSED: u32 = 0x80000000;

/** Class and length of an error frame (Linux include/uapi/linux/can/error.h). */
const ERROR_BUS_OFF: u32 = 0x40;
const ERROR_LENGTH: u8 = 8;

/** Makes the end of `role` on a R/W section of `sectionBytes` bytes. Call it only at start-up. */
export function createEnd(sectionBytes: u32, role: u32): LinuxEnd {
  const link = new IvshmemLink(REGISTER_PAGE_ADDRESS, STATE_TABLE_ADDRESS);
  const section = new BridgeSection(sectionBytes);
  const clock = new GenericTimer();
  if (role !== (Role.FrontEnd as u32)) {
    const device = new BatchDevice<BridgeSection, IvshmemLink, GenericTimer>(section, link, clock);
    return new LinuxEnd(link, device, device);
  }
  const driver = new BatchDriver<BridgeSection, IvshmemLink, GenericTimer>(section, link, clock);
  // One interrupt too many costs less than a lost one; but sent frames need none while there is room.
  driver.wantReceiveInterrupts();
  return new LinuxEnd(link, driver, driver);
}

@final
export class LinuxEnd {
  /** `outgoing` goes from the ring to the interface, `incoming` from the interface to the ring. */
  private readonly outgoing: usize = allocateFrames(BATCH_FRAMES);
  private readonly incoming: usize = allocateFrames(BATCH_FRAMES);
  /** The frames of `incoming` that the ring has not had yet. */
  private incomingNext: u32 = 0;
  private incomingEnd: u32 = 0;
  /** The interface had no room for the oldest frame of the ring. */
  private isBlocked: bool = false;
  /** The ring had no room for frames of the interface. */
  private isStuck: bool = false;
  /** The last piece of work was a full one, or one of the session: more is likely. */
  private isMore: bool = false;
  /** An error frame of this end that the interface has not taken yet. */
  private readonly busOff: Frame = changetype<Frame>(allocateFrames(1));
  private busOffHeld: bool = false;
  private busOffSaid: bool = false;

  /** `end` and `batches` are the same object. */
  constructor(
    private readonly link: IvshmemLink,
    readonly end: CanLinkEnd,
    private readonly batches: FrameBatches,
  ) {}

  /** Checks the device. Sets the own state to 0, which ends a session of an earlier bridge. */
  open(): Status {
    const status = this.link.open();
    if (status !== Status.Ok) return status;
    this.link.withdrawOnFault();
    this.end.leave();
    return Status.Ok;
  }

  /**
   * Does at most two steps of the session and one batch each way. Returns false when the caller may
   * sleep until something happens.
   */
  step(): bool {
    if (this.work() && this.isMore) {
      this.end.suppressKicks();
      return true;
    }
    // Linux disarms the interrupt when it delivers one, so it is armed before every sleep. What came
    // before raised none, so look a second time.
    this.link.setInterruptEnabled(true);
    const announced = this.goToSleep();
    return this.end.step() || announced || (this.isStuck && this.batches.room() > 0);
  }

  /**
   * The session as the end sees it. A controller that is bus-off is started again, so its session
   * goes on.
   */
  get session(): LinkSession {
    return this.end.isPeerBusOff ? LinkSession.Running : this.end.session;
  }

  /** Asks for interrupts. Returns true when there is work already. */
  private goToSleep(): bool {
    const isWork = this.end.allowKicks();
    // The device has looked for frames by that.
    return isWork || (!this.end.isBackEnd && !this.isBlocked && this.end.hasReceived());
  }

  /** Does a bounded piece of work each way. Returns false when there was none. */
  private work(): bool {
    const upkeep = this.end.step();
    this.isMore = upkeep;
    this.noticeBusOff();
    const sent = this.sendOutgoing();
    const received = this.receiveIncoming();
    return upkeep || sent || received;
  }

  /** Sends one error frame when the peer changes to bus-off, before the frames that follow. */
  private noticeBusOff(): void {
    // A cell that sends error frames has sent this one itself.
    const isBusOff = this.end.isPeerBusOff && !this.end.errorFramesAccepted;
    if (isBusOff && !this.busOffSaid) {
      this.busOff.identifier = IDENTIFIER_ERROR | ERROR_BUS_OFF;
      this.busOff.length = ERROR_LENGTH;
      this.busOffHeld = true;
    }
    this.busOffSaid = isBusOff;
  }

  /**
   * Moves frames from the ring to the interface. Returns false when there is no frame, or no room.
   */
  private sendOutgoing(): bool {
    this.isBlocked = false;
    if (this.busOffHeld) {
      this.isBlocked = socket_send(changetype<usize>(this.busOff), 1) === 0;
      this.busOffHeld = this.isBlocked;
      return !this.isBlocked;
    }
    const count = this.batches.take(this.outgoing);
    // Requests that were refused instead: more may follow.
    if (count === 0) {
      const isMore = this.end.hasReceived();
      if (isMore) this.isMore = true;
      return isMore;
    }
    const result = socket_send(this.outgoing, count);
    const done = min<u32>(result & ~SOCKET_REFUSED, count);
    this.batches.finishTaken(done, (result & SOCKET_REFUSED) === 0);
    this.isBlocked = done === 0;
    if (done === BATCH_FRAMES || done < count) this.isMore = true;
    return done > 0;
  }

  /**
   * Moves frames from the interface to the ring. Returns false when there is no frame, or no room.
   */
  private receiveIncoming(): bool {
    const isEmpty = this.incomingNext === this.incomingEnd;
    this.isStuck = false;
    if (isEmpty && socket_waiting() === 0) return false;
    const room = this.batches.room();
    this.isStuck = room === 0;
    if (room === 0) return false;
    if (isEmpty) {
      this.incomingNext = 0;
      this.incomingEnd = min<u32>(socket_receive(this.incoming, room), room);
      if (this.incomingEnd === 0) return false;
    }
    if (this.incomingEnd === room) this.isMore = true;
    const first = this.incomingNext;
    const end = this.endOfRun(first);
    if (end > first) {
      this.incomingNext += this.batches.give(this.incoming + first * FRAME_BYTES, end - first);
      return this.incomingNext > first;
    }
    // The controller has gone off the bus.
    this.incomingNext += 1;
    this.end.noteBusOff(true, false);
    // The ring counts and drops it unless it carries error frames.
    this.end.submit(this.incomingFrame(first));
    return true;
  }

  /** The index behind the frames from `first` on that no bus-off comes between. */
  private endOfRun(first: u32): u32 {
    let index = first;
    while (index < this.incomingEnd) {
      const identifier = this.incomingFrame(index).identifier;
      if ((identifier & IDENTIFIER_ERROR) !== 0 && (identifier & ERROR_BUS_OFF) !== 0) break;
      index += 1;
    }
    return index;
  }

  private incomingFrame(index: u32): Frame {
    return changetype<Frame>(this.incoming + index * FRAME_BYTES);
  }
}
