// SPDX-License-Identifier: MIT
/**
 * The tasks of the cell that do not concern the bus: hypervisor, session, status page.
 *
 * Each `run` is one look, or one ring entry.
 * Does not: touch frames.
 */
import { Task } from '../rt/task';
import { AnyParts } from './parts';
import { StatusPageFiller } from './page/filler';
import { LinkReport } from './link-report';
import { Timers } from './timers';

/**
 * Looks for a message from the hypervisor, in one load. The root cell stands still until the reply,
 * so this runs often.
 */
@final
export class MessagesTask<Parts extends AnyParts> extends Task {
  /** The hypervisor asked the cell to shut down. */
  shutdownRequested: bool = false;

  constructor(private readonly parts: Parts) {
    super();
  }

  override run(_nowTicks: u64): bool {
    this.shutdownRequested = this.parts.host.shutdownRequested();
    return true;
  }
}

/** Reports when AGL comes and goes. */
@final
export class LinkReportTask<Parts extends AnyParts> extends Task {
  private readonly report: LinkReport<Parts>;

  constructor(
    parts: Parts,
    private readonly timers: Timers<Parts>,
  ) {
    super();
    this.report = new LinkReport<Parts>(parts);
  }

  override run(nowTicks: u64): bool {
    this.report.update(nowTicks);
    if (this.timers.safe.look(nowTicks, this.report.heartbeat.silentTicks))
      this.timers.turn(nowTicks);
    return true;
  }
}

/** Does one step of the session with AGL, if one is due. */
@final
export class SessionTask<Parts extends AnyParts> extends Task {
  constructor(private readonly parts: Parts) {
    super();
  }

  override run(_nowTicks: u64): bool {
    return this.parts.linkUsable && this.parts.agl.step();
  }
}

/**
 * Refreshes the status page while nothing else is to be done: begins a refresh periodically, and
 * copies it piece by piece.
 */
@final
export class StatusPageTask<Parts extends AnyParts> extends Task {
  constructor(
    private readonly parts: Parts,
    private readonly page: StatusPageFiller<Parts>,
  ) {
    super();
    this.hasTimer = true;
  }

  override run(nowTicks: u64): bool {
    if (this.page.step()) return true;
    const records = this.parts.records;
    if (records.latency.work !== 0) {
      records.latency.step();
      return true;
    }
    if (!this.timer.expired(nowTicks) && !records.refreshWanted) return false;
    if (!records.on) return false;
    this.page.begin(nowTicks);
    return true;
  }
}
