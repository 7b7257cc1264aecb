// SPDX-License-Identifier: MIT
/**
 * BusOff: keeps the chip off the bus after bus-off, and brings it back (`restart-ms=`).
 *
 * Does not: wait. Each `run` makes at most one transaction of at most 4 bytes.
 *
 * A node may come back after 128 times 11 recessive bits (ISO 11898-1, 12.1.4.4). Only the chip
 * sees these bits. It counts them in normal mode, and then comes back by itself (DS20001801J,
 * section 6.6). Configuration mode clears its counters (section 10.1). So:
 *
 *   restart-ms=0   configuration mode at once, for good
 *   otherwise      ABAT, so that nothing is sent; READ EFLG until TXBO is clear. If that is before the
 *                  restart time, configuration mode until then. After it, normal mode without ABAT.
 *
 * Each frame ends with 11 recessive bits. If TXBO is still set 128 frames after the restart time,
 * the bus is stuck or the chip does not count. The chip then comes back by way of configuration
 * mode.
 */
import { Counter } from '../../rt/counters';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { UrgentAnswers } from '../urgent/answers';

/** 128 of the longest frames, each with an error flag and a delimiter. */
const RECOVERY_BITS_MAXIMUM: u32 = 128 * 192;

/** What the next step does. */
enum State {
  Leave = 0,
  /** Ask whether the chip has counted enough recessive bits. */
  AwaitRecovery = 1,
  /** The chip recovered before the restart time, or does not recover: go to configuration mode. */
  Retire = 2,
  /** Ask for normal mode. */
  Rejoin = 3,
  AwaitBus = 4,
  /** On the bus: check that the chip still has its settings. */
  Confirm = 5,
}

@final
export class BusOff<Parts extends AnyParts> {
  private state: State = State.Leave;
  private lookTicks: u64 = 0;
  private restartTicks: u64 = 0;
  private recoveryTicks: u64 = 0;
  /** Reached at the restart time (`restart-ms=`). */
  private readonly restart: Deadline = new Deadline();
  /** Reached when the chip should long have counted its recessive bits. */
  private readonly overdue: Deadline = new Deadline();
  /** Reached when `run` is to be called. */
  private readonly next: Deadline = new Deadline();

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {}

  /**
   * Reads the settings; call it after the command line was parsed. `lookTicks`: time between two
   * looks.
   */
  start(lookTicks: u64): void {
    const settings = this.parts.settings;
    const perSecond = this.parts.clock.ticksPerSecond();
    this.lookTicks = lookTicks;
    this.restartTicks = microsToTicks(settings.restartMillis * 1_000, perSecond);
    const recoveryMillis = (RECOVERY_BITS_MAXIMUM * 1_000) / settings.bitrate;
    this.recoveryTicks = microsToTicks(recoveryMillis * 1_000, perSecond);
  }

  /** Bus-off was seen at `nowTicks`. */
  begin(nowTicks: u64): void {
    this.state = State.Leave;
    this.restart.start(nowTicks, this.restartTicks);
    this.overdue.start(nowTicks, this.restartTicks + this.recoveryTicks);
  }

  /** When `run` is to be called next. */
  get nextTicks(): u64 {
    return this.next.ticks;
  }

  /**
   * One step. `Ok`: back on the bus. `ChipNotInNormalMode`: the chip has lost its settings. `Busy`:
   * call again at `nextTicks`.
   */
  run(nowTicks: u64): Status {
    const controller = this.parts.controller;
    this.next.start(nowTicks, this.lookTicks);
    switch (this.state) {
      case State.Leave:
        this.leave(nowTicks);
        return Status.Busy;
      case State.AwaitRecovery:
        return this.awaitRecovery(nowTicks);
      case State.Retire:
        if (controller.leaveNow(false) === Status.Ok) this.rest(nowTicks);
        return Status.Busy;
      case State.Rejoin:
        if (controller.rejoin() === Status.Ok) this.state = State.AwaitBus;
        return Status.Busy;
      case State.AwaitBus:
        if (controller.joined() === Status.Ok) this.goTo(State.Confirm, nowTicks);
        return Status.Busy;
      default:
        return controller.confirmSettings();
    }
  }

  private goTo(state: State, nowTicks: u64): void {
    this.state = state;
    this.next.start(nowTicks, 0);
  }

  /** Gives up the waiting answers: later they would be stale. */
  private leave(nowTicks: u64): void {
    const isForGood = this.restartTicks === 0;
    if (this.parts.controller.leaveNow(!isForGood) !== Status.Ok) return;
    this.answers.waiting.abandon(Counter.AnswersBusOff);
    this.state = State.AwaitRecovery;
    if (!isForGood) return;
    this.restart.cancel();
    this.rest(nowTicks);
  }

  private awaitRecovery(nowTicks: u64): Status {
    const status = this.parts.controller.checkRecovered();
    if (status === Status.Ok) {
      this.goTo(this.restart.reached(nowTicks) ? State.Rejoin : State.Retire, nowTicks);
    } else if (this.overdue.reached(nowTicks)) {
      this.state = State.Retire;
    }
    return status === Status.ChipNotInNormalMode ? status : Status.Busy;
  }

  /** Stays in configuration mode until the restart time, and at least long enough to get there. */
  private rest(nowTicks: u64): void {
    this.state = State.Rejoin;
    if (!this.restart.reached(nowTicks)) this.next.start(this.restart.ticks, 0);
  }
}
