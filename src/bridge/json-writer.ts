// SPDX-License-Identifier: MIT
/**
 * Members of a JSON object, with the commas between them. Times are microseconds with two decimals.
 *
 * Does not: escape. TextBuilder writes no quote and no backslash of the page.
 */
import { SharedMemory } from '../hal/shared-memory';
import { HistogramSummary } from './histogram-summary';
import { PageReader } from './page-reader';
import { TextBuilder } from './text-builder';

export abstract class JsonWriter<Memory extends SharedMemory> {
  /** True when the next member of the object needs a comma before it. */
  private comma: bool = false;

  constructor(
    protected readonly page: PageReader<Memory>,
    protected readonly out: TextBuilder,
  ) {}

  protected name(name: string): TextBuilder {
    this.separate();
    return this.out.text('"').text(name).text('":');
  }

  /** The name of a rule as that of a member. */
  protected ruleName(rule: u32): TextBuilder {
    this.separate();
    this.page.appendRuleName(this.out.text('"'), rule);
    return this.out.text('":');
  }

  protected word(name: string, value: string): void {
    this.name(name).text('"').text(value).text('"');
  }

  /** Writes a 32-bit number of the page. */
  protected number(name: string, offset: u32): void {
    this.name(name).decimal(this.page.word(offset));
  }

  protected time(name: string, ticks: u32): void {
    this.name(name).fixed(this.page.centiMicros(ticks), 2);
  }

  /** Writes count, extremes and percentiles. */
  protected summary(histogram: HistogramSummary): void {
    this.name('count').decimal(histogram.count);
    this.time('min_microseconds', histogram.minimum);
    this.time('p50_microseconds', histogram.percentile(50));
    this.time('p99_microseconds', histogram.percentile(99));
    this.time('max_microseconds', histogram.maximum);
  }

  protected open(bracket: string): void {
    this.out.text(bracket);
    this.comma = false;
  }

  protected close(bracket: string): void {
    this.out.text(bracket);
    this.comma = true;
  }

  protected separate(): void {
    if (this.comma) this.out.text(',');
    this.comma = true;
  }
}
