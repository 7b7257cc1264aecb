// SPDX-License-Identifier: MIT
/**
 * The table of the cell's tasks: everything the running cell does, most urgent first.
 *
 * Tasks hand frames on through queues (RecordRing): `receive` to `forward` (256 frames; error
 * frames of `fault look` keep their place among them), `receive` and `from AGL` to `transmit`.
 * Does not: hold code. Each task keeps the bounds of its row, and the executive measures them.
 */
import { Idle } from '../hal/idle';
import { Executive } from '../rt/executive';
import { Task, Trigger } from '../rt/task';
import { TaskTable } from '../rt/task-table';
import { AcknowledgeTask } from './acknowledge';
import {
  SUPERVISOR_SPI_BYTES,
  RECEIVE_SPI_BYTES,
  REQUESTS_SPI_BYTES,
  TRANSMIT_POLL_SPI_BYTES,
  TRANSMIT_SPI_BYTES,
} from './bounds';
import { AglGate } from './agl-gate';
import { AnyParts } from './parts';
import { CellPlatform } from './platform';
import { ConsoleTask } from './console-task';
import { ForwardTask, ReceiveTask, TransmitPollTask, TransmitTask } from './receive';
import { StatusPageFiller } from './page/filler';
import { Requests } from './page/requests';
import { FrameObserver } from './page/frame-observer';
import { TransmitScheduler } from './transmit/scheduler';
import { UrgentAnswers } from './urgent/answers';
import { StagingTask } from './urgent/staging';
import { BusSupervisor } from './bus/supervisor';
import { FromAglTask } from './from-agl';
import { LateReportTask } from './late-report';
import { Rates } from './rates';
import { RuleActions } from './rule-actions';
import { Timers } from './timers';
import { LinkReportTask, MessagesTask, SessionTask, StatusPageTask } from './upkeep';
import { Watches } from './watches';

/** The executive of the cell. */
export type CellExecutive<Parts extends AnyParts, Rest extends Idle> = Executive<
  CellPlatform<Parts, Rest>,
  CellTasks<Parts>
>;

/** The tasks, in the order of their priority. */
@final
export class CellTasks<Parts extends AnyParts> extends TaskTable {
  private readonly observer: FrameObserver<Parts> = new FrameObserver<Parts>(
    this.parts,
    this.answers,
  );
  readonly rates: Rates<Parts> = new Rates<Parts>(this.parts, this.answers);
  private readonly watches: Watches<Parts> = new Watches<Parts>(this.parts);
  readonly timers: Timers<Parts> = new Timers<Parts>(
    this.parts,
    this.answers,
    this.scheduler,
    this.watches,
  );
  private readonly actions: RuleActions<Parts> = new RuleActions<Parts>(
    this.parts,
    this.answers,
    this.observer,
    this.rates,
    this.watches,
    this.timers.pending,
  );
  private readonly gate: AglGate<Parts> = new AglGate<Parts>(
    this.parts,
    this.answers,
    this.timers.pending,
  );
  readonly receive: ReceiveTask<Parts> = new ReceiveTask<Parts>(
    this.parts,
    this.answers,
    this.observer,
    this.actions,
    this.rates,
  );
  readonly acknowledge: AcknowledgeTask<Parts> = new AcknowledgeTask<Parts>(this.parts);
  readonly staging: StagingTask<Parts> = new StagingTask<Parts>(this.scheduler, this.answers);
  readonly transmit: TransmitTask<Parts> = new TransmitTask<Parts>(
    this.parts,
    this.scheduler,
    this.observer,
  );
  readonly transmitPoll: TransmitPollTask<Parts> = new TransmitPollTask<Parts>(this.parts);
  readonly messages: MessagesTask<Parts> = new MessagesTask<Parts>(this.parts);
  readonly supervisor: BusSupervisor<Parts> = new BusSupervisor<Parts>(
    this.parts,
    this.answers,
    this.receive,
    this.transmitPoll,
  );
  readonly fromAgl: FromAglTask<Parts> = new FromAglTask<Parts>(
    this.parts,
    this.scheduler,
    this.gate,
    this.timers.safe,
  );
  readonly forward: ForwardTask<Parts> = new ForwardTask<Parts>(this.parts);
  readonly linkReport: LinkReportTask<Parts> = new LinkReportTask<Parts>(this.parts, this.timers);
  readonly console: ConsoleTask<Parts> = new ConsoleTask<Parts>(this.parts);
  readonly lateReport: LateReportTask<Parts> = new LateReportTask<Parts>(this.parts, this.console);
  readonly session: SessionTask<Parts> = new SessionTask<Parts>(this.parts);
  readonly statusPage: StatusPageTask<Parts> = new StatusPageTask<Parts>(this.parts, this.page);
  readonly requests: Requests<Parts> = new Requests<Parts>(
    this.parts,
    this.answers,
    this.rates,
    this.timers,
  );

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly scheduler: TransmitScheduler<Parts>,
    private readonly page: StatusPageFiller<Parts>,
  ) {
    super();
  }

  override offerUrgent(nowTicks: u64): Task | null {
    return this.receive.run(nowTicks) ? this.receive : null;
  }

  override offer(nowTicks: u64, isTimerDue: bool): Task | null {
    if (this.acknowledge.run(nowTicks)) return this.acknowledge;
    if (this.scheduler.isCalled) {
      if (this.staging.run(nowTicks)) return this.staging;
      // Before a frame that waits is loaded: AGL's next one may be stronger.
      if (this.scheduler.isEager && this.fromAgl.runEarly(nowTicks)) return this.fromAgl;
    }
    if (this.transmit.run(nowTicks)) return this.transmit;
    if (this.transmitPoll.run(nowTicks)) return this.transmitPoll;
    if (isTimerDue && runWhenExpired(this.timers, nowTicks)) return this.timers;
    if (isTimerDue && runWhenExpired(this.messages, nowTicks)) return this.messages;
    if (this.supervisor.run(nowTicks)) return this.supervisor;
    if (this.fromAgl.run(nowTicks)) return this.fromAgl;
    if (this.forward.run(nowTicks)) return this.forward;
    if (isTimerDue && runWhenExpired(this.linkReport, nowTicks)) return this.linkReport;
    if (isTimerDue && runWhenExpired(this.lateReport, nowTicks)) return this.lateReport;
    if (this.session.run(nowTicks)) return this.session;
    if (this.console.run(nowTicks)) return this.console;
    if (this.statusPage.run(nowTicks)) return this.statusPage;
    if (this.requests.run(nowTicks)) return this.requests;
    if (isTimerDue && runWhenExpired(this.rates, nowTicks)) return this.rates;
    return null;
  }
}

function runWhenExpired<T extends Task>(task: T, nowTicks: u64): bool {
  return task.timer.expired(nowTicks) && task.run(nowTicks);
}

/** Declares the rows. Period 0: no timer, or one that the task itself starts. */
export function declareTasks<Parts extends AnyParts, Rest extends Idle>(
  executive: CellExecutive<Parts, Rest>,
  tasks: CellTasks<Parts>,
): void {
  // prettier-ignore
  executive
    //   task                 name             priority  trigger        period_us  spi bytes                 ring
    .add(tasks.receive,       'receive',        0, Trigger.Line,           0, RECEIVE_SPI_BYTES,        0)
    .add(tasks.acknowledge,   'acknowledge',    1, Trigger.Queue,          0, 0,                        2)
    .add(tasks.staging,       'staging',        2, Trigger.Queue,          0, 0,                        0)
    .add(tasks.transmit,      'transmit',       3, Trigger.Queue,          0, TRANSMIT_SPI_BYTES,       0)
    .add(tasks.transmitPoll,  'transmit poll',  4, Trigger.Queue,          0, TRANSMIT_POLL_SPI_BYTES,  2)
    .add(tasks.timers,        'timers',         5, Trigger.Timer,          0, 0,                       10)
    .add(tasks.messages,      'messages',       6, Trigger.Timer,      1_000, 0,                        0)
    .add(tasks.supervisor,    'fault look',     7, Trigger.Queue,          0, SUPERVISOR_SPI_BYTES,     5)
    .add(tasks.fromAgl,       'from AGL',       8, Trigger.Queue,          0, 0,                       19)
    .add(tasks.forward,       'forward',        9, Trigger.Queue,          0, 0,                        4)
    .add(tasks.linkReport,    'link report',   10, Trigger.Timer,      1_000, 0,                        7)
    .add(tasks.lateReport,    'late report',   11, Trigger.Timer,  1_000_000, 0,                        3)
    .add(tasks.session,       'session',       12, Trigger.Always,         0, 0,                        6)
    .add(tasks.console,       'console',       13, Trigger.Queue,          0, 0,                        1)
    .add(tasks.statusPage,    'status page',   14, Trigger.Always,    10_000, 0,                        2)
    .add(tasks.requests,      'requests',      15, Trigger.Always,     1_000, REQUESTS_SPI_BYTES,       6)
    .add(tasks.rates,         'rates',         16, Trigger.Timer,          0, 0,                        2);
}
