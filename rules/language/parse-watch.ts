// SPDX-License-Identifier: MIT
/**
 * Reads `timeout`, `changes` and `throttle` of one rule: what it remembers of the frames before. And notices: the frames
 * that tell of something, each a rule that no frame matches.
 *
 * Does not: know the traffic of a bus (rules/bus).
 */
import { isMap, isSeq } from 'yaml';
import type { Message } from '../dbc/database.ts';
import { duration } from '../describe-timer.ts';
import type { Rule, RuleMatch } from '../model.ts';
import type { Watch } from '../watch.ts';
import { DATA_BYTES, NO_FRAME } from '../model.ts';
import { identifierMaximum } from '../order/identifiers.ts';
import type { Names } from './dbc-names.ts';
import { fieldOfSignal } from './dbc-names.ts';
import { parseFrame, parseMicros } from './parse-cyclic.ts';
import type { ParsedTimed } from './parse-cyclic.ts';
import { keysOf, NOTICE, SIDES, TIMEOUT } from './words.ts';
import { ALL, CHANGES } from './words-watch.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const NANOS_PER_MICRO = 1_000;

/** What the rule is, as far as a watch asks. */
export interface WatchContext {
  readonly name: string | undefined;
  readonly match: RuleMatch | undefined;
  readonly message: Message | undefined;
  readonly names: Names;
  readonly called: string;
  readonly from: Rule['from'] | 'bus';
  readonly forward: boolean;
}

export interface ParsedWatch {
  readonly watch: Watch;
  readonly notices: readonly ParsedTimed[];
}

/** Null: the rule has none. Undefined after an error. */
export function parseWatch(
  reader: YamlReader,
  entries: Entries,
  context: WatchContext,
): ParsedWatch | null | undefined {
  const [timeout, changes, throttle] = ['timeout', 'changes', 'throttle'].map((key) =>
    entries.byKey.get(key),
  );
  const first = timeout ?? changes ?? throttle;
  if (first === undefined) return null;
  if (isMisplaced(reader, context, first, changes ?? throttle)) return undefined;
  const parsed = timeout === undefined ? null : parseTimeout(reader, timeout, context);
  const change = changes === undefined ? null : parseChanges(reader, changes, context);
  const throttleMicros = throttle === undefined ? 0 : parseMicros(reader, throttle, 1);
  if (parsed === undefined || change === undefined || throttleMicros === undefined) {
    return undefined;
  }
  const watch = {
    ...(parsed === null ? {} : { timeout: parsed.timeout }),
    ...(change === null ? {} : { changes: change }),
    ...(throttleMicros === 0 ? {} : { throttleMicros }),
  };
  return { watch, notices: parsed?.notices ?? [] };
}

/** A watch is about frames of the bus; what it remembers of their content, about frames of one identifier. */
function isMisplaced(
  reader: YamlReader,
  { match, called, from, forward }: WatchContext,
  first: Entry,
  forwarding: Entry | undefined,
): boolean {
  const refuse = (entry: Entry, reason: string): true => {
    reader.diagnostics.error(entry.keyOffset, reason);
    return true;
  };
  if (from === 'agl') {
    return refuse(first, `${first.label} is for frames of the bus, and ${called} is from: agl`);
  }
  if (forwarding === undefined) return false;
  if (!forward) {
    const reason = `${forwarding.label} says which frames go on to AGL, and ${called} forwards none: add "forward: true"`;
    return refuse(forwarding, reason);
  }
  if (match === undefined || isOneIdentifier(match)) return false;
  const reason = `${forwarding.label} compares frames of one identifier, data or remote, and ${called} takes others as well: write a rule for each`;
  return refuse(forwarding, reason);
}

/** Whether all frames that match have one identifier, and are data frames, or remote frames. */
export function isOneIdentifier({ mask, extended, identifiers, remote }: RuleMatch): boolean {
  return mask === identifierMaximum(extended) && identifiers === undefined && remote !== 'any';
}

interface ParsedTimeout {
  readonly timeout: Watch['timeout'];
  readonly notices: readonly ParsedTimed[];
}

function parseTimeout(
  reader: YamlReader,
  entry: Entry,
  context: WatchContext,
): ParsedTimeout | undefined {
  if (!isMap(entry.node)) {
    const micros = parseMicros(reader, entry, 1);
    if (micros === undefined || isTooShort(reader, entry, micros, context)) return undefined;
    return { timeout: { micros }, notices: [] };
  }
  const parts = reader.map(entry, keysOf(TIMEOUT));
  const after = parts && reader.required(parts, 'after', 'timeout');
  const micros = after && parseMicros(reader, after, 1);
  if (parts === undefined || after === undefined || micros === undefined) return undefined;
  if (isTooShort(reader, after, micros, context, parts.byKey.get('period'))) return undefined;
  const { name } = context;
  const told = (['missing', 'returned'] as const).map((key) => {
    const notice = parts.byKey.get(key);
    return notice && parseNotice(reader, notice, name && `${name}-${key}`, context.names);
  });
  const notices = told.flatMap((notice) => notice ?? []);
  const [missing, returned] = told.map((notice) => notice?.rule?.name);
  const timeout = {
    micros,
    ...(missing === undefined ? {} : { missing }),
    ...(returned === undefined ? {} : { returned }),
  };
  return { timeout, notices };
}

/** A frame that comes as it should would count as missing. */
function isTooShort(
  reader: YamlReader,
  place: Entry,
  micros: number,
  { called, message }: WatchContext,
  periodEntry?: Entry,
): boolean {
  const stated = periodEntry && parseMicros(reader, periodEntry, 1);
  if (periodEntry !== undefined && stated === undefined) return true;
  const cycle = message?.cycleNanos;
  const period = stated ?? (cycle === undefined ? 0 : cycle / NANOS_PER_MICRO);
  if (micros > period) return false;
  const source = stated === undefined ? `, by the DBC file's GenMsgCycleTime` : '';
  const reason = `${called} has a timeout of ${duration(micros)}, and its frames come every ${duration(period)}${source}: make it longer than that`;
  reader.diagnostics.error(place.offset, reason);
  return true;
}

/** A frame that tells of something, as a rule called `name`. */
export function parseNotice(
  reader: YamlReader,
  entry: Entry,
  name: string | undefined,
  names: Names,
): ParsedTimed | undefined {
  const parts = reader.map(entry, keysOf(NOTICE));
  if (parts === undefined) return undefined;
  const toEntry = parts.byKey.get('to');
  const to = toEntry === undefined ? 'bus' : reader.word(toEntry, SIDES);
  const answer = parseFrame(reader, parts, `notice "${name}"`, names);
  const place = { name, nameOffset: entry.keyOffset };
  if (name === undefined || to === undefined || answer === undefined) {
    return { ...place, rule: undefined };
  }
  const base = { name, match: NO_FRAME, answer, forward: false, when: 'notice' } as const;
  return { ...place, rule: to === 'agl' ? { ...base, from: to } : base };
}

function parseChanges(
  reader: YamlReader,
  entry: Entry,
  context: WatchContext,
): Watch['changes'] | undefined {
  if (!isMap(entry.node)) {
    const mask = parseMask(reader, entry);
    return mask && { mask, length: false };
  }
  const parts = reader.map(entry, keysOf(CHANGES));
  if (parts === undefined) return undefined;
  const [data, signals] = ['data', 'signals'].map((key) => parts.byKey.get(key));
  const length = reader.boolean(parts.byKey.get('length'), false);
  const ofData = data === undefined ? NO_MASK : parseMask(reader, data);
  const ofSignals = signals === undefined ? NO_MASK : signalMask(reader, signals, context);
  if (ofData === undefined || ofSignals === undefined || length === undefined) return undefined;
  return { mask: ofData.map((byte, index) => byte | ofSignals[index]), length };
}

const NO_MASK: readonly number[] = Array.from({ length: DATA_BYTES }, () => 0);

/** `all`, or up to 8 bytes; those that are not listed, and `~`, do not count. */
function parseMask(reader: YamlReader, entry: Entry): readonly number[] | undefined {
  if (!isSeq(entry.node)) return reader.word(entry, ALL) && NO_MASK.map(() => 0xff);
  const items = reader.list(entry, 'mask of byte', DATA_BYTES);
  const bytes = items?.map((item) => (item.node === null ? 0 : reader.number(item, true)));
  const wrong = items?.find((_, index) => (bytes?.[index] ?? 0) > 0xff);
  if (wrong !== undefined) reader.diagnostics.error(wrong.offset, `${wrong.label} is above 0xFF`);
  if (bytes === undefined || wrong !== undefined) return undefined;
  if (!bytes.every((byte) => byte !== undefined)) return undefined;
  return NO_MASK.map((_, index) => bytes[index] ?? 0);
}

/** The bits of these signals of the message. */
function signalMask(
  reader: YamlReader,
  entry: Entry,
  { message, called }: WatchContext,
): readonly number[] | undefined {
  if (message === undefined) {
    const reason = `changes has signals, and ${called} matches no message`;
    reader.diagnostics.error(entry.keyOffset, reason);
    return undefined;
  }
  const items = reader.list(entry, 'signal', 64, 1) ?? [];
  const masks = items.map((item) => {
    const name = reader.text(item);
    if (name === undefined) return undefined;
    const signal = message.signals.find((one) => one.name === name);
    if (signal !== undefined) {
      const { shift, width, bigEndian } = fieldOfSignal(signal);
      const bits = ((1n << BigInt(width)) - 1n) << BigInt(shift);
      const bytes = NO_MASK.map((_, index) => Number((bits >> BigInt(8 * index)) & 0xffn));
      return bigEndian ? bytes.toReversed() : bytes;
    }
    reader.diagnostics.error(item.offset, `message "${message.name}" has no signal "${name}"`);
    return undefined;
  });
  if (!masks.every((mask) => mask !== undefined)) return undefined;
  return masks.reduce<readonly number[]>(
    (sum, mask) => sum.map((byte, index) => byte | mask[index]),
    NO_MASK,
  );
}
