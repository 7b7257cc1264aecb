// SPDX-License-Identifier: MIT
/**
 * What a decision costs, in instructions of the code for ARM64: no more than formats/rule-costs.ts says, and
 * the same for 8 rules and for 512.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { RULE_COSTS } from '../../formats/rule-costs.ts';
import { decisionInstructions } from '../../lab/measure/reference.ts';
import { Random } from '../../lab/random/random.ts';
import { slowestDecision } from '../../rules/image/decision.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import type { DataCondition, Filter, Rule } from '../../rules/model.ts';
import { buildReference } from '../../scripts/bench/reference.ts';

/** Registers SIDH to D7 of a receive buffer, DS20001801J 4.2: 8 data bytes 0. */
function standard(identifier: number): Uint8Array {
  return Uint8Array.of(identifier >> 3, (identifier & 7) << 5, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0);
}

function extended(identifier: number): Uint8Array {
  const [base, rest] = [identifier >> 18, identifier & 0x3ffff];
  const sidl = ((base & 7) << 5) | 8 | (rest >> 16);
  const head = [base >> 3, sidl, (rest >> 8) & 0xff, rest & 0xff, 8];
  return Uint8Array.of(...head, 0, 0, 0, 0, 0, 0, 0, 0);
}

interface Extras {
  readonly extended?: boolean;
  readonly conditions?: readonly (readonly DataCondition[])[];
  readonly value?: number;
}

/** A rule that forwards. `value` of the last data byte must be that. */
function rule(number: number, identifier: number, extras: Extras = {}): Rule {
  const { extended = false, conditions, value } = extras;
  const last = value === undefined ? { value: 0, mask: 0 } : { value, mask: 0xff };
  const data = [...Array.from({ length: 7 }, () => ({ value: 0, mask: 0 })), last];
  const mask = extended ? 0x1fffffff : 0x7ff;
  const length = { minimumLength: value === undefined ? 0 : 8 };
  const match = { identifier, mask, extended, remote: false, data, ...length } as const;
  const withConditions = conditions === undefined ? match : { ...match, conditions };
  return { name: `rule-${number}`, match: withConditions, answer: null, forward: true };
}

/** Which no frame of the tests passes. */
const FILTER: Filter = { identifier: 0x7ff, mask: 0xc00007ff, inverted: false };

describe('a decision on the image', () => {
  let program: Uint8Array;

  before(async () => {
    program = await buildReference();
  });

  const cost = (
    rules: readonly Rule[],
    frames: readonly Uint8Array[],
    filters?: readonly Filter[],
  ): number => {
    const table = { defaultAction: 'forward', rules } as const;
    return decisionInstructions(
      program,
      encodeRules(filters ? { ...table, filters } : table),
      frames,
    );
  };
  const many = (count: number, make: (index: number) => Rule): Rule[] =>
    Array.from({ length: count }, (_, index) => make(index));

  it('costs no more with 512 rules than with 8, plus 10 %, whatever the identifiers are', () => {
    const random = new Random(512);
    const scattered = Array.from({ length: 513 }, () => random.below(2 ** 29));
    const identifiers: readonly (readonly [boolean, (index: number) => number])[] = [
      [false, (index) => 0x100 + index],
      [true, (index) => 0x1000 + index],
      // PGNs of J1939, each from one source.
      [true, (index) => 0x18fe0017 + 256 * index],
      [true, (index) => scattered[index]],
    ];
    for (const [kind, at] of identifiers) {
      const frameOf = kind ? extended : standard;
      const costs = [8, 512].map((count) => {
        const rules = many(count, (index) => rule(index, at(index), { extended: kind }));
        return cost(rules, [frameOf(at(0)), frameOf(at(count - 1)), frameOf(at(count))]);
      });
      assert.ok(costs[1] <= costs[0] * 1.1, `${costs.join(' and ')} instructions`);
      assert.ok(costs[1] <= RULE_COSTS.DECISION_NANOS + RULE_COSTS.KEY_NANOS);
    }
  });

  it('costs a bounded number for the look among single extended identifiers, 9 for each halving', () => {
    const range = rule(0, 0x1000, { extended: true });
    const ranges = many(64, (index) => ({
      ...range,
      name: `rule-${index}`,
      match: { ...range.match, identifier: 0x1000 * index, mask: 0x1ffff000 },
    }));
    const keyed = many(448, (index) => rule(64 + index, 0x100000 + index, { extended: true }));
    // In a range: 65 of them, so 7 halvings.
    const frames = many(8, (index) => ranges[8 * index]).map(({ match }) =>
      extended(match.identifier + 0x80),
    );
    const without = cost(ranges, frames);
    const look = cost([...ranges, ...keyed], frames) - without;
    assert.ok(look > 0 && look <= RULE_COSTS.KEY_NANOS, `${look} instructions`);
    const halvings = without - cost([ranges[0]], [frames[0]]);
    assert.ok(halvings <= 6 * RULE_COSTS.RANGE_STEP_NANOS, `${halvings} instructions`);
  });

  it('costs a bounded number for each rule of a list', () => {
    const costs = [1, 21].map((count) =>
      cost(
        [...many(count, (index) => rule(index, 0x123, { value: index + 1 }))],
        [standard(0x123)],
      ),
    );
    const each = (costs[1] - costs[0]) / 20;
    assert.ok(each <= RULE_COSTS.LISTED_RULE_NANOS, `${each} instructions`);
  });

  it('costs a bounded number for each condition, of any kind', () => {
    const field = { shift: 3, width: 5, bigEndian: true, signed: true };
    const kinds: readonly DataCondition[] = [
      { kind: 'range', field, minimum: -5n, maximum: 5n, inverted: false },
      { kind: 'bits', value: 1n, mask: 1n, inverted: true },
      { kind: 'set', field, values: [0, 3], inverted: false },
    ];
    for (const kind of kinds) {
      const costs = [1, 10].map((count) => {
        const conditions = Array.from({ length: count }, () => [kind]);
        return cost([rule(0, 0x123, { conditions })], [standard(0x123)]);
      });
      const each = (costs[1] - costs[0]) / 9;
      assert.ok(each <= RULE_COSTS.CONDITION_NANOS, `${kind.kind}: ${each} instructions`);
    }
  });

  it('is never above what the compiler says, with 512 random rules', () => {
    const random = new Random(13);
    const rules = many(512, (index) => {
      const extended = random.chance(0.5);
      const most = extended ? 0x1fffffff : 0x7ff;
      const open = random.chance(0.1) ? random.below(8) << random.below(extended ? 26 : 8) : 0;
      const identifier = random.below(most + 1) & ~open;
      const { match, ...rest } = rule(index, identifier, { extended });
      return { ...rest, match: { ...match, mask: most & ~open } };
    });
    const said = slowestDecision(rules)?.nanos ?? 0;
    const asked = Array.from({ length: 8 }, () => random.pick(rules).match);
    const frames = [
      ...asked.map(({ identifier, extended: kind }) => (kind ? extended : standard)(identifier)),
      ...asked.map(({ identifier }) => extended(identifier ^ 0x10000001)),
    ];
    const costs = frames.map((frame) => cost(rules, [frame]));
    assert.ok(Math.max(...costs) <= said, `${Math.max(...costs)} instructions, ${said} ns said`);
  });

  it('is within the longest time with the longest list that the cell takes', () => {
    const count = Math.floor(RULE_COSTS.LIST_NANOS_MAXIMUM / RULE_COSTS.LISTED_RULE_NANOS);
    const rules = many(count, (index) =>
      rule(index, 0x12345678, { extended: true, value: index + 1 }),
    );
    const filters = Array.from({ length: 32 }, () => ({ ...FILTER }));
    const all = cost(rules, [extended(0x12345678)], filters) + 12 * RULE_COSTS.RANGE_STEP_NANOS;
    assert.ok(all <= RULE_COSTS.DECISION_NANOS_MAXIMUM, `${all} instructions`);
  });
});
