/**
 * Which way each rule's requests are recognised: by a hardware filter of the chip, or by reading them.
 *
 * Does not: know the bit rate and the SPI clock. Unless the file says `urgent-first`, the cell uses both
 * receive buffers for all frames when these leave too little time for one (src/cell/urgent/receive-layout.ts).
 *
 * The chip's filters RXF0 and RXF1 let requests into a receive buffer of their own and tell in two SPI
 * bytes which one it is; the static answer waits in a transmit buffer and goes out with the third. The
 * filters share one mask, look at the identifier and, in standard frames, at data bytes 0 and 1, and
 * one transmit buffer must be left for the answers of all other rules. They do not look at the length:
 * where the rule has one, it is read before the answer goes, three bytes more.
 */
import { counted } from '../cell-config/plural.ts';
import type { Rule, RuleTable } from './model.ts';
import { formatIdentifier, isStaticAnswer, liveValueOf } from './model.ts';

/** 0: by reading the frame; 1, 2: by filter RXF0, RXF1. The numbers stand in the image. */
export type PathNumber = 0 | 1 | 2;

/** The way of one rule, and why. */
export interface RulePath {
  readonly number: PathNumber;
  /** SPI bytes from INT to the end of RTS, of an answer that is loaded; 0 without an answer. */
  readonly spiBytes: number;
  /** The same when the answer before in its buffer was another rule's, or of another length. */
  readonly worstSpiBytes: number;
  /**
   * The longest time from INT to the end of RTS on an idle cell, SPI at 10 MHz, a core at 1.5 GHz;
   * 0 without an answer. Seen on the emulated board (docs/timing-budget.md), not on hardware.
   */
  readonly worstMicros: number;
  readonly reason: string;
}

/** Comes first where RXB0 is kept for the requests of filters. */
const RX_STATUS_BYTES = 2;
/** RX STATUS, RTS. */
const FILTER_BYTES = 3;
/** READ of RXB0DLC. */
const LENGTH_BYTES = 3;
/** Data bytes that a filter compares, of standard frames (DS20001801J, section 4.4). */
const FILTER_DATA_BYTES = 2;
/** READ RX BUFFER of a request with 8 data bytes. */
const READ_BYTES = 14;
const RTS_BYTES = 1;
const LOAD_DATA_BYTES = 1;
/** LOAD TX BUFFER from SIDH: identifier and length, too. */
const LOAD_HEADER_BYTES = 5;
/** 9 clocks of 10 MHz. */
const BYTE_MICROS = 0.9;
/** Up to the look that sees INT, and what chip selects and the service cost beside the bytes. */
const SERVICE_MICROS = 2.45;
/** A frame that is read: handling, answer; then each rule of the search, and RX STATUS's chip select. */
const READ_MICROS = 0.9;
const RULE_MICROS = 0.008;
const LOOK_MICROS = 0.3;

/** The way of each rule, in the order of the table. */
export function assignPaths(table: RuleTable): RulePath[] {
  const shared = table.receive === 'shared';
  const filtered = shared ? [] : chooseFiltered(table.rules);
  return table.rules.map((rule) => explain(rule, table, filtered, shared));
}

function chooseFiltered(rules: readonly Rule[]): readonly Rule[] {
  const candidates = rules
    .filter((rule) => obstacleOf(rule) === undefined)
    .sort((left, right) => urgencyOf(left) - urgencyOf(right));
  const [first] = candidates;
  if (first === undefined) return [];
  const second = candidates.find((rule) => rule !== first && sharesMask(rule, first));
  const answering = rules.filter(({ answer }) => answer !== null);
  return second !== undefined && answering.length === 2 ? [first, second] : [first];
}

/** The answer that wins arbitration over the others is the most urgent. */
function urgencyOf({ answer }: Rule): number {
  if (answer === null) return Infinity;
  // The first 11 bits decide between the forms, then the standard frame wins.
  return answer.extended ? answer.identifier * 2 + 1 : answer.identifier * 2 ** 19;
}

function sharesMask({ match: left }: Rule, { match: right }: Rule): boolean {
  return (
    left.mask === right.mask &&
    left.extended === right.extended &&
    left.data.every(({ mask }, index) => mask === right.data[index].mask)
  );
}

/** Why no filter can serve a rule, if so. */
function obstacleOf({ match, answer }: Rule): string | undefined {
  if (answer === null) return 'it has no answer';
  if (answer.source.some((source) => liveValueOf(source) !== undefined)) {
    return 'its answer has live values';
  }
  if (!isStaticAnswer(answer)) return 'its answer depends on the request';
  const beyond = match.data.findIndex(
    ({ mask }, index) => mask !== 0 && (match.extended || index >= FILTER_DATA_BYTES),
  );
  if (beyond < 0) return undefined;
  return match.extended
    ? 'it looks at the data, and of extended frames a filter sees the identifier only'
    : `it looks at data byte ${beyond}, and a filter sees bytes 0 and 1 only`;
}

function explain(
  rule: Rule,
  { rules }: RuleTable,
  filtered: readonly Rule[],
  shared: boolean,
): RulePath {
  const place = filtered.indexOf(rule);
  if (place >= 0) {
    const wantsLength = rule.match.minimumLength > 0;
    const reason =
      `filter RXF${place} recognises ${recognised(rule)}; the answer waits in TXB${2 - place}` +
      (wantsLength ? `; that ${lengthOfMatch(rule)} is read from RXB0DLC first` : '');
    const spiBytes = FILTER_BYTES + (wantsLength ? LENGTH_BYTES : 0);
    const worstMicros = spiBytes * BYTE_MICROS + SERVICE_MICROS;
    return {
      ...{ number: place === 0 ? (1 as const) : (2 as const), spiBytes, worstSpiBytes: spiBytes },
      ...{ worstMicros, reason },
    };
  }
  if (rule.answer === null) {
    return {
      ...{ number: 0, spiBytes: 0, worstSpiBytes: 0, worstMicros: 0, reason: 'it has no answer' },
    };
  }
  const data = isStaticAnswer(rule.answer) ? 0 : LOAD_DATA_BYTES + lengthOf(rule.answer.length);
  const lookBytes = filtered.length > 0 ? RX_STATUS_BYTES : 0;
  const spiBytes = lookBytes + READ_BYTES + data + RTS_BYTES;
  const byChoice = shared ? '"receive: shared" keeps no buffer for requests' : undefined;
  const reason = obstacleOf(rule) ?? byChoice ?? takenReason(rule, filtered);
  const others = rules.filter(
    (other) => other !== rule && other.answer !== null && !filtered.includes(other),
  );
  const isHeaderKept = others.length === 0 && rule.answer.length !== 'same-as-request';
  const whole = LOAD_HEADER_BYTES + LOAD_DATA_BYTES + lengthOf(rule.answer.length);
  const worstSpiBytes = isHeaderKept ? spiBytes : lookBytes + READ_BYTES + whole + RTS_BYTES;
  const handling = READ_MICROS + rules.length * RULE_MICROS + (lookBytes === 0 ? 0 : LOOK_MICROS);
  const worstMicros = worstSpiBytes * BYTE_MICROS + SERVICE_MICROS + handling;
  return { number: 0, spiBytes, worstSpiBytes, worstMicros, reason };
}

/** What the filter compares: identifier, and the data bytes that the rule looks at. */
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
  return `${first.name} has the filter; the other transmit buffer serves all other answers`;
}
