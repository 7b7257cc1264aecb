// SPDX-License-Identifier: MIT
/**
 * Ten seconds of driving as signals over time: standing, pulling away, cruising, braking.
 *
 * It uses whole numbers and straight lines only, so that every JavaScript engine computes the same.
 * Does not: model physics.
 */
import type { SeededRandom } from './random.ts';

/**
 * The corners of a line, each [time in ms, value]. The value is constant before the first and after
 * the last.
 */
type Corners = readonly (readonly [number, number])[];

interface Signal {
  readonly corners: Corners;
  /** The raw value varies by up to this much around the line. */
  readonly noise: number;
}

// prettier-ignore
const SIGNALS = {
  /** 0.25 rpm */
  engineSpeed: { noise: 12, corners: [[0, 3200], [800, 3200], [1900, 11200], [2100, 7600], [3400, 12400], [3600, 8000], [5200, 8800], [7600, 8600], [9200, 4000], [9800, 3200]] },
  /** 0.1 % */
  throttle: { noise: 3, corners: [[0, 0], [800, 0], [1000, 420], [3600, 550], [5200, 180], [7500, 170], [7600, 0]] },
  /** 0.1 Nm */
  torque: { noise: 8, corners: [[0, 180], [800, 180], [1100, 2100], [3500, 2400], [5300, 700], [7600, 650], [7800, 40], [9800, 180]] },
  /** 0.01 km/h */
  vehicleSpeed: { noise: 2, corners: [[0, 0], [900, 0], [5200, 6200], [7600, 6250], [9700, 0]] },
  /** 0.01 km/h */
  wheelSpeed: { noise: 9, corners: [[0, 0], [900, 0], [5200, 6240], [7600, 6290], [9700, 0]] },
  /** 0.1 bar */
  brakePressure: { noise: 0, corners: [[0, 150], [700, 150], [800, 0], [7600, 0], [7800, 240], [9500, 310], [9800, 150]] },
  /** 0.1 degrees, 0x4000 is straight on */
  steeringAngle: { noise: 2, corners: [[0, 0x4000], [3000, 0x4000], [3800, 0x4180], [4600, 0x3fc0], [5000, 0x4000]] },
  /** 0.01 degrees/s, 0x8000 is none */
  yawRate: { noise: 5, corners: [[0, 0x8000], [3000, 0x8000], [3800, 0x8320], [4600, 0x7f80], [5000, 0x8000]] },
  /** 0.1 m */
  distanceAhead: { noise: 4, corners: [[0, 60], [900, 60], [4000, 480], [7000, 510], [9700, 55]] },
  /** 0.1 degrees C from -40 */
  coolant: { noise: 0, corners: [[0, 1265], [10000, 1283]] },
  oil: { noise: 0, corners: [[0, 1302], [10000, 1311]] },
  outside: { noise: 0, corners: [[0, 587], [10000, 588]] },
  cabin: { noise: 1, corners: [[0, 618], [10000, 622]] },
  /** 1 mV */
  battery: { noise: 25, corners: [[0, 13900], [800, 13850], [1100, 14100], [10000, 14120]] },
  /** 0.1 l */
  fuel: { noise: 0, corners: [[0, 412], [10000, 411]] },
  /** 10 m */
  odometer: { noise: 0, corners: [[0, 52107], [10000, 52117]] },
  /** 0 neutral, then the gear */
  gear: { noise: 0, corners: [[0, 0], [799, 0], [800, 1], [2000, 1], [2001, 2], [3500, 2], [3501, 3], [9000, 3], [9001, 1], [9800, 0]] },
} satisfies Record<string, Signal>;

export type SignalName = keyof typeof SIGNALS;

function interpolate(corners: Corners, timeMillis: number): number {
  const after = corners.findIndex(([cornerMillis]) => cornerMillis > timeMillis);
  if (after === 0) return corners[0][1];
  if (after === -1) return corners[corners.length - 1][1];
  const [startMillis, startValue] = corners[after - 1];
  const [endMillis, endValue] = corners[after];
  const share = ((endValue - startValue) * (timeMillis - startMillis)) / (endMillis - startMillis);
  return startValue + Math.trunc(share);
}

/** The raw 16-bit value of a signal at a time, with the noise of its sensor. */
export function signalAt(name: SignalName, timeMicros: number, random: SeededRandom): number {
  const { corners, noise }: Signal = SIGNALS[name];
  const value = interpolate(corners, Math.floor(timeMicros / 1000));
  return Math.max(0, Math.min(0xffff, value + random.between(-noise, noise)));
}
