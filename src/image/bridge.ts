// SPDX-License-Identifier: MIT
/**
 * The bridge: what the wasm module of the AGL side exports.
 *
 * Does not: hold logic; src/bridge does.
 */
import { LinuxControl } from '../bridge/control';
import { createEnd, LinuxEnd, SECTION_BYTES_MINIMUM } from '../bridge/end';
import { PageState } from '../bridge/page-reader';
import { Status } from '../rt/status';
import { LinkSession } from '../virtio/can-link-end';

/** Not there before `initialize` was successful. */
let end: LinuxEnd | null = null;
/** Not there before `control_open`. */
let control: LinuxControl | null = null;

/**
 * Starts with a R/W section of `sectionBytes` bytes, as virtio-can device (`role` 0) or driver (1).
 * Returns a Status, 0 when it runs.
 */
export function initialize(sectionBytes: u32, role: u32): u32 {
  if (sectionBytes < SECTION_BYTES_MINIMUM) return Status.IvshmemSectionSize;
  const opened = createEnd(sectionBytes, role);
  const status = opened.open();
  if (status === Status.Ok) end = opened;
  return status;
}

/** One bounded step; 1: call again soon, 0: nothing to do until something happens. */
export function step(): u32 {
  const current = end;
  return current !== null && current.step() ? 1 : 0;
}

/** Ends the session: own state 0. The next `step` would begin a new one. */
export function leave(): void {
  const current = end;
  if (current !== null) current.end.leave();
  const questions = control;
  if (questions !== null) questions.leave();
}

/** Where the session is: 0 no cell, 1 being set up, 2 frames flow. */
export function session(): u32 {
  const current = end;
  return current === null ? LinkSession.Absent : current.session;
}

/** The Status with which this end last gave a session up; 0: never. */
export function last_fault(): u32 {
  const current = end;
  return current === null ? Status.Ok : current.end.lastFault;
}

/** Counter `index`, in the order of LinkCounters; 0 beyond the last. Wraps at 2^32. */
export function counter(index: u32): u32 {
  const current = end;
  return current === null ? 0 : current.end.counters.at(index);
}

/**
 * Begins to serve the control device, whose two output sections are mapped. At start-up only. The cell
 * takes the bridge for dead when `control_tend` was not called for `silenceMillis`.
 */
export function control_open(silenceMillis: u32): void {
  control = new LinuxControl(silenceMillis);
}

/** To be called often; `wallMicros`: microseconds of the Unix epoch. Nothing without the device. */
export function control_tend(wallMicros: u64): void {
  const current = control;
  if (current !== null) current.tend(wallMicros);
}

/** 1 while the cell refreshes its page. */
export function control_alive(): u32 {
  const current = control;
  return current !== null && current.isAlive ? 1 : 0;
}

/** Where texts are found, and where a request's payload is put: 16 KiB. */
export function control_text(): usize {
  const current = control;
  return current === null ? 0 : current.out.buffer;
}

/** Characters of the text written last. */
export function control_text_length(): u32 {
  const current = control;
  return current === null ? 0 : current.out.length;
}

/** Writes the status as text, or as JSON. Returns a PageState, 0 when it is there. */
export function control_status(asJson: u32): u32 {
  const current = control;
  return current === null ? PageState.Absent : current.writeStatus(asJson !== 0);
}

/** The oldest entry of a stream (0 trace, 1 recorder) that can be read. */
export function control_oldest(stream: u32): u32 {
  const current = control;
  return current === null ? 0 : current.oldest(stream);
}

/** The entry of a stream that comes next. */
export function control_head(stream: u32): u32 {
  const current = control;
  return current === null ? 0 : current.head(stream);
}

/** Writes entries of a stream from `cursor` on, before `end`. Returns a PageState. */
export function control_entries(stream: u32, cursor: u32, end: u32): u32 {
  const current = control;
  return current === null ? PageState.Absent : current.writeEntries(stream, cursor, end);
}

/** After `control_entries`: where to go on. */
export function control_cursor(): u32 {
  const current = control;
  return current === null ? 0 : current.cursor;
}

/** After `control_entries`: entries that were overwritten before they could be read. */
export function control_lost(): u32 {
  const current = control;
  return current === null ? 0 : current.lost;
}

/** Asks the cell with the `bytes` bytes at `control_text`. Returns the request's number, 0: failed. */
export function control_request(kind: u32, bytes: u32, argument: u32): u32 {
  const current = control;
  return current === null ? 0 : current.request(kind, bytes, argument);
}

/** 1 when the cell has finished request `sequence`. */
export function control_finished(sequence: u32): u32 {
  const current = control;
  return current !== null && current.finished(sequence) ? 1 : 0;
}

/** Of the request finished last: its Status. */
export function control_outcome(): u32 {
  const current = control;
  return current === null ? 0 : current.requestStatus;
}

/** Of the request finished last: the rule it was refused for, from 1; 0: none. */
export function control_outcome_rule(): u32 {
  const current = control;
  return current === null ? 0 : current.requestDetail;
}

/** Rules in force that become faster by a restart of the cell. */
export function control_rules_waiting(): u32 {
  const current = control;
  return current === null ? 0 : current.rulesWaiting;
}
