// SPDX-License-Identifier: MIT
/**
 * The scope of a bench run: everything, or what fits into `npm test`.
 *
 * The quick scope takes fewer samples and cases of the same kind.
 * Does not: lower a goal.
 */
import {
  ANSWER_KINDS,
  BITRATES,
  type LatencyCase,
  LOAD_KINDS,
  type LoadKind,
  SINGLE_KINDS,
  STAGED_KINDS,
  WINDOW_KINDS,
  SPI_RATES,
  WORST_KINDS,
} from './latency-case.ts';
import type { AglPathCase } from './agl-path.ts';
import type { LooksScope } from './interrupt-looks.ts';
import type { LosslessCase } from './lossless.ts';
import { ROTATION_TABLES, type RotationCase } from './rotation.ts';
import { LAYOUTS, type Layout } from './spi-bytes.ts';

/** The measurements of one firmware under one condition. */
export interface TrafficScope {
  readonly latencyCases: readonly LatencyCase[];
  readonly layouts: readonly Layout[];
  readonly losslessCases: readonly Omit<LosslessCase, 'gapBits'>[];
  readonly aglPathCases: readonly AglPathCase[];
  readonly looks: LooksScope;
}

export interface Scope extends TrafficScope {
  /** Tables with rules of every way. */
  readonly rotationCases: readonly RotationCase[];
  /** Cases of a cell that sleeps: idle=wfi. */
  readonly sleepingCases: readonly LatencyCase[];
  /** The long run, on the module alone. The image would take some twenty minutes for it. */
  readonly longRun: Omit<LosslessCase, 'gapBits'>;
  /**
   * The same with a line on the console, and the part of it that is also measured at a slow clock.
   */
  readonly console: TrafficScope & Pick<Scope, 'sleepingCases'>;
  readonly slowConsole: TrafficScope;
  /** The watched looks at a slow clock. */
  readonly slowLooks: LooksScope;
}

const SEED = 20_250_101;
const SPI_HERTZ = 10_000_000;
const FULL_REQUESTS = 100;
const QUICK_REQUESTS = 30;
/** Few requests, because no promise holds at the other SPI rates. */
const SLOW_REQUESTS = 30;

/**
 * The cases measured at a slow clock in addition to the looks: those promised without a condition.
 */
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

const singleCases = (loads: readonly LoadKind[], requests: number): LatencyCase[] =>
  loads.map((load) => ({
    ...{ engine: 'image' as const, answer: 'single' as const, load, bitrate: 1_000_000 },
    ...{ spiHertz: SPI_HERTZ, requests, seed: SEED },
  }));
/** Answers that are made ahead. */
const stagedCases = (requests: number): LatencyCase[] =>
  STAGED_KINDS.flatMap((answer) =>
    (['idle', 'forwarding'] as const).map((load) => ({
      ...{ engine: 'image' as const, answer, load },
      ...{ bitrate: answer === 'staged' ? 500_000 : 1_000_000 },
      ...{ spiHertz: SPI_HERTZ, requests, seed: SEED },
    })),
  );
/** Answers of which the bytes that they need are read. */
const windowCases = (requests: number): LatencyCase[] =>
  WINDOW_KINDS.flatMap((answer) =>
    (['idle', 'forwarding'] as const).map((load) => ({
      ...{ engine: 'image' as const, answer, load },
      ...{ bitrate: answer === 'window' ? 125_000 : 250_000 },
      ...{ spiHertz: SPI_HERTZ, requests, seed: SEED },
    })),
  );
/** Shortest frames, and requests that INT alone tells among them. */
const singleLossless = (frames: number): Omit<LosslessCase, 'gapBits'> => ({
  ...{ engine: 'image', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames, answer: 'single' },
});

const FULL_LATENCY_CASES: readonly LatencyCase[] = SPI_RATES.flatMap((spiHertz): LatencyCase[] =>
  BITRATES.flatMap((bitrate) =>
    ANSWER_KINDS.flatMap((answer) =>
      LOAD_KINDS.map((load) => ({
        ...{ engine: 'image' as const, answer, load, bitrate, spiHertz, seed: SEED },
        requests: spiHertz === SPI_HERTZ ? FULL_REQUESTS : SLOW_REQUESTS,
      })),
    ),
  ),
).concat(
  worstCases(250_000, FULL_REQUESTS),
  worstCases(500_000, FULL_REQUESTS),
  singleCases(LOAD_KINDS, FULL_REQUESTS),
  stagedCases(FULL_REQUESTS),
  windowCases(FULL_REQUESTS),
);

const FULL_SLEEPING_CASES: readonly LatencyCase[] = BITRATES.flatMap((bitrate) =>
  ANSWER_KINDS.flatMap((answer) =>
    LOAD_KINDS.map((load) => ({
      ...{ engine: 'image' as const, answer, load, bitrate, spiHertz: SPI_HERTZ, seed: SEED },
      ...{ idle: 'wfi' as const, requests: FULL_REQUESTS },
    })),
  ),
);

const FULL_TRAFFIC: TrafficScope = {
  latencyCases: FULL_LATENCY_CASES,
  layouts: LAYOUTS,
  losslessCases: [
    ...SPI_RATES.map((spiHertz) => ({
      ...{ engine: 'image' as const, bitrate: 1_000_000, spiHertz },
      frames: spiHertz === SPI_HERTZ ? 20_000 : 1_000,
    })),
    singleLossless(20_000),
  ],
  aglPathCases: BITRATES.map((bitrate) => ({
    ...{ engine: 'image' as const, bitrate, spiHertz: SPI_HERTZ },
    ...{ frames: 500, seed: SEED, burstOnly: bitrate < 500_000 },
  })),
  looks: {},
};

const isPromised = ({ spiHertz }: { readonly spiHertz: number }): boolean => spiHertz === SPI_HERTZ;

const FULL_ROTATION: readonly RotationCase[] = ROTATION_TABLES.flatMap((table) =>
  LOAD_KINDS.map((load) => ({ table, load, rounds: 25, seed: SEED })),
);

export const FULL_SCOPE: Scope = {
  ...FULL_TRAFFIC,
  rotationCases: FULL_ROTATION,
  sleepingCases: FULL_SLEEPING_CASES,
  longRun: { engine: 'wasm', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames: 1_000_000 },
  console: {
    ...FULL_TRAFFIC,
    latencyCases: FULL_LATENCY_CASES.filter(isPromised),
    losslessCases: FULL_TRAFFIC.losslessCases.filter(isPromised),
    sleepingCases: FULL_SLEEPING_CASES,
  },
  slowConsole: {
    ...{ latencyCases: SLOW_CASES, layouts: [], aglPathCases: [] },
    ...{ losslessCases: [SLOW_LOSSLESS], looks: {} },
  },
  slowLooks: {},
};

const quickCase = (
  answer: LatencyCase['answer'],
  load: LatencyCase['load'],
  bitrate: number,
): LatencyCase => ({
  ...{ engine: 'image' as const, answer, load, bitrate, spiHertz: SPI_HERTZ },
  ...{ requests: QUICK_REQUESTS, seed: SEED },
});

const QUICK_TRAFFIC: TrafficScope = {
  latencyCases: [
    quickCase('static', 'idle', 250_000),
    quickCase('static', 'idle', 500_000),
    quickCase('computed', 'idle', 500_000),
    quickCase('static', 'forwarding', 500_000),
    quickCase('computed', 'forwarding', 500_000),
    quickCase('static', 'aglHostile', 500_000),
    quickCase('computedWorst', 'idle', 500_000),
    quickCase('computedWorst', 'forwarding', 500_000),
    ...singleCases(['idle', 'forwarding', 'aglHostile'], QUICK_REQUESTS),
    ...stagedCases(QUICK_REQUESTS),
    ...windowCases(QUICK_REQUESTS),
  ],
  layouts: LAYOUTS,
  losslessCases: [
    { engine: 'image', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames: 1_000 },
    singleLossless(2_000),
  ],
  aglPathCases: BITRATES.map((bitrate) => ({
    ...{ engine: 'image' as const, bitrate, spiHertz: SPI_HERTZ },
    ...{ frames: 40, seed: SEED, burstOnly: bitrate !== 500_000 },
  })),
  looks: {},
};

const QUICK_SLEEPING_CASES: readonly LatencyCase[] = ANSWER_KINDS.flatMap((answer) =>
  (['idle', 'forwarding'] as const).map((load) => ({
    ...quickCase(answer, load, 500_000),
    idle: 'wfi' as const,
  })),
);

/** The looks of the goals, without the loads that add nothing to them. */
const QUICK_CONSOLE_LOOKS: LooksScope = {
  answers: [...ANSWER_KINDS, ...SINGLE_KINDS, 'computedWorst'],
  loads: ['idle', 'forwarding', 'aglFlood', 'aglHostile'],
};
/** At a slow clock fewer phases of loop and request meet. No goal compares two loads there. */
const SHORT_LOOKS_NANOS = 16_000_000;

/** Each way once, and the busy table whose answers are nearest to their times. */
const QUICK_ROTATION: readonly RotationCase[] = [
  // With `single` an answer that is read may meet a look at the fault state: as many rounds as in the whole bench.
  { table: 'single', load: 'idle', rounds: 25, seed: SEED },
  { table: 'windowAndStaged', load: 'idle', rounds: 8, seed: SEED },
  { table: 'window', load: 'forwarding', rounds: 4, seed: SEED },
];

export const QUICK_SCOPE: Scope = {
  ...QUICK_TRAFFIC,
  rotationCases: QUICK_ROTATION,
  sleepingCases: QUICK_SLEEPING_CASES,
  longRun: { engine: 'wasm', bitrate: 1_000_000, spiHertz: SPI_HERTZ, frames: 10_000 },
  console: {
    ...QUICK_TRAFFIC,
    looks: QUICK_CONSOLE_LOOKS,
    sleepingCases: QUICK_SLEEPING_CASES.filter(({ load }) => load === 'forwarding'),
  },
  slowConsole: {
    ...{ latencyCases: SLOW_CASES.filter(({ load }) => load === 'forwarding') },
    ...{ layouts: [], aglPathCases: [], losslessCases: [SLOW_LOSSLESS] },
    looks: { ...QUICK_CONSOLE_LOOKS, loads: ['forwarding'] },
  },
  slowLooks: {
    answers: [...ANSWER_KINDS, ...SINGLE_KINDS, ...WORST_KINDS],
    runNanos: SHORT_LOOKS_NANOS,
  },
};
