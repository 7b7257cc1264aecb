// SPDX-License-Identifier: MIT
/**
 * The table of keys: extended identifiers that have a list of rules of their own. The cell finds each with one look
 * (src/responder/key-index.ts), however many there are. Ranges decide about all others.
 *
 * Which identifiers are keys: those of ranges of one identifier, as long as the table has room. The range goes.
 * How the table is made: a key's product gives its bucket and its place there. The largest bucket comes first; each
 * gets the first displacement with which all of its keys fall into slots that are free.
 */
import { RULE_NUMBERS_2 as image } from '../../formats/rule-image-2.ts';
import { EXTENDED_IDENTIFIER_MAXIMUM } from '../model.ts';

/** Keys for which a table of the largest size is found soon. */
export const KEYS_MAXIMUM = 1536;
/** Slots for a key: with fewer free ones the search takes longer. */
const SLOTS_PER_KEY = 1.2;
const SLOTS_MINIMUM = 4;
/** An odd number with bits of either kind everywhere: 2^32 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b1;
const MULTIPLIER_STEP = 0x5851f42e;
/** With each multiplier the search succeeds in one of three cases or more. */
const MULTIPLIERS_MAXIMUM = 1000;

/** Lists by ranges of extended identifiers; the first begins at 0, each ends before the next. */
export interface RangedLists {
  readonly starts: readonly number[];
  readonly lists: readonly (readonly number[])[];
}

export interface KeyedLists extends RangedLists {
  readonly keys: ReadonlyMap<number, readonly number[]>;
}

/** Takes at most `most` single identifiers out of the ranges. */
export function withKeys({ starts, lists }: RangedLists, most: number): KeyedLists {
  const keys = new Map<number, readonly number[]>();
  const kept: { start: number; list: readonly number[] }[] = [];
  starts.forEach((start, index) => {
    const list = lists[index];
    const end = starts[index + 1] ?? EXTENDED_IDENTIFIER_MAXIMUM + 1;
    const before = kept.at(-1);
    if (before !== undefined && isSame(before.list, list)) return;
    if (end === start + 1 && keys.size < most) keys.set(start, list);
    else kept.push({ start: before === undefined ? 0 : start, list });
  });
  const isEmpty = kept.every(({ list }) => list.length === 0);
  return {
    keys,
    starts: isEmpty ? [] : kept.map(({ start }) => start),
    lists: isEmpty ? [] : kept.map(({ list }) => list),
  };
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((number, index) => number === other[index]);
}

/** The three sections, and the multiplier of the header. */
export interface KeyTable {
  readonly multiplier: number;
  /** By slot. */
  readonly keys: readonly number[];
  readonly lists: readonly number[];
  /** By bucket. */
  readonly displacements: readonly number[];
}

/** A table of these keys with the word of the list of each, at most KEYS_MAXIMUM of them. */
export function keyTable(words: ReadonlyMap<number, number>): KeyTable {
  if (words.size === 0) return { multiplier: 0, keys: [], lists: [], displacements: [] };
  const keys = [...words.keys()];
  let slots = SLOTS_MINIMUM;
  while (slots < SLOTS_PER_KEY * keys.length) slots *= 2;
  let multiplier = MULTIPLIER;
  for (let round = 0; round < MULTIPLIERS_MAXIMUM; round += 1) {
    const placed = place(keys, multiplier, slots);
    if (placed !== undefined) {
      const { slotted, displacements } = placed;
      const lists = slotted.map((key) => words.get(key) ?? 0);
      return { multiplier, keys: slotted, lists, displacements };
    }
    multiplier = (multiplier + MULTIPLIER_STEP) >>> 0;
  }
  throw new Error(`no table of ${keys.length} keys was found`);
}

/** The slot of a key, given the displacement of its bucket; and that bucket. */
export function bucketOf(key: number, multiplier: number): number {
  return Math.imul(key, multiplier) >>> image.KEY_BUCKET_SHIFT;
}

export function slotOf(
  key: number,
  multiplier: number,
  displacement: number,
  slots: number,
): number {
  const place = Math.imul(key, multiplier) >>> image.KEY_PLACE_SHIFT;
  return (place + displacement) % slots;
}

/** Undefined: with this multiplier the keys do not fit. */
function place(
  keys: readonly number[],
  multiplier: number,
  slots: number,
): { slotted: number[]; displacements: number[] } | undefined {
  const buckets = Array.from({ length: image.KEY_BUCKETS }, (): number[] => []);
  for (const key of keys) buckets[bucketOf(key, multiplier)].push(key);
  const displacements = buckets.map((): number => image.BUCKET_EMPTY);
  const slotted = Array.from({ length: slots }, (): number => image.KEY_NONE);
  const order = buckets
    .map((bucket, number) => ({ bucket, number }))
    .filter(({ bucket }) => bucket.length > 0)
    .toSorted((one, other) => other.bucket.length - one.bucket.length);
  for (const { bucket, number } of order) {
    const places = bucket.map((key) => slotOf(key, multiplier, 0, slots));
    if (new Set(places).size < places.length) return undefined;
    const isFree = (shift: number) =>
      places.every((at) => slotted[(at + shift) % slots] === image.KEY_NONE);
    let displacement = 0;
    while (displacement < slots && !isFree(displacement)) displacement += 1;
    if (displacement === slots) return undefined;
    displacements[number] = displacement;
    bucket.forEach((key, index) => (slotted[(places[index] + displacement) % slots] = key));
  }
  return { slotted, displacements };
}
