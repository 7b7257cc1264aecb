// SPDX-License-Identifier: MIT
/**
 * Compares what two rules look at beside the identifier: the frame's kind, its length and its data. Does one
 * take every frame that the other takes; is there a frame that both take?
 *
 * "Both take one" errs on the side of yes, "takes every one" on the side of no.
 */
import type { DataCondition, DataField, RuleMatch } from '../model.ts';
import { DATA_BYTES } from '../model.ts';

/** Whether `earlier` takes all that `later` takes of the identifiers of both. */
export function takesAll(earlier: RuleMatch, later: RuleMatch): boolean {
  if (earlier.extended !== later.extended) return false;
  if (earlier.remote !== 'any' && earlier.remote !== later.remote) return false;
  if (earlier.minimumLength > later.minimumLength) return false;
  if (longest(earlier) < longest(later)) return false;
  const known = knownBits(later);
  const wanted = knownBits(earlier);
  if ((wanted.mask & ~known.mask) !== 0n || (known.value & wanted.mask) !== wanted.value) {
    return false;
  }
  const groups = later.conditions ?? [];
  return (earlier.conditions ?? []).every(
    (wantedGroup) =>
      isSureByBits(wantedGroup, known) ||
      groups.some((group) =>
        group.every((one) => wantedGroup.some((other) => follows(one, other))),
      ),
  );
}

/** Whether a frame may pass both but for the identifier. */
export function mayBothTake(one: RuleMatch, other: RuleMatch): boolean {
  if (one.extended !== other.extended) return false;
  if (one.remote !== 'any' && other.remote !== 'any' && one.remote !== other.remote) return false;
  if (one.minimumLength > longest(other) || other.minimumLength > longest(one)) return false;
  const [left, right] = [knownBits(one), knownBits(other)];
  if (((left.value ^ right.value) & left.mask & right.mask) !== 0n) return false;
  const known = { value: left.value | right.value, mask: left.mask | right.mask };
  const [groups, others] = [one.conditions ?? [], other.conditions ?? []];
  if ([...groups, ...others].some((group) => group.every((each) => isFalse(each, known)))) {
    return false;
  }
  return !groups.some((group) =>
    others.some((each) => group.every((left) => each.every((right) => excludes(left, right)))),
  );
}

/** Bits of the data whose values are known; byte 0 is the lowest. */
export interface KnownBits {
  readonly value: bigint;
  readonly mask: bigint;
}

/** The bits that the match compares. What lies beyond the longest frame is 0. */
export function knownBits({ data }: RuleMatch): KnownBits {
  let [value, mask] = [0n, 0n];
  for (let index = DATA_BYTES - 1; index >= 0; index -= 1) {
    value = (value << 8n) | BigInt(data[index].value);
    mask = (mask << 8n) | BigInt(data[index].mask);
  }
  return { value, mask };
}

/** The bits of a field, and its value where all of them are known. */
export function fieldOf(field: DataField, { value, mask }: KnownBits): bigint | undefined {
  const bits = (word: bigint) =>
    ((field.bigEndian ? swapped(word) : word) >> BigInt(field.shift)) &
    ((1n << BigInt(field.width)) - 1n);
  if (bits(mask) !== (1n << BigInt(field.width)) - 1n) return undefined;
  return field.signed ? BigInt.asIntN(field.width, bits(value)) : bits(value);
}

/** The eight bytes in the other order. */
export function swapped(word: bigint): bigint {
  let result = 0n;
  for (let index = 0n; index < 64n; index += 8n) {
    result = (result << 8n) | ((word >> index) & 0xffn);
  }
  return result;
}

/** Whether the condition holds. Undefined: the known bits do not say. */
function holds(condition: DataCondition, known: KnownBits): boolean | undefined {
  const plain = holdsPlain(condition, known);
  return plain === undefined ? undefined : plain !== condition.inverted;
}

function holdsPlain(condition: DataCondition, known: KnownBits): boolean | undefined {
  if (condition.kind === 'bits') {
    const { value, mask } = condition;
    if (((known.value ^ value) & known.mask & mask) !== 0n) return false;
    return (mask & ~known.mask) === 0n ? true : undefined;
  }
  const value = fieldOf(condition.field, known);
  if (value === undefined) return undefined;
  if (condition.kind === 'set') return condition.values.includes(Number(value));
  return value >= condition.minimum && value <= condition.maximum;
}

function isSureByBits(group: readonly DataCondition[], known: KnownBits): boolean {
  return group.some((condition) => holds(condition, known) === true);
}

function isFalse(condition: DataCondition, known: KnownBits): boolean {
  return holds(condition, known) === false;
}

/** Whether `other` holds wherever `one` holds. */
function follows(one: DataCondition, other: DataCondition): boolean {
  if (one.kind === 'range' && other.kind === 'range' && isSameField(one.field, other.field)) {
    if (one.inverted !== other.inverted) return !one.inverted && isApart(one, other);
    const [inner, outer] = one.inverted ? [other, one] : [one, other];
    return inner.minimum >= outer.minimum && inner.maximum <= outer.maximum;
  }
  if (one.kind === 'set' && other.kind === 'set' && isSameField(one.field, other.field)) {
    if (one.inverted || other.inverted) return isEqual(one, other);
    return one.values.every((value) => other.values.includes(value));
  }
  return isEqual(one, other);
}

/** Whether no data passes both. */
function excludes(one: DataCondition, other: DataCondition): boolean {
  if (one.kind === 'range' && other.kind === 'range' && isSameField(one.field, other.field)) {
    if (!one.inverted && !other.inverted) return isApart(one, other);
    if (one.inverted && other.inverted) return false;
    const [plain, inverted] = one.inverted ? [other, one] : [one, other];
    return plain.minimum >= inverted.minimum && plain.maximum <= inverted.maximum;
  }
  if (one.kind === 'bits' && other.kind === 'bits') {
    if (!one.inverted && !other.inverted) {
      return ((one.value ^ other.value) & one.mask & other.mask) !== 0n;
    }
    if (one.inverted && other.inverted) return false;
    return one.value === other.value && one.mask === other.mask;
  }
  if (one.kind !== 'set' || other.kind !== 'set' || !isSameField(one.field, other.field)) {
    return false;
  }
  if (one.inverted || other.inverted) return false;
  return !one.values.some((value) => other.values.includes(value));
}

type Range = Extract<DataCondition, { kind: 'range' }>;

function isApart(one: Range, other: Range): boolean {
  return one.maximum < other.minimum || other.maximum < one.minimum;
}

/** Whether two fields are the same bits, read alike. */
export function isSameField(one: DataField, other: DataField): boolean {
  return (
    one.shift === other.shift &&
    one.width === other.width &&
    one.bigEndian === other.bigEndian &&
    one.signed === other.signed
  );
}

function isEqual(one: DataCondition, other: DataCondition): boolean {
  const text = (condition: DataCondition) =>
    JSON.stringify(condition, (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
  return text(one) === text(other);
}

function longest({ maximumLength }: RuleMatch): number {
  return maximumLength ?? DATA_BYTES;
}
