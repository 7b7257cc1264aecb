/**
 * Counters: what happened how often since start, one 32-bit number each, wrapping.
 *
 * Does not: reset, or lock. The table is one block in the order below, so that a status page can
 * copy it whole; numbers are never reused.
 */
export enum Counter {
  /** Frames taken out of the controller. */
  Received = 0,
  /** Frames the controller reported as sent. */
  Transmitted = 1,
  /** Frames lost because receive buffer 0 was full (EFLG.RX0OVR seen). */
  ReceiveOverflow0 = 2,
  /** Frames lost because receive buffer 1 was full (EFLG.RX1OVR seen). */
  ReceiveOverflow1 = 3,
  /** Transfers that the SPI block did not finish. */
  SpiTimeouts = 4,
  /** Interrupt line asserted, and nothing to do found. */
  SpuriousInterrupts = 5,
  /** Changes of the fault confinement state. */
  FaultStateChanges = 6,
  /** Times an SError of the core was found pending. */
  SystemErrors = 7,

  /** Requests answered by the cell from a preloaded or static answer. */
  AnsweredStatic = 8,
  /** Requests answered by the cell with a computed answer. */
  AnsweredComputed = 9,
  /** Answers that found as many before them as may wait (docs/rules.md, "Limits"). */
  AnswersDropped = 10,
  /** Frames given to AGL. */
  Forwarded = 11,
  /** Frames for AGL that found its ring full, and the cell's behind it: AGL takes them too slowly. */
  ForwardDroppedFull = 12,
  /** Frames for AGL while no session was running. */
  ForwardDroppedNoPeer = 13,
  /** Frames that a rule, or the table's default, drops on purpose. */
  DroppedByRule = 14,
  /** Frames of AGL's that were handed to the controller. */
  FromAgl = 15,
  /** Messages of AGL's that were not: the sum of FromAglMalformed to FromAglFaulted. */
  FromAglRefused = 16,
  /** Times the peer was seen to come. */
  PeerConnected = 17,
  /** Times the peer was seen to go. */
  PeerLost = 18,

  /** Frames taken back before they were sent, for whatever reason. */
  TransmitAborted = 20,
  /** One-shot frames that lost arbitration and were not sent. */
  TransmitLostArbitration = 21,
  /** One-shot frames that met an error and were not sent. */
  TransmitErrors = 22,
  /** Times the controller went bus-off. */
  BusOff = 23,
  /** Times the controller went back on the bus after bus-off. */
  Restarts = 24,
  /** Times the controller was found reset though nobody had reset it. */
  ChipResets = 25,
  /** Looks at which a receive flag was set and the interrupt line not asserted. */
  InterruptsMissed = 26,
  /** Error messages that found no room on their way to AGL, or no peer that takes them. */
  ErrorMessagesDropped = 27,
  /** Steps of the loop that took longer than their bound (src/cell/bounds.ts). */
  DeadlineMisses = 28,
  /** Times the controller was put to sleep. */
  Sleeps = 29,
  /** Times the bus woke it; each time the frame that did was lost. */
  WakesByBus = 30,
  /** Answers that had to wait for the one before them. Those are in no histogram. */
  AnswersDelayed = 31,
  /** The first of nine: error messages made, by the bit number of their class in linux/can/error.h. */
  ErrorMessagesFirst = 32,

  // Frames from the bus: Received is the sum of Forwarded, DroppedByRule, AnsweredNotForwarded, the
  // ForwardDropped... and what waits in the cell's ring.
  /** Requests that were answered, and that no rule forwards. */
  AnsweredNotForwarded = 41,
  /** Frames for AGL that found the cell's own ring full though AGL's had room: the cell was busy. */
  ForwardDroppedOwnRing = 42,
  /** Frames that virtio-can, or the features AGL's driver accepted, cannot carry. */
  ForwardDroppedUnsupported = 43,
  /** Frames with which an impossible ring of AGL's was found; the session was given up. */
  ForwardDroppedFault = 44,
  /** Frames whose reading the SPI block broke off: lost, and not in Received. */
  ReceiveBroken = 45,
  /** Error messages given to AGL; not in Forwarded. */
  ErrorMessagesForwarded = 46,

  // Messages from AGL: FromAglTaken is the sum of FromAgl, FromAglRefused and the one that is held.
  /** Messages taken out of AGL's ring. */
  FromAglTaken = 47,
  /** Refused: impossible content, a form that was not agreed on, or an impossible ring. */
  FromAglMalformed = 48,
  /** Refused: an error message of the interface, which is no frame. */
  FromAglErrorMessages = 49,
  /** Refused: AGL's driver has not started the interface, or has stopped it meanwhile. */
  FromAglStopped = 50,
  /** Refused: the controller only listens. */
  FromAglListenOnly = 51,
  /** Refused: the SPI block did not finish. */
  FromAglFaulted = 52,

  // How frames ended that were handed to the controller. Of AGL: FromAgl is the sum of the seven and of
  // the one on its way. The order is that of `FrameEnd`.
  FromAglSent = 56,
  /** Taken back: not sent in time (`txtimeout-ms=`). */
  FromAglTimedOut = 57,
  /** Taken back: AGL's driver has stopped the interface. */
  FromAglWithdrawn = 58,
  /** Given up at bus-off. */
  FromAglBusOff = 59,
  /** Lost with the settings of the chip, or at the end. */
  FromAglChipReset = 60,
  /** One-shot mode: another frame was stronger. */
  FromAglLostArbitration = 61,
  /** One-shot mode: an error, or no acknowledge. */
  FromAglErrors = 62,

  // Answers: AnsweredStatic + AnsweredComputed is the sum of these, AnswersDropped, AnswersListenOnly,
  // AnswersFaulted and those on their way.
  AnswersSent = 64,
  AnswersTimedOut = 65,
  AnswersWithdrawn = 66,
  AnswersBusOff = 67,
  AnswersChipReset = 68,
  AnswersLostArbitration = 69,
  AnswersErrors = 70,
  /** Not sent: the controller only listens. */
  AnswersListenOnly = 72,
  /** Not sent: the SPI block did not finish. */
  AnswersFaulted = 73,
}

/** How a frame ended that was handed to the controller; the order of the counters above. */
export enum FrameEnd {
  Sent = 0,
  TimedOut = 1,
  Withdrawn = 2,
  BusOff = 3,
  ChipReset = 4,
  LostArbitration = 5,
  Error = 6,
}

/** Entries of the table, used or not. */
export const COUNTERS_CAPACITY: u32 = 96;

const table: usize = memory.data(384, 8);

/** Counts one event. */
export function count(counter: Counter): void {
  const address = table + ((counter as usize) << 2);
  store<u32>(address, load<u32>(address) + 1);
}

/** The count of one event. */
export function countOf(counter: Counter): u32 {
  return load<u32>(table + ((counter as usize) << 2));
}

/** Address of the table: COUNTERS_CAPACITY numbers of 32 bits in the order of `Counter`. */
export function countersTable(): usize {
  return table;
}
