// SPDX-License-Identifier: MIT
/**
 * Reads `match:` of one rule: identifier, mask, frame kind, data conditions.
 *
 * Does not: compare rules with each other; see order/hidden.ts.
 */
import { isMap, isScalar } from 'yaml';
import type { ByteMatch, RuleMatch } from '../model.ts';
import {
  DATA_BYTES,
  EXTENDED_IDENTIFIER_MAXIMUM,
  formatIdentifier,
  STANDARD_IDENTIFIER_MAXIMUM,
} from '../model.ts';
import { hex } from './yaml-reader.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const MATCH_KEYS = ['id', 'mask', 'extended', 'remote', 'data'];
const BYTE_KEYS = ['value', 'mask'];

/** Matches any byte. */
export const ANY_BYTE: ByteMatch = { value: 0, mask: 0 };

/** Reads the condition of a rule. Undefined after an error. */
export function parseMatch(reader: YamlReader, entry: Entry): RuleMatch | undefined {
  const entries = reader.map(entry, MATCH_KEYS, {
    length: 'a frame matches when it has all bytes that data lists; add ~ for more',
  });
  if (entries === undefined) return undefined;
  const extended = reader.boolean(entries.byKey.get('extended'), false);
  const remote = parseRemote(reader, entries.byKey.get('remote'));
  const identifier = parseIdentifier(reader, entries, 'id', 'match', extended);
  const mask = parseMask(reader, entries, identifier, extended);
  const data = parseData(reader, entries.byKey.get('data'), remote);
  if (
    extended === undefined ||
    remote === undefined ||
    identifier === undefined ||
    mask === undefined ||
    data === undefined
  ) {
    return undefined;
  }
  const unused = Array.from({ length: DATA_BYTES - data.length }, () => ANY_BYTE);
  return {
    identifier,
    mask,
    extended,
    remote,
    data: [...data, ...unused],
    minimumLength: data.length,
  };
}

/** Reads an identifier and checks it against the frame format. */
export function parseIdentifier(
  reader: YamlReader,
  entries: Entries,
  key: string,
  where: string,
  extended: boolean | undefined,
): number | undefined {
  const entry = reader.required(entries, key, where);
  if (entry === undefined) return undefined;
  const identifier = reader.number(entry, true);
  if (identifier === undefined || extended === undefined) return undefined;
  const maximum = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  if (identifier <= maximum) return identifier;
  const hint =
    !extended && identifier <= EXTENDED_IDENTIFIER_MAXIMUM
      ? '; for a 29-bit identifier add "extended: true"'
      : '';
  const kind = extended ? 'an extended' : 'a standard';
  reader.diagnostics.error(
    entry.offset,
    `${key} 0x${hex(identifier)} is out of range: ${kind} identifier is at most 0x${hex(maximum)}${hint}`,
  );
  return undefined;
}

function parseMask(
  reader: YamlReader,
  entries: Entries,
  identifier: number | undefined,
  extended: boolean | undefined,
): number | undefined {
  const everyBit = extended === true ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  const entry = entries.byKey.get('mask');
  if (entry === undefined) return everyBit;
  const mask = reader.number(entry, true);
  if (mask === undefined || extended === undefined) return undefined;
  if (mask > everyBit) {
    const kind = extended ? 'an extended' : 'a standard';
    reader.diagnostics.error(
      entry.offset,
      `mask 0x${hex(mask)} is out of range: ${kind} identifier has no bits above 0x${hex(everyBit)}`,
    );
    return undefined;
  }
  const never = identifier === undefined ? 0 : identifier & ~mask;
  if (identifier !== undefined && never !== 0) {
    reader.diagnostics.error(
      entry.offset,
      `mask 0x${hex(mask)} leaves out bits 0x${hex(never)} of id ` +
        `${formatIdentifier(identifier, extended)}: no frame can match; ` +
        `clear them in the id or set them in the mask`,
    );
    return undefined;
  }
  return mask;
}

function parseData(
  reader: YamlReader,
  entry: Entry | undefined,
  remote: boolean | 'any' | undefined,
): ByteMatch[] | undefined {
  if (entry === undefined) return [];
  if (remote === true || remote === 'any') {
    const reason =
      remote === 'any'
        ? 'remote: any takes frames without data, too'
        : 'a remote frame carries no data';
    reader.diagnostics.error(entry.keyOffset, `${reason}: remove data`);
    return undefined;
  }
  const items = reader.list(entry, 'data byte', DATA_BYTES);
  if (items === undefined) return undefined;
  const bytes = items.map((item) => parseByteMatch(reader, item));
  return bytes.every((byte) => byte !== undefined) ? bytes : undefined;
}

/** `true`, `false`, or `any` for data and remote frames alike. */
function parseRemote(reader: YamlReader, entry: Entry | undefined): boolean | 'any' | undefined {
  const isAny = entry !== undefined && isScalar(entry.node) && entry.node.value === 'any';
  return isAny ? 'any' : reader.boolean(entry, false);
}

function parseByteMatch(reader: YamlReader, item: Entry): ByteMatch | undefined {
  if (item.node === null) return ANY_BYTE;
  if (!isMap(item.node)) {
    const value = parseByte(reader, item);
    return value === undefined ? undefined : { value, mask: 0xff };
  }
  const entries = reader.map(item, BYTE_KEYS);
  if (entries === undefined) return undefined;
  const valueEntry = reader.required(entries, 'value', item.label);
  const maskEntry = reader.required(entries, 'mask', item.label);
  if (valueEntry === undefined || maskEntry === undefined) return undefined;
  const value = parseByte(reader, valueEntry);
  const mask = parseByte(reader, maskEntry);
  if (value === undefined || mask === undefined) return undefined;
  if ((value & ~mask) !== 0) {
    const never = hex(value & ~mask);
    reader.diagnostics.error(
      valueEntry.offset,
      `${item.label}: value 0x${hex(value)} has bits 0x${never} that mask 0x${hex(mask)} leaves out: ` +
        'no frame can match',
    );
    return undefined;
  }
  return { value, mask };
}

/** Reads a number from 0 to 0xFF. */
export function parseByte(reader: YamlReader, item: Entry): number | undefined {
  const value = reader.number(item, true);
  if (value === undefined || value <= 0xff) return value;
  reader.diagnostics.error(item.offset, `${item.label} is ${value}: a byte is at most 255 (0xFF)`);
  return undefined;
}
