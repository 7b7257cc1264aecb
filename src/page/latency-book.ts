// SPDX-License-Identifier: MIT
/**
 * LatencyBook: how long answers took, in histograms of each way and sums of each rule, in the status page.
 *
 * `note` is called right after RTS, and only puts the time into a ring. `step` writes one of them into the page
 * when nothing else is to be done, so that INT is looked at in between. The page lies in memory that only the cell
 * writes, and what is read back is the cell's own. Layout: formats/status-page.ts.
 * Does not: use the page's sequence lock, or measure.
 */
import { SharedMemory } from '../hal/shared-memory';
import { bucketOf, HISTOGRAM_BYTES } from './histogram';
import {
  HISTOGRAM_BUCKETS_OFFSET,
  HISTOGRAM_MAXIMUM_OFFSET,
  HISTOGRAM_MINIMUM_OFFSET,
  HISTOGRAM_SUM_OFFSET,
  LATENCY_RULE_BYTES,
  LATENCY_RULE_MAXIMUM,
  LATENCY_RULE_SUM,
  LATENCY_WAYS,
  PAGE_LATENCY_BUS_OFFSET,
  PAGE_LATENCY_OFFSET,
  PAGE_LATENCY_RULES_OFFSET,
  PAGE_RULE_HITS,
} from './layout';

/** Times that wait to be written, a power of two. An entry: u32 ticks, u16 rule, u16 way. */
const RING_ENTRIES: u32 = 32;
const RING_ENTRY_BYTES: u32 = 8;
const RULE_SHIFT: u64 = 32;
const WAY_SHIFT: u64 = 48;
const RULE_MASK: u64 = 0xffff;
/** `rule` of a time that belongs to none, or to one that is not in force any more. */
const NO_RULE: u64 = 0xffff;
/** In `work`: something is to be cleared. */
const CLEARING: u32 = 0x10000;
/** Bytes cleared in one step. */
const PIECE_BYTES: u32 = 128;
const WAYS_END: u32 = PAGE_LATENCY_OFFSET + LATENCY_WAYS * HISTOGRAM_BYTES;

@final
export class LatencyBook<Memory extends SharedMemory> {
  /** 0: `step` has nothing to do. Else the times that wait, and CLEARING. */
  work: u32 = 0;
  /** Times that came while the ring was full. */
  missed: u32 = 0;
  /** Calls of `reset`. */
  resets: u32 = 0;
  private next: u32 = 0;
  private clearAt: u32 = 0;
  private clearEnd: u32 = 0;
  private readonly ring: usize = heap.alloc(RING_ENTRIES * RING_ENTRY_BYTES);

  constructor(private readonly section: Memory) {}

  /** An answer of `rule`, -1 for none, took `ticks` by `way`, LATENCY_...: a few stores. */
  note(way: u32, rule: i32, ticks: u64): void {
    const waiting = this.work & ~CLEARING;
    if (waiting === RING_ENTRIES) {
      this.missed++;
      return;
    }
    const place = (this.next + waiting) & (RING_ENTRIES - 1);
    const time = ticks < (u32.MAX_VALUE as u64) ? ticks : (u32.MAX_VALUE as u64);
    const entry = time | (((rule as u64) & RULE_MASK) << RULE_SHIFT) | ((way as u64) << WAY_SHIFT);
    store<u64>(this.ring + place * RING_ENTRY_BYTES, entry);
    this.work++;
  }

  /** Something is still to be cleared. */
  get isClearing(): bool {
    return (this.work & CLEARING) !== 0;
  }

  /** Clears a piece, or writes one time. Only while `work` is not 0. */
  step(): void {
    if (this.isClearing) {
      this.clear();
      return;
    }
    const entry = load<u64>(this.ring + this.next * RING_ENTRY_BYTES);
    this.next = (this.next + 1) & (RING_ENTRIES - 1);
    this.work--;
    const way = (entry >> WAY_SHIFT) as u32;
    const ticks = entry as u32;
    this.count(
      way < LATENCY_WAYS ? PAGE_LATENCY_OFFSET + way * HISTOGRAM_BYTES : PAGE_LATENCY_BUS_OFFSET,
      ticks,
    );
    const rule = ((entry >> RULE_SHIFT) & RULE_MASK) as u32;
    if (rule < PAGE_RULE_HITS)
      this.sum(PAGE_LATENCY_RULES_OFFSET + rule * LATENCY_RULE_BYTES, ticks);
  }

  /** Everything begins anew, piece by piece, also what waits. */
  reset(): void {
    this.work = 0;
    this.missed = 0;
    this.resets++;
    // loop: at most 64, a histogram
    for (let offset: u32 = 0; offset < HISTOGRAM_BYTES; offset += 8) {
      this.section.write64(PAGE_LATENCY_BUS_OFFSET + offset, 0);
    }
    this.beginClear(WAYS_END);
  }

  /** The rules in force have changed: theirs begin anew, those of the ways go on. */
  forgetRules(): void {
    for (let place: u32 = 0; place < RING_ENTRIES; place++) {
      const entry = this.ring + place * RING_ENTRY_BYTES;
      store<u64>(entry, load<u64>(entry) | (NO_RULE << RULE_SHIFT));
    }
    // A reset that goes on clears what is behind them, too.
    if (!this.isClearing || this.clearEnd !== WAYS_END) this.beginClear(PAGE_LATENCY_OFFSET);
    else this.clearAt = PAGE_LATENCY_RULES_OFFSET;
  }

  private beginClear(end: u32): void {
    this.clearAt = PAGE_LATENCY_RULES_OFFSET;
    this.clearEnd = end;
    this.work |= CLEARING;
  }

  private clear(): void {
    const end = min<u32>(this.clearAt + PIECE_BYTES, this.clearEnd);
    // loop: at most 16, PIECE_BYTES
    for (let offset = this.clearAt; offset < end; offset += 8) this.section.write64(offset, 0);
    this.clearAt = end;
    if (end === this.clearEnd) this.work &= ~CLEARING;
  }

  /** Counts `ticks` in the histogram at `offset`. */
  private count(offset: u32, ticks: u32): void {
    const section = this.section;
    const count = section.read32(offset);
    section.write32(offset, count + 1);
    if (count === 0 || ticks < section.read32(offset + HISTOGRAM_MINIMUM_OFFSET)) {
      section.write32(offset + HISTOGRAM_MINIMUM_OFFSET, ticks);
    }
    if (ticks > section.read32(offset + HISTOGRAM_MAXIMUM_OFFSET)) {
      section.write32(offset + HISTOGRAM_MAXIMUM_OFFSET, ticks);
    }
    const sum = section.read64(offset + HISTOGRAM_SUM_OFFSET);
    section.write64(offset + HISTOGRAM_SUM_OFFSET, sum + (ticks as u64));
    const bucket = offset + HISTOGRAM_BUCKETS_OFFSET + (bucketOf(ticks) << 2);
    section.write32(bucket, section.read32(bucket) + 1);
  }

  /** Adds `ticks` to the entry of a rule at `offset`. */
  private sum(offset: u32, ticks: u32): void {
    const section = this.section;
    if (ticks > section.read32(offset + LATENCY_RULE_MAXIMUM)) {
      section.write32(offset + LATENCY_RULE_MAXIMUM, ticks);
    }
    const sum = section.read32(offset + LATENCY_RULE_SUM);
    if (sum > u32.MAX_VALUE - ticks) return;
    section.write32(offset + LATENCY_RULE_SUM, sum + ticks);
    section.write32(offset, section.read32(offset) + 1);
  }
}
