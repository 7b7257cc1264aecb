// SPDX-License-Identifier: MIT
/**
 * OwnState: the state this end of the link announces, and its repetition while this end is alone.
 *
 * When the hypervisor starts a cell it invalidates the caches over all memory of the cell (Jailhouse,
 * arm-common/control.c, arch_cell_reset), the state table included, so an entry may fall back to an older
 * one. Repeating an unchanged state rings nobody.
 */
import { Clock } from '../hal/clock';
import { PEER_STATE_RESET, PeerLink } from '../hal/peer-link';
import { microsToTicks } from '../rt/deadline';

/** Interval of the repetition while this end is alone. */
export const ANNOUNCE_INTERVAL_MICROS: u32 = 1_000_000;

@final
export class OwnState<Link extends PeerLink, Time extends Clock> {
  private readonly link: Link;
  private readonly clock: Time;
  private readonly intervalTicks: u64;
  private state: u32 = PEER_STATE_RESET;
  /** 0: the first repetition is due at once, because the table may hold a state from before a restart. */
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

  /** Announces the same state again if it is due. True if it did. */
  repeat(): bool {
    if (this.clock.nowTicks() < this.dueTicks) return false;
    this.announce(this.state);
    return true;
  }
}
