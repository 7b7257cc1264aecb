// SPDX-License-Identifier: MIT
/**
 * The check of a protected frame: whether its checksum is right, and how its counter follows the last one. The result
 * decides what becomes of the frame.
 *
 * Source: AUTOSAR PRS E2E Protocol R20-11, the check functions of profiles 1, 2, 5, 11 and 22. Other than there, the
 * first frame that is right is `Initial` for profiles 5, 11 and 22 as well: a cell may begin in the middle of a drive.
 * Does not: compute checksums (e2e.ts), count, or forward.
 */
import {
  ACTION_BYTES,
  ACTION_CHECK,
  ACTION_REPLACE,
  ActionFields,
  STEP_BYTES,
  STEP_CHECKSUM_E2E16,
  STEP_CHECKSUM_E2E8,
  StepFields,
} from '../../build/generated/rule-image';
import { DATA_BYTES_MAXIMUM, Frame } from '../can/frame';
import { isRemote } from '../can/identifier';
import { e2eMask, e2eOf } from './e2e';
import { Rule } from './rule';
import { RuleState } from './rule-states';
import { TableSections } from './table-sections';

export { ActionFields } from '../../build/generated/rule-image';

/** The numbers in the image. */
export enum CheckResult {
  Ok = 0,
  /** Some frames before it are missing, no more than allowed. */
  SomeLost = 1,
  /** The first frame. */
  Initial = 2,
  Repeated = 3,
  /** More frames are missing than allowed. */
  WrongSequence = 4,
  /** Checksum, length, data identifier or counter are wrong. */
  Error = 5,
  /** No frame came in time. */
  NoNewData = 6,
}

/** What becomes of the frame: what the rule says. */
export const CHECK_PASS: u32 = 0;
/** Nothing. */
export const CHECK_DROP: u32 = 1;
/** From here on: it is forwarded as action 0, 1, ... of the rule changes it, and not answered. */
export const CHECK_REPLACE: u32 = 2;

const RESULTS: u32 = 7;
/** Of each result in the action's `identifier`. */
const DISPOSITION_BITS: u32 = 4;
const DISPOSITION_MASK: u32 = 0xf;
/** In `reserved1`: the largest counter, and flags. */
const COUNTER_MASK: u32 = 0xff;
const WIDENS: u32 = 0x100;
const HAS_NIBBLE: u32 = 0x200;
const OPTIONS_MASK: u32 = COUNTER_MASK | WIDENS | HAS_NIBBLE;
/** In `reserved2`: the first bit of the written nibble, and its value. */
const NIBBLE_SHIFT_MASK: u32 = 0x3f;
const NIBBLE_VALUE_SHIFT: u32 = 8;
const NIBBLE_MASK: u32 = 0xf;
const NIBBLE_BITS: u32 = 4;
const NIBBLE_END: u32 = 0x1000;
const DATA_BITS: u32 = 64;
/** The counter of profile 5 follows its checksum. */
const CRC16_BITS: u32 = 16;
const BYTE_BITS: u32 = 8;
/** In the state of a rule: the last counter, how far the next one may be, and whether there was one. */
const WINDOW_SHIFT: u32 = 8;
const SEEN: u32 = 0x10000;

/** Address of the check of `rule`; 0: it has none. */
export function checkActionOf(sections: TableSections, rule: Rule): usize {
  if ((rule.actionCount as u32) === 0) return 0;
  const action = sections.actionOf(rule, 0);
  return (action.kind as u32) === ACTION_CHECK ? changetype<usize>(action) : 0;
}

/** True if the action, whose step exists, is a check. */
export function isCheck(action: ActionFields, sections: TableSections): bool {
  const options: u32 = action.reserved1;
  const nibble = action.reserved2;
  if ((action.stepCount as u32) !== 1 || (options & ~OPTIONS_MASK) !== 0) return false;
  if ((action.length as u32) > DATA_BYTES_MAXIMUM || action.data !== 0 || action.sources !== 0) {
    return false;
  }
  const most = options & COUNTER_MASK;
  if ((action.reserved0 as u32) > most) return false;
  if (nibble >= NIBBLE_END || (nibble & 0xff) > DATA_BITS - NIBBLE_BITS) return false;
  const step = changetype<StepFields>(sections.steps + action.stepFirst * STEP_BYTES);
  if ((step.kind as u32) === STEP_CHECKSUM_E2E8) return most <= NIBBLE_MASK;
  if ((step.kind as u32) !== STEP_CHECKSUM_E2E16) return false;
  return step.shift + CRC16_BITS + BYTE_BITS <= DATA_BITS;
}

/** True if what the check makes of each result is known, and refers to actions of `rule` that replace. */
export function areDispositions(action: ActionFields, rule: Rule, sections: TableSections): bool {
  let rest = action.identifier;
  for (let result: u32 = 0; result < RESULTS; result++) {
    const disposition = rest & DISPOSITION_MASK;
    rest >>= DISPOSITION_BITS;
    if (disposition < CHECK_REPLACE) continue;
    const number = disposition - CHECK_REPLACE;
    if (number >= (rule.actionCount as u32)) return false;
    if ((sections.actionOf(rule, number).kind as u32) !== ACTION_REPLACE) return false;
  }
  return rest === 0;
}

/** What of a check belongs to the key of its rule's state. 0: the rule has none. */
export function checkKindOf(sections: TableSections, rule: Rule): u64 {
  const action = checkActionOf(sections, rule);
  if (action === 0) return 0;
  return (1 as u64) + (changetype<ActionFields>(action).reserved1 & ~HAS_NIBBLE);
}

/** Address of the action that replaces, by what `dispositionOf` has said. */
export function replacementOf(sections: TableSections, rule: Rule, disposition: u32): usize {
  return sections.actions + (rule.actionFirst + disposition - CHECK_REPLACE) * ACTION_BYTES;
}

/** CHECK_...: what becomes of a frame with that result. */
export function dispositionOf(action: ActionFields, result: CheckResult): u32 {
  return (action.identifier >> ((result as u32) * DISPOSITION_BITS)) & DISPOSITION_MASK;
}

/** Checks `frame`, and notes its counter in `state`. */
export function resultOf(
  sections: TableSections,
  action: ActionFields,
  state: RuleState,
  frame: Frame,
): CheckResult {
  const options: u32 = action.reserved1;
  const most = options & COUNTER_MASK;
  const allowed: u32 = action.reserved0;
  const widens = (options & WIDENS) !== 0;
  const before = state.check;
  let window = widens ? min<u32>(((before >> WINDOW_SHIFT) & COUNTER_MASK) + 1, most) : allowed;
  const last = before & COUNTER_MASK;
  const counter = counterOf(sections, action, frame, most);
  if (counter < 0) {
    state.check = (before & (SEEN | COUNTER_MASK)) | (window << WINDOW_SHIFT);
    return CheckResult.Error;
  }
  const ahead = (counter as u32) + (last > (counter as u32) ? most + 1 : 0) - last;
  let result = CheckResult.Ok;
  let next: u32 = counter;
  if ((before & SEEN) === 0) result = CheckResult.Initial;
  else if (ahead === 0) result = CheckResult.Repeated;
  else if (ahead > window) {
    result = CheckResult.WrongSequence;
    // Of profiles 1 and 2 without synchronisation: the last counter that was right stays.
    if (widens) next = last;
  } else if (ahead > 1) result = CheckResult.SomeLost;
  if (result < CheckResult.Repeated) window = allowed;
  state.check = SEEN | (window << WINDOW_SHIFT) | next;
  return result;
}

/** No frame came in time: of profiles 1 and 2 the next one may be further ahead. */
export function noteMissed(action: ActionFields, state: RuleState): void {
  const options: u32 = action.reserved1;
  if ((options & WIDENS) === 0) return;
  const before = state.check;
  const most = options & COUNTER_MASK;
  const window = min<u32>(((before >> WINDOW_SHIFT) & COUNTER_MASK) + 1, most);
  state.check = (before & (SEEN | COUNTER_MASK)) | (window << WINDOW_SHIFT);
}

/** The counter of a frame that is as its checksum says; else -1. */
function counterOf(sections: TableSections, action: ActionFields, frame: Frame, most: u32): i32 {
  const length: u32 = frame.length;
  if (length !== (action.length as u32) || isRemote(frame.identifier)) return -1;
  const step = changetype<StepFields>(sections.steps + action.stepFirst * STEP_BYTES);
  const data = frame.data;
  const shift: u64 = step.shift;
  const sum = (data & e2eMask(step)) >> shift;
  if (sum !== (e2eOf(step, data, length, sections.checksumTables) as u64)) return -1;
  const nibble = action.reserved2;
  if ((action.reserved1 & HAS_NIBBLE) !== 0) {
    const written = (data >> ((nibble & NIBBLE_SHIFT_MASK) as u64)) & (NIBBLE_MASK as u64);
    if (written !== ((nibble >> NIBBLE_VALUE_SHIFT) as u64)) return -1;
  }
  const isWide = (step.kind as u32) === STEP_CHECKSUM_E2E16;
  const first: u64 = isWide ? shift + CRC16_BITS : (step.width as u64);
  const mask: u64 = isWide ? COUNTER_MASK : NIBBLE_MASK;
  const counter = ((data >> first) & mask) as u32;
  return counter > most ? -1 : counter;
}
