// SPDX-License-Identifier: MIT
/**
 * Words for the numbers of the status page (formats/status-page.ts). An undefined number is
 * "unknown".
 */
import { COUNTER_WORD_BYTES, counterWord } from '../../build/generated/counter-words';
import { sessionStateWord } from '../../build/generated/page-words';
import { TextBuilder } from './text-builder';

export * from '../../build/generated/page-words';

/**
 * The session with AGL (HEAD_SESSION). If the cell is not alive, there is no session, whatever the
 * page says.
 */
export function sessionWord(value: u32, isCellAlive: bool): string {
  return isCellAlive ? sessionStateWord(value) : 'no cell';
}

/** Appends the name of counter `index`; its number where this bridge does not know it. */
export function appendCounter(out: TextBuilder, index: u32): TextBuilder {
  const name = counterWord(index);
  if (name !== 0) return out.characters(name, COUNTER_WORD_BYTES);
  return out.text('counter_').decimal(index);
}
