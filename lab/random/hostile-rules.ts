// SPDX-License-Identifier: MIT
/**
 * Mutations of a valid `rules.bin` against the cell's own check, in WebAssembly.
 *
 * Each image is refused, or what it makes of frames depends on nothing but the image: the same with other
 * bytes behind it. The checksum is made right again, since a hostile file has a right one.
 */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { E2eCheck } from '../../rules/e2e/check.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import { NO_FRAME } from '../../rules/model.ts';
import type { DataField, Rule, RuleTable, Step, Timer } from '../../rules/model.ts';
import type { Watch } from '../../rules/watch.ts';
import { Random } from './random.ts';

const IMAGE_BYTES = 0x10000;
const FRAMES = 8;
/** The run ends after so many. */
const PROBLEMS_MOST = 3;
const OK = 0;
/** Statuses of a refused table: formats/statuses.ts. */
const REFUSED_FIRST = 60;
const REFUSED_LAST = 67;

/** The exports of tests/unit/responder/hostile-table.ts. */
export interface HostileTable {
  readonly memory: WebAssembly.Memory;
  place(): number;
  frame(): number;
  adopt(): number;
  outcome(): number;
  /** 1: the image that was adopted locks the wall, and so judges all later ones. */
  locked(): number;
  /** Another one, as after the start. */
  fresh(): HostileTable;
}

export interface HostileReport {
  readonly taken: number;
  readonly refused: number;
  readonly problems: readonly string[];
}

/** Runs `count` mutations of the images from `seed` on. */
export function runHostileRules(
  first: HostileTable,
  images: readonly Uint8Array[],
  { count, seed }: { readonly count: number; readonly seed: number },
  progress: (done: number) => void = () => {},
): HostileReport {
  const random = new Random(seed);
  const problems: string[] = [];
  let table = first;
  let taken = 0;
  let done = 0;
  for (; done < count && problems.length < PROBLEMS_MOST; done += 1) {
    const image = mutated(images[done % images.length], random);
    const frames = Array.from({ length: FRAMES }, () => frameBytes(image, random));
    const { status, outcomes } = resultOf(table, image, 0x00, frames);
    if (status === OK) taken += 1;
    else if (status < REFUSED_FIRST || status > REFUSED_LAST) problems.push(`status ${status}`);
    if (table.locked() !== 0) table = table.fresh();
    else if (status === OK && readsBeyond(table, image, frames, outcomes)) {
      problems.push(`mutation ${done} of seed ${seed} reads beyond its image`);
    }
    if (done % 1000 === 0) progress(done);
  }
  return { taken, refused: done - taken, problems };
}

/** `before`: the outcomes with zeros behind the image. */
function readsBeyond(
  table: HostileTable,
  image: Uint8Array,
  frames: readonly Uint8Array[],
  before: string,
): boolean {
  const { outcomes } = resultOf(table, image, 0xff, frames);
  if (outcomes === before) return false;
  // Rules of one name, which the compiler refuses, share their state from the second time on: that is all the same.
  return resultOf(table, image, 0x00, frames).outcomes !== outcomes;
}

function resultOf(
  table: HostileTable,
  image: Uint8Array,
  behind: number,
  frames: readonly Uint8Array[],
): { status: number; outcomes: string } {
  const bytes = new Uint8Array(table.memory.buffer);
  const place = table.place();
  bytes.fill(behind, place, place + IMAGE_BYTES);
  bytes.set(image, place);
  const status = table.adopt();
  if (status !== OK) return { status, outcomes: '' };
  const outcomes = frames.map((frame) => {
    bytes.set(frame, table.frame());
    return table.outcome();
  });
  return { status, outcomes: outcomes.join(' ') };
}

/** A copy with up to four bytes changed, mostly in its records, and sealed again. */
function mutated(image: Uint8Array, random: Random): Uint8Array {
  const copy = Buffer.from(image);
  for (let change = random.below(4); change >= 0; change -= 1) {
    const at = 16 + random.below(random.below(4) === 0 ? image.length - 16 : 1200);
    if (at >= copy.length) continue;
    const values = [0, 1, 0xff, copy[at] ^ (1 << random.below(8)), copy[at] + 1, random.below(256)];
    copy[at] = values[random.below(values.length)] & 0xff;
  }
  copy.writeUInt32LE(0, 12);
  copy.writeUInt32LE(crc32(copy), 12);
  return copy;
}

/** A frame that a rule of the image may match: its identifier, any length and data. */
function frameBytes(image: Uint8Array, random: Random): Uint8Array {
  const frame = Buffer.alloc(16);
  const rule = 64 + 64 * random.below(Math.max(1, image[16]));
  const word = rule + 4 <= image.length ? Buffer.from(image).readUInt32LE(rule) : 0;
  frame.writeUInt32LE((word & 0xdfffffff) >>> 0, 0);
  frame[4] = random.below(9);
  frame.set(random.bytes(frame[4]), 8);
  return frame;
}

const LITTLE: DataField = { shift: 4, width: 8, bigEndian: false, signed: false };
const BIG: DataField = { shift: 40, width: 12, bigEndian: true, signed: true };
const CRC_TABLE = Array.from({ length: 256 }, (_, index) => (index * 29) & 0xff);

const STEPS: readonly Step[] = [
  { kind: 'load-request', field: BIG },
  { kind: 'multiply', value: -7n },
  { kind: 'divide', value: 3n },
  { kind: 'at-most', value: 900n },
  { kind: 'store', field: LITTLE },
  { kind: 'load-live', field: LITTLE, first: 60 },
  { kind: 'load-counter', increment: 1, maximum: 15 },
  { kind: 'store', field: { ...LITTLE, shift: 60, width: 4 } },
  { kind: 'load-identifier', shift: 0, width: 8 },
  { kind: 'store-identifier', shift: 2, width: 8 },
  { kind: 'or-length', value: 1 },
  { kind: 'xor-identifier', value: 3 },
  { kind: 'checksum-xor', from: 0, to: -2, result: -1, initial: 1 },
  {
    ...({ kind: 'checksum-crc8', from: 0, to: -2, result: -1, initial: 255, finalXor: 1 } as const),
    ...{ table: CRC_TABLE, profile: '16u8', profileData: CRC_TABLE.slice(0, 16) },
  },
  {
    ...({ kind: 'checksum-e2e8', result: 0, counterBit: 8, initial: [1, 2], finalXor: 3 } as const),
    ...{ table: CRC_TABLE, dataIds: CRC_TABLE.slice(0, 16) },
  },
  { kind: 'checksum-e2e16', result: 6, dataId: 0x1234 },
];

const CHECK: E2eCheck = {
  step: { kind: 'checksum-e2e16', result: 0, dataId: 0x1234 },
  ...{ length: 8, counterMaximum: 255, maximumDelta: 2, widens: true },
  ...{ nibble: { first: 60, value: 3 } },
  on: ['pass', 'mark', 'mark', 'drop', 'substitute', 'substitute', 'substitute'],
  mark: [{ kind: 'or-data', value: 0x80n }],
  substitute: [{ kind: 'set-data', value: 0x0102n }, ...STEPS.slice(6, 8)],
};

const ANSWER = {
  ...{ identifier: 0x301, extended: false, length: 8, data: [1, 2, 3, 4, 5, 6, 7, 8] },
  source: [null, null, 3, 0x81, null, null, null, null],
} as const;

function rule(name: string, identifier: number, more: Partial<Rule> = {}): Rule {
  const data = Array.from({ length: 8 }, () => ({ value: 0, mask: 0 }));
  const extended = identifier > 0x7ff;
  const mask = extended ? 0x1fffff00 : 0x7ff;
  const match = { identifier, mask, extended, remote: false, data, minimumLength: 0 } as const;
  return { name, match, answer: null, forward: true, ...more };
}

const COUNTED = {
  ...({ kind: 'cyclic', intervalMicros: 50, count: 2, thenMicros: 70, phaseMicros: 0 } as const),
};

const WATCH: Watch = {
  timeout: { micros: 500, missing: 'to-bus', returned: 'to-agl' },
  changes: { mask: [1, 2, 0xff, 0, 0, 0, 0, 0x80], length: true },
  throttleMicros: 30,
};

/** A rule that a timer sends, or that tells of something, with steps that need no request. */
function timed(name: string, when: Timer | 'notice'): Rule {
  const answer = { ...ANSWER, source: ANSWER.data.map(() => null), steps: STEPS.slice(5, 8) };
  return { name, match: NO_FRAME, answer, forward: false, when };
}

function table(isForAgl: boolean): RuleTable {
  const plain = rule('conditions', 0x300);
  const conditions = [
    [{ kind: 'range', field: BIG, minimum: -100n, maximum: 2000n, inverted: false }],
    [
      { kind: 'bits', value: 1n, mask: 3n, inverted: true },
      { kind: 'set', field: { ...LITTLE, width: 6 }, values: [1, 5, 63], inverted: false },
    ],
  ] as const;
  const of = isForAgl ? ({ from: 'agl' } as const) : {};
  const safeState = {
    ...({ afterMicros: 1000, graceMicros: 5, until: { rule: 'more-1' } } as const),
    ...(isForAgl ? { heartbeat: { rule: 'all', withinMicros: 7 } } : {}),
  };
  return {
    ...({ defaultAction: 'forward', safeState } as const),
    rules: [
      { ...plain, match: { ...plain.match, conditions, maximumLength: 7 } },
      rule('all', 0x300, {
        ...of,
        answer: { ...ANSWER, steps: STEPS },
        moreAnswers: [{ ...ANSWER, identifier: 0x302, steps: STEPS.slice(4, 9) }],
        modify: STEPS.slice(9, -1),
        rate: { intervalMicros: 1000, burst: 250 },
      }),
      rule('checked', 0x310, { ...of, check: CHECK }),
      rule('watched', 0x320, { watch: WATCH }),
      rule('extended', 0x18ff0000, of),
      ...[0x18fe0017, 0x18fe0117, 0x18ff0080].map((identifier, index) => {
        const single = rule(`key-${index}`, identifier, index === 0 ? of : {});
        return { ...single, match: { ...single.match, identifier, mask: 0x1fffffff } };
      }),
      ...Array.from({ length: 3 }, (_, index) => rule(`more-${index}`, 0x400 + 16 * index)),
      timed('again', { kind: 'cyclic', intervalMicros: 900, phaseMicros: 3 }),
      timed('safe', { ...COUNTED, during: 'safe-state', ended: 'to-bus' }),
      timed('to-bus', 'notice'),
      { ...timed('to-agl', 'notice'), from: 'agl' },
    ],
  };
}

/** With everything that format 2 has, without and with rules about frames of AGL's. */
export const HOSTILE_IMAGES: readonly Uint8Array[] = [false, true].map((isForAgl) =>
  encodeRules(table(isForAgl)),
);

/** With its wall locked, which stays so beside all tables that follow. */
export const LOCKED_IMAGE: Uint8Array = encodeRules({
  ...table(true),
  agl: { deny: true, locked: true },
});

/** Compiles the entry to `output`, by the project's compiler, and instantiates it. */
export async function loadHostileTable(
  compile: (tool: string, words: readonly string[]) => Promise<unknown>,
  output: string,
): Promise<HostileTable> {
  await compile('assemblyscript/bin/asc.js', [
    'tests/unit/responder/hostile-table.ts',
    ...['--config', 'asconfig.json', '--target', 'cell', '-o', output, '--textFile', ''],
  ]);
  const module = await WebAssembly.compile(readFileSync(output));
  const fresh = (): HostileTable => {
    const { exports } = new WebAssembly.Instance(module);
    return { ...(exports as unknown as HostileTable), fresh };
  };
  return fresh();
}
