// SPDX-License-Identifier: MIT
/**
 * Responder: decides what to do with a frame, and composes its answer. The caller sends, forwards or drops.
 *
 * Bounded: one look into the index, then one pass over its list of rules, whose cost the check of the table
 * bounds; the first that matches decides. Then at most 8 bytes are composed.
 */
import { DATA_BYTES_MAXIMUM, dataMaskOf, Frame } from '../can/frame';
import { fulfils } from './condition';
import { LiveValues, newLiveValues } from './live-values';
import {
  ANSWER_LENGTH_OF_REQUEST,
  PATH_SOFTWARE,
  Rule,
  RULE_ANSWER,
  RULE_FORWARD,
  SOURCE_LIVE,
  SOURCE_OWN,
  SOURCES_ALL_OWN,
} from './rule';
import { LIST_END } from '../../build/generated/rule-image';
import { RuleTable } from './rule-table';

/** Decision bit: `answer` is filled in and must be sent. */
export const DECISION_ANSWER: u32 = RULE_ANSWER;
/** Decision bit: the frame goes to AGL. */
export const DECISION_FORWARD: u32 = RULE_FORWARD;
/** Decision bit, with DECISION_ANSWER: the answer is constant, see `staticAnswer`. */
export const DECISION_STATIC: u32 = 1 << 2;

@final
export class Responder {
  /** The rule that matched last, or -1. */
  matchedRule: i32 = -1;
  /** The bytes that AGL sets for answers. */
  readonly liveValues: LiveValues = newLiveValues();

  constructor(readonly table: RuleTable) {}

  /** PATH_... of the rule that matched last; PATH_SOFTWARE if none matched. */
  get matchedPath(): u32 {
    return this.matchedRule < 0 ? PATH_SOFTWARE : (this.table.rule(this.matchedRule).path as u32);
  }

  /** Decides on `frame`. Returns DECISION_... bits; none of them: drop it. */
  decide(frame: Frame, answer: Frame): u32 {
    const table = this.table;
    const identifier = frame.identifier;
    const index = find(table, frame);
    this.matchedRule = index;
    if (index < 0) return table.forwardsUnmatched(identifier) ? DECISION_FORWARD : 0;

    table.hit(index);
    const rule = table.rule(index);
    const decision: u32 = rule.flags;
    if ((decision & DECISION_ANSWER) === 0) return decision;
    composeAnswer(rule, frame, answer, this.liveValues);
    return rule.isStatic ? decision | DECISION_STATIC : decision;
  }

  /** Fills in the answer of rule `index` if it is constant; else false. */
  staticAnswer(index: u32, answer: Frame): bool {
    return this.staticAnswerOf(this.table.rule(index), answer);
  }

  /** As `staticAnswer`, for a rule that need not be in the table. */
  staticAnswerOf(rule: Rule, answer: Frame): bool {
    if ((rule.flags & RULE_ANSWER) === 0 || !rule.isStatic) return false;
    composeAnswer(rule, answer, answer, this.liveValues);
    return true;
  }
}

/** The rule of `table` that `frame` of the bus matches, or -1. */
function find(table: RuleTable, frame: Frame): i32 {
  const identifier = frame.identifier;
  const length: u32 = frame.length;
  const data = frame.data;
  let at = table.busList(identifier);
  let index: u32 = load<u16>(at);
  while (index !== LIST_END) {
    const rule = table.rule(index);
    if (
      (identifier & rule.matchMask) === rule.matchIdentifier &&
      (data & rule.dataMask) === rule.dataValue &&
      length >= (rule.minimumLength as u32) &&
      (rule.isPlain || fulfils(frame, rule, table.conditions))
    ) {
      return index;
    }
    at += sizeof<u16>();
    index = load<u16>(at);
  }
  return -1;
}

/** Composes the answer of `rule` to `request`. The two frames may be the same. */
function composeAnswer(rule: Rule, request: Frame, answer: Frame, live: LiveValues): void {
  const wanted: u32 = rule.answerLength;
  const length = wanted === ANSWER_LENGTH_OF_REQUEST ? (request.length as u32) : wanted;
  const data =
    rule.answerSources === SOURCES_ALL_OWN ? rule.answerData : mixData(rule, request.data, live);
  answer.identifier = rule.answerIdentifier;
  answer.length = length as u8;
  answer.padding = 0;
  answer.reserved = 0;
  answer.rawDlc = 0;
  answer.data = data & dataMaskOf(length);
}

function mixData(rule: Rule, requestData: u64, live: LiveValues): u64 {
  const sources = rule.answerSources;
  let data = rule.answerData;
  for (let shift: u64 = 0; shift < DATA_BYTES_MAXIMUM << 3; shift += 8) {
    const source = (sources >> shift) & 0xff;
    if (source === SOURCE_OWN) continue;
    const byte: u64 =
      source < SOURCE_LIVE
        ? (requestData >> (source << 3)) & 0xff
        : live.at((source as u32) - SOURCE_LIVE);
    data = (data & ~((0xff as u64) << shift)) | (byte << shift);
  }
  return data;
}
