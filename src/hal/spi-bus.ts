// SPDX-License-Identifier: MIT
/**
 * SpiBus: one device on a serial bus, full duplex, byte by byte. One bus object has one chip select.
 * Implemented by src/chip.
 *
 * A *transaction* is one assertion of chip select. `transfer` is a whole one. `begin` and `end` are its two
 * parts, for instructions whose length is in the first bytes of the answer: chip select stays asserted
 * between them and the clock rests.
 */
import { Status } from '../rt/status';

/** The most bytes of one part of a transaction. */
export const SPI_PART_BYTES_MAXIMUM: u32 = 16;

/** What a board's SPI block is fed with, and what a byte on it costs: for bounds and for the start. */
export class SpiTiming {
  /**
   * `sourceHertz`: the clock that the serial clock is divided from. `clocksPerByte`: serial clocks, idle ones
   * included. `handlingNanosPerByte`: accesses to the block that those do not cover.
   */
  constructor(
    readonly sourceHertz: u32,
    readonly clocksPerByte: u32,
    readonly handlingNanosPerByte: u32,
  ) {}

  /** What the serial clocks of a byte take at `clockHertz`, in nanoseconds. */
  wireNanos(clockHertz: u32): u64 {
    return ((this.clocksPerByte as u64) * 1_000_000_000) / clockHertz;
  }

  /** What a byte takes at `clockHertz` at most, in nanoseconds. */
  byteNanos(clockHertz: u32): u64 {
    return this.wireNanos(clockHertz) + this.handlingNanosPerByte;
  }
}

export abstract class SpiBus {
  /** The serial clock in use, Hz; 0 before `configure`. */
  clockHertz: u32 = 0;
  /**
   * While true, `transfer` and `send` stop with `Busy` at the next byte when the urgent line is asserted. For
   * transactions that can be repeated and do no harm when cut short. `begin` and `end` never stop.
   */
  yields: bool = false;
  /**
   * What a byte takes at least in a transaction that yields, in ticks: for the time at which the urgent line was last
   * seen high. `configure` sets it to the byte's clocks.
   */
  byteTicks: u64 = 0;
  /** How many bytes of the last transaction that returned `Busy` were not begun, and one more. */
  unsent: u32 = 0;
  /** The urgent line was already asserted at the last look, so a yielding transfer returns `Busy` at once. */
  lineWasAsserted: bool = false;

  /**
   * Sets the serial clock to the highest rate not above `wantedHertz` that the block makes of a clock of
   * `sourceHertz`, and releases chip select. `SpiClockImpossible`: it makes none.
   */
  abstract configure(sourceHertz: u32, wantedHertz: u32): Status;

  /**
   * Exchanges `length` bytes (1..16) in place at `buffer` in linear memory: each byte sent is replaced by the
   * byte received meanwhile. Chip select is asserted for exactly these bytes. `SpiTimeout`, or `Busy` while
   * `yields`: chip select is released and the buffer is undefined.
   */
  abstract transfer(buffer: usize, length: u32): Status;

  /** As `transfer`, without the answer: the content of `buffer` is undefined afterwards. */
  abstract send(buffer: usize, length: u32): Status;

  /** As `transfer`, but leaves chip select asserted. On `SpiTimeout` it is released. */
  abstract begin(buffer: usize, length: u32): Status;

  /**
   * One access to the bus's registers. Afterwards chip select has been released for as long as the device
   * needs. Transactions call it themselves; others use it to measure an access.
   */
  abstract settle(): void;

  /** Exchanges `length` more bytes (0..16) and releases chip select. Only after a successful `begin`. */
  abstract end(buffer: usize, length: u32): Status;
}
