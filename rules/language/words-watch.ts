// SPDX-License-Identifier: MIT
/**
 * The words of what a rule remembers: `timeout`, `changes`, and notices. See words.ts.
 */
import { DATA_BYTES } from '../model.ts';
import { BYTE, DURATION, listOf, NOTHING, oneOf, TEXT, TRUE_OR_FALSE, words } from './shapes.ts';
import type { Shape } from './shapes.ts';
import type { Words } from './words.ts';

export const ALL = ['all'] as const;
export const MASK: Shape = oneOf(words(...ALL), listOf(oneOf(NOTHING, BYTE), DATA_BYTES));
// prettier-ignore
export const CHANGES: Words = {
  data: { what: '`all` bits count, or these masks of bytes 0, 1, ...; `~` for a byte that does not count.', value: MASK },
  signals: { what: 'Signals of the message that count.', value: listOf(TEXT, 64, 1) },
  length: { what: '`true`: another length is a change as well. Left out: false.', value: TRUE_OR_FALSE },
};

/** `frame`: the shape of a frame that answers no request. */
// prettier-ignore
export function noticeWords(frame: Shape, sides: readonly string[]): Words {
  return {
    to: { what: 'Who is told. Left out: the bus.', value: words(...sides) },
    frame: { what: 'The frame that tells it.', value: frame, isNeeded: true },
  };
}

// prettier-ignore
export function timeoutWords(notice: Shape): Words {
  return {
    after: { what: 'The longest time from one frame to the next: 150ms. Then it counts as missing.', value: DURATION, isNeeded: true },
    period: { what: 'How often the frame comes. Left out: the cycle time of its message in the DBC file, if it has one.', value: DURATION },
    missing: { what: 'What tells that no frame came.', value: notice },
    returned: { what: 'What tells of the first frame after that.', value: notice },
  };
}
