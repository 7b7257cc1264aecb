// SPDX-License-Identifier: MIT
/**
 * Reads the layout of an E2E profile: the keys that `protect` and `check` share.
 *
 * Sources of the limits: AUTOSAR PRS E2E Protocol R20-11.
 * Does not: know the frame; parse-protect.ts does.
 */
import type { BitRun, DataIdMode, E2eLayout, E2eProfile } from '../e2e/layout.ts';
import { DATA_ID_MODES, E2E_PROFILES, headerAt } from '../e2e/layout.ts';
import { bitsOf, plainField } from './fields.ts';
import { parseBytes } from './parse-checksum.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const NIBBLE_BITS = 4;
const BYTE_BITS = 8;
const DATA_BITS = 64;
const DATA_ID_MAXIMUM = 0xffff;
/** In mode `nibble` the data identifier has twelve bits. */
const NIBBLE_ID_MAXIMUM = 0xfff;
const DATA_IDS = 16;
/** AUTOSAR's variants 1A and 11A. */
const OFFSETS = { 'crc-offset': 0, 'counter-offset': 8, 'nibble-offset': 12, offset: 0 } as const;
/** Modes of the profiles that have some. Profile 11 left out those that keep the upper byte apart. */
const MODES_OF = { 1: DATA_ID_MODES, 11: ['both', 'nibble'] } as const;

type OffsetKey = keyof typeof OFFSETS;

/** The keys that each profile has beside `profile`. */
const KEYS_OF: Readonly<Record<E2eProfile, readonly string[]>> = {
  1: ['data-id', 'mode', 'crc-offset', 'counter-offset', 'nibble-offset'],
  2: ['data-ids', 'offset'],
  5: ['data-id', 'offset'],
  11: ['data-id', 'mode', 'crc-offset', 'counter-offset', 'nibble-offset'],
  22: ['data-ids', 'offset'],
};
const ALL_KEYS = [...new Set(Object.values(KEYS_OF).flat())];

/** The layout that the map `place` states, whose entries are `entries`. Undefined after an error. */
export function parseLayout(
  reader: YamlReader,
  place: Entry,
  entries: Entries,
): E2eLayout | undefined {
  const profile = parseProfile(reader, place, entries);
  if (profile === undefined || !hasOnlyItsKeys(reader, entries, profile)) return undefined;
  const layout =
    profile === 1 || profile === 11
      ? parseWithNibbles(reader, place, entries, profile)
      : parseWithHeader(reader, place, entries, profile);
  return layout && isApart(reader, place, layout) ? layout : undefined;
}

function parseProfile(reader: YamlReader, place: Entry, entries: Entries): E2eProfile | undefined {
  const entry = reader.required(entries, 'profile', place.label);
  const number = entry && reader.number(entry, false);
  const found = E2E_PROFILES.find((profile) => profile === number);
  if (entry === undefined || number === undefined || found !== undefined) return found;
  const reason = `profile ${number} is not one of ${E2E_PROFILES.join(', ')}`;
  const more = [4, 6, 7, 8, 44].includes(number)
    ? ': its header does not fit into a CAN frame'
    : '';
  reader.diagnostics.error(entry.offset, `${reason}${more}`);
  return undefined;
}

function hasOnlyItsKeys(reader: YamlReader, entries: Entries, profile: E2eProfile): boolean {
  const others = ALL_KEYS.filter((key) => !KEYS_OF[profile].includes(key));
  const found = others.flatMap((key) => entries.byKey.get(key) ?? []);
  for (const entry of found) {
    const reason = `profile ${profile} has no ${entry.label}; it has ${KEYS_OF[profile].join(', ')}`;
    reader.diagnostics.error(entry.keyOffset, reason);
  }
  return found.length === 0;
}

/** Profiles 2, 5 and 22: checksum and counter follow each other. */
function parseWithHeader(
  reader: YamlReader,
  place: Entry,
  entries: Entries,
  profile: 2 | 5 | 22,
): E2eLayout | undefined {
  const offset = parseOffset(reader, entries, 'offset', BYTE_BITS);
  const isOfList = profile !== 5;
  const dataIds = isOfList ? parseDataIds(reader, place, entries) : [];
  const dataId = isOfList ? 0 : parseDataId(reader, place, entries, 'both');
  if (offset === undefined || dataIds === undefined || dataId === undefined) return undefined;
  return { profile, ...headerAt(profile, offset), dataId, dataIds, mode: 'both' };
}

/** Profiles 1 and 11: each part has a place of its own. */
function parseWithNibbles(
  reader: YamlReader,
  place: Entry,
  entries: Entries,
  profile: 1 | 11,
): E2eLayout | undefined {
  const mode = parseMode(reader, entries, profile);
  const crc = parseOffset(reader, entries, 'crc-offset', BYTE_BITS);
  const counter = parseOffset(reader, entries, 'counter-offset', NIBBLE_BITS);
  const nibble = parseOffset(reader, entries, 'nibble-offset', NIBBLE_BITS);
  const dataId = parseDataId(reader, place, entries, mode ?? 'both');
  if (crc === undefined || counter === undefined || nibble === undefined) return undefined;
  if (mode === undefined || dataId === undefined) return undefined;
  const entry = entries.byKey.get('nibble-offset');
  if (entry !== undefined && mode !== 'nibble') {
    const reason = `nibble-offset is for mode: nibble, and the mode is ${mode}: remove it`;
    reader.diagnostics.error(entry.keyOffset, reason);
    return undefined;
  }
  const written = { first: nibble, count: NIBBLE_BITS, value: dataId >> BYTE_BITS };
  return {
    ...{ profile, mode, dataId, dataIds: [] },
    crc: { first: crc, count: BYTE_BITS },
    counter: { first: counter, count: NIBBLE_BITS },
    ...(mode === 'nibble' ? { nibble: written } : {}),
  };
}

function parseMode(reader: YamlReader, entries: Entries, profile: 1 | 11): DataIdMode | undefined {
  const entry = entries.byKey.get('mode');
  return entry === undefined ? 'both' : reader.word<DataIdMode>(entry, MODES_OF[profile]);
}

function parseOffset(
  reader: YamlReader,
  entries: Entries,
  key: OffsetKey,
  multiple: number,
): number | undefined {
  const entry = entries.byKey.get(key);
  const bit = entry === undefined ? OFFSETS[key] : reader.number(entry, false);
  if (bit === undefined || entry === undefined) return bit;
  const reason =
    bit >= DATA_BITS
      ? 'is in bits, and the last one of a frame is 63'
      : bit % multiple !== 0
        ? `is in bits: it must be a multiple of ${multiple}`
        : undefined;
  if (reason === undefined) return bit;
  reader.diagnostics.error(entry.offset, `${key} ${reason} (got ${bit})`);
  return undefined;
}

function parseDataId(
  reader: YamlReader,
  place: Entry,
  entries: Entries,
  mode: DataIdMode,
): number | undefined {
  const entry = reader.required(entries, 'data-id', place.label);
  const dataId = entry && reader.number(entry, true);
  const most = mode === 'nibble' ? NIBBLE_ID_MAXIMUM : DATA_ID_MAXIMUM;
  if (entry === undefined || dataId === undefined || dataId <= most) return dataId;
  const [got, last] = [dataId, most].map((number) => `0x${number.toString(16).toUpperCase()}`);
  const because = mode === 'nibble' ? ' with mode: nibble' : '';
  reader.diagnostics.error(entry.offset, `data-id ${got} is above ${last}, the largest${because}`);
  return undefined;
}

function parseDataIds(reader: YamlReader, place: Entry, entries: Entries): number[] | undefined {
  const entry = reader.required(entries, 'data-ids', place.label);
  return entry && parseBytes(reader, entry, DATA_IDS);
}

/** No two parts of the layout share a bit. */
function isApart(reader: YamlReader, place: Entry, layout: E2eLayout): boolean {
  const parts = partsOf(layout);
  for (const [index, [name, run]] of parts.entries()) {
    const other = parts.slice(0, index).find(([, before]) => (bitsIn(before) & bitsIn(run)) !== 0n);
    if (other === undefined) continue;
    const [first, last] = [run.first, run.first + run.count - 1];
    const reason = `${name} of ${place.label} is in bits ${first} to ${last}, and ${other[0]} is there, too`;
    reader.diagnostics.error(place.offset, reason);
    return false;
  }
  return true;
}

/** The parts of a layout by their names. */
export function partsOf({ crc, counter, nibble }: E2eLayout): [string, BitRun][] {
  const written: [string, BitRun][] = nibble === undefined ? [] : [['the data-id nibble', nibble]];
  return [['the CRC', crc], ['the counter', counter], ...written];
}

/** The bits of a run, byte 0 lowest. */
export function bitsIn({ first, count }: BitRun): bigint {
  return bitsOf(plainField(first, count));
}
