// SPDX-License-Identifier: MIT
/**
 * The status numbers that a cell gives out: on its console, in the page, as the outcome of a request, in the trace.
 *
 * The codes of the trace are those of docs/status-page.md, typed here on purpose.
 * Does not: provoke anything.
 */
import { readTrace } from '../../../lab/page/rings.ts';
import { readStatusPage } from '../../../lab/page/status-page.ts';
import type { Rig } from '../../../lab/rig/rig.ts';
import type { STATUSES } from '../../../formats/statuses.ts';

export type StatusName = keyof typeof STATUSES;

/** One thing that goes wrong, and the statuses that must come of it. */
export interface StatusCase {
  readonly what: string;
  readonly provokes: readonly StatusName[];
  /** Returns every number that was given out. */
  readonly play: () => Promise<ReadonlySet<number>>;
}

const SESSION_LOST = 10;
const REQUEST_REFUSED = 12;
const SHUT_DOWN = 15;
const STATUS_SAID = 16;
const FAULT = 17;
/** The lower byte of a said status; its sentence is above. */
const STATUS_MASK = 0xff;
const REFRESH_NANOS = 1_000_000;

/** Every number that the cell of `rig` has given out so far. */
export function statusesSeen(rig: Rig): Set<number> {
  const seen = new Set<number>();
  for (const line of rig.lines) {
    for (const [, number] of line.matchAll(/status (\d+)\)/g)) seen.add(Number(number));
  }
  const section = rig.board.control?.status;
  if (!section) return seen;
  // The page may be in the middle of a refresh.
  rig.runUntil(() => readStatusPage(section) !== undefined, REFRESH_NANOS);
  const page = readStatusPage(section);
  if (!page) return seen;
  for (const status of page.said.keys()) seen.add(status);
  if (page.lastStatus !== 0) seen.add(page.lastStatus);
  // Sequence 0: there was no request.
  if (page.request.sequence !== 0) seen.add(page.request.status);
  for (const { code, a } of readTrace(section)) {
    if (code === STATUS_SAID) seen.add(a & STATUS_MASK);
    else if ([REQUEST_REFUSED, SHUT_DOWN, FAULT].includes(code)) seen.add(a);
    else if (code === SESSION_LOST && a !== 0) seen.add(a);
  }
  return seen;
}
