// SPDX-License-Identifier: MIT
/**
 * The status page for programs: one JSON object, with units in the names.
 *
 * It has everything that the text has. Both leave out counters and rule hits that are 0. Times are
 * microseconds with two decimals.
 */
import { SharedMemory } from '../hal/shared-memory';
import { HistogramSummary } from './histogram-summary';
import { JsonWriter } from './json-writer';
import * as layout from '../page/layout';
import * as words from './page-words';

@final
export class StatusJson<Memory extends SharedMemory> extends JsonWriter<Memory> {
  private readonly histogram: HistogramSummary = new HistogramSummary();

  /**
   * Writes the whole object. `alive`: the cell refreshes the page. `ageMillis`: time since the last
   * refresh.
   */
  write(alive: bool, ageMillis: u64): void {
    this.open('{');
    this.name('alive').text(alive ? 'true' : 'false');
    this.name('heartbeat_age_milliseconds').decimal(ageMillis);
    this.number('heartbeat', layout.PAGE_HEARTBEAT_OFFSET);
    this.name('firmware').text('"');
    this.out
      .characters(this.page.copy + layout.HEAD_FIRMWARE_VERSION, layout.FIRMWARE_VERSION_BYTES)
      .text('"');
    this.number('bitrate_bits_per_second', layout.HEAD_BITRATE);
    this.number('real_bitrate_bits_per_second', layout.HEAD_REAL_BITRATE);
    this.number('sample_point_permille', layout.HEAD_SAMPLE_POINT);
    this.number('measured_crystal_hertz', layout.HEAD_CRYSTAL_HERTZ);
    this.word('bus_state', words.faultStateWord(this.page.word(layout.HEAD_FAULT_STATE)));
    this.name('transmit_error_count').decimal(this.page.byte(layout.HEAD_TRANSMIT_ERRORS));
    this.name('receive_error_count').decimal(this.page.byte(layout.HEAD_RECEIVE_ERRORS));
    this.word('session', words.sessionWord(this.page.word(layout.HEAD_SESSION), alive));
    this.word('link_role', words.linkRoleWord(this.page.half(layout.HEAD_LINK_ROLE)));
    this.writeRules();
    this.time('longest_step_microseconds', this.page.word(layout.HEAD_WORST_STEP_TICKS));
    this.time('step_bound_microseconds', this.page.word(layout.HEAD_STEP_BOUND_TICKS));
    this.time('reorder_bound_microseconds', this.page.word(layout.HEAD_REORDER_BOUND_TICKS));
    this.number('last_status', layout.HEAD_LAST_STATUS);
    this.writeTrap();
    this.number('frames_waiting_for_agl', layout.HEAD_FORWARD_WAITING);
    this.number('frames_of_agl_under_way', layout.HEAD_FROM_AGL_WAITING);
    this.number('answers_under_way', layout.HEAD_ANSWERS_WAITING);
    this.writeRing('trace', layout.PAGE_TRACE_HEAD, this.page.liveTraceCapacity());
    this.writeRing('recorder', layout.PAGE_RECORDER_HEAD, layout.RECORDER_CAPACITY);
    this.writeStatuses();
    this.writeHistograms();
    this.writeTasks();
    this.writeCounters();
    this.writeLiveValues();
    this.close('}');
    this.out.endLine();
  }

  private writeRules(): void {
    this.name('rules');
    this.open('{');
    this.number('count', layout.HEAD_RULE_COUNT);
    this.name('checksum').text('"').hexadecimal(this.page.word(layout.HEAD_RULE_HASH), 8).text('"');
    this.word('source', words.rulesSourceWord(this.page.word(layout.HEAD_RULES_SOURCE)));
    this.number('faster_after_restart', layout.HEAD_RULES_AFTER_RESTART);
    this.name('hits');
    this.open('{');
    for (let index: u32 = 0; index < this.page.ruleCount; index++) {
      const hits = this.page.hitsOf(index);
      if (hits === 0) continue;
      this.ruleName(index).decimal(hits);
    }
    this.close('}');
    this.name('refused');
    this.open('{');
    for (let index: u32 = 0; index < this.page.ruleCount; index++) {
      const refused = this.page.refusedOf(index);
      if (refused === 0) continue;
      this.ruleName(index).decimal(refused);
    }
    this.close('}');
    this.close('}');
    this.name('last_request');
    this.open('{');
    this.number('sequence', layout.HEAD_REQUEST_SEQUENCE);
    this.number('status', layout.HEAD_REQUEST_STATUS);
    this.number('detail', layout.HEAD_REQUEST_DETAIL);
    this.close('}');
  }

  private writeTrap(): void {
    this.name('trap');
    this.open('{');
    this.number('restarts', layout.HEAD_FAULT_RESTARTS);
    this.number('status', layout.HEAD_FAULT_KIND);
    this.number('syndrome', layout.HEAD_FAULT_SYNDROME);
    this.number('address', layout.HEAD_FAULT_ADDRESS);
    this.number('program_counter', layout.HEAD_FAULT_PROGRAM_COUNTER);
    this.close('}');
  }

  /** Writes how many entries of a ring were ever written, and how many of them were overwritten. */
  private writeRing(name: string, headOffset: u32, capacity: u32): void {
    const written = this.page.live(headOffset);
    this.name(name);
    this.open('{');
    this.name('written').decimal(written);
    this.name('overwritten').decimal(written > capacity ? written - capacity : 0);
    this.close('}');
  }

  private writeStatuses(): void {
    const page = this.page;
    this.name('said');
    this.open('[');
    for (let status: u32 = 0; status < layout.PAGE_STATUSES; status++) {
      const entry = layout.PAGE_STATUSES_OFFSET + status * layout.STATUS_ENTRY_BYTES;
      const times = page.word(entry) & layout.STATUS_TIMES_MASK;
      if (times === 0) continue;
      this.separate();
      this.open('{');
      this.name('status').decimal(status);
      this.name('times').decimal(times);
      this.name('value').decimal(page.word(entry + layout.STATUS_VALUE_OFFSET));
      this.close('}');
    }
    this.close(']');
  }

  private writeHistograms(): void {
    const histogram = this.histogram;
    this.name('answers');
    this.open('{');
    for (let index: u32 = 0; index < layout.PAGE_HISTOGRAMS; index++) {
      histogram.take(this.page.copy, index);
      this.name(words.histogramWord(index));
      this.open('{');
      this.summary(histogram);
      this.close('}');
    }
    this.close('}');
  }

  private writeTasks(): void {
    const page = this.page;
    const out = this.out;
    this.name('tasks');
    this.open('[');
    const count = min<u32>(page.word(layout.HEAD_TASK_COUNT), layout.PAGE_TASKS_MAXIMUM);
    for (let index: u32 = 0; index < count; index++) {
      const task = layout.PAGE_TASKS_OFFSET + index * layout.PAGE_TASK_BYTES;
      this.separate();
      this.open('{');
      this.name('name').text('"');
      out.characters(page.copy + task, layout.TASK_NAME_BYTES).text('"');
      this.name('priority').decimal(page.byte(task + layout.TASK_PRIORITY));
      this.word('trigger', words.triggerWord(page.byte(task + layout.TASK_TRIGGER)));
      this.number('period_microseconds', task + layout.TASK_PERIOD_MICROS);
      this.number('runs', task + layout.TASK_RUNS);
      this.time('worst_microseconds', page.word(task + layout.TASK_WORST_TICKS));
      this.time('bound_microseconds', page.word(task + layout.TASK_BOUND_TICKS));
      this.number('misses', task + layout.TASK_MISSES);
      this.close('}');
    }
    this.close(']');
  }

  private writeCounters(): void {
    const page = this.page;
    const out = this.out;
    this.name('counters');
    this.open('{');
    for (let index: u32 = 0; index < layout.PAGE_COUNTERS; index++) {
      const value = page.word(layout.PAGE_COUNTERS_OFFSET + 4 * index);
      if (value === 0) continue;
      this.separate();
      words.appendCounter(out.text('"'), index).text('":').decimal(value);
    }
    this.close('}');
  }

  private writeLiveValues(): void {
    this.name('live_values').text('"');
    for (let index: u32 = 0; index < layout.PAGE_LIVE_VALUES_BYTES; index++) {
      this.out.hexadecimalCapitals(this.page.byte(layout.PAGE_LIVE_VALUES_OFFSET + index), 2);
    }
    this.out.text('"');
  }
}
