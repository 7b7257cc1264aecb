/**
 * Counters: what happened how often since start, one 32-bit number each, wrapping.
 *
 * Used by: whoever sees the event counts it; the board shows the table.
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

  /** Requests answered by the cell from a preloaded or static answer. */
  AnsweredStatic = 8,
  /** Requests answered by the cell with a computed answer. */
  AnsweredComputed = 9,
  /** Answers that could not be sent because every urgent buffer was taken. */
  AnswersDropped = 10,
  /** Frames given to AGL. */
  Forwarded = 11,
  /** Frames for AGL that had no room: ring full, or the peer behind. */
  ForwardDroppedFull = 12,
  /** Frames for AGL while no peer was ready. */
  ForwardDroppedNoPeer = 13,
  /** Frames that a rule, or the table's default, drops on purpose. */
  DroppedByRule = 14,
  /** Frames taken from AGL for the bus. */
  FromAgl = 15,
  /** Messages from AGL that were refused. */
  FromAglRefused = 16,
  /** Times the peer was seen to come. */
  PeerConnected = 17,
  /** Times the peer was seen to go. */
  PeerLost = 18,

  /** Frames taken back before they were sent: too long in the buffer, or bus-off. */
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
  /** Steps of the loop that took longer than their bound (src/board/bounds.ts). */
  DeadlineMisses = 28,
  /** Times the controller was put to sleep. */
  Sleeps = 29,
  /** Times the bus woke it; each time the frame that did was lost. */
  WakesByBus = 30,
  /** Answers that had to wait for the one before them. Those are in no histogram. */
  AnswersDelayed = 31,
  /** The first of nine: error messages made, by the bit number of their class in linux/can/error.h. */
  ErrorMessagesFirst = 32,
}

/** Entries of the table, used or not. */
export const COUNTERS_CAPACITY: u32 = 64;

const table: usize = memory.data(256, 8);

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
