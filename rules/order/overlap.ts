// SPDX-License-Identifier: MIT
/**
 * Finds a frame that two rules both match.
 *
 * Two rules are disjoint if both compare some bit with different values: in the frame kind, the identifier,
 * or the data. Lengths never separate them, because a frame of eight bytes is long enough for both.
 */
import type { RuleMatch } from '../model.ts';
import { formatByte, formatIdentifier } from '../model.ts';

/** A frame that both match, as text. Null if there is none. */
export function findCommonFrame(first: RuleMatch, second: RuleMatch): string | null {
  if (first.extended !== second.extended) return null;
  const isEither = first.remote === 'any' || second.remote === 'any';
  if (!isEither && first.remote !== second.remote) return null;
  if (differs(first.identifier, first.mask, second.identifier, second.mask)) return null;
  for (const [index, byte] of first.data.entries()) {
    const other = second.data[index];
    if (differs(byte.value, byte.mask, other.value, other.mask)) return null;
  }
  const identifier = formatIdentifier(first.identifier | second.identifier, first.extended);
  if (first.remote === true || second.remote === true) return `${identifier} remote`;
  const data = first.data.map((byte, index) => formatByte(byte.value | second.data[index].value));
  // Omit trailing bytes that neither rule compares.
  let length = data.length;
  while (length > 0 && (first.data[length - 1].mask | second.data[length - 1].mask) === 0) {
    length -= 1;
  }
  return length === 0 ? identifier : `${identifier} [${data.slice(0, length).join(', ')}]`;
}

/** Whether both compare some bit with different values. */
function differs(
  firstValue: number,
  firstMask: number,
  secondValue: number,
  secondMask: number,
): boolean {
  return ((firstValue ^ secondValue) & firstMask & secondMask) !== 0;
}
