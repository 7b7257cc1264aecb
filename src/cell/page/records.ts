// SPDX-License-Identifier: MIT
/**
 * Records: what AGL sees of the cell over the second ivshmem device, and what it may request there.
 *
 * Without the device `on` is false, and each call costs one test.
 */
import { Histogram } from '../../page/histogram';
import { LatencyBook } from '../../page/latency-book';
import { Recorder } from '../../page/recorder';
import { RequestReader } from '../../page/request-reader';
import { StatusPage } from '../../page/status-page';
import { TraceEvent } from '../../page/trace-event';
import { TraceRing } from '../../page/trace-ring';
import { Clock } from '../../hal/clock';
import { SharedMemory } from '../../hal/shared-memory';
import { Sentence } from '../../page/sentences';
import { Status } from '../../rt/status';
import { StatusRecord } from './status-record';

/** Capacity for events of the start-up, which wait for the page. The start-up makes fewer. */
const EARLY_EVENTS: u32 = 16;
/** A waiting event: u64 ticks, u32 event, u32 a, u32 b. */
const EARLY_EVENT_BYTES: u32 = 24;

@final
export class Records<Memory extends SharedMemory, Time extends Clock> {
  /** The device is there and the page is open. */
  on: bool = false;
  /**
   * Response times of answers that left in the step that took their request: from its start to the
   * end of RTS.
   */
  readonly staticAnswers: Histogram = new Histogram();
  readonly computedAnswers: Histogram = new Histogram();
  /** Durations of the steps that did something. */
  readonly steps: Histogram = new Histogram();
  readonly page: StatusPage<Memory> = new StatusPage<Memory>(this.own);
  readonly trace: TraceRing<Memory> = new TraceRing<Memory>(this.own);
  readonly recorder: Recorder<Memory> = new Recorder<Memory>(this.own);
  /** How long answers took, from when their request can have come. */
  readonly latency: LatencyBook<Memory> = new LatencyBook<Memory>(this.own);
  readonly requests: RequestReader<Memory> = new RequestReader<Memory>(this.others);
  /** A reader waits: refresh the page before its time. */
  refreshWanted: bool = false;
  /** The status reported last. */
  lastStatus: Status = Status.Ok;
  /** What was reported of each status. */
  readonly statuses: StatusRecord = new StatusRecord();
  /** Events from before the page was open. */
  private readonly early: usize = heap.alloc(EARLY_EVENTS * EARLY_EVENT_BYTES);
  private earlyCount: u32 = 0;

  /**
   * `own`: the section for the page. `others`: the section of the requests, which the cell only
   * reads.
   */
  constructor(
    private readonly clock: Time,
    private readonly own: Memory,
    private readonly others: Memory,
  ) {}

  /** Lays the page out and completes it. From here on `on` is true. */
  open(): void {
    this.page.open();
    this.trace.head = this.page.traceHead;
    this.recorder.head = this.page.recorderHead;
    this.on = true;
    for (let index: u32 = 0; index < this.earlyCount; index++) {
      const event = this.early + index * EARLY_EVENT_BYTES;
      const code = load<u32>(event, 8) as TraceEvent;
      this.trace.note(load<u64>(event), code, load<u32>(event, 12), load<u32>(event, 16));
    }
  }

  /**
   * Notes an event in the trace, with the present time. Before the page is open, the event waits
   * for it.
   */
  note(event: TraceEvent, a: u32, b: u32): void {
    if (this.on) this.trace.note(this.clock.nowTicks(), event, a, b);
    else if (this.earlyCount < EARLY_EVENTS) this.keep(event, a, b);
  }

  /** A status was reported; `value` is the value in its sentence. */
  said(status: Status, sentence: Sentence, value: u32): void {
    this.lastStatus = status;
    this.statuses.add(status, sentence, value);
    this.note(TraceEvent.StatusSaid, (status as u32) | ((sentence as u32) << 8), value);
  }

  private keep(event: TraceEvent, a: u32, b: u32): void {
    const place = this.early + this.earlyCount * EARLY_EVENT_BYTES;
    store<u64>(place, this.clock.nowTicks());
    store<u32>(place, event, 8);
    store<u32>(place, a, 12);
    store<u32>(place, b, 16);
    this.earlyCount++;
  }
}
