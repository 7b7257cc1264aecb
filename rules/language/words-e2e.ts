// SPDX-License-Identifier: MIT
/**
 * The words of `protect` and `check`: AUTOSAR's E2E profiles. See words.ts.
 */
import { DATA_ID_MODES, E2E_PROFILES } from '../e2e/layout.ts';
import { DISPOSITIONS, E2E_RESULTS } from '../e2e/check.ts';
import { BYTE, integer, listOf, map, oneOf, words } from './shapes.ts';
import type { Shape } from './shapes.ts';
import type { Words } from './words.ts';

const BIT = integer(0, 63);
const RESULT_WHAT = {
  ok: 'right, with the next counter',
  'some-lost': 'right, after a gap of at most `max-delta`',
  initial: 'the first one that is right',
  repeated: 'right, with the counter of the last one',
  'wrong-sequence': 'right, after a wider gap',
  error: 'wrong: in checksum, length, data identifier or counter',
  'no-new-data': 'not there within `timeout`: AGL gets a `substitute`, or with `pass` nothing',
} as const;

/** What both have. */
// prettier-ignore
const LAYOUT = {
  profile: { what: "AUTOSAR's E2E profile: 1, 2, 5, 11 or 22.", value: oneOf(...E2E_PROFILES.map((profile) => ({ const: profile }))), isNeeded: true },
  'data-id': { what: 'Of profiles 1, 5 and 11: the data identifier, 16 bits.', value: integer(0, 0xffff) },
  mode: { what: 'Of profiles 1 and 11: what of `data-id` is in the CRC. `both` bytes; `alternating`: the lower one for even counters, the upper for odd; `low`; `nibble`: the lower one, and bits 8 to 11 are in the frame. Left out: both.', value: words(...DATA_ID_MODES) },
  'data-ids': { what: 'Of profiles 2 and 22: the 16 data identifiers, one for each counter.', value: listOf(BYTE, 16, 16) },
  'crc-offset': { what: 'Of profiles 1 and 11: first bit of the CRC, a multiple of 8. Left out: 0.', value: BIT },
  'counter-offset': { what: 'Of profiles 1 and 11: first bit of the counter, a multiple of 4. Left out: 8.', value: BIT },
  'nibble-offset': { what: 'With `mode: nibble`: first bit of the four of `data-id`, a multiple of 4. Left out: 12.', value: BIT },
  offset: { what: 'Of profiles 2, 5 and 22: first bit of CRC and counter, a multiple of 8. Left out: 0.', value: BIT },
} as const satisfies Words;

export const PROTECT: Words = LAYOUT;

/** What becomes of a frame, by what its check finds. */
const RESULTS: Words = Object.fromEntries(
  E2E_RESULTS.map((result) => [
    result,
    {
      what: `What becomes of a frame that is ${RESULT_WHAT[result]}.`,
      value: words(...DISPOSITIONS),
    },
  ]),
);

/** The words of a check. `change`: the shape of what changes a frame. */
// prettier-ignore
export function checkWords(change: Shape): Words {
  return {
    ...LAYOUT,
    length: { what: 'The length of the frame; one of another is an error. Left out: that of the match.', value: integer(0, 8) },
    'max-delta': { what: 'The largest gap between two counters; 1: none may be missing (profiles 1 and 2: one). Left out: 1.', value: integer(0, 255) },
    on: { what: 'What becomes of a frame by the result. Left out: ok, some-lost and initial pass; of the others a substitute goes on if there is one, or else a mark.', value: map('results', RESULTS) },
    mark: { what: 'What is changed in a frame that is forwarded with a mark.', value: change },
    substitute: { what: 'What is changed in a frame so that it is a substitute.', value: change },
  };
}
