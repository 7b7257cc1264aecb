/**
 * LinuxBackEnd: the virtio-can device on the AGL side, joined to a CAN interface. The cell is the
 * driver (class code 0xff8024 on its side): what it wants "sent" goes to the interface.
 *
 * Does not: make error messages of its own; a bus-off of the interface becomes one of the device.
 * The cell's error messages, if both ends take them, go to the interface as they are.
 */
import { socket_receive, socket_send } from '../abi/socket';
import { allocateFrames, Frame, IDENTIFIER_ERROR } from '../can/frame';
import { GenericTimer } from '../chip/arm/generic-timer';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { Status } from '../rt/status';
import { CanDevice } from '../virtio/can-device';
import { LinkCounters } from '../virtio/link-counters';
import { DevicePhase } from '../virtio/transport-device';
import { LinuxEnd, SEND_TAKEN, SEND_WOULD_BLOCK, Session } from './end';

/** Class of an error message in its identifier (Linux include/uapi/linux/can/error.h). */
const ERROR_BUS_OFF: u32 = 0x40;

@final
export class LinuxBackEnd extends LinuxEnd {
  private readonly device: CanDevice<SharedSection, IvshmemLink, GenericTimer>;
  /** From the ring, on its way to the interface; and the other way round. */
  private readonly outgoing: Frame = changetype<Frame>(allocateFrames(1));
  private readonly incoming: Frame = changetype<Frame>(allocateFrames(1));

  constructor(section: SharedSection, link: IvshmemLink) {
    super(link);
    this.device = new CanDevice<SharedSection, IvshmemLink, GenericTimer>(
      section,
      link,
      new GenericTimer(),
    );
  }

  override leave(): void {
    this.device.leave();
  }

  override session(): Session {
    if (this.device.started) return Session.Running;
    const isPeerThere = this.device.transport.phase === DevicePhase.Serving;
    return isPeerThere ? Session.SettingUp : Session.Absent;
  }

  override counters(): LinkCounters {
    return this.device.counters;
  }

  override lastFault(): Status {
    return this.device.transport.lastFault;
  }

  protected override work(): bool {
    const upkeep = this.device.step();
    const sent = this.sendOutgoing();
    const received = this.receiveIncoming();
    return upkeep || sent || received;
  }

  protected override wakeUp(): void {
    this.device.suppressKicks();
  }

  protected override goToSleep(): bool {
    return this.device.allowKicks();
  }

  /** Moves a frame from the ring to the interface; false when there is none, or no room. */
  private sendOutgoing(): bool {
    if (!this.device.transmitOpen) {
      const taken = this.device.takeTransmit(this.outgoing);
      if (taken !== Status.Ok) return taken !== Status.Empty;
    }
    const result = socket_send(changetype<usize>(this.outgoing));
    if (result === SEND_WOULD_BLOCK) return false;
    this.device.finishTransmit(result === SEND_TAKEN);
    return true;
  }

  /** Moves a frame from the interface to the ring; false when there is none, or no buffer. */
  private receiveIncoming(): bool {
    if (!this.device.canDeliver()) return false;
    if (socket_receive(changetype<usize>(this.incoming)) === 0) return false;
    const identifier = this.incoming.identifier;
    if ((identifier & IDENTIFIER_ERROR) !== 0 && (identifier & ERROR_BUS_OFF) !== 0) {
      this.device.reportBusOff();
    }
    // What the ring cannot carry (error messages) is counted there, and dropped.
    this.device.deliver(this.incoming);
    return true;
  }
}
