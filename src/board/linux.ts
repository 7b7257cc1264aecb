/**
 * The AGL side of the link: the virtio-can device on a Linux host, joined to a CAN interface.
 *
 * Used by: src/image/bridge.ts. The host program (or the twin) maps the ivshmem device at the
 * addresses below, and calls `step` after an interrupt, a frame of the interface, or a millisecond.
 * Does not: block or keep frames: a frame that finds no place on one side stays on the other. So
 * frames that come from the interface while no driver is ready wait in the socket's own buffer.
 */
import { socket_receive, socket_send } from '../abi/socket';
import { allocateFrames, Frame } from '../can/frame';
import { GenericTimer } from '../chip/bcm2711/generic-timer';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { Status } from '../rt/status';
import { CanDevice } from '../virtio/can-device';

/** Where the host program maps the R/W section, the state table and the register page. */
const SECTION_ADDRESS: u32 = 0x00000000;
const STATE_TABLE_ADDRESS: u32 = 0x80000000;
const REGISTER_PAGE_ADDRESS: u32 = 0x90000000;

/** Two pages: the least that Linux's virtio_ivshmem takes. */
const SECTION_BYTES_MINIMUM: u32 = 0x2000;

@final
export class LinuxBridge {
  readonly device: CanDevice<SharedSection, IvshmemLink, GenericTimer>;
  private readonly link: IvshmemLink;
  private readonly sectionBytes: u32;
  /** From the ring, on its way to the interface; and the other way round. */
  private readonly outgoing: Frame;
  private readonly incoming: Frame;

  constructor(sectionBytes: u32) {
    this.sectionBytes = sectionBytes;
    const link = new IvshmemLink(REGISTER_PAGE_ADDRESS, STATE_TABLE_ADDRESS);
    const section = new SharedSection(SECTION_ADDRESS, sectionBytes);
    this.link = link;
    this.device = new CanDevice<SharedSection, IvshmemLink, GenericTimer>(
      section,
      link,
      new GenericTimer(),
    );
    this.outgoing = changetype<Frame>(allocateFrames(1));
    this.incoming = changetype<Frame>(allocateFrames(1));
  }

  /** Checks the device; own state 0, so that a driver of an earlier bridge starts over. */
  open(): Status {
    if (this.sectionBytes < SECTION_BYTES_MINIMUM) return Status.IvshmemSectionSize;
    const status = this.link.open();
    if (status !== Status.Ok) return status;
    this.device.leave();
    return Status.Ok;
  }

  /**
   * At most one register write, one control message and one frame each way; when there is nothing
   * to do, as much once more. False: sleep until something happens.
   */
  step(): bool {
    if (this.work()) {
      this.device.suppressKicks();
      return true;
    }
    // Linux disarms the interrupt when it delivers one, so it is armed before every sleep; what
    // came before that raised none, hence the second look.
    this.link.setInterruptEnabled(true);
    const kicked = this.device.allowKicks();
    return this.work() || kicked;
  }

  private work(): bool {
    const upkeep = this.device.step();
    const sent = this.sendOutgoing();
    const received = this.receiveIncoming();
    return upkeep || sent || received;
  }

  /** Moves a frame from the ring to the interface; false when there is none, or no room. */
  private sendOutgoing(): bool {
    if (!this.device.transmitOpen) {
      const taken = this.device.takeTransmit(this.outgoing);
      if (taken !== Status.Ok) return taken !== Status.Empty;
    }
    if (socket_send(changetype<usize>(this.outgoing)) === 0) return false;
    this.device.finishTransmit(true);
    return true;
  }

  /** Moves a frame from the interface to the ring; false when there is none, or no buffer. */
  private receiveIncoming(): bool {
    if (!this.device.canDeliver()) return false;
    if (socket_receive(changetype<usize>(this.incoming)) === 0) return false;
    // What the ring cannot carry (error messages) is counted there, and dropped.
    this.device.deliver(this.incoming);
    return true;
  }
}
