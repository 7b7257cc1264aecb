// SPDX-License-Identifier: MIT
/**
 * The lines of a text log, from chunks of a file of any size. Holds one chunk and one line at a time.
 */
import { LogError } from './record.ts';

export interface Line {
  /** Without line break and blanks at its end. Not empty. */
  readonly text: string;
  /** From 1. Empty lines count. */
  readonly number: number;
  /** The file ends in it, without a line break. */
  readonly isCutOff: boolean;
}

/** No tool writes longer ones; a larger file without a line break is no text. */
const LINE_CHARACTERS_MAX = 1 << 20;

/** The lines that are not empty. Throws LogError for a zero byte or an endless line. */
export function* linesOf(chunks: Iterable<Uint8Array>, file: string): Generator<Line> {
  const decoder = new TextDecoder();
  let number = 0;
  let rest = '';
  let offset = 0;
  for (const chunk of chunks) {
    const zeroAt = chunk.indexOf(0);
    if (zeroAt >= 0) {
      const found = `a binary file (byte ${offset + zeroAt} is 0)`;
      throw new LogError(file, `expected text, found ${found}. Next: name a log (docs/logs.md)`);
    }
    offset += chunk.length;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARACTERS_MAX) {
      const reason = `a line of more than ${LINE_CHARACTERS_MAX} characters: this is no log`;
      throw new LogError(`${file}:${number + lines.length + 1}:1`, reason);
    }
    for (const line of lines) {
      number++;
      const text = line.trimEnd();
      if (text !== '') yield { text, number, isCutOff: false };
    }
  }
  const text = (rest + decoder.decode()).trimEnd();
  if (text !== '') yield { text, number: number + 1, isCutOff: true };
}
