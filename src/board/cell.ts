/**
 * Cell: the running cell, as the image sees it.
 *
 * Used by: src/image/cell.ts. One step is one step of one task (task-table.ts), highest ready first.
 * Does not: know registers, rings or rules; the parts do.
 */
import { TraceEvent } from '../control/trace-event';
import { CellState } from '../jailhouse/communication-region';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Executive } from '../rt/executive';
import { Status } from '../rt/status';
import { AcknowledgeTask } from './acknowledge-task';
import { CellParts, createParts } from './cell-parts';
import { CellPlatform } from './cell-platform';
import { ForwardTask, ReceiveTask, TransmitPollTask, WaitingAnswerTask } from './cell-tasks';
import { ControlPage } from './control-page';
import { ControlRequests } from './control-requests';
import { FaultLookTask } from './fault-look-task';
import { faultStatus } from './fault-status';
import { FrameObserver } from './frame-observer';
import { FromAglTask } from './from-agl-task';
import { Idle } from './idle';
import { startUp } from './start-up';
import { CellExecutive, CellTasks, declareTasks } from './task-table';
import {
  ConsoleTask,
  LateReportTask,
  LinkReportTask,
  MessagesTask,
  SessionTask,
  StatusPageTask,
} from './upkeep-tasks';
import { UrgentAnswers } from './urgent-answers';

/** How soon a sent frame is looked for: no frame is shorter than 47 bits. */
const TRANSMIT_POLL_BITS: u32 = 16;
/** After a refused shutdown request another one is not refused for so long. */
const DENIAL_MICROS: u32 = 5_000_000;

@final
export class Cell {
  /** Started by a refused shutdown request. */
  private readonly denial: Deadline = new Deadline();

  constructor(
    private readonly parts: CellParts,
    private readonly answers: UrgentAnswers,
    private readonly executive: CellExecutive,
    private readonly transmitPoll: TransmitPollTask,
    private readonly faultLook: FaultLookTask,
    private readonly messages: MessagesTask,
    private readonly page: ControlPage,
    private readonly requests: ControlRequests,
    private readonly platform: CellPlatform,
    private readonly idle: Idle,
  ) {}

  /**
   * Starts everything up; another status than `Ok` has been said, and the cell stays down. `restarts`:
   * how often a trap has made that necessary.
   */
  start(restarts: u32): Status {
    const parts = this.parts;
    const status = startUp(parts, this.answers);
    this.requests.open();
    this.page.open(restarts);
    if (status !== Status.Ok) return status;
    const micros = (TRANSMIT_POLL_BITS * 1_000_000) / parts.settings.bitrate;
    this.transmitPoll.intervalTicks = microsToTicks(micros, parts.clock.ticksPerSecond());
    this.faultLook.start();
    this.idle.start();
    return this.executive.start();
  }

  /** One step. `Empty`: nothing was ready; then `rest`. Another status than `Ok`: the cell has ended. */
  step(): Status {
    this.executive.step();
    if (this.messages.shutdownRequested && !this.putsOffShutdown()) return this.shutDown();
    return this.platform.takeRest() ? Status.Empty : Status.Ok;
  }

  /** After a step that was `Empty`: sleeps until there may be something to do. */
  rest(): void {
    this.idle.sleep();
    this.executive.resume();
  }

  /** The cell has ended, and is not to be woken any more. */
  end(): void {
    this.idle.close();
  }

  /**
   * After a trap: one line for people, out at once. `kind`: the number of a wasm trap (wasm-rt.h), or
   * 0x100 and the number of the exception vector, with ESR_EL1 in `syndrome`. `isLast`: the cell stays
   * down; else its module is made anew.
   */
  reportFault(kind: u32, syndrome: u32, address: u32, programCounter: u32, isLast: bool): void {
    this.idle.close();
    const status = faultStatus(kind, syndrome);
    const console = this.parts.console;
    console
      .text('canwarden: stopped by a fault, kind ')
      .hexadecimal(kind, 3)
      .text(', syndrome ')
      .hexadecimal(syndrome, 8)
      .text(', address ')
      .hexadecimal(address, 8)
      .text(', at ')
      .hexadecimal(programCounter, 8);
    if (isLast) console.text('. The third in ten seconds: load and start the cell again');
    else console.text('. Starting anew');
    console.text(' (status ').decimal(status).text(')').endLine().flush();
    this.page.fault(status, kind, syndrome, address, programCounter);
  }

  /**
   * Refuses a shutdown while Linux's virtio_can waits for the end of START or STOP: it waits without a limit,
   * and the hypervisor keeps Linux from every instruction until the reply, so that the interrupt of an answer
   * given now would be taken after the link has gone, when it wakes nobody. The next request within five
   * seconds is granted whatever Linux does, so that a hostile one cannot keep the cell.
   */
  private putsOffShutdown(): bool {
    const parts = this.parts;
    if (!parts.linkUsable || !parts.agl.isControlOpen) return false;
    const nowTicks = parts.clock.nowTicks();
    const isSecond = this.denial.ticks !== u64.MAX_VALUE && !this.denial.reached(nowTicks);
    if (isSecond) return false;
    this.denial.start(nowTicks, microsToTicks(DENIAL_MICROS, parts.clock.ticksPerSecond()));
    this.messages.shutdownRequested = false;
    parts.region.denyShutdown();
    return true;
  }

  /**
   * From the state on the hypervisor may stop the core: everything is at rest before, and what happened
   * is in the trace. It counts its loops until then and Linux stands still, so the console comes last,
   * with one line that may be cut short; what waits before it is given up.
   */
  private shutDown(): Status {
    const parts = this.parts;
    const stopped = parts.controller.stop();
    parts.control.note(TraceEvent.ShutDown, stopped, 0);
    if (parts.linkUsable) parts.agl.leave();
    this.page.shutDown();
    parts.region.setState(CellState.ShutDown);
    parts.region.approveShutdown();
    const console = parts.console;
    console.forget();
    console.text('canwarden: shut down on request');
    if (stopped !== Status.Ok) {
      console.text('; the CAN controller did not stop (status ').decimal(stopped).text(')');
    }
    console.endLine().flush();
    return Status.ShutdownRequested;
  }
}

/** Makes the cell of this board; nothing is started. Allocates, so only before `start`. */
export function createCell(): Cell {
  const parts = createParts();
  const answers = new UrgentAnswers(parts);
  const faultLook = new FaultLookTask(parts, answers);
  const transmitPoll = new TransmitPollTask(parts);
  const messages = new MessagesTask(parts);
  const observer = new FrameObserver(parts, answers);
  const page = new ControlPage(parts, answers);
  const requests = new ControlRequests(parts, answers);
  const tasks = new CellTasks(
    new ReceiveTask(parts, answers, observer),
    new AcknowledgeTask(parts),
    new WaitingAnswerTask(parts, answers, observer),
    transmitPoll,
    messages,
    faultLook,
    new FromAglTask(parts, observer),
    new ForwardTask(parts),
    new LinkReportTask(parts),
    new LateReportTask(parts),
    new SessionTask(parts),
    new ConsoleTask(parts),
    new StatusPageTask(parts, page),
    requests,
  );
  const idle = new Idle(parts);
  const platform = new CellPlatform(parts, idle);
  const executive = new Executive<CellPlatform, CellTasks>(platform, tasks);
  declareTasks(executive, tasks);
  return new Cell(
    parts,
    answers,
    executive,
    transmitPoll,
    faultLook,
    messages,
    page,
    requests,
    platform,
    idle,
  );
}
