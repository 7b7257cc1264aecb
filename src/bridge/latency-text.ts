// SPDX-License-Identifier: MIT
/**
 * The latencies of the status page, for people and as JSON: histograms of the ways and of the bus, sums of the rules.
 *
 * They begin when the request can have come at the earliest: when INT was last seen high, or its buffer empty.
 * Ways and rules without an answer are left out.
 * Does not: read shared memory. It shows the reader's copy.
 */
import { SharedMemory } from '../hal/shared-memory';
import { bucketEnd, HistogramSummary } from './histogram-summary';
import * as layout from '../page/layout';
import { PageReader } from './page-reader';
import * as words from './page-words';
import { TextBuilder } from './text-builder';

const NAME_COLUMN: u32 = 18;
const NUMBER_COLUMN: u32 = 12;
/** A bar has at most so many characters. */
const BAR_CHARACTERS: u64 = 40;

@final
export class LatencyText<Memory extends SharedMemory> {
  private readonly histogram: HistogramSummary = new HistogramSummary();
  private comma: bool = false;

  constructor(
    private readonly page: PageReader<Memory>,
    private readonly out: TextBuilder,
  ) {}

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

  /** The same as one JSON object. */
  writeJson(alive: bool): void {
    const out = this.out;
    this.open('{');
    this.name('alive').text(alive ? 'true' : 'false');
    this.name('resets').decimal(this.page.word(layout.HEAD_LATENCY_RESETS));
    this.name('missed').decimal(this.page.word(layout.HEAD_LATENCY_MISSED));
    this.name('interrupt_to_send');
    this.open('{');
    for (let way: u32 = 0; way < layout.LATENCY_WAYS; way++) this.writeJsonWay(way);
    this.close('}');
    this.writeJsonWay(layout.LATENCY_BUS);
    this.name('rules');
    this.open('{');
    for (let rule: u32 = 0; rule < this.page.ruleCount; rule++) {
      const count = this.countOf(rule);
      if (count === 0) continue;
      this.separate();
      this.page.appendRuleName(out.text('"'), rule);
      out.text('":');
      this.open('{');
      this.name('count').decimal(count);
      this.time('mean_microseconds', this.meanOf(rule));
      this.time('max_microseconds', this.maximumOf(rule));
      this.close('}');
    }
    this.close('}');
    this.close('}');
    out.endLine();
  }

  private writeWay(way: u32): void {
    const histogram = this.histogram;
    histogram.takeAt(this.page.latencyOf(way));
    if (histogram.count === 0) return;
    this.heading(words.latencyWord(way));
    this.number(histogram.count).micros(histogram.minimum);
    this.micros(histogram.percentile(50)).micros(histogram.percentile(99));
    this.micros(histogram.maximum).out.endLine();
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
    this.micros(min<u32>(bucketEnd(bucket), this.histogram.maximum)).number(count);
    const characters = (count * BAR_CHARACTERS + most - 1) / most;
    for (let index: u64 = 0; index < characters; index++) this.out.text('#');
    this.out.endLine();
  }

  private writeRule(rule: u32): void {
    const count = this.countOf(rule);
    if (count === 0) return;
    const start = this.out.length;
    this.page.appendRuleName(this.out.text('  '), rule);
    this.out.text(' ').padFrom(start, NAME_COLUMN);
    this.number(count).micros(this.meanOf(rule)).micros(this.maximumOf(rule)).out.endLine();
  }

  private writeJsonWay(way: u32): void {
    const histogram = this.histogram;
    histogram.takeAt(this.page.latencyOf(way));
    this.name(words.latencyWord(way));
    this.open('{');
    this.name('count').decimal(histogram.count);
    this.time('min_microseconds', histogram.minimum);
    this.time('p50_microseconds', histogram.percentile(50));
    this.time('p99_microseconds', histogram.percentile(99));
    this.time('max_microseconds', histogram.maximum);
    // Pairs of the upper end of a bucket in microseconds, and how many are in it.
    this.name('buckets');
    this.open('[');
    for (let bucket: u32 = 0; bucket < layout.HISTOGRAM_BUCKETS; bucket++) {
      const count = histogram.countOf(bucket);
      if (count === 0) continue;
      this.separate();
      const end = min<u32>(bucketEnd(bucket), histogram.maximum);
      this.out.text('[').fixed(this.page.centiMicros(end), 2).text(',').decimal(count).text(']');
    }
    this.close(']');
    this.close('}');
  }

  private countOf(rule: u32): u32 {
    return load<u32>(this.page.latencyOfRule(rule), layout.LATENCY_RULE_COUNT);
  }

  private maximumOf(rule: u32): u32 {
    return load<u32>(this.page.latencyOfRule(rule), layout.LATENCY_RULE_MAXIMUM);
  }

  /** Only for a rule with a count. */
  private meanOf(rule: u32): u32 {
    return load<u32>(this.page.latencyOfRule(rule), layout.LATENCY_RULE_SUM) / this.countOf(rule);
  }

  private heading(name: string): TextBuilder {
    const start = this.out.length;
    return this.out.text(name).padFrom(start, NAME_COLUMN);
  }

  private column(text: string): this {
    const start = this.out.length;
    this.out.text(text).padFrom(start, NUMBER_COLUMN);
    return this;
  }

  private number(value: u64): this {
    const start = this.out.length;
    this.out.decimal(value).padFrom(start, NUMBER_COLUMN);
    return this;
  }

  private micros(ticks: u32): this {
    const start = this.out.length;
    this.out.fixed(this.page.centiMicros(ticks), 2).padFrom(start, NUMBER_COLUMN);
    return this;
  }

  private name(name: string): TextBuilder {
    this.separate();
    return this.out.text('"').text(name).text('":');
  }

  private time(name: string, ticks: u32): void {
    this.name(name).fixed(this.page.centiMicros(ticks), 2);
  }

  private open(bracket: string): void {
    this.out.text(bracket);
    this.comma = false;
  }

  private close(bracket: string): void {
    this.out.text(bracket);
    this.comma = true;
  }

  private separate(): void {
    if (this.comma) this.out.text(',');
    this.comma = true;
  }
}
