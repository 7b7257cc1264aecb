// SPDX-License-Identifier: MIT
/**
 * The figures of the path between the bus and AGL's CAN interface, under their keys.
 */
import { FRAME_NANOS, WAKE_UP_NANOS } from '../../twin/agl/bridge-host.ts';
import { distributionOf } from './percentiles.ts';
import {
  type AglPathCase,
  type AglPathResult,
  measureFromCansend,
  measureToCandump,
} from './agl-path.ts';
import type { Measured } from './bench.ts';

/** Measures every case in both directions. Returns `agl.*` figures. */
export async function measureAglPaths(
  firmware: Measured,
  cases: readonly AglPathCase[],
  onProgress: (what: string) => void,
): Promise<Record<string, number | null>> {
  const figures: Record<string, number | null> = {
    'agl.model.wakeUpNanos': WAKE_UP_NANOS,
    'agl.model.frameNanos': FRAME_NANOS,
  };
  for (const item of cases) {
    const rates = `${item.bitrate / 1000}k.spi${item.spiHertz / 1e6}M`;
    const singles = item.burstOnly === true ? [] : (['idle', 'full'] as const);
    for (const load of singles) {
      const key = `agl.toCandump.${load}.${rates}`;
      onProgress(key);
      const result = await measureToCandump(firmware, item, load);
      add(figures, key, result, load === 'full');
      addLatency(figures, key, result);
    }
    for (const load of singles) {
      const key = `agl.fromCansend.${load}.${rates}`;
      onProgress(key);
      const result = await measureFromCansend(firmware, item, load);
      add(figures, key, result, false);
      addLatency(figures, key, result);
    }
    // In a burst a frame waits for the frames before it, so its latency only repeats the rate.
    for (const load of ['burst', 'answered'] as const) {
      const key = `agl.fromCansend.${load}.${rates}`;
      onProgress(key);
      add(figures, key, await measureFromCansend(firmware, item, load), true);
    }
  }
  return figures;
}

/** `isSaturated`: enough frames were offered to reach the limit, so the rate is meaningful. */
function add(
  figures: Record<string, number | null>,
  key: string,
  result: AglPathResult,
  isSaturated: boolean,
): void {
  figures[`${key}.lost`] = result.lost;
  if (!isSaturated) return;
  figures[`${key}.framesPerSecond`] = result.framesPerSecond;
  figures[`${key}.busPercent`] = result.busPercent;
}

function addLatency(
  figures: Record<string, number | null>,
  key: string,
  { latencyNanos }: AglPathResult,
): void {
  const { min, p50, p99, max } = distributionOf(latencyNanos);
  figures[`${key}.latencyNanosMin`] = min;
  figures[`${key}.latencyNanosP50`] = p50;
  figures[`${key}.latencyNanosP99`] = p99;
  figures[`${key}.latencyNanosMax`] = max;
}
