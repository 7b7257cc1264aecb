// SPDX-License-Identifier: MIT
/**
 * Words for the numbers of the status page (formats/status-page.ts). An undefined number is
 * "unknown".
 */
import { sessionStateWord } from '../../build/generated/page-words';

export * from '../../build/generated/page-words';

/**
 * The session with AGL (HEAD_SESSION). If the cell is not alive, there is no session, whatever the
 * page says.
 */
export function sessionWord(value: u32, isCellAlive: bool): string {
  return isCellAlive ? sessionStateWord(value) : 'no cell';
}
