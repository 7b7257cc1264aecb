// SPDX-License-Identifier: MIT
/**
 * Cell: the running cell, as the image sees it.
 *
 * One step of the cell is one step of one task (tasks.ts): the most urgent one that is ready.
 * Does not: know registers, rings or rules; the parts do.
 */
import { Idle } from '../hal/idle';
import {
  HEAD_FAULT_ADDRESS,
  HEAD_FAULT_KIND,
  HEAD_FAULT_PROGRAM_COUNTER,
  HEAD_FAULT_SYNDROME,
} from '../page/layout';
import { Sentence } from '../page/sentences';
import { TraceEvent } from '../page/trace-event';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Executive } from '../rt/executive';
import { Status } from '../rt/status';
import { AglOrder } from './command-line';
import { AnyParts } from './parts';
import { CellPlatform } from './platform';
import { StatusPageFiller } from './page/filler';
import { faultStatus, sayFault } from './fault-status';
import { sayReady, startUp } from './start-up';
import { CellExecutive, CellTasks, declareTasks } from './tasks';
import { MessagesTask } from './upkeep';
import { TransmitScheduler } from './transmit/scheduler';
import { UrgentAnswers } from './urgent/answers';

/** For this long after a refused shutdown request, the next request is granted. */
const DENIAL_MICROS: u32 = 5_000_000;

@final
export class Cell<Parts extends AnyParts, Rest extends Idle> {
  /** Started by a refused shutdown request. */
  private readonly denial: Deadline = new Deadline();

  private readonly scheduler: TransmitScheduler<Parts> = new TransmitScheduler<Parts>(this.parts);
  private readonly answers: UrgentAnswers<Parts> = new UrgentAnswers<Parts>(
    this.parts,
    this.scheduler,
  );
  private readonly page: StatusPageFiller<Parts> = new StatusPageFiller<Parts>(
    this.parts,
    this.answers,
    this.scheduler,
  );
  private readonly tasks: CellTasks<Parts> = new CellTasks<Parts>(
    this.parts,
    this.answers,
    this.scheduler,
    this.page,
  );
  private readonly messages: MessagesTask<Parts> = this.tasks.messages;
  private readonly platform: CellPlatform<Parts, Rest> = new CellPlatform<Parts, Rest>(
    this.parts,
    this.idle,
  );
  private readonly executive: CellExecutive<Parts, Rest> = new Executive<
    CellPlatform<Parts, Rest>,
    CellTasks<Parts>
  >(this.platform, this.tasks, this.parts.rows);

  /** Makes a cell of `parts`, and starts nothing. Allocates, so call it only at start-up. */
  constructor(
    private readonly parts: Parts,
    private readonly idle: Rest,
  ) {
    declareTasks<Parts, Rest>(this.executive, this.tasks);
  }

  /**
   * Starts everything. A status other than `Ok` was reported, and the cell stays down. `restarts`:
   * how often a trap has restarted the cell.
   */
  start(restarts: u32): Status {
    const parts = this.parts;
    // The trap may have cut a line short.
    if (restarts !== 0) parts.console.endLine();
    const status = startUp(parts, this.answers, restarts);
    this.tasks.requests.open();
    this.page.open(restarts);
    if (restarts !== 0 && parts.records.on) this.tellFault();
    if (status !== Status.Ok) return status;
    this.scheduler.sortAgl(parts.settings.aglOrder === AglOrder.Identifier);
    // INT may come to tell of one request alone; the receive task then looks for all other frames by time.
    if (parts.isRateSought || parts.controller.setup.acceptance.lineKept) {
      this.executive.watchTimer(this.tasks.receive);
    }
    this.tasks.supervisor.start();
    this.idle.start();
    sayReady(parts);
    parts.journal.speaks = parts.settings.consoleAlways;
    const started = this.executive.start();
    const nowTicks = parts.clock.nowTicks();
    this.tasks.timers.safe.start(nowTicks, restarts);
    this.tasks.timers.begin(nowTicks);
    return started;
  }

  /**
   * One step. `Empty`: nothing was ready; call `rest` next. A status other than `Ok` and `Empty`:
   * the cell has ended.
   */
  step(): Status {
    this.executive.step();
    if (this.messages.shutdownRequested && !this.putsOffShutdown()) return this.shutDown();
    return this.platform.takeRest() ? Status.Empty : Status.Ok;
  }

  /** After a step that returned `Empty`: sleeps until there may be something to do. */
  rest(): void {
    this.idle.sleep();
    const nowTicks = this.executive.resume();
    if (this.idle.hasSlept) this.parts.controller.receiver.wokenAt(nowTicks);
  }

  /** Ends the cell: nothing wakes the core any more. */
  end(): void {
    this.idle.close();
  }

  /**
   * After a trap: writes the fault into the status page. The line for people goes out at once only
   * when no start follows. Otherwise the restarted cell writes it while it guards the bus again.
   *
   * `kind`: the number of a wasm trap (wasm-rt.h), or 0x100 plus the number of the exception
   * vector, with ESR_EL1 in `syndrome`. `isLast`: the cell stays down; else its module is made
   * anew.
   */
  reportFault(kind: u32, syndrome: u32, address: u32, programCounter: u32, isLast: bool): void {
    this.idle.close();
    const status = faultStatus(kind, syndrome);
    const isInPage = this.parts.records.on;
    this.page.fault(status, kind, syndrome, address, programCounter);
    if (isInPage && !isLast) return;
    sayFault(this.parts.console, kind, syndrome, address, programCounter, isLast);
    this.parts.console.flush();
  }

  /** After a restart: reports the fault that caused it, as the status page holds it. */
  private tellFault(): void {
    const parts = this.parts;
    const page = parts.records.page;
    const kind = page.headOf(HEAD_FAULT_KIND);
    const syndrome = page.headOf(HEAD_FAULT_SYNDROME);
    const programCounter = page.headOf(HEAD_FAULT_PROGRAM_COUNTER);
    parts.records.said(faultStatus(kind, syndrome), Sentence.First, programCounter);
    const address = page.headOf(HEAD_FAULT_ADDRESS);
    sayFault(parts.console, kind, syndrome, address, programCounter, false);
  }

  /**
   * Refuses a shutdown while Linux's virtio_can waits for the end of START or STOP.
   *
   * Linux waits there without a limit, and the hypervisor stops Linux until the cell replies. If
   * the cell answered now, Linux would take the interrupt after the link is gone, and the wait
   * would never end. The next request within five seconds is granted in any case, so a hostile
   * Linux cannot keep the cell.
   */
  private putsOffShutdown(): bool {
    const parts = this.parts;
    if (!parts.linkUsable || !parts.agl.isControlOpen) return false;
    const nowTicks = parts.clock.nowTicks();
    const isSecond = this.denial.ticks !== u64.MAX_VALUE && !this.denial.reached(nowTicks);
    if (isSecond) return false;
    this.denial.start(nowTicks, microsToTicks(DENIAL_MICROS, parts.clock.ticksPerSecond()));
    this.messages.shutdownRequested = false;
    parts.host.denyShutdown();
    return true;
  }

  /**
   * Once the state says "shut down", the hypervisor may stop this core at any time, so everything
   * is put to rest and written to the trace first. Linux stands still until then, and the
   * hypervisor bounds its wait by counting loops. So the console comes last: what waits is dropped,
   * and one line goes out that may be cut short.
   */
  private shutDown(): Status {
    const parts = this.parts;
    const stopped = parts.controller.stop();
    parts.records.note(TraceEvent.ShutDown, stopped, 0);
    if (parts.linkUsable) parts.agl.leave();
    this.page.shutDown();
    parts.host.approveShutdown();
    parts.console.forget();
    if (parts.journal.speaks) parts.journal.write(TraceEvent.ShutDown, stopped, 0);
    parts.console.flush();
    return Status.ShutdownRequested;
  }
}
