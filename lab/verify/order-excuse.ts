// SPDX-License-Identifier: MIT
/**
 * Decides when the order of two frames cannot be known.
 *
 * This is so if the core stood still from right after it had read RXB0 until both receive buffers
 * were full again. Then one frame may have come into RXB1 during that read, which makes it the
 * older one. Or both frames came after the read, which makes it the younger one. The chip's
 * registers are the same in both cases. INT would tell, but it was not read.
 * Does not: excuse anything else.
 */
import type { SpiTransaction } from '../rig/spi-transactions.ts';

/** READ RX BUFFER 0 from SIDH or D0, table 12-1. */
const READ_RXB0 = [0x90, 0x92];
/** From chip select to the next read of INT: some instructions and a register read. */
const LOOK_NANOS = 3_000;

interface Stall {
  readonly fromNanos: number;
  readonly toNanos: number;
}

export class OrderExcuse {
  readonly #stalls: Stall[] = [];
  readonly #releases: number[] = [];

  transaction({ mosi, deselectNanos }: SpiTransaction): void {
    if (READ_RXB0.includes(mosi[0])) this.#releases.push(deselectNanos);
  }

  /** The core stood still in this span. */
  stalled(fromNanos: number, toNanos: number): void {
    this.#stalls.push({ fromNanos, toNanos });
  }

  /** Whether the order of two frames, accepted at these times, could not be known. */
  covers(firstNanos: number, secondNanos: number): boolean {
    const release = this.#releases.findLast((nanos) => nanos <= firstNanos);
    if (release === undefined) return false;
    // Stalls that follow each other count as one, because nothing ran between them. So does a stall
    // that began in another.
    let heldUntil = release + LOOK_NANOS;
    const sorted = [...this.#stalls].sort((one, other) => one.fromNanos - other.fromNanos);
    for (const { fromNanos, toNanos } of sorted) {
      if (fromNanos <= heldUntil && toNanos >= release) {
        heldUntil = Math.max(heldUntil, toNanos + LOOK_NANOS);
      }
    }
    return heldUntil - LOOK_NANOS >= secondNanos;
  }
}
