// SPDX-License-Identifier: MIT
/**
 * Random rule tables with all words of the model, and frames for them.
 *
 * Frames of other nodes have identifiers without the bits of OWN_IDENTIFIERS, and all frames that the cell
 * sends have one of them: no two nodes send the same identifier.
 * Does not: make a table that the cell refuses.
 */
import type {
  DataCondition,
  Filter,
  Rule,
  RuleAnswer,
  RuleMatch,
  RuleTable,
} from '../../rules/model.ts';
import { LIVE_SOURCE, SAME_AS_REQUEST } from '../../rules/model.ts';
import { assignPaths } from '../../rules/paths.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import type { Random } from './random.ts';
import {
  randomField,
  randomNumber,
  randomProgram,
  randomPrograms,
  randomStagedProgram,
} from './rule-program.ts';
import type { RulePrograms } from './rule-program.ts';

type Side = 'bus' | 'agl';
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
const RULES_MOST = 14;
/** So many conditions in one table, for the time of a decision. */
const CONDITIONS_MOST = 7;
/** Longer than any run: a burst, and then nothing. */
const INTERVAL_MICROS = 60_000_000;
const ANSWERS_MOST = 3;
const ANY_BYTE = { value: 0, mask: 0 };

/** An identifier that a side's frames often have. */
interface Hot {
  readonly identifier: number;
  readonly extended: boolean;
}

/** A table, and the identifiers around which its rules are. */
export interface RandomTable {
  readonly table: RuleTable;
  readonly hot: Readonly<Record<Side, readonly Hot[]>>;
}

/** A table. `hot`: the identifiers around which its rules are, if given. */
export function randomRuleTable(
  random: Random,
  hot: RandomTable['hot'] = { bus: randomHot(random, 'bus'), agl: randomHot(random, 'agl') },
): RandomTable {
  const budget = { conditions: CONDITIONS_MOST };
  const rules = Array.from({ length: random.between(3, RULES_MOST) }, (_, index) => {
    const side: Side = random.chance(0.3) ? 'agl' : 'bus';
    return randomRule(random, index, side, hot[side], budget);
  });
  // First, so that no other rule can take its frames from it.
  if (random.chance(0.6)) rules.unshift(randomStagedRule(random, hot.bus));
  const filters = random.chance(0.3) ? { filters: [randomFilter(random, hot.bus)] } : {};
  const defaultAction = random.chance(0.6) ? 'forward' : 'drop';
  const agl = random.chance(0.4) ? { agl: { deny: true as const } } : {};
  const table = { defaultAction, rules, ...filters, ...agl } as const;
  return { table: withReceive(random, table), hot };
}

/** The table with a word for its receive buffers, if a rule fits it. */
function withReceive(random: Random, table: RuleTable): RuleTable {
  const receive = random.pick(['shared', 'urgent-first', 'single', undefined] as const);
  if (receive === undefined) return table;
  const worded = { ...table, receive };
  const fits = receive === 'shared' || assignPaths(worded).some(({ number }) => number !== 0);
  return fits ? worded : table;
}

/** A rule for one identifier, with an answer that needs nothing of the request. */
function randomStagedRule(random: Random, hot: readonly Hot[]): Rule {
  const { identifier, extended } = random.pick(hot);
  const mask = extended ? 0x1fffffff : 0x7ff;
  const remote = random.chance(0.6) ? ('any' as const) : false;
  const own = random.below(2 ** 10) + 2 ** 10;
  const length = random.between(1, 8);
  const source = EIGHT.map((byte) =>
    byte < length && random.chance(0.2) ? LIVE_SOURCE + random.below(64) : null,
  );
  const data = EIGHT.map((byte) => (byte < length && source[byte] === null ? byte + 1 : 0));
  const steps = randomStagedProgram(random, randomPrograms(random));
  return {
    name: 'staged',
    match: {
      identifier,
      mask,
      extended,
      remote,
      data: EIGHT.map(() => ANY_BYTE),
      minimumLength: 0,
    },
    answer: { identifier: own, extended: false, length, data, source, steps },
    forward: random.chance(0.5),
  };
}

/**
 * Another table with some of the rules of the first, in another order, some of them by another name, or in
 * all but the name another rule.
 */
export function randomSuccessor(random: Random, { table, hot }: RandomTable): RandomTable {
  const fresh = randomRuleTable(random, hot).table;
  // The first table's conditions are all that there is time for.
  const plain = fresh.rules.filter(({ match }) => match.conditions === undefined);
  const kept = table.rules.filter(() => random.chance(0.8)).reverse();
  const rules = kept.map((rule, index): Rule => {
    const other = plain.at(index % Math.max(1, plain.length)) ?? rule;
    const choice = random.next();
    if (choice < 0.15) return { ...rule, name: `new-${rule.name}` };
    if (choice < 0.3) return { ...other, name: rule.name };
    return rule;
  });
  return { table: withReceive(random, { ...fresh, receive: undefined, rules }), hot };
}

/** A frame of a side, mostly with an identifier that rules are about. */
export function randomFrameFor(random: Random, { hot }: RandomTable, side: Side): CanFrame {
  const near = random.chance(0.85) ? random.pick(hot[side]) : randomIdentifier(random, side);
  const { extended } = near;
  const low = random.chance(0.3) ? random.below(8) : 0;
  const remote = random.chance(0.1);
  const dlc = random.chance(0.1) ? random.between(9, 15) : random.below(9);
  const data = remote ? [] : [...random.bytes(Math.min(dlc, 8))];
  // Small values, which conditions are about.
  const bytes = data.map((byte) => (random.chance(0.5) ? byte & 3 : byte));
  return makeFrame({ identifier: near.identifier ^ low, extended, remote, dlc, data: bytes });
}

function randomHot(random: Random, side: Side): Hot[] {
  return Array.from({ length: 4 }, () => randomIdentifier(random, side));
}

function randomIdentifier(random: Random, side: Side): Hot {
  const extended = random.chance(0.35);
  const own = side === 'agl' ? 1 : 0;
  const identifier = extended
    ? random.below(2 ** 28) + own * 2 ** 28
    : random.below(2 ** 10) + own * 2 ** 10;
  return { identifier, extended };
}

function randomRule(
  random: Random,
  index: number,
  side: Side,
  hot: readonly Hot[],
  budget: { conditions: number },
): Rule {
  const match = randomMatch(random, hot, budget);
  const answering = random.chance(0.7);
  const forward = random.chance(answering ? 0.5 : 0.85);
  const programs = randomPrograms(random);
  const toBus = side === 'bus';
  const answers = Array.from(
    { length: random.chance(0.3) ? random.between(2, ANSWERS_MOST) : 1 },
    () => randomAnswer(random, match, programs, toBus),
  );
  const [answer, ...moreAnswers] = answers;
  const isLimited = (answering || (forward && !toBus)) && random.chance(0.25);
  // Without time for a step there is none: the compiler refuses a modify that changes nothing.
  const modify = forward && random.chance(0.7) ? randomProgram(random, programs, !toBus) : [];
  return {
    name: `rule-${index + 1}`,
    match,
    answer: answering ? answer : null,
    ...(answering && moreAnswers.length > 0 ? { moreAnswers } : {}),
    forward,
    ...(modify.length > 0 ? { modify } : {}),
    ...(side === 'agl' ? { from: 'agl' as const } : {}),
    ...(isLimited
      ? { rate: { intervalMicros: INTERVAL_MICROS, burst: random.between(1, 8) } }
      : answering && random.chance(0.3)
        ? { rate: 'none' as const }
        : {}),
  };
}

function randomMatch(
  random: Random,
  hot: readonly Hot[],
  budget: { conditions: number },
): RuleMatch {
  const { identifier, extended } = random.pick(hot);
  const every = extended ? 0x1fffffff : 0x7ff;
  const remote = random.chance(0.75) ? false : random.chance(0.5) ? true : 'any';
  const some = random.pick([every, every, every & ~7, every & ~random.below(2 ** 29), 0]);
  const isListed = random.chance(0.3);
  const mask = isListed ? 0 : some;
  const first = Math.max(0, identifier - random.below(8));
  const last = Math.min(every, identifier + random.below(8));
  const ranges = [
    ...(first > 0x20 && random.chance(0.5) ? [{ first: 0, last: first - 0x10 }] : []),
    { first, last },
    ...(last < every - 0x20 ? [{ first: last + 2, last: last + 4 }] : []),
  ];
  const compared = EIGHT.map((byte) => remote === false && random.chance(byte < 2 ? 0.15 : 0.02));
  const conditions = remote === false && random.chance(0.3) ? randomConditions(random, budget) : [];
  const minimumLength =
    remote === false ? Math.max(compared.lastIndexOf(true) + 1, random.pick([0, 0, 1, 2, 5])) : 0;
  const maximumLength = random.between(minimumLength, 8);
  return {
    identifier: (identifier & mask) >>> 0,
    mask,
    extended,
    remote,
    data: compared.map((isCompared) => {
      const byteMask = isCompared ? random.pick([3, 1, 0xff]) : 0;
      return { value: random.below(4) & byteMask, mask: byteMask };
    }),
    minimumLength,
    ...(remote === false && random.chance(0.2) && maximumLength < 8 ? { maximumLength } : {}),
    ...(isListed ? { identifiers: ranges } : {}),
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

function randomConditions(random: Random, budget: { conditions: number }): DataCondition[][] {
  const groups = Array.from({ length: random.between(1, 2) }, () =>
    Array.from({ length: random.between(1, 2) }, () => randomCondition(random)),
  );
  const kept = groups.filter((group) => (budget.conditions -= group.length) >= 0);
  return kept;
}

function randomCondition(random: Random): DataCondition {
  const inverted = random.chance(0.3);
  const kind = random.pick(['range', 'bits', 'set'] as const);
  if (kind === 'bits') {
    const mask = randomNumber(random);
    return { kind, mask, value: mask & randomNumber(random) & 0x0303030303030303n, inverted };
  }
  if (kind === 'set') {
    const field = { ...randomField(random, 6), signed: false };
    const values = Array.from({ length: 2 ** Math.min(field.width, 6) }, (_, value) => value);
    return { kind, field, values: values.filter((value) => value % 4 < 2), inverted };
  }
  const field = randomField(random);
  const [one, other] = [randomNumber(random), randomNumber(random)].map((value) =>
    field.signed
      ? BigInt.asIntN(field.width, value)
      : BigInt.asUintN(Math.min(field.width, 63), value),
  );
  const [minimum, maximum] = one < other ? [one, other] : [other, one];
  return { kind, field, minimum, maximum, inverted };
}

function randomAnswer(
  random: Random,
  match: RuleMatch,
  programs: RulePrograms,
  toBus: boolean,
): RuleAnswer {
  const extended = random.chance(0.3);
  const own = toBus ? (extended ? 2 ** 28 : 2 ** 10) : 0;
  const identifier = random.below(extended ? 2 ** 28 : 2 ** 10) + own;
  const length = random.chance(0.2) ? SAME_AS_REQUEST : random.below(9);
  const used = length === SAME_AS_REQUEST ? 8 : length;
  const source = EIGHT.map((byte) => {
    if (byte >= used || random.chance(0.6)) return null;
    if (random.chance(0.3)) return LIVE_SOURCE + random.below(64);
    return match.minimumLength === 0 ? null : random.below(match.minimumLength);
  });
  const data = EIGHT.map((byte) => (byte < used && source[byte] === null ? random.below(256) : 0));
  const steps = random.chance(0.6) ? { steps: randomProgram(random, programs, toBus) } : {};
  return { identifier, extended, length, data, source, ...steps };
}

function randomFilter(random: Random, hot: readonly Hot[]): Filter {
  const { identifier, extended } = random.pick(hot);
  const mask = random.pick([0x7ff, 0x80000700, 0x9fffffff, 0x40000000]);
  const word = identifier + (extended ? 2 ** 31 : 0);
  return { identifier: (word & mask) >>> 0, mask, inverted: random.chance(0.3) };
}
