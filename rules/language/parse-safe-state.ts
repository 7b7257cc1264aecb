// SPDX-License-Identifier: MIT
/**
 * Reads `safe-state:` of the table: the frames that the cell sends while AGL is gone, when that is, and what ends it.
 *
 * Does not: compare its frames with the rules (check-safe-state.ts).
 */
import type { Rule, SafeState, Timer } from '../model.ts';
import { NO_FRAME, SAFE_FRAMES_MAXIMUM } from '../model.ts';
import type { Names } from './dbc-names.ts';
import { parseEnd, parseFrame, parseMicros, parseTimer } from './parse-cyclic.ts';
import type { ParsedTimed } from './parse-cyclic.ts';
import { parseName } from './parse-rule.ts';
import { HEARTBEAT, keysOf, SAFE_ENDS, SAFE_FRAME, SAFE_STATE, UNTIL_RULE } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';
import { isMap } from 'yaml';

const AFTER_MICROS = 100_000;
/** The cell looks for AGL once a millisecond. */
const LOOK_MICROS = 1_000;
/** A frame is to be on its way so long after AGL is gone. */
const BEGIN_MICROS = 200_000;

/** The safe state, and its frames with their places. */
export interface ParsedSafeState {
  readonly safeState?: SafeState;
  readonly frames: readonly ParsedTimed[];
  readonly entries?: Entries;
}

/** Reads the entry of the table, if it is there. */
export function parseSafeState(reader: YamlReader, table: Entries, names: Names): ParsedSafeState {
  const entry = table.byKey.get('safe-state');
  const entries = entry && reader.map(entry, keysOf(SAFE_STATE));
  if (entries === undefined) return { frames: [] };
  const [afterEntry, graceEntry] = ['after', 'grace'].map((key) => entries.byKey.get(key));
  const afterMicros = afterEntry ? parseMicros(reader, afterEntry, LOOK_MICROS) : AFTER_MICROS;
  const graceMicros = graceEntry ? parseMicros(reader, graceEntry, 0) : 0;
  if (afterEntry !== undefined && (afterMicros ?? 0) > BEGIN_MICROS - LOOK_MICROS) {
    const reason = `a silent AGL is noticed after ${Number(afterMicros) / LOOK_MICROS} ms only: its last values may stand on the bus for so long`;
    reader.diagnostics.warning(afterEntry.offset, reason);
  }
  const heartbeat = parseHeartbeat(reader, entries.byKey.get('heartbeat'));
  const until = parseUntil(reader, entries.byKey.get('until'));
  const list = reader.required(entries, 'frames', 'safe-state');
  const items = (list && reader.list(list, 'safe-state frame', SAFE_FRAMES_MAXIMUM, 1)) ?? [];
  if (list !== undefined && items.length === 0) {
    reader.diagnostics.error(list.offset, 'safe-state has no frame that it could send');
  }
  const frames = items.flatMap((item) => parseSafeFrame(reader, item, names));
  if (afterMicros === undefined || graceMicros === undefined) return { frames, entries };
  if (heartbeat === undefined || until === undefined) return { frames, entries };
  const safeState = { afterMicros, graceMicros, until, ...(heartbeat ?? {}) };
  return { safeState, frames, entries };
}

/** Null: the session and the bridge's heartbeat are enough. */
function parseHeartbeat(
  reader: YamlReader,
  entry: Entry | undefined,
): Pick<SafeState, 'heartbeat'> | null | undefined {
  if (entry === undefined) return null;
  const entries = reader.map(entry, keysOf(HEARTBEAT));
  if (entries === undefined) return undefined;
  const ruleEntry = reader.required(entries, 'rule', 'heartbeat');
  const withinEntry = reader.required(entries, 'within', 'heartbeat');
  const rule = ruleEntry && reader.text(ruleEntry);
  const withinMicros = withinEntry && parseMicros(reader, withinEntry, LOOK_MICROS);
  if (rule === undefined || withinMicros === undefined) return undefined;
  return { heartbeat: { rule, withinMicros } };
}

function parseUntil(reader: YamlReader, entry: Entry | undefined): SafeState['until'] | undefined {
  if (entry === undefined) return 'agl';
  if (!isMap(entry.node)) return reader.word(entry, SAFE_ENDS);
  const entries = reader.map(entry, keysOf(UNTIL_RULE));
  const ruleEntry = entries && reader.required(entries, 'rule', 'until');
  const rule = ruleEntry && reader.text(ruleEntry);
  return rule === undefined ? undefined : { rule };
}

/** Without `every` it is sent once. */
function parseSafeFrame(reader: YamlReader, item: Entry, names: Names): ParsedTimed[] {
  const entries = reader.map(item, keysOf(SAFE_FRAME));
  if (entries === undefined) return [];
  const nameEntry = reader.required(entries, 'name', item.label);
  const name = nameEntry === undefined ? undefined : parseName(reader, nameEntry);
  const called = name === undefined ? item.label : `safe-state frame "${name}"`;
  const timer = entries.byKey.has('every') ? parseTimer(reader, entries, called) : ONCE;
  const answer = parseFrame(reader, entries, called, names);
  const notices = parseEnd(reader, entries, name, called, names);
  const place = { name, nameOffset: nameEntry?.offset ?? item.offset };
  if (name === undefined || timer === undefined || answer === undefined) {
    return [{ ...place, rule: undefined }, ...notices];
  }
  const ended = notices[0]?.rule?.name;
  const when: Timer = { ...timer, during: 'safe-state', ...(ended === undefined ? {} : { ended }) };
  const rule: Rule = { name, match: NO_FRAME, answer, forward: false, when };
  return [{ ...place, rule }, ...notices];
}

const ONCE: Timer = {
  ...{ kind: 'cyclic', intervalMicros: LOOK_MICROS, phaseMicros: 0 },
  ...{ count: 1, thenMicros: 0 },
};
