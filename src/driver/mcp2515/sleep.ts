// SPDX-License-Identifier: MIT
/**
 * Sleep: takes the chip into sleep mode and out of it, one transaction per step. The caller decides when.
 *
 * Asleep, the chip draws microamperes, its oscillator is stopped, and INT signals the first dominant edge on
 * the bus. The frame of that edge cannot be received: the oscillator must start, and then 11 recessive bits
 * must pass (DS20001801J, section 10.2). Waking takes:
 *
 *   by the bus     READ CANSTAT (3 bytes) until listen-only mode shows, clear WAKIE and WAKIF (4 and 4),
 *                  request the mode to run in (4)
 *   by the cell    set WAKIF (4), then the same
 */
import { Clock } from '../../hal/clock';
import { SpiBus } from '../../hal/spi-bus';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { modifyRegister } from './instructions';
import { bitTimeout, Modes } from './modes';
import {
  CANCTRL,
  CANCTRL_REQOP_MASK,
  CANINTE,
  CANINTE_WAKIE,
  CANINTF,
  CANINTF_WAKIF,
  CANSTAT_OPMOD_MASK,
  MODE_LISTEN_ONLY,
  MODE_SLEEP,
} from './registers';

/** The oscillator starts within 128 of its periods after sleep. This is many times that. */
const WAKE_TIMEOUT_MICROS: u32 = 10_000;

/** What the next step does. */
enum State {
  Awake = 0,
  ClearOldFlag = 1,
  Enable = 2,
  RequestSleep = 3,
  FallingAsleep = 4,
  Asleep = 5,
  SetFlag = 6,
  Waking = 7,
  Disable = 8,
  ClearFlag = 9,
  RequestRunning = 10,
}

@final
export class Sleep<Bus extends SpiBus, Time extends Clock> {
  private state: State = State.Awake;
  private readonly deadline: Deadline = new Deadline();

  constructor(
    private readonly bus: Bus,
    private readonly clock: Time,
    private readonly modes: Modes<Bus, Time>,
  ) {}

  /** Neither asleep nor on the way there or back. */
  get awake(): bool {
    return this.state === State.Awake;
  }

  /** Asleep: `step` has nothing to do until `wake`. */
  get asleep(): bool {
    return this.state === State.Asleep;
  }

  /** INT means that the chip wakes, not that a frame waits. */
  get silent(): bool {
    return this.state >= State.Asleep && this.state <= State.ClearFlag;
  }

  /** The chip was reset. */
  forget(): void {
    this.state = State.Awake;
  }

  /** Begins to enter sleep. No frame may be left to be sent. */
  begin(): void {
    this.state = State.ClearOldFlag;
  }

  /** Begins to wake the chip. `byBus`: the bus has woken it. Only while `asleep`. */
  wake(byBus: bool): void {
    this.state = byBus ? State.Waking : State.SetFlag;
    this.startDeadline(WAKE_TIMEOUT_MICROS);
  }

  /** Checks that the chip still sleeps. `Busy`: it does not. 3 bytes. */
  check(): Status {
    return this.modes.check(MODE_SLEEP);
  }

  /**
   * The next transaction of entering or leaving sleep, at `bitrate`. `Busy`: call again. `Ok`: `asleep`, or
   * `awake` with the mode to run in requested. `Timeout`: the chip does not follow. Otherwise an error of the
   * bus.
   */
  step(bitrate: u32): Status {
    switch (this.state) {
      case State.ClearOldFlag:
        return this.modify(CANINTF, CANINTF_WAKIF, 0);
      case State.Enable:
        return this.modify(CANINTE, CANINTE_WAKIE, CANINTE_WAKIE);
      case State.RequestSleep:
        this.startDeadline(bitTimeout(bitrate));
        return this.modify(CANCTRL, CANCTRL_REQOP_MASK, MODE_SLEEP);
      case State.FallingAsleep:
        return this.fallAsleep();
      case State.SetFlag:
        return this.modify(CANINTF, CANINTF_WAKIF, CANINTF_WAKIF);
      case State.Waking:
        return this.wakeUp();
      case State.Disable:
        return this.modify(CANINTE, CANINTE_WAKIE, 0);
      case State.ClearFlag:
        return this.modify(CANINTF, CANINTF_WAKIF, 0);
      case State.RequestRunning:
        return this.run();
      default:
        return Status.Ok;
    }
  }

  private fallAsleep(): Status {
    const isLate = this.deadlineReached;
    const status = this.modes.check(MODE_SLEEP);
    if (status === Status.Ok) this.state = State.Asleep;
    if (status !== Status.Busy || !isLate) return status;
    // The bus woke it before it was seen asleep.
    if ((this.modes.canstat & CANSTAT_OPMOD_MASK) !== MODE_LISTEN_ONLY) return Status.Timeout;
    this.state = State.Disable;
    return Status.Busy;
  }

  private wakeUp(): Status {
    const isLate = this.deadlineReached;
    const status = this.modes.check(MODE_LISTEN_ONLY);
    if (status === Status.Busy) return isLate ? Status.Timeout : status;
    if (status !== Status.Ok) return status;
    this.state = State.Disable;
    return Status.Busy;
  }

  private run(): Status {
    const status = this.modes.requestRunning();
    if (status === Status.Ok) this.state = State.Awake;
    return status;
  }

  /** One BIT MODIFY, then the next state. */
  private modify(address: u32, mask: u32, value: u32): Status {
    const status = modifyRegister(this.bus, address, mask, value);
    if (status !== Status.Ok) return status;
    this.state = (this.state + 1) as State;
    return Status.Busy;
  }

  /** Checked before the chip is asked: after a stall of the core, the chip is asked once more. */
  private get deadlineReached(): bool {
    return this.deadline.reached(this.clock.nowTicks());
  }

  private startDeadline(micros: u32): void {
    const clock = this.clock;
    this.deadline.start(clock.nowTicks(), microsToTicks(micros, clock.ticksPerSecond()));
  }
}
