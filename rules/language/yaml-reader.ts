// SPDX-License-Identifier: MIT
/**
 * Typed access to the nodes of a YAML document. Every error has the position of its node.
 *
 * A reader function returns undefined after it has added an error. Reading goes on, to find the next one.
 */
import type { Document, Node, Scalar, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { closestWord } from '../diagnostics.ts';
import type { Diagnostics } from '../diagnostics.ts';

const DURATION = /^([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ns|us|ms|s)$/;
const NANOS_OF: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/** One `key: value` of a map. */
export interface Entry {
  /** Name of the value in messages: its key, or `data byte 3`. */
  readonly label: string;
  /** Start of the value, or of the key if there is no value. */
  readonly offset: number;
  readonly keyOffset: number;
  /** Null for `~` and for an empty value. */
  readonly node: Node | null;
}

/** The entries of a map by key, and the start of the map. */
export interface Entries {
  readonly offset: number;
  readonly byKey: ReadonlyMap<string, Entry>;
}

/** YAML 1.1's merge key, which others read. An alias of a whole value is read. */
const MERGE_ADVICE: Readonly<Record<string, string>> = {
  '<<': 'merge keys are not read: write the keys out',
};

export class YamlReader {
  readonly diagnostics: Diagnostics;
  readonly #document: Document.Parsed;

  constructor(document: Document.Parsed, diagnostics: Diagnostics) {
    this.#document = document;
    this.diagnostics = diagnostics;
  }

  /** The target of an alias, or the node itself. Null for an empty value. */
  resolve(node: unknown): Node | null {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (isScalar(target) && target.value === null) return null;
    return isMap(target) || isSeq(target) || isScalar(target) ? target : null;
  }

  /**
   * Reads a map whose keys are all known. `advice` explains keys that are deliberately absent but often
   * tried.
   */
  map(
    value: Pick<Entry, 'label' | 'offset' | 'node'>,
    known: readonly string[],
    advice: Readonly<Record<string, string>> = {},
  ): Entries | undefined {
    const { label, offset, node } = value;
    if (!isMap(node)) {
      this.#refuse(value, `must be a map with ${known.join(', ')}`);
      return undefined;
    }
    const byKey = new Map<string, Entry>();
    for (const pair of (node as YAMLMap<Node, Node | null>).items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const keyOffset = startOf(pair.key, offset);
      if (known.includes(key)) {
        const resolved = this.resolve(pair.value);
        const valueOffset = startOf(pair.value, keyOffset);
        byKey.set(key, { label: key, offset: valueOffset, keyOffset, node: resolved });
        continue;
      }
      const close = closestWord(key, known);
      const hint =
        advice[key] ??
        MERGE_ADVICE[key] ??
        (close === undefined ? `known: ${known.join(', ')}` : `did you mean "${close}"?`);
      this.diagnostics.error(keyOffset, `unknown key "${key}" in ${label}; ${hint}`);
    }
    return { offset, byKey };
  }

  /** All entries of a map, whatever their keys. */
  pairs(map: YAMLMap): Entry[] {
    return map.items.map(({ key, value }) => {
      const keyOffset = startOf(key, 0);
      const label = isScalar(key) ? sourceOf(key) : '';
      return { label, offset: startOf(value, keyOffset), keyOffset, node: this.resolve(value) };
    });
  }

  /** Whether the value is this word. */
  isWord({ node }: Entry, word: string): boolean {
    return isScalar(node) && node.value === word;
  }

  /** A required entry. */
  required(entries: Entries, key: string, where: string): Entry | undefined {
    const entry = entries.byKey.get(key);
    if (entry === undefined) this.diagnostics.error(entries.offset, `${where} has no "${key}"`);
    return entry;
  }

  /** The items of a list, each labelled `<item> <number>`, counted from `first`. */
  list(entry: Entry, item: string, maximum: number, first = 0): Entry[] | undefined {
    if (!isSeq(entry.node)) {
      this.#refuse(entry, 'must be a list: [ ... ]');
      return undefined;
    }
    const items = entry.node.items.map((node, index) => {
      const offset = startOf(node, entry.offset);
      return {
        label: `${item} ${first + index}`,
        offset,
        keyOffset: offset,
        node: this.resolve(node),
      };
    });
    if (items.length > maximum) {
      const reason = `${entry.label} has ${items.length} entries; at most ${maximum} fit`;
      this.diagnostics.error(items[maximum].offset, reason);
      return undefined;
    }
    return items;
  }

  /** `true` or `false`; `fallback` if the key is absent. `words`: all that the key takes, for the error. */
  boolean(
    entry: Entry | undefined,
    fallback: boolean,
    words = 'true or false',
  ): boolean | undefined {
    if (entry === undefined) return fallback;
    const value = isScalar(entry.node) ? entry.node.value : null;
    if (typeof value === 'boolean') return value;
    this.#refuse(entry, `must be ${words}`);
    return undefined;
  }

  /** One of the given words. */
  word<Word extends string>(entry: Entry, words: readonly Word[]): Word | undefined {
    const value = isScalar(entry.node) ? entry.node.value : null;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const close = typeof value === 'string' ? closestWord(value, words) : undefined;
    const hint = close === undefined ? '' : `; did you mean "${close}"?`;
    this.#refuse(entry, `must be ${words.join(' or ')}${hint}`);
    return undefined;
  }

  text(entry: Entry): string | undefined {
    const value = isScalar(entry.node) ? entry.node.value : null;
    if (typeof value === 'string') return value;
    this.#refuse(entry, 'must be text');
    return undefined;
  }

  /**
   * A whole number, 0 or more, in hexadecimal (0x1A0) or decimal. With `hexExpected` a decimal number above 9
   * is accepted with a warning: tools that print CAN frames omit the 0x.
   */
  number(entry: Entry, hexExpected: boolean): number | undefined {
    const source = isScalar(entry.node) ? sourceOf(entry.node) : '';
    const quoted = isScalar(entry.node) && typeof entry.node.value === 'string';
    if (!quoted && /^(0x[0-9a-f]+|[0-9]+)$/i.test(source)) {
      const value = Number(source);
      if (hexExpected && value > 9 && !/^0x/i.test(source)) {
        const read = `${entry.label} ${source} is read as decimal, 0x${hex(value)}`;
        this.diagnostics.warning(entry.offset, `${read}; write 0x${source} if that was meant`);
      }
      return value;
    }
    const digits = source.replace(/^0x/i, '');
    const looksHexadecimal = hexExpected && /^[0-9a-f]+$/i.test(digits);
    const hint = looksHexadecimal ? `; did you mean 0x${digits.toUpperCase()}?` : '';
    this.#refuse(entry, `must be a number such as ${hexExpected ? '0x1A' : '4'}${hint}`);
    return undefined;
  }

  /** A whole number from `least` to `most`, in decimal and with its sign. */
  integer(entry: Entry, least: number, most: number): number | undefined {
    const source = isScalar(entry.node) ? sourceOf(entry.node) : '';
    const value = /^[+-]?[0-9]{1,9}$/.test(source) ? Number(source) : NaN;
    if (value >= least && value <= most) return value;
    this.#refuse(entry, `must be a whole number from ${least} to ${most}`);
    return undefined;
  }

  /** A number or a word as it is written. */
  scalarText(entry: Entry): string | undefined {
    const { node } = entry;
    if (isScalar(node)) return typeof node.value === 'string' ? node.value : sourceOf(node);
    this.#refuse(entry, 'must be a number or a word');
    return undefined;
  }

  /** A time with its unit, `250us` or `2.5ms`, in nanoseconds. */
  duration(entry: Entry, least: 'above 0' | '0 or more'): number | undefined {
    const source = isScalar(entry.node) ? sourceOf(entry.node) : '';
    const [, digits, unit] = DURATION.exec(source) ?? [];
    const nanos = Math.round(Number(digits) * (NANOS_OF[unit ?? ''] ?? NaN));
    if (nanos > 0 || (nanos === 0 && least === '0 or more')) return nanos;
    this.#refuse(entry, `must be a time ${least} with its unit (ns, us, ms, s), such as 10ms`);
    return undefined;
  }

  #refuse(value: Pick<Entry, 'label' | 'offset' | 'node'>, reason: string): void {
    const got = describe(value.node);
    this.diagnostics.error(value.offset, `${value.label} ${reason} (got ${got})`);
  }
}

/** Upper-case hexadecimal digits. */
export function hex(value: number): string {
  return value.toString(16).toUpperCase();
}

function sourceOf(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value);
}

/** Start of a node in the text; `fallback` for an empty value, which has no place. */
function startOf(node: unknown, fallback: number): number {
  const range = (node as { range?: readonly number[] } | null)?.range;
  return range?.[0] ?? fallback;
}

function describe(node: Node | null): string {
  if (node === null) return 'nothing';
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'an alias';
  const text = sourceOf(node).slice(0, 40);
  return typeof node.value === 'string' ? JSON.stringify(text) : text;
}
