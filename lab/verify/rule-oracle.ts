// SPDX-License-Identifier: MIT
/**
 * The actions that a rule table demands for a frame, derived from the rule model alone.
 *
 * Does not: share code with the firmware. An error in either shows as a difference.
 */
import type { Filter, Rule, RuleAnswer, RuleTable } from '../../rules/model.ts';
import { isStaticAnswer, LIVE_VALUES, liveValueOf, SAME_AS_REQUEST } from '../../rules/model.ts';
import { type CanFrame, dataLengthOf, makeFrame } from '../../twin/bus/can-frame.ts';

/** Why a frame is dropped on purpose. */
export type DropReason = 'rule' | 'filter' | 'default';

// linux/can.h.
const CAN_EFF_FLAG = 2 ** 31;
const CAN_RTR_FLAG = 2 ** 30;

export interface Demand {
  /** The matching rule, if any. */
  readonly rule: Rule | undefined;
  readonly answer: CanFrame | undefined;
  /** The answer is the same for every request. */
  readonly isStatic: boolean;
  readonly forward: boolean;
  /** Set when there is neither answer nor forward. */
  readonly drop: DropReason | undefined;
}

/** Live values before any have been set. */
const NO_LIVE_VALUES = new Uint8Array(LIVE_VALUES);

/** The demand for a frame received from the bus while the live values are `live`. */
export function demandFor(
  table: RuleTable,
  frame: CanFrame,
  live: Uint8Array = NO_LIVE_VALUES,
): Demand {
  const rule = table.rules.find((candidate) => matches(candidate, frame));
  if (!rule) {
    const { filters } = table;
    const forward = filters
      ? filters.some((filter) => passes(filter, frame))
      : table.defaultAction === 'forward';
    const drop = forward ? undefined : filters ? 'filter' : 'default';
    return { rule: undefined, answer: undefined, isStatic: false, forward, drop };
  }
  const answer = rule.answer ? answerTo(rule.answer, frame, live) : undefined;
  return {
    rule,
    answer,
    isStatic: rule.answer !== null && isStaticAnswer(rule.answer),
    forward: rule.forward,
    drop: rule.answer || rule.forward ? undefined : 'rule',
  };
}

/** `can_id & mask == id & mask` of struct can_filter, or its negation. */
function passes({ identifier, mask, inverted }: Filter, frame: CanFrame): boolean {
  const flags = (frame.extended ? CAN_EFF_FLAG : 0) + (frame.remote ? CAN_RTR_FLAG : 0);
  const differing = (BigInt(frame.identifier + flags) ^ BigInt(identifier)) & BigInt(mask);
  return inverted ? differing !== 0n : differing === 0n;
}

function matches({ match }: Rule, frame: CanFrame): boolean {
  if (frame.extended !== match.extended) return false;
  if (match.remote !== 'any' && frame.remote !== match.remote) return false;
  if (((frame.identifier ^ match.identifier) & match.mask) !== 0) return false;
  if (dataLengthOf(frame.dlc) < match.minimumLength) return false;
  return match.data.every(({ value, mask }, index) => ((frame.data[index] ?? 0) & mask) === value);
}

function answerTo(answer: RuleAnswer, request: CanFrame, live: Uint8Array): CanFrame {
  const length = answer.length === SAME_AS_REQUEST ? dataLengthOf(request.dlc) : answer.length;
  const data = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    const source = answer.source[index] ?? null;
    const value = liveValueOf(source);
    if (source === null) data[index] = answer.data[index] ?? 0;
    else if (value === undefined) data[index] = request.data[source] ?? 0;
    else data[index] = live[value] ?? 0;
  }
  return makeFrame({ identifier: answer.identifier, extended: answer.extended, data });
}
