// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Bit timing of the MCP2515 against the values that Linux' can_calc_bittiming (v6.3) gives.
 */
import { BitRate } from '../../../src/driver/mcp2515/bit-rate';
import { Status } from '../../../src/rt/status';

const IMPOSSIBLE: u32 = 0;

/** Bit rate, then CNF1 CNF2 CNF3 as one number for 8, 12 and 16 MHz. */
// prettier-ignore
const TABLE: StaticArray<u32> = [
  10000, 0x18b501, 0x27ad01, 0x31b501,
  20000, 0x09bf02, 0x13ad01, 0x18b501,
  31250, 0x07b501, 0x0bb501, 0x0fb501,
  33333, 0x07ad01, 0x0bad01, 0x0eb501,
  40000, 0x04bf02, 0x09ad01, 0x09bf02,
  50000, 0x04b501, 0x07ad01, 0x09b501,
  80000, 0x049a01, 0x04ad01, 0x04bf02,
  83333, 0x02b501, 0x03b602, 0x05b501,
  95000, 0x02ac01, 0x42bf03, 0x05ac01,
  100000, 0x01bf02, 0x03ad01, 0x04b501,
  125000, 0x01b501, 0x02b501, 0x03b501,
  200000, 0x00bf02, 0x01ad01, 0x01bf02,
  250000, 0x00b501, 0x01a301, 0x01b501,
  500000, 0x009101, 0x00a301, 0x00b501,
  666666, 0x008801, 0x009201, 0x009b02,
  800000, IMPOSSIBLE, IMPOSSIBLE, 0x009a01,
  1000000, IMPOSSIBLE, 0x008801, 0x009101,
];
const OSCILLATORS: StaticArray<u32> = [8_000_000, 12_000_000, 16_000_000];

/** Sample points of the 12 MHz column, thousandths. */
const SAMPLE_POINTS: StaticArray<u32> = [
  866, 866, 875, 866, 866, 866, 866, 833, 809, 866, 875, 866, 833, 833, 777, 0, 666,
];

function cnf(rate: BitRate): u32 {
  return (rate.cnf1 << 16) | (rate.cnf2 << 8) | rate.cnf3;
}

describe('bit timing', () => {
  test('every possible pair of oscillator and bit rate gives the registers Linux gives', () => {
    const rate = new BitRate();
    for (let row = 0; row < TABLE.length; row += 4) {
      for (let column = 0; column < OSCILLATORS.length; column++) {
        const expected = TABLE[row + 1 + column];
        const status = rate.calculate(OSCILLATORS[column], TABLE[row]);
        const found = status === Status.Ok ? cnf(rate) : IMPOSSIBLE;
        expect(found).toBe(expected, `bit rate ${TABLE[row]}, oscillator ${OSCILLATORS[column]}`);
      }
    }
  });

  test('an impossible pair is refused by its own status', () => {
    const rate = new BitRate();
    expect(rate.calculate(8_000_000, 1_000_000)).toBe(Status.BitRateImpossible);
    expect(rate.calculate(8_000_000, 800_000)).toBe(Status.BitRateImpossible);
    expect(rate.calculate(12_000_000, 800_000)).toBe(Status.BitRateImpossible);
    expect(rate.calculate(16_000_000, 1_000_001)).toBe(Status.BitRateImpossible);
    expect(rate.calculate(16_000_000, 0)).toBe(Status.BitRateImpossible);
    expect(rate.calculate(0, 500_000)).toBe(Status.BitRateImpossible);
    expect(rate.calculate(16_000_000, 4_000)).toBe(Status.BitRateImpossible);
  });

  test('the sample point is reported', () => {
    const rate = new BitRate();
    for (let row = 0; row < SAMPLE_POINTS.length; row++) {
      if (SAMPLE_POINTS[row] === 0) continue;
      rate.calculate(12_000_000, TABLE[row * 4]);
      expect(rate.timing.samplePointPermille).toBe(SAMPLE_POINTS[row]);
    }
  });

  test('what is accepted keeps the rules of the data sheet', () => {
    const rate = new BitRate();
    for (let oscillator: u32 = 4_000_000; oscillator <= 24_000_000; oscillator += 1_000_000) {
      for (let bitrate: u32 = 10_000; bitrate <= 1_000_000; bitrate += 33_000) {
        if (rate.calculate(oscillator, bitrate) !== Status.Ok) continue;
        const timing = rate.timing;
        const segment1 = timing.propagationSegment + timing.phaseSegment1;
        const quanta = 1 + segment1 + timing.phaseSegment2;
        expect(timing.phaseSegment2).toBeGreaterThan(timing.synchronisationJumpWidth);
        expect(timing.phaseSegment2).toBeGreaterThanOrEqual(2);
        expect(segment1).toBeGreaterThanOrEqual(timing.phaseSegment2);
        expect(quanta >= 5 && quanta <= 25).toBe(true);
        expect(timing.propagationSegment >= 1 && timing.propagationSegment <= 8).toBe(true);
        expect(timing.phaseSegment1 >= 1 && timing.phaseSegment1 <= 8).toBe(true);
        expect(timing.prescaler >= 1 && timing.prescaler <= 64).toBe(true);
      }
    }
  });
});
