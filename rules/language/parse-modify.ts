// SPDX-License-Identifier: MIT
/**
 * Reads `modify:` of one rule: what becomes of the forwarded frame, in can-gw's fixed order AND, OR, XOR,
 * SET, checksums.
 */
import type { Step } from '../model.ts';
import { DATA_BYTES } from '../model.ts';
import { parseByte } from './parse-data.ts';
import { fieldOfSignal } from './dbc-names.ts';
import { Fields } from './fields.ts';
import { claimResult } from './parse-answer.ts';
import type { AnswerContext } from './parse-answer.ts';
import { parseBitFields } from './parse-bits.ts';
import { parseSetSignals } from './set-signals.ts';
import { parseChecksums } from './parse-checksum.ts';
import { parseProtect } from './parse-protect.ts';
import { CHANGE, keysOf, MODIFY } from './words.ts';
import { hex } from './yaml-reader.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const OPERATIONS = ['and', 'or', 'xor', 'set'] as const;
const WORD_MAXIMUM = 0xffffffff;
/** Of error frames (linux/can.h). */
const CAN_ERR_FLAG = 0x20000000;
const LENGTH_MAXIMUM = 0xff;

type Operation = (typeof OPERATIONS)[number];

/** The steps of a change, and what they need. */
export interface ParsedModify {
  readonly steps: readonly Step[];
  /** Bytes of the frame. */
  readonly requestBytes: number;
  readonly hasCounter: boolean;
}

/** Reads the steps. Undefined after an error. */
export function parseModify(
  reader: YamlReader,
  entry: Entry,
  { match, request }: Pick<AnswerContext, 'match' | 'request'>,
  lengthBefore = lengthOf(match),
): ParsedModify | undefined {
  const entries = reader.map(entry, keysOf(MODIFY));
  if (entries === undefined) return undefined;
  const changes = OPERATIONS.flatMap((operation) => {
    const part = entries.byKey.get(operation);
    return part === undefined ? [] : [parseOperation(reader, part, operation)];
  });
  const fields = new Fields(reader);
  parseBitFields(reader, entries, fields, match?.remote ?? false);
  const sides = { match, request, target: request, isSame: true };
  parseSetSignals(reader, entries, fields, sides, (item, signal, raw) => {
    fields.add(item, fieldOfSignal(signal), [{ kind: 'load-constant', value: raw }]);
  });
  const checksums = parseChecksums(reader, entries, 'warning');
  if (checksums === undefined || changes.some((steps) => steps === undefined)) return undefined;
  const changed = changes.flatMap((change) => change ?? []);
  const length = lengthAfter(changed, lengthBefore);
  const protection = parseProtect(reader, entries, fields, () => ({
    ...{ length, data: [], advice: 'match one length, or set it' },
  }));
  if (protection === undefined) return undefined;
  for (const step of protection.length === 0 ? [] : checksums) {
    claimResult(entries, fields, step, length);
  }
  const steps = fields.stepsWith(entry, changed, [...checksums, ...protection]);
  if (steps === undefined) return undefined;
  if (steps.length > checksums.length) {
    const hasCounter = fields.counter !== undefined;
    return { steps, requestBytes: Math.max(fields.requestBytes, fields.end), hasCounter };
  }
  const reason = 'modify changes nothing: a checksum is computed only where something is changed';
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

/** The length of a changed frame. Undefined: it is not the same for each. */
function lengthAfter(
  changes: readonly (Step | undefined)[],
  before: number | undefined,
): number | undefined {
  const last = changes.findLast((step) => step?.kind.endsWith('-length'));
  if (last === undefined) return before;
  return last.kind === 'set-length' ? last.value : undefined;
}

/** The length of all frames that match. Undefined: they have several. */
export function lengthOf(match: AnswerContext['match']): number | undefined {
  if (match === undefined || match.remote !== false) return undefined;
  const { minimumLength, maximumLength = DATA_BYTES } = match;
  return minimumLength === maximumLength ? maximumLength : undefined;
}

function parseOperation(
  reader: YamlReader,
  entry: Entry,
  operation: Operation,
): Step[] | undefined {
  const entries = reader.map(entry, keysOf(CHANGE));
  if (entries === undefined) return undefined;
  const steps = [
    ...parseWord(reader, entries, operation),
    ...parseLength(reader, entries, operation),
    ...parseData(reader, entries, operation),
  ];
  return steps.every((step) => step !== undefined) ? steps : undefined;
}

/** A word of the form of can_id: bit 31 extended, bit 30 remote. */
function parseWord(
  reader: YamlReader,
  entries: Entries,
  operation: Operation,
): (Step | undefined)[] {
  const entry = entries.byKey.get('id');
  if (entry === undefined) return [];
  const value = reader.number(entry, true);
  if (value === undefined) return [undefined];
  if (value > WORD_MAXIMUM) {
    reader.diagnostics.error(entry.offset, `id 0x${hex(value)} is above 32 bits`);
    return [undefined];
  }
  if (operation !== 'and' && BigInt.asUintN(32, BigInt(value)) & BigInt(CAN_ERR_FLAG)) {
    const reason = `id 0x${hex(value)} has bit 29, which only error frames have`;
    reader.diagnostics.error(entry.offset, reason);
    return [undefined];
  }
  return [{ kind: `${operation}-identifier`, value }];
}

function parseLength(
  reader: YamlReader,
  entries: Entries,
  operation: Operation,
): (Step | undefined)[] {
  const entry = entries.byKey.get('length');
  if (entry === undefined) return [];
  const value = reader.number(entry, false);
  if (value === undefined) return [undefined];
  if (value <= LENGTH_MAXIMUM) {
    if (operation === 'set' && value > DATA_BYTES) {
      const reason = `length ${value} is above 8: every frame is deleted`;
      reader.diagnostics.warning(entry.offset, reason);
    }
    return [{ kind: `${operation}-length`, value }];
  }
  reader.diagnostics.error(entry.offset, `length ${value} is above 255`);
  return [undefined];
}

/** Up to eight bytes. Those that are not written stay as they are. */
function parseData(
  reader: YamlReader,
  entries: Entries,
  operation: Operation,
): (Step | undefined)[] {
  const entry = entries.byKey.get('data');
  if (entry === undefined) return [];
  const items = reader.list(entry, 'data byte', DATA_BYTES);
  if (items === undefined) return [undefined];
  const bytes = items.map((item) => parseByte(reader, item));
  if (!bytes.every((byte) => byte !== undefined)) return [undefined];
  const written = 256n ** BigInt(bytes.length) - 1n;
  const all = 256n ** BigInt(DATA_BYTES) - 1n;
  const value = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (operation === 'and') return [{ kind: 'and-data', value: value | (all ^ written) }];
  if (operation !== 'set' || written === all) return [{ kind: `${operation}-data`, value }];
  return [
    { kind: 'and-data', value: all ^ written },
    { kind: 'or-data', value },
  ];
}
