/**
 * Setup: everything done to the chip while it is off the bus, and the changes of mode.
 *
 * Used by: controller.ts.
 * Does not: receive or send. These are the only driver functions that wait; each wait is bounded.
 *
 * Every register written is read back. The first difference ends the set-up, and the three
 * `fault...` fields keep it for the message.
 */
import { Clock, deadlineAfterMicros, deadlinePassed } from '../../hal/clock';
import { SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import { Acceptance } from './acceptance';
import { BitRate } from './bit-rate';
import { Modes } from './modes';
import {
  readRegisters,
  registersRead,
  REGISTERS_MAXIMUM,
  reset,
  writeRegisters,
} from './instructions';
import {
  CANINTE_RX0IE,
  CANINTE_RX1IE,
  CANSTAT,
  CNF3,
  MODE_CONFIGURATION,
  RXB0CTRL,
  RXB0CTRL_BUKT,
  RXB1CTRL,
  RXBCTRL_RXM_MASK,
  RXF0SIDH,
  RXF2SIDH,
  RXF3SIDH,
  RXF5SIDH,
  RXFSIDL_EXIDE,
  RXM0SIDH,
  TXB0CTRL,
  TXB1CTRL,
  TXB2CTRL,
  TXBCTRL_TXP_MASK,
  TXBCTRL_TXREQ,
} from './registers';

/**
 * No SPI for this long after RESET: the oscillator start-up timer counts 128 of its periods
 * (DS20001801J, section 8.1), 16 us at 8 MHz.
 */
const RESET_QUIET_MICROS: u32 = 100;
/** A chip that is there shows configuration mode long before this. */
const RESET_TIMEOUT_MICROS: u32 = 10_000;
/** A filter for extended frames; one of zero is for standard frames. */
const FILTER_EXTENDED: u64 = (RXFSIDL_EXIDE as u64) << 8;

/** Transmit priorities: urgent answers before anything from AGL. */
const TXB0_PRIORITY: u32 = 0;
const TXB1_PRIORITY: u32 = 2;
const TXB2_PRIORITY: u32 = 3;

@final
export class Setup<Bus extends SpiBus, Time extends Clock> {
  /** Address of the register that read back wrong, or that was last read when the chip failed. */
  faultRegister: u32 = 0;
  /** What that register should have shown. */
  faultExpected: u32 = 0;
  /** What it showed. */
  faultRead: u32 = 0;
  /** What goes into which receive buffer. */
  readonly acceptance: Acceptance = new Acceptance();
  /** The mode to run in, and the ways there. */
  readonly modes: Modes<Bus, Time>;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Time,
  ) {
    this.modes = new Modes<Bus, Time>(bus, clock);
  }

  /**
   * RESET, then waits until CANSTAT shows configuration mode. Otherwise, by what CANSTAT reads:
   * `ChipSilentLow`, `ChipSilentHigh` or `ChipNotInConfigurationMode`.
   */
  reset(): Status {
    const status = reset(this.bus);
    if (status !== Status.Ok) return status;
    const quietUntil = deadlineAfterMicros(this.clock, RESET_QUIET_MICROS);
    while (!deadlinePassed(this.clock, quietUntil)) continue;

    const reached = this.modes.waitFor(MODE_CONFIGURATION, RESET_TIMEOUT_MICROS);
    this.noteFault(CANSTAT, MODE_CONFIGURATION, this.modes.canstat);
    if (reached !== Status.Timeout) return reached;
    if (this.faultRead === 0x00) return Status.ChipSilentLow;
    if (this.faultRead === 0xff) return Status.ChipSilentHigh;
    return Status.ChipNotInConfigurationMode;
  }

  /** Writes and verifies all registers. Only in configuration mode. */
  writeRegisters(rate: BitRate): Status {
    let status = this.writeAcceptance();
    if (status === Status.Ok) status = this.writeTiming(rate);
    // RXM = 00 everywhere: by filters. "Any message" (11) would also store frames with errors.
    if (status === Status.Ok) {
      const bits = RXBCTRL_RXM_MASK | RXB0CTRL_BUKT;
      status = this.write(RXB0CTRL, 1, RXB0CTRL_BUKT, bits);
    }
    if (status === Status.Ok) status = this.write(RXB1CTRL, 1, 0, RXBCTRL_RXM_MASK);
    if (status === Status.Ok) status = this.writePriority(TXB0CTRL, TXB0_PRIORITY);
    if (status === Status.Ok) status = this.writePriority(TXB1CTRL, TXB1_PRIORITY);
    if (status === Status.Ok) status = this.writePriority(TXB2CTRL, TXB2_PRIORITY);
    return status;
  }

  /** Joins the bus: `ChipNotInNormalMode` when that does not come about at `bitrate`. */
  enterRunning(bitrate: u32): Status {
    const status = this.modes.enterRunning(bitrate);
    return status === Status.Timeout ? Status.ChipNotInNormalMode : status;
  }

  /** Leaves the bus after the frame on its way; with a RESET when the chip does not get to it. */
  enterConfiguration(bitrate: u32): Status {
    const status = this.modes.enterConfiguration(bitrate);
    return status === Status.Timeout ? this.reset() : status;
  }

  /**
   * A mask of zero lets everything pass, and the filters only tell standard frames from extended
   * ones: so RXB1 always, and RXB0 in the shared layout. Filters are undefined after a reset, so
   * every one is written.
   */
  private writeAcceptance(): Status {
    const all = u64.MAX_VALUE;
    const acceptance = this.acceptance;
    const urgentFilters =
      (acceptance.filter0Registers as u64) | ((acceptance.filter1Registers as u64) << 32);
    let status = this.write(RXF0SIDH, 8, urgentFilters, all);
    if (status === Status.Ok) status = this.write(RXF2SIDH, 4, 0, all);
    if (status === Status.Ok) status = this.write(RXF3SIDH, 8, FILTER_EXTENDED, all);
    if (status === Status.Ok) status = this.write(RXF5SIDH, 4, FILTER_EXTENDED, all);
    if (status === Status.Ok) status = this.write(RXM0SIDH, 8, acceptance.maskRegisters, all);
    return status;
  }

  /**
   * CNF3, CNF2, CNF1 and CANINTE lie in a row. Only receiving asserts INT, so that a low line after
   * both buffers were empty says, without a question, that one is full; sent frames and errors are
   * asked for now and then.
   */
  private writeTiming(rate: BitRate): Status {
    const interrupts = CANINTE_RX0IE | CANINTE_RX1IE;
    const values = rate.cnf3 | (rate.cnf2 << 8) | (rate.cnf1 << 16) | (interrupts << 24);
    return this.write(CNF3, 4, values, u64.MAX_VALUE);
  }

  private writePriority(address: u32, priority: u32): Status {
    return this.write(address, 1, priority, TXBCTRL_TXREQ | TXBCTRL_TXP_MASK);
  }

  /** Writes `count` registers and compares the bits of `mask` with what they then read. */
  private write(address: u32, count: u32, values: u64, mask: u64): Status {
    let status = writeRegisters(this.bus, address, count, values);
    if (status === Status.Ok) status = readRegisters(this.bus, address, count);
    if (status !== Status.Ok) return status;

    const read = registersRead();
    for (let index: u32 = 0; index < count && index < REGISTERS_MAXIMUM; index++) {
      const shift: u64 = index << 3;
      const relevant = ((mask >> shift) as u32) & 0xff;
      const expected = ((values >> shift) as u32) & relevant;
      const found = ((read >> shift) as u32) & relevant;
      if (found !== expected) {
        this.noteFault(address + index, expected, found);
        return Status.RegisterVerifyMismatch;
      }
    }
    return Status.Ok;
  }

  private noteFault(register: u32, expected: u32, read: u32): void {
    this.faultRegister = register;
    this.faultExpected = expected;
    this.faultRead = read;
  }
}
