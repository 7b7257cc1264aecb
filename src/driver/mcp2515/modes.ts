/**
 * Modes: which mode of operation the chip is in, and the ways from one to another.
 *
 * Does not: set registers up. The functions with "Wait" in what they say wait, each bounded; the
 * others are one transaction.
 *
 * Modes and their rules: DS20001801J, section 10. A change waits for the frame on its way and for
 * 11 recessive bits; the chip shows the mode it is in as CANSTAT.OPMOD.
 */
import { Clock, deadlineAfterMicros, deadlinePassed } from '../../hal/clock';
import { SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import { modifyRegister, readRegisters, registersRead } from './instructions';
import {
  CANCTRL,
  CANCTRL_ABAT,
  CANCTRL_OSM,
  CANCTRL_REQOP_MASK,
  CANSTAT,
  CANSTAT_OPMOD_MASK,
  MODE_CONFIGURATION,
  MODE_LISTEN_ONLY,
  MODE_LOOPBACK,
  MODE_NORMAL,
} from './registers';

/** How the controller takes part in the bus. */
export enum BusMode {
  /** Sends, receives, acknowledges. */
  Normal = 0,
  /** Receives only: no acknowledge, no error flag, not a bit of its own on the bus. */
  ListenOnly = 1,
  /** Sends to itself; the bus sees and gives nothing. */
  Loopback = 2,
}

const MODE_BITS: u32 = CANCTRL_REQOP_MASK | CANCTRL_ABAT | CANCTRL_OSM;

/**
 * A change of mode waits for a gap of 11 recessive bits or the end of a frame: at most two of the
 * longest frames. Several times that, in bit times.
 */
export const MODE_TIMEOUT_BITS: u32 = 1_000;

@final
export class Modes<Bus extends SpiBus, Time extends Clock> {
  /** The mode to run in. */
  wanted: BusMode = BusMode.Normal;
  /** Each frame is sent once: lost arbitration and errors are the end of it. */
  oneShot: bool = false;
  /** CANSTAT as last read. */
  canstat: u32 = 0;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Time,
  ) {}

  /** The mode to run in, as CANCTRL.REQOP and CANSTAT.OPMOD show it. */
  get wantedBits(): u32 {
    if (this.wanted === BusMode.ListenOnly) return MODE_LISTEN_ONLY;
    return this.wanted === BusMode.Loopback ? MODE_LOOPBACK : MODE_NORMAL;
  }

  /** Asks for the mode to run in; ends an abort of all frames. 4 bytes. */
  requestRunning(): Status {
    const value = this.wantedBits | (this.oneShot ? CANCTRL_OSM : 0);
    return modifyRegister(this.bus, CANCTRL, MODE_BITS, value);
  }

  /**
   * Aborts all frames that were not sent yet, and keeps others back; `configuring`: asks for configuration
   * mode besides. 4 bytes.
   */
  requestAbort(configuring: bool): Status {
    if (!configuring) return modifyRegister(this.bus, CANCTRL, CANCTRL_ABAT, CANCTRL_ABAT);
    return modifyRegister(this.bus, CANCTRL, MODE_BITS, MODE_CONFIGURATION | CANCTRL_ABAT);
  }

  /** Reads the mode; `Busy` while it is not `mode`. 3 bytes. */
  check(mode: u32): Status {
    const status = readRegisters(this.bus, CANSTAT, 1);
    if (status !== Status.Ok) return status;
    this.canstat = (registersRead() as u32) & 0xff;
    return (this.canstat & CANSTAT_OPMOD_MASK) === mode ? Status.Ok : Status.Busy;
  }

  /** Wait for the mode to run in; `Timeout` when it does not come about at `bitrate`. */
  enterRunning(bitrate: u32): Status {
    const status = this.requestRunning();
    return status === Status.Ok ? this.waitFor(this.wantedBits, bitTimeout(bitrate)) : status;
  }

  /** Wait for configuration mode, which comes after the frame on its way; else `Timeout`. */
  enterConfiguration(bitrate: u32): Status {
    return this.enter(MODE_CONFIGURATION, bitTimeout(bitrate));
  }

  /** Wait until CANSTAT shows `mode`; else `Timeout`. */
  waitFor(mode: u32, timeoutMicros: u32): Status {
    const deadlineTicks = deadlineAfterMicros(this.clock, timeoutMicros);
    let isLate: bool = false;
    do {
      // In this order a core that stood still for long looks at the chip once more.
      isLate = deadlinePassed(this.clock, deadlineTicks);
      const status = this.check(mode);
      if (status !== Status.Busy) return status;
    } while (!isLate);
    return Status.Timeout;
  }

  private enter(mode: u32, timeoutMicros: u32): Status {
    const status = modifyRegister(this.bus, CANCTRL, CANCTRL_REQOP_MASK, mode);
    return status === Status.Ok ? this.waitFor(mode, timeoutMicros) : status;
  }
}

/** Microseconds of MODE_TIMEOUT_BITS at `bitrate`. */
export function bitTimeout(bitrate: u32): u32 {
  return (MODE_TIMEOUT_BITS * 1_000_000) / bitrate;
}
