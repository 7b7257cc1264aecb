// SPDX-License-Identifier: MIT
/**
 * The known name nearest to one that is not known. Names in a DBC file tell capital letters apart.
 */
import { closestWord } from '../diagnostics.ts';

/** Longer words are not compared: the work grows with the square of the length. */
const LENGTH_MAXIMUM = 128;
/** Names that are listed one by one. */
const LISTED_MAXIMUM = 8;

/** Undefined if none is near. */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LENGTH_MAXIMUM) return undefined;
  const byLower = new Map<string, string>();
  for (const each of known) byLower.set(each.toLowerCase(), each);
  return byLower.get(closestWord(name, [...byLower.keys()]) ?? '');
}

/** `did you mean "Speed"?`, or the names there are. */
export function suggestion(name: string, known: readonly string[]): string {
  const close = closestName(name, known);
  if (close !== undefined) return `did you mean "${close}"?`;
  if (known.length === 0) return 'there is none';
  const more = known.length - LISTED_MAXIMUM;
  const listed = known.slice(0, LISTED_MAXIMUM).join(', ');
  return `known: ${listed}${more > 0 ? ` and ${more} more` : ''}`;
}
