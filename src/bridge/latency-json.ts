// SPDX-License-Identifier: MIT
/**
 * The latencies of the status page for programs: one JSON object with everything that the text of latency-text.ts has.
 *
 * A way without an answer is there with its zeros; a rule without one is left out.
 */
import { SharedMemory } from '../hal/shared-memory';
import { bucketEnd, HistogramSummary } from './histogram-summary';
import { JsonWriter } from './json-writer';
import * as layout from '../page/layout';
import * as words from './page-words';

@final
export class LatencyJson<Memory extends SharedMemory> extends JsonWriter<Memory> {
  private readonly histogram: HistogramSummary = new HistogramSummary();

  /** Writes the whole object. `alive`: the cell refreshes the page. */
  write(alive: bool): void {
    const page = this.page;
    this.open('{');
    this.name('alive').text(alive ? 'true' : 'false');
    this.number('resets', layout.HEAD_LATENCY_RESETS);
    this.number('missed', layout.HEAD_LATENCY_MISSED);
    this.name('interrupt_to_send');
    this.open('{');
    for (let way: u32 = 0; way < layout.LATENCY_WAYS; way++) this.writeWay(way);
    this.close('}');
    this.writeWay(layout.LATENCY_BUS);
    this.name('rules');
    this.open('{');
    for (let rule: u32 = 0; rule < page.ruleCount; rule++) {
      const count = page.latencyCount(rule);
      if (count === 0) continue;
      this.ruleName(rule);
      this.open('{');
      this.name('count').decimal(count);
      this.time('mean_microseconds', page.latencyMean(rule));
      this.time('max_microseconds', page.latencyMaximum(rule));
      this.close('}');
    }
    this.close('}');
    this.close('}');
    this.out.endLine();
  }

  private writeWay(way: u32): void {
    const histogram = this.histogram;
    histogram.takeAt(this.page.latencyOf(way));
    this.name(words.latencyWord(way));
    this.open('{');
    this.summary(histogram);
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
}
