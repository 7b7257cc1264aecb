// SPDX-License-Identifier: MIT
/** A request that a rule answers, made from its match: what the page sends on the first click. */
import type { Rule, RuleTable } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';

export interface Example {
  readonly ruleName: string;
  readonly frame: CanFrame;
}

/** One for each rule that answers a frame of the bus, where the match tells one. */
export function exampleRequests(table: RuleTable): Example[] {
  return table.rules.flatMap((rule) => {
    if (rule.answer === null || rule.from === 'agl') return [];
    const frame = frameFor(rule);
    // The oracle has the last word: a condition may ask for more than the match's bytes.
    const verdict = frame && new RuleOracle(table).feed(frame);
    if (frame === undefined || verdict?.rule !== rule || verdict.toBus.length === 0) return [];
    return [{ ruleName: rule.name, frame }];
  });
}

function frameFor({ match }: Rule): CanFrame | undefined {
  const { identifiers, extended, remote, data, minimumLength } = match;
  const identifier = identifiers?.[0]?.first ?? match.identifier;
  const compared = data.findLastIndex(({ mask }) => mask !== 0) + 1;
  const length = Math.min(8, Math.max(minimumLength, compared));
  try {
    if (remote === true) return makeFrame({ identifier, extended, remote, dlc: minimumLength });
    const bytes = Array.from({ length }, (_, index) => data[index]?.value ?? 0);
    return makeFrame({ identifier, extended, data: bytes });
  } catch {
    return undefined;
  }
}
