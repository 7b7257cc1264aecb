// SPDX-License-Identifier: MIT
/**
 * Rules that no frame can reach because earlier ones take all of theirs, and rules of which earlier ones take
 * some.
 *
 * Several rules together hide a later one if each of its identifiers is taken by one of them. That two rules
 * share the data of an identifier among themselves is not seen.
 */
import type { IdentifierRange, Rule, RuleMatch } from '../model.ts';
import { mayBothTake, takesAll } from './cover.ts';
import { indexRanges, intersection, isExact } from './identifiers.ts';

/** A rule, and the earlier ones that take its frames. */
export interface Hidden {
  readonly rule: Rule;
  /** All frames, else some. */
  readonly all: boolean;
  readonly by: readonly Rule[];
}

/** For each rule of which earlier ones take frames, in the order of the table. */
export function findHidden(rules: readonly Rule[]): Hidden[] {
  const ranges = new Map(rules.map((rule) => [rule, indexRanges(rule.match)]));
  return rules.flatMap((rule, index): Hidden[] => {
    if (rule.when !== undefined) return [];
    const mine = ranges.get(rule) ?? [];
    let left: readonly IdentifierRange[] = mine;
    const [hiding, touching]: [Rule[], Rule[]] = [[], []];
    for (const earlier of rules.slice(0, index)) {
      if (earlier.from !== rule.from || earlier.match.extended !== rule.match.extended) continue;
      const theirs = ranges.get(earlier) ?? [];
      if (!isApart(mine, theirs) && mayShare(earlier.match, rule.match, mine, theirs)) {
        touching.push(earlier);
        const taken = takesAll(earlier.match, rule.match)
          ? takenOf(earlier.match, rule.match, theirs)
          : [];
        const rest = without(left, taken);
        if (size(rest) < size(left)) hiding.push(earlier);
        left = rest;
      }
      if (left.length === 0) return [{ rule, all: true, by: hiding }];
    }
    return touching.length === 0 ? [] : [{ rule, all: false, by: touching }];
  });
}

/** The first earlier rule of the table that may take a frame of this one's. */
export function firstTouching(rule: Rule, rules: readonly Rule[]): Rule | undefined {
  const mine = indexRanges(rule.match);
  return rules
    .slice(0, rules.indexOf(rule))
    .find(
      ({ match, from }) =>
        from === rule.from && mayShare(match, rule.match, mine, indexRanges(match)),
    );
}

/** Whether a frame may pass both. */
function mayShare(
  one: RuleMatch,
  other: RuleMatch,
  ranges: readonly IdentifierRange[],
  others: readonly IdentifierRange[],
): boolean {
  if (one.extended !== other.extended) return false;
  if (((one.identifier ^ other.identifier) & one.mask & other.mask) !== 0) return false;
  return mayBothTake(one, other) && intersection(ranges, others).length > 0;
}

/** The ranges in which `earlier` takes every identifier that `later` has. */
function takenOf(
  earlier: RuleMatch,
  later: RuleMatch,
  theirs: readonly IdentifierRange[],
): readonly IdentifierRange[] {
  const isWithin =
    (earlier.mask & ~later.mask) === 0 && (later.identifier & earlier.mask) === earlier.identifier;
  return isWithin || isExact(earlier) ? theirs : [];
}

/** The ends alone say that there is none in common. */
function isApart(one: readonly IdentifierRange[], other: readonly IdentifierRange[]): boolean {
  const [first, second] = [one[0], other[0]];
  const [last, otherLast] = [one.at(-1), other.at(-1)];
  return (
    last === undefined ||
    otherLast === undefined ||
    last.last < second.first ||
    otherLast.last < first.first
  );
}

function without(
  ranges: readonly IdentifierRange[],
  taken: readonly IdentifierRange[],
): readonly IdentifierRange[] {
  if (taken.length === 0) return ranges;
  return ranges.flatMap((range) => {
    const rest: IdentifierRange[] = [];
    let { first } = range;
    for (const common of intersection([range], taken)) {
      if (common.first > first) rest.push({ first, last: common.first - 1 });
      first = common.last + 1;
    }
    if (first <= range.last) rest.push({ first, last: range.last });
    return rest;
  });
}

function size(ranges: readonly IdentifierRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
