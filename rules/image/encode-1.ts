// SPDX-License-Identifier: MIT
/**
 * Writes a rule table as rules.bin, format 1: at most 64 rules that do not overlap, without the words that
 * format 2 adds.
 */
import { RULE_NUMBERS, RULES_HEADER } from '../../formats/rule-image.ts';
import type { RuleTable } from '../model.ts';
import { findHidden } from '../order/hidden.ts';
import { assignPaths } from '../paths.ts';
import { encodeFilter, rulesChecksum, writeHead } from './encode.ts';
import { encodeRule } from './encode-rule.ts';
import { Pools } from './pools.ts';

export function holdsFirstFormat({ rules }: RuleTable): boolean {
  return (
    rules.length <= RULE_NUMBERS.RULES_MAXIMUM &&
    rules.every(
      ({ match, answer, moreAnswers, modify, from, rate }) =>
        match.identifiers === undefined &&
        match.conditions === undefined &&
        match.maximumLength === undefined &&
        (answer?.steps ?? moreAnswers ?? modify ?? from ?? rate) === undefined,
    ) &&
    findHidden(rules).length === 0
  );
}

export function encodeFirstFormat(table: RuleTable): Buffer {
  const pools = new Pools();
  const paths = assignPaths(table);
  const records = table.rules.map((rule, index) => encodeRule(rule, paths[index].number, pools));
  const header = Buffer.alloc(RULE_NUMBERS.RULES_HEADER_BYTES);
  const bytes = Buffer.concat([header, ...records, ...(table.filters ?? []).map(encodeFilter)]);
  writeHead(bytes, table, RULE_NUMBERS.RULES_VERSION);
  bytes.writeUInt32LE(rulesChecksum(bytes), RULES_HEADER.crc32.at);
  return bytes;
}
