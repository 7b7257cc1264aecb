// SPDX-License-Identifier: MIT
/**
 * How each rule recognises its requests: by a hardware filter of the chip, or by reading the frame. And how long
 * its answer takes.
 *
 * The chip's filters RXF0 and RXF1 let requests into a receive buffer of their own, and two SPI bytes tell
 * which filter matched. An answer that depends on nothing in the request waits in a transmit buffer, and the
 * third byte sends it; if it is not static, the cell stages the next one after it (staged.ts). The filters share one mask. They compare the identifier and, in standard frames, data bytes 0 and 1. One
 * transmit buffer must be left for the answers of all other rules. Filters do not compare the length: if the
 * rule does, the cell reads it before it answers, which takes three more bytes.
 *
 * Of an answer with bytes of the request the rest waits in the buffer. Only those bytes, with the length, are read
 * out of the receive buffer, and only what changes is written (`window`).
 *
 * A rule that answers every frame with its identifier can have INT to itself, too. INT low is its request
 * then, and RTS is the only byte (`single`). Two such rules with one answer share that. So can an answer with bytes of
 * the request, if its identifiers are no remote frames'.
 *
 * Bit rate and SPI clock are unknown here. Unless the file names a layout, the cell takes the next slower way
 * if the clock leaves too little time (src/cell/urgent/receive-layout.ts).
 */
import { counted } from '../cell-config/plural.ts';
import { RULE_COSTS } from '../formats/rule-costs.ts';
import { slowestDecision } from './image/decision.ts';
import { programsOf } from './e2e/check.ts';
import { isStaged } from './staged.ts';
import type { Rule, RuleAnswer, RuleTable, Step } from './model.ts';
import { DATA_BYTES, formatIdentifier, isStaticAnswer } from './model.ts';
import {
  chooseFiltered,
  isSingle,
  isWindow,
  LOAD_DATA_BYTES,
  obstacleOf,
  READ_BYTES,
  RTS_BYTES,
  RX_STATUS_BYTES,
  sharesMask,
  singleObstacleOf,
  windowBytes,
  windowOf,
} from './ways.ts';

/** 0: by reading the frame. 1, 2: by filter RXF0, RXF1. The image holds these numbers. */
export type PathNumber = 0 | 1 | 2;

/** The path of one rule, and the reason. */
export interface RulePath {
  readonly number: PathNumber;
  /** INT alone tells the request; with `auto` where the cell finds that this loses no frame. */
  readonly single: boolean;
  /** The answer is made ahead of each request. One that comes before it is ready has its answer made at once. */
  readonly staged: boolean;
  /** The answer has bytes of the request, which are read out of the receive buffer. */
  readonly window: boolean;
  /** SPI bytes from INT to the end of RTS if the answer is preloaded; 0 without an answer. */
  readonly spiBytes: number;
  /** The same if the answer's buffer last held the answer of another rule or of another length. */
  readonly worstSpiBytes: number;
  /**
   * The longest time from INT to the end of RTS on an idle cell with SPI at 10 MHz and a core at 1.5 GHz;
   * 0 without an answer. Measured on the emulated board (docs/timing-budget.md), not on hardware.
   */
  readonly worstMicros: number;
  readonly reason: string;
}

/** RX STATUS, RTS. */
const FILTER_BYTES = 3;
/** RTS alone. */
const SINGLE_BYTES = 1;
/** READ of RXB0DLC. */
const LENGTH_BYTES = 3;
/** LOAD TX BUFFER from SIDH: includes identifier and length. */
const LOAD_HEADER_BYTES = 5;
/** 9 clocks of 10 MHz. */
const BYTE_MICROS = 0.9;
/** From INT to the look that sees it, plus chip selects and the service, without the bytes. */
const SERVICE_MICROS = 2.45;
/** For a frame that is read: handling, answer, and which buffer sends it; the decision and the steps come on top. */
const READ_MICROS = 1.05;
/** Beside a rule with a filter: the chip select of RX STATUS, and the strength of what its buffer holds. */
const LOOK_MICROS = 0.55;
/** An answer with bytes of the request: two more chip selects, and making it. */
const WINDOW_MICROS = 0.9;
/** The longest way from INT to the end of RTS where INT alone tells the request. */
const SINGLE_MICROS = 2.7;
/** Then all other frames wait for READ STATUS, at most this long (src/cell/urgent/single.ts). */
const POLL_MICROS = 16;
const NANOS_PER_MICRO = 1_000;
/** What the programs of a rule take together, in ns. */
export function programNanos({
  answer,
  moreAnswers = [],
  modify = [],
  check,
  watch,
}: RulePrograms): number {
  const steps = [answer, ...moreAnswers].flatMap((each) => each?.steps ?? []);
  const checking = check === undefined ? 0 : RULE_COSTS.CHECK_NANOS;
  const watching = watch === undefined ? 0 : RULE_COSTS.WATCH_NANOS;
  return watching + checking + stepsNanos([...programsOf(check), ...steps, ...modify]);
}

type RulePrograms = Pick<Rule, 'answer' | 'moreAnswers' | 'modify' | 'check' | 'watch'>;

/** The path of each rule, in the order of the table. */
export function assignPaths(table: RuleTable): RulePath[] {
  const filtered = chooseFiltered(table);
  const tryNanos = slowestDecision(table.rules)?.nanos ?? 0;
  return table.rules.map((rule) => explain(rule, table, filtered, tryNanos));
}

/** Transmit buffers of the chip, and those that the frames of AGL have at most. */
const TRANSMIT_BUFFERS = 3;
const AGL_BUFFERS_MAXIMUM = 2;

/**
 * Transmit buffers that the frames of AGL have at once: those that no filter keeps, less one where
 * other answers need it. With two they leave without a gap.
 */
export function aglBuffersOf(table: RuleTable): number {
  const answering = assignPaths(table).filter((_, index) => {
    const { answer, from } = table.rules[index];
    return answer !== null && from === undefined;
  });
  const kept = new Set(answering.map(({ number }) => number).filter((number) => number !== 0));
  const needed = answering.some(({ number }) => number === 0) ? 1 : 0;
  const free = TRANSMIT_BUFFERS - kept.size - needed;
  return Math.max(1, Math.min(AGL_BUFFERS_MAXIMUM, free));
}

function explain(
  rule: Rule,
  table: RuleTable,
  filtered: readonly Rule[],
  tryNanos: number,
): RulePath {
  const place = filtered.indexOf(rule);
  if (place >= 0) {
    return isWindow(rule)
      ? explainWindow(rule, place, table, filtered)
      : explainFilter(rule, place, table, filtered);
  }
  if (rule.answer === null) {
    return {
      ...{ number: 0, single: false, staged: false, window: false },
      ...{ spiBytes: 0, worstSpiBytes: 0, worstMicros: 0 },
      reason: 'it has no answer',
    };
  }
  return explainRead(rule, rule.answer, table, filtered, tryNanos);
}

function explainFilter(
  rule: Rule,
  place: number,
  { receive }: RuleTable,
  filtered: readonly Rule[],
): RulePath {
  const wantsLength = rule.match.minimumLength > 0;
  const filterBytes = FILTER_BYTES + (wantsLength ? LENGTH_BYTES : 0);
  const filterMicros = filterBytes * BYTE_MICROS + SERVICE_MICROS;
  const recognises = `filter RXF${place} recognises ${recognised(rule)}`;
  const waits = waitsIn(rule, isSingle(receive, filtered) ? 0 : place);
  if (isSingle(receive, filtered)) {
    const orElse = `; where SPI is too slow for the bit rate, or the core sleeps (idle=wfi), RX STATUS tells it, ${FILTER_BYTES} bytes`;
    const isAuto = receive === undefined;
    return {
      ...{ number: 1, single: true, staged: isStaged(rule), window: false },
      spiBytes: SINGLE_BYTES,
      worstSpiBytes: isAuto ? filterBytes : SINGLE_BYTES,
      worstMicros: isAuto ? filterMicros : SINGLE_MICROS,
      reason: `${recognises}, and INT tells of it alone; ${waits}${isAuto ? orElse : ''}`,
    };
  }
  const obstacle =
    receive === 'urgent-first' ? '"receive: urgent-first"' : singleObstacleOf(filtered[0]);
  const reason =
    `${recognises}; ${waits}` +
    (wantsLength ? `; that ${lengthOfMatch(rule)} is read from RXB0DLC first` : '') +
    `; INT alone does not tell it: ${obstacle ?? 'another rule has a filter, with another answer'}`;
  return {
    ...{ number: place === 0 ? (1 as const) : (2 as const), single: false, window: false },
    staged: isStaged(rule),
    ...{ spiBytes: filterBytes, worstSpiBytes: filterBytes, worstMicros: filterMicros, reason },
  };
}

/** Where the answer is until its request comes. */
function waitsIn(rule: Rule, place: number): string {
  const buffer = `waits in TXB${2 - place}`;
  if (!isStaged(rule)) return `the answer ${buffer}`;
  return `the answer is staged: the next one ${buffer}; a request that comes sooner has it made at once`;
}

function explainWindow(
  rule: Rule,
  place: number,
  { receive }: RuleTable,
  filtered: readonly Rule[],
): RulePath {
  const window = rule.answer === null ? undefined : windowOf(rule.answer);
  if (window === undefined) throw new Error(`${rule.name} has no window`);
  const single = isSingle(receive, filtered);
  const spiBytes = windowBytes(window, single);
  const worstSpiBytes = windowBytes(window, single && receive === 'single');
  const { read, first, count } = window;
  const told = `filter RXF${place} recognises ${recognised(rule)}${single ? ', and INT tells of it alone' : ''}`;
  const what = `RXB0DLC and ${bytesFrom(0, read)} are read, and ${bytesFrom(first, count)} of the answer in TXB${2 - place} written`;
  const orElse =
    single && receive === undefined
      ? `; where SPI is too slow for the bit rate, or the core sleeps (idle=wfi), RX STATUS tells it, ${worstSpiBytes} bytes`
      : '';
  const layout = `"receive: ${receive}"`;
  const obstacle = receive === undefined ? singleObstacleOf(filtered[0]) : layout;
  const because = single
    ? orElse
    : `; INT alone does not tell it: ${obstacle ?? 'another rule has a filter, with another answer'}`;
  return {
    ...{ number: place === 0 ? (1 as const) : (2 as const), single, staged: false, window: true },
    ...{ spiBytes, worstSpiBytes },
    worstMicros: worstSpiBytes * BYTE_MICROS + SERVICE_MICROS + WINDOW_MICROS,
    reason: `${told}; ${what}${because}`,
  };
}

/** `D0`, or `D1 to D3`. */
function bytesFrom(first: number, count: number): string {
  return count === 1 ? `D${first}` : `D${first} to D${first + count - 1}`;
}

function explainRead(
  rule: Rule,
  answer: RuleAnswer,
  { rules, receive }: RuleTable,
  filtered: readonly Rule[],
  tryNanos: number,
): RulePath {
  const data = isStaticAnswer(answer) ? 0 : LOAD_DATA_BYTES + lengthOf(answer.length);
  const lookBytes = filtered.length > 0 ? RX_STATUS_BYTES : 0;
  const spiBytes = lookBytes + READ_BYTES + data + RTS_BYTES;
  const byChoice =
    receive === 'shared'
      ? '"receive: shared" keeps no buffer for requests'
      : (receive === 'single' && singleObstacleOf(rule) !== undefined) ||
          (receive === 'window' && !isWindow(rule))
        ? `"receive: ${receive}" keeps the buffer for another request`
        : undefined;
  const reason = obstacleOf(rule, rules) ?? byChoice ?? takenReason(rule, filtered);
  const others = rules.filter(
    (other) =>
      other !== rule &&
      other.answer !== null &&
      other.from === undefined &&
      !filtered.includes(other),
  );
  const { steps = [] } = answer;
  const isLengthChanged = steps.some(
    ({ kind }) => kind.endsWith('-length') && kind !== 'load-length',
  );
  const isHeaderChanged =
    isLengthChanged || changesIdentifier(answer) || rule.moreAnswers !== undefined;
  const isHeaderKept =
    others.length === 0 && answer.length !== 'same-as-request' && !isHeaderChanged;
  const wholeLength = isLengthChanged ? DATA_BYTES : lengthOf(answer.length);
  const whole = LOAD_HEADER_BYTES + LOAD_DATA_BYTES + wholeLength;
  const worstSpiBytes = isHeaderKept ? spiBytes : lookBytes + READ_BYTES + whole + RTS_BYTES;
  const polled = isSingle(receive, filtered) ? POLL_MICROS : 0;
  const beside = lookBytes === 0 ? 0 : LOOK_MICROS;
  const { check } = rule;
  const checking = check === undefined ? 0 : RULE_COSTS.CHECK_NANOS + stepsNanos([check.step]);
  const program = (checking + stepsNanos(steps)) / NANOS_PER_MICRO;
  const handling = READ_MICROS + tryNanos / NANOS_PER_MICRO + program + beside + polled;
  const worstMicros = worstSpiBytes * BYTE_MICROS + SERVICE_MICROS + handling;
  const costs = { spiBytes, worstSpiBytes, worstMicros };
  return { number: 0, single: false, staged: false, window: false, ...costs, reason };
}

function changesIdentifier({ steps = [] }: RuleAnswer): boolean {
  return steps.some(({ kind }) => kind.endsWith('-identifier') && kind !== 'load-identifier');
}

/** The longest time of a program. */
function stepsNanos(steps: readonly Step[]): number {
  const { CHECKSUM_STEP_NANOS, PROGRAM_STEP_NANOS } = RULE_COSTS;
  return steps.reduce((sum, { kind }) => {
    return sum + (kind.startsWith('checksum') ? CHECKSUM_STEP_NANOS : PROGRAM_STEP_NANOS);
  }, 0);
}

/** What the filter compares: the identifier, and the data bytes that the rule compares. */
function recognised({ match }: Rule): string {
  const identifier = formatIdentifier(match.identifier, match.extended);
  const places = match.data.flatMap(({ mask }, index) => (mask === 0 ? [] : [`D${index}`]));
  return places.length === 0 ? identifier : `${identifier} with ${places.join(' and ')}`;
}

function lengthOfMatch({ match }: Rule): string {
  const { minimumLength } = match;
  return `the frame has ${counted(minimumLength, 'byte')}`;
}

function lengthOf(length: number | 'same-as-request'): number {
  return length === 'same-as-request' ? 8 : length;
}

function takenReason(rule: Rule, filtered: readonly Rule[]): string {
  const [first, second] = filtered;
  if (first === undefined || second !== undefined) return 'both filters are taken';
  if (!sharesMask(rule, first)) {
    return `filter RXF1 shares the mask of RXF0, and ${first.name} needs another`;
  }
  return singleObstacleOf(first) === undefined
    ? `INT tells of ${first.name} alone, and its answer is another; "receive: urgent-first" gives both a filter if no third rule answers`
    : `${first.name} has the filter; the other transmit buffer serves all other answers`;
}
