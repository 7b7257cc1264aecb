// SPDX-License-Identifier: MIT
/**
 * Writes a rule table as rules.bin, format 1.
 *
 * Fields that do not apply have one canonical value: zero, and 0xff in answerSources.
 * Does not: check the table; parse.ts did, and decode.ts checks an image from elsewhere.
 */
import { crc32 } from 'node:zlib';
import {
  FILTER_RECORD,
  RULE_NUMBERS as image,
  RULE_RECORD,
  RULES_HEADER,
} from '../../formats/rule-image.ts';
import type { Rule, RuleTable } from '../model.ts';
import { CAN_ID_EXTENDED, CAN_ID_REMOTE, RECEIVE_LAYOUTS, SAME_AS_REQUEST } from '../model.ts';
import { assignPaths } from '../paths.ts';

export function encodeRules(table: RuleTable): Buffer {
  const { filters = [] } = table;
  const filtersStart = image.RULES_HEADER_BYTES + table.rules.length * image.RULE_BYTES;
  const bytes = Buffer.alloc(filtersStart + filters.length * image.FILTER_BYTES);
  bytes.writeUInt32LE(image.RULES_MAGIC, RULES_HEADER.magic.at);
  bytes.writeUInt16LE(image.RULES_VERSION, RULES_HEADER.version.at);
  bytes.writeUInt16LE(image.RULES_HEADER_BYTES, RULES_HEADER.headerBytes.at);
  bytes.writeUInt32LE(bytes.length, RULES_HEADER.totalBytes.at);
  bytes.writeUInt16LE(table.rules.length, RULES_HEADER.ruleCount.at);
  bytes.writeUInt16LE(image.RULE_BYTES, RULES_HEADER.ruleBytes.at);
  const drop = table.defaultAction === 'drop' ? image.RULES_FLAG_DROP_UNMATCHED : 0;
  const receive = RECEIVE_LAYOUTS.indexOf(table.receive) << image.RULES_FLAG_RECEIVE_SHIFT;
  bytes.writeUInt32LE(drop | receive, RULES_HEADER.flags.at);
  const paths = assignPaths(table);
  table.rules.forEach((rule, index) => {
    const start = image.RULES_HEADER_BYTES + index * image.RULE_BYTES;
    encodeRule(bytes.subarray(start, start + image.RULE_BYTES), rule);
    bytes.writeUInt8(paths[index]?.number ?? 0, start + RULE_RECORD.path.at);
  });
  bytes.writeUInt16LE(filters.length, RULES_HEADER.filterCount.at);
  filters.forEach(({ identifier, mask, inverted }, index) => {
    const start = filtersStart + index * image.FILTER_BYTES;
    const flag = inverted ? image.FILTER_INVERTED : 0;
    bytes.writeUInt32LE((identifier | flag) >>> 0, start + FILTER_RECORD.identifier.at);
    bytes.writeUInt32LE(mask >>> 0, start + FILTER_RECORD.mask.at);
  });
  bytes.writeUInt32LE(rulesChecksum(bytes), RULES_HEADER.crc32.at);
  return bytes;
}

/** CRC-32 of an image. Its own field counts as zero. */
export function rulesChecksum(bytes: Buffer): number {
  const covered = Buffer.from(bytes);
  covered.writeUInt32LE(0, RULES_HEADER.crc32.at);
  return crc32(covered);
}

function encodeRule(record: Buffer, rule: Rule): void {
  const { match, answer } = rule;
  const kind = canIdFlags(match.extended, match.remote === true);
  const kindMask = canIdFlags(true, match.remote !== 'any');
  record.writeUInt32LE((match.identifier | kind) >>> 0, RULE_RECORD.matchIdentifier.at);
  record.writeUInt32LE((match.mask | kindMask) >>> 0, RULE_RECORD.matchMask.at);
  record.set(
    match.data.map((byte) => byte.value),
    RULE_RECORD.dataValue.at,
  );
  record.set(
    match.data.map((byte) => byte.mask),
    RULE_RECORD.dataMask.at,
  );
  record.writeUInt8(match.minimumLength, RULE_RECORD.minimumLength.at);
  const flags = (answer === null ? 0 : image.RULE_ANSWER) | (rule.forward ? image.RULE_FORWARD : 0);
  record.writeUInt8(flags, RULE_RECORD.flags.at);
  record.fill(image.SOURCE_OWN, RULE_RECORD.answerSources.at, RULE_RECORD.reserved1.at);
  if (answer === null) return;
  const length = answer.length === SAME_AS_REQUEST ? image.ANSWER_LENGTH_OF_REQUEST : answer.length;
  record.writeUInt8(length, RULE_RECORD.answerLength.at);
  const answerIdentifier = (answer.identifier | canIdFlags(answer.extended, false)) >>> 0;
  record.writeUInt32LE(answerIdentifier, RULE_RECORD.answerIdentifier.at);
  record.set(answer.data, RULE_RECORD.answerData.at);
  record.set(
    answer.source.map((source) => source ?? image.SOURCE_OWN),
    RULE_RECORD.answerSources.at,
  );
}

function canIdFlags(extended: boolean, remote: boolean): number {
  return (extended ? CAN_ID_EXTENDED : 0) | (remote ? CAN_ID_REMOTE : 0);
}
