// SPDX-License-Identifier: MIT
/**
 * Words for the numbers of the status page: formats/status-page.ts. A number that no cell writes is "unknown".
 */
import { sessionStateWord } from '../../build/generated/page-words';

export * from '../../build/generated/page-words';

/** The session with AGL (HEAD_SESSION); there is none with a cell that is not alive, whatever the page says. */
export function sessionWord(value: u32, isCellAlive: bool): string {
  return isCellAlive ? sessionStateWord(value) : 'no cell';
}
