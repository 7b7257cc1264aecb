// SPDX-License-Identifier: MIT
/**
 * The status page for people: one fact a line, then tables. Zeros that tell nothing are left out.
 *
 * Does not: read shared memory. It shows the reader's copy.
 */
import { SharedMemory } from '../hal/shared-memory';
import { Columns, NUMBER_COLUMN, TABLE_COLUMN } from './columns';
import { HistogramSummary } from './histogram-summary';
import * as layout from '../page/layout';
import * as words from './page-words';
import { appendReason, appendStatus } from './status-said';
import { TextBuilder } from './text-builder';

/**
 * The width of the first column. It equals that of the lines that the helper writes before these.
 */
const NAME_COLUMN: u32 = 17;

@final
export class StatusText<Memory extends SharedMemory> extends Columns<Memory> {
  private readonly histogram: HistogramSummary = new HistogramSummary();

  /**
   * Writes the whole text. `alive`: the cell refreshes the page. `ageMillis`: time since the last
   * refresh.
   */
  write(alive: bool, ageMillis: u64): void {
    this.writeHeart(alive, ageMillis);
    this.writeBus(alive);
    this.writeRules();
    this.writeFaults();
    this.writeWaiting();
    this.writeRing('trace', layout.PAGE_TRACE_HEAD, this.page.liveTraceCapacity());
    this.writeRing('recorder', layout.PAGE_RECORDER_HEAD, layout.RECORDER_CAPACITY);
    this.writeStatuses();
    this.writeHistograms();
    this.writeTasks();
    this.writeCounters();
    this.writeRuleHits();
    this.writeLiveValues();
  }

  private writeHeart(alive: bool, ageMillis: u64): void {
    const page = this.page;
    const out = this.out;
    this.row('heartbeat');
    if (alive) {
      out.text('alive, last refresh ').decimal(ageMillis).text(' ms ago (');
      out.decimal(page.word(layout.PAGE_HEARTBEAT_OFFSET)).text(')').endLine();
    } else if (page.cellHasLeft) {
      out.text('NONE: no cell, it was shut down; what follows is old').endLine();
    } else {
      out.text('NONE for ').decimal(ageMillis).text(' ms: what follows is old').endLine();
    }
    this.row('firmware');
    out
      .characters(page.copy + layout.HEAD_FIRMWARE_VERSION, layout.FIRMWARE_VERSION_BYTES)
      .text(', ');
    const bitrate = page.word(layout.HEAD_BITRATE);
    const made = page.word(layout.HEAD_REAL_BITRATE);
    if (bitrate === 0) out.text('listening for the bit rate');
    else out.decimal(bitrate).text(' bit/s');
    if (made !== 0 && made !== bitrate) out.text(', of which the crystal makes ').decimal(made);
    const point = page.word(layout.HEAD_SAMPLE_POINT);
    if (point !== 0) {
      out
        .text(', sample point ')
        .decimal(point / 10)
        .text('.')
        .decimal(point % 10)
        .text(' %');
    }
    const crystal = page.word(layout.HEAD_CRYSTAL_HERTZ);
    if (crystal !== 0) out.text(', measured crystal ').decimal(crystal).text(' Hz');
    out.endLine();
  }

  private writeBus(alive: bool): void {
    const page = this.page;
    const out = this.out;
    this.row('bus')
      .text('error ')
      .text(words.faultStateWord(page.word(layout.HEAD_FAULT_STATE)));
    out.text(', TEC ').decimal(page.byte(layout.HEAD_TRANSMIT_ERRORS));
    out.text(', REC ').decimal(page.byte(layout.HEAD_RECEIVE_ERRORS)).endLine();
    this.row('session').text(words.sessionWord(page.word(layout.HEAD_SESSION), alive));
    out.text(' (the cell is ').text(words.linkRoleWord(page.half(layout.HEAD_LINK_ROLE)));
    out.text(')').endLine();
  }

  private writeRules(): void {
    const page = this.page;
    const out = this.out;
    this.row('rules').decimal(page.word(layout.HEAD_RULE_COUNT)).text(', checksum ');
    out.hexadecimal(page.word(layout.HEAD_RULE_HASH), 8).text(', ');
    out.text(words.rulesSourceWord(page.word(layout.HEAD_RULES_SOURCE)));
    const waiting = page.word(layout.HEAD_RULES_AFTER_RESTART);
    if (waiting !== 0) out.text('; ').decimal(waiting).text(' faster after a restart');
    out.endLine();
    const sequence = page.word(layout.HEAD_REQUEST_SEQUENCE);
    if (sequence === 0) return;
    this.row('last request').text('number ').decimal(sequence).text(', status ');
    appendReason(out, page.word(layout.HEAD_REQUEST_STATUS));
    out.endLine();
  }

  private writeFaults(): void {
    const page = this.page;
    const out = this.out;
    this.row('longest step');
    this.micros(page.word(layout.HEAD_WORST_STEP_TICKS)).text(' us, bound ');
    this.micros(page.word(layout.HEAD_STEP_BOUND_TICKS)).text(' us').endLine();
    this.row('last status').decimal(page.word(layout.HEAD_LAST_STATUS)).endLine();
    if (page.word(layout.HEAD_FAULT_KIND) === 0 && page.word(layout.HEAD_FAULT_RESTARTS) === 0)
      return;
    this.row('trap').text('status ').decimal(page.word(layout.HEAD_FAULT_KIND)).text(', syndrome ');
    out.hexadecimal(page.word(layout.HEAD_FAULT_SYNDROME), 8).text(', address ');
    out.hexadecimal(page.word(layout.HEAD_FAULT_ADDRESS), 8).text(', at ');
    out.hexadecimal(page.word(layout.HEAD_FAULT_PROGRAM_COUNTER), 8).text('; restarts ');
    out.decimal(page.word(layout.HEAD_FAULT_RESTARTS)).endLine();
  }

  private writeWaiting(): void {
    const page = this.page;
    this.row('under way').text('for AGL ').decimal(page.word(layout.HEAD_FORWARD_WAITING));
    this.out.text(', from AGL ').decimal(page.word(layout.HEAD_FROM_AGL_WAITING));
    this.out.text(', answers ').decimal(page.word(layout.HEAD_ANSWERS_WAITING)).endLine();
  }

  /** Writes how many entries of a ring were ever written, and how many of them were overwritten. */
  private writeRing(name: string, headOffset: u32, capacity: u32): void {
    const written = this.page.live(headOffset);
    this.row(name).decimal(written).text(' written, ');
    this.out
      .decimal(written > capacity ? written - capacity : 0)
      .text(' overwritten')
      .endLine();
  }

  /**
   * Writes what the cell has reported since its start, one status a line. `canwarden doctor` reads
   * these lines.
   */
  private writeStatuses(): void {
    const page = this.page;
    for (let status: u32 = 0; status < layout.PAGE_STATUSES; status++) {
      const entry = layout.PAGE_STATUSES_OFFSET + status * layout.STATUS_ENTRY_BYTES;
      const times = page.word(entry) & layout.STATUS_TIMES_MASK;
      if (times === 0) continue;
      this.row('said')
        .decimal(times)
        .text(times === 1 ? ' time: ' : ' times: ');
      appendStatus(this.out, page.copy, status);
      this.out.endLine();
    }
  }

  private writeHistograms(): void {
    const page = this.page;
    const histogram = this.histogram;
    this.heading('answers, us');
    this.column('count').column('min').column('p50').column('p99').column('max').out.endLine();
    for (let index: u32 = 0; index < layout.PAGE_HISTOGRAMS; index++) {
      histogram.take(page.copy, index);
      this.heading(words.histogramWord(index));
      this.number(histogram.count);
      this.time(histogram.minimum).time(histogram.percentile(50)).time(histogram.percentile(99));
      this.time(histogram.maximum).out.endLine();
    }
  }

  private writeTasks(): void {
    const page = this.page;
    const count = min<u32>(page.word(layout.HEAD_TASK_COUNT), layout.PAGE_TASKS_MAXIMUM);
    if (count === 0) return;
    this.heading('task');
    this.column('trigger').column('runs').column('worst us').column('bound us').column('misses');
    this.out.endLine();
    for (let index: u32 = 0; index < count; index++) {
      const task = layout.PAGE_TASKS_OFFSET + index * layout.PAGE_TASK_BYTES;
      const start = this.out.length;
      this.out.text('  ').characters(page.copy + task, layout.TASK_NAME_BYTES);
      this.out.padFrom(start, TABLE_COLUMN);
      this.column(words.triggerWord(page.byte(task + layout.TASK_TRIGGER)));
      this.number(page.word(task + layout.TASK_RUNS));
      this.time(page.word(task + layout.TASK_WORST_TICKS));
      this.time(page.word(task + layout.TASK_BOUND_TICKS));
      this.number(page.word(task + layout.TASK_MISSES)).out.endLine();
    }
  }

  private writeCounters(): void {
    const page = this.page;
    const out = this.out;
    for (let index: u32 = 0; index < layout.PAGE_COUNTERS; index++) {
      const value = page.word(layout.PAGE_COUNTERS_OFFSET + 4 * index);
      if (value === 0) continue;
      const start = out.length;
      words
        .appendCounter(out, index)
        .padFrom(start, TABLE_COLUMN + NUMBER_COLUMN)
        .decimal(value)
        .endLine();
    }
  }

  private writeRuleHits(): void {
    const page = this.page;
    const out = this.out;
    for (let index: u32 = 0; index < page.ruleCount; index++) {
      const hits = page.hitsOf(index);
      if (hits === 0) continue;
      const start = out.length;
      page.appendRuleName(out.text('rule '), index);
      out
        .text(' ')
        .padFrom(start, TABLE_COLUMN + NUMBER_COLUMN)
        .decimal(hits);
      const refused = page.refusedOf(index);
      if (refused !== 0) out.text(', ').decimal(refused).text(' answers refused by its rate');
      out.endLine();
    }
  }

  private writeLiveValues(): void {
    const page = this.page;
    const out = this.out;
    let used: u32 = 0;
    for (let index: u32 = 0; index < layout.PAGE_LIVE_VALUES_BYTES; index++) {
      if (page.byte(layout.PAGE_LIVE_VALUES_OFFSET + index) !== 0) used = index + 1;
    }
    if (used === 0) return;
    this.row('live values');
    for (let index: u32 = 0; index < used; index++) {
      if (index !== 0) out.text(' ');
      out.hexadecimalCapitals(page.byte(layout.PAGE_LIVE_VALUES_OFFSET + index), 2);
    }
    out.endLine();
  }

  private row(name: string): TextBuilder {
    const start = this.out.length;
    return this.out.text(name).padFrom(start, NAME_COLUMN);
  }
}
