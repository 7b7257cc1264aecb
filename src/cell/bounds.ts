// SPDX-License-Identifier: MIT
/**
 * The most that one step of each task may cost, and how long that takes.
 *
 * SPI bytes count everything that a step clocks, instructions included. Ring entries are those of
 * the link to AGL. A task runs one piece and returns. The only loops in these numbers run over at
 * most 64 rules, 24 tasks, 14 bytes and the characters of a line for people.
 * Does not: include the start and the end of the cell.
 */

/**
 * RX STATUS, READ of the length (or READ STATUS if RXB0 is empty), READ RX BUFFER; READ STATUS,
 * LOAD TX BUFFER, RTS.
 */
export const RECEIVE_SPI_BYTES: u32 = 2 + 3 + 14 + 2 + 14 + 1;
/** LOAD TX BUFFER, RTS. */
export const WAITING_ANSWER_SPI_BYTES: u32 = 14 + 1;
/** READ STATUS, or READ or BIT MODIFY for an abort. */
export const TRANSMIT_POLL_SPI_BYTES: u32 = 4;
/**
 * LOAD TX BUFFER for both preloaded answers, after the chip was set up again. Any other step takes
 * at most a full look at the fault state (10), and READ STATUS when the line is in doubt.
 */
export const SUPERVISOR_SPI_BYTES: u32 = 14 + 14;
/** LOAD TX BUFFER, or RTS. LOAD yields to INT. */
export const FROM_AGL_SPI_BYTES: u32 = 14;
/** LOAD TX BUFFER of a new rule's answer. It yields to INT. */
export const REQUESTS_SPI_BYTES: u32 = 14;

/**
 * For each ring entry: its loads and stores in shared memory. A hypercall of the console counts as
 * one entry.
 */
const NANOS_PER_RING_ENTRY: u32 = 1_000;
/** For each step: its instructions, one nanosecond each, and four accesses to a device. */
const STEP_NANOS: u32 = 4_000;

/**
 * The longest time that a step of `spiBytes` bytes and `ringEntries` entries may take, in
 * nanoseconds.
 */
export function stepBoundNanos(spiBytes: u32, ringEntries: u32, byteNanos: u64): u64 {
  return byteNanos * spiBytes + ringEntries * NANOS_PER_RING_ENTRY + STEP_NANOS;
}
