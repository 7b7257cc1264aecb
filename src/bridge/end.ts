/**
 * LinuxEnd: one of the two ends of the link that the AGL side can play, whichever it is.
 *
 * Implemented by linux-back-end.ts and linux-front-end.ts.
 * Does not: block or keep frames: a frame that finds no place on one side stays on the other. So
 * frames that come from the interface while there is no session wait in the socket's own buffer.
 */
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { Status } from '../rt/status';
import { LinkCounters } from '../virtio/link-counters';

/** Where the host program maps the R/W section, the state table and the register page. */
export const SECTION_ADDRESS: u32 = 0x00000000;
export const STATE_TABLE_ADDRESS: u32 = 0x80000000;
export const REGISTER_PAGE_ADDRESS: u32 = 0x90000000;

/** Results of `socket_send` (src/abi/socket.ts). */
export const SEND_WOULD_BLOCK: u32 = 0;
export const SEND_TAKEN: u32 = 1;

/** Where the session is; numbers for the host program. */
export enum Session {
  /** No peer, or given up. */
  Absent = 0,
  /** The peer is there, frames do not flow yet. */
  SettingUp = 1,
  /** Frames flow. */
  Running = 2,
}

export abstract class LinuxEnd {
  constructor(readonly link: IvshmemLink) {}

  /** Checks the device; own state 0, so that a session of an earlier bridge is over. */
  open(): Status {
    const status = this.link.open();
    if (status !== Status.Ok) return status;
    this.link.withdrawOnFault();
    this.leave();
    return Status.Ok;
  }

  /**
   * At most one step of the session and one frame each way; when there is nothing to do, as much
   * once more. False: sleep until something happens.
   */
  step(): bool {
    if (this.work()) {
      this.wakeUp();
      return true;
    }
    // Linux disarms the interrupt when it delivers one, so it is armed before every sleep; what
    // came before that raised none, hence the second look.
    this.link.setInterruptEnabled(true);
    const announced = this.goToSleep();
    return this.work() || announced;
  }

  /** Ends the session: own state 0. */
  abstract leave(): void;
  abstract session(): Session;
  abstract counters(): LinkCounters;
  /** Why the session was last given up by this end; `Ok` if it never was. */
  abstract lastFault(): Status;

  /** Does a bounded piece of work each way; false when there was none. */
  protected abstract work(): bool;
  /** This end polls from now on; the peer need not announce anything. */
  protected abstract wakeUp(): void;
  /** This end wants announcements from now on; true when work is there already. */
  protected abstract goToSleep(): bool;
}
