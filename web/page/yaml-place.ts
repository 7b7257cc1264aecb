// SPDX-License-Identifier: MIT
/**
 * Where a position stands in YAML that is being written: the keys around it, and whether a key or a value is
 * due there.
 *
 * It goes by indentation and open braces, because text that is being written is often no YAML yet.
 */

export interface Place {
  /** The keys from the outermost in. A list adds none: its items are maps of the key before. */
  readonly path: readonly string[];
  /** The key whose value is due. Undefined: a key is. */
  readonly key: string | undefined;
  /** Where the word begins that is being written. */
  readonly from: number;
  /** Keys that the same map has already, as far as they are on the same line. */
  readonly taken: readonly string[];
}

const WORD = /[\w-]*$/;
const KEY = /^(\s*(?:- +)*)([\w-]+|"[^"]*"):(?:\s|$)/;

/** The place at `position`. Undefined: inside a comment. */
export function placeAt(text: string, position: number): Place | undefined {
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.slice(lineStart);
  if (/(^|\s)#/.test(line)) return undefined;
  const from = position - (WORD.exec(line)?.[0].length ?? 0);
  const flow = flowAt(before, from);
  if (flow !== undefined) {
    const outer = blockAt(text, flow.start, true);
    return { path: [...outer, ...flow.path], key: flow.key, from, taken: flow.taken };
  }
  const [, , key] = KEY.exec(line) ?? [];
  return {
    path: blockAt(text, position, key !== undefined).slice(0, key === undefined ? undefined : -1),
    key,
    from,
    taken: [],
  };
}

interface Flow {
  readonly start: number;
  readonly path: readonly string[];
  readonly key: string | undefined;
  readonly taken: readonly string[];
}

/** The open braces before a position, with the keys in them. Undefined: none is open. */
function flowAt(before: string, from: number): Flow | undefined {
  const levels: { start: number; key: string | undefined; taken: string[]; isMap: boolean }[] = [];
  const token = /#[^\n]*|"[^"\n]*"|'[^'\n]*'|[{}[\],]|([\w-]+):(?=\s)/g;
  // A rule is shorter than this; braces do not stay open for longer.
  const begin = Math.max(0, before.lastIndexOf('\n- ', from - 1500));
  token.lastIndex = begin;
  for (let match = token.exec(before); match !== null; match = token.exec(before)) {
    if (match.index >= from) break;
    const [found, key] = match;
    const top = levels.at(-1);
    if (found === '{' || found === '[') {
      levels.push({ start: match.index, key: undefined, taken: [], isMap: found === '{' });
    } else if (found === '}' || found === ']') levels.pop();
    else if (found === ',' && top?.isMap === true) top.key = undefined;
    else if (key !== undefined && top !== undefined) {
      top.key = key;
      top.taken.push(key);
    }
  }
  const [first] = levels;
  const last = levels.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const path = levels.slice(0, -1).flatMap(({ key }) => (key === undefined ? [] : [key]));
  if (last.isMap) return { start: first.start, path, key: last.key, taken: last.taken };
  return { start: first.start, path: path.slice(0, -1), key: path.at(-1), taken: [] };
}

/** The block keys around a position. `isValue`: with the key on its own line. */
function blockAt(text: string, position: number, isValue: boolean): string[] {
  const lines = text.slice(0, position).split('\n');
  const own = lines.pop() ?? '';
  const path: string[] = [];
  const [, lead, ownKey] = KEY.exec(own) ?? [];
  if (isValue && ownKey !== undefined) path.unshift(ownKey);
  // The dash of a list item counts as indentation of what is behind it.
  let indent = lead?.length ?? own.search(/[^\s-]|$/);
  if (own.trim() === '') indent = own.length;
  for (const line of lines.reverse()) {
    const [, before, key] = KEY.exec(line) ?? [];
    if (before === undefined || key === undefined || before.length >= indent) {
      // The item that this one is beside still tells how deep the list is.
      const dash = /^(\s*)- /.exec(line)?.[1].length;
      if (dash !== undefined && before !== undefined && before.length === indent) indent = dash + 1;
      continue;
    }
    path.unshift(key);
    indent = before.includes('-') ? before.indexOf('-') + 1 : before.length;
    if (indent === 0) break;
  }
  return path;
}
