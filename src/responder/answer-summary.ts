// SPDX-License-Identifier: MIT
/**
 * AnswerSummary: what the rules and timers of a table say about answers on the bus, gathered while they are
 * checked, so that nobody has to go through them again while the cell runs.
 */
import {
  SAFE_FRAMES_MAXIMUM,
  TIMER_IN_SAFE_STATE,
  TIMER_PENDING,
  TimerFields,
} from '../../build/generated/rule-image';
import { hasIdentifiers, moreAnswersOf } from './program-check';
import {
  PATH_FILTER_0,
  PATH_FILTER_1,
  PATH_SOFTWARE,
  Rule,
  RULE_ANSWER,
  RULE_FROM_AGL,
} from './rule';
import { TableSections } from './table-sections';

@final
export class AnswerSummary {
  /** Answers of all rules about frames of the bus. */
  answers: u32 = 0;
  /** Some of them have no buffer that is kept for them. */
  hasUnkept: bool = false;
  /** The rule with PATH_FILTER_0, the second of them, and the one with PATH_FILTER_1; or -1. */
  first: i32 = -1;
  same: i32 = -1;
  second: i32 = -1;
  /** The first rule with a static answer, or -1. */
  firstStatic: i32 = -1;
  /** A rule with another buffer answers with the identifier of `first`; of `second`. */
  firstIsShared: bool = false;
  secondIsShared: bool = false;
  /** The timer that is response pending, or -1. */
  pending: i32 = -1;
  /** Frames of the safe state. */
  private safeFrames: u32 = 0;

  clear(): void {
    this.safeFrames = 0;
    this.answers = 0;
    this.hasUnkept = false;
    this.first = -1;
    this.same = -1;
    this.second = -1;
    this.firstStatic = -1;
    this.firstIsShared = false;
    this.secondIsShared = false;
    this.pending = -1;
  }

  /**
   * Adds rule `index` of the table `sections`, which is about frames of the bus. False: too many rules have a filter's
   * path, or it has, and its answers have different identifiers: one that is kept leaves before anybody looks at the order.
   */
  add(rule: Rule, index: u32, sections: TableSections): bool {
    if ((rule.flags & RULE_ANSWER) === 0) return true;
    const more = moreAnswersOf(rule, sections);
    if (rule.hasMore && hasIdentifiers(rule, sections)) {
      if ((rule.path as u32) !== PATH_SOFTWARE) return false;
      rule.tie();
    }
    this.answers += 1 + more;
    if (this.firstStatic < 0 && rule.isStatic) this.firstStatic = index;
    const path: u32 = rule.path;
    if (path === PATH_SOFTWARE || more !== 0) this.hasUnkept = true;
    if (path === PATH_FILTER_0) {
      if (this.first < 0) this.first = index;
      else if (this.same < 0) this.same = index;
      else return false;
    } else if (path === PATH_FILTER_1) {
      if (this.second >= 0) return false;
      this.second = index;
    }
    return true;
  }

  /** Adds timer `index`. False: it is a second response pending, or a frame too many of the safe state. */
  addTimer(timer: TimerFields, index: u32): bool {
    if ((timer.flags & TIMER_IN_SAFE_STATE) !== 0) this.safeFrames++;
    if (this.safeFrames > SAFE_FRAMES_MAXIMUM) return false;
    if ((timer.kind as u32) !== TIMER_PENDING) return true;
    if (this.pending >= 0) return false;
    this.pending = index;
    return true;
  }

  /** Whether `rule` of the table `sections` sends an identifier that another rule's kept buffer sends, too. */
  noteSharing(rule: Rule, sections: TableSections): void {
    if ((rule.flags & (RULE_ANSWER | RULE_FROM_AGL)) !== RULE_ANSWER) return;
    if (this.first >= 0 && isShared(rule, sections.rule(this.first))) this.firstIsShared = true;
    if (this.second >= 0 && isShared(rule, sections.rule(this.second))) this.secondIsShared = true;
  }

  /** The number of different answers: two with one answer in one buffer are one. */
  get different(): u32 {
    return this.same < 0 ? this.answers : this.answers - 1;
  }

  /** The rule that filter RXF1 recognises, or -1: it has an answer of its own, or that of `first`. */
  get recognisedSecond(): i32 {
    return this.same < 0 ? this.second : this.same;
  }
}

function isShared(rule: Rule, kept: Rule): bool {
  return rule.path !== kept.path && rule.answerIdentifier === kept.answerIdentifier;
}
