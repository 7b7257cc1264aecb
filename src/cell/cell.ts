// SPDX-License-Identifier: MIT
/**
 * Cell: the running cell, as the image sees it.
 *
 * One step is one step of one task (task-table.ts), highest ready first.
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
import { AnyParts } from './parts';
import { CellPlatform } from './platform';
import { StatusPageFiller } from './page/filler';
import { faultStatus, sayFault } from './fault-status';
import { sayReady, startUp } from './start-up';
import { CellExecutive, CellTasks, declareTasks } from './tasks';
import { MessagesTask } from './upkeep';
import { UrgentAnswers } from './urgent/answers';

/** How soon a sent frame is looked for: no frame is shorter than 47 bits. */
const TRANSMIT_POLL_BITS: u32 = 16;
/** After a refused shutdown request another one is not refused for so long. */
const DENIAL_MICROS: u32 = 5_000_000;

@final
export class Cell<Parts extends AnyParts, Rest extends Idle> {
  /** Started by a refused shutdown request. */
  private readonly denial: Deadline = new Deadline();

  private readonly answers: UrgentAnswers<Parts> = new UrgentAnswers<Parts>(this.parts);
  private readonly page: StatusPageFiller<Parts> = new StatusPageFiller<Parts>(
    this.parts,
    this.answers,
  );
  private readonly tasks: CellTasks<Parts> = new CellTasks<Parts>(
    this.parts,
    this.answers,
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

  /** Makes a cell of `parts`; nothing is started. Allocates, so only at start-up. */
  constructor(
    private readonly parts: Parts,
    private readonly idle: Rest,
  ) {
    declareTasks<Parts, Rest>(this.executive, this.tasks);
  }

  /**
   * Starts everything up; another status than `Ok` has been said, and the cell stays down. `restarts`:
   * how often a trap has made that necessary.
   */
  start(restarts: u32): Status {
    const parts = this.parts;
    // The trap may have cut a line off.
    if (restarts !== 0) parts.console.endLine();
    const status = startUp(parts, this.answers);
    this.tasks.requests.open();
    this.page.open(restarts);
    if (restarts !== 0 && parts.records.on) this.tellFault();
    if (status !== Status.Ok) return status;
    const micros = (TRANSMIT_POLL_BITS * 1_000_000) / parts.settings.bitrate;
    this.tasks.transmitPoll.intervalTicks = microsToTicks(micros, parts.clock.ticksPerSecond());
    this.tasks.supervisor.start();
    this.idle.start();
    sayReady(parts);
    parts.journal.speaks = parts.settings.consoleAlways;
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
   * After a trap: what it was, into the page. The line for people goes out at once only when no start
   * follows that could write it while the cell guards the bus again. `kind`: the number of a wasm trap (wasm-rt.h), or
   * 0x100 and the number of the exception vector, with ESR_EL1 in `syndrome`. `isLast`: the cell stays
   * down; else its module is made anew.
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

  /** After a restart: the fault that made it necessary, as it stands in the page. */
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
    parts.host.denyShutdown();
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
