// SPDX-License-Identifier: MIT
/**
 * Which rule of a list takes a frame; and if none takes one of AGL's, why.
 *
 * Does not: choose the list (Responder), or count (src/cell/agl-gate.ts).
 */
import { LIST_END } from '../../build/generated/rule-image';
import { Frame } from '../can/frame';
import { fulfils } from './condition';
import { RULE_FORWARD } from './rule';
import { TableSections } from './table-sections';

/** The trace shows these numbers. */
export enum Refusal {
  /** No rule that forwards is about its identifier. */
  Unlisted = 1,
  /** None of those that are takes its length. */
  Length = 2,
  /** None of those that do takes its data. */
  Value = 3,
  /** The rate of the rule that takes it is used up. */
  Rate = 4,
  /** The rule that takes it keeps it from the bus. It is not counted as a refusal, and raises no alarm. */
  Rule = 5,
}

/** Of `frame`, which no rule of the list at `list` takes. */
export function refusalOf(sections: TableSections, frame: Frame, list: usize): Refusal {
  const identifier = frame.identifier;
  const length: u32 = frame.length;
  let refusal = Refusal.Unlisted;
  let at = list;
  // loop: takes LIST_NANOS_MAXIMUM, which the check of a table holds
  for (let index: u32 = load<u16>(at); index !== LIST_END; index = load<u16>(at)) {
    at += sizeof<u16>();
    const rule = sections.rule(index);
    if ((rule.flags & RULE_FORWARD) === 0) continue;
    if ((identifier & rule.matchMask) !== rule.matchIdentifier) continue;
    const limit: u32 = rule.lengthLimit;
    if (length >= (rule.minimumLength as u32) && (limit === 0 || length < limit)) {
      return Refusal.Value;
    }
    refusal = Refusal.Length;
  }
  return refusal;
}

/** The rule of `table` that `frame` matches, or -1. `list`: the rules to try. */
export function find(table: TableSections, frame: Frame, list: usize): i32 {
  const identifier = frame.identifier;
  const length: u32 = frame.length;
  const data = frame.data;
  let at = list;
  let index: u32 = load<u16>(at);
  // loop: takes LIST_NANOS_MAXIMUM, which the check of a table holds
  while (index !== LIST_END) {
    const rule = table.rule(index);
    if (
      (identifier & rule.matchMask) === rule.matchIdentifier &&
      (data & rule.dataMask) === rule.dataValue &&
      length >= (rule.minimumLength as u32) &&
      (!rule.hasConditions || fulfils(frame, rule, table.conditions))
    ) {
      return index;
    }
    at += sizeof<u16>();
    index = load<u16>(at);
  }
  return -1;
}
