/**
 * Writes a rule table as rules.bin, format 1.
 *
 * Fields that do not apply have one canonical value: zero, and 0xff in answerSource.
 * Does not: check the table; parse.ts did, and decode.ts checks an image from elsewhere.
 */
import { crc32 } from 'node:zlib';
import * as image from './image-layout.ts';
import { FILTER_RECORD, RULE_RECORD, RULES_HEADER } from './image-layout.ts';
import type { Rule, RuleTable } from './model.ts';
import { SAME_AS_REQUEST } from './model.ts';
import { assignPaths } from './paths.ts';

export function encodeRules(table: RuleTable): Buffer {
  const { filters = [] } = table;
  const filtersStart = RULES_HEADER.size + table.rules.length * RULE_RECORD.size;
  const bytes = Buffer.alloc(filtersStart + filters.length * FILTER_RECORD.size);
  bytes.writeUInt32LE(image.RULES_MAGIC, RULES_HEADER.magic);
  bytes.writeUInt16LE(image.RULES_FORMAT_VERSION, RULES_HEADER.version);
  bytes.writeUInt16LE(RULES_HEADER.size, RULES_HEADER.headerBytes);
  bytes.writeUInt32LE(bytes.length, RULES_HEADER.totalBytes);
  bytes.writeUInt16LE(table.rules.length, RULES_HEADER.ruleCount);
  bytes.writeUInt16LE(RULE_RECORD.size, RULES_HEADER.ruleBytes);
  const drop = table.defaultAction === 'drop' ? image.RULES_FLAG_DROP_UNMATCHED : 0;
  const receive = image.RECEIVE_LAYOUTS.indexOf(table.receive) << image.RULES_FLAG_RECEIVE_SHIFT;
  bytes.writeUInt32LE(drop | receive, RULES_HEADER.flags);
  const paths = assignPaths(table);
  table.rules.forEach((rule, index) => {
    const start = RULES_HEADER.size + index * RULE_RECORD.size;
    encodeRule(bytes.subarray(start, start + RULE_RECORD.size), rule);
    bytes.writeUInt8(paths[index]?.number ?? 0, start + RULE_RECORD.path);
  });
  bytes.writeUInt16LE(filters.length, RULES_HEADER.filterCount);
  filters.forEach(({ identifier, mask, inverted }, index) => {
    const start = filtersStart + index * FILTER_RECORD.size;
    const flag = inverted ? image.FILTER_INVERTED : 0;
    bytes.writeUInt32LE((identifier | flag) >>> 0, start + FILTER_RECORD.identifier);
    bytes.writeUInt32LE(mask >>> 0, start + FILTER_RECORD.mask);
  });
  bytes.writeUInt32LE(rulesChecksum(bytes), RULES_HEADER.crc32);
  return bytes;
}

/** CRC-32 of an image. Its own field counts as zero. */
export function rulesChecksum(bytes: Buffer): number {
  const covered = Buffer.from(bytes);
  covered.writeUInt32LE(0, RULES_HEADER.crc32);
  return crc32(covered);
}

function encodeRule(record: Buffer, rule: Rule): void {
  const { match, answer } = rule;
  const kind = canIdFlags(match.extended, match.remote);
  record.writeUInt32LE((match.identifier | kind) >>> 0, RULE_RECORD.matchIdentifier);
  record.writeUInt32LE((match.mask | canIdFlags(true, true)) >>> 0, RULE_RECORD.matchMask);
  record.set(
    match.data.map((byte) => byte.value),
    RULE_RECORD.dataValue,
  );
  record.set(
    match.data.map((byte) => byte.mask),
    RULE_RECORD.dataMask,
  );
  record.writeUInt8(match.minimumLength, RULE_RECORD.minimumLength);
  const flags =
    (answer === null ? 0 : image.RULE_FLAG_ANSWER) | (rule.forward ? image.RULE_FLAG_FORWARD : 0);
  record.writeUInt8(flags, RULE_RECORD.flags);
  record.fill(image.ANSWER_SOURCE_NONE, RULE_RECORD.answerSource, RULE_RECORD.reserved);
  if (answer === null) return;
  const length = answer.length === SAME_AS_REQUEST ? image.ANSWER_LENGTH_SAME : answer.length;
  record.writeUInt8(length, RULE_RECORD.answerLength);
  const answerIdentifier = (answer.identifier | canIdFlags(answer.extended, false)) >>> 0;
  record.writeUInt32LE(answerIdentifier, RULE_RECORD.answerIdentifier);
  record.set(answer.data, RULE_RECORD.answerData);
  record.set(
    answer.source.map((source) => source ?? image.ANSWER_SOURCE_NONE),
    RULE_RECORD.answerSource,
  );
}

function canIdFlags(extended: boolean, remote: boolean): number {
  return (extended ? image.CAN_ID_EXTENDED : 0) | (remote ? image.CAN_ID_REMOTE : 0);
}
