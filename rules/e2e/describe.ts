// SPDX-License-Identifier: MIT
/** Checksums and checks of E2E profiles as text for people. */
import type { Step } from '../model.ts';
import type { E2eCheck } from './check.ts';
import { E2E_RESULTS } from './check.ts';
import type { E2eStep } from './step.ts';

const ROW = 16;

/** `E2E CRC-8 0x2F over the frame into D0, counter in bits 8 to 11, data-ids 01 02 ...`. */
export function describeE2e(step: E2eStep): string {
  if (step.kind === 'checksum-e2e16') {
    const { result, dataId } = step;
    return `E2E CRC-16 over the frame into D${result} and D${result + 1}, data-id ${hex(dataId, 4)}`;
  }
  const { result, counterBit, initial, table, dataIds } = step;
  // Entry 1 of the table of a polynomial is the polynomial.
  const [, polynomial] = table;
  const [even, odd] = initial.map((value) => hex(value, 2));
  const start = even === odd ? even : `${even} for even counters, ${odd} for odd ones`;
  const counter = `counter in bits ${counterBit} to ${counterBit + 3}`;
  const list = dataIds.slice(0, ROW).map((byte) => hex(byte, 2).slice(2));
  const identifiers = list.length === 0 ? '' : `, data-ids ${list.join(' ')}`;
  return `E2E CRC-8 ${hex(polynomial, 2)} over the frame into D${result}, from ${start}, ${counter}${identifiers}`;
}

/** The lines of a check. `steps`: the words for the changes of a mark or a substitute. */
export function describeCheck(
  check: E2eCheck,
  steps: (program: readonly Step[]) => string[],
): string[] {
  const { step, length, counterMaximum, maximumDelta, widens, nibble, on, mark, substitute } =
    check;
  const gap = `a gap of at most ${maximumDelta}${widens ? ', and one more for each frame before that was not accepted' : ''}`;
  const bits = nibble && `bits ${nibble.first} to ${nibble.first + 3} are ${nibble.value}`;
  const parts = [`${length} bytes`, describeE2e(step), `counter to ${counterMaximum}`, gap];
  const results = E2E_RESULTS.map((result, index) => `${result} ${on[index]}`).filter(
    (_, index) => E2E_RESULTS[index] !== 'no-new-data' || on[index] !== 'pass',
  );
  return [
    `  check: ${[...parts, ...(bits === undefined ? [] : [bits])].join('; ')}`,
    `    ${results.join(', ')}`,
    ...(mark === undefined ? [] : [`    marked: ${steps(mark).join('; ')}`]),
    ...(substitute === undefined ? [] : [`    substitute: ${steps(substitute).join('; ')}`]),
  ];
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`;
}
