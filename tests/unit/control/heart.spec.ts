// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Whether the cell lives: its heartbeat changes every 20 ms, and after 2 s without one it is gone
 * (docs/status-page.md).
 */
import { Heart, Life } from '../../../src/bridge/heart';

/** A clock of 1 MHz. */
const TICKS_PER_SECOND: u64 = 1_000_000;
const START: u64 = 5_000_000;

describe('a heart', () => {
  test('is unknown until a second look finds another heartbeat', () => {
    const heart = new Heart(7, START, TICKS_PER_SECOND);
    expect(heart.life(START)).toBe(Life.Unknown);
    expect(heart.look(7, START + 21_000)).toBe(false);
    expect(heart.life(START + 21_000)).toBe(Life.Unknown);
    expect(heart.look(8, START + 22_000)).toBe(true);
    expect(heart.life(START + 22_000)).toBe(Life.Alive);
  });

  test('is alive until two seconds after the last heartbeat', () => {
    const heart = new Heart(0xffffffff, START, TICKS_PER_SECOND);
    heart.look(0, START + 1_000_000);
    expect(heart.ageMillis(START + 1_012_999)).toBe(12);
    expect(heart.life(START + 2_999_999)).toBe(Life.Alive);
    expect(heart.life(START + 3_000_000)).toBe(Life.Gone);
    expect(heart.ageMillis(START + 3_000_000)).toBe(2000);
  });

  test('is gone when two seconds of looking found no other heartbeat', () => {
    const heart = new Heart(7, START, TICKS_PER_SECOND);
    heart.look(7, START + 1_999_999);
    expect(heart.life(START + 1_999_999)).toBe(Life.Unknown);
    expect(heart.life(START + 2_000_000)).toBe(Life.Gone);
  });

  test('comes back', () => {
    const heart = new Heart(7, START, TICKS_PER_SECOND);
    heart.look(8, START + 9_000_000);
    expect(heart.life(START + 9_000_000)).toBe(Life.Alive);
  });
});
