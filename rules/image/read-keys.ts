// SPDX-License-Identifier: MIT
/**
 * Reads the table of keys of an image (keys.ts), and puts each key back between the ranges.
 */
import { RULE_NUMBERS_2 as image, RULES_HEADER_2 } from '../../formats/rule-image-2.ts';
import { EXTENDED_IDENTIFIER_MAXIMUM } from '../model.ts';
import type { Sections } from './decode-2.ts';
import { expectEqual, RulesImageError } from './image-error.ts';
import { bucketOf, slotOf } from './keys.ts';
import type { IndexPieces } from './read-index.ts';

/** The first word of the list of each key. */
type Keys = ReadonlyMap<number, number>;

/** The keys of each side. Throws RulesImageError for a key that no look finds, or a wrong count. */
export function readKeys(
  bytes: Buffer,
  { starts, counts }: Omit<Sections, 'end'>,
  wordAt: (offset: number) => number,
): Record<'bus' | 'agl', Keys> {
  const multiplier = bytes.readUInt32LE(RULES_HEADER_2.keyMultiplier.at);
  const slots = counts.keys;
  refuseCounts(slots, counts.keyDisplacements, multiplier);
  const found = { bus: new Map<number, number>(), agl: new Map<number, number>() };
  for (let slot = 0; slot < slots; slot += 1) {
    const offset = starts.keys + 4 * slot;
    const key = bytes.readUInt32LE(offset);
    const list = starts.keyLists + 2 * slot;
    if (key === image.KEY_NONE) {
      expectEqual('list of an empty slot', list, 0, bytes.readUInt16LE(list));
      continue;
    }
    const first = key % image.KEY_FROM_AGL;
    const side = first === key ? 'bus' : 'agl';
    const isWhole = key <= EXTENDED_IDENTIFIER_MAXIMUM + image.KEY_FROM_AGL;
    const bucket = starts.keyDisplacements + 2 * bucketOf(key, multiplier);
    const displacement = bytes.readUInt16LE(bucket);
    const isFound =
      displacement !== image.BUCKET_EMPTY && slotOf(key, multiplier, displacement, slots) === slot;
    if (!isWhole || !isFound) {
      const expected = 'an identifier whose look leads there';
      throw new RulesImageError(`key ${slot}`, offset, expected, `0x${key.toString(16)}`);
    }
    found[side].set(first, wordAt(list));
  }
  return found;
}

/** The pieces with each key as one of its own. */
export function withKeyPieces({ firsts, lists }: IndexPieces, keys: Keys): IndexPieces {
  if (keys.size === 0) return { firsts, lists };
  const known = new Map(firsts.map((first, index) => [first, lists[index]]));
  const all = new Set([0, ...firsts]);
  for (const key of keys.keys()) all.add(key).add(key + 1);
  all.delete(EXTENDED_IDENTIFIER_MAXIMUM + 1);
  const ascending = [...all].sort((one, other) => one - other);
  let below = 0;
  const words = ascending.map((first) => {
    below = known.get(first) ?? below;
    return keys.get(first) ?? below;
  });
  return { firsts: ascending, lists: words };
}

function refuseCounts(slots: number, buckets: number, multiplier: number): void {
  const fields = RULES_HEADER_2;
  const isPower = (slots & (slots - 1)) === 0 && slots <= image.KEY_SLOTS_MAXIMUM;
  if (!isPower) {
    const expected = `a power of two, at most ${image.KEY_SLOTS_MAXIMUM}`;
    throw new RulesImageError('slots of keys', fields.keySlots.at, expected, `${slots}`);
  }
  const wanted = slots === 0 ? 0 : image.KEY_BUCKETS;
  expectEqual('buckets of keys', fields.keyBuckets.at, wanted, buckets);
  if ((multiplier === 0) === (slots === 0)) return;
  const expected = slots === 0 ? '0 without keys' : 'not 0';
  throw new RulesImageError(
    'multiplier of keys',
    fields.keyMultiplier.at,
    expected,
    `${multiplier}`,
  );
}
