// SPDX-License-Identifier: MIT
/**
 * The runs of `npm run soak`: what each does and when it is right. The runs themselves are in lab/.
 */
import { crystals, rates } from './board-facts.ts';
import { campaign } from './campaign.ts';
import { chips } from './chips.ts';
import { FRESH_RUNS } from './fresh.ts';
import { fuzz } from './fuzz.ts';
import { hostile } from './hostile.ts';
import { mutants, planted } from './mutants.ts';
import { mutations } from './mutations.ts';
import { reproducible } from './reproducible.ts';
import { rules } from './rules.ts';
import { safeState } from './safe-state.ts';
import { strength } from './strength.ts';
import { wall } from './wall.ts';
import { loadMeasured } from '../../lab/measure/bench.ts';
import { measureLossless } from '../../lab/measure/lossless.ts';
import { runRandom } from '../../lab/random/random-run.ts';
import { describeFailure, shrink } from '../../lab/random/random-shrink.ts';

export interface SoakOutcome {
  readonly lines: readonly string[];
  readonly isRight: boolean;
}

/** What the command line may say to a run; each takes what is its own. */
export interface SoakOptions {
  readonly minutes?: number;
  readonly seed?: number;
  readonly script?: string;
  readonly corpus?: string;
  readonly resume?: boolean;
  readonly jobs?: number;
  readonly only?: string;
  readonly tests?: string;
}

export interface SoakRun {
  readonly name: string;
  readonly what: string;
  /** Runs only if named. */
  readonly onlyByName?: true;
  readonly run: (
    progress: (done: number, total: number) => void,
    options: SoakOptions,
  ) => Promise<SoakOutcome>;
}

const BULK_FRAMES = 1_000_000;

const bulk: SoakRun = {
  name: 'bulk',
  what: `case R5: ${BULK_FRAMES} frames of DLC 0 at 1 Mbit/s, back to back`,
  run: async (progress) => {
    const engine = 'wasm';
    const rates = { bitrate: 1_000_000, spiHertz: 10_000_000, gapBits: 0 };
    const result = await measureLossless(
      loadMeasured(engine),
      { engine, frames: BULK_FRAMES, ...rates },
      (sent) => progress(sent, BULK_FRAMES),
    );
    const { onWire, lost, reordered, overflows, busLoad, mostInFlight } = result;
    const delivered = onWire - lost;
    return {
      lines: [
        `on the wire ${onWire}, bus load ${(100 * busLoad).toFixed(2)} %, at AGL ${delivered}`,
        `lost ${lost}, reordered ${reordered}, RXnOVR ${overflows}, most in flight ${mostInFlight}`,
      ],
      isRight:
        onWire === BULK_FRAMES && lost + reordered + overflows === 0 && delivered === BULK_FRAMES,
    };
  },
};

const RANDOM_SEEDS = 2_000;
const RANDOM_FRAMES = 400;
/** The run ends after this many failures. */
const FAILURES_SHOWN = 3;
/** Different from the seeds of `npm test`. */
const FIRST_SEED = 1_000;

const random: SoakRun = {
  name: 'random',
  what: `${RANDOM_SEEDS} random runs of ${RANDOM_FRAMES} frames with faults and delays`,
  run: async (progress) => {
    const sum = { accepted: 0, overflowed: 0, errors: 0, busOffs: 0, sentForAgl: 0, ambiguous: 0 };
    const failures: string[] = [];
    for (let index = 0; index < RANDOM_SEEDS && failures.length < FAILURES_SHOWN; index++) {
      const all = { faults: true, stalls: true, fromAgl: true };
      const seed = FIRST_SEED + index;
      const options = { engine: 'wasm', seed, frames: RANDOM_FRAMES, ...all } as const;
      const report = await runRandom(options);
      if (report.problems.length > 0) {
        failures.push(describeFailure(await shrink({ options, report })));
      }
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key];
      progress(index + 1, RANDOM_SEEDS);
    }
    return {
      lines: [
        `accepted ${sum.accepted}, overflowed and told ${sum.overflowed}, error frames ${sum.errors}`,
        `bus-off ${sum.busOffs}, sent for AGL ${sum.sentForAgl}, order not knowable ${sum.ambiguous}`,
        ...failures.flatMap((failure) => failure.split('\n')),
      ],
      isRight: failures.length === 0,
    };
  },
};

export const SOAK_RUNS: readonly SoakRun[] = [
  ...[bulk, random, rules, strength, wall, safeState, hostile, campaign, mutations],
  ...[mutants, planted, fuzz],
  ...[crystals, rates, chips, reproducible],
  ...FRESH_RUNS,
];
