// SPDX-License-Identifier: MIT
/**
 * The most that one step of each task may cost, and how long that takes.
 *
 * SPI bytes count everything that a step clocks, instructions included. Ring entries are those of
 * the link to AGL. A task runs one piece and returns. The only loops in these numbers run over at
 * most 512 rules, 24 tasks, 14 bytes and the characters of a line for people.
 * Does not: include the start and the end of the cell.
 */

/**
 * RX STATUS, READ of the length (or READ STATUS if RXB0 is empty), READ RX BUFFER; READ STATUS,
 * LOAD TX BUFFER, BIT MODIFY of its TXP, RTS. With a window as much: RX STATUS, READ (11), READ STATUS, WRITE (10),
 * RTS, READ RX BUFFER.
 */
export const RECEIVE_SPI_BYTES: u32 = 2 + 3 + 14 + 2 + 14 + 4 + 1;
/** LOAD TX BUFFER, or RTS, or BIT MODIFY, or READ STATUS. All yield to INT. */
export const TRANSMIT_SPI_BYTES: u32 = 14;
/** READ STATUS, or READ or BIT MODIFY for an abort. */
export const TRANSMIT_POLL_SPI_BYTES: u32 = 4;
/**
 * LOAD TX BUFFER for both preloaded answers, after the chip was set up again. Any other step takes
 * at most a full look at the fault state (10), and READ STATUS when the line is in doubt.
 */
export const SUPERVISOR_SPI_BYTES: u32 = 14 + 14;
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

/**
 * The transactions that bring the strongest frame into the chip when all buffers are taken: READ STATUS finds that, BIT
 * MODIFY twice and READ STATUS displace a weaker one; LOAD TX BUFFER, BIT MODIFY of two buffers' TXP and RTS follow.
 * One frame may come in meanwhile, and a filter answer it: RX STATUS, READ RX BUFFER, RTS and READ STATUS, and all but
 * the last byte of LOAD TX BUFFER, which gave way to it.
 */
export const REORDER_SPI_BYTES: u32 = 2 + 4 + 4 + 2 + 14 + 4 + 4 + 1 + 2 + 14 + 1 + 2 + 13;
const REORDER_TRANSACTIONS: u32 = 13;
/** Its answer may have bytes of it: READ, READ STATUS, WRITE and RTS besides. */
const REORDER_ANSWER_SPI_BYTES: u32 = 11 + 2 + 10 + 1;
const REORDER_ANSWER_TRANSACTIONS: u32 = 4;
/**
 * Beyond the bytes on the wire, for each transaction: a round of the tasks, comparing strengths, chip select, the block's
 * registers. As seen on the image (tests/image/strongest-frame.test.ts).
 */
const REORDER_STEP_NANOS: u32 = 2_300;
/** From the end of a request to the arbitration after the next: intermission, and the shortest frame with its own. */
const NEXT_ARBITRATION_BITS: u32 = 3 + 47;

/**
 * S: the longest time from a decision, or from taking a frame out of AGL's ring, until the chip takes
 * part in arbitration with that frame if it is the strongest. In nanoseconds. `wireNanos`: the serial clocks of a byte.
 *
 * An answer that leaves meanwhile counts only at a `bitrate` at which the bus may be free once more before the frame
 * is in the chip: else no arbitration is missed.
 */
export function reorderBoundNanos(wireNanos: u64, bitrate: u32): u64 {
  const alone = wireNanos * REORDER_SPI_BYTES + REORDER_TRANSACTIONS * REORDER_STEP_NANOS;
  const answering =
    wireNanos * REORDER_ANSWER_SPI_BYTES + REORDER_ANSWER_TRANSACTIONS * REORDER_STEP_NANOS;
  const isMissed = (alone + answering) * bitrate > (NEXT_ARBITRATION_BITS as u64) * 1_000_000_000;
  return isMissed ? alone + answering : alone;
}
