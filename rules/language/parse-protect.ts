// SPDX-License-Identifier: MIT
/**
 * Reads `protect:` of an answer or of `modify`: counter, part of the data identifier and checksum of an E2E profile,
 * written when everything else is.
 *
 * Does not: read the layout (parse-e2e.ts).
 */
import type { E2eLayout } from '../e2e/layout.ts';
import { bytesOf, counterMaximumOf, firstCounterOf, stepOf } from '../e2e/layout.ts';
import type { Step } from '../model.ts';
import { plainField } from './fields.ts';
import type { Fields } from './fields.ts';
import type { AnswerByte } from './parse-copies.ts';
import { bitsIn, parseLayout, partsOf } from './parse-e2e.ts';
import { keysOf } from './words.ts';
import { PROTECT } from './words-e2e.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** What is known of the protected frame. */
export interface ProtectedFrame {
  /** Number of its bytes. Undefined: it is not the same for each. */
  readonly length: number | undefined;
  /** What the file says of its bytes. */
  readonly data: readonly AnswerByte[];
  /** How the file can state the length. */
  readonly advice: string;
}

/** The steps behind all others; none if there is no `protect`. Undefined after an error. */
export function parseProtect(
  reader: YamlReader,
  entries: Entries,
  fields: Fields,
  frame: (layout: E2eLayout) => ProtectedFrame,
): Step[] | undefined {
  const entry = entries.byKey.get('protect');
  if (entry === undefined) return [];
  const parts = reader.map(entry, keysOf(PROTECT));
  const layout = parts && parseLayout(reader, entry, parts);
  if (layout === undefined) return undefined;
  const known = frame(layout);
  if (!fits(reader, entry, layout, known) || !isFree(reader, layout, known)) return undefined;
  if (fields.counter !== undefined) {
    fields.refuse(entry, 'protect counts by itself: remove the other counter');
    return undefined;
  }
  addFields(entry, fields, layout);
  fields.claim({ label: 'the CRC of protect', offset: entry.offset }, bitsIn(layout.crc));
  return [stepOf(layout)];
}

/** Number of bytes that the frame must have at least. */
function fits(
  reader: YamlReader,
  entry: Entry,
  layout: E2eLayout,
  { length, advice }: ProtectedFrame,
): boolean {
  const needed = bytesOf(layout);
  const reason =
    length === undefined
      ? `protect needs one length: the checksum is over the whole frame; ${advice}`
      : needed > length
        ? `protect with profile ${layout.profile} writes up to byte ${needed - 1}, and the frame has ${length} bytes`
        : undefined;
  if (reason === undefined) return true;
  reader.diagnostics.error(entry.offset, reason);
  return false;
}

/** No byte of the data is where the profile writes. */
function isFree(reader: YamlReader, layout: E2eLayout, { data }: ProtectedFrame): boolean {
  for (const [index, { value, offset }] of data.entries()) {
    const bits = BigInt(value ?? 0) << BigInt(8 * index);
    const part = partsOf(layout).find(([, run]) => (bitsIn(run) & bits) !== 0n);
    if (part === undefined) continue;
    const reason = `data byte ${index} has bits where protect writes ${part[0]}; write ~, or 0 in these bits`;
    reader.diagnostics.error(offset, reason);
    return false;
  }
  return true;
}

function addFields(entry: Entry, fields: Fields, layout: E2eLayout): void {
  const { counter, nibble } = layout;
  const maximum = counterMaximumOf(layout);
  const named = (label: string): Entry => ({ ...entry, label: `${label} of protect` });
  if (nibble !== undefined) {
    const { first, count, value } = nibble;
    const constant = { kind: 'load-constant', value: BigInt(value) } as const;
    fields.add(named('the data-id nibble'), plainField(first, count), [constant]);
  }
  fields.addCounter(
    named('the counter'),
    plainField(counter.first, counter.count),
    { maximum, increment: 1 },
    firstCounterOf(layout),
  );
}
