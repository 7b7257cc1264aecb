// SPDX-License-Identifier: MIT
/**
 * What a value of a rules file looks like, as JSON Schema (draft 7), which is what editors read.
 *
 * A map is named, and becomes a definition of its own (rules/schema.ts).
 */
import type { Words } from './words.ts';
import { EXTENDED_IDENTIFIER_MAXIMUM } from '../model.ts';

/** A map of the file: the keys that it knows, and what the values of all others are. */
export interface MapShape {
  readonly map: string;
  readonly words: Words;
  readonly others?: Shape;
  /** A regular expression for the other keys. */
  readonly otherKeys?: string;
}

/** JSON Schema, with maps that are not yet written out. */
export type Shape =
  | MapShape
  | { readonly oneOf: readonly Shape[] }
  | {
      readonly type: 'array';
      readonly items: Shape;
      readonly minItems: number;
      readonly maxItems: number;
    }
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'string'; readonly pattern?: string }
  | { readonly type: 'null' | 'boolean' | 'number' }
  | { readonly enum: readonly string[] }
  | { readonly const: number };

export const TEXT: Shape = { type: 'string' };
export const NOTHING: Shape = { type: 'null' };
export const TRUE_OR_FALSE: Shape = { type: 'boolean' };
/** A number with a sign and a point. */
export const NUMBER: Shape = { type: 'number' };
/** A physical value, or a word of the value table. */
export const VALUE: Shape = oneOf(NUMBER, TEXT);
export const BYTE: Shape = integer(0, 0xff);
export const IDENTIFIER: Shape = integer(0, EXTENDED_IDENTIFIER_MAXIMUM);
/** With its unit. */
export const DURATION: Shape = {
  type: 'string',
  pattern: '^[0-9]{1,9}(\\.[0-9]{1,9})? ?(ns|us|ms|s)$',
};
const FRAME_TEXT =
  '([0-9a-fA-F]{3}|[0-9a-fA-F]{8})#([rR][0-8]?|([0-9a-fA-F]{2}\\.?){0,8})(_[9a-fA-F])?';
export const FRAME: Shape = { type: 'string', pattern: `^${FRAME_TEXT}$` };
/** With the side before it. */
export const FRAME_OUT: Shape = { type: 'string', pattern: `^((bus|agl) +)?${FRAME_TEXT}$` };

/** A whole number. */
export function integer(minimum: number, maximum: number): Shape {
  return { type: 'integer', minimum, maximum };
}

/** One of these words. */
export function words(...all: readonly string[]): Shape {
  return { enum: all };
}

export function oneOf(...all: readonly Shape[]): Shape {
  return { oneOf: all };
}

export function listOf(items: Shape, maxItems: number, minItems = 0): Shape {
  return { type: 'array', items, minItems, maxItems };
}

/** The value, or a list of such values. */
export function oneOrMore(value: Shape, maxItems = 512): Shape {
  return oneOf(value, listOf(value, maxItems, 1));
}

export function map(name: string, known: Words, others?: Shape, otherKeys?: string): Shape {
  return { map: name, words: known, others, otherKeys };
}
