// SPDX-License-Identifier: MIT
/**
 * Setup: everything done to the chip while it is off the bus.
 *
 * `reset`, `enterRunning` and `enterConfiguration` wait, each bounded. The set-up itself proceeds in steps of
 * one transaction, so that other work can go on:
 *
 *   RESET (1 byte); nothing for 100 us; READ CANSTAT (3) until configuration mode shows, at most 10 ms;
 *   then for each group of register-plan.ts WRITE and READ (3 to 10 each)
 *
 * Every register written is read back. A difference ends the set-up, and the three `fault...` fields keep it
 * for the message. While the oscillator may still be starting (the same 10 ms), the group is written again
 * instead: a chip that was asleep may show its reset values and accept nothing (section 8.1).
 */
import { Clock } from '../../hal/clock';
import { SpiBus } from '../../hal/spi-bus';
import { Deadline, microsToTicks } from '../../rt/deadline';
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
import { PLAN_GROUPS, RegisterPlan } from './register-plan';
import { CANSTAT, MODE_CONFIGURATION } from './registers';

/**
 * No SPI for this long after RESET. The oscillator start-up timer counts 128 of its periods (DS20001801J,
 * section 8.1), 16 us at 8 MHz.
 */
const RESET_QUIET_MICROS: u32 = 100;
/** A working chip shows configuration mode long before this. */
const RESET_TIMEOUT_MICROS: u32 = 10_000;

// States of the set-up.
const PLACE_RESET: u32 = 0;
const PLACE_QUIET: u32 = 1;
const PLACE_MODE: u32 = 2;
/** From here on: WRITE of a group, READ of it, alternately. */
const PLACE_GROUPS: u32 = 3;
const PLACE_END: u32 = PLACE_GROUPS + 2 * PLAN_GROUPS;

@final
export class Setup<Bus extends SpiBus, Time extends Clock> {
  /** Address of the register that read back wrong, or that was last read when the chip failed. */
  faultRegister: u32 = 0;
  /** The expected value of that register. */
  faultExpected: u32 = 0;
  /** The value read. */
  faultRead: u32 = 0;
  /** Which receive buffer takes which frames. */
  readonly acceptance: Acceptance = new Acceptance();
  /** The mode to run in, and the ways there. */
  readonly modes: Modes<Bus, Time>;
  private readonly plan: RegisterPlan = new RegisterPlan();
  private readonly deadline: Deadline = new Deadline();
  private place: u32 = PLACE_RESET;
  /** The oscillator's start-up time was over when the group was written. */
  private isLate: bool = false;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Time,
  ) {
    this.modes = new Modes<Bus, Time>(bus, clock);
  }

  /** Begins the set-up; `step` continues it. */
  begin(): void {
    this.place = PLACE_RESET;
  }

  /**
   * At most one transaction of the set-up. `Busy`: call again. `Ok`: all registers are written and verified.
   * Otherwise it has failed: `RegisterVerifyMismatch`, an error of the bus, or by the value of CANSTAT
   * `ChipSilentLow`, `ChipSilentHigh`, `ChipNotInConfigurationMode`.
   */
  step(rate: BitRate): Status {
    if (this.place < PLACE_GROUPS) {
      const status = this.resetStep();
      return status === Status.Ok ? Status.Busy : status;
    }
    const index = this.place - PLACE_GROUPS;
    const plan = this.plan;
    let status: Status;
    if ((index & 1) === 0) {
      this.isLate = this.deadline.reached(this.clock.nowTicks());
      plan.select(index >> 1, this.acceptance, rate);
      status = writeRegisters(this.bus, plan.address, plan.count, plan.values);
    } else {
      status = readRegisters(this.bus, plan.address, plan.count);
      if (status === Status.Ok) status = this.compare();
      if (status === Status.RegisterVerifyMismatch && !this.isLate) {
        this.place--;
        return Status.Busy;
      }
    }
    if (status !== Status.Ok) return status;
    this.place++;
    return this.place === PLACE_END ? Status.Ok : Status.Busy;
  }

  /** RESET. Waits until configuration mode shows. Errors as `step`. */
  // path: not counted, start and end of the cell
  reset(): Status {
    this.place = PLACE_RESET;
    let status: Status;
    do {
      status = this.resetStep();
    } while (status === Status.Busy);
    return status;
  }

  /** Joins the bus. Waits. `ChipNotInNormalMode`: that does not come about at `bitrate`. */
  enterRunning(bitrate: u32): Status {
    const status = this.modes.enterRunning(bitrate);
    return status === Status.Timeout ? Status.ChipNotInNormalMode : status;
  }

  /** Leaves the bus after the frame on its way. Waits. Makes a RESET if the chip does not follow. */
  enterConfiguration(bitrate: u32): Status {
    const status = this.modes.enterConfiguration(bitrate);
    return status === Status.Timeout ? this.reset() : status;
  }

  /** One step of the reset. `Ok`: configuration mode shows. Each state has a deadline. */
  private resetStep(): Status {
    if (this.place === PLACE_RESET) {
      const status = reset(this.bus);
      if (status !== Status.Ok) return status;
      this.startDeadline(RESET_QUIET_MICROS);
      this.place = PLACE_QUIET;
      return Status.Busy;
    }
    if (this.place === PLACE_QUIET) {
      if (!this.deadline.reached(this.clock.nowTicks())) return Status.Busy;
      this.startDeadline(RESET_TIMEOUT_MICROS);
      this.place = PLACE_MODE;
    }
    // Clock first: after a stall of the core, the chip is asked once more.
    const isLate = this.deadline.reached(this.clock.nowTicks());
    const status = this.modes.check(MODE_CONFIGURATION);
    if (status === Status.Busy && isLate) {
      this.noteFault(CANSTAT, MODE_CONFIGURATION, this.modes.canstat);
      if (this.faultRead === 0x00) return Status.ChipSilentLow;
      return this.faultRead === 0xff ? Status.ChipSilentHigh : Status.ChipNotInConfigurationMode;
    }
    if (status === Status.Ok) this.place = PLACE_GROUPS;
    return status;
  }

  private startDeadline(micros: u32): void {
    const clock = this.clock;
    this.deadline.start(clock.nowTicks(), microsToTicks(micros, clock.ticksPerSecond()));
  }

  /** Compares the relevant bits of the group with those just read. */
  private compare(): Status {
    const plan = this.plan;
    const read = registersRead();
    // loop: at most REGISTERS_MAXIMUM
    for (let index: u32 = 0; index < plan.count && index < REGISTERS_MAXIMUM; index++) {
      const shift: u64 = index << 3;
      const relevant = ((plan.mask >> shift) as u32) & 0xff;
      const expected = ((plan.values >> shift) as u32) & relevant;
      const found = ((read >> shift) as u32) & relevant;
      if (found !== expected) {
        this.noteFault(plan.address + index, expected, found);
        return Status.RegisterVerifyMismatch;
      }
    }
    return Status.Ok;
  }

  /** Records the register for the message about a failed set-up. */
  noteFault(register: u32, expected: u32, read: u32): void {
    this.faultRegister = register;
    this.faultExpected = expected;
    this.faultRead = read;
  }
}
