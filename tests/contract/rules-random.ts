// SPDX-License-Identifier: MIT
/** Random rule tables in the normal form of the model: every word that it has. */
import type {
  DataCondition,
  DataField,
  Rule,
  RuleAnswer,
  RuleMatch,
  RuleTable,
  Step,
} from '../../rules/model.ts';
import { normalForm } from '../../rules/order/identifiers.ts';

/** Numbers from 0 up to below `limit`, the same for the same seed (mulberry32). */
export type Random = (limit: number) => number;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export function randomTable(random: Random): RuleTable {
  const rules = Array.from({ length: random(12) }, (_, index) => randomRule(random, index));
  const filters = Array.from({ length: random(3) }, () => {
    const mask = random(2 ** 29);
    return { identifier: random(2 ** 29) & mask, mask, inverted: random(2) === 1 };
  });
  return {
    defaultAction: random(2) === 1 ? 'drop' : 'forward',
    ...{ rules, ...(filters.length === 0 ? {} : { filters }) },
  };
}

export function randomMatch(random: Random): RuleMatch {
  const extended = random(2) === 1;
  const remote = [false, false, false, true, 'any' as const][random(5)];
  const identifiers = randomIdentifiers(random, extended);
  const minimumLength = remote === false ? random(9) : 0;
  const data = Array.from({ length: 8 }, (_, index) => {
    const mask = index < minimumLength && random(2) === 1 ? random(256) : 0;
    return { value: random(256) & mask, mask };
  });
  const conditions = Array.from({ length: remote === false ? random(3) : 0 }, () =>
    Array.from({ length: 1 + random(3) }, () => randomCondition(random)),
  );
  const hasMaximum = remote === false && random(3) === 0 && minimumLength < 8;
  return {
    ...identifiers,
    ...{ extended, remote, data, minimumLength },
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(hasMaximum ? { maximumLength: minimumLength + random(8 - minimumLength) } : {}),
  };
}

function randomIdentifiers(random: Random, extended: boolean) {
  const bits = extended ? 2 ** 29 : 2 ** 11;
  const tests = Array.from({ length: 1 + random(4) }, () => {
    if (random(2) === 1) {
      const mask = random(bits) | random(bits) | (extended ? random(bits) : 0);
      return { identifier: random(bits) & mask, mask };
    }
    if (random(3) === 0) {
      const alone = 0x100 + random(16);
      return { first: alone, last: alone };
    }
    const ends = [random(bits), random(bits)].toSorted((one, other) => one - other);
    return { first: ends[0], last: ends[1] };
  });
  const form = normalForm(tests, random(4) === 0, extended);
  return typeof form === 'object' ? form : { identifier: 1, mask: bits - 1 };
}

function randomCondition(random: Random): DataCondition {
  const inverted = random(2) === 1;
  const kind = random(3);
  if (kind === 0) {
    const mask = randomWord(random);
    return { kind: 'bits', value: randomWord(random) & mask, mask, inverted };
  }
  if (kind === 1) {
    const field = randomField(random, 6, false);
    const values = Array.from({ length: 2 ** field.width }, (_, value) => value);
    return { kind: 'set', field, values: values.filter(() => random(2) === 1), inverted };
  }
  const ends = [randomSigned(random), randomSigned(random)];
  const [minimum, maximum] = ends[0] < ends[1] ? ends : ends.toReversed();
  return { kind: 'range', field: randomField(random, 64), minimum, maximum, inverted };
}

function randomField(random: Random, most: number, signed = random(2) === 1): DataField {
  const width = 1 + random(most);
  return { shift: random(65 - width), width, bigEndian: random(2) === 1, signed };
}

function randomWord(random: Random): bigint {
  return (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
}

function randomSigned(random: Random): bigint {
  return BigInt.asIntN(64, randomWord(random));
}

function randomRule(random: Random, index: number): Rule {
  const match = randomMatch(random);
  const answers = Array.from({ length: random(4) }, () => randomAnswer(random, match));
  const [answer = null, ...moreAnswers] = answers;
  const forward = answer === null || random(2) === 1;
  return {
    ...{ name: `rule-${index}-${random(1000)}`, match, answer, forward },
    ...(moreAnswers.length === 0 ? {} : { moreAnswers }),
    ...(forward && random(2) === 1 ? { modify: randomProgram(random) } : {}),
    ...(random(3) === 0 ? { from: 'agl' as const } : {}),
    ...(random(2) === 0
      ? { rate: { intervalMicros: 1 + random(2 ** 31 - 1), burst: 1 + random(65535) } }
      : {}),
  };
}

function randomAnswer(random: Random, { minimumLength }: RuleMatch): RuleAnswer {
  const extended = random(2) === 1;
  const source = Array.from({ length: 8 }, () => {
    if (random(3) > 0) return null;
    return random(2) === 1 && minimumLength > 0 ? random(minimumLength) : 0x80 + random(64);
  });
  return {
    ...{ identifier: random(extended ? 2 ** 29 : 2 ** 11), extended },
    length: random(4) === 0 ? 'same-as-request' : random(9),
    data: source.map((from) => (from === null ? random(256) : 0)),
    source,
    ...(random(2) === 1 ? { steps: randomProgram(random) } : {}),
  };
}

function randomProgram(random: Random): Step[] {
  return Array.from({ length: 1 + random(6) }, () => randomStep(random));
}

function randomStep(random: Random): Step {
  const width = 1 + random(29);
  const value = randomSigned(random);
  const word = randomWord(random);
  const position = () => random(16) - 8;
  const checksum = () => ({
    ...{ from: position(), to: position(), result: position(), initial: random(256) },
  });
  const crc8 = (profile: 'none' | '1u8' | '16u8' | 'sffid-xor', dataBytes: number) => ({
    ...{ kind: 'checksum-crc8' as const, ...checksum(), finalXor: random(256), profile },
    table: Array.from({ length: 256 }, () => random(256)),
    profileData: Array.from({ length: dataBytes }, () => random(256)),
  });
  const steps: readonly Step[] = [
    ...(['load-request', 'load-target', 'store'] as const).map((kind) => ({
      ...{ kind, field: randomField(random, 64) },
    })),
    { kind: 'load-live', field: randomField(random, 64), first: random(64) },
    ...(['load-identifier', 'store-identifier'] as const).map((kind) => ({
      ...{ kind, shift: random(30 - width), width },
    })),
    { kind: 'load-length' },
    { kind: 'load-counter', increment: random(2 ** 32), maximum: random(2 ** 32) },
    ...(['load-constant', 'add', 'multiply', 'at-least', 'at-most'] as const).map((kind) => ({
      ...{ kind, value },
    })),
    { kind: 'divide', value: BigInt(1 + random(2 ** 32)) },
    ...(['and-data', 'or-data', 'xor-data', 'set-data'] as const).map((kind) => ({
      ...{ kind, value: word },
    })),
    ...(['and-length', 'or-length', 'xor-length', 'set-length'] as const).map((kind) => ({
      ...{ kind, value: random(256) },
    })),
    ...(['and-identifier', 'or-identifier', 'xor-identifier', 'set-identifier'] as const).map(
      (kind) => ({ ...{ kind, value: random(2 ** 32) } }),
    ),
    { kind: 'checksum-xor', ...checksum() },
    crc8('none', 0),
    crc8('1u8', 1),
    crc8('16u8', 16),
    crc8('sffid-xor', 0),
    {
      ...{ kind: 'checksum-e2e8', result: random(8), counterBit: random(61) },
      ...{ initial: [random(256), random(256)], finalXor: random(256) },
      table: Array.from({ length: 256 }, () => random(256)),
      dataIds: Array.from({ length: 16 * random(2) }, () => random(256)),
    },
    { kind: 'checksum-e2e16', result: random(7), dataId: random(0x10000) },
  ];
  return steps[random(steps.length)];
}
