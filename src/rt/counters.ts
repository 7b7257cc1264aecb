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
}

/** Entries of the table, used or not. */
export const COUNTERS_CAPACITY: u32 = 32;

const table: usize = memory.data(128, 8);

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
