// SPDX-License-Identifier: MIT
/**
 * What a rule matches, as text for people: identifiers, data, length.
 */
import type { DataCondition, DataField, RuleMatch } from './model.ts';
import { DATA_BYTES, formatByte, formatIdentifier } from './model.ts';
import { identifierMaximum } from './order/identifiers.ts';

/** Ranges that are listed one by one. */
const LISTED_MAXIMUM = 8;

/** One line: `0x100-0x10F [0x02 ~] D3 0x10 to 0x20`. */
export function describeMatch(match: RuleMatch): string {
  const { remote, minimumLength, maximumLength, conditions = [] } = match;
  const bytes = match.data.slice(0, minimumLength).map(({ value, mask }) => {
    if (mask === 0) return '~';
    return mask === 0xff ? formatByte(value) : `${formatByte(value)}/${formatByte(mask)}`;
  });
  const parts = [
    describeIdentifiers(match),
    ...(remote === 'any' ? ['data or remote'] : remote ? ['remote'] : []),
    ...(match.neverRemote === true ? ['never remote'] : []),
    ...(bytes.length === 0 ? [] : [`[${bytes.join(' ')}]`]),
    ...(maximumLength === undefined ? [] : [`at most ${maximumLength} of ${DATA_BYTES} bytes`]),
    ...conditions.map((group) => group.map(describeCondition).join(' or ')),
  ];
  return parts.join(' ');
}

/** `0x100`, `0x100 mask 0x700` or ranges. */
function describeIdentifiers({ identifier, mask, identifiers, extended }: RuleMatch): string {
  const format = (number: number) => formatIdentifier(number, extended);
  const masked =
    mask === identifierMaximum(extended)
      ? format(identifier)
      : `${format(identifier)} mask ${format(mask)}`;
  if (identifiers === undefined) return masked;
  const listed = identifiers
    .slice(0, LISTED_MAXIMUM)
    .map(({ first, last }) =>
      first === last ? format(first) : `${format(first)}-${format(last)}`,
    );
  const more = identifiers.length - listed.length;
  const list = listed.join(',') + (more > 0 ? ` and ${more} more ranges` : '');
  return mask === 0 ? list : `${list} mask ${format(mask)} of ${format(identifier)}`;
}

function describeCondition(condition: DataCondition): string {
  const not = condition.inverted ? 'not ' : '';
  if (condition.kind === 'bits') {
    const [value, mask] = [condition.value, condition.mask].map(describeBytes);
    return `${not}[${value}] mask [${mask}]`;
  }
  const field = describeField(condition.field);
  if (condition.kind === 'set') return `${field} ${not}${condition.values.join('|')}`;
  const { minimum, maximum } = condition;
  return `${field} ${not}${minimum === maximum ? minimum : `${minimum} to ${maximum}`}`;
}

/** `D3` for a whole byte, else the number of its lowest bit and its bits: `bits 4+12`. */
export function describeField({ shift, width, bigEndian, signed }: DataField): string {
  const isByte = width === DATA_BYTES && shift % DATA_BYTES === 0 && !signed;
  const byte = shift / DATA_BYTES;
  if (isByte) return `D${bigEndian ? DATA_BYTES - 1 - byte : byte}`;
  return `bits ${shift}+${width}${bigEndian ? ' big-endian' : ''}${signed ? ' signed' : ''}`;
}

/** The eight bytes, byte 0 first. */
export function describeBytes(word: bigint): string {
  return Array.from({ length: DATA_BYTES }, (_, index) =>
    formatByte(Number((word >> BigInt(8 * index)) & 0xffn)).slice(2),
  ).join(' ');
}
