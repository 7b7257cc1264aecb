/**
 * What one step of the cell may cost at most, task by task, and the sum.
 *
 * Used by: step-watch.ts (counts every step that takes longer), scripts/bench/bounds.ts (reads this
 * text; the emulated board then holds every step to it). docs/timing-budget.md derives the times.
 * Does not: include the start and the end of the cell.
 *
 * SPI bytes are all that a step clocks, instructions included. Ring entries are those of the link to
 * AGL. Each task runs one piece and returns, so no loop is in these numbers but those over at most 64
 * rules and 14 bytes.
 */

/**
 * ReceiveTask: RX STATUS, READ of the length (or, with nothing in RXB0, READ STATUS), READ RX BUFFER;
 * READ STATUS, LOAD TX BUFFER, RTS.
 */
export const RECEIVE_SPI_BYTES: u32 = 2 + 3 + 14 + 2 + 14 + 1;
/** WaitingAnswerTask: LOAD TX BUFFER, RTS. */
export const WAITING_ANSWER_SPI_BYTES: u32 = 14 + 1;
/** TransmitPollTask: READ STATUS, or READ or BIT MODIFY for an abort. */
export const TRANSMIT_POLL_SPI_BYTES: u32 = 4;
/** FromAglTask: LOAD TX BUFFER, which gives way to INT, or RTS. */
export const FROM_AGL_SPI_BYTES: u32 = 14;
/** FromAglTask, ForwardTask and the session: one entry each. */
export const RING_ENTRIES: u32 = 1;
/**
 * Upkeep: a full look at the fault state, and READ STATUS when the line is in doubt. A chip that is set up
 * again takes no more per step, but for one step of 28 bytes that loads its answers: nothing is received
 * in that one.
 */
export const UPKEEP_SPI_BYTES: u32 = 10 + 2;

/** The longest step: a frame is received and answered, and upkeep is due. */
export const STEP_SPI_BYTES: u32 = RECEIVE_SPI_BYTES + UPKEEP_SPI_BYTES;
/** Instructions of a step besides those that wait for bytes. */
export const STEP_INSTRUCTIONS: u32 = 4_000;

/** Serial clocks of a byte in polled mode, one of them idle. */
const CLOCKS_PER_BYTE: u32 = 9;
/** For each byte: accesses to the SPI block that its clocks do not cover. */
const HANDLING_NANOS_PER_BYTE: u32 = 400;
const NANOS_PER_INSTRUCTION: u32 = 1;

/** The longest step in microseconds, rounded up, at an SPI clock of `spiHertz`. */
export function stepBoundMicros(spiHertz: u32): u32 {
  const byteNanos = ((CLOCKS_PER_BYTE as u64) * 1_000_000_000) / spiHertz + HANDLING_NANOS_PER_BYTE;
  const nanos = byteNanos * STEP_SPI_BYTES + STEP_INSTRUCTIONS * NANOS_PER_INSTRUCTION;
  return ((nanos + 999) / 1_000) as u32;
}
