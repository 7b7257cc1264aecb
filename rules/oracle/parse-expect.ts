// SPDX-License-Identifier: MIT
/**
 * Reads `expect:` of a rules file: frames that come, and what must become of each. docs/rules.md describes
 * the words.
 *
 * Does not: know what the rules make of them (expect.ts).
 */
import type { Node } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import type { Root } from '../language/yaml-document.ts';
import { AGL_STATES, keysOf, SIDES, STEP } from '../language/words.ts';
import type { Entries, Entry, YamlReader } from '../language/yaml-reader.ts';
import { LIVE_VALUES } from '../model.ts';

import type { OracleFrame } from './frame.ts';
import { readFrameText } from './frame-text.ts';
import type { Side, SidedFrame } from './oracle.ts';
import type { AglState } from './timers.ts';

/** One frame that comes, and all frames that must go out for it. */
export interface ExpectedStep {
  /** `file:line:column`. */
  readonly place: string;
  readonly from: Side;
  /** Absent: nothing comes, and `out` is what timers have sent since the last such look. */
  readonly frame?: OracleFrame;
  /** What AGL does from then on. */
  readonly agl?: AglState;
  /** From the begin of the expectation. */
  readonly atMicros: number;
  /** Live values that are set before the frame comes, by their number. */
  readonly live: ReadonlyMap<number, number>;
  /** Absent: nothing is expected. */
  readonly out?: readonly SidedFrame[];
}

/** Frames that come one after the other to rules without history. */
export interface Expectation {
  /** Name of the rule beside which it is written. */
  readonly ruleName?: string;
  readonly steps: readonly ExpectedStep[];
}

const EXPECTATIONS_MOST = 10_000;
const STEPS_MOST = 10_000;
const OUT_MOST = 200;
const BYTE_MOST = 0xff;
const NANOS_PER_MICRO = 1_000;
const FRAME_FORM = 'as candump writes it: 123#0201, 18DAF110#00, 123#R4';

/**
 * All expectations of a file: beside its rules, in their order, and then those of the table. What is wrong
 * with the rest of the file is not looked at.
 */
export function parseExpectations(reader: YamlReader, root: Root): Expectation[] {
  const rules = valueOf(reader, root.node, 'rules')?.node;
  const items = isSeq(rules) ? rules.items.map((item) => reader.resolve(item)) : [];
  return [...items, root.node].flatMap((node) => {
    const entry = valueOf(reader, node, 'expect');
    if (entry === undefined) return [];
    const name = node === root.node ? undefined : valueOf(reader, node, 'name')?.node;
    const ruleName = isScalar(name) ? { ruleName: String(name.value) } : {};
    const expectations = reader.list(entry, 'expectation', EXPECTATIONS_MOST, 1) ?? [];
    return expectations.map((item) => ({ ...ruleName, steps: parseSteps(reader, item) }));
  });
}

/** The value of a key. Undefined: the node is no map, or has no such key. */
function valueOf(reader: YamlReader, node: Node | null, key: string): Entry | undefined {
  const all = isMap(node) ? reader.pairs(node) : [];
  return all.find(({ label }) => label === key);
}

/** One frame, or a list of frames in a row. */
function parseSteps(reader: YamlReader, item: Entry): ExpectedStep[] {
  const items = isSeq(item.node) ? (reader.list(item, 'frame', STEPS_MOST, 1) ?? []) : [item];
  const steps: ExpectedStep[] = [];
  for (const one of items) {
    const step = parseStep(reader, one, steps.at(-1)?.atMicros ?? 0);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

function parseStep(reader: YamlReader, item: Entry, before: number): ExpectedStep | undefined {
  const entries = reader.map(item, keysOf(STEP));
  if (entries === undefined) return undefined;
  const [incoming, aglEntry] = ['in', 'agl'].map((key) => entries.byKey.get(key));
  if (incoming === undefined) return parseLook(reader, item, entries, aglEntry, before);
  if (aglEntry !== undefined) {
    reader.diagnostics.error(aglEntry.keyOffset, 'agl has a step of its own: remove "in"');
    return undefined;
  }
  const outgoing = reader.required(entries, 'out', item.label);
  const frame = parseFrame(reader, incoming);
  const sideEntry = entries.byKey.get('from');
  const from = sideEntry === undefined ? 'bus' : reader.word(sideEntry, SIDES);
  const atMicros = parseTime(reader, entries.byKey.get('at'), before);
  const live = parseLive(reader, entries.byKey.get('live'));
  const out = outgoing && parseOut(reader, outgoing);
  if (!frame || !from || atMicros === undefined || !live || !out) return undefined;
  return { place: reader.diagnostics.place(item.offset), from, frame, atMicros, live, out };
}

/** A step in which no frame comes. */
function parseLook(
  reader: YamlReader,
  item: Entry,
  entries: Entries,
  aglEntry: Entry | undefined,
  before: number,
): ExpectedStep | undefined {
  const [fromEntry, atEntry, outEntry] = ['from', 'at', 'out'].map((key) => entries.byKey.get(key));
  const isLook = atEntry !== undefined && outEntry !== undefined;
  if (fromEntry !== undefined || (aglEntry === undefined && !isLook)) {
    const reason = `${item.label} has no "in", the frame that comes; without it "at" and "out", or "agl", say what is expected`;
    reader.diagnostics.error(fromEntry?.keyOffset ?? item.offset, reason);
    return undefined;
  }
  const agl = aglEntry && reader.word(aglEntry, AGL_STATES);
  const atMicros = parseTime(reader, atEntry, before);
  const live = parseLive(reader, entries.byKey.get('live'));
  const out = outEntry && parseOut(reader, outEntry);
  if (atMicros === undefined || !live || (aglEntry && !agl) || (outEntry && !out)) return undefined;
  const place = reader.diagnostics.place(item.offset);
  return {
    ...({ place, from: 'bus', atMicros, live } as const),
    ...(agl === undefined ? {} : { agl }),
    ...(out === undefined ? {} : { out }),
  };
}

/** A time from the begin of the expectation. Without one, that of the frame before. */
function parseTime(
  reader: YamlReader,
  entry: Entry | undefined,
  before: number,
): number | undefined {
  if (entry === undefined) return before;
  const nanos = reader.duration(entry, '0 or more');
  if (nanos === undefined || nanos >= before * NANOS_PER_MICRO) {
    return nanos && nanos / NANOS_PER_MICRO;
  }
  const reason = `at is before the frame before it, which comes at ${before} us`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

function parseFrame(
  reader: YamlReader,
  entry: Entry,
  text = reader.text(entry),
): OracleFrame | undefined {
  if (text === undefined) return undefined;
  const frame = readFrameText(text);
  if (frame === undefined) {
    const reason = `${entry.label} ${JSON.stringify(text)} is not a frame ${FRAME_FORM}`;
    reader.diagnostics.error(entry.offset, reason);
  }
  return frame;
}

/** One frame or a list; `agl` before a frame means that it goes to AGL. */
function parseOut(reader: YamlReader, entry: Entry): SidedFrame[] | undefined {
  const isOne = isScalar(entry.node) && typeof entry.node.value === 'string';
  const items = isOne ? [entry] : reader.list(entry, 'out', OUT_MOST, 1);
  const frames = items?.map((item): SidedFrame | undefined => {
    const text = reader.text(item);
    if (text === undefined) return undefined;
    const [, side = 'bus', rest] = /^(?:(bus|agl) +)?(.*)$/.exec(text) ?? [];
    const frame = parseFrame(reader, item, rest);
    return frame && { side: side as Side, frame };
  });
  return frames?.every((frame) => frame !== undefined) ? frames : undefined;
}

function parseLive(reader: YamlReader, entry: Entry | undefined): Map<number, number> | undefined {
  const live = new Map<number, number>();
  if (entry === undefined) return live;
  if (!isMap(entry.node)) {
    reader.diagnostics.error(entry.offset, 'live must be a map: { 0: 0x11, 1: 0x22 }');
    return undefined;
  }
  for (const value of reader.pairs(entry.node)) {
    const number = Number(value.label);
    if (!(number >= 0 && number < LIVE_VALUES && Number.isInteger(number)) || value.label === '') {
      const reason = `live value "${value.label}" must be a number from 0 to ${LIVE_VALUES - 1}`;
      reader.diagnostics.error(value.keyOffset, reason);
    }
    const byte = reader.number({ ...value, label: `live value ${value.label}` }, false) ?? 0;
    if (byte > BYTE_MOST) {
      const reason = `live value ${value.label} is ${byte}: a byte is at most 0xFF`;
      reader.diagnostics.error(value.offset, reason);
    }
    live.set(number, byte);
  }
  return live;
}
