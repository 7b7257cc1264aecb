// SPDX-License-Identifier: MIT
/**
 * Carries out the steps that make an answer or change a forwarded frame.
 *
 * The meaning of each step: formats/rule-image-2.ts.
 */
import type { DataField, Step } from '../model.ts';
import { isE2eStep } from '../e2e/step.ts';
import { applyCrc8, applyXor } from './checksum.ts';
import { applyE2e } from './e2e.ts';
import { littleEndian, readField, writeField } from './field.ts';
import { eightBytes, lengthOf } from './frame.ts';
import type { OracleFrame, Target } from './frame.ts';

/** What the steps read beside the target, and the counter that they advance. */
export interface ProgramInputs {
  readonly request: OracleFrame;
  readonly live: Uint8Array;
  /** The rule's counter. */
  readonly counter: { value: number };
}

const WORD_BITS = 32;
const LENGTH_BITS = 8;
const LIVE_WINDOW = 8;

/** Carries out the steps on the target. */
export function runProgram(steps: readonly Step[], target: Target, inputs: ProgramInputs): void {
  let accumulator = 0n;
  for (const step of steps) {
    accumulator = BigInt.asIntN(64, perform(step, accumulator, target, inputs));
  }
}

/** Carries out one step. Returns the accumulator. */
function perform(step: Step, value: bigint, target: Target, inputs: ProgramInputs): bigint {
  const { request, live, counter } = inputs;
  switch (step.kind) {
    case 'load-request':
      return readField(eightBytes(request), step.field);
    case 'load-target':
      return readField(target.bytes, step.field);
    case 'load-identifier':
      return BigInt.asUintN(step.width, BigInt(request.identifier) >> BigInt(step.shift));
    case 'load-length':
      return BigInt(lengthOf(request));
    case 'load-live':
      return readField(liveWindow(live, step.first), step.field);
    case 'load-counter': {
      const before = counter.value;
      counter.value = (before + step.increment) % (step.maximum + 1);
      return BigInt(before);
    }
    case 'load-constant':
      return step.value;
    case 'add':
      return value + step.value;
    case 'multiply':
      return value * step.value;
    case 'divide':
      return dividedToNearest(value, step.value);
    case 'at-least':
      return value > step.value ? value : step.value;
    case 'at-most':
      return value < step.value ? value : step.value;
    case 'store':
      writeField(target.bytes, step.field, value);
      return value;
    case 'store-identifier':
      target.word = withBits(target.word, step, value);
      return value;
    default:
      change(step, target);
      return value;
  }
}

/** The steps that change the target without the accumulator. */
function change(step: Step, target: Target): void {
  if (step.kind === 'checksum-xor') return applyXor(target, step);
  if (step.kind === 'checksum-crc8') return applyCrc8(target, step);
  if (isE2eStep(step)) return applyE2e(target, step);
  if (!('value' in step)) return;
  const [operation, part] = step.kind.split('-');
  const combine = (old: bigint): bigint => combined(operation, old, BigInt(step.value));
  if (part === 'identifier') target.word = BigInt.asUintN(WORD_BITS, combine(target.word));
  else if (part === 'length') {
    target.length = Number(BigInt.asUintN(LENGTH_BITS, combine(BigInt(target.length))));
  } else {
    const all: DataField = { shift: 0, width: 64, bigEndian: false, signed: false };
    writeField(target.bytes, all, combine(littleEndian(target.bytes)));
  }
}

function combined(operation: string, old: bigint, value: bigint): bigint {
  if (operation === 'and') return old & value;
  if (operation === 'or') return old | value;
  return operation === 'xor' ? old ^ value : value;
}

function withBits(word: bigint, place: { shift: number; width: number }, value: bigint): bigint {
  const shift = BigInt(place.shift);
  const mask = ((1n << BigInt(place.width)) - 1n) << shift;
  return (word & ~mask) | ((value << shift) & mask);
}

/** The quotient, rounded to the nearest, halves away from zero. The divisor is 1 or more. */
function dividedToNearest(value: bigint, divisor: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  const quotient = (2n * magnitude + divisor) / (2n * divisor);
  return value < 0n ? -quotient : quotient;
}

/** Eight live values from `first` on. Those beyond the last are 0. */
function liveWindow(live: Uint8Array, first: number): Uint8Array {
  const window = new Uint8Array(LIVE_WINDOW);
  window.set(live.slice(first, first + LIVE_WINDOW));
  return window;
}
