// SPDX-License-Identifier: MIT
/**
 * Rules that would have two cells with one table answer each other without end: an answer is a frame that
 * another rule answers, and so on, back to the first.
 *
 * A cell does not receive what it sends, so one cell alone cannot loop. Answers to AGL reach no rule, and what
 * AGL makes of a frame is not known here: neither is looked at. Nor is a rule whose own answer it matches; of
 * that the language warns by itself.
 */
import type { ByteMatch, Rule, RuleAnswer, RuleMatch } from '../model.ts';
import { DATA_BYTES, SAME_AS_REQUEST } from '../model.ts';
import { mayBothTake, takesAll } from './cover.ts';
import { identifierMaximum, indexRanges, intersection } from './identifiers.ts';

/** The rules of the first loop, each answered by the next, and the last by the first. Empty: there is none. */
export function findLoop(rules: readonly Rule[]): Rule[] {
  const answering = rules.filter(({ answer, from }) => answer !== null && from === undefined);
  const next = new Map(answering.map((rule) => [rule, answeredBy(rule, rules)]));
  const done = new Set<Rule>();
  const visit = (rule: Rule, path: readonly Rule[]): Rule[] => {
    const at = path.indexOf(rule);
    if (at >= 0) return path.slice(at);
    if (done.has(rule)) return [];
    for (const other of next.get(rule) ?? []) {
      const loop = visit(other, [...path, rule]);
      if (loop.length > 0) return loop;
    }
    done.add(rule);
    return [];
  };
  for (const rule of answering) {
    const loop = visit(rule, []);
    if (loop.length > 0) return loop;
  }
  return [];
}

/** The other rules that answer an answer of this one. */
function answeredBy(rule: Rule, rules: readonly Rule[]): Rule[] {
  const answers = [rule.answer, ...(rule.moreAnswers ?? [])].filter((answer) => answer !== null);
  return answers.flatMap((answer) => {
    const frame = framesOf(answer);
    const takers: Rule[] = [];
    for (const other of rules) {
      if (other.from !== undefined || !mayTake(other.match, frame)) continue;
      if (other !== rule && other.answer !== null) takers.push(other);
      if (takesEvery(other.match, frame)) break;
    }
    return takers;
  });
}

/** The frames that the answer may be. */
function framesOf({
  identifier,
  extended,
  length,
  data,
  source,
  steps = [],
}: RuleAnswer): RuleMatch {
  const isKnown = steps.length === 0;
  const mask = steps.reduce(
    (bits, step) =>
      step.kind === 'store-identifier' ? bits & ~((2 ** step.width - 1) << step.shift) : bits,
    identifierMaximum(extended),
  );
  const bytes = data.map((value, index): ByteMatch => {
    const isConstant = isKnown && source[index] === null && index < Number(length);
    return isConstant ? { value, mask: 0xff } : { value: 0, mask: 0 };
  });
  const least = length === SAME_AS_REQUEST ? 0 : length;
  return {
    ...{ identifier: identifier & mask, mask, extended, remote: false, data: bytes },
    minimumLength: least,
    maximumLength: length === SAME_AS_REQUEST ? DATA_BYTES : length,
  };
}

function mayTake(match: RuleMatch, frame: RuleMatch): boolean {
  if (match.extended !== frame.extended) return false;
  if (((match.identifier ^ frame.identifier) & match.mask & frame.mask) !== 0) return false;
  if (!mayBothTake(match, frame)) return false;
  return intersection(indexRanges(match), indexRanges(frame)).length > 0;
}

function takesEvery(match: RuleMatch, frame: RuleMatch): boolean {
  const isOne = frame.mask === identifierMaximum(frame.extended);
  return isOne && takesAll(match, frame);
}
