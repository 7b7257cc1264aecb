// SPDX-License-Identifier: MIT
/**
 * A random plan for the judge of strength: rules, their requests among other traffic, and frames of AGL's.
 *
 * The frames of the other nodes, the answers and AGL's frames have different base identifiers, so that no two
 * senders ever offer the same arbitration field. Requests and AGL's frames are numbered, so that each can be told.
 * Does not: run anything.
 */
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { Random } from './random.ts';

export interface PlannedFrame {
  readonly frame: CanFrame;
  /** After the start of the run. */
  readonly nanos: number;
}

export interface StrengthPlan {
  readonly seed: number;
  readonly bitrate: number;
  readonly rules: string;
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

/** The lowest two bits of the base identifier tell the sender. */
const OF_OTHERS = 0;
const OF_ANSWERS = 1;
const OF_AGL = 2;

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

/** An identifier of `kind`, evenly strong or weak. */
function identifierOf(random: Random, kind: number, extended: boolean): number {
  const base = random.below(0x200) * 4 + kind;
  return extended ? base * 0x40000 + random.below(0x40000) : base;
}

function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase()}`;
}

interface Request {
  readonly identifier: number;
  readonly extended: boolean;
}

/** Some rules as text, and their requests. */
function randomRules(random: Random, ways: Random): { text: string; requests: Request[] } {
  const requests: Request[] = [];
  const lines: string[] = [];
  const answers = [0, 1, 2].map(() => randomHead(random, OF_ANSWERS));
  for (let index = random.between(1, 8); index > 0; index--) {
    const request = randomHead(random, OF_OTHERS);
    if (requests.some(({ identifier }) => identifier === request.identifier)) continue;
    requests.push(request);
    // Some rules share the identifier of their answers.
    const answer = random.chance(0.2) ? random.pick(answers) : randomHead(random, OF_ANSWERS);
    const length = random.between(2, 8);
    const isStatic = random.chance(0.4);
    const content = isStatic
      ? `data: [${hex(0xa0 + index)}, ${[...random.bytes(length - 1)].map(hex).join(', ')}]`
      : `length: ${length}, copy: [{ from: 0, to: ${random.below(length - 1)}, count: 2 }]`;
    // Such a rule may have INT to itself.
    const kind = isStatic && ways.chance(0.3) ? ', remote: any' : '';
    const match = `${textOf(request)}${isStatic ? kind : ', data: [~, ~]'}`;
    const forward = random.chance(0.3) ? ', forward: true' : '';
    lines.push(
      `  - { name: rule-${index}, match: { ${match} }, answer: { ${textOf(answer)}, ${content} }, rate: none${forward} }`,
    );
  }
  const action = random.chance(0.5) ? 'forward' : 'drop';
  return { text: `version: 1\ndefault: ${action}\nrules:\n${lines.join('\n')}\n`, requests };
}

function randomHead(random: Random, kind: number): Request {
  const extended = random.chance(0.25);
  return { identifier: identifierOf(random, kind, extended), extended };
}

function textOf({ identifier, extended }: Request): string {
  return `id: ${hex(identifier)}${extended ? ', extended: true' : ''}`;
}

/** The plan of a seed, with about `frames` frames of the other nodes. */
export function strengthPlan(seed: number, frames: number): StrengthPlan {
  const shape = Random.of(seed, 0);
  const bitrate = shape.pick(BIT_RATES);
  const { text, requests } = randomRules(shape, Random.of(seed, 4));
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
  const condition = CONDITIONS[seed % CONDITIONS.length];
  return { seed, bitrate, rules: text, traffic: planned, fromAgl, ...condition };
}
