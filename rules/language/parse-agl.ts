// SPDX-License-Identifier: MIT
/**
 * Reads `agl:` of the table: what becomes of frames of AGL's that no rule takes, whether a table that is loaded
 * later may let more through, and the frame that tells of a refused one.
 *
 * Does not: read the rules `from: agl`, which say what AGL may send (parse-rule.ts).
 */
import type { AglPolicy, Rule } from '../model.ts';
import { ALARM_NAME, NO_FRAME } from '../model.ts';
import type { Names } from './dbc-names.ts';
import { parseAnswer } from './parse-answer.ts';
import { refuseSlowPrograms } from './parse-rule.ts';
import { AGL, AGL_DEFAULTS, ALARM, keysOf, WALLS } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const DEFAULT_EVERY_MICROS = 1_000_000;
const NANOS_PER_MICRO = 1_000;
/** The field of the image has 31 bits. */
const EVERY_MICROS_MAXIMUM = 0x7fffffff;

/** The policy, if there is one, and the rule of the alarm. */
export interface ParsedAgl {
  readonly agl?: AglPolicy;
  readonly alarm?: Rule;
}

/** Reads the entry of the table, if it is there. */
export function parseAgl(reader: YamlReader, table: Entries, names: Names): ParsedAgl {
  const entry = table.byKey.get('agl');
  const entries = entry && reader.map(entry, keysOf(AGL));
  if (entries === undefined) return {};
  const [defaultEntry, wallEntry] = ['default', 'wall'].map((key) => entries.byKey.get(key));
  const unmatched = defaultEntry && reader.word(defaultEntry, AGL_DEFAULTS);
  const wall = wallEntry && reader.word(wallEntry, WALLS);
  const agl: AglPolicy = {
    ...(unmatched === 'deny' ? { deny: true } : {}),
    ...(wall === 'locked' ? { locked: true } : {}),
  };
  const alarmEntry = entries.byKey.get('alarm');
  const alarm = alarmEntry && parseAlarm(reader, alarmEntry, names);
  return {
    ...(agl.deny || agl.locked ? { agl } : {}),
    ...(alarm === undefined ? {} : { alarm }),
  };
}

/** A rule with this answer, at most once in the interval. */
function parseAlarm(reader: YamlReader, entry: Entry, names: Names): Rule | undefined {
  const entries = reader.map(entry, keysOf(ALARM));
  if (entries === undefined) return undefined;
  const answerEntry = reader.required(entries, 'answer', 'alarm');
  const context = { match: NO_FRAME, request: undefined, names };
  const parsed = answerEntry && parseAnswer(reader, answerEntry, context);
  const intervalMicros = parseEvery(reader, entries.byKey.get('every'));
  if (parsed === undefined || intervalMicros === undefined) return undefined;
  const { answer, requestBytes } = parsed;
  refuseSlowPrograms(reader, entries, 'alarm', { answer });
  return {
    ...{ name: ALARM_NAME, when: 'alarm', answer, forward: false },
    match: { ...NO_FRAME, minimumLength: requestBytes },
    rate: { intervalMicros, burst: 1 },
  };
}

function parseEvery(reader: YamlReader, entry: Entry | undefined): number | undefined {
  if (entry === undefined) return DEFAULT_EVERY_MICROS;
  const nanos = reader.duration(entry, 'above 0');
  if (nanos === undefined) return undefined;
  const micros = nanos / NANOS_PER_MICRO;
  if (Number.isInteger(micros) && micros <= EVERY_MICROS_MAXIMUM) return micros;
  const reason = `every is ${micros} us: it is from 1 us to ${EVERY_MICROS_MAXIMUM} us`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}
