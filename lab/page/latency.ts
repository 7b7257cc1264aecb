// SPDX-License-Identifier: MIT
/**
 * The latencies of the cell's status page, decoded: histograms of each way and of the bus, sums of each rule.
 *
 * Source: formats/status-page.ts. They are not under the page's sequence number.
 */
import { LATENCY_RULE, LATENCY_WORDS, NUMBERS, PAGE } from '../../formats/status-page.ts';
import { type Histogram, readHistogram } from './histogram.ts';

export type LatencyName = (typeof LATENCY_WORDS)[number];

/** In ticks of the counter. */
export interface RuleLatency {
  readonly count: number;
  readonly maxTicks: number;
  readonly sumTicks: number;
}

export interface Latencies {
  readonly ways: Readonly<Record<LatencyName, Histogram>>;
  /** By number of the rule in force. */
  readonly rules: readonly RuleLatency[];
  /** Times that are in none of them. */
  readonly missed: number;
  readonly resets: number;
}

/** The latencies in the cell's output section. */
export function readLatencies(section: Buffer): Latencies {
  const bytes = PAGE.PAGE_LATENCY_OFFSET.bytes;
  const at = (way: number): number =>
    way === NUMBERS.LATENCY_BUS
      ? PAGE.PAGE_LATENCY_BUS_OFFSET.at
      : PAGE.PAGE_LATENCY_OFFSET.at + way * bytes;
  const ways = LATENCY_WORDS.map(
    (name, way) => [name, readHistogram(section.subarray(at(way), at(way) + bytes))] as const,
  );
  return {
    ways: Object.fromEntries(ways) as Record<LatencyName, Histogram>,
    rules: Array.from({ length: NUMBERS.PAGE_RULE_HITS }, (_, rule) => {
      const entry = PAGE.PAGE_LATENCY_RULES_OFFSET.at + rule * NUMBERS.LATENCY_RULE_BYTES;
      return {
        count: section.readUInt32LE(entry + LATENCY_RULE.LATENCY_RULE_COUNT.at),
        maxTicks: section.readUInt32LE(entry + LATENCY_RULE.LATENCY_RULE_MAXIMUM.at),
        sumTicks: section.readUInt32LE(entry + LATENCY_RULE.LATENCY_RULE_SUM.at),
      };
    }),
    missed: section.readUInt32LE(PAGE.HEAD_LATENCY_MISSED.at),
    resets: section.readUInt32LE(PAGE.HEAD_LATENCY_RESETS.at),
  };
}
