/**
 * The bridge: what the wasm module of the AGL side exports.
 *
 * Used by: the host program on Linux, and the twin (twin/agl).
 * Does not: hold logic; src/board/linux.ts does.
 */
import { LinuxBridge } from '../board/linux';
import { Status } from '../rt/status';

/** Not there before `initialize` was successful. */
let bridge: LinuxBridge | null = null;

/** Starts with a R/W section of `sectionBytes` bytes; returns a Status, 0 when it runs. */
export function initialize(sectionBytes: u32): u32 {
  const opened = new LinuxBridge(sectionBytes);
  const status = opened.open();
  if (status === Status.Ok) bridge = opened;
  return status;
}

/** One bounded step; 1: call again soon, 0: nothing to do until something happens. */
export function step(): u32 {
  const current = bridge;
  return current !== null && current.step() ? 1 : 0;
}
