// SPDX-License-Identifier: MIT
/**
 * Reads config.txt as the firmware does: settings, the filters over them, included files in their place.
 * overlays.ts reads the settings about the device tree.
 *
 * Source: Raspberry Pi documentation, config.txt, "File Format" and "include".
 */
import { FilterState } from './filters.ts';
import type { Applies } from './filters.ts';

/** The firmware ignores the rest of a line after this many characters. */
const LINE_CHARACTERS = 98;
/** Bounds files that include each other. */
const INCLUDE_DEPTH = 8;

export interface ConfigLine {
  /** `config.txt`, or the name of an included file. */
  readonly file: string;
  /** Counts from 1. */
  readonly number: number;
  /** As in the file, with its line end. */
  readonly text: string;
  /** `key=value` as the firmware reads it. Empty for comments, filters and empty lines. */
  readonly setting: string;
  readonly key: string;
  readonly value: string;
  readonly applies: Applies;
  /** False for a line of an included file, which is not edited. */
  readonly isOwn: boolean;
}

/** Texts of included files by name. A missing one is skipped, as in the firmware. */
export type IncludedFiles = ReadonlyMap<string, string>;

/** Every line in the order in which the firmware reads it. */
export function parseConfig(text: string, included: IncludedFiles = new Map()): ConfigLine[] {
  return [...readFile('config.txt', text, new FilterState(), included, 0)];
}

/** The name in a line `include NAME`. Undefined for any other line. */
export function includedName(line: string): string | undefined {
  return /^include\s+(\S+)/.exec(cut(line))?.[1];
}

/** Splits a text into lines with their line ends. */
export function splitLines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** A line's place as text: `config.txt line 3`. */
export function placeOf({ file, number }: ConfigLine): string {
  return `${file} line ${number}`;
}

function* readFile(
  file: string,
  text: string,
  filters: FilterState,
  included: IncludedFiles,
  depth: number,
): Generator<ConfigLine> {
  for (const [index, line] of splitLines(text).entries()) {
    const content = cut(line);
    const filter = /^\[([^\]]*)\]/.exec(content)?.[1];
    if (filter !== undefined) filters.take(filter);
    const isSetting = filter === undefined && content !== '' && !content.startsWith('#');
    const setting = isSetting ? content : '';
    const equals = setting.indexOf('=');
    const applies = filters.applies();
    yield {
      file,
      number: index + 1,
      text: line,
      setting,
      key: equals === -1 ? setting : setting.slice(0, equals),
      value: equals === -1 ? '' : setting.slice(equals + 1),
      applies,
      isOwn: depth === 0,
    };
    const name = includedName(line);
    const inside = name === undefined || applies === 'never' ? undefined : included.get(name);
    if (name === undefined || inside === undefined || depth === INCLUDE_DEPTH) continue;
    yield* readFile(name, inside, filters, included, depth + 1);
  }
}

function cut(line: string): string {
  return line
    .replace(/\r?\n$/, '')
    .slice(0, LINE_CHARACTERS)
    .trim();
}
