// SPDX-License-Identifier: MIT
/**
 * What one step of each task may cost at most, and what that is in time.
 *
 * Does not: include the start and the end of the cell.
 *
 * SPI bytes are all that a step clocks, instructions included. Ring entries are those of the link to
 * AGL. Each task runs one piece and returns, so no loop is in these numbers but those over at most 64
 * rules, 24 tasks, 14 bytes and the characters of a line for people.
 */

/**
 * RX STATUS, READ of the length (or, with nothing in RXB0, READ STATUS), READ RX BUFFER; READ STATUS,
 * LOAD TX BUFFER, RTS.
 */
export const RECEIVE_SPI_BYTES: u32 = 2 + 3 + 14 + 2 + 14 + 1;
/** LOAD TX BUFFER, RTS. */
export const WAITING_ANSWER_SPI_BYTES: u32 = 14 + 1;
/** READ STATUS, or READ or BIT MODIFY for an abort. */
export const TRANSMIT_POLL_SPI_BYTES: u32 = 4;
/**
 * LOAD TX BUFFER for both answers that wait in the chip, after it was set up again. Else at most a full
 * look at the fault state (10), and READ STATUS when the line is in doubt.
 */
export const SUPERVISOR_SPI_BYTES: u32 = 14 + 14;
/** LOAD TX BUFFER, which gives way to INT, or RTS. */
export const FROM_AGL_SPI_BYTES: u32 = 14;
/** LOAD TX BUFFER of a new rule's answer, which gives way to INT. */
export const REQUESTS_SPI_BYTES: u32 = 14;

/** For each ring entry: its loads and stores in shared memory. The console's hypercall counts as one. */
const NANOS_PER_RING_ENTRY: u32 = 1_000;
/** For every step: its instructions, one nanosecond each, and four accesses of a line to a device. */
const STEP_NANOS: u32 = 4_000;

/** The most a step of so many SPI bytes and ring entries may take, in nanoseconds. */
export function stepBoundNanos(spiBytes: u32, ringEntries: u32, byteNanos: u64): u64 {
  return byteNanos * spiBytes + ringEntries * NANOS_PER_RING_ENTRY + STEP_NANOS;
}
