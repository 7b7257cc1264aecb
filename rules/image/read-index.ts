// SPDX-License-Identifier: MIT
/**
 * Reads the index of an image: the identifiers under which each rule is listed.
 */
import { RULE_NUMBERS_2 as image } from '../../formats/rule-image-2.ts';
import type { IdentifierRange } from '../model.ts';
import { EXTENDED_IDENTIFIER_MAXIMUM } from '../model.ts';
import type { Sections } from './decode-2.ts';
import { expectEqual, RulesImageError } from './image-error.ts';

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
  const rangesAt = (place: number, size: number, firsts: readonly number[], end: number) => {
    const ranges = new Map<number, IdentifierRange[]>();
    firsts.forEach((first, index) => {
      const offset = place + size * index;
      const last = (firsts[index + 1] ?? end) - 1;
      const word = bytes.readUInt16LE(offset);
      if (word >= words.length) {
        const expected = `a word below ${words.length}`;
        throw new RulesImageError('index', offset, expected, `${word}`);
      }
      for (let at = word; words[at] !== image.LIST_END; at += 1) {
        addRange(ranges, words[at], { first, last });
      }
    });
    return ranges;
  };
  const identifiers = Array.from({ length: image.STANDARD_IDENTIFIERS }, (_, index) => index);
  const indexAt = (name: 'bus' | 'agl'): ListedRanges => {
    const isThere = counts[`${name}Index`] === 1;
    const range = starts[`${name}RangeStarts`];
    const firsts = Array.from({ length: counts[`${name}RangeStarts`] }, (_, index) =>
      bytes.readUInt32LE(range + 4 * index),
    );
    refuseDisorder(firsts, range);
    const most = image.STANDARD_IDENTIFIERS;
    return {
      standard: rangesAt(starts[`${name}Index`], 2, isThere ? identifiers : [], most),
      extended: rangesAt(starts[`${name}RangeLists`], 2, firsts, EXTENDED_IDENTIFIER_MAXIMUM + 1),
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
