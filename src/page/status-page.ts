// SPDX-License-Identifier: MIT
/**
 * StatusPage: copies the cell's figures into memory that AGL can read, in bounded pieces.
 *
 * An odd sequence number means that the page is being rewritten. A reader notes an even one, copies
 * the page, and compares. The parts are copied one after the other while the cell runs. So the
 * figures of two parts may be some events apart, and so may those of one part that takes more than
 * one piece.
 * Does not: wait for a reader. Reads nothing back but its own words, at start.
 */
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import {
  HEAD_COUNTER_COUNT,
  HEAD_FAULT_KIND,
  HEAD_FAULT_PROGRAM_COUNTER,
  HEAD_HISTOGRAM_COUNT,
  HEAD_TASK_BYTES,
  PAGE_COUNTERS,
  PAGE_HEAD_BYTES,
  PAGE_HEAD_OFFSET,
  PAGE_HEARTBEAT_OFFSET,
  PAGE_HISTOGRAMS,
  PAGE_LATENCY_RULES_OFFSET,
  PAGE_MAGIC,
  PAGE_MAGIC_OFFSET,
  PAGE_RECORDER_CAPACITY,
  PAGE_RECORDER_HEAD,
  PAGE_RECORDER_OFFSET,
  PAGE_SEQUENCE_OFFSET,
  PAGE_TASK_BYTES,
  PAGE_TRACE_CAPACITY,
  PAGE_TRACE_HEAD,
  PAGE_VERSION,
  PAGE_VERSION_OFFSET,
  RECORDER_CAPACITY,
  TRACE_CAPACITY,
} from './layout';

/** Bytes copied in one step. */
export const PIECE_BYTES: u32 = 128;
/** The maximum number of parts of a page. */
const PARTS_MAXIMUM: u32 = 16;
/** A part: source address, offset in the page, number of bytes. */
const PART_BYTES: u32 = 12;

@final
export class StatusPage<Memory extends SharedMemory> {
  /** The heads of trace ring and recorder, as `open` found them. */
  traceHead: u32 = 0;
  recorderHead: u32 = 0;
  /** Sequence number; odd while the page is being rewritten. */
  private sequence: u32 = 0;
  private heartbeat: u32 = 0;
  /** The head for the next refresh. A field lies at its offset less PAGE_HEAD_OFFSET. */
  private readonly head: usize = heap.alloc(PAGE_HEAD_BYTES);
  private readonly parts: usize = heap.alloc(PARTS_MAXIMUM * PART_BYTES);
  private partCount: u32 = 0;
  /** The part that is being copied, and how many bytes of it are done. */
  private part: u32 = 0;
  private done: u32 = 0;

  constructor(private readonly section: Memory) {
    memory.fill(this.head, 0, PAGE_HEAD_BYTES);
    this.setHead(HEAD_TASK_BYTES, PAGE_TASK_BYTES);
    this.setHead(HEAD_COUNTER_COUNT, PAGE_COUNTERS);
    this.setHead(HEAD_HISTOGRAM_COUNT, PAGE_HISTOGRAMS);
    this.addPart(this.head, PAGE_HEAD_OFFSET, PAGE_HEAD_BYTES);
  }

  /**
   * Adds a part: `bytes` bytes (a multiple of 8) of linear memory at `source`, 8-aligned, which go
   * to `offset` of the page. Call it only before `open`. `Full`: there are PARTS_MAXIMUM parts
   * already.
   */
  addPart(source: usize, offset: u32, bytes: u32): Status {
    if (this.partCount === PARTS_MAXIMUM) return Status.Full;
    const entry = this.parts + this.partCount * PART_BYTES;
    store<u32>(entry, source as u32);
    store<u32>(entry, offset, 4);
    store<u32>(entry, bytes, 8);
    this.partCount++;
    return Status.Ok;
  }

  /**
   * The part at `offset` of the page has another source, of `bytes` bytes, a multiple of 8. A refresh under
   * way begins again.
   */
  movePart(offset: u32, source: usize, bytes: u32): void {
    // loop: at most PARTS_MAXIMUM
    for (let part: u32 = 0; part < this.partCount; part++) {
      const entry = this.parts + part * PART_BYTES;
      if (load<u32>(entry, 4) !== offset) continue;
      store<u32>(entry, source as u32);
      store<u32>(entry, bytes, 8);
    }
    this.part = 0;
    this.done = 0;
  }

  /** Sets a word of the head, HEAD_.... The next refresh shows it. */
  setHead(offset: u32, value: u32): void {
    store<u32>(this.head + (offset - PAGE_HEAD_OFFSET), value);
  }

  /** Sets two words of the head. */
  setHead64(offset: u32, value: u64): void {
    store<u64>(this.head + (offset - PAGE_HEAD_OFFSET), value);
  }

  /** A word of the head, as it was last set. */
  headOf(offset: u32): u32 {
    return load<u32>(this.head + (offset - PAGE_HEAD_OFFSET));
  }

  /** Sets a byte of the head. */
  setHead8(offset: u32, value: u32): void {
    store<u8>(this.head + (offset - PAGE_HEAD_OFFSET), value as u8);
  }

  /** After a trap, before `open`: keeps the fault that the last run has left in the section. */
  keepFault(): void {
    for (let offset = HEAD_FAULT_KIND; offset <= HEAD_FAULT_PROGRAM_COUNTER; offset += 4) {
      this.setHead(offset, this.section.read32(offset));
    }
  }

  /** Before `open`: a word of the head that the last run has left in the section; 0: there is no page. */
  left(offset: u32): u32 {
    return this.isKnown ? this.section.read32(offset) : 0;
  }

  /**
   * Writes the whole page, the magic last. Call it once, at start-up. The two rings keep what an
   * earlier run of the cell wrote, and their heads go on from there.
   */
  open(): void {
    const section = this.section;
    if (this.isKnown) {
      this.sequence = section.read32(PAGE_SEQUENCE_OFFSET) & ~1;
      this.traceHead = section.read32(PAGE_TRACE_HEAD);
      this.recorderHead = section.read32(PAGE_RECORDER_HEAD);
    }
    section.write32(PAGE_MAGIC_OFFSET, 0);
    section.barrierWrite();
    this.begin();
    for (let offset = PAGE_HEAD_OFFSET; offset < PAGE_TRACE_HEAD; offset += 8) {
      section.write64(offset, 0);
    }
    for (let offset = PAGE_LATENCY_RULES_OFFSET; offset < PAGE_RECORDER_OFFSET; offset += 8) {
      section.write64(offset, 0);
    }
    section.write32(PAGE_VERSION_OFFSET, PAGE_VERSION);
    section.write32(PAGE_TRACE_HEAD, this.traceHead);
    section.write32(PAGE_TRACE_CAPACITY, TRACE_CAPACITY);
    section.write32(PAGE_RECORDER_HEAD, this.recorderHead);
    section.write32(PAGE_RECORDER_CAPACITY, RECORDER_CAPACITY);
    while (this.step()) continue;
    section.write32(PAGE_MAGIC_OFFSET, PAGE_MAGIC);
  }

  /** The section holds a page of this layout. */
  private get isKnown(): bool {
    const section = this.section;
    return (
      section.read32(PAGE_MAGIC_OFFSET) === PAGE_MAGIC &&
      section.read32(PAGE_VERSION_OFFSET) === PAGE_VERSION &&
      section.read32(PAGE_TRACE_CAPACITY) === TRACE_CAPACITY &&
      section.read32(PAGE_RECORDER_CAPACITY) === RECORDER_CAPACITY
    );
  }

  /** True while a refresh is under way. */
  get refreshing(): bool {
    return (this.sequence & 1) !== 0;
  }

  /** Begins a refresh. `step` copies. */
  begin(): void {
    const section = this.section;
    this.part = 0;
    this.done = 0;
    this.sequence |= 1;
    this.heartbeat++;
    section.write32(PAGE_SEQUENCE_OFFSET, this.sequence);
    section.barrierWrite();
    section.write32(PAGE_HEARTBEAT_OFFSET, this.heartbeat);
  }

  /** Copies the next piece, at most PIECE_BYTES. Returns false when that was the last one. */
  step(): bool {
    const entry = this.parts + this.part * PART_BYTES;
    const bytes = load<u32>(entry, 8);
    const end = bytes - this.done < PIECE_BYTES ? bytes : this.done + PIECE_BYTES;
    const source = load<u32>(entry) as usize;
    const offset = load<u32>(entry, 4);
    // loop: at most 16, PIECE_BYTES
    for (let position = this.done; position < end; position += 8) {
      this.section.write64(offset + position, load<u64>(source + position));
    }
    this.done = end;
    if (end < bytes) return true;
    this.done = 0;
    this.part++;
    if (this.part < this.partCount) return true;
    this.section.barrierWrite();
    this.sequence++;
    this.section.write32(PAGE_SEQUENCE_OFFSET, this.sequence);
    return false;
  }
}
