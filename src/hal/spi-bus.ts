/**
 * SpiBus: one device on a serial bus, full duplex, byte by byte.
 *
 * Implemented by src/chip.
 * Does not: know what the bytes mean, or choose among devices: one bus object, one chip select.
 *
 * One *transaction* is one assertion of chip select. `transfer` is a whole one. `begin` and `end`
 * are one in two parts, for instructions whose length is only known from the first bytes of the
 * answer; between the two parts chip select stays asserted and the clock rests.
 */
import { Status } from '../rt/status';

/** The most bytes any one part of a transaction may have. */
export const SPI_PART_BYTES_MAXIMUM: u32 = 16;

export abstract class SpiBus {
  /**
   * While true, `transfer` and `send` give up with `Busy` at the next byte when something urgent asks for
   * the bus: for transactions that can be repeated, and of which a part does no harm. `begin` and `end`
   * never give up.
   */
  yields: bool = false;
  /** What `yields` is for asks already, as was just seen: such a transaction does not even begin. */
  asked: bool = false;

  /**
   * Exchanges `length` bytes (1..16) in place at `buffer` in linear memory: byte i goes out, the
   * byte that comes in meanwhile replaces it. Chip select is asserted for exactly these bytes.
   * `SpiTimeout`, or `Busy` while `yields`: chip select is released, the buffer is undefined.
   */
  abstract transfer(buffer: usize, length: u32): Status;

  /** As `transfer`, for bytes whose answer nobody needs: what is at `buffer` is undefined after. */
  abstract send(buffer: usize, length: u32): Status;

  /** As `transfer`, but leaves chip select asserted. On `SpiTimeout` it is released. */
  abstract begin(buffer: usize, length: u32): Status;

  /**
   * One access to the bus's registers. Chip select was released for as long as the device wants it when
   * this ends. Transactions see to that themselves; this measures what an access takes.
   */
  abstract settle(): void;

  /** Exchanges `length` more bytes (0..16) and releases chip select. Only after a good `begin`. */
  abstract end(buffer: usize, length: u32): Status;
}
