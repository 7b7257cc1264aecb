// SPDX-License-Identifier: MIT
/** Random programs of steps, with all kinds of steps and fields. */
import { RULE_COSTS } from '../../formats/rule-costs.ts';
import { crcTable } from '../../rules/crc-table.ts';
import type { DataField, Step } from '../../rules/model.ts';
import type { Random } from './random.ts';

const BYTE = 0x100;
const WORD = 2 ** 32;
const STEPS_MOST = 10;
const PROGRAMS_MOST = 4;
/**
 * Added at the end of a program whose frame goes to the bus: these bits keep its identifier apart from those
 * of other nodes.
 */
const OWN_IDENTIFIERS: Step = { kind: 'or-identifier', value: 0x10000400 };

/** A field anywhere in the data. */
export function randomField(random: Random, widthMost = 64): DataField {
  const width = random.between(1, random.chance(0.6) ? Math.min(16, widthMost) : widthMost);
  const shift = random.below(65 - width);
  return { shift, width, bigEndian: random.chance(0.5), signed: random.chance(0.3) };
}

/** A number of 64 bits, often a small one. */
export function randomNumber(random: Random): bigint {
  const bytes = random.chance(0.6) ? 1 : 8;
  return Buffer.concat([random.bytes(bytes), Buffer.alloc(8 - bytes)]).readBigUInt64LE();
}

/** What the programs of one rule share. */
export interface RulePrograms {
  /** What each step with the rule's counter is. */
  readonly counter: Step;
  /** Time that is left for steps. */
  leftNanos: number;
}

/** What the programs of a rule may share. */
export function randomPrograms(random: Random): RulePrograms {
  return {
    counter: {
      kind: 'load-counter',
      increment: random.between(1, 3),
      maximum: random.pick([14, 15, 255, 2 ** 31]),
    },
    leftNanos: RULE_COSTS.RULE_PROGRAMS_NANOS_MAXIMUM - PROGRAMS_MOST * nanosOf(OWN_IDENTIFIERS),
  };
}

/** A program, as long as there is time left. */
export function randomProgram(random: Random, programs: RulePrograms, toBus: boolean): Step[] {
  const steps = Array.from({ length: random.between(1, STEPS_MOST) }, () =>
    randomStep(random, programs.counter),
  );
  const kept = steps.filter((step) => {
    if (programs.leftNanos < nanosOf(step)) return false;
    programs.leftNanos -= nanosOf(step);
    return true;
  });
  return toBus ? [...kept, OWN_IDENTIFIERS] : kept;
}

/** A program for an answer that needs nothing of its request, as long as there is time left: the cell may stage it. */
export function randomStagedProgram(random: Random, programs: RulePrograms): Step[] {
  const steps = Array.from({ length: 4 * STEPS_MOST }, () => randomStep(random, programs.counter));
  const usable = steps.filter(({ kind }) => !/request|identifier|length/.test(kind));
  const ends = usable.filter(({ kind }) => kind.startsWith('checksum')).slice(0, 1);
  const stored: DataField = { ...randomField(random, 8), signed: false };
  const all: Step[] = [programs.counter, { kind: 'store', field: stored }, ...usable, ...ends];
  return all.slice(0, random.between(2, STEPS_MOST)).filter((step) => {
    if (programs.leftNanos < nanosOf(step)) return false;
    programs.leftNanos -= nanosOf(step);
    return true;
  });
}

function nanosOf({ kind }: Step): number {
  const { CHECKSUM_STEP_NANOS, PROGRAM_STEP_NANOS } = RULE_COSTS;
  return kind.startsWith('checksum') ? CHECKSUM_STEP_NANOS : PROGRAM_STEP_NANOS;
}

function randomStep(random: Random, counter: Step): Step {
  const field = randomField(random);
  // In an identifier.
  const width = random.between(1, 11);
  const shift = random.below(30 - width);
  const value = BigInt.asIntN(64, randomNumber(random));
  const positive = (randomNumber(random) % 1000n) + 1n;
  const word = (random.below(WORD) & 0xdfffffff) >>> 0;
  const length = random.below(random.chance(0.3) ? BYTE : 9);
  const [from, to, result] = Array.from({ length: 3 }, () => random.between(-8, 7));
  const [initial, finalXor] = random.bytes(2);
  const data = randomNumber(random);
  const { profile, profileData } = randomProfile(random);
  const load: Step[] = [
    { kind: 'load-request', field },
    { kind: 'load-target', field },
    { kind: 'load-live', field, first: random.below(64) },
    { kind: 'load-identifier', shift, width },
    { kind: 'load-length' },
    { kind: 'load-constant', value },
    counter,
  ];
  const calculate: Step[] = [
    { kind: 'add', value },
    { kind: 'multiply', value: positive },
    { kind: 'divide', value: positive },
    { kind: 'at-least', value },
    { kind: 'at-most', value },
  ];
  const store: Step[] = [
    { kind: 'store', field: { ...field, signed: false } },
    { kind: 'store-identifier', shift, width },
  ];
  const modify: Step[] = [
    { kind: 'and-data', value: data },
    { kind: 'or-data', value: data },
    { kind: 'xor-data', value: data },
    { kind: 'set-data', value: data },
    { kind: 'and-length', value: length },
    { kind: 'or-length', value: random.below(9) & length },
    { kind: 'xor-length', value: random.below(4) },
    { kind: 'set-length', value: length },
    { kind: 'and-identifier', value: word },
    { kind: 'or-identifier', value: word },
    { kind: 'xor-identifier', value: word },
    { kind: 'set-identifier', value: word },
  ];
  const checksum: Step[] = [
    { kind: 'checksum-xor', from, to, result, initial },
    {
      ...{ kind: 'checksum-crc8', from, to, result, initial, finalXor },
      ...{ table: randomTable(random), profile, profileData },
    },
    randomE2e(random),
  ];
  return random.pick(random.pick([load, load, calculate, store, store, modify, checksum]));
}

function randomProfile(random: Random) {
  const profile = random.pick(['none', '1u8', '16u8', 'sffid-xor'] as const);
  const count = { none: 0, '1u8': 1, '16u8': 16, 'sffid-xor': 0 }[profile];
  return { profile, profileData: [...random.bytes(count)] };
}

/** A checksum of an E2E profile, anywhere. */
function randomE2e(random: Random): Step {
  const result = random.below(7);
  if (random.chance(0.4)) return { kind: 'checksum-e2e16', result, dataId: random.below(0x10000) };
  const initial = [...random.bytes(2)];
  return {
    ...{ kind: 'checksum-e2e8', result, counterBit: random.below(61) },
    ...{ initial: [initial[0], initial[1]], finalXor: random.below(BYTE) },
    ...{
      table: crcTable(random.pick([0x1d, 0x2f])),
      dataIds: random.chance(0.5) ? [...random.bytes(16)] : [],
    },
  };
}

/** One of two tables, so that programs share them. */
function randomTable(random: Random): number[] {
  const factor = random.pick([29, 147]);
  return Array.from({ length: BYTE }, (_, index) => (index * factor + 7) % BYTE);
}
