// SPDX-License-Identifier: MIT
/**
 * Which rules the chip's two filters are given to, and what keeps a rule from a faster way.
 *
 * A filter serves an answer that needs nothing of its request, which waits whole in a transmit buffer (`filter`), and an answer with bytes of
 * the request (`window`): its header and constants wait, those bytes are read out of the receive buffer, and the
 * bytes that change are written. The strongest answer comes first.
 * Does not: compute times (paths.ts).
 */
import { firstTouching } from './order/hidden.ts';
import { stagingObstacleOf } from './staged.ts';
import type { Rule, RuleAnswer, RuleTable } from './model.ts';
import {
  arbitrationRank,
  DATA_BYTES,
  isSameAnswer,
  LIVE_SOURCE,
  SAME_AS_REQUEST,
} from './model.ts';

/** Data bytes that a filter compares in standard frames (DS20001801J, section 4.4). */
const FILTER_DATA_BYTES = 2;
/** RX STATUS. */
export const RX_STATUS_BYTES = 2;
/** READ RX BUFFER of a request with 8 data bytes. */
export const READ_BYTES = 14;
export const RTS_BYTES = 1;
/** LOAD TX BUFFER from D0, without the data. */
export const LOAD_DATA_BYTES = 1;
/** WRITE, without the data. */
const WRITE_BYTES = 2;
/** READ from RXB0DLC, without the data. */
const READ_WINDOW_BYTES = 3;
/** Reading the frame has one chip select less, so fewer bytes are no gain. */
const GAIN_BYTES = 2;

/** What an answer needs of its request: RXB0DLC and the first `read` bytes; `count` bytes from `first` on change. */
export interface AnswerWindow {
  readonly read: number;
  readonly first: number;
  readonly count: number;
}

/** The window of an answer whose bytes are constant or bytes of the request; undefined: another kind of answer. */
export function windowOf({ length, source, steps }: RuleAnswer): AnswerWindow | undefined {
  if (length === SAME_AS_REQUEST || steps !== undefined) return undefined;
  const places = source.flatMap((byte, index) => (byte === null || index >= length ? [] : [index]));
  if (places.length === 0 || source.some((byte) => byte !== null && byte >= LIVE_SOURCE)) {
    return undefined;
  }
  const first = places[0];
  const read = Math.max(...places.map((place) => source[place] ?? 0)) + 1;
  return { read, first, count: (places.at(-1) ?? first) - first + 1 };
}

/** SPI bytes from INT to the end of RTS. `single`: INT alone tells the request. */
export function windowBytes({ read, first, count }: AnswerWindow, single: boolean): number {
  const write = (first === 0 ? LOAD_DATA_BYTES : WRITE_BYTES) + count;
  return (single ? 0 : RX_STATUS_BYTES) + READ_WINDOW_BYTES + read + write + RTS_BYTES;
}

/** The rules that filters RXF0 and RXF1 recognise, the most urgent answer first. */
export function chooseFiltered({ rules, receive }: RuleTable): readonly Rule[] {
  if (receive === 'shared') return [];
  const candidates = rules
    .filter((rule) => obstacleOf(rule, rules) === undefined)
    .filter((rule) => receive !== 'single' || singleObstacleOf(rule) === undefined)
    .filter((rule) => receive !== 'window' || isWindow(rule))
    .sort((left, right) => urgencyOf(left) - urgencyOf(right));
  const [first] = candidates;
  if (first === undefined) return [];
  const others = candidates.filter((rule) => rule !== first && sharesMask(rule, first));
  if (isSingle(receive, candidates)) {
    const isShared = (rule: Rule) =>
      isSameAnswer(rule.answer, first.answer) && [rule, first].every(takesAny);
    return [first, ...others.filter(isShared).slice(0, 1)];
  }
  const [second] = others;
  const answering = rules.filter(({ answer, from }) => answer !== null && from === undefined);
  return second !== undefined && answering.length === 2 ? [first, second] : [first];
}

/** The cell may let INT tell of the first rule with a filter alone. */
export function isSingle(receive: RuleTable['receive'], [first]: readonly Rule[]): boolean {
  const isAllowed = receive === undefined || receive === 'single';
  return isAllowed && first !== undefined && singleObstacleOf(first) === undefined;
}

/** Whether a filter, if the rule has one, serves an answer with bytes of the request. */
export function isWindow({ answer }: Rule): boolean {
  return answer !== null && windowOf(answer) !== undefined;
}

function takesAny({ match }: Rule): boolean {
  return match.remote === 'any';
}

/** The answer that wins arbitration is the most urgent. Smaller is more urgent. */
function urgencyOf({ answer }: Rule): number {
  return answer === null ? Infinity : arbitrationRank({ ...answer, remote: false });
}

export function sharesMask({ match: left }: Rule, { match: right }: Rule): boolean {
  return (
    left.mask === right.mask &&
    left.extended === right.extended &&
    left.data.every(({ mask }, index) => mask === right.data[index].mask)
  );
}

/** The reason why the request of a rule that a filter can serve must be looked at, if there is one. */
export function singleObstacleOf(rule: Rule): string | undefined {
  const { match } = rule;
  if (isWindow(rule)) {
    if (match.neverRemote === true) return undefined;
    return 'its match has no "remote: never", which says that no remote frame has its identifiers';
  }
  if (match.remote === 'any') return undefined;
  if (match.minimumLength > 0) {
    return 'its match looks at data or length, which nothing has read yet: "remote: any" and no data would do';
  }
  if (match.neverRemote === true) return undefined;
  return 'its match has no "remote: any", which says that data and remote frames of any length are answered alike';
}

/** What `obstacleOf` has found: it compares a rule with all before it, and is asked for several times. */
const obstacles = new WeakMap<readonly Rule[], Map<Rule, string | undefined>>();

/** The reason why no filter can serve a rule, if there is one. */
export function obstacleOf(rule: Rule, rules: readonly Rule[]): string | undefined {
  const known = obstacles.get(rules) ?? new Map<Rule, string | undefined>();
  obstacles.set(rules, known);
  if (!known.has(rule)) known.set(rule, findObstacle(rule, rules));
  return known.get(rule);
}

function findObstacle(rule: Rule, rules: readonly Rule[]): string | undefined {
  const { match, answer, moreAnswers, from } = rule;
  if (answer === null) return 'it has no answer';
  if (from === 'agl') return 'its requests come from AGL, not from the bus';
  if (rule.when === 'alarm') return 'it tells of a refused frame of AGL, and answers no request';
  if (rule.when === 'notice') return 'it tells of something, and answers no request';
  if (rule.when !== undefined) return 'a timer sends it, and it answers no request';
  if (rule.withoutAgl !== undefined) return 'whether AGL is there is looked at first';
  if (rule.diagnosis !== undefined) return 'a wait for AGL begins with it';
  if (rule.check !== undefined) return 'its check looks at the whole frame';
  const dependence = stagingObstacleOf(rule, answer);
  const window = windowOf(answer);
  if (dependence !== undefined && window === undefined) return dependence;
  const lengthy = window && lengthObstacleOf(window, answer);
  if (lengthy !== undefined) return lengthy;
  if (moreAnswers !== undefined) return 'it has several answers';
  if (match.identifiers !== undefined) return 'its identifiers are no mask';
  if (match.maximumLength !== undefined) return 'it limits the length';
  if (match.conditions !== undefined) return 'it looks at more of the data than single bits';
  const beyond = match.data.findIndex(
    ({ mask }, index) => mask !== 0 && (match.extended || index >= FILTER_DATA_BYTES),
  );
  if (beyond < 0) {
    const earlier = firstTouching(rule, rules);
    return earlier && `the earlier rule ${earlier.name} may take its frames`;
  }
  return match.extended
    ? 'it looks at the data, and of extended frames a filter sees the identifier only'
    : `it looks at data byte ${beyond}, and a filter sees bytes 0 and 1 only`;
}

/** The reason why an answer with that window takes no less time with a filter, if there is one. */
function lengthObstacleOf(window: AnswerWindow, { length }: RuleAnswer): string | undefined {
  const whole = length === SAME_AS_REQUEST ? DATA_BYTES : length;
  const readBytes = READ_BYTES + LOAD_DATA_BYTES + whole + RTS_BYTES;
  if (windowBytes(window, false) + GAIN_BYTES <= readBytes) return undefined;
  return `its answer needs so much of the request that reading all ${DATA_BYTES} bytes of it takes no longer`;
}
