// SPDX-License-Identifier: MIT
/**
 * LockedWall: the rules about frames of AGL's of the table that was loaded at the start, if that table says
 * `wall: locked`. They stay in force beside every table that AGL loads later, which so cannot let more through:
 * what AGL sends, and what such a table answers on the bus, must pass both.
 *
 * The image of the locked table keeps its place for ever (RuleTable). Nothing is compared, so a table made to
 * look like the locked one gains nothing.
 * Does not: decide for the table in force, count, or send.
 */
import {
  ACTION_MODIFY,
  ActionFields,
  SAFE_FRAMES_MAXIMUM,
  STEP_BYTES,
  TIMER_IN_SAFE_STATE,
} from '../../build/generated/rule-image';
import { allocateFrames, dataMaskOf, Frame, FRAME_BYTES } from '../can/frame';
import {
  CHECK_DROP,
  CHECK_PASS,
  CHECK_REPLACE,
  checkActionOf,
  dispositionOf,
  replacementOf,
  resultOf,
} from './e2e-check';
import { LiveValues } from './live-values';
import { runProgram } from './program';
import { allowedTicks, charge, intervalTicks } from './rate';
import { find, Refusal, refusalOf } from './find-rule';
import { PATH_SOFTWARE, Rule, RULE_ANSWER, RULE_FORWARD, RULE_FROM_AGL } from './rule';
import { RuleState, RuleStates } from './rule-states';
import { hasSafeState } from './safe-state-check';
import { TableSections } from './table-sections';

@final
export class LockedWall {
  readonly sections: TableSections = new TableSections();
  /** Some table is locked. */
  isSet: bool = false;
  /** Another table is in force beside it. */
  isBeside: bool = false;
  /** The safe state stands: what AGL has loaded says nothing by its identifiers. */
  isSafe: bool = false;
  /** Why `pass` has refused a frame. */
  refusal: Refusal = Refusal.Unlisted;
  /** Identifier words of the frames of the locked safe state. */
  private readonly safeIdentifiers: usize = heap.alloc(SAFE_FRAMES_MAXIMUM << 2);
  private safeCount: u32 = 0;
  private readonly modified: Frame = changetype<Frame>(allocateFrames(1));
  private readonly kept: Frame = changetype<Frame>(allocateFrames(1));

  constructor(private readonly states: RuleStates) {}

  /** The locked table has a safe state, which every later table must have as it is (safe-state-check.ts). */
  get hasSafeState(): bool {
    return this.isSet && hasSafeState(this.sections);
  }

  /** The safe state of the locked table has a frame with this identifier word. */
  keeps(identifier: u32): bool {
    // loop: at most SAFE_FRAMES_MAXIMUM
    for (let frame: u32 = 0; frame < this.safeCount; frame++) {
      if (load<u32>(this.safeIdentifiers + (frame << 2)) === identifier) return true;
    }
    return false;
  }

  /** The table in force, whose parts are `sections`, is locked. It was checked. Once, at the start. */
  lock(sections: TableSections): void {
    this.sections.use(sections);
    this.states.lock();
    this.isSet = true;
    // loop: at most RULES_MAXIMUM_2
    for (let index: u32 = 1; index < sections.timerCount; index++) {
      const timer = sections.timer(index);
      if ((timer.flags & TIMER_IN_SAFE_STATE) === 0) continue;
      const identifier = sections.rule(timer.rule).answerIdentifier;
      store<u32>(this.safeIdentifiers + (this.safeCount << 2), identifier);
      this.safeCount++;
    }
  }

  /** State of rule `index` of the locked table. */
  stateOf(index: u32): RuleState {
    return this.states.ofLocked(index);
  }

  /**
   * Address of what may go to the bus of `frame` at `nowTicks`; 0: nothing, see `refusal`. `bitsPerSecond`: of the
   * bus, the unit of some rates.
   */
  pass(
    frame: Frame,
    nowTicks: u64,
    ticksPerSecond: u64,
    bitsPerSecond: u32,
    live: LiveValues,
  ): usize {
    const sections = this.sections;
    const list = sections.listAt(sections.aglWord(frame.identifier));
    const index = find(sections, frame, list);
    if (index < 0) {
      this.refusal = refusalOf(sections, frame, list);
      return sections.deniesAgl ? 0 : changetype<usize>(frame);
    }
    const rule = sections.rule(index);
    this.refusal = Refusal.Rule;
    if ((rule.flags & RULE_FORWARD) === 0) return 0;
    const state = this.stateOf(index);
    const disposition = checkedBy(sections, rule, state, frame);
    if (disposition === CHECK_DROP) return 0;
    if (!takes(rule, state, nowTicks, ticksPerSecond, bitsPerSecond)) {
      this.refusal = Refusal.Rate;
      return 0;
    }
    return modifiedBy(sections, rule, state, live, frame, this.modified, disposition);
  }

  /**
   * Looks at a rule of a table that AGL loads. An answer in a buffer of its own leaves before anybody looks at it,
   * so it must be one that passes at any time as it is; false: it is not. Other answers will ask.
   */
  admits(rule: Rule): bool {
    if ((rule.flags & (RULE_ANSWER | RULE_FROM_AGL)) !== RULE_ANSWER) return true;
    const isKept = (rule.path as u32) !== PATH_SOFTWARE;
    // Those that follow a kept one are made when its request was read.
    if (!isKept || (rule.actionCount as u32) !== 0) rule.tie();
    if (!isKept) return true;
    const kept = this.kept;
    kept.identifier = rule.answerIdentifier;
    kept.length = rule.answerLength;
    kept.data = rule.answerData & dataMaskOf(rule.answerLength);
    return rule.isStatic && this.passesAlways(kept) && !this.keeps(kept.identifier);
  }

  private passesAlways(frame: Frame): bool {
    const sections = this.sections;
    const index = find(sections, frame, sections.listAt(sections.aglWord(frame.identifier)));
    if (index < 0) return !sections.deniesAgl;
    const rule = sections.rule(index);
    const isForwarding = (rule.flags & RULE_FORWARD) !== 0;
    return isForwarding && rule.interval === 0 && rule.actionCount === 0;
  }
}

/** CHECK_...: what the check of `rule`, if it has one, makes of `frame`. */
function checkedBy(sections: TableSections, rule: Rule, state: RuleState, frame: Frame): u32 {
  const at = checkActionOf(sections, rule);
  if (at === 0) return CHECK_PASS;
  const action = changetype<ActionFields>(at);
  return dispositionOf(action, resultOf(sections, action, state, frame));
}

/** Asks the rate of `rule`, and charges it. */
export function takes(
  rule: Rule,
  state: RuleState,
  nowTicks: u64,
  ticksPerSecond: u64,
  bitsPerSecond: u32,
): bool {
  const interval = intervalTicks(rule, ticksPerSecond, bitsPerSecond);
  if (interval === 0) return true;
  if (nowTicks < allowedTicks(rule, state, interval)) return false;
  charge(rule, state, nowTicks, interval);
  return true;
}

/**
 * Address of what `rule` of the table `sections` makes of a frame that it forwards; 0: no frame. `disposition`:
 * CHECK_..., what its check has made of the result.
 */
export function modifiedBy(
  sections: TableSections,
  rule: Rule,
  state: RuleState,
  live: LiveValues,
  request: Frame,
  modified: Frame,
  disposition: u32,
): usize {
  let at: usize = 0;
  if (disposition >= CHECK_REPLACE) at = replacementOf(sections, rule, disposition);
  else at = modificationOf(sections, rule);
  if (at === 0) return changetype<usize>(request);
  const action = changetype<ActionFields>(at);
  memory.copy(changetype<usize>(modified), changetype<usize>(request), FRAME_BYTES);
  const steps = sections.steps + action.stepFirst * STEP_BYTES;
  const tables = sections.checksumTables;
  return runProgram(steps, action.stepCount, tables, request, modified, live, state)
    ? changetype<usize>(modified)
    : 0;
}

/** Address of the action that changes a forwarded frame; 0: none does. */
function modificationOf(sections: TableSections, rule: Rule): usize {
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
    const action = sections.actionOf(rule, index);
    if ((action.kind as u32) === ACTION_MODIFY) return changetype<usize>(action);
  }
  return 0;
}
