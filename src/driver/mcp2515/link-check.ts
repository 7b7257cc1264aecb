// SPDX-License-Identifier: MIT
/**
 * LinkCheck: checks the wires between SPI0 and the chip at start-up: how fast bytes really move, and whether
 * written bytes read back the same, many times.
 *
 * The chip must be in configuration mode. The test data goes to the data bytes of TXB0, which have no effect
 * before RTS. It takes LINK_CHECK_ROUNDS times 20 bytes: 0.6 ms at 10 MHz.
 */
import { Clock } from '../../hal/clock';
import { SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import { readRegisters, registersRead, timedTransaction, writeRegisters } from './instructions';
import { Setup } from './setup';

/** Patterns of eight bytes that are written and read back. */
export const LINK_CHECK_ROUNDS: u32 = 32;
/** TXB0D0, the first of eight data bytes (DS20001801J, register 3-8). */
const TXB0D0: u32 = 0x36;
const PATTERN_BYTES: u32 = 8;
/** Seed of the pseudorandom patterns: any number but 0. */
const SEED: u64 = 0x9e3779b97f4a7c15;

/**
 * Bytes of a timed transaction. The shortest of several counts, because an exit to the hypervisor prolongs
 * one.
 */
const TIMED_BYTES: u32 = 16;
const TIMINGS: u32 = 3;

@final
export class LinkCheck<Bus extends SpiBus, Time extends Clock> {
  constructor(
    private readonly bus: Bus,
    private readonly clock: Time,
    private readonly setup: Setup<Bus, Time>,
  ) {}

  /** Ticks of a transaction of TIMED_BYTES bytes with its overhead. 0: the bus has failed. */
  transactionTicks(): u64 {
    return this.shortest(TIMED_BYTES);
  }

  /** Ticks of TIMED_BYTES - 1 bytes without the overhead of a transaction. 0: the bus has failed. */
  bytesTicks(): u64 {
    const whole = this.shortest(TIMED_BYTES);
    const one = this.shortest(1);
    return one === 0 || whole < one ? 0 : whole - one;
  }

  /** Ticks of a byte in a transaction that looks at the line meanwhile, rounded down. 0: that is not known. */
  lookingByteTicks(): u64 {
    this.bus.lineWasAsserted = false;
    this.bus.yields = true;
    const ticks = this.bytesTicks();
    this.bus.yields = false;
    return ticks / (TIMED_BYTES - 1);
  }

  /** Ticks of one access to the block, the shortest of several. */
  accessTicks(): u64 {
    let least: u64 = u64.MAX_VALUE;
    for (let round: u32 = 0; round < TIMINGS; round++) {
      const before = this.clock.nowTicks();
      this.bus.settle();
      least = min<u64>(least, this.clock.nowTicks() - before);
    }
    return least;
  }

  /**
   * Writes patterns and reads them back. `RegisterVerifyMismatch`: one differed, and the `fault...` fields of
   * the set-up name the byte. Other errors are those of the bus.
   */
  readBack(): Status {
    let next = SEED;
    for (let round: u32 = 0; round < LINK_CHECK_ROUNDS; round++) {
      next ^= next << 13;
      next ^= next >> 7;
      next ^= next << 17;
      const pattern = patternOf(round, next);
      let status = writeRegisters(this.bus, TXB0D0, PATTERN_BYTES, pattern);
      if (status === Status.Ok) status = readRegisters(this.bus, TXB0D0, PATTERN_BYTES);
      if (status !== Status.Ok) return status;
      const found = registersRead();
      if (found !== pattern) return this.differs(pattern, found);
    }
    return Status.Ok;
  }

  private differs(pattern: u64, found: u64): Status {
    const shift = ctz<u64>(pattern ^ found) & ~7;
    const byte = (shift >> 3) as u32;
    const expected = ((pattern >> shift) as u32) & 0xff;
    this.setup.noteFault(TXB0D0 + byte, expected, ((found >> shift) as u32) & 0xff);
    return Status.RegisterVerifyMismatch;
  }

  private shortest(bytes: u32): u64 {
    let least: u64 = u64.MAX_VALUE;
    for (let round: u32 = 0; round < TIMINGS; round++) {
      const before = this.clock.nowTicks();
      if (timedTransaction(this.bus, bytes) !== Status.Ok) return 0;
      least = min<u64>(least, this.clock.nowTicks() - before);
    }
    return least;
  }
}

/** The hard cases first: a single edge, as many edges as possible, bytes that differ in all bits. */
function patternOf(round: u32, other: u64): u64 {
  switch (round) {
    case 0:
      return 0;
    case 1:
      return u64.MAX_VALUE;
    case 2:
      return 0x5555555555555555;
    case 3:
      return 0xaaaaaaaaaaaaaaaa;
    case 4:
      return 0x00ff00ff00ff00ff;
    case 5:
      return 0x0180017f80fe7f01;
    default:
      return other;
  }
}
