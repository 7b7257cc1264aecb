// SPDX-License-Identifier: MIT
/**
 * How long the answers of a random table take on an idle cell, beside the longest time that `explain` says.
 *
 * Does not: load the cell. One request comes at a time, and AGL does nothing.
 */
import { encodeRules } from '../../rules/image/encode.ts';
import type { Rule, RuleTable } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { assignPaths } from '../../rules/paths.ts';
import { openRig } from '../rig/open-rig.ts';
import { Random } from './random.ts';
import { randomFrameFor, randomRuleTable } from './rule-table.ts';

/** The slowest answer of a rule. */
export interface SeenTime {
  readonly rule: string;
  readonly seenMicros: number;
  /** What `explain` says. */
  readonly saidMicros: number;
}

const MILLISECOND = 1_000_000;
/** A request, its answers, and rest. */
const PAUSE_NANOS = 3 * MILLISECOND;
// DS20001801J, table 12-1: RTS of TXB0, TXB1, TXB2.
const RTS = [0x81, 0x82, 0x84];

/** Plays one seed on the ARM64 image. `change`: what becomes of each rule about the bus. */
export async function seenTimes(
  seed: number,
  frames: number,
  change: (rule: Rule) => Rule = (rule) => rule,
): Promise<SeenTime[]> {
  const random = new Random(seed);
  const made = randomRuleTable(random);
  const rules = made.table.rules.filter(({ from }) => from === undefined).map(change);
  const table: RuleTable = { ...made.table, rules };
  const paths = assignPaths(table);
  const rig = await openRig({ engine: 'image', rules: encodeRules(table) });
  const slowest = new Map<number, number>();
  try {
    const oracle = new RuleOracle(table);
    for (let index = 0; index < frames; index++) {
      const frame = randomFrameFor(random, made, 'bus');
      rig.run(random.below(MILLISECOND));
      rig.forget();
      rig.send(frame);
      rig.run(PAUSE_NANOS);
      const { rule, answers } = oracle.feed(frame, 'bus', index);
      if (rule === undefined || answers[0]?.kind !== 'sent') continue;
      const fall = rig.interruptEdges.find(({ low }) => low);
      const sent = rig.transactions.find(({ mosi: [first] }) => RTS.includes(first));
      if (fall === undefined || sent === undefined) continue;
      const number = rules.indexOf(rule);
      const nanos = sent.lastByteNanos - fall.nanos;
      slowest.set(number, Math.max(slowest.get(number) ?? 0, nanos));
    }
  } finally {
    rig.close();
  }
  return [...slowest].map(([number, nanos]) => ({
    rule: rules[number].name,
    seenMicros: nanos / 1_000,
    saidMicros: paths[number].worstMicros,
  }));
}
