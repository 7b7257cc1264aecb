/**
 * The duties of the cell that have nothing to do with the bus: hypervisor, session, console, reports,
 * status page.
 *
 * Used by: cell.ts. Each `run` is one look, one ring entry, one character or one line of text.
 * Does not: touch frames.
 */
import { CellMessage } from '../jailhouse/communication-region';
import { Counter, countOf } from '../rt/counters';
import { Status } from '../rt/status';
import { Task } from '../rt/task';
import { boundTicksOf, lateRow, lateTicks, TASK_NAME_BYTES } from '../rt/task-rows';
import { CellParts } from './cell-parts';
import { ControlPage } from './control-page';
import { LinkReport } from './link-report';

/**
 * Looks for a message of the hypervisor: one load. The root cell stands still while it waits for the
 * reply, so this is done often.
 */
@final
export class MessagesTask extends Task {
  /** The cell is to leave bus and link for good. */
  shutdownRequested: bool = false;

  constructor(private readonly parts: CellParts) {
    super();
  }

  override run(_nowTicks: u64): bool {
    this.shutdownRequested = this.parts.region.pollMessage() === CellMessage.ShutdownRequest;
    return true;
  }
}

/** Says when AGL comes and goes. */
@final
export class LinkReportTask extends Task {
  private readonly report: LinkReport;

  constructor(parts: CellParts) {
    super();
    this.report = new LinkReport(parts);
  }

  override run(nowTicks: u64): bool {
    this.report.update(nowTicks);
    return true;
  }
}

/** One step of the session with AGL, if there is one to be done. */
@final
export class SessionTask extends Task {
  constructor(private readonly parts: CellParts) {
    super();
  }

  override run(_nowTicks: u64): bool {
    return this.parts.linkUsable && this.parts.agl.step();
  }
}

/** One character for people, if one waits and the console takes it. */
@final
export class ConsoleTask extends Task {
  constructor(private readonly parts: CellParts) {
    super();
  }

  override run(_nowTicks: u64): bool {
    return this.parts.console.step();
  }
}

/**
 * Keeps the status page fresh while there is nothing else to do: begins a refresh every so often, and
 * copies it piece by piece.
 */
@final
export class StatusPageTask extends Task {
  constructor(
    private readonly parts: CellParts,
    private readonly page: ControlPage,
  ) {
    super();
    this.hasTimer = true;
  }

  override run(nowTicks: u64): bool {
    if (this.page.step()) return true;
    const control = this.parts.control;
    if (!this.timer.expired(nowTicks) && !control.refreshWanted) return false;
    if (!control.on) return false;
    this.page.begin(nowTicks);
    return true;
  }
}

/** Says that steps were late, and whose was the last; its period keeps lines apart. */
@final
export class LateReportTask extends Task {
  private saidMisses: u32 = 0;

  constructor(private readonly parts: CellParts) {
    super();
  }

  override run(_nowTicks: u64): bool {
    const misses = countOf(Counter.DeadlineMisses);
    if (misses === this.saidMisses) return true;
    this.parts.console.text('canwarden: a step of "');
    this.sayName(lateRow());
    this.parts.console
      .text('" took ')
      .decimal(this.micros(lateTicks()))
      .text(' us instead of at most ')
      .decimal(this.micros(boundTicksOf(lateRow())))
      .text('; late steps since the last such line: ')
      .decimal(misses - this.saidMisses)
      .text(' (status ')
      .decimal(Status.StepLate)
      .text(')')
      .endLine();
    this.parts.control.said(Status.StepLate);
    this.saidMisses = misses;
    return true;
  }

  private sayName(row: usize): void {
    let length: u32 = 0;
    while (length < TASK_NAME_BYTES && load<u8>(row + length) !== 0) length++;
    this.parts.console.bytes(row, length);
  }

  private micros(ticks: u32): u32 {
    return (((ticks as u64) * 1_000_000) / this.parts.clock.ticksPerSecond()) as u32;
  }
}
