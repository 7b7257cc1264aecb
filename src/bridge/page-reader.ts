// SPDX-License-Identifier: MIT
/**
 * PageReader: takes a consistent copy of the cell's status page, and reads single numbers of the
 * page itself.
 *
 * The cell may be of another version, or hostile. Each number is read once into the copy, and its
 * user checks it before using it as a count or an index.
 * Does not: trust the page.
 */
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import {
  HEAD_LAST_STATUS,
  HEAD_LATENCY_HISTOGRAMS,
  HEAD_NOW_TICKS,
  HEAD_TICKS_PER_SECOND,
  HEAD_RULE_COUNT,
  LATENCY_HISTOGRAMS,
  LATENCY_RULE_BYTES,
  LATENCY_RULE_COUNT,
  LATENCY_RULE_MAXIMUM,
  LATENCY_RULE_SUM,
  LATENCY_WAYS,
  PAGE_HEARTBEAT_OFFSET,
  PAGE_LATENCY_BUS_OFFSET,
  PAGE_LATENCY_OFFSET,
  PAGE_LATENCY_RULES_OFFSET,
  PAGE_MAGIC,
  PAGE_MAGIC_OFFSET,
  PAGE_RECORDER_OFFSET,
  PAGE_RULE_HITS,
  PAGE_RULE_HITS_OFFSET,
  PAGE_RULE_NAMES_BYTES,
  PAGE_RULE_NAMES_OFFSET,
  PAGE_RULE_REFUSED_OFFSET,
  PAGE_SEQUENCE_OFFSET,
  PAGE_TRACE_CAPACITY,
  PAGE_VERSION,
  PAGE_VERSION_OLDEST,
  PAGE_VERSION_OFFSET,
  TRACE_CAPACITY,
  TRACE_CAPACITY_MAXIMUM,
} from '../page/layout';
import { HISTOGRAM_BYTES } from '../page/histogram';
import { TextBuilder } from './text-builder';

/** Result of an attempt to read the page. The host program uses these numbers. */
export enum PageState {
  /** The copy is complete and consistent. */
  Read = 0,
  /** The cell has written no page: it has not started, or it has no control device. */
  Absent = 1,
  /** The page has another layout. */
  Version = 2,
  /** The cell is writing; try again. */
  Busy = 3,
  /** The page holds numbers that no cell writes. */
  Damaged = 4,
  /** There is a page. Try again: it is not known yet whether the cell still refreshes it. */
  Unjudged = 5,
  /** The page has no latencies: the cell is older. */
  NoLatencies = 6,
}

/** Bytes that are copied at once: everything before the rings. */
const SNAPSHOT_BYTES: u32 = PAGE_RULE_REFUSED_OFFSET + PAGE_RULE_HITS * sizeof<u32>();
/** Hits and names of the rules. */
const RULES_SNAPSHOT_BYTES: u32 = PAGE_RECORDER_OFFSET - PAGE_RULE_HITS_OFFSET;
/** Latencies of the rules and of the ways. */
const LATENCY_SNAPSHOT_BYTES: u32 =
  PAGE_LATENCY_OFFSET - PAGE_LATENCY_RULES_OFFSET + LATENCY_WAYS * HISTOGRAM_BYTES;
/** Copies of one attempt. The host program repeats attempts for a bounded time. */
const COPIES: u32 = 3;

@final
export class PageReader<Memory extends SharedMemory> {
  /** SNAPSHOT_BYTES bytes, in the layout of the page. */
  readonly copy: usize = heap.alloc(SNAPSHOT_BYTES);

  /** Copy of hits and names of the rules. */
  private readonly rules: usize = heap.alloc(RULES_SNAPSHOT_BYTES);
  private readonly latencies: usize = heap.alloc(LATENCY_SNAPSHOT_BYTES);
  /** Number of the rule whose name `nameOf` found last, and where it begins. */
  private namedRule: u32 = 0;
  private namePlace: u32 = 0;

  constructor(readonly page: Memory) {
    memory.fill(this.copy, 0, SNAPSHOT_BYTES);
    memory.fill(this.rules, 0, RULES_SNAPSHOT_BYTES);
  }

  /** Whether there is a page of this layout now. */
  state(): PageState {
    if (this.page.read32(PAGE_MAGIC_OFFSET) !== PAGE_MAGIC) return PageState.Absent;
    this.page.barrierRead();
    const version = this.page.read16(PAGE_VERSION_OFFSET);
    const isKnown = version >= PAGE_VERSION_OLDEST && version <= PAGE_VERSION;
    return isKnown ? PageState.Read : PageState.Version;
  }

  /** After `read`: copies the latencies, which have no lock: a time may be in one of its places only. */
  readLatencies(): PageState {
    if (this.word(HEAD_LATENCY_HISTOGRAMS) !== LATENCY_HISTOGRAMS) return PageState.NoLatencies;
    for (let offset: u32 = 0; offset < LATENCY_SNAPSHOT_BYTES; offset += 8) {
      const value = this.page.read64(PAGE_LATENCY_RULES_OFFSET + offset);
      store<u64>(this.latencies + offset, value);
    }
    return PageState.Read;
  }

  /** Address of the copy of latency histogram `way`, LATENCY_..., after `readLatencies`. */
  latencyOf(way: u32): usize {
    if (way >= LATENCY_WAYS) return this.copy + PAGE_LATENCY_BUS_OFFSET;
    return this.latencies + PAGE_LATENCY_OFFSET - PAGE_LATENCY_RULES_OFFSET + way * HISTOGRAM_BYTES;
  }

  /** How many answers of rule `index`, below `ruleCount`, were timed. */
  latencyCount(index: u32): u32 {
    return load<u32>(this.latencyOfRule(index), LATENCY_RULE_COUNT);
  }

  /** The longest of them, in ticks. */
  latencyMaximum(index: u32): u32 {
    return load<u32>(this.latencyOfRule(index), LATENCY_RULE_MAXIMUM);
  }

  /** Their mean, in ticks, of a rule with a count. */
  latencyMean(index: u32): u32 {
    return load<u32>(this.latencyOfRule(index), LATENCY_RULE_SUM) / this.latencyCount(index);
  }

  private latencyOfRule(index: u32): usize {
    return this.latencies + index * LATENCY_RULE_BYTES;
  }

  /** Capacity of the trace, as the page itself says; the present one if that is no capacity. */
  liveTraceCapacity(): u32 {
    const capacity = this.page.read32(PAGE_TRACE_CAPACITY);
    const isPower = (capacity & (capacity - 1)) === 0;
    const isKnown = isPower && capacity >= TRACE_CAPACITY && capacity <= TRACE_CAPACITY_MAXIMUM;
    return isKnown ? capacity : TRACE_CAPACITY;
  }

  /** Copies the page. The copy is valid only if the result is `Read`. */
  read(): PageState {
    const state = this.state();
    this.namedRule = 0;
    this.namePlace = 0;
    if (state !== PageState.Read) return state;
    for (let attempt: u32 = 0; attempt < COPIES; attempt++) {
      const sequence = this.page.read32(PAGE_SEQUENCE_OFFSET);
      this.page.barrierRead();
      if ((sequence & 1) !== 0) continue;
      for (let offset: u32 = 0; offset < SNAPSHOT_BYTES; offset += 8) {
        store<u64>(this.copy + offset, this.page.read64(offset));
      }
      for (let offset: u32 = 0; offset < RULES_SNAPSHOT_BYTES; offset += 8) {
        store<u64>(this.rules + offset, this.page.read64(PAGE_RULE_HITS_OFFSET + offset));
      }
      this.page.barrierRead();
      if (this.page.read32(PAGE_SEQUENCE_OFFSET) === sequence) {
        return this.ticksPerSecond === 0 ? PageState.Damaged : PageState.Read;
      }
    }
    return PageState.Busy;
  }

  /** A 32-bit number of the page itself. The copy has no heads of the rings. */
  live(offset: u32): u32 {
    return this.page.read32(offset);
  }

  /** The heartbeat in the page itself. */
  liveHeartbeat(): u32 {
    return this.page.read32(PAGE_HEARTBEAT_OFFSET);
  }

  /** The time of the last refresh in the page itself. */
  liveTicks(): u64 {
    return this.page.read64(HEAD_NOW_TICKS);
  }

  /** Ticks in a second, from the page itself; never 0. */
  liveTicksPerSecond(): u32 {
    const ticks = this.page.read32(HEAD_TICKS_PER_SECOND);
    return ticks === 0 ? 1 : ticks;
  }

  /**
   * True when the copy is the last page of a cell that was shut down. A reader need not wait for
   * another one.
   */
  get cellHasLeft(): bool {
    return this.word(HEAD_LAST_STATUS) === (Status.ShutdownRequested as u32);
  }

  get ticksPerSecond(): u32 {
    return this.word(HEAD_TICKS_PER_SECOND);
  }

  /** A 32-bit number of the copy. `offset` is below SNAPSHOT_BYTES. */
  word(offset: u32): u32 {
    return load<u32>(this.copy + offset);
  }

  /** Rules that the copy shows. */
  get ruleCount(): u32 {
    return min<u32>(this.word(HEAD_RULE_COUNT), PAGE_RULE_HITS);
  }

  /** How often rule `index`, below `ruleCount`, has matched. */
  hitsOf(index: u32): u32 {
    return load<u32>(this.rules + (index << 2));
  }

  /** How many of its answers its rate has refused. */
  refusedOf(index: u32): u32 {
    return this.word(PAGE_RULE_REFUSED_OFFSET + (index << 2));
  }

  /** Appends the name of rule `index`, or its number from 1 if the page has no name of it. */
  appendRuleName(out: TextBuilder, index: u32): void {
    const names = this.rules + PAGE_RULE_NAMES_OFFSET - PAGE_RULE_HITS_OFFSET;
    if (index < this.namedRule) {
      this.namedRule = 0;
      this.namePlace = 0;
    }
    while (this.namedRule < index && this.namePlace < PAGE_RULE_NAMES_BYTES) {
      if (load<u8>(names + this.namePlace) === 0) this.namedRule++;
      this.namePlace++;
    }
    const left = PAGE_RULE_NAMES_BYTES - this.namePlace;
    if (left === 0 || load<u8>(names + this.namePlace) === 0) out.decimal(index + 1);
    else out.characters(names + this.namePlace, left);
  }

  half(offset: u32): u32 {
    return load<u16>(this.copy + offset);
  }

  byte(offset: u32): u32 {
    return load<u8>(this.copy + offset);
  }

  /** Hundredths of a microsecond in `ticks` ticks. */
  centiMicros(ticks: u32): u64 {
    return ((ticks as u64) * 100_000_000) / (this.ticksPerSecond as u64);
  }
}
