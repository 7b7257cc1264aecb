// SPDX-License-Identifier: MIT
/**
 * What is known of the registers on a path: those that hold a constant or are not zero. It tells which way of a
 * branch cannot be gone, such as that of a task that has refused.
 *
 * Does not: know memory, or relate two registers.
 */
import type { Compare, Instruction, Test, Value } from './arm64.ts';

/** A constant, or a value that is not zero. Not in the map: unknown. */
export type Known = number | 'nonzero';
/** By register 0..30. */
export type Values = ReadonlyMap<number, Known>;

/** A compare of a register with a number whose flags are still in force, for a branch in the next block. */
export interface State {
  readonly values: Values;
  readonly flags?: Compare;
}

export const UNKNOWN: State = { values: new Map() };

/** One text for equal states. */
export function keyOf({ values, flags }: State): string {
  const parts = [...values]
    .sort(([left], [right]) => left - right)
    .map(([at, value]) => `${at}=${value}`);
  return `${parts.join(' ')}|${flags?.register ?? ''},${flags?.number ?? ''}`;
}

const unknown = Symbol('unknown');

/** The values that an instruction may put: more than one where it makes a truth value. */
function results(
  values: Values,
  value: Value,
  instruction: Instruction,
): (Known | typeof unknown)[] {
  // CSET: CSINC Wd, WZR, WZR, condition.
  if ((instruction.word & 0x7fff0fe0) >>> 0 === 0x1a9f07e0) return [0, 1];
  if (value === undefined) return [unknown];
  if ('constant' in value) return [value.constant];
  if ('copyOf' in value) return [values.get(value.copyOf) ?? unknown];
  const source = values.get(value.maskOf);
  if (typeof source === 'number') return [source & value.mask];
  return value.mask === 1 ? [0, 1] : [unknown];
}

/** The states after an instruction that neither calls nor branches. */
export function after(state: State, instruction: Instruction): State[] {
  const { writes, compare } = instruction;
  const flags = compare ?? state.flags;
  if (writes.length === 0)
    return flags === state.flags ? [state] : [{ values: state.values, flags }];
  let sets = [state.values];
  for (const { register, value } of writes) {
    sets = sets.flatMap((values) =>
      results(state.values, value, instruction).map((result) => {
        const changed = new Map(values);
        if (result === unknown) changed.delete(register);
        else changed.set(register, result);
        return changed;
      }),
    );
  }
  const isLost =
    flags?.register !== undefined &&
    compare === undefined &&
    writes.some(({ register }) => register === flags.register);
  return sets.map((values) => ({ values, flags: isLost ? undefined : flags }));
}

/** Forgets what the registers in `registers` hold. */
export function forget(state: State, registers: Iterable<number>): State {
  const values = new Map(state.values);
  for (const register of registers) values.delete(register);
  return { values };
}

const EQUAL = 0;
const NOT_EQUAL = 1;

/**
 * The state on the way of a branch that is taken, or on the other; undefined if it cannot be gone.
 */
export function onWay(state: State, test: Test, isTaken: boolean): State | undefined {
  if ('condition' in test) return onCondition(state, test.condition, isTaken);
  const known = state.values.get(test.register);
  const wantsZero = test.isZero === isTaken;
  if (test.bit !== undefined) {
    if (typeof known !== 'number' || test.bit > 30) return state;
    return (((known >>> test.bit) & 1) === 0) === wantsZero ? state : undefined;
  }
  if (known !== undefined) return (known === 0) === wantsZero ? state : undefined;
  return learn(state, test.register, wantsZero ? 0 : 'nonzero');
}

function learn(state: State, register: number, known: Known): State {
  return { ...state, values: new Map(state.values).set(register, known) };
}

/** Conditions of A64 by their number, for unsigned and signed numbers that are small: the two agree then. */
const CONDITIONS: Readonly<Record<number, (left: number, right: number) => boolean>> = {
  0: (left, right) => left === right,
  1: (left, right) => left !== right,
  2: (left, right) => left >= right,
  3: (left, right) => left < right,
  8: (left, right) => left > right,
  9: (left, right) => left <= right,
  10: (left, right) => left >= right,
  11: (left, right) => left < right,
  12: (left, right) => left > right,
  13: (left, right) => left <= right,
};

function onCondition(state: State, condition: number, isTaken: boolean): State | undefined {
  const { register, number } = state.flags ?? {};
  if (register === undefined || number === undefined) return state;
  const known = state.values.get(register);
  if (typeof known === 'number') {
    const holds = CONDITIONS[condition]?.(known, number);
    return holds === undefined || holds === isTaken ? state : undefined;
  }
  if (condition !== EQUAL && condition !== NOT_EQUAL) return state;
  const isEqual = (condition === EQUAL) === isTaken;
  if (isEqual) return learn(state, register, number);
  return number === 0 ? learn(state, register, 'nonzero') : state;
}
