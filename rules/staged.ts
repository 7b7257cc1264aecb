// SPDX-License-Identifier: MIT
/**
 * Which answers depend on nothing in the request: constants, counters, checksums and live values. Static ones wait
 * in a transmit buffer for ever; the others are staged, which means that the cell makes the next one ahead.
 *
 * Does not: choose the way of a rule (paths.ts).
 */
import type { Rule, RuleAnswer, Step } from './model.ts';
import { isStaticAnswer, liveValueOf, SAME_AS_REQUEST } from './model.ts';

/** Whether the answer of a rule about frames of the bus is staged if its way is that of a filter. */
export function isStaged(rule: Rule): boolean {
  return (
    rule.answer !== null &&
    !isStaticAnswer(rule.answer) &&
    stagingObstacleOf(rule, rule.answer) === undefined
  );
}

/** The reason why an answer cannot be made before its request comes, if there is one. */
export function stagingObstacleOf(
  { modify = [] }: Pick<Rule, 'modify'>,
  { length, source, steps = [] }: RuleAnswer,
): string | undefined {
  const isCopied = source.some((byte) => byte !== null && liveValueOf(byte) === undefined);
  if (isCopied || length === SAME_AS_REQUEST || steps.some(readsRequest)) {
    return 'its answer depends on the request';
  }
  if (steps.some(changesForm)) return 'its steps change identifier or length of the answer';
  const isShared = steps.some(isCounter) && modify.some(isCounter);
  return isShared ? 'its counter is that of the forwarded frame as well' : undefined;
}

function readsRequest({ kind }: Step): boolean {
  return kind === 'load-request' || kind === 'load-identifier' || kind === 'load-length';
}

function changesForm({ kind }: Step): boolean {
  return kind.endsWith('-identifier') || kind.endsWith('-length');
}

function isCounter({ kind }: Step): boolean {
  return kind === 'load-counter';
}
