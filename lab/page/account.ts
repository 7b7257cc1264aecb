// SPDX-License-Identifier: MIT
/**
 * The sums that the counters of the status page must satisfy: every frame that came in has one
 * outcome or is still under way.
 *
 * Source: docs/status-page.md, "Sums".
 * Does not: compare with what was seen on the wires; lab/verify does.
 */
import { COUNTER, type CounterName } from './counters.ts';
import type { StatusPage } from './status-page.ts';

interface Sum {
  readonly what: string;
  readonly whole: readonly CounterName[];
  readonly parts: readonly CounterName[];
  /** The frames that have come in and have no outcome yet. */
  readonly underWay: (page: StatusPage) => number;
}

/** The reasons why a frame for AGL did not reach it. */
const NOT_FORWARDED: readonly CounterName[] = [
  'forwardDroppedFull',
  'forwardDroppedNoPeer',
  'forwardDroppedOwnRing',
  'forwardDroppedUnsupported',
  'forwardDroppedFault',
  'forwardUnchanged',
  'forwardThrottled',
];

const SUMS: readonly Sum[] = [
  {
    what: 'frames taken from the bus',
    whole: ['received', 'fromAglAnswered'],
    parts: [
      'forwarded',
      'droppedByRule',
      'answeredNotForwarded',
      'modifiedDeleted',
      ...NOT_FORWARDED,
    ],
    underWay: (page) => page.underWay.forAgl,
  },
  {
    what: 'messages taken from AGL',
    whole: ['fromAglTaken'],
    parts: [
      'fromAglSent',
      'fromAglTimedOut',
      'fromAglWithdrawn',
      'fromAglBusOff',
      'fromAglChipReset',
      'fromAglLostArbitration',
      'fromAglErrors',
      'fromAglMalformed',
      'fromAglErrorMessages',
      'fromAglStopped',
      'fromAglListenOnly',
      'fromAglFaulted',
      'fromAglDroppedByRule',
      'fromAglUnlisted',
      'fromAglWrongLength',
      'fromAglWrongValue',
      'fromAglOverRate',
      'fromAglSafeState',
    ],
    underWay: (page) => page.underWay.fromAgl,
  },
  {
    what: 'refused messages of AGL',
    whole: ['fromAglRefused'],
    parts: [
      'fromAglMalformed',
      'fromAglErrorMessages',
      'fromAglStopped',
      'fromAglListenOnly',
      'fromAglFaulted',
    ],
    underWay: () => 0,
  },
  {
    what: 'answers',
    whole: ['answeredStatic', 'answeredComputed'],
    parts: [
      'answersSent',
      'answersDropped',
      'answersTimedOut',
      'answersWithdrawn',
      'answersBusOff',
      'answersChipReset',
      'answersLostArbitration',
      'answersErrors',
      'answersListenOnly',
      'answersFaulted',
    ],
    underWay: (page) => page.underWay.answers,
  },
  {
    what: 'frames that the controller sent',
    whole: ['transmitted'],
    parts: ['fromAglSent', 'answersSent'],
    underWay: () => 0,
  },
];

/** The sums that do not close, one line each. `page` is the page of a cell at rest. */
export function openSums(page: StatusPage): string[] {
  const count = (names: readonly CounterName[]): number =>
    names.reduce((sum, name) => sum + page.counters[COUNTER[name]], 0);
  return SUMS.flatMap(({ what, whole, parts, underWay }) => {
    const expected = count(whole);
    const found = count(parts) + underWay(page);
    if (expected === found) return [];
    const shown = parts
      .map((name) => `${name} ${page.counters[COUNTER[name]]}`)
      .filter((text) => !text.endsWith(' 0'));
    return [`${what}: ${expected}, but ${[...shown, `under way ${underWay(page)}`].join(' + ')}`];
  });
}
