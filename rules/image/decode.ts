// SPDX-License-Identifier: MIT
/**
 * Reads rules.bin back into a rule table: the header, and all of format 1. decode-2.ts reads the rest of
 * format 2. Refuses every image that the cell would refuse.
 *
 * Throws RulesImageError naming the field, its offset, what was expected and what was found.
 */
import { counted } from '../../cell-config/plural.ts';
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import {
  FILTER_RECORD,
  RULE_NUMBERS as image,
  RULE_RECORD,
  RULES_HEADER,
} from '../../formats/rule-image.ts';
import type { Filter, ReceiveLayout, Rule, RuleTable } from '../model.ts';
import { MAXIMUM_FILTERS, RECEIVE_LAYOUTS } from '../model.ts';
import { findHidden } from '../order/hidden.ts';
import { readSecondFormat, sectionsOf } from './decode-2.ts';
import { rulesChecksum } from './encode.ts';
import { expectEqual, expectZero, hex, RulesImageError } from './image-error.ts';
import { readRule } from './read-rule.ts';
import { readPending, readSafeState } from './timers.ts';
import { isWindow, singleObstacleOf } from '../ways.ts';

export { RulesImageError };

/** Drop unmatched frames, the receive layout, and that it is for windows. */
const FLAGS =
  image.RULES_FLAG_DROP_UNMATCHED | image.RULES_FLAG_RECEIVE_MASK | image.RULES_FLAG_WINDOW;
/** The same, and the two of the wall. */
const FLAGS_2 = FLAGS | RULE_NUMBERS_2.RULES_FLAG_AGL_DENY | RULE_NUMBERS_2.RULES_FLAG_WALL_LOCKED;

/** Decodes a whole image. The rules of format 1 have no names there, so they are called `rule-1`, `rule-2`, ... */
export function decodeRules(file: Uint8Array): RuleTable {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const { version, ruleCount, filterCount, flags } = readHeader(bytes);
  const rulesStart = bytes.readUInt16LE(RULES_HEADER.headerBytes.at);
  const rules =
    version === image.RULES_VERSION
      ? readFirstFormat(bytes, ruleCount)
      : readSecondFormat(bytes, ruleCount);
  const drops = (flags & image.RULES_FLAG_DROP_UNMATCHED) !== 0;
  const defaultAction = drops ? 'drop' : 'forward';
  const layout = (flags & image.RULES_FLAG_RECEIVE_MASK) >> image.RULES_FLAG_RECEIVE_SHIFT;
  const isWindow = (flags & image.RULES_FLAG_WINDOW) !== 0;
  const receive: ReceiveLayout | undefined = isWindow ? 'window' : RECEIVE_LAYOUTS[layout];
  refuseContradiction(bytes, rulesStart, rules, receive);
  const head = {
    ...({ defaultAction, rules } as const),
    ...(receive === undefined ? {} : { receive }),
    ...readPolicy(flags),
    ...readSafe(bytes, version, rules),
  } as const;
  if (filterCount === 0) return head;
  const filtersStart = rulesStart + ruleCount * image.RULE_BYTES;
  const filters = Array.from({ length: filterCount }, (_, index) =>
    readFilter(bytes, filtersStart + index * image.FILTER_BYTES, `filter ${index + 1}`),
  );
  return { ...head, filters };
}

/** Flags that format 1 does not have. */
function readPolicy(flags: number): Pick<RuleTable, 'agl'> {
  const deny = (flags & RULE_NUMBERS_2.RULES_FLAG_AGL_DENY) !== 0;
  const locked = (flags & RULE_NUMBERS_2.RULES_FLAG_WALL_LOCKED) !== 0;
  if (!deny && !locked) return {};
  return { agl: { ...(deny ? { deny } : {}), ...(locked ? { locked } : {}) } };
}

function readSafe(
  bytes: Buffer,
  version: number,
  rules: readonly Rule[],
): Pick<RuleTable, 'safeState' | 'pending'> {
  if (version === image.RULES_VERSION) return {};
  const names = rules.map(({ name }) => name);
  const safeState = readSafeState(bytes, sectionsOf(bytes), names);
  const pending = readPending(bytes, sectionsOf(bytes));
  return {
    ...(safeState === undefined ? {} : { safeState }),
    ...(pending === undefined ? {} : { pending }),
  };
}

function readFirstFormat(bytes: Buffer, ruleCount: number): Rule[] {
  const rules = Array.from({ length: ruleCount }, (_, index) => {
    const start = image.RULES_HEADER_BYTES + index * image.RULE_BYTES;
    const name = `rule-${index + 1}`;
    expectZero(bytes, name, start + RULE_RECORD.reserved1.at, start + image.RULE_BYTES);
    const rule = readRule(bytes, start, name, image.RULE_ANSWER | image.RULE_FORWARD);
    return rule.answer === null ? rule : { ...rule, rate: 'none' as const };
  });
  const [first] = findHidden(rules);
  if (first === undefined) return rules;
  const offset = image.RULES_HEADER_BYTES + rules.indexOf(first.rule) * image.RULE_BYTES;
  const expected = `no frame in common with ${first.by[0].name}`;
  throw new RulesImageError(first.rule.name, offset, expected, 'one that both match');
}

function readFilter(bytes: Buffer, start: number, name: string): Filter {
  const word = bytes.readUInt32LE(start + FILTER_RECORD.identifier.at);
  const mask = bytes.readUInt32LE(start + FILTER_RECORD.mask.at);
  if ((mask & image.FILTER_INVERTED) !== 0) {
    const offset = start + FILTER_RECORD.mask.at;
    throw new RulesImageError(`${name} mask`, offset, 'bit 29 clear', hex(mask));
  }
  const identifier = (word & ~image.FILTER_INVERTED) >>> 0;
  if ((identifier & ~mask) !== 0) {
    const expected = `no bits outside the mask ${hex(mask)}`;
    throw new RulesImageError(`${name} identifier`, start, expected, hex(identifier));
  }
  return { identifier, mask, inverted: (word & image.FILTER_INVERTED) !== 0 };
}

interface Header {
  readonly version: number;
  readonly ruleCount: number;
  readonly filterCount: number;
  readonly flags: number;
}

function readHeader(bytes: Buffer): Header {
  if (bytes.length < image.RULES_HEADER_BYTES) {
    throw new RulesImageError('header', 0, `${image.RULES_HEADER_BYTES} bytes`, `${bytes.length}`);
  }
  const read = (name: keyof typeof RULES_HEADER) =>
    bytes.readUIntLE(RULES_HEADER[name].at, RULES_HEADER[name].bytes);
  expectEqual('magic', RULES_HEADER.magic.at, image.RULES_MAGIC, read('magic'));
  const version = read('version');
  const isSecond = version === RULE_NUMBERS_2.RULES_VERSION_2;
  if (!isSecond && version !== image.RULES_VERSION) {
    throw new RulesImageError('version', RULES_HEADER.version.at, '1 or 2', `${version}`);
  }
  const headerBytes = isSecond ? RULE_NUMBERS_2.RULES_HEADER_BYTES_2 : image.RULES_HEADER_BYTES;
  expectEqual('header size', RULES_HEADER.headerBytes.at, headerBytes, read('headerBytes'));
  expectEqual('rule size', RULES_HEADER.ruleBytes.at, image.RULE_BYTES, read('ruleBytes'));
  const ruleCount = read('ruleCount');
  const filterCount = read('filterCount');
  const most = isSecond ? RULE_NUMBERS_2.RULES_MAXIMUM_2 : image.RULES_MAXIMUM;
  expectAtMost('rule count', RULES_HEADER.ruleCount.at, most, ruleCount);
  expectAtMost('filter count', RULES_HEADER.filterCount.at, MAXIMUM_FILTERS, filterCount);
  const total = read('totalBytes');
  const needed = isSecond
    ? sectionsOf(bytes).end
    : headerBytes + ruleCount * image.RULE_BYTES + filterCount * image.FILTER_BYTES;
  const counts = filterCount === 0 ? '' : ` and ${counted(filterCount, 'filter')}`;
  const what = `total size for ${counted(ruleCount, 'rule')}${counts}`;
  expectEqual(what, RULES_HEADER.totalBytes.at, needed, total);
  if (bytes.length !== total) {
    throw new RulesImageError('file', 0, `${total} bytes, as the header says`, `${bytes.length}`);
  }
  expectEqual('CRC-32', RULES_HEADER.crc32.at, rulesChecksum(bytes), read('crc32'));
  const flags = read('flags');
  const isWindow = (flags & image.RULES_FLAG_WINDOW) !== 0;
  const layout = (flags & image.RULES_FLAG_RECEIVE_MASK) >> image.RULES_FLAG_RECEIVE_SHIFT;
  const known = isSecond ? FLAGS_2 : FLAGS;
  if ((flags & ~known) !== 0 || (isWindow && layout !== image.RECEIVE_URGENT_FIRST)) {
    const expected = `bits of ${hex(known)}, and bit 5 with receive 2 alone`;
    throw new RulesImageError('flags', RULES_HEADER.flags.at, expected, hex(flags));
  }
  if (!isSecond) {
    expectZero(bytes, 'header', RULES_HEADER.reserved0.at, image.RULES_HEADER_BYTES);
  }
  return { version, ruleCount, filterCount, flags };
}

function expectAtMost(field: string, offset: number, most: number, got: number): void {
  if (got > most) throw new RulesImageError(field, offset, `at most ${most}`, `${got}`);
}

/** Layouts other than `shared` and filter paths require each other; `single` needs any frame to match. */
function refuseContradiction(
  bytes: Buffer,
  rulesStart: number,
  rules: readonly Rule[],
  receive: ReceiveLayout | undefined,
): void {
  const filtered = rules.filter(
    (_, index) =>
      bytes.readUInt8(rulesStart + index * image.RULE_BYTES + RULE_RECORD.path.at) !== 0,
  );
  const hasFilter = filtered.length > 0;
  const looks =
    receive === 'single' && filtered.some((rule) => singleObstacleOf(rule) !== undefined);
  const isStatic = receive === 'window' && filtered.some((rule) => !isWindow(rule));
  if (!looks && !isStatic && (receive === undefined || hasFilter === (receive !== 'shared')))
    return;
  const expected = looks
    ? 'a filter rule for data and remote frames of any length, or with bytes of requests that are never remote'
    : isStatic
      ? 'a filter rule with bytes of its request'
      : hasFilter
        ? 'no rule with a hardware filter'
        : 'a rule with a hardware filter';
  const offset = RULES_HEADER.flags.at;
  throw new RulesImageError(`flags: receive ${receive}`, offset, expected, 'the other');
}
