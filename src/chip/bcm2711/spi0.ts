// SPDX-License-Identifier: MIT
/**
 * Spi0: the BCM2711's SPI master in polled mode, native chip select CE0, mode 0,0.
 *
 * A part of a transaction has at most 16 bytes and the FIFOs hold 64. So all bytes are written at once and
 * the wire has no gaps; answers are read while later bytes are still being sent.
 *
 * Waiting is bounded by the clock, which is read only after many reads of CS: on an emulated board the cost
 * of a read, and a stall of the core between two reads, are unknown.
 * Does not: set pin functions (config.txt does), use interrupts or DMA, or serve a second device.
 */
import { counter_hertz, counter_read, mmio_read32, mmio_write32 } from '../../abi/bsp';
import { GpioInputLine } from './gpio';
import { SPI_PART_BYTES_MAXIMUM, SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import {
  SPI_CLK,
  SPI_CLK_CDIV_MASK,
  SPI_CLOCKS_PER_BYTE,
  SPI_CS,
  SPI_CS_CLEAR_RX,
  SPI_CS_CLEAR_TX,
  SPI_CS_DONE,
  SPI_CS_RXD,
  SPI_CS_TA,
  SPI_DLEN,
  SPI_FIFO,
} from './registers';

/** Ends a transfer: chip select high, FIFOs empty, DONE cleared. */
const SPI_CS_RELEASE: u32 = SPI_CS_CLEAR_TX | SPI_CS_CLEAR_RX | SPI_CS_DONE;
/** CS after a transfer whose answers are still in the FIFO. */
const SPI_CS_SENT: u32 = SPI_CS_DONE | SPI_CS_RXD;

/** Divider for CDIV 0; CDIV has 16 bits. */
const DIVIDER_MAXIMUM: u32 = 65_536;

/**
 * Reads of CS before the clock is read. They take a millisecond on the board, where no transfer takes that.
 */
const POLLS_BY_COUNT: u32 = 10_000;
/** A part of a transaction is stuck after this time, or after this multiple of the time of its bytes. */
const STUCK_MICROS: u64 = 20_000;
const STUCK_FACTOR: u64 = 10;

@final
export class Spi0 extends SpiBus {
  /** Counter ticks after which a part of a transaction is stuck. */
  private patienceTicks: u64 = 0;

  /** `base`: guest address of the SPI0 register block. `urgent`: the line that a transfer yields to. */
  constructor(
    private readonly base: u32,
    private readonly urgent: GpioInputLine,
  ) {
    super();
  }

  /** As SpiBus says; the divider of the core clock is even. */
  override configure(coreClockHertz: u32, wantedHertz: u32): Status {
    if (wantedHertz === 0 || coreClockHertz === 0) return Status.SpiClockImpossible;
    const exact = ((coreClockHertz as u64) + wantedHertz - 1) / wantedHertz;
    const even = (exact + 1) & ~(1 as u64);
    if (even > DIVIDER_MAXIMUM) return Status.SpiClockImpossible;
    const divider = even as u32;

    this.clockHertz = coreClockHertz / divider;
    const clocks: u64 = SPI_PART_BYTES_MAXIMUM * SPI_CLOCKS_PER_BYTE;
    const micros = STUCK_MICROS + (STUCK_FACTOR * clocks * 1_000_000) / this.clockHertz;
    this.patienceTicks = (micros * (counter_hertz() as u64)) / 1_000_000;
    this.byteTicks = (SPI_CLOCKS_PER_BYTE * (counter_hertz() as u64)) / this.clockHertz;
    mmio_write32(this.base + SPI_CLK, divider & SPI_CLK_CDIV_MASK);
    // A driver with DMA or interrupts may have left a count here, which would count bytes down.
    mmio_write32(this.base + SPI_DLEN, 0);
    this.release();
    return Status.Ok;
  }

  override transfer(buffer: usize, length: u32): Status {
    if (this.yields) return this.transferByByte(buffer, length, false);
    const status = this.begin(buffer, length);
    if (status === Status.Ok) this.release();
    return status;
  }

  /**
   * As `transfer` without reading the FIFO; `release` empties it. A DONE left from the last transfer does not
   * end this one: a received byte is required as well.
   */
  override send(buffer: usize, length: u32): Status {
    if (this.yields) return this.transferByByte(buffer, length, true);
    this.select();
    const end = buffer + length;
    // loop: a byte of SPI
    for (; buffer < end; buffer++) mmio_write32(this.base + SPI_FIFO, load<u8>(buffer));
    const status = this.awaitSent();
    this.release();
    return status;
  }

  override begin(buffer: usize, length: u32): Status {
    this.select();
    return this.exchange(buffer, length);
  }

  override end(buffer: usize, length: u32): Status {
    if (length !== 0) {
      const status = this.exchange(buffer, length);
      if (status !== Status.Ok) return status;
    }
    this.release();
    return Status.Ok;
  }

  /** Reads CS back: one access to the block, which completes after every earlier store to it. */
  override settle(): void {
    mmio_read32(this.base + SPI_CS);
  }

  /**
   * Sends one byte at a time, so that the transaction can end after any of them, and looks at the urgent line
   * while each byte is on the wire. So the line is seen within two accesses, and nothing but the rest of the
   * byte is waited for. Each gap costs about a tenth of a byte: an answer is taken out while the next byte is
   * on the wire. RXD then tells of that byte alone.
   *
   * When the line is asserted during the last byte the device has all of it, and does what it says: `isOrder`,
   * so this is no `Busy`. What only reads is read again.
   */
  private transferByByte(buffer: usize, length: u32, isOrder: bool): Status {
    this.unsent = length;
    if (this.lineWasAsserted) return this.notBegun(length);
    const fifo = this.base + SPI_FIFO;
    // Each byte takes its clocks at least, and the line was looked at in its second half.
    let highTicks = counter_read() - (this.byteTicks >> 1);
    this.select();
    if (this.urgent.isAsserted()) {
      this.release();
      return this.notBegun(length);
    }
    // loop: a byte of SPI
    for (let left = length; left !== 0; left--) {
      mmio_write32(fifo, load<u8>(buffer));
      if (left !== length) store<u8>(buffer - 1, mmio_read32(fifo));
      const nextTicks = highTicks + this.byteTicks;
      const status = this.awaitSentLooking(highTicks);
      if (status !== Status.Ok) {
        return status === Status.Busy && isOrder && left === 1 ? Status.Ok : status;
      }
      this.unsent = left - 1;
      highTicks = nextTicks;
      buffer++;
    }
    this.urgent.highTicks = highTicks;
    store<u8>(buffer - 1, mmio_read32(fifo));
    this.release();
    return Status.Ok;
  }

  private notBegun(length: u32): Status {
    this.unsent = length + 1;
    return Status.Busy;
  }

  /**
   * As `awaitSent`. `Busy`: the urgent line was asserted meanwhile, and chip select is released. It was not asserted
   * before `highTicks`.
   */
  private awaitSentLooking(highTicks: u64): Status {
    const control = this.base + SPI_CS;
    let polls = POLLS_BY_COUNT;
    // loop: waits for SPI
    do {
      if (this.urgent.isAsserted()) {
        this.urgent.highTicks = highTicks;
        const status = this.awaitSent();
        if (status !== Status.Ok) return status;
        this.release();
        return Status.Busy;
      }
      if (polls === 0) return this.exchangeByClock(0, 0, SPI_CS_SENT);
      polls--;
    } while ((mmio_read32(control) & SPI_CS_SENT) !== SPI_CS_SENT);
    return Status.Ok;
  }

  /**
   * Asserts chip select after at least 50 ns high (MCP2515 DS20001801J, table 13-6, parameter 3). The store
   * that released it may not have arrived yet. A read of INT since then took longer than that, as a device
   * access; without one, this reads CS first.
   */
  private select(): void {
    if (!this.urgent.looked) this.settle();
    mmio_write32(this.base + SPI_CS, SPI_CS_TA);
  }

  /**
   * Raises chip select and empties both FIFOs for the next transaction. Also writes DONE, which the datasheet
   * calls read-only: Linux's driver found that transmission sometimes breaks without it (spi-bcm2835.c,
   * bcm2835_spi_reset_hw). The store may still be on its way when this returns.
   */
  private release(): void {
    mmio_write32(this.base + SPI_CS, SPI_CS_RELEASE);
    this.urgent.looked = false;
  }

  /** Until what was written is on the device's side, and an answer is in. `SpiTimeout`: released. */
  private awaitSent(): Status {
    const control = this.base + SPI_CS;
    let polls = POLLS_BY_COUNT;
    // loop: waits for SPI
    while ((mmio_read32(control) & SPI_CS_SENT) !== SPI_CS_SENT) {
      if (polls === 0) return this.exchangeByClock(0, 0, SPI_CS_SENT);
      polls--;
    }
    return Status.Ok;
  }

  private exchange(buffer: usize, length: u32): Status {
    const control = this.base + SPI_CS;
    const fifo = this.base + SPI_FIFO;
    const end = buffer + length;
    // loop: a byte of SPI
    for (let out = buffer; out < end; out++) mmio_write32(fifo, load<u8>(out));

    let polls = POLLS_BY_COUNT;
    let state: u32 = 0;
    // The last byte arrives before DONE. Chip select must not rise before DONE.
    // loop: waits for SPI
    while (buffer < end || (state & SPI_CS_DONE) === 0) {
      state = mmio_read32(control);
      if (buffer < end && (state & SPI_CS_RXD) !== 0) {
        store<u8>(buffer, mmio_read32(fifo));
        buffer++;
      } else if (polls === 0) {
        return this.exchangeByClock(buffer, end, SPI_CS_DONE);
      } else {
        polls--;
      }
    }
    return Status.Ok;
  }

  /**
   * Finishes an exchange whose bytes are in the FIFO, bounded by the clock. `over`: the CS bits that mark its
   * end.
   */
  // path: not counted, an SPI block that stops
  private exchangeByClock(buffer: usize, end: usize, over: u32): Status {
    const deadlineTicks = counter_read() + this.patienceTicks;
    let isLate = false;
    // loop: waits for SPI
    do {
      // Clock first: after a stall of the core, the block is read once more.
      isLate = counter_read() >= deadlineTicks;
      const state = mmio_read32(this.base + SPI_CS);
      if (buffer < end && (state & SPI_CS_RXD) !== 0) {
        store<u8>(buffer, mmio_read32(this.base + SPI_FIFO));
        buffer++;
        isLate = false;
      } else if (buffer === end && (state & over) === over) {
        return Status.Ok;
      }
    } while (!isLate);
    this.release();
    return Status.SpiTimeout;
  }
}
