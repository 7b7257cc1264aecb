// SPDX-License-Identifier: MIT
/**
 * The lines of C that the instructions of the image were made of, each with the lines that it was inlined into, from
 * the text of `addr2line -a -i`.
 */

export interface Line {
  /** Name of the file without its folder. */
  readonly file: string;
  readonly line: number;
}

/** By load address: the innermost line first. `base`: what the addresses of the image lie above their load address. */
export function readLines(text: string, base: number): Map<number, readonly Line[]> {
  const lines = new Map<number, Line[]>();
  let current: Line[] = [];
  for (const row of text.split('\n')) {
    if (row.startsWith('0x')) {
      current = [];
      lines.set(parseInt(row, 16) - base, current);
      continue;
    }
    const found = /([^/]*):(\d+)/.exec(row);
    if (found !== null) current.push({ file: found[1], line: Number(found[2]) });
  }
  return lines;
}
