// SPDX-License-Identifier: MIT
/**
 * Finds which frame of the cell answers which request, by the rule oracle and the bus alone.
 *
 * It runs for as long as the page is open, so it forgets a request that was not answered for a second.
 * Does not: judge a run; lab/verify/judge.ts does.
 */
import { frameKey } from '../../lab/verify/frame-queues.ts';
import type { RuleTable } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { bucketOf, BUCKETS } from '../latency-buckets.ts';
import type { RuleRow } from '../protocol.ts';

const FORGOTTEN_AFTER_NANOS = 1_000_000_000;
/** The last latencies of a rule, of which the median is taken. */
const KEPT_LATENCIES = 501;

interface Expected {
  readonly request: WireRecord;
  readonly ruleName: string;
}

interface RuleCount {
  hits: number;
  answers: number;
  worstNanos: number | undefined;
  readonly latencies: number[];
}

/** A request with the answer that it got. */
export interface Answered {
  readonly ruleName: string;
  readonly request: WireRecord;
  readonly answer: WireRecord;
  readonly latencyNanos: number;
}

export class Answers {
  requests = 0;
  answered = 0;
  /** Requests that were forgotten without an answer. */
  lost = 0;
  readonly histogram = new Uint32Array(BUCKETS);
  readonly #waiting = new Map<string, Expected[]>();
  readonly #rules = new Map<string, RuleCount>();
  #oracle: RuleOracle;
  #table: RuleTable;

  constructor(table: RuleTable) {
    this.#table = table;
    this.#oracle = new RuleOracle(table);
  }

  /** The cell decides by this table from now on. */
  replaceTable(table: RuleTable): void {
    this.#table = table;
    this.#oracle = new RuleOracle(table, this.#oracle);
    this.#rules.clear();
  }

  /** A frame of another node was on the bus. Returns the name of the rule that answers it. */
  requested(record: WireRecord): string | undefined {
    const verdict = this.#oracle.feed(record.frame, 'bus', Math.floor(record.endNanos / 1000));
    const { rule, toBus } = verdict;
    if (rule === undefined) return undefined;
    this.#countOf(rule.name).hits += 1;
    if (toBus.length === 0) return undefined;
    this.requests += 1;
    for (const answer of toBus) this.#expect(answer, { request: record, ruleName: rule.name });
    return rule.name;
  }

  /** A frame of the cell was on the bus. Undefined: it answers nothing, so it came from AGL. */
  sent(record: WireRecord): Answered | undefined {
    const key = frameKey(record.frame);
    const queue = this.#waiting.get(key);
    const expected = queue?.shift();
    if (queue === undefined || expected === undefined) return undefined;
    if (queue.length === 0) this.#waiting.delete(key);
    const { request, ruleName } = expected;
    const latencyNanos = record.startNanos - request.endNanos;
    this.answered += 1;
    this.histogram[bucketOf(latencyNanos)] += 1;
    const count = this.#countOf(ruleName);
    count.answers += 1;
    count.worstNanos = Math.max(count.worstNanos ?? 0, latencyNanos);
    if (count.latencies.length >= KEPT_LATENCIES) count.latencies.shift();
    count.latencies.push(latencyNanos);
    return { ruleName, request, answer: record, latencyNanos };
  }

  /** Gives up requests that have waited too long. */
  forget(nowNanos: number): void {
    for (const [key, queue] of this.#waiting) {
      while (queue.length > 0 && nowNanos - queue[0].request.endNanos > FORGOTTEN_AFTER_NANOS) {
        queue.shift();
        this.lost += 1;
      }
      if (queue.length === 0) this.#waiting.delete(key);
    }
  }

  /** One row for each rule of the table, in its order. */
  rows(): RuleRow[] {
    return this.#table.rules.map(({ name }) => {
      const { hits, answers, worstNanos, latencies } = this.#countOf(name);
      const sorted = latencies.toSorted((left, right) => left - right);
      return { name, hits, answers, worstNanos, medianNanos: sorted[sorted.length >> 1] };
    });
  }

  #expect(answer: CanFrame, expected: Expected): void {
    const key = frameKey(answer);
    const queue = this.#waiting.get(key);
    if (queue === undefined) this.#waiting.set(key, [expected]);
    else queue.push(expected);
  }

  #countOf(name: string): RuleCount {
    const found = this.#rules.get(name);
    if (found !== undefined) return found;
    const made: RuleCount = { hits: 0, answers: 0, worstNanos: undefined, latencies: [] };
    this.#rules.set(name, made);
    return made;
  }
}
