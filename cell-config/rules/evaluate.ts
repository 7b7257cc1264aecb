/**
 * What the table says about one frame: the meaning of the rules, written once for readers.
 *
 * Used by: the twin's judge, which compares what the cell did with it; tests.
 * Does not: run on the cell. The firmware has its own implementation from the same document, so
 * that an error in one of them shows.
 */
import { CAN_ID_EXTENDED, CAN_ID_REMOTE } from './image-layout.ts';
import type { Filter, Rule, RuleAnswer, RuleTable } from './model.ts';
import { DATA_BYTES, SAME_AS_REQUEST } from './model.ts';

/** A received frame. `dlc` is the raw code 0..15; a remote frame's `data` is not looked at. */
export interface RequestFrame {
  readonly identifier: number;
  readonly extended: boolean;
  readonly remote: boolean;
  readonly dlc: number;
  readonly data: Uint8Array;
}

/** The data frame to send. */
export interface AnswerFrame {
  readonly identifier: number;
  readonly extended: boolean;
  readonly data: Uint8Array;
}

/** What happens to a frame. */
export interface Decision {
  /** The rule that matched, or null for the default. */
  readonly rule: Rule | null;
  readonly answer: AnswerFrame | null;
  readonly forward: boolean;
}

/** Applies the table to a frame. At most one rule matches, as overlapping tables are refused. */
export function decide(table: RuleTable, frame: RequestFrame): Decision {
  const rule = table.rules.find((candidate) => matches(candidate, frame)) ?? null;
  if (rule === null) {
    return { rule, answer: null, forward: forwardsUnmatched(table, frame) };
  }
  const answer = rule.answer === null ? null : buildAnswer(rule.answer, frame);
  return { rule, answer, forward: rule.forward };
}

/** What becomes of a frame that no rule matches. */
function forwardsUnmatched(table: RuleTable, frame: RequestFrame): boolean {
  if (table.filters === undefined) return table.defaultAction === 'forward';
  return table.filters.some((filter) => passesFilter(filter, frame));
}

/** Whether a frame passes a filter, as SocketCAN means it. */
export function passesFilter(filter: Filter, frame: RequestFrame): boolean {
  const flags = (frame.extended ? CAN_ID_EXTENDED : 0) | (frame.remote ? CAN_ID_REMOTE : 0);
  const canId = frame.identifier | flags;
  return ((canId & filter.mask) >>> 0 === filter.identifier) !== filter.inverted;
}

/** Whether a rule is for this frame. */
export function matches({ match }: Rule, frame: RequestFrame): boolean {
  if (match.extended !== frame.extended || match.remote !== frame.remote) return false;
  if ((frame.identifier & match.mask) !== match.identifier) return false;
  if (dataLength(frame) < match.minimumLength) return false;
  return match.data.every(({ value, mask }, index) => ((frame.data[index] ?? 0) & mask) === value);
}

function buildAnswer(answer: RuleAnswer, frame: RequestFrame): AnswerFrame {
  const length = answer.length === SAME_AS_REQUEST ? dataLength(frame) : answer.length;
  const data = Uint8Array.from({ length }, (_, index) => {
    const source = answer.source[index];
    return source === null ? answer.data[index] : frame.data[source];
  });
  return { identifier: answer.identifier, extended: answer.extended, data };
}

/** Length in bytes: data length codes 9..15 also mean 8 (ISO 11898-1). */
function dataLength(frame: RequestFrame): number {
  return Math.min(frame.dlc, DATA_BYTES);
}
