// SPDX-License-Identifier: MIT
/**
 * PageReader: a copy of the cell's status page that holds together, and what the page says right now.
 *
 * Does not: believe the page. The cell may be of another version, or hostile: every number is read
 * once into the copy, and whoever uses one as a count or an index bounds it.
 */
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import {
  HEAD_LAST_STATUS,
  HEAD_NOW_TICKS,
  HEAD_TICKS_PER_SECOND,
  PAGE_HEARTBEAT_OFFSET,
  PAGE_MAGIC,
  PAGE_MAGIC_OFFSET,
  PAGE_SEQUENCE_OFFSET,
  PAGE_VERSION,
  PAGE_VERSION_OFFSET,
  PAGE_STATUSES,
  PAGE_STATUSES_OFFSET,
  STATUS_ENTRY_BYTES,
} from '../page/layout';

/** What became of an attempt to read the page; numbers for the host program. */
export enum PageState {
  /** The copy is whole. */
  Read = 0,
  /** The cell has not written its page: not started, or it has no such page. */
  Absent = 1,
  /** A page of another layout. */
  Version = 2,
  /** The cell is writing; try again. */
  Busy = 3,
  /** A page that no cell writes. */
  Damaged = 4,
  /** There is a page; whether the cell still refreshes it is not known yet. Try again. */
  Unjudged = 5,
}

/** What a reader copies at once: everything up to the statuses. */
const SNAPSHOT_BYTES: u32 = PAGE_STATUSES_OFFSET + PAGE_STATUSES * STATUS_ENTRY_BYTES;
/** Copies of one attempt; the host program makes attempts for a bounded time. */
const COPIES: u32 = 3;

@final
export class PageReader<Memory extends SharedMemory> {
  /** SNAPSHOT_BYTES bytes in the layout of the page. */
  readonly copy: usize = heap.alloc(SNAPSHOT_BYTES);

  constructor(readonly page: Memory) {
    memory.fill(this.copy, 0, SNAPSHOT_BYTES);
  }

  /** Whether there is a page of this layout. */
  state(): PageState {
    if (this.page.read32(PAGE_MAGIC_OFFSET) !== PAGE_MAGIC) return PageState.Absent;
    this.page.barrierRead();
    return this.page.read16(PAGE_VERSION_OFFSET) === PAGE_VERSION
      ? PageState.Read
      : PageState.Version;
  }

  /** Copies the page. On any other result than `Read` the copy is worth nothing. */
  read(): PageState {
    const state = this.state();
    if (state !== PageState.Read) return state;
    for (let attempt: u32 = 0; attempt < COPIES; attempt++) {
      const sequence = this.page.read32(PAGE_SEQUENCE_OFFSET);
      this.page.barrierRead();
      if ((sequence & 1) !== 0) continue;
      for (let offset: u32 = 0; offset < SNAPSHOT_BYTES; offset += 8) {
        store<u64>(this.copy + offset, this.page.read64(offset));
      }
      this.page.barrierRead();
      if (this.page.read32(PAGE_SEQUENCE_OFFSET) === sequence) {
        return this.ticksPerSecond === 0 ? PageState.Damaged : PageState.Read;
      }
    }
    return PageState.Busy;
  }

  /** A 32-bit number of the page now, not of the copy: the heads of the rings are in no copy. */
  live(offset: u32): u32 {
    return this.page.read32(offset);
  }

  /** The heartbeat now, not of the copy. */
  liveHeartbeat(): u32 {
    return this.page.read32(PAGE_HEARTBEAT_OFFSET);
  }

  /** The time of the last refresh now, not of the copy. */
  liveTicks(): u64 {
    return this.page.read64(HEAD_NOW_TICKS);
  }

  /** Ticks in a second now, not of the copy; never 0. */
  liveTicksPerSecond(): u32 {
    const ticks = this.page.read32(HEAD_TICKS_PER_SECOND);
    return ticks === 0 ? 1 : ticks;
  }

  /** The copy is the last one of a cell that was shut down: it says so itself, so nobody need wait. */
  get cellHasLeft(): bool {
    return this.word(HEAD_LAST_STATUS) === (Status.ShutdownRequested as u32);
  }

  get ticksPerSecond(): u32 {
    return this.word(HEAD_TICKS_PER_SECOND);
  }

  /** A 32-bit number of the copy; `offset` is below SNAPSHOT_BYTES. */
  word(offset: u32): u32 {
    return load<u32>(this.copy + offset);
  }

  half(offset: u32): u32 {
    return load<u16>(this.copy + offset);
  }

  byte(offset: u32): u32 {
    return load<u8>(this.copy + offset);
  }

  /** Hundredths of a microsecond that so many ticks take. */
  centiMicros(ticks: u32): u64 {
    return ((ticks as u64) * 100_000_000) / (this.ticksPerSecond as u64);
  }
}
