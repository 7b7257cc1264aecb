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
 * Does not: block or keep frames. A frame that finds no room on one side stays on the other;
 * without a session, frames of the interface wait in the socket's own buffer.
 * Does not: report single requests that the cell refused; they are counted.
 */
import { socket_receive, socket_send } from '../abi/socket';
import { allocateFrames, Frame, IDENTIFIER_ERROR } from '../can/frame';
import { GenericTimer } from '../chip/arm/generic-timer';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { Status } from '../rt/status';
import { CanDevice } from '../virtio/can-device';
import { CanDriver } from '../virtio/can-driver';
import { CanLinkEnd, LinkSession } from '../virtio/can-link-end';

/** Where the host program maps the R/W section, the state table and the register page. */
export const SECTION_ADDRESS: u32 = 0x00000000;
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

/** Results of `socket_send` (src/abi/socket.ts). */
const SEND_WOULD_BLOCK: u32 = 0;
const SEND_TAKEN: u32 = 1;

/** Class and length of an error frame (Linux include/uapi/linux/can/error.h). */
const ERROR_BUS_OFF: u32 = 0x40;
const ERROR_LENGTH: u8 = 8;

/** Makes the end of `role` on a R/W section of `sectionBytes` bytes. Call it only at start-up. */
export function createEnd(sectionBytes: u32, role: u32): LinuxEnd {
  const link = new IvshmemLink(REGISTER_PAGE_ADDRESS, STATE_TABLE_ADDRESS);
  const section = new SharedSection(SECTION_ADDRESS, sectionBytes);
  const clock = new GenericTimer();
  if (role !== (Role.FrontEnd as u32)) {
    return new LinuxEnd(
      link,
      new CanDevice<SharedSection, IvshmemLink, GenericTimer>(section, link, clock),
    );
  }
  const driver = new CanDriver<SharedSection, IvshmemLink, GenericTimer>(section, link, clock);
  // One interrupt too many costs less than a lost one.
  driver.wantInterrupts();
  return new LinuxEnd(link, driver);
}

@final
export class LinuxEnd {
  /** `outgoing` goes from the ring to the interface, `incoming` from the interface to the ring. */
  private readonly outgoing: Frame = changetype<Frame>(allocateFrames(1));
  private readonly incoming: Frame = changetype<Frame>(allocateFrames(1));
  private outgoingHeld: bool = false;
  private busOffSaid: bool = false;

  constructor(
    private readonly link: IvshmemLink,
    readonly end: CanLinkEnd,
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
   * Does at most one step of the session and one frame each way. If there was nothing to do, it
   * tries once more. Returns false when the caller may sleep until something happens.
   */
  step(): bool {
    if (this.work()) {
      this.end.suppressKicks();
      return true;
    }
    // Linux disarms the interrupt when it delivers one, so it is armed before every sleep. Work
    // that came before raised none, so look a second time.
    this.link.setInterruptEnabled(true);
    const announced = this.goToSleep();
    return this.work() || announced;
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
    return isWork || (!this.outgoingHeld && this.end.hasReceived());
  }

  /** Does a bounded piece of work each way. Returns false when there was none. */
  private work(): bool {
    const upkeep = this.end.step();
    this.noticeBusOff();
    const sent = this.sendOutgoing();
    const received = this.receiveIncoming();
    return upkeep || sent || received;
  }

  /** Sends one error frame when the peer changes to bus-off, before the frames that follow. */
  private noticeBusOff(): void {
    // A cell that sends error frames has sent this one itself.
    const isBusOff = this.end.isPeerBusOff && !this.end.errorFramesAccepted;
    if (isBusOff && !this.busOffSaid && !this.outgoingHeld) {
      this.outgoing.identifier = IDENTIFIER_ERROR | ERROR_BUS_OFF;
      this.outgoing.length = ERROR_LENGTH;
      this.outgoing.rawDlc = 0;
      this.outgoing.data = 0;
      this.outgoingHeld = true;
    }
    this.busOffSaid = isBusOff;
  }

  /**
   * Moves a frame from the ring to the interface. Returns false when there is no frame, or no room.
   */
  private sendOutgoing(): bool {
    if (this.end.receivedWithdrawn) this.outgoingHeld = false;
    if (!this.outgoingHeld) {
      const taken = this.end.receive(this.outgoing);
      if (taken !== Status.Ok) return taken !== Status.Empty;
      this.outgoingHeld = true;
    }
    const result = socket_send(changetype<usize>(this.outgoing));
    if (result === SEND_WOULD_BLOCK) return false;
    this.outgoingHeld = false;
    this.end.finishReceived(result === SEND_TAKEN);
    return true;
  }

  /**
   * Moves a frame from the interface to the ring. Returns false when there is no frame, or no room.
   */
  private receiveIncoming(): bool {
    if (!this.end.canSubmit()) return false;
    if (socket_receive(changetype<usize>(this.incoming)) === 0) return false;
    const identifier = this.incoming.identifier;
    if ((identifier & IDENTIFIER_ERROR) !== 0 && (identifier & ERROR_BUS_OFF) !== 0) {
      this.end.noteBusOff(true, false);
    }
    // The ring counts and drops what it cannot carry, such as error frames.
    this.end.submit(this.incoming);
    return true;
  }
}
