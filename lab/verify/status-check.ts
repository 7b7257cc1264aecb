// SPDX-License-Identifier: MIT
/**
 * Compares the status page, which is the cell's own account of a run, with what was seen on the
 * wires.
 *
 * Does not: compare figures that depend on when AGL came and went. One side counts the frames on
 * their way at that time, and the other side does not see them.
 */
import type { RuleTable } from '../../rules/model.ts';
import { COUNTER } from '../page/counters.ts';
import { PAGE } from '../../formats/status-page.ts';
import { readStatusPage, type StatusPage } from '../page/status-page.ts';
import { type Board, CELL_SENDER } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import type { Judgement } from './judge.ts';
import type { Observations } from '../rig/observations.ts';
import { demandFor } from './rule-oracle.ts';

/** After this many refreshes the page shows everything that happened up to now. */
const REFRESHES = 2;
const LOOK_NANOS = 100_000;
const LIMIT_NANOS = 100_000_000;

/** Lets the cell bring its page up to date, and reads it. Undefined: there is no page. */
export function settledStatusPage(board: Board): StatusPage | undefined {
  const section = board.control?.status;
  if (!section) return undefined;
  const first = readWhole(board, section);
  if (!first) return undefined;
  const limitNanos = board.clock.now + LIMIT_NANOS;
  // The heartbeat alone tells of a refresh: reading all of the page takes much longer than a look of the cell.
  const isSettled = (): boolean =>
    section.readUInt32LE(PAGE.PAGE_HEARTBEAT_OFFSET.at) >= first.heartbeat + REFRESHES;
  while (!isSettled() && board.clock.now < limitNanos) {
    if (runUntil(board, board.clock.now + LOOK_NANOS) !== 'running') break;
  }
  return readWhole(board, section) ?? first;
}

/** Reads the page. If it is being rewritten, it waits until the page is whole. */
function readWhole(board: Board, section: Buffer): StatusPage | undefined {
  const limitNanos = board.clock.now + LIMIT_NANOS;
  let page = readStatusPage(section);
  while (!page && isBegun(section) && board.clock.now < limitNanos) {
    if (runUntil(board, board.clock.now + LOOK_NANOS) !== 'running') return undefined;
    page = readStatusPage(section);
  }
  return page;
}

/** Whether "CWST" is present, so that the cell has a page. */
function isBegun(section: Buffer): boolean {
  return section.toString('latin1', 0, 4) === 'CWST';
}

/** The differences between the page and the wires, one line each. Only for a run that went well. */
export function checkStatusPage(
  page: StatusPage,
  table: RuleTable,
  judgement: Judgement,
  seen: Observations,
): string[] {
  const ofTheCell = seen.wire.filter(({ sender }) => sender === CELL_SENDER).length;
  const answered = (isStatic: boolean): number =>
    judgement.answered.filter((item) => item.isStatic === isStatic).length;
  // An answer that had to wait for the previous one is in no histogram.
  const { staticAnswers, computedAnswers } = page.histograms;
  const timedOrDelayed =
    staticAnswers.count + computedAnswers.count + page.counters[COUNTER.answersDelayed];
  const expected: (readonly [what: string, said: number | undefined, seen: number])[] = [
    ['frames received', page.counters[COUNTER.received], seen.operations.releasedFrames],
    ['frames transmitted', page.counters[COUNTER.transmitted], ofTheCell],
    ['static answers', page.counters[COUNTER.answeredStatic], answered(true)],
    [
      'computed answers',
      page.counters[COUNTER.answeredComputed],
      answered(false) + judgement.alarms + judgement.timed,
    ],
    [
      'times of answers and delayed answers',
      timedOrDelayed,
      judgement.answered.length + judgement.alarms + judgement.timed,
    ],
    ...(seen.absences.length === 0
      ? ([
          ['frames forwarded', page.counters[COUNTER.forwarded], judgement.forwarded],
          ['frames sent for AGL', page.counters[COUNTER.fromAgl], judgement.sentForAgl],
        ] as const)
      : []),
    ['late steps', page.counters[COUNTER.deadlineMisses], 0],
    ['restarts after a trap', page.fault.restarts, 0],
    ...hits(page, table, seen),
  ];
  const timed = [
    ['times of static answers', staticAnswers.count, answered(true)],
    ['times of computed answers', computedAnswers.count, answered(false)],
  ] as const;
  return [
    ...expected.filter(([, said, found]) => said !== found),
    ...timed.filter(([, said, found]) => said > found),
  ].map(([what, said, found]) => `the status page says ${what} ${said}, seen ${found}`);
}

/**
 * Requests of each answering rule. The cell cannot count frames that a filter of the chip drops.
 */
function hits(page: StatusPage, table: RuleTable, seen: Observations) {
  const found = table.rules.map(() => 0);
  for (const { sender, frame } of seen.wire) {
    if (sender === CELL_SENDER) continue;
    const { rule } = demandFor(table, frame);
    if (rule) found[table.rules.indexOf(rule)] += 1;
  }
  // The alarm has no requests.
  return table.rules.flatMap(({ name, answer, when }, index) =>
    answer && when === undefined
      ? ([[`hits of rule ${name}`, page.rules.hits[index], found[index]]] as const)
      : [],
  );
}
