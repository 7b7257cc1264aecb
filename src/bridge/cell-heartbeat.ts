// SPDX-License-Identifier: MIT
/**
 * CellHeartbeat: judges by the heartbeat of the status page whether the cell lives.
 *
 * Ticks are of the reader's own clock.
 * Does not: read a clock or the page.
 */

/** What is known of the cell. The host program uses these numbers. */
export enum Life {
  /** The reader has not looked for long enough to tell. */
  Unknown = 0,
  /** The page was refreshed within ALIVE_MILLIS. */
  Alive = 1,
  /** No refresh for ALIVE_MILLIS. */
  Gone = 2,
}

/** After this long without a refresh, the cell counts as gone. */
const ALIVE_MILLIS: u64 = 2000;
const MILLIS_PER_SECOND: u64 = 1000;

@final
export class CellHeartbeat {
  private hasBeaten: bool = false;

  /** Makes the judge of a reader that has first looked at `lookedAt`, and found `heartbeat`. */
  constructor(
    private heartbeat: u32,
    private lookedAt: u64,
    private readonly ticksPerSecond: u64,
  ) {}

  /**
   * A look at `now` found `heartbeat`. Returns true if the page was refreshed since the last look.
   */
  look(heartbeat: u32, now: u64): bool {
    if (heartbeat === this.heartbeat) return false;
    this.heartbeat = heartbeat;
    this.lookedAt = now;
    this.hasBeaten = true;
    return true;
  }

  /** What is known at `now`. */
  life(now: u64): Life {
    if (this.ageMillis(now) >= ALIVE_MILLIS) return Life.Gone;
    return this.hasBeaten ? Life.Alive : Life.Unknown;
  }

  /** Milliseconds since the last refresh, or since the first look if there was none. */
  ageMillis(now: u64): u64 {
    return ((now - this.lookedAt) * MILLIS_PER_SECOND) / this.ticksPerSecond;
  }
}
