/**
 * The table of the cell's tasks: everything it does while it runs, most urgent first.
 *
 * Does not: hold code. What a row promises is kept by its task and seen by the executive.
 *
 * Tasks hand frames on through queues (RecordRing): `receive` to `forward` (256 frames; error messages
 * of `fault look` stand between the right ones), `receive` to `waiting answer` (16 answers).
 */
import { Executive } from '../rt/executive';
import { Task, Trigger } from '../rt/task';
import { TaskTable } from '../rt/task-table';
import { AcknowledgeTask } from './acknowledge';
import {
  FAULT_LOOK_SPI_BYTES,
  FROM_AGL_SPI_BYTES,
  RECEIVE_SPI_BYTES,
  REQUESTS_SPI_BYTES,
  TRANSMIT_POLL_SPI_BYTES,
  WAITING_ANSWER_SPI_BYTES,
} from './bounds';
import { CellPlatform } from './platform';
import { ConsoleTask } from './console';
import { ForwardTask, ReceiveTask, TransmitPollTask, WaitingAnswerTask } from './receive';
import { ControlRequests } from './page/requests';
import { FaultLookTask } from './bus/supervisor';
import { FromAglTask } from './from-agl';
import { LateReportTask } from './late-report';
import { LinkReportTask, MessagesTask, SessionTask, StatusPageTask } from './upkeep';

/** The executive of the cell. */
export type CellExecutive = Executive<CellPlatform, CellTasks>;

/** The tasks, in the order of their priority. */
@final
export class CellTasks extends TaskTable {
  constructor(
    readonly receive: ReceiveTask,
    readonly acknowledge: AcknowledgeTask,
    readonly waitingAnswer: WaitingAnswerTask,
    readonly transmitPoll: TransmitPollTask,
    readonly messages: MessagesTask,
    readonly faultLook: FaultLookTask,
    readonly fromAgl: FromAglTask,
    readonly forward: ForwardTask,
    readonly linkReport: LinkReportTask,
    readonly lateReport: LateReportTask,
    readonly session: SessionTask,
    readonly console: ConsoleTask,
    readonly statusPage: StatusPageTask,
    readonly requests: ControlRequests,
  ) {
    super();
  }

  override offerUrgent(nowTicks: u64): Task | null {
    return this.receive.run(nowTicks) ? this.receive : null;
  }

  override offer(nowTicks: u64, isTimerDue: bool): Task | null {
    if (this.acknowledge.run(nowTicks)) return this.acknowledge;
    if (this.waitingAnswer.run(nowTicks)) return this.waitingAnswer;
    if (this.transmitPoll.run(nowTicks)) return this.transmitPoll;
    if (isTimerDue && runWhenExpired(this.messages, nowTicks)) return this.messages;
    if (this.faultLook.run(nowTicks)) return this.faultLook;
    if (this.fromAgl.run(nowTicks)) return this.fromAgl;
    if (this.forward.run(nowTicks)) return this.forward;
    if (isTimerDue && runWhenExpired(this.linkReport, nowTicks)) return this.linkReport;
    if (isTimerDue && runWhenExpired(this.lateReport, nowTicks)) return this.lateReport;
    if (this.session.run(nowTicks)) return this.session;
    if (this.console.run(nowTicks)) return this.console;
    if (this.statusPage.run(nowTicks)) return this.statusPage;
    if (this.requests.run(nowTicks)) return this.requests;
    return null;
  }
}

function runWhenExpired<T extends Task>(task: T, nowTicks: u64): bool {
  return task.timer.expired(nowTicks) && task.run(nowTicks);
}

/** Puts the rows in. Period 0: no timer, or one that the tasks start themselves. */
export function declareTasks(executive: CellExecutive, tasks: CellTasks): void {
  // prettier-ignore
  executive
    //   task                 name             priority  trigger        period_us  spi bytes                 ring
    .add(tasks.receive,       'receive',        0, Trigger.Line,           0, RECEIVE_SPI_BYTES,        0)
    .add(tasks.acknowledge,   'acknowledge',    1, Trigger.Queue,          0, 0,                        1)
    .add(tasks.waitingAnswer, 'waiting answer', 2, Trigger.Queue,          0, WAITING_ANSWER_SPI_BYTES, 0)
    .add(tasks.transmitPoll,  'transmit poll',  3, Trigger.Queue,          0, TRANSMIT_POLL_SPI_BYTES,  0)
    .add(tasks.messages,      'messages',       4, Trigger.Timer,      1_000, 0,                        0)
    .add(tasks.faultLook,     'fault look',     5, Trigger.Queue,          0, FAULT_LOOK_SPI_BYTES,     0)
    .add(tasks.fromAgl,       'from AGL',       6, Trigger.Queue,          0, FROM_AGL_SPI_BYTES,       1)
    .add(tasks.forward,       'forward',        7, Trigger.Queue,          0, 0,                        1)
    .add(tasks.linkReport,    'link report',    8, Trigger.Timer,      1_000, 0,                        0)
    .add(tasks.lateReport,    'late report',    9, Trigger.Timer,  1_000_000, 0,                        0)
    .add(tasks.session,       'session',       10, Trigger.Always,         0, 0,                        1)
    .add(tasks.console,       'console',       11, Trigger.Queue,          0, 0,                        1)
    .add(tasks.statusPage,    'status page',   12, Trigger.Always,    10_000, 0,                        0)
    .add(tasks.requests,      'requests',      13, Trigger.Always,     1_000, REQUESTS_SPI_BYTES,       0);
}
