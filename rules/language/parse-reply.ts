// SPDX-License-Identifier: MIT
/**
 * Reads the identifier of an answer: `id`, or the parts of a J1939 identifier, of which some may come from the
 * request, as in a reply to its source address.
 */
import { isScalar } from 'yaml';
import type { RuleMatch, Step } from '../model.ts';
import { parseIdentifier } from './parse-identifiers.ts';
import {
  isPdu1,
  J1939_SHIFT,
  j1939Entry,
  parseAddress,
  parsePgn,
  parsePriority,
} from './parse-j1939.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** The priority of most J1939 messages (SAE J1939-21, 5.2.1). */
const DEFAULT_PRIORITY = 6;

/** The identifier, and the steps that put parts of the request's into it. */
export interface ReplyIdentifier {
  readonly identifier: number;
  readonly extended: boolean;
  readonly steps: readonly Step[];
}

/** A part of the request's identifier: its lowest bit and its width. */
interface Part {
  readonly shift: number;
  readonly width: number;
}

const SOURCE: Part = { shift: J1939_SHIFT.source, width: 8 };
const DESTINATION: Part = { shift: J1939_SHIFT.destination, width: 8 };
const PRIORITY: Part = { shift: J1939_SHIFT.priority, width: 3 };

/** Undefined after an error. */
export function parseReplyIdentifier(
  reader: YamlReader,
  entries: Entries,
  match: RuleMatch | undefined,
): ReplyIdentifier | undefined {
  const place = j1939Entry(entries);
  if (place === undefined) {
    const extended = reader.boolean(entries.byKey.get('extended'), false);
    const identifier = parseIdentifier(reader, entries, 'id', 'answer', extended);
    if (extended === undefined || identifier === undefined) return undefined;
    return { identifier, extended, steps: [] };
  }
  const other = entries.byKey.get('id') ?? entries.byKey.get('extended');
  if (other !== undefined) {
    const reason = `${other.label} and ${place.label} exclude each other: pgn, source, destination and priority make the identifier`;
    reader.diagnostics.error(other.keyOffset, reason);
    return undefined;
  }
  return parseJ1939Reply(reader, entries, match);
}

function parseJ1939Reply(
  reader: YamlReader,
  entries: Entries,
  match: RuleMatch | undefined,
): ReplyIdentifier | undefined {
  const pgnEntry = reader.required(entries, 'pgn', 'answer');
  const sourceEntry = reader.required(entries, 'source', 'answer');
  const pgn = pgnEntry && parsePgn(reader, pgnEntry);
  if (pgnEntry === undefined || pgn === undefined) return undefined;
  const destinationEntry = entries.byKey.get('destination');
  if (isPdu1(pgn) !== (destinationEntry !== undefined)) {
    const reason = isPdu1(pgn)
      ? 'has a destination: write destination: request-source, or an address'
      : 'has no destination: PF is 240 or more (PDU2); remove destination';
    const { offset } = destinationEntry ?? pgnEntry;
    reader.diagnostics.error(offset, `pgn 0x${pgn.toString(16).toUpperCase()} ${reason}`);
    return undefined;
  }
  const words = { 'request-source': SOURCE, 'request-destination': DESTINATION };
  const read = (entry: Entry | undefined, known: Readonly<Record<string, Part>>) => {
    const isPriority = entry?.label === 'priority';
    return (
      entry && parsePart(reader, entry, known, match, isPriority ? parsePriority : parseAddress)
    );
  };
  const parts = [
    { to: SOURCE, from: read(sourceEntry, words), entry: sourceEntry },
    { to: DESTINATION, from: read(destinationEntry, words), entry: destinationEntry },
    {
      to: PRIORITY,
      from: read(entries.byKey.get('priority'), { request: PRIORITY }),
      entry: entries.byKey.get('priority'),
    },
  ];
  if (parts.some(({ from, entry }) => entry !== undefined && from === undefined)) return undefined;
  if (sourceEntry === undefined) return undefined;
  let identifier = pgn << J1939_SHIFT.pgn;
  const steps: Step[] = [];
  for (const { to, from } of parts) {
    const isPriority = to === PRIORITY;
    const value = from ?? (isPriority ? DEFAULT_PRIORITY : 0);
    if (typeof value === 'number') identifier |= value << to.shift;
    else steps.push({ kind: 'load-identifier', ...value }, { kind: 'store-identifier', ...to });
  }
  return { identifier: identifier >>> 0, extended: true, steps };
}

/** A number, or a part of the request; that is a number if the match says which. */
function parsePart(
  reader: YamlReader,
  entry: Entry,
  words: Readonly<Record<string, Part>>,
  match: RuleMatch | undefined,
  parse: (reader: YamlReader, entry: Entry) => number | undefined,
): number | Part | undefined {
  const isWord = isScalar(entry.node) && typeof entry.node.value === 'string';
  if (!isWord) return parse(reader, entry);
  const word = reader.word(entry, Object.keys(words));
  if (word === undefined || match === undefined) return undefined;
  const part = words[word];
  if (!match.extended) {
    const reason = `${entry.label}: ${word} needs a request with 29 bits: write extended: true or pgn in match`;
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
  const bits = 2 ** part.width - 1;
  const isKnown = ((match.mask >>> part.shift) & bits) === bits;
  return isKnown ? (match.identifier >>> part.shift) & bits : part;
}
