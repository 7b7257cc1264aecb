// SPDX-License-Identifier: MIT
/**
 * Responder: decides what to do with a frame, and composes its answer. The caller sends, forwards or drops.
 *
 * Bounded: one look into the index, then one pass over its list of rules, whose cost the check of the table
 * bounds; the first that matches decides. Then at most 8 bytes are composed.
 */
import { ActionFields, STEP_BYTES } from '../../build/generated/rule-image';
import { dataMaskOf, Frame, FRAME_BYTES } from '../can/frame';
import { hasWindow } from './answer-window';
import { CHECK_PASS, CheckResult, dispositionOf, noteMissed, resultOf } from './e2e-check';
import { mixData } from './compose';
import { LiveValues, newLiveValues } from './live-values';
import { runProgram } from './program';
import { allowedTicks, charge, intervalTicks } from './rate';
import { modifiedBy } from './locked-wall';
import { find, Refusal, refusalOf } from './find-rule';
import {
  ANSWER_LENGTH_OF_REQUEST,
  PATH_SOFTWARE,
  Rule,
  RULE_ANSWER,
  RULE_FORWARD,
  SOURCES_ALL_OWN,
} from './rule';
import { RuleTable } from './rule-table';

/** Decision bit: `answer` is filled in and must be sent. */
export const DECISION_ANSWER: u32 = RULE_ANSWER;
/** Decision bit: the frame goes to AGL. */
export const DECISION_FORWARD: u32 = RULE_FORWARD;
/** Decision bit, with DECISION_ANSWER: the answer is constant, see `staticAnswer`. */
export const DECISION_STATIC: u32 = 1 << 2;
/** Decision bit, alone: the rule that matched has more than an answer by its record. See RuleActions. */
export const DECISION_MORE: u32 = 1 << 3;

@final
export class Responder {
  /** The rule that matched last, or -1. */
  matchedRule: i32 = -1;
  /** The bytes that AGL sets for answers. */
  readonly liveValues: LiveValues = newLiveValues();
  /** Of the clock that gives `nowTicks`. */
  ticksPerSecond: u64 = 1;

  constructor(readonly table: RuleTable) {}

  /** PATH_... of the rule that matched last; PATH_SOFTWARE if none matched. */
  get matchedPath(): u32 {
    return this.matchedRule < 0 ? PATH_SOFTWARE : (this.table.rule(this.matchedRule).path as u32);
  }

  /** Decides on `frame`. Returns DECISION_... bits; none of them: drop it. */
  decide(frame: Frame, answer: Frame): u32 {
    const table = this.table;
    const identifier = frame.identifier;
    const word = table.busWord(identifier);
    const index = word === 0 ? -1 : find(table, frame, table.listAt(word));
    this.matchedRule = index;
    if (index < 0) return table.forwardsUnmatched(identifier) ? DECISION_FORWARD : 0;

    table.hit(index);
    const rule = table.rule(index);
    if (rule.hasMore) return DECISION_MORE;
    const decision: u32 = rule.flags;
    if ((decision & DECISION_ANSWER) === 0) return decision;
    this.compose(rule, frame, answer);
    return rule.isStatic ? decision | DECISION_STATIC : decision;
  }

  /**
   * Decides on a frame of AGL's. True: AglGate carries out the rule that matches, or refuses the frame. False:
   * it goes to the bus.
   */
  matchesFromAgl(frame: Frame): bool {
    const table = this.table;
    if (!table.judgesAgl) return false;
    const index = find(table, frame, table.listAt(table.aglWord(frame.identifier)));
    this.matchedRule = index;
    if (index < 0) return table.judgesAll;
    table.hit(index);
    return true;
  }

  /** Why `frame`, which is AGL's and which no rule takes, is refused. */
  refusalOf(frame: Frame): Refusal {
    const table = this.table;
    return refusalOf(table, frame, table.listAt(table.aglWord(frame.identifier)));
  }

  /** What the record of rule `index` says of its answer, which takes nothing from the request. */
  composeAlone(index: u32, answer: Frame): void {
    this.compose(this.table.rule(index), answer, answer);
  }

  /** Fills in the answer of rule `index` if it is constant; else false. */
  staticAnswer(index: u32, answer: Frame): bool {
    return this.staticAnswerOf(this.table.rule(index), answer);
  }

  /** As `staticAnswer`, for a rule that need not be in the table. */
  staticAnswerOf(rule: Rule, answer: Frame): bool {
    if ((rule.flags & RULE_ANSWER) === 0 || !rule.isStatic) return false;
    this.compose(rule, answer, answer);
    return true;
  }

  /**
   * Fills in what of the answer of rule `index` waits in the transmit buffer of its filter: all of it, or header and
   * constants, with zeros for bytes of the request. False: nothing does.
   */
  keptAnswer(index: u32, answer: Frame): bool {
    return this.keptAnswerOf(this.table.rule(index), answer);
  }

  /** As `keptAnswer`, for a rule that need not be in the table. */
  keptAnswerOf(rule: Rule, answer: Frame): bool {
    if (this.staticAnswerOf(rule, answer)) return true;
    if ((rule.flags & RULE_ANSWER) === 0 || !hasWindow(rule)) return false;
    memory.fill(changetype<usize>(answer), 0, FRAME_BYTES);
    this.compose(rule, answer, answer);
    return true;
  }

  /** The first answer of the rule that matched last. False: its steps make no frame. */
  makeAnswer(request: Frame, answer: Frame): bool {
    const rule = this.table.rule(this.matchedRule);
    this.compose(rule, request, answer);
    return this.run(rule.stepFirst, rule.steps, request, answer);
  }

  /** The answer of an action of that rule. False: its steps make no frame. */
  makeMore(action: ActionFields, request: Frame, answer: Frame): bool {
    answer.identifier = action.identifier;
    this.fill(action.length, action.data, action.sources, request, answer);
    return this.run(action.stepFirst, action.stepCount, request, answer);
  }

  /**
   * Address of what that rule, whose record is `rule`, makes of a frame that it forwards; 0: no frame. `disposition`:
   * what `check` has said.
   */
  modifiedBy(rule: Rule, request: Frame, modified: Frame, disposition: u32): usize {
    const table = this.table;
    const state = table.states.of(this.matchedRule);
    return modifiedBy(table, rule, state, this.liveValues, request, modified, disposition);
  }

  /** Checks `frame` by that rule's check `action`. What becomes of it: `dispositionOf`. Counts one that does not pass. */
  check(action: ActionFields, frame: Frame): CheckResult {
    const table = this.table;
    const index = this.matchedRule;
    const result = resultOf(table, action, table.states.of(index), frame);
    if (dispositionOf(action, result) !== CHECK_PASS) table.refuse(index);
    return result;
  }

  /** No frame came for that rule's check `action`. What becomes of it: CHECK_... . */
  missed(action: ActionFields): u32 {
    noteMissed(action, this.table.states.of(this.matchedRule));
    return dispositionOf(action, CheckResult.NoNewData);
  }

  /** The answer of rule `index` of the locked table, made from `request`. False: its steps make no frame. */
  makeLocked(index: u32, request: Frame, answer: Frame): bool {
    const wall = this.table.wall;
    const sections = wall.sections;
    const rule = sections.rule(index);
    this.compose(rule, request, answer);
    if (rule.steps === 0) return true;
    const steps = sections.steps + rule.stepFirst * STEP_BYTES;
    const tables = sections.checksumTables;
    const state = wall.stateOf(index);
    return runProgram(steps, rule.steps, tables, request, answer, this.liveValues, state);
  }

  /**
   * An answer of the rule that matched last leaves at `nowTicks`. True: its rate is used up now.
   * `bitsPerSecond`: of the bus, the unit of some rates.
   */
  charge(nowTicks: u64, bitsPerSecond: u32): bool {
    const index = this.matchedRule;
    const rule = this.table.rule(index);
    const interval = intervalTicks(rule, this.ticksPerSecond, bitsPerSecond);
    return interval !== 0 && charge(rule, this.table.states.of(index), nowTicks, interval);
  }

  /** True if the rate of the rule that matched last allows an answer at `nowTicks`. Else counts it. */
  allows(nowTicks: u64, bitsPerSecond: u32): bool {
    const index = this.matchedRule;
    const rule = this.table.rule(index);
    if (!rule.isLimited) return true;
    if (nowTicks >= this.allowedTicks(index, bitsPerSecond)) {
      rule.isLimited = false;
      return true;
    }
    this.table.refuse(index);
    return false;
  }

  /** Asks the rate of the rule that matched last, and charges it. */
  takes(nowTicks: u64, bitsPerSecond: u32): bool {
    if (!this.allows(nowTicks, bitsPerSecond)) return false;
    this.charge(nowTicks, bitsPerSecond);
    return true;
  }

  /** The earliest time at which rule `index`, whose rate is used up, may answer. */
  allowedTicks(index: u32, bitsPerSecond: u32): u64 {
    const rule = this.table.rule(index);
    const interval = intervalTicks(rule, this.ticksPerSecond, bitsPerSecond);
    return allowedTicks(rule, this.table.states.of(index), interval);
  }

  /** Carries out steps of the rule that matched last on `target`. False: no frame. */
  private run(first: u32, count: u32, request: Frame, target: Frame): bool {
    if (count === 0) return true;
    const table = this.table;
    const steps = table.steps + first * STEP_BYTES;
    const state = table.states.of(this.matchedRule);
    return runProgram(steps, count, table.checksumTables, request, target, this.liveValues, state);
  }

  /** Composes the answer of `rule` to `request`, as its record says. The two frames may be the same. */
  private compose(rule: Rule, request: Frame, answer: Frame): void {
    answer.identifier = rule.answerIdentifier;
    this.fill(rule.answerLength, rule.answerData, rule.answerSources, request, answer);
  }

  private fill(wanted: u32, own: u64, sources: u64, request: Frame, answer: Frame): void {
    const length = wanted === ANSWER_LENGTH_OF_REQUEST ? (request.length as u32) : wanted;
    const data =
      sources === SOURCES_ALL_OWN ? own : mixData(own, sources, request.data, this.liveValues);
    answer.length = length as u8;
    answer.padding = 0;
    answer.reserved = 0;
    answer.rawDlc = 0;
    answer.data = data & dataMaskOf(length);
  }
}
