// SPDX-License-Identifier: MIT
/** Why a frame of AGL's that no rule takes does not reach the bus, by the model alone. */
import type { Rule } from '../model.ts';
import { NO_FRAME } from '../model.ts';
import type { OracleFrame } from './frame.ts';
import { matches } from './match.ts';

/**
 * No rule that forwards is about the identifier and form of the frame; of those that are none takes its length;
 * of those that do none takes its data. Or the rate of the rule that takes it is used up.
 */
export type Refusal = 'unlisted' | 'length' | 'value' | 'rate';

/** Of a frame that no rule takes. */
export function refusalOf(rules: readonly Rule[], frame: OracleFrame): Refusal {
  const known = rules.filter(({ from, forward }) => from === 'agl' && forward);
  const { data } = NO_FRAME;
  const takes = (rule: Rule, change: Partial<Rule['match']>): boolean =>
    matches({ ...rule, match: { ...rule.match, data, conditions: [], ...change } }, frame);
  const anyLength = { minimumLength: 0, maximumLength: 8 };
  if (!known.some((rule) => takes(rule, anyLength))) return 'unlisted';
  return known.some((rule) => takes(rule, {})) ? 'value' : 'length';
}
