// SPDX-License-Identifier: MIT
/**
 * BridgeHeartbeat: judges by the heartbeat in the root cell's output section whether the bridge on the
 * AGL side lives (docs/status-page.md, "Requests").
 *
 * A Linux that has panicked leaves its ivshmem state at READY. With the state alone, a dead session
 * would stay. Only a heartbeat that was seen to change is judged. A bridge without a heartbeat, or
 * a beat that an earlier Linux left in memory, is judged by the ivshmem state alone.
 *
 * Ticks are of the reader's own clock.
 * Does not: read a clock or the section.
 */
const MILLIS_PER_SECOND: u64 = 1000;
/**
 * The most that one look adds to the silence. Looks are a millisecond apart. After a longer pause
 * the cell cannot know whether there was a beat.
 */
const LOOK_MILLIS_MAXIMUM: u64 = 20;
/**
 * The shortest and the longest limit, in milliseconds. The limit of a bridge is kept between them.
 */
const LIMIT_MILLIS_MINIMUM: u32 = 50;
const LIMIT_MILLIS_MAXIMUM: u32 = 10_000;

@final
export class BridgeHeartbeat {
  /** The bridge is silent. */
  isSilent: bool = false;
  private beat: u32 = 0;
  /**
   * `isKnown`: an earlier look found a bridge with a heartbeat. The next field: its beat has
   * changed since.
   */
  private isKnown: bool = false;
  private hasBeaten: bool = false;
  private silence: u64 = 0;
  private lookedAt: u64 = 0;

  constructor(private readonly ticksPerSecond: u64) {}

  /**
   * Judges a look at `now` that found `beat`. `limitMillis`: the bridge counts as dead after this
   * long without another beat; 0: it keeps no heartbeat. `isPeerReady`: the ivshmem state says that
   * a peer is there. Returns true when the bridge has fallen silent since the last look.
   */
  look(beat: u32, limitMillis: u32, isPeerReady: bool, now: u64): bool {
    const elapsed = min<u64>(now - this.lookedAt, this.ticksOf(LOOK_MILLIS_MAXIMUM));
    this.lookedAt = now;
    if (limitMillis === 0 || !isPeerReady) {
      this.isKnown = false;
      this.hasBeaten = false;
      this.isSilent = false;
      this.silence = 0;
      return false;
    }
    if (beat !== this.beat || !this.isKnown) {
      this.hasBeaten = this.isKnown;
      this.isKnown = true;
      this.beat = beat;
      this.silence = 0;
      this.isSilent = false;
      return false;
    }
    this.silence += elapsed;
    const limit = min<u32>(max<u32>(limitMillis, LIMIT_MILLIS_MINIMUM), LIMIT_MILLIS_MAXIMUM);
    if (!this.hasBeaten || this.isSilent || this.silence < this.ticksOf(limit)) return false;
    this.isSilent = true;
    return true;
  }

  /** Since the last beat; 0 while there is none that could be missed. */
  get silentTicks(): u64 {
    return this.hasBeaten ? this.silence : 0;
  }

  private ticksOf(millis: u64): u64 {
    return (millis * this.ticksPerSecond) / MILLIS_PER_SECOND;
  }
}
