// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Whether the cell lives: its heartbeat changes every 20 ms, and after 2 s without one it is gone
 * (docs/status-page.md).
 */
import { CellHeartbeat, Life } from '../../../src/bridge/cell-heartbeat';

/** A clock of 1 MHz. */
const TICKS_PER_SECOND: u64 = 1_000_000;
const START: u64 = 5_000_000;

describe('a heartbeat', () => {
  test('is unknown until a second look finds another heartbeat', () => {
    const heartbeat = new CellHeartbeat(7, START, TICKS_PER_SECOND);
    expect(heartbeat.life(START)).toBe(Life.Unknown);
    expect(heartbeat.look(7, START + 21_000)).toBe(false);
    expect(heartbeat.life(START + 21_000)).toBe(Life.Unknown);
    expect(heartbeat.look(8, START + 22_000)).toBe(true);
    expect(heartbeat.life(START + 22_000)).toBe(Life.Alive);
  });

  test('is alive until two seconds after the last heartbeat', () => {
    const heartbeat = new CellHeartbeat(0xffffffff, START, TICKS_PER_SECOND);
    heartbeat.look(0, START + 1_000_000);
    expect(heartbeat.ageMillis(START + 1_012_999)).toBe(12);
    expect(heartbeat.life(START + 2_999_999)).toBe(Life.Alive);
    expect(heartbeat.life(START + 3_000_000)).toBe(Life.Gone);
    expect(heartbeat.ageMillis(START + 3_000_000)).toBe(2000);
  });

  test('is gone when two seconds of looking found no other heartbeat', () => {
    const heartbeat = new CellHeartbeat(7, START, TICKS_PER_SECOND);
    heartbeat.look(7, START + 1_999_999);
    expect(heartbeat.life(START + 1_999_999)).toBe(Life.Unknown);
    expect(heartbeat.life(START + 2_000_000)).toBe(Life.Gone);
  });

  test('comes back', () => {
    const heartbeat = new CellHeartbeat(7, START, TICKS_PER_SECOND);
    heartbeat.look(8, START + 9_000_000);
    expect(heartbeat.life(START + 9_000_000)).toBe(Life.Alive);
  });
});
