// SPDX-License-Identifier: MIT
/** What a table makes of a row of frames: one sentence for each frame, and sums for each rule. */
import type { RuleTable } from '../model.ts';
import { writeFrameText } from './frame-text.ts';
import type { AnswerOutcome, DropReason, Verdict } from './oracle.ts';

/** Sums of one rule, or of the frames that no rule takes. */
export interface RuleSums {
  hits: number;
  answers: number;
  /** Answers that the rate refused. */
  limited: number;
  /** Answers and forwarded frames whose length came out above 8. */
  deleted: number;
  forwarded: number;
  dropped: number;
}

/** A rule's name with its sums. */
export type NamedSums = RuleSums & { readonly rule: string };

/** Sums of a row of frames. */
export class RuleAccount {
  readonly #byRule = new Map<string, RuleSums>();
  readonly #unmatched = zero();

  constructor({ rules }: RuleTable) {
    for (const { name } of rules) this.#byRule.set(name, zero());
  }

  add({ rule, answers, forwarded, drop }: Verdict): void {
    const sums = (rule && this.#byRule.get(rule.name)) ?? this.#unmatched;
    const count = (kind: AnswerOutcome['kind']): number =>
      answers.filter((answer) => answer.kind === kind).length;
    sums.hits += 1;
    sums.answers += count('sent');
    sums.limited += count('limited');
    sums.deleted += count('deleted') + (drop === 'deleted' ? 1 : 0);
    if (forwarded) sums.forwarded += 1;
    if (drop) sums.dropped += 1;
    if (drop === 'rate') sums.limited += 1;
  }

  /** Of each rule, in the order of the table. */
  get rules(): NamedSums[] {
    return [...this.#byRule].map(([rule, sums]) => ({ rule, ...sums }));
  }

  /** Of the frames that no rule takes. */
  get unmatched(): RuleSums {
    return { ...this.#unmatched };
  }
}

function zero(): RuleSums {
  return { hits: 0, answers: 0, limited: 0, deleted: 0, forwarded: 0, dropped: 0 };
}

/** What became of a frame, in words. */
export function frameOutcome(verdict: Verdict): string {
  const { rule, result, answers, forwarded, drop, frame, from } = verdict;
  const other = from === 'bus' ? 'AGL' : 'the bus';
  const checked = result === undefined ? [] : [`its check says ${result}`];
  const made = answers.map((answer) =>
    answer.kind === 'sent'
      ? `answers ${writeFrameText(answer.frame)}`
      : answer.kind === 'limited'
        ? 'no answer: the rate is used up'
        : 'no answer: its length is above 8',
  );
  const parts = [...checked, ...made];
  if (forwarded) {
    const [before, after] = [writeFrameText(frame), writeFrameText(forwarded)];
    parts.push(`forwards to ${other}${before === after ? '' : ` as ${after}`}`);
  }
  if (drop === 'deleted') parts.push('not forwarded: its length came out above 8');
  else if (drop && REFUSALS[drop]) parts.push(`refused: ${REFUSALS[drop]}`);
  else if (drop) parts.push(`dropped by ${DROPS[drop] ?? 'the rule'}`);
  const who = rule ? `rule "${rule.name}"` : 'no rule';
  return `${who}: ${parts.join(', ') || 'nothing'}`;
}

const DROPS: Readonly<Partial<Record<DropReason, string>>> = {
  filter: 'the filters',
  default: 'the default',
  check: 'the check',
  unchanged: '"changes": nothing has changed that counts',
  held: '"throttle" until a newer one comes, or its time',
};
const REFUSALS: Readonly<Partial<Record<DropReason, string>>> = {
  unlisted: 'no rule from: agl is about its identifier',
  length: 'no rule for its identifier takes its length',
  value: 'no rule for its identifier and length takes its data',
  rate: 'the rate is used up',
  'safe-state': 'the safe state stands, and has its identifier',
  'without-agl': 'AGL is not there',
};
