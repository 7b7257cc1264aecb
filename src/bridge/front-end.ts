/**
 * LinuxFrontEnd: the virtio-can driver on the AGL side, joined to a CAN interface. The cell is the
 * device (class code 0xffc024 on its side), a CAN controller: its bus-off becomes an error message
 * on the interface.
 *
 * Does not: report single requests that the cell refused; they are counted.
 */
import { socket_receive, socket_send } from '../abi/socket';
import { allocateFrames, Frame, IDENTIFIER_ERROR } from '../can/frame';
import { GenericTimer } from '../chip/arm/generic-timer';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { Status } from '../rt/status';
import { CanDriver, CanDriverState } from '../virtio/can-driver';
import { LinkCounters } from '../virtio/link-counters';
import { DriverPhase } from '../virtio/transport-driver';
import { LinuxEnd, SEND_WOULD_BLOCK, Session } from './end';

/** Class and length of an error message (Linux include/uapi/linux/can/error.h). */
const ERROR_BUS_OFF: u32 = 0x40;
const ERROR_LENGTH: u8 = 8;

@final
export class LinuxFrontEnd extends LinuxEnd {
  private readonly driver: CanDriver<SharedSection, IvshmemLink, GenericTimer>;
  /** From the ring, on its way to the interface; and the other way round. */
  private readonly outgoing: Frame = changetype<Frame>(allocateFrames(1));
  private readonly incoming: Frame = changetype<Frame>(allocateFrames(1));
  private outgoingHeld: bool = false;
  private busOffSaid: bool = false;

  constructor(section: SharedSection, link: IvshmemLink) {
    super(link);
    this.driver = new CanDriver<SharedSection, IvshmemLink, GenericTimer>(
      section,
      link,
      new GenericTimer(),
    );
    this.driver.wantInterrupts();
  }

  override leave(): void {
    this.driver.leave();
  }

  override session(): Session {
    if (this.driver.state >= CanDriverState.Running) return Session.Running;
    const isPeerThere = this.driver.transport.phase >= DriverPhase.Negotiating;
    return isPeerThere ? Session.SettingUp : Session.Absent;
  }

  override counters(): LinkCounters {
    return this.driver.counters;
  }

  override lastFault(): Status {
    return this.driver.transport.lastFault;
  }

  protected override work(): bool {
    const upkeep = this.driver.step();
    this.noticeBusOff();
    const sent = this.sendOutgoing();
    const received = this.receiveIncoming();
    return upkeep || sent || received;
  }

  /** The driver always wants announcements: an interrupt too many costs less than a lost one. */
  protected override wakeUp(): void {}

  /** No interrupt tells of an acknowledged register write: those few are polled for. */
  protected override goToSleep(): bool {
    const isNegotiating = this.driver.transport.phase === DriverPhase.Negotiating;
    return isNegotiating || (this.driver.hasReceived() && !this.outgoingHeld);
  }

  /** Puts one error message before the frames that follow the change. */
  private noticeBusOff(): void {
    // A cell that sends error messages itself has sent this one.
    const isBusOff =
      this.driver.state === CanDriverState.BusOff && !this.driver.errorFramesAccepted;
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
    if (!this.outgoingHeld) {
      const taken = this.driver.receive(this.outgoing);
      if (taken !== Status.Ok) return taken !== Status.Empty;
      this.outgoingHeld = true;
    }
    if (socket_send(changetype<usize>(this.outgoing)) === SEND_WOULD_BLOCK) return false;
    this.outgoingHeld = false;
    return true;
  }

  /** Moves a frame from the interface to the ring; false when there is none, or no room. */
  private receiveIncoming(): bool {
    if (!this.driver.canSubmit()) return false;
    if (socket_receive(changetype<usize>(this.incoming)) === 0) return false;
    // What the ring cannot carry (error messages) is counted there, and dropped.
    this.driver.submit(this.incoming);
    return true;
  }
}
