// SPDX-License-Identifier: MIT
/**
 * Reads the steps of a program from their records.
 */
import { RULE_NUMBERS_2 as image, STEP_RECORD } from '../../formats/rule-image-2.ts';
import { decodeE2e } from '../e2e/step.ts';
import type { Step } from '../model.ts';
import { LIVE_VALUES } from '../model.ts';
import { readField } from './decode-condition.ts';
import { CHECKSUM_BYTES, CRC8_ENTRIES, encodeStep, PROFILES, STEP_NUMBERS } from './encode-step.ts';
import { hex, RulesImageError } from './image-error.ts';

const IDENTIFIER_BITS = 29;
/** Their `word` is the number of a table. */
const TABLED: readonly Step['kind'][] = ['checksum-crc8', 'checksum-e2e8'];
const KIND_OF = new Map(
  Object.entries(STEP_NUMBERS).map(([kind, number]) => [number, kind as Step['kind']]),
);

/** The CRC-8 tables: their first byte and their number. */
interface Tables {
  readonly start: number;
  readonly count: number;
}

/** So many steps from number `first` on. */
export function readSteps(
  bytes: Buffer,
  start: number,
  first: number,
  count: number,
  tables: Tables,
): Step[] {
  return Array.from({ length: count }, (_, index) => {
    const at = start + (first + index) * image.STEP_BYTES;
    const name = `step ${first + index}`;
    const step = readStep(bytes, at, tables);
    if (step === undefined) {
      const got = `kind ${bytes.readUInt8(at)}: ${bytes.toString('hex', at, at + image.STEP_BYTES)}`;
      throw new RulesImageError(name, at, 'a step with its fields', got);
    }
    const word = bytes.readUInt32LE(at + STEP_RECORD.word.at);
    // What a step does not use is zero.
    const canonical = encodeStep(step, TABLED.includes(step.kind) ? word : 0);
    for (let offset = 0; offset < image.STEP_BYTES; offset += 1) {
      const [expected, got] = [canonical[offset], bytes[at + offset]];
      if (expected !== got) throw new RulesImageError(name, at + offset, hex(expected), hex(got));
    }
    return step;
  });
}

/** Undefined: no step, or one with a field that it may not have. */
function readStep(bytes: Buffer, at: number, tables: Tables): Step | undefined {
  const kind = KIND_OF.get(bytes.readUInt8(at));
  const flags = bytes.readUInt8(at + STEP_RECORD.flags.at);
  const shift = bytes.readUInt8(at + STEP_RECORD.shift.at);
  const width = bytes.readUInt8(at + STEP_RECORD.width.at);
  const word = bytes.readUInt32LE(at + STEP_RECORD.word.at);
  const bits = bytes.readBigUInt64LE(at + STEP_RECORD.value.at);
  const value = BigInt.asIntN(64, bits);
  switch (kind) {
    case 'load-request':
    case 'load-target':
    case 'store':
    case 'load-live': {
      const field = readField(flags, shift, width);
      if (field === undefined) return undefined;
      if (kind !== 'load-live') return { kind, field };
      return word < LIVE_VALUES ? { kind, field, first: word } : undefined;
    }
    case 'load-identifier':
    case 'store-identifier':
      return width > 0 && shift + width <= IDENTIFIER_BITS ? { kind, shift, width } : undefined;
    case 'load-length':
      return { kind };
    case 'load-counter': {
      const maximum = Number(bits & 0xffffffffn);
      return { kind, increment: word, maximum };
    }
    case 'load-constant':
    case 'add':
    case 'multiply':
    case 'at-least':
    case 'at-most':
      return { kind, value };
    case 'divide':
      return value >= 1n ? { kind, value } : undefined;
    case 'and-data':
    case 'or-data':
    case 'xor-data':
    case 'set-data':
      return { kind, value: bits };
    case 'and-length':
    case 'or-length':
    case 'xor-length':
    case 'set-length':
      return word <= 0xff ? { kind, value: word } : undefined;
    case 'and-identifier':
    case 'or-identifier':
    case 'xor-identifier':
    case 'set-identifier':
      return { kind, value: word };
    case 'checksum-xor':
    case 'checksum-crc8':
      return readChecksum(bytes, at, kind, word, tables);
    case 'checksum-e2e8':
    case 'checksum-e2e16':
      return decodeE2e(bytes, at, kind, tables);
    default:
      return undefined;
  }
}

function readChecksum(
  bytes: Buffer,
  at: number,
  kind: 'checksum-xor' | 'checksum-crc8',
  number: number,
  tables: Tables,
): Step | undefined {
  const start = at + STEP_RECORD.value.at;
  const from = bytes.readInt8(start + CHECKSUM_BYTES.from);
  const to = bytes.readInt8(start + CHECKSUM_BYTES.to);
  const result = bytes.readInt8(start + CHECKSUM_BYTES.result);
  const initial = bytes.readUInt8(start + CHECKSUM_BYTES.initial);
  if ([from, to, result].some((position) => position < -8 || position > 7)) return undefined;
  const common = { from, to, result, initial };
  if (kind === 'checksum-xor') return { kind, ...common };
  const profile = PROFILES[bytes.readUInt8(start + CHECKSUM_BYTES.profile)] as
    (typeof PROFILES)[number] | undefined;
  if (profile === undefined || number >= tables.count) return undefined;
  const finalXor = bytes.readUInt8(start + CHECKSUM_BYTES.finalXor);
  const tableAt = tables.start + number * image.CHECKSUM_TABLE_BYTES;
  const dataAt = tableAt + CRC8_ENTRIES;
  const table = [...bytes.subarray(tableAt, dataAt)];
  const list = [...bytes.subarray(dataAt, tableAt + image.CHECKSUM_TABLE_BYTES)];
  const profileData =
    profile === '16u8'
      ? list
      : profile === '1u8'
        ? [bytes.readUInt8(start + CHECKSUM_BYTES.data)]
        : [];
  return { kind, ...common, finalXor, table, profile, profileData };
}
