// SPDX-License-Identifier: MIT
/**
 * LinuxControl: the AGL side of the control device. It shows the cell's status page as text, and
 * sends requests to the cell.
 *
 * The host program maps the device's two output sections at the addresses below, calls `tend`
 * often, and holds the connections to its clients.
 * Does not: wait. The host program repeats a failed call, for a bounded time.
 */
import { counter_hertz, counter_read } from '../abi/bsp';
import { appendRecorderEntry } from './candump-text';
import { EntryStream } from './entry-stream';
import { CellHeartbeat, Life } from './cell-heartbeat';
import { LatencyJson } from './latency-json';
import { LatencyText } from './latency-text';
import {
  CONTROL_SECTION_BYTES,
  HEAD_REQUEST_DETAIL,
  HEAD_REQUEST_SEQUENCE,
  HEAD_REQUEST_STATUS,
  HEAD_RULES_AFTER_RESTART,
  PAGE_RECORDER_HEAD,
  PAGE_RECORDER_OFFSET,
  PAGE_TRACE_HEAD,
  PAGE_TRACE_OFFSET,
  RECORDER_CAPACITY,
  RECORDER_ENTRY_BYTES,
  TRACE_CAPACITY,
  TRACE_RECORD_BYTES,
} from '../page/layout';
import { PageReader, PageState } from './page-reader';
import { RequestWriter } from './request-writer';
import { StatusJson } from './status-json';
import { StatusText } from './status-text';
import { PageTaskNames } from './task-names';
import { TextBuilder } from './text-builder';
import { appendTraceRecord } from './trace-text';
import { WallTime } from './wall-time';
import { SharedSection } from '../jailhouse/shared-section';

/** Where the host program maps the cell's output section (read only) and the AGL side's own. */
const STATUS_PAGE_ADDRESS: u32 = 0xa0000000;
const REQUESTS_ADDRESS: u32 = 0xb0000000;

/** Bytes of the text buffer. It also holds a payload for the cell. */
const TEXT_BYTES: u32 = 0x10000;
/** Entries of the rings are written in pieces of at most so many bytes. */
const PIECE_BYTES: u32 = 16384;
/** No line is begun with less room than this. Longer than any line. */
const LINE_BYTES_MAXIMUM: u32 = 256;

/** The two streams of the page, by number. */
const STREAM_TRACE: u32 = 0;

/** What `writeStatus` writes. The host program uses these numbers. */
export enum Writing {
  Status = 0,
  StatusJson = 1,
  Latencies = 2,
  LatenciesJson = 3,
}

@final
export class LinuxControl {
  readonly out: TextBuilder;
  /** After `writeEntries`: the next cursor, and the number of entries that were lost before it. */
  cursor: u32 = 0;
  lost: u32 = 0;
  private readonly page: PageReader<SharedSection>;
  private readonly requests: RequestWriter<SharedSection>;
  private readonly trace: EntryStream<SharedSection>;
  private readonly recorder: EntryStream<SharedSection>;
  private readonly statusText: StatusText<SharedSection>;
  private readonly statusJson: StatusJson<SharedSection>;
  private readonly latencyText: LatencyText<SharedSection>;
  private readonly latencyJson: LatencyJson<SharedSection>;
  private readonly wall: WallTime = new WallTime();
  private readonly heartbeat: CellHeartbeat;
  private readonly tasks: PageTaskNames<SharedSection>;

  /**
   * `silenceMillis`: the cell takes this end for dead when its heartbeat stands still for this
   * time.
   */
  constructor(private readonly silenceMillis: u32) {
    const page = new SharedSection(STATUS_PAGE_ADDRESS, CONTROL_SECTION_BYTES);
    const own = new SharedSection(REQUESTS_ADDRESS, CONTROL_SECTION_BYTES);
    const reader = new PageReader<SharedSection>(page);
    const out = new TextBuilder(TEXT_BYTES);
    this.page = reader;
    this.tasks = new PageTaskNames<SharedSection>(page);
    this.out = out;
    this.requests = new RequestWriter<SharedSection>(own);
    this.statusText = new StatusText<SharedSection>(reader, out);
    this.statusJson = new StatusJson<SharedSection>(reader, out);
    this.latencyText = new LatencyText<SharedSection>(reader, out);
    this.latencyJson = new LatencyJson<SharedSection>(reader, out);
    this.trace = new EntryStream<SharedSection>(
      page,
      PAGE_TRACE_HEAD,
      PAGE_TRACE_OFFSET,
      TRACE_RECORD_BYTES,
      TRACE_CAPACITY,
    );
    this.recorder = new EntryStream<SharedSection>(
      page,
      PAGE_RECORDER_HEAD,
      PAGE_RECORDER_OFFSET,
      RECORDER_ENTRY_BYTES,
      RECORDER_CAPACITY,
    );
    this.heartbeat = new CellHeartbeat(reader.liveHeartbeat(), counter_read(), counter_hertz());
  }

  /**
   * Beats, and checks whether the cell has refreshed its page. `wallMicros`: the time of day now,
   * in microseconds of the Unix epoch.
   */
  tend(wallMicros: u64): void {
    this.requests.beat(this.silenceMillis);
    if (!this.heartbeat.look(this.page.liveHeartbeat(), counter_read())) return;
    this.wall.note(this.page.liveTicks(), this.page.liveTicksPerSecond(), wallMicros);
  }

  /** Ends the heartbeat: the cell no longer watches it. */
  leave(): void {
    this.requests.beat(0);
  }

  /** True while the cell refreshes its page. */
  get isAlive(): bool {
    return this.heartbeat.life(counter_read()) === Life.Alive;
  }

  /** Writes what `what` says to `out`. Any result but `Read`: there is none now. */
  writeStatus(what: Writing): PageState {
    this.out.clear();
    const now = counter_read();
    const read = this.page.read();
    const hasLeft = read === PageState.Read && this.page.cellHasLeft;
    const state = hasLeft ? read : this.judged(read, now);
    if (state !== PageState.Read) return state;
    const isAlive = !hasLeft && this.heartbeat.life(now) === Life.Alive;
    if (what === Writing.Status) this.statusText.write(isAlive, this.heartbeat.ageMillis(now));
    else if (what === Writing.StatusJson)
      this.statusJson.write(isAlive, this.heartbeat.ageMillis(now));
    else return this.writeLatencies(what === Writing.LatenciesJson, isAlive);
    return state;
  }

  private writeLatencies(asJson: bool, isAlive: bool): PageState {
    const state = this.page.readLatencies();
    if (state !== PageState.Read) return state;
    if (asJson) this.latencyJson.write(isAlive);
    else this.latencyText.write(isAlive);
    return state;
  }

  /** The cursor of the oldest entry of stream `number`: 0 the trace, else the recorder. */
  oldest(number: u32): u32 {
    return this.streamOf(number).oldest();
  }

  /** The cursor of the next entry of stream `number`. */
  head(number: u32): u32 {
    return this.streamOf(number).head();
  }

  /**
   * Writes entries of stream `number` as lines to `out`, from `cursor` up to, not including, `end`.
   */
  writeEntries(number: u32, cursor: u32, end: u32): PageState {
    const state = this.judged(this.page.state(), counter_read());
    const stream = this.streamOf(number);
    this.out.clear();
    this.lost = 0;
    this.cursor = cursor;
    if (state !== PageState.Read) return state;
    while (
      ((end - this.cursor) as i32) > 0 &&
      this.out.length + LINE_BYTES_MAXIMUM <= PIECE_BYTES
    ) {
      const taken = stream.take(this.cursor);
      this.lost += stream.lost;
      this.cursor = stream.cursor;
      if (!taken) break;
      if (number === STREAM_TRACE) appendTraceRecord(this.out, stream.entry, this.wall, this.tasks);
      else appendRecorderEntry(this.out, stream.entry, this.wall);
    }
    return state;
  }

  /**
   * Sends the cell a request with the first `bytes` bytes of the text buffer. Returns the request's
   * number; 0: there is no page, or the payload is too large.
   */
  request(kind: u32, bytes: u32, argument: u32): u32 {
    if (bytes > TEXT_BYTES || bytes > this.requests.bytesMaximum) return 0;
    if (this.page.read() !== PageState.Read) return 0;
    const finished = this.page.word(HEAD_REQUEST_SEQUENCE);
    return this.requests.write(kind, this.out.buffer, bytes, argument, finished);
  }

  /** True when the cell has finished request `sequence`. The fields then have its outcome. */
  finished(sequence: u32): bool {
    const state = this.page.read();
    return state === PageState.Read && this.page.word(HEAD_REQUEST_SEQUENCE) === sequence;
  }

  /** Status of the last finished request. */
  get requestStatus(): u32 {
    return this.page.word(HEAD_REQUEST_STATUS);
  }

  /** The rule that made the last request fail, counted from 1; 0: none. */
  get requestDetail(): u32 {
    return this.page.word(HEAD_REQUEST_DETAIL);
  }

  /** Number of rules in force that a restart of the cell would make faster. */
  get rulesWaiting(): u32 {
    return this.page.word(HEAD_RULES_AFTER_RESTART);
  }

  /**
   * Holds a page back until it is known whether the cell lives. Before that, the page would be
   * called old, and its entries would have no time of day.
   */
  private judged(state: PageState, now: u64): PageState {
    const isShown = state !== PageState.Read || this.heartbeat.life(now) !== Life.Unknown;
    return isShown ? state : PageState.Unjudged;
  }

  private streamOf(number: u32): EntryStream<SharedSection> {
    if (number !== STREAM_TRACE) return this.recorder;
    this.trace.capacity = this.page.liveTraceCapacity();
    return this.trace;
  }
}
