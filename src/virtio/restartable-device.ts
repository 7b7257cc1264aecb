// SPDX-License-Identifier: MIT
/**
 * RestartableDevice: the virtio-can device of a cell that is restarted in place after a trap.
 *
 * While a session runs, a trap leaves this end's state at READY, so that the next life can answer what the peer
 * waits for (parting.ts) before it leaves the link.
 */
import { Clock } from '../hal/clock';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { CanDevice } from './can-device';
import { Parting } from './parting';

@final
export class RestartableDevice<
  Memory extends SharedMemory,
  Link extends PeerLink,
  Time extends Clock,
> extends CanDevice<Memory, Link, Time> {
  private readonly parting: Parting<Memory, Link, Time>;
  private readonly peer: Link;
  /** The link was told to keep this end's state over a trap. */
  private isHeldOnFault: bool = false;

  constructor(section: Memory, link: Link, clock: Time) {
    super(section, link, clock);
    this.parting = new Parting<Memory, Link, Time>(section, link, clock);
    this.peer = link;
  }

  /** Before the first `step`: own state 0 until the peer's is, but a former life that says READY parts first. */
  begin(): void {
    if (!this.peer.isReady || !this.parting.begin()) this.leave();
  }

  override step(): bool {
    if (this.parting.isOn) {
      const happened = this.parting.step();
      if (!this.parting.isOn) super.leave();
      return happened;
    }
    const happened = super.step();
    const operating = this.transport.operating;
    if (operating !== this.isHeldOnFault) {
      this.isHeldOnFault = operating;
      this.peer.holdOnFault(operating);
    }
    return happened;
  }

  override leave(): void {
    this.parting.isOn = false;
    super.leave();
  }

  protected override isWritePending(): bool {
    return super.isWritePending() || this.parting.writePending;
  }

  protected override isControlUnanswered(): bool {
    return super.isControlUnanswered() || this.parting.isOn;
  }
}
