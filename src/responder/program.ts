// SPDX-License-Identifier: MIT
/**
 * Programs of steps: they make an answer from what its record says, or a forwarded frame from the request.
 *
 * A step names no other step, so a program ends. What each does: formats/rule-image-2.ts.
 * Does not: check (program-check.ts).
 */
import {
  CHECKSUM_TABLE_BYTES,
  FIELD_BIG_ENDIAN,
  STEP_ADD,
  STEP_AND_DATA,
  STEP_AND_IDENTIFIER,
  STEP_AND_LENGTH,
  STEP_AT_LEAST,
  STEP_AT_MOST,
  STEP_BYTES,
  STEP_CHECKSUM_CRC8,
  STEP_CHECKSUM_E2E16,
  STEP_CHECKSUM_E2E8,
  STEP_CHECKSUM_XOR,
  STEP_DIVIDE,
  STEP_LOAD_CONSTANT,
  STEP_LOAD_COUNTER,
  STEP_LOAD_IDENTIFIER,
  STEP_LOAD_LENGTH,
  STEP_LOAD_LIVE,
  STEP_LOAD_REQUEST,
  STEP_LOAD_TARGET,
  STEP_MULTIPLY,
  STEP_OR_DATA,
  STEP_OR_IDENTIFIER,
  STEP_OR_LENGTH,
  STEP_SET_DATA,
  STEP_SET_IDENTIFIER,
  STEP_SET_LENGTH,
  STEP_STORE,
  STEP_STORE_IDENTIFIER,
  STEP_XOR_DATA,
  STEP_XOR_IDENTIFIER,
  STEP_XOR_LENGTH,
  StepFields,
} from '../../build/generated/rule-image';
import {
  DATA_BYTES_MAXIMUM,
  dataMaskOf,
  Frame,
  IDENTIFIER_ERROR,
  IDENTIFIER_EXTENDED,
  IDENTIFIER_REMOTE,
} from '../can/frame';
import { isRemote, numberMaskOf, numberOf } from '../can/identifier';
import { withCrc8, withXor } from './checksum';
import { fieldOf } from './condition';
import { withE2e } from './e2e';
import { LiveValues } from './live-values';
import { RuleState } from './rule-states';

const LENGTH_MASK: u32 = 0xff;

/**
 * Carries out `count` steps at `steps` on `target`, which the caller has filled in. `target` must not be
 * `request`. False: the length became more than 8, so there is no frame.
 */
export function runProgram(
  steps: usize,
  count: u32,
  tables: usize,
  request: Frame,
  target: Frame,
  live: LiveValues,
  state: RuleState,
): bool {
  runSteps(steps, count, tables, request, target, live, state, 0);
  return finishFrame(target);
}

/**
 * A piece of a program: as `runProgram`, but `finishFrame` follows the last piece. `a`: the accumulator that
 * the piece before it has returned. The target may be no frame meanwhile.
 */
// path: at most 13 a step, an answer by filter, six programs of a rule, and one of the wall for each frame that they make
export function runSteps(
  steps: usize,
  count: u32,
  tables: usize,
  request: Frame,
  target: Frame,
  live: LiveValues,
  state: RuleState,
  a: i64,
): i64 {
  let identifier = target.identifier;
  let length: u32 = target.length;
  let data = target.data;
  const end = steps + count * STEP_BYTES;
  // loop: takes RULE_PROGRAMS_NANOS_MAXIMUM, which the check of a table holds
  for (let at = steps; at !== end; at += STEP_BYTES) {
    const step = changetype<StepFields>(at);
    const flags: u32 = step.flags;
    const shift: u32 = step.shift;
    const width: u32 = step.width;
    const word = step.word;
    const value = step.value;
    switch (step.kind as u32) {
      case STEP_LOAD_REQUEST:
        a = fieldOf(request.data, flags, shift, width);
        break;
      case STEP_LOAD_TARGET:
        a = fieldOf(data, flags, shift, width);
        break;
      case STEP_LOAD_IDENTIFIER:
        a = fieldOf(numberOf(request.identifier), 0, shift, width);
        break;
      case STEP_LOAD_LENGTH:
        a = request.length as i64;
        break;
      case STEP_LOAD_LIVE:
        a = fieldOf(live.eightFrom(word), flags, shift, width);
        break;
      case STEP_LOAD_COUNTER:
        a = state.counter as i64;
        state.counter = (((state.counter as u64) + word) % (value + 1)) as u32;
        break;
      case STEP_LOAD_CONSTANT:
        a = value as i64;
        break;
      case STEP_ADD:
        a += value as i64;
        break;
      case STEP_MULTIPLY:
        a *= value as i64;
        break;
      case STEP_DIVIDE:
        a = quotientOf(a, value as i64);
        break;
      case STEP_AT_LEAST:
        a = max<i64>(a, value as i64);
        break;
      case STEP_AT_MOST:
        a = min<i64>(a, value as i64);
        break;
      case STEP_STORE:
        data = withField(data, flags, shift, width, a as u64);
        break;
      case STEP_STORE_IDENTIFIER: {
        const mask: u32 = ((1 << width) - 1) << shift;
        identifier = (identifier & ~mask) | (((a as u32) << shift) & mask);
        break;
      }
      case STEP_AND_DATA:
        data &= value;
        break;
      case STEP_OR_DATA:
        data |= value;
        break;
      case STEP_XOR_DATA:
        data ^= value;
        break;
      case STEP_SET_DATA:
        data = value;
        break;
      case STEP_AND_LENGTH:
        length &= word & LENGTH_MASK;
        break;
      case STEP_OR_LENGTH:
        length |= word & LENGTH_MASK;
        break;
      case STEP_XOR_LENGTH:
        length ^= word & LENGTH_MASK;
        break;
      case STEP_SET_LENGTH:
        length = word & LENGTH_MASK;
        break;
      case STEP_AND_IDENTIFIER:
        identifier &= word;
        break;
      case STEP_OR_IDENTIFIER:
        identifier |= word;
        break;
      case STEP_XOR_IDENTIFIER:
        identifier ^= word;
        break;
      case STEP_SET_IDENTIFIER:
        identifier = word;
        break;
      case STEP_CHECKSUM_XOR:
        data = withXor(data, length, value);
        break;
      case STEP_CHECKSUM_CRC8:
        data = withCrc8(data, length, identifier, value, tables + word * CHECKSUM_TABLE_BYTES);
        break;
      case STEP_CHECKSUM_E2E8:
      case STEP_CHECKSUM_E2E16:
        data = withE2e(step, data, length, tables);
        break;
    }
  }
  target.identifier = identifier;
  target.length = length as u8;
  target.data = data;
  return a;
}

/** Makes a frame of what the steps have left in `target`. False: its length is more than 8. */
export function finishFrame(target: Frame): bool {
  let identifier = target.identifier & ~IDENTIFIER_ERROR;
  identifier &= IDENTIFIER_EXTENDED | IDENTIFIER_REMOTE | numberMaskOf(identifier);
  const length: u32 = target.length;
  target.identifier = identifier;
  target.rawDlc = 0;
  target.data = isRemote(identifier) ? 0 : target.data & dataMaskOf(length);
  return length <= DATA_BYTES_MAXIMUM;
}

/** `a` by `divisor`, 1 or more, to the nearest; halves away from zero. */
function quotientOf(a: i64, divisor: i64): i64 {
  const quotient = a / divisor;
  const rest = a % divisor;
  const part = rest < 0 ? -rest : rest;
  // part >= divisor / 2, without an overflow.
  if (part < divisor - part) return quotient;
  return a < 0 ? quotient - 1 : quotient + 1;
}

/** `data` with its field set to the lowest bits of `value`. */
function withField(data: u64, flags: u32, shift: u32, width: u32, value: u64): u64 {
  const isBigEndian = (flags & FIELD_BIG_ENDIAN) !== 0;
  const ordered = isBigEndian ? bswap<u64>(data) : data;
  const mask = (u64.MAX_VALUE >> (64 - width)) << shift;
  const stored = (ordered & ~mask) | ((value << shift) & mask);
  return isBigEndian ? bswap<u64>(stored) : stored;
}
