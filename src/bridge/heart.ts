// SPDX-License-Identifier: MIT
/**
 * Heart: whether the cell lives, from the heartbeat of its status page.
 *
 * Does not: read a clock or the page. Ticks are of the reader's own clock.
 */

/** What is known of the cell; numbers for the host program. */
export enum Life {
  /** The reader has not looked long enough to tell. */
  Unknown = 0,
  /** The page was refreshed a short while ago. */
  Alive = 1,
  /** No refresh for ALIVE_MILLIS. */
  Gone = 2,
}

/** Without a refresh for so long the cell is said not to live. */
const ALIVE_MILLIS: u64 = 2000;
const MILLIS_PER_SECOND: u64 = 1000;

@final
export class Heart {
  private hasBeaten: bool = false;

  /** A reader whose first look, at `lookedAt`, found `heartbeat`. */
  constructor(
    private heartbeat: u32,
    private lookedAt: u64,
    private readonly ticksPerSecond: u64,
  ) {}

  /** A look at `now` found `heartbeat`. Returns whether the page was refreshed since the last look. */
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

  /** Milliseconds since the last refresh that was seen, or since the first look. */
  ageMillis(now: u64): u64 {
    return ((now - this.lookedAt) * MILLIS_PER_SECOND) / this.ticksPerSecond;
  }
}
