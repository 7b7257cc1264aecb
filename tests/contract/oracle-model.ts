// SPDX-License-Identifier: MIT
/** Rules and frames for the tests of the oracle, in the words of the model. */
import type { DataField, Rule, RuleAnswer, RuleTable, Step } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';

const ANY = { value: 0, mask: 0 };
const EIGHT = Array.from({ length: 8 }, () => 0);

/** A rule that takes 0x123, forwards, and has what `parts` says. */
export function ruleOf(parts: Partial<Rule> = {}, match: Partial<Rule['match']> = {}): Rule {
  return {
    name: 'rule',
    answer: null,
    forward: true,
    ...parts,
    match: {
      ...{ identifier: 0x123, mask: 0x7ff, extended: false, remote: false },
      ...{ data: EIGHT.map(() => ANY), minimumLength: 0 },
      ...match,
    },
  };
}

/** An answer 0x124 with bytes and steps. */
export function answerOf(data: readonly number[], steps: readonly Step[] = []): RuleAnswer {
  return {
    ...{ identifier: 0x124, extended: false, length: data.length, steps },
    data: EIGHT.map((_, index) => data[index] ?? 0),
    source: EIGHT.map(() => null),
  };
}

export function tableOf(...rules: readonly Rule[]): RuleTable {
  return { defaultAction: 'drop', rules };
}

/** A little-endian field without sign. */
export function fieldOf(shift: number, width: number, more: Partial<DataField> = {}): DataField {
  return { shift, width, bigEndian: false, signed: false, ...more };
}

/** Eight bytes in the order of the frame as the value of a step. */
export function bytesOf(hex: string): bigint {
  return Buffer.from(hex, 'hex').readBigUInt64LE();
}

/** What the steps make of the frame 0x123 (or another) on its way, as candump writes it. */
export function modified(
  steps: readonly Step[],
  hex: string,
  form: Partial<CanFrame> = {},
): string | undefined {
  const oracle = new RuleOracle(
    tableOf(
      ruleOf({ modify: steps }, { identifier: 0, mask: 0, extended: form.extended ?? false }),
    ),
  );
  const data = Buffer.from(hex, 'hex');
  const { forwarded } = oracle.feed(makeFrame({ identifier: 0x123, data, ...form }));
  return forwarded && formatFrame(forwarded);
}
