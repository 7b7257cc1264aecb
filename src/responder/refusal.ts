// SPDX-License-Identifier: MIT
/**
 * Why a frame of AGL's does not reach the bus.
 *
 * Does not: decide that it does not (Responder), or count it (src/cell/agl-gate.ts).
 */
import { LIST_END } from '../../build/generated/rule-image';
import { Frame } from '../can/frame';
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
}

/** Of `frame`, which no rule of the list at `list` takes. */
export function refusalOf(sections: TableSections, frame: Frame, list: usize): Refusal {
  const identifier = frame.identifier;
  const length: u32 = frame.length;
  let refusal = Refusal.Unlisted;
  let at = list;
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
