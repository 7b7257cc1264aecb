// SPDX-License-Identifier: MIT
/**
 * The index of an image: which rules are tried for a frame, by its identifier.
 *
 * Each standard identifier, each key (keys.ts), and each range of extended identifiers, has the first word of a list
 * of rule numbers.
 * Lists that are the same, or the end of another one, are there once.
 */
import { RULE_NUMBERS_2 as image } from '../../formats/rule-image-2.ts';
import type { IdentifierRange, Rule } from '../model.ts';
import { indexRanges } from '../order/identifiers.ts';
import { KEYS_MAXIMUM, withKeys } from './keys.ts';
import type { RangedLists } from './keys.ts';

/** The index of frames of one origin. */
export interface IdentifierIndex {
  /** By standard identifier. */
  readonly standard: readonly number[];
  /** The first identifier of each range of extended ones. None: no rule is about them. */
  readonly starts: readonly number[];
  readonly lists: readonly number[];
  readonly keys: ReadonlyMap<number, number>;
}

/** The words of all lists. Word 0 is the empty list. */
export class Lists {
  readonly words: number[] = [image.LIST_END];
  readonly #placeOf = new Map<string, number>([['', 0]]);

  /** The first word of the list with these rules. */
  place(rules: readonly number[]): number {
    const known = this.#placeOf.get(rules.join());
    if (known !== undefined) return known;
    const first = this.words.length;
    for (let index = 0; index < rules.length; index += 1) {
      const end = rules.slice(index).join();
      if (!this.#placeOf.has(end)) this.#placeOf.set(end, first + index);
    }
    this.words.push(...rules, image.LIST_END);
    return first;
  }
}

/** Which rules are tried for the frames of one origin, by number, in order. */
export interface TriedRules {
  /** By standard identifier. */
  readonly standard: readonly (readonly number[])[];
  /** The first identifier of each range of extended ones, and the rules of each. */
  readonly starts: readonly number[];
  readonly extended: readonly (readonly number[])[];
  /** Of single extended identifiers. */
  readonly keys: ReadonlyMap<number, readonly number[]>;
}

type TriedOfSides = Record<'bus' | 'agl', TriedRules>;

const triedOf = new WeakMap<readonly Rule[], TriedOfSides>();

/** For frames of the bus, and of AGL. The rules must not change afterwards. */
export function triedRules(rules: readonly Rule[]): TriedOfSides {
  const known = triedOf.get(rules);
  if (known !== undefined) return known;
  const bus = triedFrom(rules, undefined, KEYS_MAXIMUM);
  const tried = { bus, agl: triedFrom(rules, 'agl', KEYS_MAXIMUM - bus.keys.size) };
  triedOf.set(rules, tried);
  return tried;
}

function triedFrom(rules: readonly Rule[], from: Rule['from'], keysMost: number): TriedRules {
  const mine = rules
    .map((rule, number) => ({ rule, number }))
    .filter(({ rule }) => rule.from === from);
  const rangesOf = (extended: boolean) =>
    mine
      .filter(({ rule }) => rule.match.extended === extended)
      .map(({ rule, number }) => ({ number, ranges: indexRanges(rule.match) }));
  const { starts, lists, keys } = withKeys(extendedLists(rangesOf(true)), keysMost);
  return { standard: standardLists(rangesOf(false)), starts, extended: lists, keys };
}

/** The index that refers to `lists`. Longer lists are placed first. */
export function indexOf(
  { standard, starts, extended, keys }: TriedRules,
  lists: Lists,
): IdentifierIndex {
  const longestFirst = [...standard, ...extended, ...keys.values()].toSorted(
    (one, other) => other.length - one.length,
  );
  for (const list of longestFirst) lists.place(list);
  return {
    standard: standard.map((list) => lists.place(list)),
    starts,
    lists: extended.map((list) => lists.place(list)),
    keys: new Map([...keys].map(([key, list]) => [key, lists.place(list)])),
  };
}

interface Ranged {
  readonly number: number;
  readonly ranges: readonly IdentifierRange[];
}

function standardLists(rules: readonly Ranged[]): number[][] {
  const lists = Array.from({ length: image.STANDARD_IDENTIFIERS }, (): number[] => []);
  for (const { number, ranges } of rules) {
    for (const { first, last } of ranges) {
      for (let identifier = first; identifier <= last; identifier += 1) {
        lists[identifier].push(number);
      }
    }
  }
  return lists;
}

function extendedLists(rules: readonly Ranged[]): RangedLists {
  if (rules.length === 0) return { starts: [], lists: [] };
  const changes = new Map<number, Map<number, boolean>>([[0, new Map()]]);
  const changesAt = (identifier: number) => {
    const known = changes.get(identifier) ?? new Map<number, boolean>();
    changes.set(identifier, known);
    return known;
  };
  for (const { number, ranges } of rules) {
    for (const { first, last } of ranges) {
      changesAt(first).set(number, true);
      changesAt(last + 1).set(number, false);
    }
  }
  changes.delete(2 ** 29);
  const [starts, lists]: [number[], number[][]] = [[], []];
  const active = new Set<number>();
  for (const start of [...changes.keys()].toSorted((one, other) => one - other)) {
    for (const [number, begins] of changes.get(start) ?? []) {
      if (begins) active.add(number);
      else active.delete(number);
    }
    starts.push(start);
    lists.push([...active].toSorted((one, other) => one - other));
  }
  return { starts, lists };
}

/** Numbers of 16 bits as the image has them. */
export function u16(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * numbers.length);
  numbers.forEach((number, index) => bytes.writeUInt16LE(number, 2 * index));
  return bytes;
}

/** The same of 32 bits. */
export function u32(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, index) => bytes.writeUInt32LE(number, 4 * index));
  return bytes;
}
