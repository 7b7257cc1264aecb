// SPDX-License-Identifier: MIT
/**
 * Sets of identifiers of one form, as ranges: those of a mask, of a list, and what is left without them.
 *
 * A mask with wildcard bits above a compared one makes many ranges. Where they would be too many, the ranges
 * are wider than the mask, and the cell compares the mask beside them.
 */
import type { IdentifierRange, RuleMatch } from '../model.ts';
import { EXTENDED_IDENTIFIER_MAXIMUM, STANDARD_IDENTIFIER_MAXIMUM } from '../model.ts';

/** Identifiers that equal `identifier` in the bits of `mask`. */
export interface IdentifierMask {
  readonly identifier: number;
  readonly mask: number;
}

export type IdentifierTest = IdentifierMask | IdentifierRange;

/** What of a match is about identifiers. */
export type IdentifierMatch = Pick<RuleMatch, 'identifier' | 'mask' | 'identifiers'>;

/** The most ranges that one mask of an extended identifier makes in the index. */
const MASK_RANGES_MAXIMUM = 64;
/** The most ranges of one rule about extended identifiers. The index has each standard one by itself. */
export const RULE_RANGES_MAXIMUM = 512;

export function identifierMaximum(extended: boolean): number {
  return extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
}

const rangesOf = new WeakMap<object, readonly IdentifierRange[]>();

/** The ranges under which the index has a rule. They hold all that it matches, and with a scattered mask more. */
export function indexRanges(
  match: IdentifierMatch & { readonly extended: boolean },
): readonly IdentifierRange[] {
  const known = rangesOf.get(match);
  if (known !== undefined) return known;
  const { identifiers, extended } = match;
  const all = maskRanges(extended ? relaxed(match) : match, extended);
  const ranges = identifiers === undefined ? all : intersection(all, identifiers);
  rangesOf.set(match, ranges);
  return ranges;
}

/**
 * The one form of the set of all that pass one of the tests, or with `inverted` none of them. A number says
 * how many ranges it would take, where that is too much; undefined: no identifier is left.
 */
export function normalForm(
  tests: readonly IdentifierTest[],
  inverted: boolean,
  extended: boolean,
): IdentifierMatch | number | undefined {
  const [only] = tests;
  if (tests.length === 1 && !inverted && 'mask' in only) return only;
  const pieces = tests.reduce((sum, test) => sum + pieceCount(test, extended), 0);
  if (extended && pieces > RULE_RANGES_MAXIMUM * 4) {
    return (inverted ? undefined : factored(tests)) ?? pieces;
  }
  const all = merged(
    tests.flatMap((test) => ('mask' in test ? maskRanges(test, extended) : [test])),
  );
  const ranges = inverted ? complement(all, identifierMaximum(extended)) : all;
  if (ranges.length === 0) return undefined;
  const mask = maskOf(ranges, extended);
  if (mask !== undefined) return mask;
  if (!extended || ranges.length <= RULE_RANGES_MAXIMUM) {
    return { identifier: 0, mask: 0, identifiers: ranges };
  }
  return (inverted ? undefined : factored(tests)) ?? ranges.length;
}

/** Whether the index has the rule under no identifier that it does not match. */
export function isExact(match: IdentifierMatch & { extended: boolean }): boolean {
  return !match.extended || relaxed(match).mask === match.mask;
}

/** Whether a frame's identifier is one of them. */
export function hasIdentifier(match: IdentifierMatch, identifier: number): boolean {
  if (((identifier ^ match.identifier) & match.mask) !== 0) return false;
  return match.identifiers?.some(({ first, last }) => isWithin(identifier, first, last)) ?? true;
}

/** What both have. Both are ascending. */
export function intersection(
  one: readonly IdentifierRange[],
  other: readonly IdentifierRange[],
): IdentifierRange[] {
  const common: IdentifierRange[] = [];
  for (let left = 0, right = 0; left < one.length && right < other.length;) {
    const first = Math.max(one[left].first, other[right].first);
    const last = Math.min(one[left].last, other[right].last);
    if (first <= last) common.push({ first, last });
    if (one[left].last < other[right].last) left += 1;
    else right += 1;
  }
  return common;
}

/** The ranges ascending, those that touch each other as one. */
function merged(ranges: readonly IdentifierRange[]): IdentifierRange[] {
  const result: IdentifierRange[] = [];
  for (const range of ranges.toSorted((one, other) => one.first - other.first)) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last + 1) result.push(range);
    else result[result.length - 1] = { ...before, last: Math.max(before.last, range.last) };
  }
  return result;
}

function isWithin(identifier: number, first: number, last: number): boolean {
  return identifier >= first && identifier <= last;
}

function complement(ranges: readonly IdentifierRange[], maximum: number): IdentifierRange[] {
  const gaps = ranges.map(({ first }, index) => ({
    first: index === 0 ? 0 : ranges[index - 1].last + 1,
    last: first - 1,
  }));
  const last = { first: (ranges.at(-1)?.last ?? -1) + 1, last: maximum };
  return [...gaps, last].filter((gap) => gap.first <= gap.last);
}

function pieceCount(test: IdentifierTest, extended: boolean): number {
  return 'mask' in test ? 2 ** scatteredBits(test.mask, extended).length : 1;
}

/** The wildcard bits above the lowest bit that is compared. */
function scatteredBits(mask: number, extended: boolean): number[] {
  const bits = bitsOf(~mask & identifierMaximum(extended));
  return bits.filter((bit) => mask % 2 ** bit !== 0);
}

function bitsOf(number: number): number[] {
  return Array.from({ length: 29 }, (_, bit) => bit).filter((bit) => (number >>> bit) % 2 === 1);
}

/** All identifiers of a mask, as few ranges as possible, ascending. */
function maskRanges({ identifier, mask }: IdentifierMask, extended: boolean): IdentifierRange[] {
  const scattered = scatteredBits(mask, extended);
  const wild = ~mask & identifierMaximum(extended);
  const low = scattered.reduce((rest, bit) => rest - 2 ** bit, wild);
  const starts = scattered.reduce(
    (from, bit) => [...from, ...from.map((start) => start + 2 ** bit)],
    [identifier],
  );
  return merged(starts.map((start) => ({ first: start, last: start + low })));
}

/** The extended mask without so many of its lowest bits that it makes no more ranges than it may. */
function relaxed(test: IdentifierMask): IdentifierMask {
  let { mask } = test;
  for (const bit of bitsOf(mask)) {
    if (2 ** scatteredBits(mask, true).length <= MASK_RANGES_MAXIMUM) break;
    mask -= 2 ** bit;
  }
  return { mask, identifier: test.identifier & mask };
}

/** The one mask that has exactly these identifiers, if there is one. */
function maskOf(ranges: readonly IdentifierRange[], extended: boolean): IdentifierMask | undefined {
  const everyBit = identifierMaximum(extended);
  let [same, count] = [everyBit, 0];
  const [{ first: sample }] = ranges;
  for (const { first, last } of ranges) {
    // Within a range all bits below its highest differing one take both values.
    const within = 2 ** (32 - Math.clz32(first ^ last)) - 1;
    same &= ~((first ^ sample) | within);
    count += last - first + 1;
  }
  if (2 ** bitsOf(everyBit & ~same).length !== count) return undefined;
  return { identifier: sample & same, mask: same };
}

/** Extended: wider ranges, and beside them the mask that all tests have in common. Undefined: that is not exact. */
function factored(tests: readonly IdentifierTest[]): IdentifierMatch | undefined {
  const masks = tests.filter((test) => 'mask' in test);
  if (masks.length < tests.length) return undefined;
  const [{ identifier: sample }] = masks;
  const common = masks.reduce(
    (same, { identifier, mask }) => same & mask & ~(identifier ^ sample),
    EXTENDED_IDENTIFIER_MAXIMUM,
  );
  const wider = masks.map(relaxed);
  if (wider.some(({ mask }, index) => (masks[index].mask & ~mask & ~common) !== 0))
    return undefined;
  const plain = { identifier: sample & common, mask: common };
  const listed = merged(wider.flatMap((test) => maskRanges(test, true)));
  const identifiers = intersection(indexRanges({ ...plain, extended: true }), listed);
  return identifiers.length > RULE_RANGES_MAXIMUM ? undefined : { ...plain, identifiers };
}
