// SPDX-License-Identifier: MIT
/**
 * Reads `checksum:` of an answer or of `modify:`: CRC-8 by table or polynomial with can-gw's profiles, and
 * XOR.
 *
 * Positions: linux/can/gw.h; negative ones count from the end.
 */
import { isScalar, isSeq } from 'yaml';
import { crcTable } from '../crc-table.ts';
import type { Step } from '../model.ts';
import { DATA_BYTES } from '../model.ts';
import { parseByte } from './parse-data.ts';
import { CHECKSUM, CHECKSUM_KINDS, CHECKSUM_PROFILES, keysOf, NAMED_CHECKSUMS } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

type Crc8 = Extract<Step, { kind: 'checksum-crc8' }>;
type Xor = Extract<Step, { kind: 'checksum-xor' }>;

/** CRC-8 with a name in the catalogue: what it is made of. */
const NAMED = {
  'sae-j1850': { polynomial: 0x1d, initial: 0xff, finalXor: 0xff },
  autosar: { polynomial: 0x2f, initial: 0xff, finalXor: 0xff },
} as const;
const PROFILE_BYTES = { none: 0, '1u8': 1, '16u8': 16, 'sffid-xor': 0 } as const;
/** The last byte, over all before it. */
const POSITIONS = { from: 0, to: -2, result: -1 } as const;
const CHECKSUMS_MOST = 4;
const TABLE_BYTES = 256;

type Kind = (typeof CHECKSUM_KINDS)[number];

/**
 * The steps of `checksum:`, one or a list; none if it is absent. Undefined after an error. `length`: of the
 * frame, where it is known. `overItself`: whether a sum over its own byte is an error.
 */
export function parseChecksums(
  reader: YamlReader,
  entries: Entries,
  overItself: 'error' | 'warning',
  length?: number,
): Step[] | undefined {
  const entry = entries.byKey.get('checksum');
  if (entry === undefined) return [];
  const items = isSeq(entry.node) ? reader.list(entry, 'checksum', CHECKSUMS_MOST, 1) : [entry];
  const steps = items?.map((item) => parseChecksum(reader, item, overItself, length));
  return steps?.every((step) => step !== undefined) ? steps : undefined;
}

function parseChecksum(
  reader: YamlReader,
  item: Entry,
  overItself: 'error' | 'warning',
  length: number | undefined,
): Step | undefined {
  if (isScalar(item.node)) {
    const kind = reader.word<Kind>(item, NAMED_CHECKSUMS);
    return kind && { kind: 'checksum-crc8', ...POSITIONS, ...plainOf(kind) };
  }
  const entries = reader.map(item, keysOf(CHECKSUM));
  if (entries === undefined) return undefined;
  const kindEntry = reader.required(entries, 'kind', item.label);
  const kind = kindEntry && reader.word(kindEntry, CHECKSUM_KINDS);
  const positions = parsePositions(reader, entries);
  const initialEntry = entries.byKey.get('init');
  const initial = initialEntry && parseByte(reader, initialEntry);
  if (kind === undefined || positions === undefined) return undefined;
  if (initialEntry !== undefined && initial === undefined) return undefined;
  tellOverItself(reader, item, positions, overItself, length);
  if (kind === 'xor') return parseXor(reader, entries, { ...positions, initial: initial ?? 0 });
  const crc = parseCrc8(reader, entries, kind, item);
  return crc && { ...crc, ...positions, initial: initial ?? crc.initial };
}

function parseXor(reader: YamlReader, entries: Entries, sum: Omit<Xor, 'kind'>): Xor | undefined {
  const other = ['xor', 'polynomial', 'table', 'profile', 'profile-data']
    .map((key) => entries.byKey.get(key))
    .find((entry) => entry !== undefined);
  if (other === undefined) return { kind: 'checksum-xor', ...sum };
  reader.diagnostics.error(other.keyOffset, `${other.label} is for kind: crc8; remove it`);
  return undefined;
}

/** A CRC-8 without positions. */
function parseCrc8(
  reader: YamlReader,
  entries: Entries,
  kind: Exclude<Kind, 'xor'>,
  item: Entry,
): Omit<Crc8, 'from' | 'to' | 'result'> | undefined {
  const [polynomialEntry, tableEntry, xorEntry] = ['polynomial', 'table', 'xor'].map((key) =>
    entries.byKey.get(key),
  );
  const polynomial = polynomialEntry && parseByte(reader, polynomialEntry);
  const given = tableEntry && parseBytes(reader, tableEntry, TABLE_BYTES);
  const finalXor = xorEntry && parseByte(reader, xorEntry);
  const profile = parseProfile(reader, entries);
  if (profile === undefined) return undefined;
  if (polynomialEntry && polynomial === undefined) return undefined;
  if ((tableEntry && given === undefined) || (xorEntry && finalXor === undefined)) return undefined;
  const named = kind !== 'crc8';
  if (named ? (polynomialEntry ?? tableEntry) : polynomialEntry && tableEntry) {
    const place = (tableEntry ?? polynomialEntry ?? item).keyOffset;
    const reason = named ? `kind: ${kind} has its polynomial` : 'polynomial and table say the same';
    reader.diagnostics.error(place, `${reason}: remove one of them`);
    return undefined;
  }
  const plain = plainOf(kind, polynomial, given);
  if (plain === undefined) {
    const reason = 'a CRC needs its polynomial or its table of 256 bytes';
    reader.diagnostics.error(
      item.offset,
      `${item.label}: ${reason}, or kind: ${NAMED_CHECKSUMS.join(' or ')}`,
    );
    return undefined;
  }
  return { kind: 'checksum-crc8', ...plain, finalXor: finalXor ?? plain.finalXor, ...profile };
}

type Plain = Omit<Crc8, 'kind' | 'from' | 'to' | 'result'>;

/** Table, initial value and final XOR, without a profile. Undefined: neither table nor polynomial. */
function plainOf(kind: 'sae-j1850' | 'autosar' | Kind): Plain;
function plainOf(kind: Kind, polynomial?: number, table?: readonly number[]): Plain | undefined;
function plainOf(kind: Kind, polynomial?: number, table?: readonly number[]): Plain | undefined {
  const none = { profile: 'none', profileData: [] } as const;
  if (kind === 'sae-j1850' || kind === 'autosar') {
    const { initial, finalXor } = NAMED[kind];
    return { initial, finalXor, table: crcTable(NAMED[kind].polynomial), ...none };
  }
  const made = table ?? (polynomial === undefined ? undefined : crcTable(polynomial));
  return made && { initial: 0, finalXor: 0, table: made, ...none };
}

function parseProfile(
  reader: YamlReader,
  entries: Entries,
): Pick<Crc8, 'profile' | 'profileData'> | undefined {
  const entry = entries.byKey.get('profile');
  const dataEntry = entries.byKey.get('profile-data');
  const profile = entry === undefined ? 'none' : reader.word(entry, CHECKSUM_PROFILES);
  if (profile === undefined) return undefined;
  const count = PROFILE_BYTES[profile];
  if (dataEntry === undefined && count > 0) {
    const reason = `profile ${profile} needs profile-data: ${count === 1 ? 'a byte' : '16 bytes'}`;
    reader.diagnostics.error(entry?.offset ?? entries.offset, reason);
    return undefined;
  }
  if (dataEntry === undefined) return { profile, profileData: [] };
  if (count === 0) {
    const reason = 'profile-data is for profile: 1u8 and profile: 16u8; remove it';
    reader.diagnostics.error(dataEntry.keyOffset, reason);
    return undefined;
  }
  const profileData = parseBytes(reader, dataEntry, count);
  return profileData && { profile, profileData };
}

/** Exactly so many bytes. */
export function parseBytes(reader: YamlReader, entry: Entry, count: number): number[] | undefined {
  const items = reader.list(entry, `${entry.label} byte`, count);
  if (items === undefined) return undefined;
  const bytes = items.map((item) => parseByte(reader, item));
  if (items.length < count) {
    const reason = `${entry.label} has ${items.length} bytes; it must have ${count}`;
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
  return bytes.every((byte) => byte !== undefined) ? bytes : undefined;
}

function parsePositions(
  reader: YamlReader,
  entries: Entries,
): Pick<Crc8, 'from' | 'to' | 'result'> | undefined {
  const [from, to, result] = (['from', 'to', 'result'] as const).map((key) => {
    const entry = entries.byKey.get(key);
    return entry === undefined
      ? POSITIONS[key]
      : reader.integer(entry, -DATA_BYTES, DATA_BYTES - 1);
  });
  if (from === undefined || to === undefined || result === undefined) return undefined;
  return { from, to, result };
}

function tellOverItself(
  reader: YamlReader,
  item: Entry,
  positions: Pick<Crc8, 'from' | 'to' | 'result'>,
  overItself: 'error' | 'warning',
  length: number | undefined,
): void {
  const all = [positions.from, positions.to, positions.result];
  const sameEnd = all.every((at) => at < 0) || all.every((at) => at >= 0);
  if (!sameEnd && length === undefined) return;
  const [from, to, result] = all.map((at) => (at < 0 ? at + (length ?? DATA_BYTES) : at));
  if (result < Math.min(from, to) || result > Math.max(from, to)) return;
  const reason = `${item.label} is over itself: byte ${positions.result} is from ${positions.from} to ${positions.to}`;
  if (overItself === 'error') reader.diagnostics.error(item.offset, reason);
  else reader.diagnostics.warning(item.offset, `${reason}; the byte that came in counts`);
}
