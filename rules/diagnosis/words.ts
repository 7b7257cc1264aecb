// SPDX-License-Identifier: MIT
/** The words of `diagnosis:`. docs/rules.md has the whole meaning. */
import {
  BYTE,
  DURATION,
  IDENTIFIER,
  integer,
  listOf,
  map,
  oneOf,
  TRUE_OR_FALSE,
  words,
} from '../language/shapes.ts';
import type { Words } from '../language/words.ts';
import { LIVE_VALUES } from '../model.ts';
import { PENDING_COUNT_MAXIMUM } from './pending.ts';

export const WITHOUT_AGL = ['refuse', 'silent'] as const;
/** Data of an answer in a single frame: 7 bytes, less service and PID, or service and identifier. */
export const PID_BYTES_MAXIMUM = 5;
export const IDENTIFIER_BYTES_MAXIMUM = 4;

// prettier-ignore
export const LIVE_DATA: Words = {
  live: { what: 'The first live value.', value: integer(0, LIVE_VALUES - 1), isNeeded: true },
  count: { what: 'How many. Left out: 1.', value: integer(1, PID_BYTES_MAXIMUM) },
};
const PID = oneOf(listOf(BYTE, PID_BYTES_MAXIMUM, 1), map('live data', LIVE_DATA));
const DID = oneOf(listOf(BYTE, IDENTIFIER_BYTES_MAXIMUM, 1), map('live data', LIVE_DATA));
const NUMBERS = '^(0[xX][0-9a-fA-F]{1,4}|[0-9]{1,5})$';

// prettier-ignore
export const PENDING: Words = {
  after: { what: 'From the request to the first one. Left out: 25ms.', value: DURATION },
  every: { what: 'From one to the next. Left out: 2s.', value: DURATION },
  'at-most': { what: 'How often. Then AGL is given up, and the client hears 0x10.', value: integer(1, PENDING_COUNT_MAXIMUM), isNeeded: true },
};
// prettier-ignore
export const SERVED: Words = {
  services: { what: 'The services that AGL answers.', value: listOf(BYTE, 32, 1), isNeeded: true },
  pending: { what: 'Negative responses 0x78 while AGL works on a request. Left out: none.', value: map('pending', PENDING) },
  separation: { what: 'The least time between two frames of a long request, 0ms to 127ms. Left out: 0ms.', value: DURATION },
  'without-agl': { what: '`refuse`: busy (0x21) to a request, overflow to a long one, and 0x10 when AGL goes away in the middle. `silent`: nothing. Left out: refuse.', value: words(...WITHOUT_AGL) },
};
// prettier-ignore
export const DIAGNOSIS: Words = {
  physical: { what: 'The identifier of requests to this node alone.', value: IDENTIFIER, isNeeded: true },
  functional: { what: 'The identifier of requests to all.', value: IDENTIFIER },
  answer: { what: 'The identifier of answers.', value: IDENTIFIER, isNeeded: true },
  extended: { what: '`true`: 29-bit identifiers.', value: TRUE_OR_FALSE },
  padding: { what: 'The byte that fills frames to 8 bytes, or `none`. Left out: 0xCC.', value: oneOf(BYTE, words('none')) },
  pids: { what: 'OBD-II, service 01: data by PID, bytes or live values. The masks of supported PIDs are made of them.', value: map('pids', {}, PID, NUMBERS) },
  identifiers: { what: 'UDS, service 22: data by identifier.', value: map('identifiers', {}, DID, NUMBERS) },
  agl: { what: 'What AGL answers.', value: map('served by AGL', SERVED) },
};
