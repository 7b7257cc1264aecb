// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Whether the bridge lives (docs/status-page.md, "Requests"): silent after the limit that it has named
 * itself, and only if it was seen to beat.
 */
import { BridgeHeartbeat } from '../../../src/page/bridge-heartbeat';

/** A clock of 1 MHz, looked at once a millisecond. */
const TICKS_PER_SECOND: u64 = 1_000_000;
const LIMIT_MILLIS: u32 = 150;

let now: u64 = 0;

/** Looks once a millisecond until the bridge falls silent; the milliseconds that took, 0: it did not. */
function silentAfter(heartbeat: BridgeHeartbeat, beat: u32, limitMillis: u32, millis: u32): u32 {
  for (let look: u32 = 1; look <= millis; look++) {
    now += 1000;
    if (heartbeat.look(beat, limitMillis, true, now)) return look;
  }
  return 0;
}

/** A bridge that has beaten twice. */
function beating(): BridgeHeartbeat {
  now = 7_000_000;
  const heartbeat = new BridgeHeartbeat(TICKS_PER_SECOND);
  heartbeat.look(41, LIMIT_MILLIS, true, now);
  heartbeat.look(42, LIMIT_MILLIS, true, now);
  return heartbeat;
}

describe('the heartbeat of a bridge', () => {
  test('stands still for the limit: silent, said once, until it beats again', () => {
    const heartbeat = beating();
    expect(silentAfter(heartbeat, 42, LIMIT_MILLIS, 200)).toBe(150);
    expect(heartbeat.isSilent).toBe(true);
    expect(silentAfter(heartbeat, 42, LIMIT_MILLIS, 1000)).toBe(0);
    expect(heartbeat.isSilent).toBe(true);
    expect(heartbeat.look(43, LIMIT_MILLIS, true, now)).toBe(false);
    expect(heartbeat.isSilent).toBe(false);
    expect(silentAfter(heartbeat, 43, LIMIT_MILLIS, 200)).toBe(150);
  });

  test('that beats every 140 ms is never silent', () => {
    const heartbeat = beating();
    for (let beat: u32 = 43; beat < 60; beat++) {
      expect(silentAfter(heartbeat, beat, LIMIT_MILLIS, 140)).toBe(0);
    }
  });

  test('is not judged before it was seen to beat: an earlier Linux may have left the number', () => {
    now = 7_000_000;
    const heartbeat = new BridgeHeartbeat(TICKS_PER_SECOND);
    expect(silentAfter(heartbeat, 99, LIMIT_MILLIS, 1000)).toBe(0);
    expect(heartbeat.isSilent).toBe(false);
  });

  test('is not judged without a limit, and after the peer has left', () => {
    const heartbeat = beating();
    expect(silentAfter(heartbeat, 42, 0, 1000)).toBe(0);
    expect(silentAfter(heartbeat, 42, LIMIT_MILLIS, 1000)).toBe(0, 'it must be seen to beat again');
    const other = beating();
    expect(silentAfter(other, 42, LIMIT_MILLIS, 200)).toBe(150);
    other.look(42, LIMIT_MILLIS, false, now);
    expect(other.isSilent).toBe(false);
    expect(silentAfter(other, 42, LIMIT_MILLIS, 1000)).toBe(0);
  });

  test('a limit out of reason is not taken as it is', () => {
    expect(silentAfter(beating(), 42, 1, 1000)).toBe(50);
    expect(silentAfter(beating(), 42, 0xffff_ffff, 20_000)).toBe(10_000);
  });

  test('a cell that did not look for a second knows of no silence', () => {
    const heartbeat = beating();
    now += 1_000_000;
    expect(heartbeat.look(42, LIMIT_MILLIS, true, now)).toBe(false);
    expect(silentAfter(heartbeat, 42, LIMIT_MILLIS, 200)).toBe(130);
  });
});
