/**
 * Upkeep: what the running cell does about once a millisecond, whatever else goes on.
 *
 * Used by: cell.ts. The root cell stands still while the hypervisor waits for a reply, so messages
 * are looked at often, and a shutdown is done at once.
 * Does not: touch frames.
 */
import { TraceEvent } from '../control/trace-event';
import { CellMessage, CellState } from '../jailhouse/communication-region';
import { Period } from '../rt/deadline';
import { microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { CellParts } from './cell-parts';
import { FaultUpkeep } from './fault-upkeep';
import { LinkReport } from './link-report';

const PERIOD_MICROS: u32 = 1_000;

@final
export class Upkeep {
  private readonly period: Period;
  private readonly linkReport: LinkReport;

  constructor(
    private readonly parts: CellParts,
    private readonly faults: FaultUpkeep,
  ) {
    this.period = new Period(microsToTicks(PERIOD_MICROS, parts.clock.ticksPerSecond()));
    this.linkReport = new LinkReport(parts);
  }

  /** When the next round is due, in ticks. */
  get nextTicks(): u64 {
    const faultTicks = this.faults.nextTicks;
    return faultTicks < this.period.ticks ? faultTicks : this.period.ticks;
  }

  /** One round if it is due; `ShutdownRequested` when the cell has left bus and link for good. */
  run(): Status {
    const parts = this.parts;
    const nowTicks = parts.clock.nowTicks();
    this.faults.run(nowTicks);
    if (!this.period.due(nowTicks)) return Status.Ok;
    if (parts.region.pollMessage() === CellMessage.ShutdownRequest) {
      this.shutDown();
      return Status.ShutdownRequested;
    }
    this.linkReport.update(nowTicks);
    return Status.Ok;
  }

  /** From the reply on the hypervisor may stop the core: everything is at rest before. */
  private shutDown(): void {
    const parts = this.parts;
    const stopped = parts.controller.stop();
    parts.control.note(TraceEvent.ShutDown, 0, 0);
    if (parts.linkUsable) parts.agl.leave();
    parts.console.text('canwarden: shut down on request');
    if (stopped !== Status.Ok) {
      parts.console.text('; the CAN controller did not stop (status ').decimal(stopped).text(')');
    }
    parts.console.endLine().flush();
    parts.region.setState(CellState.ShutDown);
    parts.region.approveShutdown();
  }
}
