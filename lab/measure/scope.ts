/**
 * How much a bench run measures: everything, or what fits into `npm test`.
 *
 * Does not: lower a goal: the quick scope takes fewer samples and cases of the same kind.
 */
import { ANSWER_KINDS, BITRATES, type LatencyCase, LOAD_KINDS, SPI_RATES } from './latency-case.ts';
import type { AglPathCase } from './agl-path.ts';
import type { LosslessCase } from './lossless.ts';
import { LAYOUTS, type Layout } from './spi-bytes.ts';

export interface Scope {
  readonly latencyCases: readonly LatencyCase[];
  /** The same of a cell that sleeps: idle=wfi. */
  readonly sleepingCases: readonly LatencyCase[];
  readonly layouts: readonly Layout[];
  readonly losslessCases: readonly Omit<LosslessCase, 'gapBits'>[];
  /** The long run, by the module alone: the image would take some twenty minutes for it. */
  readonly longRun: Omit<LosslessCase, 'gapBits'>;
  readonly aglPathCases: readonly AglPathCase[];
  /** How long each load is watched at a slow clock; undefined: as long as at the usual one. */
  readonly slowLooksNanos?: number;
}

const SEED = 20_250_101;
const SPI_HERTZ = 10_000_000;
const FULL_REQUESTS = 100;
const QUICK_REQUESTS = 30;
/** At the other SPI rates nothing is promised. */
const SLOW_REQUESTS = 30;

/** What is measured at a slow clock besides the looks: what is promised without a condition. */
export const SLOW_CASES: readonly LatencyCase[] = [
  ...ANSWER_KINDS,
  'computedWorst' as const,
].flatMap((answer) =>
  (['idle', 'forwarding'] as const).map((load) => ({
    ...{ engine: 'image' as const, answer, load, bitrate: 250_000, spiHertz: SPI_HERTZ },
    ...{ requests: QUICK_REQUESTS, seed: SEED },
  })),
);
export const SLOW_LOSSLESS: Omit<LosslessCase, 'gapBits'> = {
  ...{ engine: 'image', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames: 1_000 },
};

const worstCases = (bitrate: number, requests: number): LatencyCase[] =>
  LOAD_KINDS.map((load) => ({
    ...{ engine: 'image' as const, answer: 'computedWorst' as const, load, bitrate },
    ...{ spiHertz: SPI_HERTZ, requests, seed: SEED },
  }));

export const FULL_SCOPE: Scope = {
  latencyCases: SPI_RATES.flatMap((spiHertz): LatencyCase[] =>
    BITRATES.flatMap((bitrate) =>
      ANSWER_KINDS.flatMap((answer) =>
        LOAD_KINDS.map((load) => ({
          ...{ engine: 'image' as const, answer, load, bitrate, spiHertz, seed: SEED },
          requests: spiHertz === SPI_HERTZ ? FULL_REQUESTS : SLOW_REQUESTS,
        })),
      ),
    ),
  ).concat(worstCases(250_000, FULL_REQUESTS), worstCases(500_000, FULL_REQUESTS)),
  sleepingCases: BITRATES.flatMap((bitrate) =>
    ANSWER_KINDS.flatMap((answer) =>
      LOAD_KINDS.map((load) => ({
        ...{ engine: 'image' as const, answer, load, bitrate, spiHertz: SPI_HERTZ, seed: SEED },
        ...{ idle: 'wfi' as const, requests: FULL_REQUESTS },
      })),
    ),
  ),
  layouts: LAYOUTS,
  losslessCases: SPI_RATES.map((spiHertz) => ({
    ...{ engine: 'image' as const, bitrate: 1_000_000, spiHertz },
    frames: spiHertz === SPI_HERTZ ? 20_000 : 1_000,
  })),
  longRun: { engine: 'wasm', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames: 1_000_000 },
  aglPathCases: [500_000, 1_000_000].map((bitrate) => ({
    ...{ engine: 'image' as const, bitrate, spiHertz: SPI_HERTZ },
    ...{ frames: 500, seed: SEED },
  })),
};

const quickCase = (
  answer: LatencyCase['answer'],
  load: LatencyCase['load'],
  bitrate: number,
): LatencyCase => ({
  ...{ engine: 'image' as const, answer, load, bitrate, spiHertz: SPI_HERTZ },
  ...{ requests: QUICK_REQUESTS, seed: SEED },
});

export const QUICK_SCOPE: Scope = {
  latencyCases: [
    quickCase('static', 'idle', 250_000),
    quickCase('static', 'idle', 500_000),
    quickCase('computed', 'idle', 500_000),
    quickCase('static', 'forwarding', 500_000),
    quickCase('computed', 'forwarding', 500_000),
    quickCase('static', 'aglHostile', 500_000),
    quickCase('computedWorst', 'idle', 500_000),
    quickCase('computedWorst', 'forwarding', 500_000),
  ],
  sleepingCases: ANSWER_KINDS.flatMap((answer) =>
    (['idle', 'forwarding'] as const).map((load) => ({
      ...quickCase(answer, load, 500_000),
      idle: 'wfi' as const,
    })),
  ),
  layouts: ['plain', 'static', 'computed'],
  losslessCases: [{ engine: 'image', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames: 1_000 }],
  longRun: { engine: 'wasm', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames: 10_000 },
  aglPathCases: [
    { engine: 'image', bitrate: 500_000, spiHertz: SPI_HERTZ, frames: 40, seed: SEED },
  ],
  // Fewer phases of loop and request meet; the goals at a slow clock stay the same.
  slowLooksNanos: 16_000_000,
};
