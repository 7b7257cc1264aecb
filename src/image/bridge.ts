// SPDX-License-Identifier: MIT
/**
 * The bridge: the exports of the AGL side's wasm module.
 *
 * Does not: hold logic; src/bridge does.
 */
import { LinuxControl, Writing } from '../bridge/control';
import { createEnd, LinuxEnd, SECTION_BYTES_MINIMUM } from '../bridge/end';
import { PageState } from '../bridge/page-reader';
import { Status } from '../rt/status';
import { LinkSession } from '../virtio/can-link-end';

/** Null until `initialize` has succeeded. */
let end: LinuxEnd | null = null;
/** Null until `control_open`. */
let control: LinuxControl | null = null;

/**
 * Starts with a R/W section of `sectionBytes` bytes, as virtio-can device (`role` 0) or driver (1).
 * Returns a Status; 0: it runs.
 */
export function initialize(sectionBytes: u32, role: u32): u32 {
  if (sectionBytes < SECTION_BYTES_MINIMUM) return Status.IvshmemSectionSize;
  const opened = createEnd(sectionBytes, role);
  const status = opened.open();
  if (status === Status.Ok) end = opened;
  return status;
}

/** Does one bounded step. 1: call again soon. 0: nothing to do until something happens. */
export function step(): u32 {
  const current = end;
  return current !== null && current.step() ? 1 : 0;
}

/** Ends the session: sets the own state to 0. The next `step` begins a new one. */
export function leave(): void {
  const current = end;
  if (current !== null) current.end.leave();
  const questions = control;
  if (questions !== null) questions.leave();
}

/** State of the session: 0 no cell, 1 being set up, 2 frames flow. */
export function session(): u32 {
  const current = end;
  return current === null ? LinkSession.Absent : current.session;
}

/** The Status for which this end last gave up a session; 0: it never has. */
export function last_fault(): u32 {
  const current = end;
  return current === null ? Status.Ok : current.end.lastFault;
}

/** Counter `index` in the order of LinkCounters; 0 beyond the last one. Wraps at 2^32. */
export function counter(index: u32): u32 {
  const current = end;
  return current === null ? 0 : current.end.counters.at(index);
}

/**
 * Opens the control device, whose two output sections are mapped. Call it only at start-up. The
 * cell takes the bridge for dead when `control_tend` was not called for `silenceMillis`.
 */
export function control_open(silenceMillis: u32): void {
  control = new LinuxControl(silenceMillis);
}

/**
 * Call this often. `wallMicros`: microseconds of the Unix epoch. Does nothing without the device.
 */
export function control_tend(wallMicros: u64): void {
  const current = control;
  if (current !== null) current.tend(wallMicros);
}

/** 1 while the cell refreshes its page. */
export function control_alive(): u32 {
  const current = control;
  return current !== null && current.isAlive ? 1 : 0;
}

/** Address of the text buffer, 16 KiB. It also holds the payload of a request. */
export function control_text(): usize {
  const current = control;
  return current === null ? 0 : current.out.buffer;
}

/** Number of characters of the last text. */
export function control_text_length(): u32 {
  const current = control;
  return current === null ? 0 : current.out.length;
}

/** Writes status (0 text, 1 JSON) or latencies (2, 3). Returns a PageState; 0: it is written. */
export function control_status(what: u32): u32 {
  const current = control;
  return current === null ? PageState.Absent : current.writeStatus(what as Writing);
}

/** The cursor of the oldest readable entry of a stream (0 trace, 1 recorder). */
export function control_oldest(stream: u32): u32 {
  const current = control;
  return current === null ? 0 : current.oldest(stream);
}

/** The cursor of the next entry of a stream. */
export function control_head(stream: u32): u32 {
  const current = control;
  return current === null ? 0 : current.head(stream);
}

/** Writes entries of a stream from `cursor` up to, not including, `end`. Returns a PageState. */
export function control_entries(stream: u32, cursor: u32, end: u32): u32 {
  const current = control;
  return current === null ? PageState.Absent : current.writeEntries(stream, cursor, end);
}

/** After `control_entries`: the next cursor. */
export function control_cursor(): u32 {
  const current = control;
  return current === null ? 0 : current.cursor;
}

/** After `control_entries`: number of entries that were overwritten before they were read. */
export function control_lost(): u32 {
  const current = control;
  return current === null ? 0 : current.lost;
}

/**
 * Sends the cell a request with the `bytes` bytes at `control_text`. Returns the request's number;
 * 0: it failed.
 */
export function control_request(kind: u32, bytes: u32, argument: u32): u32 {
  const current = control;
  return current === null ? 0 : current.request(kind, bytes, argument);
}

/** 1 when the cell has finished request `sequence`. */
export function control_finished(sequence: u32): u32 {
  const current = control;
  return current !== null && current.finished(sequence) ? 1 : 0;
}

/** Status of the last finished request. */
export function control_outcome(): u32 {
  const current = control;
  return current === null ? 0 : current.requestStatus;
}

/** The rule that made the last request fail, from 1; 0: none. */
export function control_outcome_rule(): u32 {
  const current = control;
  return current === null ? 0 : current.requestDetail;
}

/** Number of rules in force that a restart of the cell would make faster. */
export function control_rules_waiting(): u32 {
  const current = control;
  return current === null ? 0 : current.rulesWaiting;
}
