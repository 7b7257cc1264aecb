// SPDX-License-Identifier: MIT
/**
 * Shows a change before it is made: text as lines with - and +, other files by size and hash.
 */
import { createHash } from 'node:crypto';
import { counted } from '../../cell-config/plural.ts';
import { formatPath } from './card.ts';
import type { Change, Content } from './card.ts';

const CONTEXT_LINES = 2;
/** Larger files are not compared line by line: the table would be too large to read. */
const LINES_MOST = 2000;

/** The lines that describe the change of one file. */
export function formatChange({ at, before, after }: Change): string[] {
  const name = formatPath(at);
  if (after === undefined) return [`- ${name}  removed`];
  const what = describe(after);
  if (before === undefined) return [`+ ${name}  ${what}`];
  const head = `~ ${name}  ${describe(before)} -> ${what}`;
  const [old, now] = [textOf(before), textOf(after)];
  return old === undefined || now === undefined ? [head] : [head, ...compareLines(old, now)];
}

function describe(content: Content): string {
  if (content.kind === 'link') return `link to ${content.target}`;
  const hash = createHash('sha256').update(content.bytes).digest('hex').slice(0, 8);
  return `${counted(content.bytes.length, 'byte')}, sha256 ${hash}, mode ${content.mode.toString(8)}`;
}

/** The lines of a text file. Undefined for any other content. */
function textOf(content: Content): string[] | undefined {
  if (content.kind !== 'file' || content.bytes.includes(0)) return undefined;
  const lines = content.bytes.toString('utf8').split(/\r?\n/);
  return lines.length > LINES_MOST ? undefined : lines;
}

/** The differing lines with some context. */
function compareLines(old: readonly string[], now: readonly string[]): string[] {
  const all = align(old, now);
  const shown = new Set<number>();
  all.forEach(({ sign }, index) => {
    if (sign === ' ') return;
    for (let near = index - CONTEXT_LINES; near <= index + CONTEXT_LINES; near += 1)
      shown.add(near);
  });
  const lines: string[] = [];
  all.forEach(({ sign, line }, index) => {
    if (!shown.has(index)) return;
    if (index > 0 && !shown.has(index - 1)) lines.push('    ...');
    lines.push(`    ${sign} ${line}`.trimEnd());
  });
  return lines;
}

interface Aligned {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** Aligns by the longest common subsequence of lines. */
function align(old: readonly string[], now: readonly string[]): Aligned[] {
  const width = now.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let left = old.length - 1; left >= 0; left -= 1) {
    for (let right = now.length - 1; right >= 0; right -= 1) {
      longest[left * width + right] =
        old[left] === now[right]
          ? longest[(left + 1) * width + right + 1] + 1
          : Math.max(longest[(left + 1) * width + right], longest[left * width + right + 1]);
    }
  }
  const result: Aligned[] = [];
  let [left, right] = [0, 0];
  while (left < old.length || right < now.length) {
    if (left < old.length && right < now.length && old[left] === now[right]) {
      result.push({ sign: ' ', line: old[left] });
      left += 1;
      right += 1;
      continue;
    }
    const drop =
      right === now.length ||
      (left < old.length &&
        longest[(left + 1) * width + right] >= longest[left * width + right + 1]);
    if (drop) {
      result.push({ sign: '-', line: old[left] });
      left += 1;
    } else {
      result.push({ sign: '+', line: now[right] });
      right += 1;
    }
  }
  return result;
}
