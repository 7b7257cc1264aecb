// SPDX-License-Identifier: MIT
/**
 * The latencies of the status page, for people: histograms of the ways and of the bus, sums of the rules.
 *
 * They begin when the request can have come at the earliest: when INT was last seen high, or its buffer empty.
 * Ways and rules without an answer are left out.
 * Does not: read shared memory. It shows the reader's copy.
 */
import { SharedMemory } from '../hal/shared-memory';
import { Columns, TABLE_COLUMN } from './columns';
import { bucketEnd, HistogramSummary } from './histogram-summary';
import * as layout from '../page/layout';
import * as words from './page-words';

/** A bar has at most so many characters. */
const BAR_CHARACTERS: u64 = 40;

@final
export class LatencyText<Memory extends SharedMemory> extends Columns<Memory> {
  private readonly histogram: HistogramSummary = new HistogramSummary();

  /** Lines for people. `alive`: the cell refreshes the page. */
  write(alive: bool): void {
    const out = this.out;
    if (!alive) out.text('the cell does not refresh its page: what follows is old').endLine();
    this.heading('INT to RTS, us');
    this.column('count').column('min').column('p50').column('p99').column('max').out.endLine();
    for (let way: u32 = 0; way < layout.LATENCY_WAYS; way++) this.writeWay(way);
    this.heading('on the bus, us').endLine();
    this.writeWay(layout.LATENCY_BUS);
    this.heading('rule, us');
    this.column('count').column('mean').column('max').out.endLine();
    for (let rule: u32 = 0; rule < this.page.ruleCount; rule++) this.writeRule(rule);
    const missed = this.page.word(layout.HEAD_LATENCY_MISSED);
    if (missed === 0) return;
    out.decimal(missed).text(' times are in none of these: too many came at once').endLine();
  }

  private writeWay(way: u32): void {
    const histogram = this.histogram;
    histogram.takeAt(this.page.latencyOf(way));
    if (histogram.count === 0) return;
    this.heading(words.latencyWord(way));
    this.number(histogram.count).time(histogram.minimum);
    this.time(histogram.percentile(50)).time(histogram.percentile(99));
    this.time(histogram.maximum).out.endLine();
    let most: u64 = 1;
    for (let bucket: u32 = 0; bucket < layout.HISTOGRAM_BUCKETS; bucket++) {
      most = max<u64>(most, histogram.countOf(bucket));
    }
    for (let bucket: u32 = 0; bucket < layout.HISTOGRAM_BUCKETS; bucket++) {
      this.writeBar(bucket, histogram.countOf(bucket), most);
    }
  }

  private writeBar(bucket: u32, count: u64, most: u64): void {
    if (count === 0) return;
    this.heading('    up to');
    this.time(min<u32>(bucketEnd(bucket), this.histogram.maximum)).number(count);
    const characters = (count * BAR_CHARACTERS + most - 1) / most;
    for (let index: u64 = 0; index < characters; index++) this.out.text('#');
    this.out.endLine();
  }

  private writeRule(rule: u32): void {
    const count = this.page.latencyCount(rule);
    if (count === 0) return;
    const start = this.out.length;
    this.page.appendRuleName(this.out.text('  '), rule);
    this.out.text(' ').padFrom(start, TABLE_COLUMN);
    this.number(count)
      .time(this.page.latencyMean(rule))
      .time(this.page.latencyMaximum(rule))
      .out.endLine();
  }
}
