// SPDX-License-Identifier: MIT
/**
 * Reads the `filters` of a rules file in candump's notation: `id:mask` and inverted `id~mask`.
 *
 * Source of the notation: can-utils, candump.c. One difference: an identifier with written-out flag bits
 * (40000123, a standard remote frame) is taken literally.
 */
import { RULE_NUMBERS } from '../../formats/rule-image.ts';
import { CAN_ID_EXTENDED } from '../model.ts';
import type { Filter } from '../model.ts';
import { MAXIMUM_FILTERS } from '../model.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const NOTATION = /^([0-9a-f]{1,8})([:~])([0-9a-f]{1,8})$/i;
/** An identifier of eight digits without flag bits is extended. */
const EXTENDED_NUMBER = /^[01][0-9a-f]{7}$/i;

/** The filters of the table. Empty if the key is absent or has no value. */
export function parseFilters(reader: YamlReader, entries: Entries): Filter[] {
  const entry = entries.byKey.get('filters');
  if (entry === undefined || entry.node === null) return [];
  const items = reader.list(entry, 'filter', MAXIMUM_FILTERS, 1) ?? [];
  return items
    .map((item) => parseFilter(reader, item))
    .filter((filter): filter is Filter => filter !== undefined);
}

function parseFilter(reader: YamlReader, item: Entry): Filter | undefined {
  const text = reader.text(item);
  if (text === undefined) return undefined;
  const [, digits, sign, maskDigits] = NOTATION.exec(text) ?? [];
  if (digits === undefined || maskDigits === undefined) {
    const reason = `${item.label} must be id:mask or id~mask in hexadecimal without 0x, such as "100:7FF" (got ${JSON.stringify(text)})`;
    reader.diagnostics.error(item.offset, reason);
    return undefined;
  }
  const word = parseInt(digits, 16) | (EXTENDED_NUMBER.test(digits) ? CAN_ID_EXTENDED : 0);
  const mask = parseInt(maskDigits, 16);
  if (((word | mask) & RULE_NUMBERS.FILTER_INVERTED) !== 0) {
    const reason = `${item.label} "${text}" has bit 29 set, which no frame of a bus has; write ~ to invert`;
    reader.diagnostics.error(item.offset, reason);
    return undefined;
  }
  return { identifier: (word & mask) >>> 0, mask: mask >>> 0, inverted: sign === '~' };
}
