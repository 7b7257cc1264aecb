// SPDX-License-Identifier: MIT
/**
 * Extended identifiers that have a list of rules of their own: found by one look into a table of keys, however many
 * there are (docs/decisions/0030-extended-keys.md).
 *
 * A key times the table's multiplier gives a bucket and a place. The bucket has a displacement, and slot
 * place + displacement is the only one in which the key may be. The compiler chose multiplier and displacements so
 * that no two keys meet. Slots are taken modulo their number, so no displacement leads out of the table.
 *
 * Does not: know ranges of identifiers (TableSections).
 */
import {
  BUCKET_EMPTY,
  KEY_BUCKET_SHIFT,
  KEY_BUCKETS,
  KEY_FROM_AGL,
  KEY_NONE,
  KEY_PLACE_SHIFT,
  KEY_SLOTS_MAXIMUM,
  RULE_FROM_AGL,
} from '../../build/generated/rule-image';
import { EXTENDED_MASK } from '../can/identifier';
import { isListOf } from './index-check';
import { TableHeader } from './table-header';
import { TableSections } from './table-sections';

/** The displacement of the bucket of a key with this product; BUCKET_EMPTY: no key has this bucket. */
export function displacementOf(sections: TableSections, product: u32): u32 {
  const bucket = product >>> KEY_BUCKET_SHIFT;
  return load<u16>(sections.keyDisplacements + (bucket << 1));
}

/** The slot in which the key may be. */
export function slotOf(sections: TableSections, product: u32, displacement: u32): u32 {
  return ((product >>> KEY_PLACE_SHIFT) + displacement) & sections.keyMask;
}

/** Address of the word of the list of `key`; 0: it is no key. Only for a table that has keys. */
export function keyList(sections: TableSections, key: u32): usize {
  const product = key * sections.keyMultiplier;
  const displacement = displacementOf(sections, product);
  if (displacement === BUCKET_EMPTY) return 0;
  const slot = slotOf(sections, product, displacement);
  if (load<u32>(sections.keys + (slot << 2)) !== key) return 0;
  return sections.keyLists + (slot << 1);
}

/** True if the counts of the table of keys agree with each other, before anything is looked up in it. */
export function areKeyCounts(header: TableHeader): bool {
  const slots: u32 = header.keySlots;
  const buckets: u32 = header.keyBuckets;
  if (slots === 0) return buckets === 0 && header.keyMultiplier === 0;
  if (buckets !== KEY_BUCKETS || header.keyMultiplier === 0) return false;
  return slots <= KEY_SLOTS_MAXIMUM && (slots & (slots - 1)) === 0;
}

/** True if slot `slot` is empty, or its key is found there and has a list of its side among `words`. */
export function isKey(sections: TableSections, slot: u32, words: u32): bool {
  const key = load<u32>(sections.keys + (slot << 2));
  const address = sections.keyLists + (slot << 1);
  const word: u32 = load<u16>(address);
  if (key === KEY_NONE) return word === 0;
  if ((key & ~(EXTENDED_MASK | KEY_FROM_AGL)) !== 0) return false;
  if (keyList(sections, key) !== address) return false;
  return isListOf(sections, word, words, (key & KEY_FROM_AGL) !== 0 ? RULE_FROM_AGL : 0);
}
