/**
 * OwnState: the state that this end of the link announces, and its repetition while this end is alone.
 *
 * When the hypervisor starts a cell it invalidates the caches over everything that the cell can reach
 * (Jailhouse, arm-common/control.c, arch_cell_reset), the state table with it: an entry may fall back
 * to an older one. An announcement that changes nothing rings nobody.
 * Does not: look at the peer's state.
 */
import { Clock } from '../hal/clock';
import { PEER_STATE_RESET, PeerLink } from '../hal/peer-link';
import { microsToTicks } from '../rt/deadline';

/** How often an end that is alone announces its state again. */
export const ANNOUNCE_INTERVAL_MICROS: u32 = 1_000_000;

@final
export class OwnState<Link extends PeerLink, Time extends Clock> {
  private readonly link: Link;
  private readonly clock: Time;
  private readonly intervalTicks: u64;
  private state: u32 = PEER_STATE_RESET;
  /** The first repetition is due at once: nobody knows what a former life has left in the table. */
  private dueTicks: u64 = 0;

  constructor(link: Link, clock: Time) {
    this.link = link;
    this.clock = clock;
    this.intervalTicks = microsToTicks(ANNOUNCE_INTERVAL_MICROS, clock.ticksPerSecond());
  }

  /** Announces `state`. */
  announce(state: u32): void {
    this.state = state;
    this.dueTicks = this.clock.nowTicks() + this.intervalTicks;
    this.link.setOwnState(state);
  }

  /** Announces the same state once more if it is time; true when it did. */
  repeat(): bool {
    if (this.clock.nowTicks() < this.dueTicks) return false;
    this.announce(this.state);
    return true;
  }
}
