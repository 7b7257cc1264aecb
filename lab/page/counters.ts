/**
 * The numbers of the counters in the status page, and their names. Source: docs/status-page.md.
 *
 * Does not: share a number with src; tests/contract compares the two lists.
 */

/** The cell's own counters. */
export const COUNTER = {
  received: 0,
  transmitted: 1,
  receiveOverflow0: 2,
  receiveOverflow1: 3,
  spiTimeouts: 4,
  spuriousInterrupts: 5,
  faultStateChanges: 6,
  answeredStatic: 8,
  answeredComputed: 9,
  answersDropped: 10,
  forwarded: 11,
  forwardDroppedFull: 12,
  forwardDroppedNoPeer: 13,
  droppedByRule: 14,
  fromAgl: 15,
  fromAglRefused: 16,
  peerConnected: 17,
  peerLost: 18,
  transmitAborted: 20,
  transmitLostArbitration: 21,
  transmitErrors: 22,
  busOff: 23,
  restarts: 24,
  chipResets: 25,
  interruptsMissed: 26,
  errorMessagesDropped: 27,
  deadlineMisses: 28,
  sleeps: 29,
  wakesByBus: 30,
  answersDelayed: 31,
  systemErrors: 7,
  answeredNotForwarded: 41,
  forwardDroppedOwnRing: 42,
  forwardDroppedUnsupported: 43,
  forwardDroppedFault: 44,
  receiveBroken: 45,
  errorMessagesForwarded: 46,
  fromAglTaken: 47,
  fromAglMalformed: 48,
  fromAglErrorMessages: 49,
  fromAglStopped: 50,
  fromAglListenOnly: 51,
  fromAglFaulted: 52,
  fromAglSent: 56,
  fromAglTimedOut: 57,
  fromAglWithdrawn: 58,
  fromAglBusOff: 59,
  fromAglChipReset: 60,
  fromAglLostArbitration: 61,
  fromAglErrors: 62,
  answersSent: 64,
  answersTimedOut: 65,
  answersWithdrawn: 66,
  answersBusOff: 67,
  answersChipReset: 68,
  answersLostArbitration: 69,
  answersErrors: 70,
  answersListenOnly: 72,
  answersFaulted: 73,
} as const;

/** Counters of the link to AGL, as the cell's end counts. */
export const LINK_COUNTER = {
  sent: 96,
  received: 97,
  droppedNoPeer: 98,
  droppedFull: 99,
  droppedUnsupported: 100,
  transmitted: 101,
  refused: 102,
  malformed: 103,
  violations: 104,
  connected: 105,
  lost: 106,
  lostInFlight: 107,
} as const;

export type CounterName = keyof typeof COUNTER;

/** Error messages made: one counter for each bit of linux/can/error.h. */
const ERROR_MESSAGES_FIRST = 32;
const ERROR_MESSAGE_CLASSES = 9;

/** All counters that are not 0, by the names that `canwarden status --json` gives them. */
export function namedCounters(counters: readonly number[]): Record<string, number> {
  const named = new Map<number, string>();
  for (const [name, number] of Object.entries(COUNTER)) named.set(number, snakeCase(name));
  for (const [name, number] of Object.entries(LINK_COUNTER)) {
    named.set(number, `link_${snakeCase(name)}`);
  }
  for (let bit = 0; bit < ERROR_MESSAGE_CLASSES; bit++) {
    named.set(ERROR_MESSAGES_FIRST + bit, `error_messages_bit_${bit}`);
  }
  return Object.fromEntries(
    counters.flatMap((count, number) =>
      count === 0 ? [] : [[named.get(number) ?? `counter_${number}`, count]],
    ),
  );
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z0-9]/g, (letter) => `_${letter.toLowerCase()}`);
}
