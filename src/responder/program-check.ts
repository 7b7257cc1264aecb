// SPDX-License-Identifier: MIT
/**
 * The records of format 2 that rules refer to: actions, conditions and steps. Whether each is valid, and
 * whether a rule refers to records that exist.
 *
 * A step names no other step, so a program has no loop. The compiler makes the same checks; the cell does
 * not rely on them.
 */
import {
  ACTION_ANSWER,
  ACTION_ANSWERED,
  ACTION_CHECK,
  ACTION_MODIFY,
  ACTION_PENDING,
  ACTION_REPLACE,
  ACTION_WATCH,
  ACTION_WITHOUT_AGL,
  ActionFields,
  ANSWER_NONE,
  CONDITION_BITS,
  CONDITION_BYTES,
  CONDITION_INVERTED,
  CONDITION_OR_NEXT,
  CONDITION_RANGE,
  CONDITION_SET,
  ConditionFields,
  FIELD_BIG_ENDIAN,
  FIELD_SIGNED,
  PROGRAM_STEPS_MAXIMUM,
  RULE_ACTIONS_MAXIMUM,
  RULE_CONDITIONS_MAXIMUM,
  STEP_AND_IDENTIFIER,
  STEP_AND_LENGTH,
  STEP_BYTES,
  STEP_CHECKSUM_CRC8,
  STEP_CHECKSUM_E2E16,
  STEP_CHECKSUM_E2E8,
  STEP_CHECKSUM_XOR,
  STEP_DIVIDE,
  STEP_LOAD_COUNTER,
  STEP_LOAD_IDENTIFIER,
  STEP_LOAD_LENGTH,
  STEP_LOAD_LIVE,
  STEP_LOAD_REQUEST,
  STEP_LOAD_TARGET,
  STEP_SET_IDENTIFIER,
  STEP_STORE,
  STEP_STORE_IDENTIFIER,
  StepFields,
} from '../../build/generated/rule-image';
import {
  CHECK_NANOS,
  CHECKSUM_STEP_NANOS,
  PROGRAM_STEP_NANOS,
  RULE_PROGRAMS_NANOS_MAXIMUM,
  WATCH_NANOS,
} from '../../build/generated/rule-costs';
import { isRemote, isValidIdentifier } from '../can/identifier';
import { arePositions } from './checksum';
import { isE2e16, isE2e8 } from './e2e';
import { areDispositions, checkActionOf, isCheck } from './e2e-check';
import { LIVE_VALUES, PATH_SOFTWARE, Rule, RULE_ANSWER, RULE_FORWARD, RULE_FROM_AGL } from './rule';
import { areSources, isAnswerLength } from './rule-check';
import { TableHeader } from './table-header';
import { TableSections } from './table-sections';
import { isWatch, watchesOf, watchOf } from './watch';

/** Bits of a field of the data, of a set's number, of an identifier. */
const DATA_BITS: u32 = 64;
const SET_BITS: u32 = 6;
const IDENTIFIER_BITS: u32 = 29;
/** Of STEP_CHECKSUM_CRC8: byte 5 of the value. */
const PROFILE_SHIFT: u64 = 40;
const PROFILE_MAXIMUM: u64 = 3;

export function isCondition(condition: ConditionFields): bool {
  const allowed = CONDITION_INVERTED | CONDITION_OR_NEXT | FIELD_BIG_ENDIAN | FIELD_SIGNED;
  if ((condition.flags & ~allowed) !== 0 || condition.reserved0 !== 0) return false;
  if (!isField(condition.shift, condition.width, DATA_BITS)) return false;
  switch (condition.kind as u32) {
    case CONDITION_RANGE:
      return true;
    case CONDITION_BITS:
      return (condition.minimum & ~condition.maximum) === 0;
    case CONDITION_SET:
      return (condition.width as u32) <= SET_BITS && condition.maximum === 0;
    default:
      return false;
  }
}

/** `tables`: the number of CRC-8 tables. */
export function isStep(step: StepFields, tables: u32): bool {
  const kind: u32 = step.kind;
  if (kind === 0 || kind > STEP_CHECKSUM_E2E16) return false;
  if ((step.flags & ~(FIELD_BIG_ENDIAN | FIELD_SIGNED)) !== 0) return false;
  switch (kind) {
    case STEP_LOAD_REQUEST:
    case STEP_LOAD_TARGET:
    case STEP_STORE:
      return isField(step.shift, step.width, DATA_BITS);
    case STEP_LOAD_IDENTIFIER:
    case STEP_STORE_IDENTIFIER:
      return isField(step.shift, step.width, IDENTIFIER_BITS);
    case STEP_LOAD_LIVE:
      return isField(step.shift, step.width, DATA_BITS) && step.word < LIVE_VALUES;
    case STEP_LOAD_COUNTER:
      return step.value <= (u32.MAX_VALUE as u64);
    case STEP_DIVIDE:
      return (step.value as i64) >= 1;
    case STEP_CHECKSUM_XOR:
      return arePositions(step.value);
    case STEP_CHECKSUM_CRC8:
      if (!arePositions(step.value)) return false;
      return step.word < tables && ((step.value >> PROFILE_SHIFT) & 0xff) <= PROFILE_MAXIMUM;
    case STEP_CHECKSUM_E2E8:
      return isE2e8(step, tables);
    case STEP_CHECKSUM_E2E16:
      return isE2e16(step);
    default:
      return true;
  }
}

export function isAction(action: ActionFields, sections: TableSections, header: TableHeader): bool {
  const steps: u32 = action.stepCount;
  if (!isPart(action.stepFirst, steps, header.stepCount)) return false;
  if (steps > PROGRAM_STEPS_MAXIMUM) return false;
  if ((action.kind as u32) === ACTION_CHECK) return isCheck(action, sections);
  if ((action.kind as u32) === ACTION_WATCH) return isWatch(action);
  if (((action.reserved0 as u32) | action.reserved1 | action.reserved2) !== 0) return false;
  if ((action.kind as u32) === ACTION_MODIFY) return true;
  if ((action.kind as u32) === ACTION_REPLACE) return (action.length as u32) <= 1;
  const kind: u32 = action.kind;
  if (kind === ACTION_PENDING || kind === ACTION_ANSWERED) return steps === 0;
  if (kind === ACTION_WITHOUT_AGL) {
    if (steps !== 0) return false;
    if ((action.length as u32) === ANSWER_NONE) return true;
  } else if (kind !== ACTION_ANSWER) return false;
  if (!isValidIdentifier(action.identifier) || isRemote(action.identifier)) return false;
  return isAnswerLength(action.length) && areSources(action.sources);
}

/** True if the rule refers to records that exist, and they fit it. */
export function areReferences(rule: Rule, sections: TableSections, header: TableHeader): bool {
  const conditions: u32 = rule.conditionCount;
  if (conditions > RULE_CONDITIONS_MAXIMUM) return false;
  if (!isPart(rule.conditionFirst, conditions, header.conditionCount)) return false;
  if (conditions !== 0) {
    const at = sections.conditions + (rule.conditionFirst + conditions - 1) * CONDITION_BYTES;
    if ((changetype<ConditionFields>(at).flags & CONDITION_OR_NEXT) !== 0) return false;
  }
  const isAnswering = (rule.flags & RULE_ANSWER) !== 0;
  const steps: u32 = rule.stepCount;
  if (steps > (isAnswering ? PROGRAM_STEPS_MAXIMUM : 0)) return false;
  if (!isPart(rule.stepFirst, steps, header.stepCount)) return false;
  const actions: u32 = rule.actionCount;
  if (actions > RULE_ACTIONS_MAXIMUM) return false;
  if (!isPart(rule.actionFirst, actions, header.actionCount)) return false;
  if (programNanos(rule, sections, header) > RULE_PROGRAMS_NANOS_MAXIMUM) return false;
  const checking = checkedActionsOf(rule, sections);
  if (checking < 0) return false;
  const watching = watchesOf(rule, sections);
  const diagnosing = diagnosisActionsOf(rule, sections);
  if (watching < 0 || diagnosing < 0) return false;
  if (diagnosing !== 0 && (rule.path as u32) !== PATH_SOFTWARE) return false;
  const aside = (checking as u32) + (watching as u32) + (diagnosing as u32);
  const modifying = actions - moreAnswersOf(rule, sections) - aside;
  const isForwarding = (rule.flags & RULE_FORWARD) !== 0;
  if (modifying > (isForwarding ? 1 : 0)) return false;
  if (checking > (isForwarding ? (actions as i32) : 1)) return false;
  if ((rule.path as u32) !== PATH_SOFTWARE) {
    if (checking !== 0 || !isIndependent(rule, sections)) return false;
  }
  return isAnswering || actions === modifying + aside;
}

/** How many actions of the rule are about diagnosis, each kind at most once; -1: they do not fit it. */
function diagnosisActionsOf(rule: Rule, sections: TableSections): i32 {
  const isOfAgl = (rule.flags & RULE_FROM_AGL) !== 0;
  let found: u32 = 0;
  for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
    const kind: u32 = sections.actionOf(rule, index).kind;
    if (kind < ACTION_PENDING || kind > ACTION_WITHOUT_AGL) continue;
    const bit: u32 = 1 << (kind - ACTION_PENDING);
    if ((found & bit) !== 0 || isOfAgl !== (kind === ACTION_ANSWERED)) return -1;
    found |= bit;
  }
  return (found & 1) + ((found >> 1) & 1) + (found >> 2);
}

/**
 * How many actions of the rule are its check and what replaces a frame by it; -1: they do not belong together. A rule
 * is checked once, before everything else.
 */
function checkedActionsOf(rule: Rule, sections: TableSections): i32 {
  const check = checkActionOf(sections, rule);
  let found: i32 = check === 0 ? 0 : 1;
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = found; index < (rule.actionCount as u32); index++) {
    const kind: u32 = sections.actionOf(rule, index).kind;
    if (kind === ACTION_CHECK) return -1;
    if (kind !== ACTION_REPLACE) continue;
    if (check === 0) return -1;
    found++;
  }
  if (check === 0) return found;
  return areDispositions(changetype<ActionFields>(check), rule, sections) ? found : -1;
}

/**
 * True if the steps of the first answer take nothing from the request, leave identifier and length alone, and share
 * their counter with no other program: they can be carried out before the request comes.
 */
// path: at most 4 a step, two rules of each of two timers
export function isIndependent(rule: Rule, sections: TableSections): bool {
  const first: u32 = rule.stepFirst;
  let hasCounter: bool = false;
  // loop: at most PROGRAM_STEPS_MAXIMUM
  for (let index = first; index < first + rule.steps; index++) {
    const kind: u32 = stepOf(sections, index).kind;
    if (kind === STEP_LOAD_COUNTER) hasCounter = true;
    if (kind === STEP_LOAD_REQUEST || kind === STEP_LOAD_IDENTIFIER) return false;
    if (kind === STEP_LOAD_LENGTH || kind === STEP_STORE_IDENTIFIER) return false;
    if (kind >= STEP_AND_LENGTH && kind <= STEP_SET_IDENTIFIER) return false;
  }
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = 0; hasCounter && index < (rule.actionCount as u32); index++) {
    const action = sections.actionOf(rule, index);
    if (hasCounterIn(sections, action.stepFirst, action.stepCount)) return false;
  }
  return true;
}

/** True if the answers of the rule can have different identifiers: steps make one, or there are answers with others. */
export function hasIdentifiers(rule: Rule, sections: TableSections): bool {
  if (setsIdentifier(sections, rule.stepFirst, rule.steps)) return true;
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
    const action = sections.actionOf(rule, index);
    const kind: u32 = action.kind;
    if (kind !== ACTION_ANSWER && kind !== ACTION_WITHOUT_AGL) continue;
    if ((action.length as u32) === ANSWER_NONE) continue;
    if (action.identifier !== rule.answerIdentifier) return true;
    if (setsIdentifier(sections, action.stepFirst, action.stepCount)) return true;
  }
  return false;
}

function setsIdentifier(sections: TableSections, first: u32, count: u32): bool {
  // loop: at most PROGRAM_STEPS_MAXIMUM
  for (let index = first; index < first + count; index++) {
    const kind: u32 = stepOf(sections, index).kind;
    if (kind === STEP_STORE_IDENTIFIER) return true;
    if (kind >= STEP_AND_IDENTIFIER && kind <= STEP_SET_IDENTIFIER) return true;
  }
  return false;
}

function hasCounterIn(sections: TableSections, first: u32, count: u32): bool {
  // loop: at most PROGRAM_STEPS_MAXIMUM
  for (let index = first; index < first + count; index++) {
    if ((stepOf(sections, index).kind as u32) === STEP_LOAD_COUNTER) return true;
  }
  return false;
}

function stepOf(sections: TableSections, index: u32): StepFields {
  return changetype<StepFields>(sections.steps + index * STEP_BYTES);
}

/** How many actions of the rule are answers. */
export function moreAnswersOf(rule: Rule, sections: TableSections): u32 {
  let answers: u32 = 0;
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
    if ((sections.actionOf(rule, index).kind as u32) === ACTION_ANSWER) answers++;
  }
  return answers;
}

/** The largest value of the rule's counter; 0: it has none. */
export function counterMaximumOf(rule: Rule, sections: TableSections): u64 {
  let found = maximumIn(sections, rule.stepFirst, rule.steps);
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = 0; found === 0 && index < (rule.actionCount as u32); index++) {
    const action = sections.actionOf(rule, index);
    found = maximumIn(sections, action.stepFirst, action.stepCount);
  }
  return found;
}

function maximumIn(sections: TableSections, first: u32, count: u32): u64 {
  // loop: at most PROGRAM_STEPS_MAXIMUM
  for (let index = first; index < first + count; index++) {
    const step = stepOf(sections, index);
    if ((step.kind as u32) === STEP_LOAD_COUNTER) return step.value;
  }
  return 0;
}

/** What all programs of the rule take together. Actions that refer to no steps count as much as can be. */
function programNanos(rule: Rule, sections: TableSections, header: TableHeader): u32 {
  let nanos = nanosOf(sections, rule.stepFirst, rule.stepCount, header);
  if (checkActionOf(sections, rule) !== 0) nanos += CHECK_NANOS;
  if (watchOf(sections, rule) !== 0) nanos += WATCH_NANOS;
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
    const action = sections.actionOf(rule, index);
    nanos += nanosOf(sections, action.stepFirst, action.stepCount, header);
  }
  return nanos;
}

function nanosOf(sections: TableSections, first: u32, count: u32, header: TableHeader): u32 {
  if (count > PROGRAM_STEPS_MAXIMUM || !isPart(first, count, header.stepCount)) {
    return RULE_PROGRAMS_NANOS_MAXIMUM + 1;
  }
  let nanos: u32 = 0;
  // loop: at most PROGRAM_STEPS_MAXIMUM
  for (let index = first; index < first + count; index++) {
    nanos +=
      (stepOf(sections, index).kind as u32) >= STEP_CHECKSUM_XOR
        ? CHECKSUM_STEP_NANOS
        : PROGRAM_STEP_NANOS;
  }
  return nanos;
}

/** True if the field has 1 bit or more and ends within `bits`. */
function isField(shift: u32, width: u32, bits: u32): bool {
  return width !== 0 && shift + width <= bits;
}

/** True if `count` records from `first` on exist. No record: wherever it would be. */
function isPart(first: u32, count: u32, all: u32): bool {
  return count === 0 || first + count <= all;
}
