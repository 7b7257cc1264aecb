// SPDX-License-Identifier: MIT
/**
 * A random plan for the judge of strength: rules, their requests among other traffic, and frames of AGL's.
 *
 * Requests and AGL's frames are numbered, so that each can be told. Seeds from VARIED_SEED on draw rules of every way,
 * and new tables in the middle of it; those from TIED_SEED on rules whose answers have different identifiers.
 * Does not: run anything.
 */
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { Random } from './random.ts';
import {
  OF_AGL,
  OF_OTHERS,
  randomHead,
  randomRules,
  type StrengthRules,
  tiedRules,
  variedRules,
} from './strength-rules.ts';

export interface PlannedFrame {
  readonly frame: CanFrame;
  /** After the start of the run. */
  readonly nanos: number;
}

export interface StrengthPlan {
  readonly seed: number;
  readonly bitrate: number;
  readonly rules: string;
  /** The other table, and how often the two change places. Absent: the table stays. */
  readonly swaps?: { readonly rules: string; readonly everyNanos: number } | undefined;
  readonly traffic: readonly PlannedFrame[];
  readonly fromAgl: readonly PlannedFrame[];
  /** Words for the cell's command line. */
  readonly settings: string;
  readonly oneShot: boolean;
  readonly aglSorted: boolean;
  readonly timeoutNanos: number | undefined;
  /** Share of attempts that meet a fault. */
  readonly faultRate: number;
}

const BIT_RATES = [125_000, 250_000, 500_000, 1_000_000];
/** Most bits that most frames have. */
const USUAL_BITS = 120;

/** No faults, and nothing is given up. */
export const UNDISTURBED = {
  ...{ settings: '', oneShot: false, aglSorted: false },
  ...{ timeoutNanos: undefined, faultRate: 0 },
};
/** What a run is exposed to; a seed has one of them. */
const CONDITIONS = [
  ...new Array<typeof UNDISTURBED>(5).fill(UNDISTURBED),
  { ...UNDISTURBED, settings: 'agl-order=identifier', aglSorted: true },
  { ...UNDISTURBED, settings: 'restart-ms=5', faultRate: 0.05 },
  { ...UNDISTURBED, settings: 'restart-ms=5', faultRate: 0.4 },
  { ...UNDISTURBED, settings: 'txtimeout-ms=3', timeoutNanos: 3_000_000 },
  { ...UNDISTURBED, settings: 'oneshot=1', oneShot: true },
];

/** From this seed on, tables have rules of every way. */
export const VARIED_SEED = 1_000_000;
/** From this seed on, rules have answers with different identifiers. */
export const TIED_SEED = 2_000_000;
/** Those run with and without another table that comes now and then, in the role driver. */
const SWAPS_NANOS = [undefined, 300_000, 3_000_000];

/** The rules of a seed under `condition`. */
function rulesOf(seed: number, shape: Random, faultRate: number): StrengthRules {
  if (seed < VARIED_SEED) return randomRules(shape, Random.of(seed, 4));
  if (seed >= TIED_SEED) return tiedRules(shape);
  // A request that is lost with the chip would leave the counter of its answers unknown.
  return variedRules(shape, faultRate === 0);
}

/** The plan of a seed, with about `frames` frames of the other nodes. */
export function strengthPlan(seed: number, frames: number): StrengthPlan {
  const shape = Random.of(seed, 0);
  const bitrate = shape.pick(BIT_RATES);
  const condition = CONDITIONS[seed % CONDITIONS.length];
  const { text, otherText, requests } = rulesOf(seed, shape, condition.faultRate);
  const traffic = Random.of(seed, 1);
  const agl = Random.of(seed, 2);
  const load = shape.pick([0.3, 0.6, 0.9, 1.2]);
  const asked = shape.pick([0.2, 0.5]);
  const planned: PlannedFrame[] = [];
  const fromAgl: PlannedFrame[] = [];
  const flood = randomHead(traffic, OF_OTHERS);
  const isAsked = requests.some(({ identifier }) => identifier === flood.identifier);
  let bits = 0;
  for (let index = 0; index < frames; index++) {
    const isRequest = traffic.chance(asked);
    // A flood of one identifier holds back all that is weaker.
    const isFlood = !isRequest && !isAsked && index > frames / 4 && index < frames / 2;
    const head = isRequest
      ? traffic.pick(requests)
      : isFlood
        ? flood
        : randomHead(traffic, OF_OTHERS);
    const filling = traffic.bytes(traffic.below(7));
    const data = [index >>> 8, index & 0xff, ...filling];
    planned.push({
      frame: makeFrame({ ...head, data }),
      nanos: Math.round((bits * 1e9) / bitrate),
    });
    // Bursts, and pauses that make up for them.
    if (isFlood) bits += USUAL_BITS / 2;
    else if (traffic.chance(0.3)) bits += traffic.below(((2 * USUAL_BITS) / load) * 3.3);
    if (!agl.chance(0.08)) continue;
    for (let burst = agl.between(1, 5); burst > 0; burst--) {
      const count = fromAgl.length;
      const bytes = [count >>> 8, count & 0xff, ...agl.bytes(agl.below(7))];
      const frame = makeFrame({ ...randomHead(agl, OF_AGL), data: bytes });
      fromAgl.push({ frame, nanos: Math.round(((bits + agl.below(USUAL_BITS)) * 1e9) / bitrate) });
    }
  }
  fromAgl.sort((left, right) => left.nanos - right.nanos);
  const everyNanos = Random.of(seed, 6).pick(SWAPS_NANOS);
  // AGL's frames have one buffer while tables are swapped, so sorted ones are in each other's way.
  const isSwapped = otherText !== undefined && everyNanos !== undefined && !condition.aglSorted;
  const swaps = isSwapped ? { rules: otherText, everyNanos } : undefined;
  return { seed, bitrate, rules: text, swaps, traffic: planned, fromAgl, ...condition };
}
