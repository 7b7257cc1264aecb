// SPDX-License-Identifier: MIT
/**
 * The counters of the status page. Each counts one kind of event since the cell's start, in 32
 * bits, and wraps.
 *
 * A counter is a row here and the code that counts it. Made from the rows are the AssemblyScript
 * enum `Counter` (names begin with a capital), the names that `canwarden status` and its JSON show
 * (snake case), the twin's names (as here), and the table of docs/status-page.md.
 * Does not: renumber. The status page shows a counter by its number, and numbers are never reused.
 */
export interface CounterRow {
  readonly number: number;
  readonly what: string;
}

// prettier-ignore
export const COUNTERS = {
  received: { number: 0, what: 'frames taken from the chip' },
  transmitted: { number: 1, what: 'frames that the chip sent' },
  receiveOverflow0: { number: 2, what: 'times that a frame was lost because receive buffer 0 was full (EFLG.RX0OVR)' },
  receiveOverflow1: { number: 3, what: 'times that a frame was lost because receive buffer 1 was full (EFLG.RX1OVR)' },
  spiTimeouts: { number: 4, what: 'transfers that the SPI block did not finish' },
  spuriousInterrupts: { number: 5, what: 'times that INT was asserted, and there was nothing to do' },
  faultStateChanges: { number: 6, what: 'changes of the fault confinement state' },
  systemErrors: { number: 7, what: 'times that an SError of the core was found pending (status 95)' },

  answeredStatic: { number: 8, what: 'answers that a rule demanded, the same for every request' },
  answeredComputed: { number: 9, what: 'answers that a rule demanded, made for each request, also ahead of it' },
  answersDropped: { number: 10, what: 'answers dropped: as many waited already as may ([rules.md](rules.md), "Limits")' },
  forwarded: { number: 11, what: "frames put into AGL's ring" },
  forwardDroppedFull: { number: 12, what: "frames for AGL dropped: AGL's ring was full, and the cell's behind it: AGL takes them too slowly" },
  forwardDroppedNoPeer: { number: 13, what: 'frames for AGL dropped: no session with AGL' },
  droppedByRule: { number: 14, what: 'frames that a rule, `filters` or `default` keeps from AGL' },
  fromAgl: { number: 15, what: 'of `from_agl_taken`: handed to the chip' },
  fromAglRefused: { number: 16, what: 'of `from_agl_taken`: refused, the sum of 48 to 52' },
  peerConnected: { number: 17, what: 'times that AGL was seen to come' },
  peerLost: { number: 18, what: 'times that AGL was seen to go' },
  responsesGivenUp: { number: 19, what: 'of `answered_computed`: `diagnosis`: negative responses 0x10, as AGL has not answered or is not there any more' },

  transmitAborted: { number: 20, what: 'frames of AGL and answers taken back before they were sent' },
  transmitLostArbitration: { number: 21, what: '`oneshot=1`: frames of AGL and answers that lost arbitration' },
  transmitErrors: { number: 22, what: '`oneshot=1`: frames of AGL and answers that met an error' },
  busOff: { number: 23, what: 'times that the chip went bus-off' },
  restarts: { number: 24, what: 'times that it went back on the bus afterwards' },
  chipResets: { number: 25, what: 'times that the chip was found reset, and the cell had not done it' },
  interruptsMissed: { number: 26, what: 'looks at which a receive flag was set and INT not asserted' },
  errorMessagesDropped: { number: 27, what: "error messages (`errors=1`) not put into AGL's ring; in no sum" },
  deadlineMisses: { number: 28, what: 'steps of the loop that took longer than their bound' },
  sleeps: { number: 29, what: 'times that the chip was put to sleep' },
  wakesByBus: { number: 30, what: 'frames lost because they woke the chip' },
  answersDelayed: { number: 31, what: "answers that had to wait in the cell, because the cell's own frames held the buffers; in no sum and no histogram" },

  answeredNotForwarded: { number: 41, what: 'requests answered, of rules without `forward`' },
  forwardDroppedOwnRing: { number: 42, what: "frames for AGL dropped: the cell's ring was full, AGL's had room: the cell did nothing but read" },
  forwardDroppedUnsupported: { number: 43, what: "frames for AGL dropped: virtio-can, or what AGL's driver agreed to, cannot carry it: remote frames" },
  forwardDroppedFault: { number: 44, what: "frames for AGL dropped: AGL's ring said something impossible; the session was given up with this frame" },
  receiveBroken: { number: 45, what: 'frames whose reading broke off: the SPI block stopped, or the chip lost its supply; not in `received`' },
  errorMessagesForwarded: { number: 46, what: "error messages (`errors=1`) put into AGL's ring; in no sum" },

  fromAglTaken: { number: 47, what: "messages taken out of AGL's ring" },
  fromAglMalformed: { number: 48, what: 'of `from_agl_taken`: refused: impossible, or of a form not agreed on' },
  fromAglErrorMessages: { number: 49, what: 'of `from_agl_taken`: refused: an error message, which is no frame' },
  fromAglStopped: { number: 50, what: 'of `from_agl_taken`: refused: the interface is stopped' },
  fromAglListenOnly: { number: 51, what: 'of `from_agl_taken`: refused: `mode=listen-only`' },
  fromAglFaulted: { number: 52, what: 'of `from_agl_taken`: refused: the SPI block stopped' },

  // How AGL's frames ended after they were handed to the chip, in the order of FrameEnd.
  fromAglSent: { number: 56, what: 'of `from_agl`: sent' },
  fromAglTimedOut: { number: 57, what: 'of `from_agl`: taken back after `txtimeout-ms`' },
  fromAglWithdrawn: { number: 58, what: 'of `from_agl`: taken back because the interface was stopped' },
  fromAglBusOff: { number: 59, what: 'of `from_agl`: given up at bus-off' },
  fromAglChipReset: { number: 60, what: "of `from_agl`: lost with the chip's settings" },
  fromAglLostArbitration: { number: 61, what: 'of `from_agl`: `oneshot=1`: another frame was stronger' },
  fromAglErrors: { number: 62, what: 'of `from_agl`: `oneshot=1`: an error, or no acknowledge' },
  fromAglResent: { number: 63, what: "times that a frame of AGL's was taken back for a stronger one and sent again; in no sum" },

  // How answers ended, in the order of FrameEnd.
  answersSent: { number: 64, what: 'answers sent' },
  answersTimedOut: { number: 65, what: 'answers taken back after `txtimeout-ms`' },
  answersWithdrawn: { number: 66, what: 'answers taken back' },
  answersBusOff: { number: 67, what: 'answers given up at bus-off, or still waiting then' },
  answersChipReset: { number: 68, what: "answers lost with the chip's settings" },
  answersLostArbitration: { number: 69, what: 'answers: `oneshot=1`: another frame was stronger' },
  answersErrors: { number: 70, what: 'answers: `oneshot=1`: an error, or no acknowledge' },
  answersResent: { number: 71, what: 'times that an answer was taken back for a stronger frame and sent again; in no sum' },
  answersListenOnly: { number: 72, what: 'answers not sent: `mode=listen-only`' },
  answersFaulted: { number: 73, what: 'answers not sent: the SPI block stopped' },
  answersLimited: { number: 75, what: "answers not sent: the rule's `rate` is used up; in no sum" },
  answersDeleted: { number: 76, what: 'answers not sent: the rule gave them more than 8 bytes; in no sum' },
  modifiedDeleted: { number: 77, what: 'frames for AGL dropped: `modify` gave them more than 8 bytes' },
  fromAglDroppedByRule: { number: 78, what: 'of `from_agl_taken`: a rule `from: agl` keeps it from the bus' },
  fromAglAnswered: { number: 79, what: 'frames made for AGL: answers of rules `from: agl`, notices, substitutes of frames that did not come' },
  fromAglUnlisted: { number: 80, what: 'of `from_agl_taken`: kept from the bus: no rule `from: agl` is about its identifier, and `agl` has `default: deny`' },
  fromAglWrongLength: { number: 81, what: 'of `from_agl_taken`: kept from the bus: no rule for its identifier takes its length' },
  fromAglWrongValue: { number: 82, what: 'of `from_agl_taken`: kept from the bus: no rule for its identifier and length takes its data' },
  fromAglOverRate: { number: 83, what: "of `from_agl_taken`: kept from the bus: the rule's `rate` is used up" },
  answersWalled: { number: 84, what: 'answers of a table that AGL has loaded, not sent: the locked wall does not let them through; in no sum' },
  timedSent: { number: 85, what: 'of `answered_computed`: frames that a timer of the table was due to send' },
  timedSkipped: { number: 86, what: 'frames of timers not sent: the one before still waited, or the chip was off the bus; in no sum' },
  safeStates: { number: 87, what: 'times that the safe state of the table began' },
  fromAglSafeState: { number: 88, what: 'of `from_agl_taken`: kept from the bus: the safe state stands, and has its identifier' },
  checkSomeLost: { number: 90, what: 'frames whose `check` found that some before them are missing, no more than `max-delta` allows; in no sum' },
  checkRepeated: { number: 91, what: 'frames whose `check` found the counter of the last one; in no sum' },
  checkWrongSequence: { number: 92, what: 'frames whose `check` found that more before them are missing; in no sum' },
  checkError: { number: 93, what: 'frames whose `check` found a wrong checksum, length, data identifier or counter; in no sum' },
  forwardUnchanged: { number: 53, what: 'frames not forwarded: nothing has changed that `changes` of their rule names' },
  forwardThrottled: { number: 54, what: 'frames not forwarded: `throttle` of their rule held them until a newer one came, or another table' },
  countsEnded: { number: 89, what: 'times that a frame of `cyclic` was sent `count` times; in no sum' },
  messagesMissing: { number: 94, what: 'times that frames of a rule did not come within its `timeout`; in no sum' },
  messagesReturned: { number: 95, what: 'times that such a frame came again; in no sum' },
  checkNoNewData: { number: 55, what: 'of 94: frames with a `check`; in no sum' },
  answersDelayedByBus: { number: 74, what: 'answers that waited in the chip while another node sent a frame; in no sum' },
} as const satisfies Record<string, CounterRow>;

/** Error frames made: one counter for each class of linux/can/error.h, by its bit number. */
export const ERROR_MESSAGE_COUNTERS = { first: 32, classes: 9 } as const;

/** Number of the cell's own counters. Those of the link follow them. */
export const CELL_COUNTERS = 96;

/**
 * Counters of one end of the link to AGL. "Sent" is towards the other end, "received" from it.
 *
 * The status page has those of the cell's end, numbered from CELL_COUNTERS in this order.
 * `canwarden-bridge --stats` has those of the bridge's end.
 */
// prettier-ignore
export const LINK_COUNTERS = {
  sent: 'frames put into the ring for the peer',
  received: 'frames taken from the ring',
  droppedNoPeer: 'frames for the peer while no session was running',
  droppedFull: 'frames for the peer dropped because the ring was full',
  droppedUnsupported: 'frames for the peer that virtio-can or the accepted features cannot carry',
  transmitted: 'transmit requests that succeeded (driver: reported by the peer; device: reported to the peer)',
  refused: 'transmit requests that ended with a refusal',
  malformed: 'messages of the peer dropped for impossible content',
  violations: 'impossible rings, lengths or answers of the peer; each ends the session',
  connected: 'sessions begun',
  lost: 'sessions that ended while running',
  lostInFlight: 'driver: requests unfinished when a session ended',
} as const satisfies Record<string, string>;
