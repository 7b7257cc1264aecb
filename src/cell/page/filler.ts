// SPDX-License-Identifier: MIT
/**
 * StatusPageFiller: fills the status page's head from the parts of the cell, and refreshes the
 * page.
 *
 * Does not: block. A refresh takes about 40 steps of 32 words each. Under load they wait.
 */
import { FIRMWARE_VERSION } from '../../../build/generated/version';
import {
  FIRMWARE_VERSION_BYTES,
  HEAD_ANSWERS_WAITING,
  HEAD_TRANSMIT_ERRORS,
  HEAD_FAULT_ADDRESS,
  HEAD_FAULT_KIND,
  HEAD_FAULT_PROGRAM_COUNTER,
  HEAD_FAULT_RESTARTS,
  HEAD_FAULT_STATE,
  HEAD_FAULT_SYNDROME,
  HEAD_FIRMWARE_VERSION,
  HEAD_FORWARD_WAITING,
  HEAD_FROM_AGL_WAITING,
  HEAD_LAST_STATUS,
  HEAD_LATENCY_HISTOGRAMS,
  HEAD_LATENCY_MISSED,
  HEAD_LATENCY_RESETS,
  HEAD_NOW_TICKS,
  HEAD_RULE_COUNT,
  HEAD_RULE_HASH,
  HEAD_RULES_SOURCE,
  HEAD_SESSION,
  HEAD_REORDER_BOUND_TICKS,
  HEAD_STEP_BOUND_TICKS,
  HEAD_TASK_COUNT,
  HEAD_TICKS_PER_SECOND,
  HEAD_WORST_STEP_TICKS,
  LATENCY_HISTOGRAMS,
  PAGE_COUNTERS_OFFSET,
  PAGE_HISTOGRAM_DISTANCE,
  PAGE_HISTOGRAMS_OFFSET,
  PAGE_LINK_COUNTERS_FIRST,
  PAGE_LIVE_VALUES_OFFSET,
  PAGE_RULE_HITS_OFFSET,
  PAGE_RULE_NAMES_OFFSET,
  PAGE_RULE_REFUSED_OFFSET,
  PAGE_STATUSES,
  PAGE_STATUSES_OFFSET,
  PAGE_TASKS_OFFSET,
  STATUS_ENTRY_BYTES,
} from '../../page/layout';
import { HISTOGRAM_BYTES } from '../../page/histogram';
import { TraceEvent } from '../../page/trace-event';
import { LIVE_VALUES } from '../../responder/rule';
import { COUNTERS_CAPACITY } from '../../rt/counters';
import { Status } from '../../rt/status';
import { boundTicksOf, TASK_ROW_BYTES } from '../../rt/task-rows';
import { LINK_COUNTERS } from '../../virtio/link-counters';
import { reorderBoundNanos } from '../bounds';
import { AnyParts } from '../parts';
import { TransmitScheduler } from '../transmit/scheduler';
import { UrgentAnswers } from '../urgent/answers';
import { showBitTiming } from './bit-timing';

/** Values of HEAD_LINK_ROLE: no link, the cell is the driver, the cell is the device. */
const ROLE_NONE: u32 = 0;
const ROLE_FRONT_END: u32 = 1;
const ROLE_BACK_END: u32 = 2;

@final
export class StatusPageFiller<Parts extends AnyParts> {
  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly scheduler: TransmitScheduler<Parts>,
  ) {}

  /**
   * Lays the page out at the end of start-up, also of a failed one. Not bounded as a step is.
   * `restarts`: how often a trap has restarted the cell; after a restart the last fault is kept.
   */
  open(restarts: u32): void {
    const parts = this.parts;
    if (!parts.pageUsable) return;
    const records = parts.records;
    const page = records.page;
    page.addPart(parts.counters.address, PAGE_COUNTERS_OFFSET, COUNTERS_CAPACITY * sizeof<u32>());
    let offset = PAGE_COUNTERS_OFFSET + PAGE_LINK_COUNTERS_FIRST * sizeof<u32>();
    page.addPart(changetype<usize>(parts.agl.counters), offset, LINK_COUNTERS * sizeof<u32>());
    offset = PAGE_HISTOGRAMS_OFFSET;
    page.addPart(records.staticAnswers.address, offset, HISTOGRAM_BYTES);
    offset += PAGE_HISTOGRAM_DISTANCE;
    page.addPart(records.computedAnswers.address, offset, HISTOGRAM_BYTES);
    offset += PAGE_HISTOGRAM_DISTANCE;
    page.addPart(records.steps.address, offset, HISTOGRAM_BYTES);
    const tasksBytes = parts.rows.count * (TASK_ROW_BYTES as u32);
    page.addPart(parts.rows.at(0), PAGE_TASKS_OFFSET, tasksBytes);
    page.setHead(HEAD_TASK_COUNT, parts.rows.count);
    const table = parts.responder.table;
    page.addPart(table.hits, PAGE_RULE_HITS_OFFSET, table.hitsBytes);
    page.addPart(table.refused, PAGE_RULE_REFUSED_OFFSET, table.hitsBytes);
    page.addPart(table.names, PAGE_RULE_NAMES_OFFSET, table.nameBytes);
    page.addPart(parts.responder.liveValues.address, PAGE_LIVE_VALUES_OFFSET, LIVE_VALUES);
    const statusesBytes = PAGE_STATUSES * STATUS_ENTRY_BYTES;
    page.addPart(records.statuses.address, PAGE_STATUSES_OFFSET, statusesBytes);
    page.setHead(HEAD_LATENCY_HISTOGRAMS, LATENCY_HISTOGRAMS);
    page.setHead(HEAD_TICKS_PER_SECOND, parts.clock.ticksPerSecond());
    showBitTiming(parts);
    for (let index = 0; index < FIRMWARE_VERSION.length; index++) {
      if ((index as u32) >= FIRMWARE_VERSION_BYTES - 1) break;
      page.setHead8(HEAD_FIRMWARE_VERSION + index, FIRMWARE_VERSION.charCodeAt(index));
    }
    page.setHead(HEAD_FAULT_RESTARTS, restarts);
    if (restarts !== 0) page.keepFault();
    this.collect(parts.clock.nowTicks());
    records.open();
    records.note(TraceEvent.Started, table.count, table.checksum);
  }

  /** Begins a refresh: collects the head. `step` then copies. */
  begin(nowTicks: u64): void {
    this.parts.records.refreshWanted = false;
    this.collect(nowTicks);
    this.parts.records.page.begin();
  }

  /** Copies one piece of the current refresh. Returns false when there is none. */
  step(): bool {
    const records = this.parts.records;
    if (!records.on || !records.page.refreshing) return false;
    records.page.step();
    return true;
  }

  /** After a trap: writes the fault into the page at once. */
  fault(status: Status, kind: u32, syndrome: u32, address: u32, programCounter: u32): void {
    const records = this.parts.records;
    if (!records.on) return;
    const page = records.page;
    page.setHead(HEAD_FAULT_KIND, kind);
    page.setHead(HEAD_FAULT_SYNDROME, syndrome);
    page.setHead(HEAD_FAULT_ADDRESS, address);
    page.setHead(HEAD_FAULT_PROGRAM_COUNTER, programCounter);
    records.lastStatus = status;
    records.note(TraceEvent.Fault, status, programCounter);
    this.complete();
  }

  /** Writes the last state of the page: the cell was shut down, and there is no session. */
  shutDown(): void {
    this.parts.records.lastStatus = Status.ShutdownRequested;
    this.complete();
  }

  /** Refreshes the whole page at once, for the end. Takes some microseconds. */
  complete(): void {
    const records = this.parts.records;
    if (!records.on) return;
    this.collect(this.parts.clock.nowTicks());
    records.page.begin();
    // loop: at most 1024, the page in pieces; at the end of the cell
    while (records.page.step()) continue;
  }

  /** Brings the head up to date, in about 20 stores. */
  private collect(nowTicks: u64): void {
    const parts = this.parts;
    const page = parts.records.page;
    const table = parts.responder.table;
    const faults = parts.controller.faults;
    page.setHead64(HEAD_NOW_TICKS, nowTicks);
    page.setHead(HEAD_RULE_COUNT, table.count);
    page.setHead(HEAD_RULE_HASH, table.checksum);
    page.setHead(HEAD_RULES_SOURCE, parts.rulesSource);
    page.setHead(HEAD_LAST_STATUS, parts.records.lastStatus);
    page.setHead(HEAD_FAULT_STATE, parts.controller.faultState());
    page.setHead(
      HEAD_TRANSMIT_ERRORS,
      faults.transmitErrors | (faults.receiveErrors << 8) | (this.role << 16),
    );
    page.setHead(HEAD_SESSION, parts.agl.session);
    page.setHead(HEAD_FORWARD_WAITING, parts.forwardRing.length + parts.framesHeld);
    page.setHead(HEAD_ANSWERS_WAITING, this.answers.underWay);
    page.setHead(HEAD_FROM_AGL_WAITING, this.fromAglWaiting);
    page.setHead(HEAD_LATENCY_RESETS, parts.records.latency.resets);
    page.setHead(HEAD_LATENCY_MISSED, parts.records.latency.missed);
    page.setHead(HEAD_WORST_STEP_TICKS, parts.rows.worstStepTicks);
    page.setHead(HEAD_STEP_BOUND_TICKS, boundTicksOf(parts.rows.at(0)));
    page.setHead(HEAD_REORDER_BOUND_TICKS, reorderBoundTicks(parts));
  }

  /** Frames of AGL's that are out of its ring and have not ended. */
  private get fromAglWaiting(): u32 {
    return this.scheduler.fromAgl.length + this.scheduler.slots.aglInChip;
  }

  private get role(): u32 {
    if (!this.parts.linkUsable) return ROLE_NONE;
    return this.parts.agl.isBackEnd ? ROLE_BACK_END : ROLE_FRONT_END;
  }
}

/** What `bounds.ts` says of the present SPI clock, in ticks, rounded up. */
function reorderBoundTicks<Parts extends AnyParts>(parts: Parts): u32 {
  // After a start that failed there may be no clock.
  if (parts.spi.clockHertz === 0) return 0;
  const wireNanos = parts.spiTiming.wireNanos(parts.spi.clockHertz);
  const nanos = reorderBoundNanos(wireNanos, parts.settings.bitrate);
  return ((nanos * parts.clock.ticksPerSecond() + 999_999_999) / 1_000_000_000) as u32;
}
