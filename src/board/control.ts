/**
 * Control: what AGL sees of the cell over the second ivshmem device, and what it may ask for.
 *
 * Used by: the other control-... files, and whoever has something to note.
 * Does not: cost anything without the device: `on` is false then, one test at each place.
 */
import { Histogram } from '../control/histogram';
import { CONTROL_SECTION_BYTES } from '../control/layout';
import { Recorder } from '../control/recorder';
import { RequestReader } from '../control/request-reader';
import { StatusPage } from '../control/status-page';
import { TraceEvent } from '../control/trace-event';
import { TraceRing } from '../control/trace-ring';
import { GenericTimer } from '../chip/bcm2711/generic-timer';
import { SharedSection } from '../jailhouse/shared-section';
import { Status } from '../rt/status';
import * as RPI4 from './rpi4';

@final
export class Control {
  /** The device is there and the page is open. */
  on: bool = false;
  /** Answers that left in the step that saw their request: from its start to the end of RTS. */
  readonly staticAnswers: Histogram = new Histogram();
  readonly computedAnswers: Histogram = new Histogram();
  /** Steps in which there was something to do. */
  readonly steps: Histogram = new Histogram();
  readonly page: StatusPage<SharedSection>;
  readonly trace: TraceRing<SharedSection>;
  readonly recorder: Recorder<SharedSection>;
  readonly requests: RequestReader<SharedSection>;
  /** The page is to be refreshed before its time: somebody waits for it. */
  refreshWanted: bool = false;
  /** The last status that was said. */
  lastStatus: Status = Status.Ok;

  constructor(private readonly clock: GenericTimer) {
    const own = new SharedSection(RPI4.CONTROL_STATUS_ADDRESS, CONTROL_SECTION_BYTES);
    this.page = new StatusPage<SharedSection>(own);
    this.trace = new TraceRing<SharedSection>(own);
    this.recorder = new Recorder<SharedSection>(own);
    const requests = new SharedSection(RPI4.CONTROL_REQUESTS_ADDRESS, CONTROL_SECTION_BYTES);
    this.requests = new RequestReader<SharedSection>(requests);
  }

  /** Lays the page out, complete; from now on there is one. */
  open(): void {
    this.page.open();
    this.trace.head = this.page.traceHead;
    this.recorder.head = this.page.recorderHead;
    this.on = true;
  }

  /** Notes an event of now in the trace. */
  note(event: TraceEvent, a: u32, b: u32): void {
    if (this.on) this.trace.note(this.clock.nowTicks(), event, a, b);
  }

  /** A line with the number of `status` has been said. */
  said(status: Status): void {
    this.lastStatus = status;
    this.note(TraceEvent.StatusSaid, status, 0);
  }
}
