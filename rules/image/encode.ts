// SPDX-License-Identifier: MIT
/**
 * Writes a rule table as rules.bin, format 2 (formats/rule-image-2.ts).
 *
 * Fields that do not apply have one canonical value: zero, and 0xff in sources.
 * Does not: check the table; the language did, and decode.ts checks an image from elsewhere.
 */
import { crc32 } from '../../cell-config/crc32.ts';
import { RULE_NUMBERS_2 as image, RULES_HEADER_2, SECTIONS_2 } from '../../formats/rule-image-2.ts';
import { FILTER_RECORD, RULE_NUMBERS, RULES_HEADER } from '../../formats/rule-image.ts';
import type { Filter, RuleTable } from '../model.ts';
import { RECEIVE_LAYOUTS } from '../model.ts';
import { slowestDecision } from './decision.ts';
import { encodeRule } from './encode-rule.ts';
import { encodeTimers } from './timers.ts';
import { indexOf, Lists, triedRules, u16, u32 } from './identifier-index.ts';
import { keyTable } from './keys.ts';
import { Pools } from './pools.ts';
import { assignPaths } from '../paths.ts';

/** A table that has more of something than an image can hold. */
export class TableSizeError extends Error {}

const COUNTS = { ...RULES_HEADER, ...RULES_HEADER_2 };

type SectionName = (typeof SECTIONS_2)[number]['name'];

/** Throws TableSizeError. */
export function encodeRules(table: RuleTable): Buffer {
  const { sections, keyMultiplier } = partsOf(table);
  const parts = SECTIONS_2.map(({ name }) => sections[name]);
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(Math.ceil((image.RULES_HEADER_BYTES_2 + body.length) / 8) * 8);
  refuseAbove('bytes', bytes.length, image.RULES_IMAGE_BYTES_MAXIMUM);
  bytes.set(body, image.RULES_HEADER_BYTES_2);
  writeHead(bytes, table);
  for (const { name, bytes: size, count } of SECTIONS_2) {
    if (typeof count === 'number') continue;
    bytes.writeUInt16LE(sections[name].length / size, COUNTS[count].at);
  }
  bytes.writeUInt32LE(keyMultiplier, RULES_HEADER_2.keyMultiplier.at);
  const nanos = slowestDecision(table.rules)?.nanos ?? 0;
  bytes.writeUInt16LE(Math.min(nanos, 0xffff), RULES_HEADER_2.decisionNanos.at);
  bytes.writeUInt32LE(rulesChecksum(bytes), RULES_HEADER.crc32.at);
  return bytes;
}

/** CRC-32 of an image. Its own field counts as zero. */
export function rulesChecksum(bytes: Buffer): number {
  const covered = Buffer.from(bytes);
  covered.writeUInt32LE(0, RULES_HEADER.crc32.at);
  return crc32(covered);
}

/** `id:mask` as its record. */
function encodeFilter({ identifier, mask, inverted }: Filter): Buffer {
  const record = Buffer.alloc(RULE_NUMBERS.FILTER_BYTES);
  const flag = inverted ? RULE_NUMBERS.FILTER_INVERTED : 0;
  record.writeUInt32LE((identifier | flag) >>> 0, FILTER_RECORD.identifier.at);
  record.writeUInt32LE(mask >>> 0, FILTER_RECORD.mask.at);
  return record;
}

/** What the header has of format 1, but for the checksum. */
function writeHead(bytes: Buffer, table: RuleTable): void {
  bytes.writeUInt32LE(RULE_NUMBERS.RULES_MAGIC, RULES_HEADER.magic.at);
  bytes.writeUInt16LE(image.RULES_VERSION_2, RULES_HEADER.version.at);
  bytes.writeUInt16LE(image.RULES_HEADER_BYTES_2, RULES_HEADER.headerBytes.at);
  bytes.writeUInt32LE(bytes.length, RULES_HEADER.totalBytes.at);
  bytes.writeUInt16LE(RULE_NUMBERS.RULE_BYTES, RULES_HEADER.ruleBytes.at);
  const drop = table.defaultAction === 'drop' ? RULE_NUMBERS.RULES_FLAG_DROP_UNMATCHED : 0;
  const isWindow = table.receive === 'window';
  const layout = RECEIVE_LAYOUTS.indexOf(isWindow ? 'urgent-first' : table.receive);
  const receive = layout << RULE_NUMBERS.RULES_FLAG_RECEIVE_SHIFT;
  const window = isWindow ? RULE_NUMBERS.RULES_FLAG_WINDOW : 0;
  const deny = table.agl?.deny ? image.RULES_FLAG_AGL_DENY : 0;
  const locked = table.agl?.locked ? image.RULES_FLAG_WALL_LOCKED : 0;
  bytes.writeUInt32LE(drop | receive | window | deny | locked, RULES_HEADER.flags.at);
  const alarm = table.rules.findIndex(({ when }) => when === 'alarm');
  bytes.writeUInt16LE(alarm + 1, RULES_HEADER_2.alarmRule.at);
}

interface Parts {
  readonly sections: Record<SectionName, Buffer>;
  readonly keyMultiplier: number;
}

function partsOf(table: RuleTable): Parts {
  const { rules, filters = [] } = table;
  const pools = new Pools();
  const paths = assignPaths(table);
  const watched = rules.filter(({ watch }) => watch !== undefined);
  const records = rules.map((rule, index) =>
    encodeRule(rule, paths[index].number, pools, watched.indexOf(rule)),
  );
  const lists = new Lists();
  const tried = triedRules(rules);
  const bus = indexOf(tried.bus, lists);
  const agl = indexOf(tried.agl, lists);
  const ofAgl = [...agl.keys].map(([key, word]) => [key | image.KEY_FROM_AGL, word] as const);
  const keyed = keyTable(new Map([...bus.keys, ...ofAgl]));
  const names = Buffer.from(rules.map(({ name }) => `${name}\0`).join(''));
  refuseAbove('bytes of names of rules', names.length, image.RULE_NAMES_BYTES_MAXIMUM);
  const sections = {
    rules: Buffer.concat(records),
    filters: Buffer.concat(filters.map(encodeFilter)),
    actions: Buffer.concat(pools.actions),
    conditions: Buffer.concat(pools.conditions),
    steps: Buffer.concat(pools.steps),
    checksumTables: Buffer.concat(pools.checksumTables),
    timers: encodeTimers(table),
    keys: u32(keyed.keys),
    keyLists: u16(keyed.lists),
    keyDisplacements: u16(keyed.displacements),
    busIndex: u16(bus.standard),
    aglIndex: rules.some(({ from, when }) => from === 'agl' && when === undefined)
      ? u16(agl.standard)
      : Buffer.alloc(0),
    busRangeStarts: u32(bus.starts),
    aglRangeStarts: u32(agl.starts),
    busRangeLists: u16(bus.lists),
    aglRangeLists: u16(agl.lists),
    lists: u16(lists.words),
    names,
  };
  return { sections, keyMultiplier: keyed.multiplier };
}

function refuseAbove(what: string, count: number, maximum: number): void {
  if (count <= maximum) return;
  throw new TableSizeError(`the table needs ${count} ${what}; the cell takes at most ${maximum}`);
}
