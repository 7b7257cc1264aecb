// SPDX-License-Identifier: MIT
/**
 * Reads `pgn`, `source`, `destination` and `priority` of a match: the parts of a J1939 identifier
 * (SAE J1939-21, 5.2).
 *
 * 29 bits: priority 3, extended data page and data page 1 each, PDU format (PF) 8, PDU specific (PS) 8, source
 * address 8. PF below 240 is PDU1: PS is the destination address, and the PGN's low byte is 0.
 */
import type { IdentifierMatch, IdentifierMask } from '../order/identifiers.ts';
import { RULE_RANGES_MAXIMUM } from '../order/identifiers.ts';
import { formOf, oneOrMore } from './parse-identifiers.ts';
import { hex } from './yaml-reader.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

export const J1939_KEYS = ['pgn', 'source', 'destination', 'priority'] as const;

const PGN_MAXIMUM = 0x3ffff;
const PDU2_FIRST_FORMAT = 240;
const ADDRESS_MAXIMUM = 0xff;
const PRIORITY_MAXIMUM = 7;
/** The lowest bit of each part. */
export const J1939_SHIFT = { source: 0, destination: 8, pgn: 8, priority: 26 } as const;

/** Whether frames of this PGN have a destination address. */
export function isPdu1(pgn: number): boolean {
  return ((pgn >>> 8) & 0xff) < PDU2_FIRST_FORMAT;
}

/** The first of the keys that is there. */
export function j1939Entry(entries: Entries): Entry | undefined {
  return J1939_KEYS.map((key) => entries.byKey.get(key)).find((entry) => entry !== undefined);
}

/** The identifiers of a match with at least one of the keys. Undefined after an error. */
export function parseJ1939(reader: YamlReader, entries: Entries): IdentifierMatch | undefined {
  const place = j1939Entry(entries);
  const other = ['id', 'mask'].map((key) => entries.byKey.get(key)).find((entry) => entry);
  if (other !== undefined) {
    const reason = `${other.label} and ${place?.label} exclude each other: pgn, source, destination and priority make the identifier`;
    reader.diagnostics.error(other.keyOffset, reason);
    return undefined;
  }
  const read = (key: (typeof J1939_KEYS)[number], of: (item: Entry) => number | undefined) => {
    const entry = entries.byKey.get(key);
    return entry === undefined ? [undefined] : oneOrMore(reader, entry, RULE_RANGES_MAXIMUM, of);
  };
  const pgns = read('pgn', (item) => parsePgn(reader, item));
  const sources = read('source', (item) => parseAddress(reader, item));
  const destinations = read('destination', (item) => parseAddress(reader, item));
  const priorities = read('priority', (item) => parsePriority(reader, item));
  if (!pgns || !sources || !destinations || !priorities) return undefined;
  const destination = entries.byKey.get('destination');
  if (destination !== undefined && !pgns.every((pgn) => pgn !== undefined && isPdu1(pgn))) {
    const wrong = pgns.find((pgn) => pgn !== undefined && !isPdu1(pgn));
    const reason =
      wrong === undefined
        ? 'destination needs a pgn: without it frames that go to everybody would match by chance'
        : `pgn 0x${hex(wrong)} has no destination: PF is 240 or more (PDU2), its frames go to everybody; remove destination`;
    reader.diagnostics.error(destination.keyOffset, reason);
    return undefined;
  }
  const count = [pgns, sources, destinations, priorities].reduce(
    (product, { length }) => product * length,
    1,
  );
  if (place !== undefined && count > MOST_COMBINATIONS) {
    const reason = `these lists make ${count} identifiers and masks, at most ${MOST_COMBINATIONS} may be: write several rules`;
    reader.diagnostics.error(place.keyOffset, reason);
    return undefined;
  }
  const tests = pgns.flatMap((pgn) =>
    sources.flatMap((source) =>
      destinations.flatMap((to) => priorities.map((priority) => maskOf(pgn, source, to, priority))),
    ),
  );
  return place && formOf(reader, place, tests, false, true);
}

const MOST_COMBINATIONS = 4096;

/** Parts that are undefined are not compared. */
function maskOf(
  pgn: number | undefined,
  source: number | undefined,
  destination: number | undefined,
  priority: number | undefined,
): IdentifierMask {
  let [identifier, mask] = [0, 0];
  const add = (value: number | undefined, bits: number, shift: number) => {
    if (value === undefined) return;
    identifier |= value << shift;
    mask |= bits << shift;
  };
  add(pgn, pgn !== undefined && isPdu1(pgn) ? 0x3ff00 : PGN_MAXIMUM, J1939_SHIFT.pgn);
  add(source, ADDRESS_MAXIMUM, J1939_SHIFT.source);
  add(destination, ADDRESS_MAXIMUM, J1939_SHIFT.destination);
  add(priority, PRIORITY_MAXIMUM, J1939_SHIFT.priority);
  return { identifier, mask };
}

/** A parameter group number; of PDU1 without an address in its low byte. */
export function parsePgn(reader: YamlReader, item: Entry): number | undefined {
  const pgn = reader.number(item, true);
  if (pgn === undefined) return undefined;
  const low = pgn & 0xff;
  const reason =
    pgn > PGN_MAXIMUM
      ? `0x${hex(pgn)} is out of range: a PGN is at most 0x${hex(PGN_MAXIMUM)}`
      : isPdu1(pgn) && low !== 0
        ? `0x${hex(pgn)} has an address in its low byte: PF is below 240 (PDU1); write pgn: 0x${hex(pgn - low)} and destination: 0x${hex(low)}`
        : undefined;
  if (reason === undefined) return pgn;
  reader.diagnostics.error(item.offset, `${item.label} ${reason}`);
  return undefined;
}

/** 0 to 0xFF; 0xFF as a destination is everybody. */
export function parseAddress(reader: YamlReader, item: Entry): number | undefined {
  return parseUpTo(reader, item, ADDRESS_MAXIMUM, true);
}

/** 0, the most urgent, to 7. */
export function parsePriority(reader: YamlReader, item: Entry): number | undefined {
  return parseUpTo(reader, item, PRIORITY_MAXIMUM, false);
}

function parseUpTo(
  reader: YamlReader,
  item: Entry,
  most: number,
  hexExpected: boolean,
): number | undefined {
  const value = reader.number(item, hexExpected);
  if (value === undefined || value <= most) return value;
  const limit = hexExpected ? `0x${hex(most)}` : `${most}`;
  reader.diagnostics.error(item.offset, `${item.label} is ${value}: it is at most ${limit}`);
  return undefined;
}
