// SPDX-License-Identifier: MIT
/**
 * Columns of a table for people: a heading, then words, numbers and times, each padded to its column.
 *
 * Does not: end a line, or show a number that is too wide in another way.
 */
import { SharedMemory } from '../hal/shared-memory';
import { PageReader } from './page-reader';
import { TextBuilder } from './text-builder';

/** Width of the first column of a table. */
export const TABLE_COLUMN: u32 = 18;
export const NUMBER_COLUMN: u32 = 12;

export abstract class Columns<Memory extends SharedMemory> {
  constructor(
    protected readonly page: PageReader<Memory>,
    protected readonly out: TextBuilder,
  ) {}

  protected heading(name: string): TextBuilder {
    const start = this.out.length;
    return this.out.text(name).padFrom(start, TABLE_COLUMN);
  }

  protected column(text: string): this {
    const start = this.out.length;
    this.out.text(text).padFrom(start, NUMBER_COLUMN);
    return this;
  }

  protected number(value: u64): this {
    const start = this.out.length;
    this.out.decimal(value).padFrom(start, NUMBER_COLUMN);
    return this;
  }

  /** A time in microseconds. */
  protected time(ticks: u32): this {
    const start = this.out.length;
    this.micros(ticks).padFrom(start, NUMBER_COLUMN);
    return this;
  }

  /** The same without padding. */
  protected micros(ticks: u32): TextBuilder {
    return this.out.fixed(this.page.centiMicros(ticks), 2);
  }
}
