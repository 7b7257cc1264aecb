// SPDX-License-Identifier: MIT
/**
 * Reads `check:` of one rule: the E2E profile of its frames, and what becomes of a frame by what the check finds.
 *
 * Does not: read the layout (parse-e2e.ts).
 */
import { counted } from '../../cell-config/plural.ts';
import type { Disposition, E2eCheck } from '../e2e/check.ts';
import { DISPOSITIONS, E2E_RESULTS } from '../e2e/check.ts';
import type { E2eLayout } from '../e2e/layout.ts';
import { bytesOf, counterMaximumOf, stepOf } from '../e2e/layout.ts';
import { DATA_BYTES } from '../model.ts';
import type { AnswerContext } from './parse-answer.ts';
import { parseLayout } from './parse-e2e.ts';
import { lengthOf, parseModify } from './parse-modify.ts';
import { isOneIdentifier } from './parse-watch.ts';
import type { ParsedModify } from './parse-modify.ts';
import { CHECK, keysOf } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** Results of a frame that may be used. */
const GOOD: readonly string[] = ['ok', 'some-lost', 'initial'];
const REPLACEMENTS = ['mark', 'substitute'] as const;
/** AUTOSAR's profiles 1 and 2: the allowed gap grows. */
const WIDENING: readonly number[] = [1, 2];

export interface ParsedCheck {
  readonly check: E2eCheck;
  readonly hasCounter: boolean;
}

/** Number of actions that the check of a rule takes. */
export function checkActions(entries: Entries): number {
  return entries.byKey.has('check') ? 1 + REPLACEMENTS.length : 0;
}

/** Null: there is none. Undefined after an error. */
export function parseCheck(
  reader: YamlReader,
  entries: Entries,
  context: AnswerContext,
  called: string,
  forward: boolean | undefined,
): ParsedCheck | null | undefined {
  const entry = entries.byKey.get('check');
  if (entry === undefined) return null;
  const parts = reader.map(entry, keysOf(CHECK));
  const layout = parts && parseLayout(reader, entry, parts);
  const length = parts && parseLength(reader, entry, parts, context);
  if (parts === undefined || layout === undefined || length === undefined) return undefined;
  if (!fits(reader, entry, layout, length) || !hasData(reader, entry, context)) return undefined;
  const maximumDelta = parseMaximumDelta(reader, parts, layout);
  const changes = parseReplacements(reader, parts, context, called, forward, length);
  const on = parseResults(reader, parts, entries.byKey.has('timeout') && isOne(context));
  if (maximumDelta === undefined || on === undefined || changes === undefined) return undefined;
  const { mark, substitute } = changes;
  const { nibble } = layout;
  return {
    hasCounter: mark?.hasCounter === true || substitute?.hasCounter === true,
    check: {
      ...{ step: stepOf(layout), length, maximumDelta, on },
      ...{ counterMaximum: counterMaximumOf(layout), widens: WIDENING.includes(layout.profile) },
      ...(nibble === undefined ? {} : { nibble: { first: nibble.first, value: nibble.value } }),
      ...(mark === undefined ? {} : { mark: mark.steps }),
      ...(substitute === undefined ? {} : { substitute: substitute.steps }),
    },
  };
}

function parseLength(
  reader: YamlReader,
  place: Entry,
  parts: Entries,
  { match }: AnswerContext,
): number | undefined {
  const entry = parts.byKey.get('length');
  const matched = lengthOf(match);
  if (entry === undefined) {
    if (matched !== undefined || match === undefined) return matched;
    const reason = 'check needs the length of the frame: write length in check, or in match';
    reader.diagnostics.error(place.offset, reason);
    return undefined;
  }
  const length = reader.number(entry, false);
  if (length === undefined) return undefined;
  const most = match?.maximumLength ?? DATA_BYTES;
  const least = match?.minimumLength ?? 0;
  const reason =
    length > DATA_BYTES
      ? `length is ${length}: a CAN frame has at most 8 bytes`
      : length < least || length > most
        ? `length is ${length}, and the match takes frames of ${least} to ${most} bytes`
        : undefined;
  if (reason === undefined) return length;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

function fits(reader: YamlReader, place: Entry, layout: E2eLayout, length: number): boolean {
  const needed = bytesOf(layout);
  if (needed <= length) return true;
  const reason = `check by profile ${layout.profile} looks at byte ${needed - 1}, and the frame has ${counted(length, 'byte')}`;
  reader.diagnostics.error(place.offset, reason);
  return false;
}

function hasData(reader: YamlReader, place: Entry, { match }: AnswerContext): boolean {
  if (match === undefined || match.remote === false) return true;
  reader.diagnostics.error(place.offset, 'a remote frame has no data that could be checked');
  return false;
}

function parseMaximumDelta(
  reader: YamlReader,
  parts: Entries,
  layout: E2eLayout,
): number | undefined {
  const entry = parts.byKey.get('max-delta');
  const delta = entry === undefined ? 1 : reader.number(entry, false);
  if (entry === undefined || delta === undefined) return delta;
  const most = counterMaximumOf(layout);
  const least = WIDENING.includes(layout.profile) ? 0 : 1;
  if (delta >= least && delta <= most) return delta;
  const reason = `max-delta is ${delta}: for profile ${layout.profile} it is ${least} to ${most}`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

/** What is changed in a frame that is marked or replaced. */
function parseReplacements(
  reader: YamlReader,
  parts: Entries,
  context: AnswerContext,
  called: string,
  forward: boolean | undefined,
  length: number,
): Partial<Record<(typeof REPLACEMENTS)[number], ParsedModify>> | undefined {
  const found: Partial<Record<(typeof REPLACEMENTS)[number], ParsedModify>> = {};
  for (const key of REPLACEMENTS) {
    const entry = parts.byKey.get(key);
    if (entry === undefined) continue;
    if (forward === false) {
      const reason = `${called} has a ${key}, but does not forward the frame: add "forward: true"`;
      reader.diagnostics.error(entry.keyOffset, reason);
      return undefined;
    }
    const modify = parseModify(reader, entry, context, length);
    if (modify === undefined || !isWithin(reader, entry, modify, length)) return undefined;
    found[key] = modify;
  }
  return found;
}

/** A substitute is as long as the frame, unless it sets another length. */
function isWithin(
  reader: YamlReader,
  entry: Entry,
  { steps }: ParsedModify,
  length: number,
): boolean {
  if (steps.some(({ kind }) => kind === 'set-length')) return true;
  const written = steps.reduce((bits, step) => {
    if (step.kind === 'set-data' || step.kind === 'or-data' || step.kind === 'xor-data') {
      return bits | step.value;
    }
    // What `set` does not write stays.
    return step.kind === 'and-data' ? bits | (step.value ^ ALL_BITS) : bits;
  }, 0n);
  const bytes = Math.ceil(written.toString(2).replace(/^0$/, '').length / DATA_BYTES);
  if (bytes <= length) return true;
  const reason = `${entry.label} writes byte ${bytes - 1}, and the frame has ${counted(length, 'byte')}`;
  reader.diagnostics.error(entry.offset, reason);
  return false;
}

const ALL_BITS = (1n << 64n) - 1n;

/** Whether the rule takes frames of one identifier. */
function isOne({ match }: AnswerContext): boolean {
  return match !== undefined && isOneIdentifier(match);
}

/** Whether that can become of a frame that did not come. */
function isMissed(
  reader: YamlReader,
  entry: Entry,
  word: Disposition | undefined,
  isTimed: boolean,
): boolean {
  if (isTimed && (word === 'pass' || word === 'substitute')) return true;
  if (word === undefined) return false;
  const reason = isTimed
    ? `there is no frame that could be ${word === 'drop' ? 'dropped' : 'marked'}: write pass, or substitute`
    : 'no-new-data is found by a timeout: write timeout: beside check, in a rule for one identifier';
  reader.diagnostics.error(entry.offset, reason);
  return false;
}

/** What becomes of a frame by each result. */
function parseResults(
  reader: YamlReader,
  parts: Entries,
  isTimed: boolean,
): Disposition[] | undefined {
  const entry = parts.byKey.get('on');
  const bad = (['substitute', 'mark'] as const).find((key) => parts.byKey.has(key)) ?? 'drop';
  const missed = isTimed && parts.byKey.has('substitute') ? 'substitute' : 'pass';
  const usual = E2E_RESULTS.map((result) =>
    result === 'no-new-data' ? missed : GOOD.includes(result) ? 'pass' : bad,
  );
  if (entry === undefined) return usual;
  const entries = reader.map(entry, E2E_RESULTS);
  if (entries === undefined) return undefined;
  const on = E2E_RESULTS.map((result, index) => {
    const stated = entries.byKey.get(result);
    if (stated === undefined) return usual[index];
    const word = reader.word(stated, DISPOSITIONS);
    if (result === 'no-new-data' && !isMissed(reader, stated, word, isTimed)) return undefined;
    if (word === undefined || word === 'pass' || word === 'drop') return word;
    if (parts.byKey.has(word)) return word;
    reader.diagnostics.error(
      stated.offset,
      `there is no ${word}: write ${word}: { set: ... } in check`,
    );
    return undefined;
  });
  return on.every((word) => word !== undefined) ? on : undefined;
}
