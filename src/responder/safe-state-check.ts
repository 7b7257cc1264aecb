// SPDX-License-Identifier: MIT
/**
 * SafeStateCheck: whether a table that AGL loads beside a locked wall has the safe state of the locked table, as it is.
 *
 * Compared are the records of its timers, the frames that they send and that tell of their end (bytes, steps and
 * checksum tables), and what the rules match whose frames are heartbeats or end it. Numbers of rules, steps and tables may differ, and so may names.
 * Does not: look at what else the table has. What that says by the identifiers of the safe state, the wall refuses.
 */
import {
  CHECKSUM_TABLE_BYTES,
  CONDITION_BYTES,
  RULE_FROM_AGL,
  STEP_BYTES,
  STEP_CHECKSUM_CRC8,
  STEP_CHECKSUM_E2E8,
  StepFields,
  TIMER_IN_SAFE_STATE,
  TIMER_SAFE_STATE,
  TimerFields,
} from '../../build/generated/rule-image';
import { Status } from '../rt/status';
import { LockedWall } from './locked-wall';
import { Rule } from './rule';
import { TableSections } from './table-sections';

@final
export class SafeStateCheck {
  /** The next timer of the new table, and of the locked one. */
  private next: u32 = 0;
  private own: u32 = 0;
  /** The two before these are the same so far; what tells of the end of their frames comes in a step of its own. */
  private isNoticeLeft: bool = false;

  begin(): void {
    this.next = 0;
    this.own = 0;
    this.isNoticeLeft = false;
  }

  /**
   * Looks at one timer, or at what tells of its end. `Busy`: there is more. `Ok`: the wall has no safe state, or it is
   * the same.
   */
  step(sections: TableSections, wall: LockedWall): Status {
    if (!wall.hasSafeState) return Status.Ok;
    const locked = wall.sections;
    if (this.isNoticeLeft) {
      this.isNoticeLeft = false;
      const made = sections.timer(this.next - 1);
      const isSame = isSameNotice(sections, made, locked, locked.timer(this.own - 1));
      return isSame ? Status.Busy : Status.RulesSafeState;
    }
    if (this.own < locked.timerCount && !isOfSafeState(locked.timer(this.own))) {
      this.own++;
      return Status.Busy;
    }
    if (this.next === sections.timerCount) {
      return this.own === locked.timerCount ? Status.Ok : Status.RulesSafeState;
    }
    const timer = sections.timer(this.next++);
    if (!isOfSafeState(timer)) return Status.Busy;
    if (this.own === locked.timerCount) return Status.RulesSafeState;
    const isSame = isSameTimer(sections, timer, locked, locked.timer(this.own++));
    this.isNoticeLeft = isSame;
    return isSame ? Status.Busy : Status.RulesSafeState;
  }
}

/** True if a table has one. Its record is the first timer. */
export function hasSafeState(sections: TableSections): bool {
  return sections.timerCount !== 0 && (sections.timer(0).kind as u32) === TIMER_SAFE_STATE;
}

function isOfSafeState(timer: TimerFields): bool {
  const isFrame = (timer.flags & TIMER_IN_SAFE_STATE) !== 0;
  return (timer.kind as u32) === TIMER_SAFE_STATE || isFrame;
}

function isSameTimer(
  sections: TableSections,
  timer: TimerFields,
  locked: TableSections,
  own: TimerFields,
): bool {
  if (timer.kind !== own.kind || timer.flags !== own.flags) return false;
  if (timer.interval !== own.interval || timer.next !== own.next) return false;
  if (timer.phase !== own.phase) return false;
  if ((timer.kind as u32) !== TIMER_SAFE_STATE) {
    if (timer.count !== own.count) return false;
    return isSameFrame(sections, sections.rule(timer.rule), locked, locked.rule(own.rule));
  }
  return (
    isSameRule(sections, timer.rule, locked, own.rule) &&
    isSameRule(sections, timer.count, locked, own.count)
  );
}

/** What tells that the frames of a timer have ended, the bus or AGL, is the same frame, or nothing. */
function isSameNotice(
  sections: TableSections,
  timer: TimerFields,
  locked: TableSections,
  own: TimerFields,
): bool {
  if (timer.ended === 0 || own.ended === 0) return timer.ended === own.ended;
  const rule = sections.rule(timer.ended - 1);
  const other = locked.rule(own.ended - 1);
  if (((rule.flags ^ other.flags) & RULE_FROM_AGL) !== 0) return false;
  return isSameFrame(sections, rule, locked, other);
}

/** Rules numbered from 1 that match the same frames; 0: there is none. */
function isSameRule(sections: TableSections, one: u32, locked: TableSections, other: u32): bool {
  if (one === 0 || other === 0) return one === other;
  const rule = sections.rule(one - 1);
  const own = locked.rule(other - 1);
  const matchBytes = offsetof<Rule>('minimumLength') + 1;
  if (!areSame(changetype<usize>(rule), changetype<usize>(own), matchBytes)) return false;
  if (((rule.flags ^ own.flags) & RULE_FROM_AGL) !== 0) return false;
  if (rule.lengthLimit !== own.lengthLimit) return false;
  if (rule.conditionCount !== own.conditionCount) return false;
  return areSame(
    sections.conditions + rule.conditionFirst * CONDITION_BYTES,
    locked.conditions + own.conditionFirst * CONDITION_BYTES,
    rule.conditionCount * CONDITION_BYTES,
  );
}

/** Rules that make the same frame. A timer's have no actions (timer-check.ts). */
function isSameFrame(sections: TableSections, rule: Rule, locked: TableSections, own: Rule): bool {
  if (rule.answerIdentifier !== own.answerIdentifier) return false;
  if (rule.answerLength !== own.answerLength || rule.answerData !== own.answerData) return false;
  if (rule.answerSources !== own.answerSources || rule.steps !== own.steps) return false;
  // loop: at most PROGRAM_STEPS_MAXIMUM
  for (let step: u32 = 0; step < rule.steps; step++) {
    const at = sections.steps + (rule.stepFirst + step) * STEP_BYTES;
    const ownAt = locked.steps + (own.stepFirst + step) * STEP_BYTES;
    if (!isSameStep(sections, at, locked, ownAt)) return false;
  }
  return true;
}

/** `word` of the two kinds with a checksum table is its number. */
function isSameStep(sections: TableSections, at: usize, locked: TableSections, own: usize): bool {
  const step = changetype<StepFields>(at);
  const kind: u32 = step.kind;
  if (kind !== STEP_CHECKSUM_CRC8 && kind !== STEP_CHECKSUM_E2E8)
    return areSame(at, own, STEP_BYTES);
  const other = changetype<StepFields>(own);
  if (load<u32>(at) !== load<u32>(own) || step.value !== other.value) return false;
  return areSame(
    sections.checksumTables + step.word * CHECKSUM_TABLE_BYTES,
    locked.checksumTables + other.word * CHECKSUM_TABLE_BYTES,
    CHECKSUM_TABLE_BYTES,
  );
}

function areSame(one: usize, other: usize, bytes: usize): bool {
  return memory.compare(one, other, bytes) === 0;
}
