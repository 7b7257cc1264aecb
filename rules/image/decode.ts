// SPDX-License-Identifier: MIT
/**
 * Reads rules.bin back into a rule table. Refuses every image that the cell would refuse.
 *
 * Throws RulesImageError naming the field, its offset, what was expected and what was found.
 * The image has no rule names, so rules are called `rule-1`, `rule-2`, ...
 */
import { counted } from '../../cell-config/plural.ts';
import { rulesChecksum } from './encode.ts';
import {
  FILTER_RECORD,
  RULE_NUMBERS as image,
  RULE_RECORD,
  RULES_HEADER,
} from '../../formats/rule-image.ts';
import type { Filter, ReceiveLayout, Rule, RuleAnswer, RuleMatch, RuleTable } from '../model.ts';
import {
  CAN_ID_EXTENDED,
  CAN_ID_REMOTE,
  DATA_BYTES,
  EXTENDED_IDENTIFIER_MAXIMUM,
  LIVE_SOURCE,
  LIVE_VALUES,
  MAXIMUM_FILTERS,
  MAXIMUM_RULES,
  RECEIVE_LAYOUTS,
  SAME_AS_REQUEST,
  STANDARD_IDENTIFIER_MAXIMUM,
} from '../model.ts';
import { findCommonFrame } from '../order/overlap.ts';

/** The highest receive layout, and drop unmatched frames. */
const FLAGS_MAXIMUM = 7;

/** The image is not a rule table of format 1. */
export class RulesImageError extends Error {
  readonly offset: number;

  constructor(field: string, offset: number, expected: string, got: string) {
    super(`${field} at offset 0x${offset.toString(16)}: expected ${expected}, got ${got}`);
    this.name = 'RulesImageError';
    this.offset = offset;
  }
}

/** Decodes a whole image. */
export function decodeRules(file: Uint8Array): RuleTable {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const { ruleCount, filterCount, flags } = readHeader(bytes);
  const rules = Array.from({ length: ruleCount }, (_, index) =>
    readRule(bytes, image.RULES_HEADER_BYTES + index * image.RULE_BYTES, `rule-${index + 1}`),
  );
  refuseOverlaps(rules);
  const drops = (flags & image.RULES_FLAG_DROP_UNMATCHED) !== 0;
  const defaultAction = drops ? 'drop' : 'forward';
  const layout = (flags & image.RULES_FLAG_RECEIVE_MASK) >> image.RULES_FLAG_RECEIVE_SHIFT;
  const receive = RECEIVE_LAYOUTS[layout];
  refuseContradiction(bytes, rules, receive);
  const head = { defaultAction, rules, ...(receive === undefined ? {} : { receive }) } as const;
  if (filterCount === 0) return head;
  const filtersStart = image.RULES_HEADER_BYTES + ruleCount * image.RULE_BYTES;
  const filters = Array.from({ length: filterCount }, (_, index) =>
    readFilter(bytes, filtersStart + index * image.FILTER_BYTES, `filter ${index + 1}`),
  );
  return { ...head, filters };
}

function readFilter(bytes: Buffer, start: number, name: string): Filter {
  const word = bytes.readUInt32LE(start + FILTER_RECORD.identifier.at);
  const mask = bytes.readUInt32LE(start + FILTER_RECORD.mask.at);
  if ((mask & image.FILTER_INVERTED) !== 0) {
    throw new RulesImageError(
      `${name} mask`,
      start + FILTER_RECORD.mask.at,
      'bit 29 clear',
      hex(mask),
    );
  }
  const identifier = (word & ~image.FILTER_INVERTED) >>> 0;
  if ((identifier & ~mask) !== 0) {
    const expected = `no bits outside the mask ${hex(mask)}`;
    throw new RulesImageError(`${name} identifier`, start, expected, hex(identifier));
  }
  return { identifier, mask, inverted: (word & image.FILTER_INVERTED) !== 0 };
}

function readHeader(bytes: Buffer): { ruleCount: number; filterCount: number; flags: number } {
  if (bytes.length < image.RULES_HEADER_BYTES) {
    throw new RulesImageError('header', 0, `${image.RULES_HEADER_BYTES} bytes`, `${bytes.length}`);
  }
  const magic = bytes.readUInt32LE(RULES_HEADER.magic.at);
  expectEqual('magic', RULES_HEADER.magic.at, image.RULES_MAGIC, magic);
  const version = bytes.readUInt16LE(RULES_HEADER.version.at);
  expectEqual('version', RULES_HEADER.version.at, image.RULES_VERSION, version);
  const headerBytes = bytes.readUInt16LE(RULES_HEADER.headerBytes.at);
  expectEqual('header size', RULES_HEADER.headerBytes.at, image.RULES_HEADER_BYTES, headerBytes);
  const ruleBytes = bytes.readUInt16LE(RULES_HEADER.ruleBytes.at);
  expectEqual('rule size', RULES_HEADER.ruleBytes.at, image.RULE_BYTES, ruleBytes);
  const ruleCount = bytes.readUInt16LE(RULES_HEADER.ruleCount.at);
  if (ruleCount > MAXIMUM_RULES) {
    const expected = `at most ${MAXIMUM_RULES}`;
    throw new RulesImageError('rule count', RULES_HEADER.ruleCount.at, expected, `${ruleCount}`);
  }
  const total = bytes.readUInt32LE(RULES_HEADER.totalBytes.at);
  const filterCount = bytes.readUInt16LE(RULES_HEADER.filterCount.at);
  if (filterCount > MAXIMUM_FILTERS) {
    const expected = `at most ${MAXIMUM_FILTERS}`;
    throw new RulesImageError(
      'filter count',
      RULES_HEADER.filterCount.at,
      expected,
      `${filterCount}`,
    );
  }
  const rulesEnd = image.RULES_HEADER_BYTES + ruleCount * image.RULE_BYTES;
  const needed = rulesEnd + filterCount * image.FILTER_BYTES;
  const counts = filterCount === 0 ? '' : ` and ${counted(filterCount, 'filter')}`;
  expectEqual(
    `total size for ${counted(ruleCount, 'rule')}${counts}`,
    RULES_HEADER.totalBytes.at,
    needed,
    total,
  );
  if (bytes.length !== total) {
    throw new RulesImageError('file', 0, `${total} bytes, as the header says`, `${bytes.length}`);
  }
  const crc = bytes.readUInt32LE(RULES_HEADER.crc32.at);
  expectEqual('CRC-32', RULES_HEADER.crc32.at, rulesChecksum(bytes), crc);
  const flags = bytes.readUInt32LE(RULES_HEADER.flags.at);
  if (flags > FLAGS_MAXIMUM) {
    throw new RulesImageError('flags', RULES_HEADER.flags.at, '0 to 7', hex(flags));
  }
  expectZero(bytes, 'header', RULES_HEADER.reserved0.at, image.RULES_HEADER_BYTES);
  return { ruleCount, filterCount, flags };
}

/** Layouts other than `shared` and filter paths require each other; `single` needs any frame to match. */
function refuseContradiction(
  bytes: Buffer,
  rules: readonly Rule[],
  receive: ReceiveLayout | undefined,
): void {
  const filtered = rules.filter((_, index) => {
    const start = image.RULES_HEADER_BYTES + index * image.RULE_BYTES;
    return bytes.readUInt8(start + RULE_RECORD.path.at) !== 0;
  });
  const hasFilter = filtered.length > 0;
  const looks = receive === 'single' && filtered.some(({ match }) => match.remote !== 'any');
  if (!looks && (receive === undefined || hasFilter === (receive !== 'shared'))) return;
  const expected = looks
    ? 'a filter rule for data and remote frames of any length'
    : hasFilter
      ? 'no rule with a hardware filter'
      : 'a rule with a hardware filter';
  throw new RulesImageError(
    `flags: receive ${receive}`,
    RULES_HEADER.flags.at,
    expected,
    'the other',
  );
}

/** The paths by hardware filter are 1 and 2. */
const PATH_MAXIMUM = 2;

function readRule(bytes: Buffer, start: number, name: string): Rule {
  const flagsOffset = start + RULE_RECORD.flags.at;
  const flags = bytes.readUInt8(flagsOffset);
  if ((flags & ~(image.RULE_ANSWER | image.RULE_FORWARD)) !== 0) {
    throw new RulesImageError(`${name} flags`, flagsOffset, '0 to 3', hex(flags));
  }
  const path = bytes.readUInt8(start + RULE_RECORD.path.at);
  if (path > PATH_MAXIMUM) {
    throw new RulesImageError(`${name} path`, start + RULE_RECORD.path.at, '0 to 2', `${path}`);
  }
  expectZero(bytes, name, start + RULE_RECORD.reserved1.at, start + image.RULE_BYTES);
  const match = readMatch(bytes, start, name);
  const forward = (flags & image.RULE_FORWARD) !== 0;
  if ((flags & image.RULE_ANSWER) !== 0) {
    return { name, match, answer: readAnswer(bytes, start, name, match), forward };
  }
  expectZero(
    bytes,
    `${name} answer`,
    start + RULE_RECORD.answerLength.at,
    start + RULE_RECORD.answerSources.at,
  );
  for (let index = 0; index < DATA_BYTES; index += 1) {
    const offset = start + RULE_RECORD.answerSources.at + index;
    const source = bytes.readUInt8(offset);
    expectEqual(`${name} answer source ${index}`, offset, image.SOURCE_OWN, source);
  }
  return { name, match, answer: null, forward };
}

function readMatch(bytes: Buffer, start: number, name: string): RuleMatch {
  const identifierOffset = start + RULE_RECORD.matchIdentifier.at;
  const canId = bytes.readUInt32LE(identifierOffset);
  const extended = (canId & CAN_ID_EXTENDED) !== 0;
  const identifier = readIdentifier(canId, extended, `${name} identifier`, identifierOffset);
  const maskOffset = start + RULE_RECORD.matchMask.at;
  const canIdMask = bytes.readUInt32LE(maskOffset);
  const comparesRemote = (canIdMask & CAN_ID_REMOTE) !== 0;
  const remote = comparesRemote ? (canId & CAN_ID_REMOTE) !== 0 : ('any' as const);
  if ((canIdMask & CAN_ID_EXTENDED) === 0) {
    throw new RulesImageError(`${name} mask`, maskOffset, 'bit 31 set', hex(canIdMask));
  }
  if (!comparesRemote && (canId & CAN_ID_REMOTE) !== 0) {
    const expected = 'bit 30 clear, as the mask has it clear';
    throw new RulesImageError(`${name} identifier`, identifierOffset, expected, hex(canId));
  }
  const mask = readIdentifier(canIdMask, extended, `${name} mask`, maskOffset);
  if ((identifier & ~mask) !== 0) {
    const expected = `no bits outside the mask ${hex(mask)}`;
    throw new RulesImageError(`${name} identifier`, identifierOffset, expected, hex(identifier));
  }
  const lengthOffset = start + RULE_RECORD.minimumLength.at;
  const minimumLength = bytes.readUInt8(lengthOffset);
  const longest = remote === false ? DATA_BYTES : 0;
  if (minimumLength > longest) {
    const expected = `at most ${longest}${remote === false ? '' : ' for a remote frame'}`;
    throw new RulesImageError(`${name} length`, lengthOffset, expected, `${minimumLength}`);
  }
  const data = Array.from({ length: DATA_BYTES }, (_, index) => {
    const offset = start + RULE_RECORD.dataValue.at + index;
    const value = bytes.readUInt8(offset);
    const byteMask = bytes.readUInt8(start + RULE_RECORD.dataMask.at + index);
    if ((value & ~byteMask) !== 0) {
      const expected = `no bits outside the mask ${hex(byteMask)}`;
      throw new RulesImageError(`${name} data byte ${index}`, offset, expected, hex(value));
    }
    if (byteMask !== 0 && index >= minimumLength) {
      const expected = `more than ${index}, as data byte ${index} is compared`;
      throw new RulesImageError(`${name} length`, lengthOffset, expected, `${minimumLength}`);
    }
    return { value, mask: byteMask };
  });
  return { identifier, mask, extended, remote, data, minimumLength };
}

function readAnswer(bytes: Buffer, start: number, name: string, match: RuleMatch): RuleAnswer {
  const identifierOffset = start + RULE_RECORD.answerIdentifier.at;
  const canId = bytes.readUInt32LE(identifierOffset);
  if ((canId & CAN_ID_REMOTE) !== 0) {
    const expected = 'a data frame (bit 30 clear)';
    throw new RulesImageError(`${name} answer identifier`, identifierOffset, expected, hex(canId));
  }
  const extended = (canId & CAN_ID_EXTENDED) !== 0;
  const identifier = readIdentifier(canId, extended, `${name} answer identifier`, identifierOffset);
  const lengthOffset = start + RULE_RECORD.answerLength.at;
  const lengthByte = bytes.readUInt8(lengthOffset);
  if (lengthByte > DATA_BYTES && lengthByte !== image.ANSWER_LENGTH_OF_REQUEST) {
    const expected = '0 to 8, or 0xff for the same as the request';
    throw new RulesImageError(`${name} answer length`, lengthOffset, expected, hex(lengthByte));
  }
  const length = lengthByte === image.ANSWER_LENGTH_OF_REQUEST ? SAME_AS_REQUEST : lengthByte;
  const data = [
    ...bytes.subarray(start + RULE_RECORD.answerData.at, start + RULE_RECORD.answerSources.at),
  ];
  const source = Array.from({ length: DATA_BYTES }, (_, index) => {
    const offset = start + RULE_RECORD.answerSources.at + index;
    const value = bytes.readUInt8(offset);
    if (value === image.SOURCE_OWN) return null;
    if (value >= LIVE_SOURCE && value < LIVE_SOURCE + LIVE_VALUES) return value;
    if (value >= match.minimumLength) {
      const expected = `a request byte below the minimum length ${match.minimumLength}, 0x80 to 0xbf, or 0xff`;
      throw new RulesImageError(`${name} answer source ${index}`, offset, expected, hex(value));
    }
    return value;
  });
  return { identifier, extended, length, data, source };
}

/** The identifier bits of a can_id. Throws if a bit is set that the frame format does not have. */
function readIdentifier(canId: number, extended: boolean, field: string, offset: number): number {
  const identifier = canId & 0x3fffffff;
  const maximum = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  if (identifier > maximum) {
    throw new RulesImageError(field, offset, `at most ${hex(maximum)}`, hex(identifier));
  }
  return identifier;
}

function refuseOverlaps(rules: readonly Rule[]): void {
  for (const [index, later] of rules.entries()) {
    for (const earlier of rules.slice(0, index)) {
      const frame = findCommonFrame(earlier.match, later.match);
      if (frame === null) continue;
      const offset = image.RULES_HEADER_BYTES + index * image.RULE_BYTES;
      const expected = `no frame in common with ${earlier.name}`;
      throw new RulesImageError(later.name, offset, expected, frame);
    }
  }
}

function expectEqual(field: string, offset: number, expected: number, got: number): void {
  if (got !== expected) throw new RulesImageError(field, offset, hex(expected), hex(got));
}

function expectZero(bytes: Buffer, where: string, from: number, to: number): void {
  for (let offset = from; offset < to; offset += 1) {
    const value = bytes.readUInt8(offset);
    if (value !== 0) {
      throw new RulesImageError(`${where}: unused byte`, offset, 'zero', hex(value));
    }
  }
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
