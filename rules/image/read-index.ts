// SPDX-License-Identifier: MIT
/**
 * Reads the index of an image: the identifiers under which each rule is listed.
 */
import { RULE_NUMBERS_2 as image } from '../../formats/rule-image-2.ts';
import type { IdentifierRange } from '../model.ts';
import { EXTENDED_IDENTIFIER_MAXIMUM } from '../model.ts';
import type { Sections } from './decode-2.ts';
import { expectEqual, RulesImageError } from './image-error.ts';
import { readKeys, withKeyPieces } from './read-keys.ts';

/** From each first identifier up to the next one: the first word of the list. */
export interface IndexPieces {
  readonly firsts: readonly number[];
  readonly lists: readonly number[];
}

type RangesOf = ReadonlyMap<number, readonly IdentifierRange[]>;

/** By number of the rule. */
export interface ListedRanges {
  readonly standard: RangesOf;
  readonly extended: RangesOf;
}

/** Throws RulesImageError for a list that has no end, a number that no rule has, or a wrong order. */
export function readIndex(
  bytes: Buffer,
  { starts, counts }: Sections,
  ruleCount: number,
): Record<'bus' | 'agl', ListedRanges> {
  const words = Array.from({ length: counts.lists }, (_, index) =>
    bytes.readUInt16LE(starts.lists + 2 * index),
  );
  expectEqual('lists: word 0', starts.lists, image.LIST_END, words[0] ?? 0);
  expectEqual('lists: last word', starts.lists, image.LIST_END, words.at(-1) ?? 0);
  words.forEach((rule, index) => {
    if (rule === image.LIST_END) return;
    const next = words[index + 1];
    if (rule < ruleCount && next > rule) return;
    const offset = starts.lists + 2 * index;
    throw new RulesImageError(`lists: word ${index}`, offset, 'rules in order', `${rule}, ${next}`);
  });
  const wordAt = (offset: number): number => {
    const word = bytes.readUInt16LE(offset);
    if (word < words.length) return word;
    throw new RulesImageError('index', offset, `a word below ${words.length}`, `${word}`);
  };
  const rangesOf = ({ firsts, lists }: IndexPieces, end: number) => {
    const ranges = new Map<number, IdentifierRange[]>();
    firsts.forEach((first, index) => {
      const last = (firsts[index + 1] ?? end) - 1;
      for (let at = lists[index]; words[at] !== image.LIST_END; at += 1) {
        addRange(ranges, words[at], { first, last });
      }
    });
    return ranges;
  };
  const keys = readKeys(bytes, { starts, counts }, wordAt);
  const indexAt = (name: 'bus' | 'agl'): ListedRanges => {
    const entries = counts[`${name}Index`] === 1 ? image.STANDARD_IDENTIFIERS : 0;
    const standard = starts[`${name}Index`];
    const identifiers = Array.from({ length: entries }, (_, index) => index);
    const standardLists = identifiers.map((index) => wordAt(standard + 2 * index));
    const range = starts[`${name}RangeStarts`];
    const firsts = Array.from({ length: counts[`${name}RangeStarts`] }, (_, index) =>
      bytes.readUInt32LE(range + 4 * index),
    );
    refuseDisorder(firsts, range);
    const place = starts[`${name}RangeLists`];
    const lists = firsts.map((_, index) => wordAt(place + 2 * index));
    const extended = withKeyPieces({ firsts, lists }, keys[name]);
    return {
      standard: rangesOf({ firsts: identifiers, lists: standardLists }, image.STANDARD_IDENTIFIERS),
      extended: rangesOf(extended, EXTENDED_IDENTIFIER_MAXIMUM + 1),
    };
  };
  return { bus: indexAt('bus'), agl: indexAt('agl') };
}

function addRange(
  ranges: Map<number, IdentifierRange[]>,
  rule: number,
  range: IdentifierRange,
): void {
  const known = ranges.get(rule) ?? [];
  const before = known.at(-1);
  if (before !== undefined && before.last + 1 === range.first) {
    known[known.length - 1] = { first: before.first, last: range.last };
  } else known.push(range);
  ranges.set(rule, known);
}

function refuseDisorder(firsts: readonly number[], start: number): void {
  firsts.forEach((first, index) => {
    const isRight = index === 0 ? first === 0 : first > firsts[index - 1];
    if (isRight && first <= EXTENDED_IDENTIFIER_MAXIMUM) return;
    const expected = index === 0 ? '0' : `above ${firsts[index - 1]}, and 29 bits`;
    throw new RulesImageError(`range ${index}`, start + 4 * index, expected, `${first}`);
  });
}
