/**
 * The bridge: what the wasm module of the AGL side exports.
 *
 * Used by: the host program on Linux (bsp/linux), and the twin (twin/agl).
 * Does not: hold logic; src/board/linux*.ts do.
 */
import { createEnd, SECTION_BYTES_MINIMUM } from '../board/linux';
import { LinuxEnd, Session } from '../board/linux-end';
import { Status } from '../rt/status';

/** Not there before `initialize` was successful. */
let end: LinuxEnd | null = null;

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
  if (current !== null) current.leave();
}

/** Where the session is: 0 no cell, 1 being set up, 2 frames flow. */
export function session(): u32 {
  const current = end;
  return current === null ? Session.Absent : current.session();
}

/** The Status with which this end last gave a session up; 0: never. */
export function last_fault(): u32 {
  const current = end;
  return current === null ? Status.Ok : current.lastFault();
}

/** Counter `index`, in the order of LinkCounters; 0 beyond the last. Wraps at 2^32. */
export function counter(index: u32): u32 {
  const current = end;
  return current === null ? 0 : current.counters().at(index);
}
