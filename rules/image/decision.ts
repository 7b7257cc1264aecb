// SPDX-License-Identifier: MIT
/**
 * The longest time of a decision: which rule takes a frame. It depends on the longest list of rules that the
 * index has for an identifier, not on the number of rules.
 */
import { RULE_COSTS as cost } from '../../formats/rule-costs.ts';
import { formatIdentifier } from '../model.ts';
import type { Rule } from '../model.ts';
import { triedRules } from './identifier-index.ts';
import type { TriedRules } from './identifier-index.ts';

/** The identifier with the costliest list. */
export interface Decision {
  /** Of the decision; the cell takes at most `LIST_NANOS_MAXIMUM` of the list alone. */
  readonly nanos: number;
  readonly listNanos: number;
  /** As `0x123`, and ` of AGL` behind it. */
  readonly identifier: string;
  /** The rules that are tried for it, and how many of the first ones the cell takes in one list. */
  readonly rules: readonly Rule[];
  readonly fitting: number;
}

/** Undefined: there are no rules. */
export function slowestDecision(rules: readonly Rule[]): Decision | undefined {
  const { bus, agl } = triedRules(rules);
  const keyNanos = bus.keys.size + agl.keys.size > 0 ? cost.KEY_NANOS : 0;
  const sides = [
    { tried: bus, suffix: '' },
    { tried: agl, suffix: ' of AGL' },
  ];
  const decisions = sides.flatMap(({ tried: { standard, extended, keys, starts }, suffix }) => {
    const named = (identifier: number, kind: boolean) =>
      `${formatIdentifier(identifier, kind)}${suffix}`;
    const halvings = Math.ceil(Math.log2(starts.length + 1));
    const rangeNanos = keyNanos + halvings * cost.RANGE_STEP_NANOS;
    const numbers = [...keys.keys()];
    return [
      decisionOf(slowest(standard, rules), (at) => named(at, false), 0),
      decisionOf(slowest(extended, rules), (at) => named(starts[at], true), rangeNanos),
      decisionOf(slowest([...keys.values()], rules), (at) => named(numbers[at], true), keyNanos),
    ];
  });
  return decisions
    .filter((decision) => decision !== undefined)
    .toSorted((one, other) => other.nanos - one.nanos)[0];
}

interface Slowest {
  readonly at: number;
  readonly listNanos: number;
  readonly rules: readonly Rule[];
}

function slowest(lists: TriedRules['standard'], rules: readonly Rule[]): Slowest {
  let [at, listNanos] = [0, 0];
  lists.forEach((list, index) => {
    const nanos = list.reduce((sum, number) => sum + nanosOf(rules[number]), 0);
    if (nanos > listNanos) [at, listNanos] = [index, nanos];
  });
  return { at, listNanos, rules: (lists[at] ?? []).map((number) => rules[number]) };
}

/** What it takes to try the rule. */
function nanosOf({ match }: Rule): number {
  const conditions = (match.conditions ?? []).reduce((sum, group) => sum + group.length, 0);
  return cost.LISTED_RULE_NANOS + conditions * cost.CONDITION_NANOS;
}

/** How many rules from the first on can be one list. */
function fittingOf(rules: readonly Rule[]): number {
  let left = cost.LIST_NANOS_MAXIMUM;
  const beyond = rules.findIndex((rule) => (left -= nanosOf(rule)) < 0);
  return beyond < 0 ? rules.length : beyond;
}

function decisionOf(
  { at, listNanos, rules }: Slowest,
  identifierAt: (at: number) => string,
  lookNanos: number,
): Decision | undefined {
  if (listNanos === 0) return undefined;
  const nanos = cost.DECISION_NANOS + lookNanos + listNanos;
  return { nanos, listNanos, identifier: identifierAt(at), rules, fitting: fittingOf(rules) };
}
