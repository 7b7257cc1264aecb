// SPDX-License-Identifier: MIT
/**
 * Judges a round of safe-run.ts by what was on the wire: the frames of the safe state begin and end when they must,
 * are those of the table in force, keep their time, and no live value is among them.
 *
 * A frame may leave `slackNanos` after what made it: it waits for other frames, so a table counts that long after it
 * was replaced. Where a swap was under way, both tables count.
 */
import { AFTER_MILLIS, LIVE_BYTE, OTHER, SAFE, type SafeTable, type Wall } from './safe-tables.ts';
import type { Swap } from './safe-swapper.ts';

const MILLISECOND = 1_000_000;
const PERIOD_NANOS = 10 * MILLISECOND;
/** What AGL sends, and what an answer of its tables says by the same identifier. */
const LIVE = '210#7777';
const SAID = '210#5500';
const HELD = '220#00';
const OWN = `220#${LIVE_BYTE.toString(16)}`;

/** The first frame of the safe state begins so long after Linux was there last, by the issue. */
const BEGIN_NANOS = 200 * MILLISECOND;
/** Linux is back: its session is set up anew, at most two polls and the cell's looks. */
export const BACK_NANOS = 60 * MILLISECOND;
/** Every table counts a silence as one by then, and the cell looks once a millisecond. */
const SURELY_GONE_NANOS = (AFTER_MILLIS + 10 + 2) * MILLISECOND;
/** Two frames of 135 bits at 500 kbit/s, and S. */
export const JITTER_NANOS = 2 * 270_000 + 300_000;

export interface Sent {
  readonly text: string;
  readonly startNanos: number;
}

export interface Round {
  readonly wall: Wall;
  readonly goneNanos: number;
  readonly backNanos: number;
  /** Linux was silent for too short a time to count. */
  readonly isUnnoticed: boolean;
  /** The longest that a frame waits beside the jitter: for stronger ones of another node. */
  readonly busyNanos: number;
  /** The table in force at the begin, and the requests since. */
  readonly first: SafeTable;
  readonly swaps: readonly Swap[];
  /** Frames of the cell, in their order. */
  readonly sent: readonly Sent[];
}

export function judge(round: Round): string[] {
  const safe = round.sent.filter(({ text }) => text === SAFE || text === OTHER);
  const problems = round.sent.flatMap((frame) => judgeFrame(round, frame, safe));
  const { goneNanos, backNanos, sent } = round;
  if (!sent.some(({ text, startNanos }) => text === LIVE && startNanos > backNanos)) {
    problems.push('Linux did not come back');
  }
  if (round.isUnnoticed) {
    return safe.length === 0 ? problems : [...problems, 'a silence too short to count did'];
  }
  if (round.wall === 'locked') {
    const begin = (safe.at(0)?.startNanos ?? Infinity) - goneNanos;
    if (begin > BEGIN_NANOS) problems.push(`begins after ${begin} ns`);
  }
  problems.push(...judgeGaps(round, safe), ...judgePresence(round, safe));
  return problems;
}

/** Tables that may be in force at any time from `fromNanos` to `toNanos`. */
function tablesIn({ first, swaps }: Round, fromNanos: number, toNanos: number): SafeTable[] {
  let tables = [first];
  for (const { table, status, fromNanos: asked, toNanos: told } of swaps) {
    if (status !== 0 || asked > toNanos) continue;
    tables = told < fromNanos ? [table] : [...tables, table];
  }
  return tables;
}

function judgeFrame(round: Round, { text, startNanos }: Sent, safe: readonly Sent[]): string[] {
  const { goneNanos, backNanos, busyNanos } = round;
  const tables = tablesIn(round, startNanos - busyNanos - 2 * JITTER_NANOS, startNanos);
  const before = safe.some((frame) => frame.startNanos < startNanos);
  const after = safe.some((frame) => frame.startNanos > startNanos);
  const at = `${text} at ${startNanos - goneNanos} ns`;
  switch (text) {
    case SAFE:
    case OTHER: {
      if (startNanos < goneNanos) return [`${at}: Linux is there`];
      if (startNanos > backNanos + BACK_NANOS) return [`${at}: goes on though Linux is back`];
      return tables.some((table) => table.safe === text) ? [] : [`${at}: no table in force has it`];
    }
    case LIVE: {
      if (after && startNanos > backNanos) return [`${at}: safe ones follow it`];
      return before && startNanos < backNanos ? [`${at}: a live value after safe ones`] : [];
    }
    case SAID:
      return round.wall === 'locked' && before && after ? [`${at}: an answer among safe ones`] : [];
    case HELD: {
      const isOver = startNanos < goneNanos || startNanos > backNanos + BACK_NANOS;
      return isOver ? [`${at}: no safe state`] : [];
    }
    case OWN: {
      const slack = startNanos - busyNanos - JITTER_NANOS;
      const stood = safe.some((frame) => frame.startNanos < slack);
      const isHeld = tables.every(({ holds }) => holds);
      return stood && after && isHeld ? [`${at}: a live value of the table's own`] : [];
    }
    default:
      return text.startsWith('210#') || text.startsWith('220#') ? [`${at}: unknown`] : [];
  }
}

/** From one frame to the next. */
function judgeGaps(round: Round, safe: readonly Sent[]): string[] {
  return safe.slice(1).flatMap(({ text, startNanos }, index) => {
    const last = safe[index];
    const tables = tablesIn(round, last.startNanos - PERIOD_NANOS, startNanos);
    if (last.text !== text || tables.some((table) => table.safe !== text)) return [];
    const late = startNanos - last.startNanos - PERIOD_NANOS;
    const isSwapped = tables.length > 1 || round.busyNanos !== 0;
    const isLate = late > JITTER_NANOS + round.busyNanos;
    return isLate || (!isSwapped && -late > JITTER_NANOS) ? [`a gap ${late} ns too long`] : [];
  });
}

/** While Linux is surely gone, and a table with a safe state surely in force, its frames come. */
function judgePresence(round: Round, safe: readonly Sent[]): string[] {
  const taken = round.swaps.filter(({ status }) => status === 0);
  const from = [-Infinity, ...taken.map(({ toNanos }) => toNanos)];
  const to = [...taken.map(({ fromNanos }) => fromNanos), Infinity];
  const most = PERIOD_NANOS + JITTER_NANOS + round.busyNanos + 2 * MILLISECOND;
  return [round.first, ...taken.map(({ table }) => table)].flatMap((table, index) => {
    const begin = Math.max(from[index], round.goneNanos + SURELY_GONE_NANOS);
    const end = Math.min(to[index], round.backNanos);
    if (table.safe === undefined || end < begin) return [];
    const times = safe
      .filter(({ text, startNanos }) => text === table.safe && startNanos > begin)
      .map(({ startNanos }) => Math.min(startNanos, end));
    const all = [begin, ...times, end];
    const longest = Math.max(...all.slice(1).map((time, place) => time - all[place]));
    return longest > most ? [`"${table.what}": nothing for ${longest} ns`] : [];
  });
}
