// SPDX-License-Identifier: MIT
/**
 * What `explain` says of a table without a bus: the way and the cost of each answer, its rate, the longest decision,
 * and the use of the receive buffers.
 *
 * Does not: know the bus (bus/report.ts).
 */
import { counted } from '../cell-config/plural.ts';
import { mostBits } from './bus/frame-time.ts';
import { timedLoad } from './bus/timed-load.ts';
import { describePending } from './diagnosis/pending.ts';
import { describeRate } from './describe-steps.ts';
import { describeTimer, describeWatch } from './describe-timer.ts';
import { slowestDecision } from './image/decision.ts';
import type { Rule, RuleTable, Timer } from './model.ts';
import { BUSY_CELL_MICROS } from './bus/cell-delays.ts';
import { DEFAULT_RATE, formatIdentifier, hasDefaultRate, rateOf, timerOf } from './model.ts';
import type { RulePath } from './paths.ts';
import { assignPaths } from './paths.ts';

/** One line for each rule, then those about the whole table. */
export function explainTable(table: RuleTable): string[] {
  const { rules } = table;
  const isAnswering = rules.some((rule) => rateOf(rule) !== undefined || hasDefaultRate(rule));
  return [
    ...assignPaths(table).map((path, index) => explainRule(rules[index], path)),
    'Bytes are for requests of 8 data bytes; at most: when another rule has answered before.',
    `Times are the longest from INT to the request to send, idle, SPI 10 MHz, core 1.5 GHz (emulated board); up to ${BUSY_CELL_MICROS} us more on a busy cell.`,
    ...(isAnswering ? [DEFAULT_RATE_TEXT] : []),
    ...explainLoads(table),
    ...(table.pending === undefined ? [] : [`${capitalised(describePending(table.pending))}.`]),
    explainDecision(table),
    explainLayout(table),
  ];
}

/** 500 bit times of a bus at 500 kbit/s are 1 ms. */
const DEFAULT_RATE_TEXT =
  `Rates: an answering rule that states none has the default, one answer in ${DEFAULT_RATE.intervalBits} bit times of the bus ` +
  `(1,000 a second at 500 kbit/s), ${DEFAULT_RATE.burst} at once; "rate: none" takes it away.`;

/** The share of a bus at this bit rate that frames of timers have, with all stuff bits. */
const LOAD_BITRATE = 500_000;

function explainTimer({ name, answer }: Rule, timer: Timer): string {
  const frame = answer && formatIdentifier(answer.identifier, answer.extended);
  return `${name.padEnd(24)} ${'timer'.padEnd(14)} ${frame ?? 'nothing'} ${describeTimer(timer)}.`;
}

function explainNotice({ name, answer, from }: Rule): string {
  const frame = answer && formatIdentifier(answer.identifier, answer.extended);
  const to = from === 'agl' ? 'AGL' : 'the bus';
  return `${name.padEnd(24)} ${'notice'.padEnd(14)} ${frame ?? 'nothing'} to ${to}, when it has something to tell.`;
}

/** What the timers of a table put on a bus of 500 kbit/s; none: it has no timer. */
function explainLoads({ rules }: RuleTable): string[] {
  const shareOf = (during: Timer['during']) => {
    const loads = rules.map((rule) => {
      return timerOf(rule)?.during === during ? timedLoad(rule, LOAD_BITRATE, mostBits) : 0;
    });
    return `${(100 * loads.reduce((sum, load) => sum + load, 0)).toFixed(1)} %`;
  };
  if (rules.every((rule) => timerOf(rule) === undefined)) return [];
  const hasSafe = rules.some((rule) => timerOf(rule)?.during === 'safe-state');
  const safe = hasSafe ? `; in the safe state ${shareOf('safe-state')} more` : '';
  const line = `Timers: ${shareOf(undefined)} of a bus of 500 kbit/s with every stuff bit${safe}.`;
  return [line];
}

function explainRule(rule: Rule, path: RulePath): string {
  const timer = timerOf(rule);
  if (timer !== undefined) return explainTimer(rule, timer);
  if (rule.when === 'notice') return explainNotice(rule);
  const { number, spiBytes, worstSpiBytes, worstMicros, reason } = path;
  const kind = path.window ? 'window' : 'filter';
  const alone = path.window ? 'single, window' : 'single';
  const way = number === 0 ? 'read' : path.single ? alone : `${kind} RXF${number - 1}`;
  const most = worstSpiBytes === spiBytes ? '' : `, at most ${worstSpiBytes}`;
  const bytes =
    spiBytes === 0
      ? ''
      : `${counted(spiBytes, 'SPI byte')} to the answer${most}, ${worstMicros.toFixed(1)} us. `;
  const watch = rule.watch === undefined ? '' : ` Frames: ${describeWatch(rule.watch)}.`;
  return `${rule.name.padEnd(24)} ${way.padEnd(14)} ${bytes}${capitalised(reason)}.${explainRate(rule)}${watch}`;
}

/** Of a rule that has or may have a limit: ` Rate: one in 500 bit times, 250 at once (the default).` */
function explainRate(rule: Rule): string {
  const rate = rateOf(rule);
  const isLimited = rate !== undefined || hasDefaultRate(rule);
  return isLimited && timerOf(rule) === undefined ? ` Rate: ${describeRate(rate)}.` : '';
}

/** The longest time to find the rule of a frame, and where. */
function explainDecision({ rules }: RuleTable): string {
  const slowest = slowestDecision(rules);
  if (slowest === undefined) return 'Decision: there are no rules.';
  const { nanos, identifier, rules: tried } = slowest;
  const names = tried.map(({ name }) => name).join(', ');
  return `Decision: at most ${(nanos / 1000).toFixed(2)} us, for ${identifier}: ${counted(tried.length, 'rule')} tried, ${names}.`;
}

/** Describes the use of the receive buffers and what decides it. */
function explainLayout(table: RuleTable): string {
  if (table.receive === 'shared') return 'Receive buffers: both for all frames, as the file says.';
  if (table.receive === 'urgent-first' || table.receive === 'window') {
    return 'Receive buffers: RXB0 for what filters recognise, as the file says; RXB1 for the rest.';
  }
  const paths = assignPaths(table);
  if (table.receive === 'single') {
    return 'Receive buffers: RXB0 and INT for the one request, as the file says; RXB1 for the rest, found by READ STATUS.';
  }
  if (paths.some(({ single }) => single)) {
    return 'Receive buffers: RXB0 and INT for the one request, RXB1 for the rest, found by READ STATUS; if SPI is too slow for that, INT for all; if it is too slow for one buffer, both for all.';
  }
  return paths.some(({ number }) => number !== 0)
    ? 'Receive buffers: RXB0 for what filters recognise, unless SPI is too slow for the bit rate; then both for all, and every request is read.'
    : 'Receive buffers: both for all frames, as no filter recognises a request.';
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
