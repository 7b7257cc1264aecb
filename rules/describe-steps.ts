// SPDX-License-Identifier: MIT
/**
 * Steps of a program, and rates, as text for people.
 *
 * What leads to a store is one piece: `D2 = request D0 x 18 + 320, / 10, at least 0`.
 */
import { describeBytes, describeField } from './describe-match.ts';
import { describeE2e } from './e2e/describe.ts';
import { isE2eStep } from './e2e/step.ts';
import type { RateLimit, Step } from './model.ts';
import { DEFAULT_RATE, formatByte } from './model.ts';

type Crc8 = Extract<Step, { kind: 'checksum-crc8' }>;

/** One piece of text for each thing that the steps do. */
export function describeSteps(steps: readonly Step[]): string[] {
  const pieces: string[] = [];
  let value = '';
  for (const step of steps) {
    const target = targetOf(step);
    if (target !== undefined) pieces.push(`${target} = ${value}`);
    else if (isValue(step)) value = loaded(step, value);
    else pieces.push(changed(step));
  }
  return pieces;
}

/** `at most 100 answers a second, 25 at once`. */
export function describeRate(rate: RateLimit | undefined): string {
  if (rate === undefined) return 'no limit';
  const every =
    'intervalBits' in rate
      ? `one in ${rate.intervalBits} bit times`
      : `one in ${rate.intervalMicros / 1000} ms`;
  const isDefault =
    'intervalBits' in rate &&
    rate.intervalBits === DEFAULT_RATE.intervalBits &&
    rate.burst === DEFAULT_RATE.burst;
  return `${every}, ${rate.burst} at once${isDefault ? ' (the default)' : ''}`;
}

function targetOf(step: Step): string | undefined {
  if (step.kind === 'store') return describeField(step.field);
  if (step.kind === 'store-identifier') return `identifier bits ${step.shift}+${step.width}`;
  return undefined;
}

function isValue({ kind }: Step): boolean {
  return (
    kind.startsWith('load-') || ['add', 'multiply', 'divide', 'at-least', 'at-most'].includes(kind)
  );
}

/** A after the step, if it was `before`. */
function loaded(step: Step, before: string): string {
  switch (step.kind) {
    case 'load-request':
      return `request ${describeField(step.field)}`;
    case 'load-target':
      return `own ${describeField(step.field)}`;
    case 'load-live':
      return `live[${step.first}] ${describeField(step.field)}`;
    case 'load-identifier':
      return `request identifier bits ${step.shift}+${step.width}`;
    case 'load-length':
      return 'request length';
    case 'load-counter':
      return `counter to ${step.maximum}${step.increment === 1 ? '' : ` by ${step.increment}`}`;
    case 'load-constant':
      return `${step.value}`;
    case 'add':
      return step.value < 0n ? `${before} - ${-step.value}` : `${before} + ${step.value}`;
    case 'multiply':
      return `${before} x ${step.value}`;
    case 'divide':
      return `(${before}) / ${step.value}`;
    case 'at-least':
      return `${before}, at least ${step.value}`;
    case 'at-most':
      return `${before}, at most ${step.value}`;
    default:
      return before;
  }
}

/** `data and FF 0F ...`, `length set 8`, a checksum. */
function changed(step: Step): string {
  if (step.kind === 'checksum-xor' || step.kind === 'checksum-crc8') return checksum(step);
  if (isE2eStep(step)) return describeE2e(step);
  const [operation, part] = step.kind.split('-');
  if (!('value' in step)) return step.kind;
  const value =
    typeof step.value === 'bigint'
      ? describeBytes(step.value)
      : part === 'identifier'
        ? `0x${step.value.toString(16).toUpperCase()}`
        : `${step.value}`;
  return `${operation} ${part} ${value}`;
}

function checksum(step: Crc8 | Extract<Step, { kind: 'checksum-xor' }>): string {
  const { from, to, result, initial } = step;
  const sum = `of bytes ${from} to ${to} into ${result}, from ${formatByte(initial)}`;
  if (step.kind === 'checksum-xor') return `XOR ${sum}`;
  const profile = step.profile === 'none' ? '' : `, profile ${step.profile}`;
  // Entry 1 of the table of a polynomial is the polynomial.
  const [, polynomial] = step.table;
  return `CRC-8 ${formatByte(polynomial)} ${sum}, XOR ${formatByte(step.finalXor)}${profile}`;
}
