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
 * For each ring entry: its loads and stores in shared memory. As much count AGL's doorbell, which traps, and a hypercall
 * of the console; 2 a chain of 16 descriptors; 2 each the programs of a rule, and those of the locked wall; 3 a list of
 * waiting answers that is full; 3 READ STATUS of a step where the line of INT is not wired; 1 a line for people.
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
 * The first is in the step that decides; three steps make the others.
 */
export const REORDER_SPI_BYTES: u32 = 2 + 4 + 4 + 2 + 14 + 4 + 4 + 1;
const REORDER_STEPS: u32 = 3;
const REORDER_FURTHER: u32 = 5;
/**
 * A filter may answer a frame that comes in meanwhile: RX STATUS, READ of its length, RTS; and the header of LOAD TX
 * BUFFER once more, which gave way. The frame itself is read afterwards.
 */
export const REORDER_FILTER_SPI_BYTES: u32 = 2 + 3 + 1 + 5;
const REORDER_FILTER_STEPS: u32 = 2;
const REORDER_FILTER_FURTHER: u32 = 2;
/** With `single`: RTS and READ STATUS, that header, and READ STATUS for the other frames. */
export const REORDER_SINGLE_SPI_BYTES: u32 = 1 + 2 + 5 + 2;
const REORDER_SINGLE_STEPS: u32 = 3;
const REORDER_SINGLE_FURTHER: u32 = 1;
/** A frame that cannot wait, as one more could be lost: READ STATUS and READ RX BUFFER. */
export const REORDER_READ_SPI_BYTES: u32 = 2 + 14;
const REORDER_READ_STEPS: u32 = 2;
const REORDER_READ_FURTHER: u32 = 1;
/** READ RX BUFFER alone, of a frame that READ STATUS of the way itself has shown. */
const REORDER_KNOWN_SPI_BYTES: u32 = 14;
/**
 * Beyond the bytes on the wire, for the first transaction of a step, and for each further one: a round of the tasks,
 * comparing strengths, chip select, the block's registers. As seen on the image (tests/image/strongest-frame.test.ts).
 */
const REORDER_STEP_NANOS: u32 = 2_200;
const REORDER_FURTHER_NANOS: u32 = 800;
/** Faster than this, in bit/s, a frame that comes in may have to be read before the strongest one is in (haste.ts). */
export const REORDER_FAST_BITRATE: u32 = 500_000;
/** The shortest frame with its intermission, and the intermission. */
const SHORTEST_FRAME_BITS: u32 = 47;
/** Of two of them, what the step that decides leaves. */
const FAST_BITS: u32 = 80;
const INTERMISSION_BITS: u32 = 3;

/**
 * S: the longest time from a decision, or from taking a frame out of AGL's ring, until the chip takes
 * part in arbitration with that frame if it is the strongest. In nanoseconds. `wireNanos`: the serial clocks of a byte.
 *
 * Where the next frame can have come before one that waits is read, that is read first. Faster than 500 kbit/s nothing looks
 * at INT meanwhile, which takes less, or INT tells of one request alone, which then is the length of a frame behind it. Where
 * more than one might have to be read (slow SPI), the bus becomes free once more behind a further one.
 */
export function reorderBoundNanos(wireNanos: u64, bitrate: u32): u64 {
  const alone = wayNanos(wireNanos, REORDER_SPI_BYTES, REORDER_STEPS, REORDER_FURTHER);
  const filter = wayNanos(
    wireNanos,
    REORDER_FILTER_SPI_BYTES,
    REORDER_FILTER_STEPS,
    REORDER_FILTER_FURTHER,
  );
  const single = wayNanos(
    wireNanos,
    REORDER_SINGLE_SPI_BYTES,
    REORDER_SINGLE_STEPS,
    REORDER_SINGLE_FURTHER,
  );
  const read = wayNanos(
    wireNanos,
    REORDER_READ_SPI_BYTES,
    REORDER_READ_STEPS,
    REORDER_READ_FURTHER,
  );
  const answering = alone + max(filter, single);
  if (answering + read <= bitsNanos(SHORTEST_FRAME_BITS, bitrate)) return answering;
  const known = alone + wayNanos(wireNanos, REORDER_KNOWN_SPI_BYTES, REORDER_READ_STEPS, 0);
  const isFast = bitrate > REORDER_FAST_BITRATE;
  if (isFast && known + read <= bitsNanos(FAST_BITS, bitrate)) return max(answering, known);
  return answering + read + bitsNanos(INTERMISSION_BITS, bitrate);
}

function bitsNanos(bits: u64, bitrate: u32): u64 {
  return (bits * 1_000_000_000) / bitrate;
}

/** What `bytes` take in `steps` steps, with `further` transactions behind the first ones. */
function wayNanos(wireNanos: u64, bytes: u32, steps: u32, further: u32): u64 {
  return wireNanos * bytes + steps * REORDER_STEP_NANOS + further * REORDER_FURTHER_NANOS;
}
