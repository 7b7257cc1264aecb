// SPDX-License-Identifier: MIT
/**
 * Requests: carries out what AGL asks for, in bounded steps, between two frames.
 *
 * Looks for a request about once a millisecond; one under way takes the steps in which nothing else
 * is to be done.
 * Does not: stop answering. Until the step in which a new rule table takes its place every request is
 * answered by the old one, from then on by the new one.
 *
 * The chip stays as it is set: a filter that the new table has no rule for does not count any more, and a
 * rule whose filter the chip is not set to is recognised by reading the frame.
 */
import {
  HEAD_REQUEST_DETAIL,
  HEAD_REQUEST_SEQUENCE,
  HEAD_REQUEST_STATUS,
  HEAD_RULES_AFTER_RESTART,
  REQUEST_LIVE_VALUES,
  REQUEST_RULE_TABLE,
} from '../../page/layout';
import { TraceEvent } from '../../page/trace-event';
import { areLiveValues } from '../../responder/live-values';
import { LIVE_VALUES } from '../../responder/rule';
import { RULES_IMAGE_BYTES_MAXIMUM } from '../../responder/rule-table';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { Task } from '../../rt/task';
import { AnyParts, RulesSource } from '../parts';
import { adaptReceiveLayout, armFilters } from '../urgent/receive-layout';
import { UrgentAnswers } from '../urgent/answers';

/** How long new rules wait for answers that are on their way. */
const STAGING_MICROS: u32 = 2_000_000;

/** What the next step is about. */
enum Phase {
  /** No request. */
  Idle = 0,
  /** The payload comes over. */
  Copying = 1,
  /** A rule table is checked. */
  Checking = 2,
  /** Its waiting answers go into the chip. */
  Staging = 3,
  /** The old ones go back there. */
  Restoring = 4,
  /** An answer is loaded in advance, where no filter has one. */
  Preloading = 5,
}

@final
export class Requests<Parts extends AnyParts> extends Task {
  private phase: Phase = Phase.Idle;
  private readonly patience: Deadline = new Deadline();
  private readonly patienceTicks: u64;
  private readonly liveValues: usize = heap.alloc(LIVE_VALUES);

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {
    super();
    this.hasTimer = true;
    const perSecond = parts.clock.ticksPerSecond();
    this.patienceTicks = microsToTicks(STAGING_MICROS, perSecond);
  }

  /** At the end of start-up, before the page is laid out: a request from before is not carried out. */
  open(): void {
    if (this.parts.pageUsable && this.parts.records.requests.skip()) {
      this.publish(Status.RequestOld, 0);
    }
  }

  override run(nowTicks: u64): bool {
    if (this.timer.expired(nowTicks) && this.poll()) return true;
    if (this.phase === Phase.Idle) return false;
    this.step(nowTicks);
    return true;
  }

  /** Looks for a new request: one load when there is none. True when there was one. */
  private poll(): bool {
    const records = this.parts.records;
    const isFree = this.phase === Phase.Idle || this.phase === Phase.Restoring;
    if (!records.on || !isFree || !records.requests.poll()) return false;
    const status = this.accept();
    if (status === Status.Ok) this.phase = Phase.Copying;
    else this.refuse(status, 0);
    return true;
  }

  /** One step of a request under way. */
  private step(nowTicks: u64): void {
    switch (this.phase) {
      case Phase.Copying:
        this.copy();
        return;
      case Phase.Checking:
        this.check(nowTicks);
        return;
      case Phase.Staging:
        this.stage(nowTicks);
        return;
      case Phase.Restoring:
        if (this.answers.stage(this.ruleAddress(0), this.ruleAddress(1)) !== Status.Ok) return;
        this.answers.staged();
        armFilters(this.parts);
        this.rest();
        return;
      default:
        if (this.answers.preloadShared() !== Status.Busy) this.rest();
    }
  }

  /** The request has ended; what it has taken out of the chip goes back there. */
  private rest(): void {
    this.phase = this.answers.disturbed ? Phase.Restoring : Phase.Idle;
  }

  /** Says where the payload is to go; refuses what cannot be a request. */
  private accept(): Status {
    const requests = this.parts.records.requests;
    if (requests.kind === REQUEST_RULE_TABLE) {
      return requests.begin(this.parts.responder.table.staging, RULES_IMAGE_BYTES_MAXIMUM);
    }
    if (requests.kind !== REQUEST_LIVE_VALUES) return Status.RequestUnknown;
    if (!areLiveValues(requests.argument, requests.bytes)) return Status.RequestSize;
    return requests.begin(this.liveValues, LIVE_VALUES);
  }

  private copy(): void {
    const parts = this.parts;
    const requests = parts.records.requests;
    const status = requests.step();
    if (status === Status.Busy) return;
    if (status !== Status.Ok) {
      this.refuse(status, 0);
    } else if (requests.kind === REQUEST_RULE_TABLE) {
      parts.responder.table.beginCheck();
      this.phase = Phase.Checking;
    } else {
      parts.responder.liveValues.set(requests.argument, this.liveValues, requests.bytes);
      parts.records.note(TraceEvent.LiveValuesSet, requests.argument, requests.bytes);
      this.rest();
      this.publish(Status.Ok, 0);
    }
  }

  private check(nowTicks: u64): void {
    const table = this.parts.responder.table;
    const status = table.checkStep();
    if (status === Status.Busy) return;
    const isWhole = table.stagedBytes === this.parts.records.requests.bytes;
    if (status !== Status.Ok) this.refuse(status, table.refusedRule + 1);
    else if (!isWhole) this.refuse(Status.RulesSize, 0);
    else {
      this.patience.start(nowTicks, this.patienceTicks);
      this.phase = Phase.Staging;
    }
  }

  /** In one step the last answer is loaded and the table swapped: no request comes between. */
  private stage(nowTicks: u64): void {
    const status = this.answers.stage(this.stagedAddress(0), this.stagedAddress(1));
    if (status === Status.Ok) this.swap();
    else if (this.patience.reached(nowTicks)) this.refuse(Status.RequestTimeout, 0);
  }

  private swap(): void {
    const parts = this.parts;
    const table = parts.responder.table;
    table.swap();
    this.answers.staged();
    const waiting = adaptReceiveLayout(parts);
    parts.rulesSource = RulesSource.Requested;
    parts.records.page.setHead(HEAD_RULES_AFTER_RESTART, waiting);
    this.phase = Phase.Preloading;
    this.publish(Status.Ok, 0);
    parts.journal.tell(TraceEvent.RulesSwapped, table.count, table.checksum);
    if (waiting !== 0) parts.journal.tell(TraceEvent.RulesWaiting, waiting, 0);
  }

  private refuse(status: Status, detail: u32): void {
    const parts = this.parts;
    this.rest();
    const kind = parts.records.requests.kind & 0xffff;
    parts.journal.tell(TraceEvent.RequestRefused, status, kind | (detail << 16));
    this.publish(status, detail);
  }

  /** The page says how the request has ended; soon, because somebody waits for that. */
  private publish(status: Status, detail: u32): void {
    const records = this.parts.records;
    records.page.setHead(HEAD_REQUEST_SEQUENCE, records.requests.sequence);
    records.page.setHead(HEAD_REQUEST_STATUS, status);
    records.page.setHead(HEAD_REQUEST_DETAIL, detail);
    records.refreshWanted = true;
  }

  private stagedAddress(filter: u32): usize {
    const table = this.parts.responder.table;
    const rule = table.stagedRuleOfFilter(filter);
    return rule < 0 ? 0 : changetype<usize>(table.stagedRule(rule));
  }

  private ruleAddress(filter: u32): usize {
    const table = this.parts.responder.table;
    const rule = table.ruleOfFilter(filter);
    return rule < 0 ? 0 : changetype<usize>(table.rule(rule));
  }
}
