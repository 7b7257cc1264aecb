// SPDX-License-Identifier: MIT
/**
 * Modes: the chip's mode of operation, and the ways from one mode to another.
 *
 * A function described with "Waits" waits, bounded; every other one is one transaction. Modes and their
 * rules: DS20001801J, section 10. A change waits for the frame on its way and for 11 recessive bits.
 * CANSTAT.OPMOD shows the current mode.
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
  /** Receives only: no acknowledge, no error flag, no bit of its own on the bus. */
  ListenOnly = 1,
  /** Sends to itself. The bus neither sees nor disturbs it. */
  Loopback = 2,
}

const MODE_BITS: u32 = CANCTRL_REQOP_MASK | CANCTRL_ABAT | CANCTRL_OSM;

/**
 * A change of mode waits for a gap of 11 recessive bits or the end of a frame: at most two of the longest
 * frames. This is several times that, in bit times.
 */
export const MODE_TIMEOUT_BITS: u32 = 1_000;

@final
export class Modes<Bus extends SpiBus, Time extends Clock> {
  /** The mode to run in. */
  wanted: BusMode = BusMode.Normal;
  /** Each frame is sent once: lost arbitration or an error ends it. */
  oneShot: bool = false;
  /** CANSTAT as last read. */
  canstat: u32 = 0;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Time,
  ) {}

  /** The mode to run in, as the bits of CANCTRL.REQOP and CANSTAT.OPMOD. */
  get wantedBits(): u32 {
    if (this.wanted === BusMode.ListenOnly) return MODE_LISTEN_ONLY;
    return this.wanted === BusMode.Loopback ? MODE_LOOPBACK : MODE_NORMAL;
  }

  /** Requests the mode to run in, and ends an abort of all frames. 4 bytes. */
  requestRunning(): Status {
    const value = this.wantedBits | (this.oneShot ? CANCTRL_OSM : 0);
    return modifyRegister(this.bus, CANCTRL, MODE_BITS, value);
  }

  /**
   * Aborts all unsent frames and holds further ones back. `configuring`: also requests configuration mode. 4
   * bytes.
   */
  requestAbort(configuring: bool): Status {
    if (!configuring) return modifyRegister(this.bus, CANCTRL, CANCTRL_ABAT, CANCTRL_ABAT);
    return modifyRegister(this.bus, CANCTRL, MODE_BITS, MODE_CONFIGURATION | CANCTRL_ABAT);
  }

  /** Reads the mode. `Busy`: it is not `mode`. 3 bytes. */
  check(mode: u32): Status {
    const status = readRegisters(this.bus, CANSTAT, 1);
    if (status !== Status.Ok) return status;
    this.canstat = (registersRead() as u32) & 0xff;
    return (this.canstat & CANSTAT_OPMOD_MASK) === mode ? Status.Ok : Status.Busy;
  }

  /** Waits for the mode to run in. `Timeout`: it does not come about at `bitrate`. */
  enterRunning(bitrate: u32): Status {
    const status = this.requestRunning();
    return status === Status.Ok ? this.waitFor(this.wantedBits, bitTimeout(bitrate)) : status;
  }

  /** Waits for configuration mode, which comes after the frame on its way. `Timeout`: it does not. */
  enterConfiguration(bitrate: u32): Status {
    return this.enter(MODE_CONFIGURATION, bitTimeout(bitrate));
  }

  /** Waits until CANSTAT shows `mode`. `Timeout`: it does not. */
  // path: not counted, start and end of the cell
  waitFor(mode: u32, timeoutMicros: u32): Status {
    const deadlineTicks = deadlineAfterMicros(this.clock, timeoutMicros);
    let isLate: bool = false;
    do {
      // Clock first: after a stall of the core, the chip is asked once more.
      isLate = deadlinePassed(this.clock, deadlineTicks);
      const status = this.check(mode);
      if (status !== Status.Busy) return status;
    } while (!isLate);
    return Status.Timeout;
  }

  /** Waits for `mode`. `Timeout`: it does not come about. */
  enter(mode: u32, timeoutMicros: u32): Status {
    const status = modifyRegister(this.bus, CANCTRL, CANCTRL_REQOP_MASK, mode);
    return status === Status.Ok ? this.waitFor(mode, timeoutMicros) : status;
  }
}

/** Microseconds of MODE_TIMEOUT_BITS at `bitrate`. */
export function bitTimeout(bitrate: u32): u32 {
  return (MODE_TIMEOUT_BITS * 1_000_000) / bitrate;
}
