// SPDX-License-Identifier: MIT
/**
 * BridgeHeart: whether the bridge on the AGL side lives, from the heartbeat in the root cell's output
 * section (docs/status-page.md, "Requests"). A Linux that has panicked leaves its ivshmem state at READY,
 * so that the state alone would keep a dead session.
 *
 * It judges only a heartbeat that it has seen beat: a bridge without one, or one whose last beat an
 * earlier Linux has left in memory, is judged by the ivshmem state alone.
 * Does not: read a clock or the section. Ticks are of the reader's own clock.
 */
const MILLIS_PER_SECOND: u64 = 1000;
/**
 * What one look adds to the silence at most. Looks are a millisecond apart; who did not look for longer
 * does not know whether there was a beat.
 */
const LOOK_MILLIS_MAXIMUM: u64 = 20;
/** Shortest and longest silence that a bridge may ask for. */
const LIMIT_MILLIS_MINIMUM: u32 = 50;
const LIMIT_MILLIS_MAXIMUM: u32 = 10_000;

@final
export class BridgeHeart {
  /** The bridge has fallen silent. */
  isSilent: bool = false;
  private beat: u32 = 0;
  /** There was a look before, with a bridge that keeps a heartbeat; and its beat has changed since. */
  private isKnown: bool = false;
  private hasBeaten: bool = false;
  private silentTicks: u64 = 0;
  private lookedAt: u64 = 0;

  constructor(private readonly ticksPerSecond: u64) {}

  /**
   * A look at `now` found `beat`, of a bridge that is to be taken for dead after `limitMillis` without
   * another one; 0: it keeps no heartbeat. `isPeerReady`: the ivshmem state says that there is somebody.
   * True: it has fallen silent since the last look.
   */
  look(beat: u32, limitMillis: u32, isPeerReady: bool, now: u64): bool {
    const elapsed = min<u64>(now - this.lookedAt, this.ticksOf(LOOK_MILLIS_MAXIMUM));
    this.lookedAt = now;
    if (limitMillis === 0 || !isPeerReady) {
      this.isKnown = false;
      this.hasBeaten = false;
      this.isSilent = false;
      return false;
    }
    if (beat !== this.beat || !this.isKnown) {
      this.hasBeaten = this.isKnown;
      this.isKnown = true;
      this.beat = beat;
      this.silentTicks = 0;
      this.isSilent = false;
      return false;
    }
    this.silentTicks += elapsed;
    const limit = min<u32>(max<u32>(limitMillis, LIMIT_MILLIS_MINIMUM), LIMIT_MILLIS_MAXIMUM);
    if (!this.hasBeaten || this.isSilent || this.silentTicks < this.ticksOf(limit)) return false;
    this.isSilent = true;
    return true;
  }

  private ticksOf(millis: u64): u64 {
    return (millis * this.ticksPerSecond) / MILLIS_PER_SECOND;
  }
}
