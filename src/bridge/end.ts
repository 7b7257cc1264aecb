// SPDX-License-Identifier: MIT
/**
 * LinuxEnd: the AGL side of the link, joined to a CAN interface: the end that the cell leaves to it.
 *
 * As virtio-can device (class code 0xffc024 on this side) it sends to the interface what the cell wants sent.
 * As driver (0xff8024) it has a CAN controller in the cell, whose bus-off becomes an error message on the
 * interface. The cell's own error messages, if both ends take them, go to the interface as they are.
 * The host program (or the twin) maps the ivshmem device at the addresses below, and calls `step` after an
 * interrupt, a frame of the interface, or a millisecond. It reads the role from the device's class code.
 *
 * Does not: block or keep frames: a frame that finds no place on one side stays on the other. So
 * frames that come from the interface while there is no session wait in the socket's own buffer.
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

/** Two pages: the least that Linux's virtio_ivshmem takes. */
export const SECTION_BYTES_MINIMUM: u32 = 0x2000;

/** The roles by number, as the host program names them. */
export enum Role {
  /** virtio-can device, class code 0xffc024 on this side. */
  BackEnd = 0,
  /** virtio-can driver, class code 0xff8024 on this side. */
  FrontEnd = 1,
}

/** Results of `socket_send` (src/abi/socket.ts). */
const SEND_WOULD_BLOCK: u32 = 0;
const SEND_TAKEN: u32 = 1;

/** Class and length of an error message (Linux include/uapi/linux/can/error.h). */
const ERROR_BUS_OFF: u32 = 0x40;
const ERROR_LENGTH: u8 = 8;

/** Makes the end of `role` on a R/W section of `sectionBytes` bytes. Only at start-up. */
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
  // An interrupt too many costs less than a lost one.
  driver.wantInterrupts();
  return new LinuxEnd(link, driver);
}

@final
export class LinuxEnd {
  /** From the ring, on its way to the interface; and the other way round. */
  private readonly outgoing: Frame = changetype<Frame>(allocateFrames(1));
  private readonly incoming: Frame = changetype<Frame>(allocateFrames(1));
  private outgoingHeld: bool = false;
  private busOffSaid: bool = false;

  constructor(
    private readonly link: IvshmemLink,
    readonly end: CanLinkEnd,
  ) {}

  /** Checks the device; own state 0, so that a session of an earlier bridge is over. */
  open(): Status {
    const status = this.link.open();
    if (status !== Status.Ok) return status;
    this.link.withdrawOnFault();
    this.end.leave();
    return Status.Ok;
  }

  /**
   * At most one step of the session and one frame each way; when there is nothing to do, as much
   * once more. False: sleep until something happens.
   */
  step(): bool {
    if (this.work()) {
      this.end.suppressKicks();
      return true;
    }
    // Linux disarms the interrupt when it delivers one, so it is armed before every sleep; what
    // came before that raised none, hence the second look.
    this.link.setInterruptEnabled(true);
    const announced = this.goToSleep();
    return this.work() || announced;
  }

  /** As the end has it. A controller that is bus-off is started again: the session goes on. */
  get session(): LinkSession {
    return this.end.isPeerBusOff ? LinkSession.Running : this.end.session;
  }

  /** True when there is work already. */
  private goToSleep(): bool {
    const isWork = this.end.allowKicks();
    return isWork || (!this.outgoingHeld && this.end.hasReceived());
  }

  /** Does a bounded piece of work each way; false when there was none. */
  private work(): bool {
    const upkeep = this.end.step();
    this.noticeBusOff();
    const sent = this.sendOutgoing();
    const received = this.receiveIncoming();
    return upkeep || sent || received;
  }

  /** Puts one error message before the frames that follow the peer's change to bus-off. */
  private noticeBusOff(): void {
    // A cell that sends error messages itself has sent this one.
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

  /** Moves a frame from the ring to the interface; false when there is none, or no room. */
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

  /** Moves a frame from the interface to the ring; false when there is none, or no room. */
  private receiveIncoming(): bool {
    if (!this.end.canSubmit()) return false;
    if (socket_receive(changetype<usize>(this.incoming)) === 0) return false;
    const identifier = this.incoming.identifier;
    if ((identifier & IDENTIFIER_ERROR) !== 0 && (identifier & ERROR_BUS_OFF) !== 0) {
      this.end.noteBusOff(true, false);
    }
    // What the ring cannot carry (error messages) is counted there, and dropped.
    this.end.submit(this.incoming);
    return true;
  }
}
