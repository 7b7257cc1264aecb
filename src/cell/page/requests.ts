// SPDX-License-Identifier: MIT
/**
 * Requests: carries out AGL's requests, in bounded steps, between two frames.
 *
 * Looks for a request about once a millisecond. A request under way uses the steps in which no
 * other task is ready. The cell answers urgent requests all the time: with the old rule table until
 * the step that swaps the tables, with the new one from then on.
 *
 * The chip keeps its filter settings. If the new table has no rule for a filter, hits of that
 * filter no longer count. A rule whose filter the chip is not set for is recognised by reading the
 * frame.
 * Does not: interrupt the answers.
 */
import {
  HEAD_REQUEST_DETAIL,
  HEAD_REQUEST_SEQUENCE,
  HEAD_REQUEST_STATUS,
  HEAD_RULES_AFTER_RESTART,
  PAGE_RULE_HITS_OFFSET,
  PAGE_RULE_NAMES_OFFSET,
  PAGE_RULE_REFUSED_OFFSET,
  REQUEST_LIVE_VALUES,
  REQUEST_RESET_LATENCY,
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
import { Rates } from '../rates';
import { Timers } from '../timers';
import { adaptReceiveLayout, armFilters } from '../urgent/receive-layout';
import { UrgentAnswers } from '../urgent/answers';

/** How long a new table waits for answers that are on their way. */
const STAGING_MICROS: u32 = 2_000_000;

/** What the next step does. */
enum Phase {
  /** No request. */
  Idle = 0,
  /** Copy the payload. */
  Copying = 1,
  /** Check a rule table. */
  Checking = 2,
  /** Load the answers of the new table into the chip. */
  Staging = 3,
  /** Load the answers of the old table again. */
  Restoring = 4,
  /** Preload an answer into the shared buffer, when no filter has one. */
  Preloading = 5,
  /** Wait until the latencies are cleared. */
  Clearing = 6,
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
    private readonly rates: Rates<Parts>,
    private readonly timers: Timers<Parts>,
  ) {
    super();
    this.hasTimer = true;
    const perSecond = parts.clock.ticksPerSecond();
    this.patienceTicks = microsToTicks(STAGING_MICROS, perSecond);
  }

  /**
   * Call this at the end of start-up, before the page is laid out. Refuses a request from before
   * the start.
   */
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

  /** Looks for a new request, in one load when there is none. Returns true when there was one. */
  private poll(): bool {
    const records = this.parts.records;
    const isFree = this.phase === Phase.Idle || this.phase === Phase.Restoring;
    if (!records.on || !isFree || !records.requests.poll()) return false;
    if (records.requests.kind === REQUEST_RESET_LATENCY) {
      records.latency.reset();
      this.phase = Phase.Clearing;
      return true;
    }
    const status = this.accept();
    if (status === Status.Ok) this.phase = Phase.Copying;
    else this.refuse(status, 0);
    return true;
  }

  /** Does one step of the request under way. */
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
      case Phase.Clearing:
        // StatusPageTask, which goes before this one, clears.
        if (this.parts.records.latency.isClearing) return;
        this.rest();
        this.publish(Status.Ok, 0);
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

  /** The request is done. If it displaced preloaded answers, reload them. */
  private rest(): void {
    this.phase = this.answers.disturbed ? Phase.Restoring : Phase.Idle;
    if (this.phase === Phase.Idle) this.answers.unstage();
  }

  /** Decides where the payload goes. Refuses an invalid request. */
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
      this.answers.renewComputed();
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

  /** Loads the last answer and swaps the tables in one step, so no request comes in between. */
  private stage(nowTicks: u64): void {
    const table = this.parts.responder.table;
    const status = this.answers.stage(table.stagedRuleOfFilter(0), table.stagedRuleOfFilter(1));
    if (status === Status.Ok) this.swap(nowTicks);
    else if (this.patience.reached(nowTicks)) this.refuse(Status.RequestTimeout, 0);
  }

  private swap(nowTicks: u64): void {
    const parts = this.parts;
    const table = parts.responder.table;
    this.timers.safe.leave(nowTicks);
    table.swap();
    const page = parts.records.page;
    page.movePart(PAGE_RULE_HITS_OFFSET, table.hits, table.hitsBytes);
    page.movePart(PAGE_RULE_REFUSED_OFFSET, table.refused, table.hitsBytes);
    page.movePart(PAGE_RULE_NAMES_OFFSET, table.names, table.nameBytes);
    parts.records.latency.forgetRules();
    this.answers.staged();
    this.rates.plan(nowTicks);
    this.timers.begin(nowTicks);
    const waiting = adaptReceiveLayout(parts);
    parts.rulesSource = RulesSource.Requested;
    page.setHead(HEAD_RULES_AFTER_RESTART, waiting);
    this.phase = Phase.Preloading;
    this.publish(Status.Ok, 0);
    parts.journal.tell(TraceEvent.RulesSwapped, table.count, table.checksum);
    parts.records.note(TraceEvent.RulesKept, table.states.kept, table.count);
    if (waiting !== 0) parts.journal.tell(TraceEvent.RulesWaiting, waiting, 0);
  }

  private refuse(status: Status, detail: u32): void {
    const parts = this.parts;
    this.rest();
    const kind = parts.records.requests.kind & 0xffff;
    parts.journal.tell(TraceEvent.RequestRefused, status, kind | (detail << 16));
    this.publish(status, detail);
  }

  /** Writes the outcome to the page, and asks for an early refresh because AGL waits for it. */
  private publish(status: Status, detail: u32): void {
    const records = this.parts.records;
    records.page.setHead(HEAD_REQUEST_SEQUENCE, records.requests.sequence);
    records.page.setHead(HEAD_REQUEST_STATUS, status);
    records.page.setHead(HEAD_REQUEST_DETAIL, detail);
    records.refreshWanted = true;
  }

  private ruleAddress(filter: u32): usize {
    const table = this.parts.responder.table;
    const rule = table.ruleOfFilter(filter);
    return rule < 0 ? 0 : changetype<usize>(table.rule(rule));
  }
}
