// SPDX-License-Identifier: MIT
/**
 * BusSupervisor: looks after the bus and the chip: states, overflow, bus-off, a chip that was reset or
 * is to sleep, a line that lies, frames that are not sent.
 *
 * Starts its own timer anew in each step.
 * Does not: touch frames. Each step makes at most one SPI transaction of at most 10 bytes (and one
 * READ STATUS when the line lies). A chip that has lost its settings is set up again in such steps, too;
 * only the answers that wait in it are loaded in one (28 bytes).
 *
 * How often: a full look (10 bytes) every 10 ms. Besides that a short one (6 bytes): every millisecond
 * while there are errors on the bus; every 64 bit times while a frame is on its way, because a failed
 * attempt counts 8 and takes no less.
 */
import { FaultState } from '../../can/fault-state';
import {
  EVENT_BRIEF_STATE,
  EVENT_BUS_ERROR,
  EVENT_CHIP_RESET,
  EVENT_FULL_LOOK,
  EVENT_OVERFLOW,
  EVENT_STATE,
} from '../../driver/mcp2515/fault-monitor';
import { MODE_TIMEOUT_BITS } from '../../driver/mcp2515/modes';
import { Counter } from '../../rt/counters';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { SoftwareTimer } from '../../rt/software-timer';
import { Status } from '../../rt/status';
import { Task } from '../../rt/task';
import { BusDiagnosis } from './diagnosis';
import { BusOff } from './off';
import { BusSleep } from './sleep';
import { AnyParts } from '../parts';
import { Courtesy } from '../courtesy';
import { FaultReport } from './report';
import { InterruptWatch } from './interrupt-watch';
import { SystemErrorWatch } from './system-error-watch';
import { TransmitWatch } from './transmit-watch';
import { UrgentAnswers } from '../urgent/answers';

const LOOK_MICROS: u32 = 1_000;
const FULL_LOOK_MICROS: u32 = 10_000;
const LOOK_BITS_WHILE_SENDING: u32 = 64;
const RETRY_MICROS: u32 = 100_000;
/** How long after the last error on the bus it is looked at more often. */
const ERRORS_RECENT_MICROS: u32 = 50_000;

/** Where the controller stands. */
enum BusState {
  /** On the bus. */
  Running = 0,
  /** Bus-off was seen: off the bus, or on the way there or back. */
  Off = 1,
  /** The chip has lost its settings: to be set up again. */
  Lost = 2,
  /** It is being set up. */
  SettingUp = 3,
  /** It is set up: the answers that wait in it are to be loaded. */
  Preparing = 4,
  /** The bus is to be asked for. */
  Rejoining = 5,
  /** Set up, or awake again, and asked for the bus. */
  Returning = 6,
  /** On the bus; its settings are to be remembered. */
  Settling = 7,
  /** On the way to sleep, asleep, or on the way back. */
  Sleeping = 8,
}

@final
export class BusSupervisor<Parts extends AnyParts> extends Task {
  private readonly report: FaultReport<Parts> = new FaultReport<Parts>(this.parts);
  private readonly transmitWatch: TransmitWatch<Parts> = new TransmitWatch<Parts>(
    this.parts,
    this.report,
  );
  private readonly interruptWatch: InterruptWatch<Parts> = new InterruptWatch<Parts>(
    this.parts,
    this.report,
  );
  private readonly systemErrors: SystemErrorWatch<Parts> = new SystemErrorWatch<Parts>(
    this.parts,
    this.report,
  );
  private readonly diagnosis: BusDiagnosis<Parts> = new BusDiagnosis<Parts>(
    this.parts,
    this.report,
  );
  private readonly busOff: BusOff<Parts> = new BusOff<Parts>(this.parts, this.answers);
  private readonly sleep: BusSleep<Parts> = new BusSleep<Parts>(this.parts, this.report);
  private readonly fullLook: SoftwareTimer = new SoftwareTimer();
  private readonly watchPeriod: SoftwareTimer = new SoftwareTimer();
  /** Reached when there has been no error for a while. */
  private readonly quiet: Deadline = new Deadline();
  private readonly courtesy: Courtesy<Parts> = new Courtesy<Parts>(this.parts);
  private state: BusState = BusState.Running;
  private roundOpen: bool = false;
  /** The round is to begin with a full look, or has. */
  private full: bool = false;
  private saidGone: bool = false;
  /** The chip was set up again; else it has slept. */
  private wasLost: bool = false;
  /** The fault state that has ended with sleep: waking clears the error counters. */
  private sleptIn: FaultState = FaultState.ErrorActive;
  /** How long the chip may take to be on the bus again. */
  private readonly patience: Deadline = new Deadline();
  private patienceTicks: u64 = 0;
  private readonly lookTicks: u64;
  private readonly retryTicks: u64;
  private readonly errorsRecentTicks: u64;
  private sendingLookTicks: u64 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {
    super();
    this.hasTimer = true;
    const perSecond = parts.clock.ticksPerSecond();
    this.lookTicks = microsToTicks(LOOK_MICROS, perSecond);
    this.retryTicks = microsToTicks(RETRY_MICROS, perSecond);
    this.errorsRecentTicks = microsToTicks(ERRORS_RECENT_MICROS, perSecond);
  }

  /** Takes the settings over and begins; after start-up. */
  start(): void {
    const parts = this.parts;
    const settings = parts.settings;
    const perSecond = parts.clock.ticksPerSecond();
    const lookMicros = (LOOK_BITS_WHILE_SENDING * 1_000_000) / settings.bitrate;
    this.sendingLookTicks = microsToTicks(lookMicros, perSecond);
    if (this.sendingLookTicks > this.lookTicks) this.sendingLookTicks = this.lookTicks;
    const patienceMicros = (MODE_TIMEOUT_BITS * 1_000_000) / settings.bitrate;
    this.patienceTicks = microsToTicks(patienceMicros, perSecond);
    this.transmitWatch.start();
    this.busOff.start(this.sendingLookTicks);
    this.sleep.start();
    const nowTicks = parts.clock.nowTicks();
    this.quiet.start(nowTicks, 0);
    this.fullLook.startPeriodic(nowTicks, microsToTicks(FULL_LOOK_MICROS, perSecond));
    this.watchPeriod.startPeriodic(nowTicks, this.lookTicks);
    this.timer.start(nowTicks, this.lookTicks);
    if (parts.busAwaited) this.tryLater(nowTicks);
  }

  override run(nowTicks: u64): bool {
    if (!this.timer.reached(nowTicks) && !this.wakePending) return false;
    this.goOnWith(nowTicks);
    return true;
  }

  private goOnWith(nowTicks: u64): void {
    this.systemErrors.look();
    switch (this.state) {
      case BusState.Running:
        this.look(nowTicks);
        return;
      case BusState.Off:
        this.stayOff(nowTicks);
        return;
      case BusState.Lost:
        this.bringBack(nowTicks);
        return;
      case BusState.SettingUp:
        this.goOn(nowTicks, this.parts.controller.configureStep(), BusState.Preparing);
        return;
      case BusState.Preparing:
        this.goOn(nowTicks, this.answers.prepare(), BusState.Rejoining);
        return;
      case BusState.Rejoining:
        this.wasLost = true;
        this.startPatience(nowTicks);
        this.goOn(nowTicks, this.parts.controller.rejoin(), BusState.Returning);
        return;
      case BusState.Returning:
        this.awaitBus(nowTicks);
        return;
      case BusState.Settling:
        this.settle(nowTicks);
        return;
      default:
        this.goOnSleeping(nowTicks);
    }
  }

  /** A sleeping chip has woken, or is wanted. */
  private get wakePending(): bool {
    return this.state === BusState.Sleeping && this.sleep.wakePending;
  }

  private look(nowTicks: u64): void {
    const controller = this.parts.controller;
    if (this.watchPeriod.expired(nowTicks)) this.transmitWatch.look(nowTicks);
    this.timer.start(nowTicks, this.pauseTicks);
    if (!this.roundOpen) {
      if (this.quiet.reached(nowTicks) && this.sleep.due(nowTicks)) {
        this.sleptIn = this.parts.controller.faultState();
        this.sleep.begin();
        this.state = BusState.Sleeping;
        this.timer.start(nowTicks, 0);
        return;
      }
      this.full = this.interruptWatch.doubtful || this.fullLook.expired(nowTicks);
      if (!this.full && !this.errorsRecent(nowTicks)) return;
    }
    this.courtesy.begin();
    const status = this.courtesy.end(controller.look(this.full));
    this.roundOpen = status === Status.Busy;
    if (this.roundOpen) this.timer.start(nowTicks, 0);
    // Before any other transaction: later the buffers may have been read.
    if (controller.faults.receiveFlagsFresh) this.interruptWatch.look();
    if (status !== Status.Ok) return;
    const events = controller.faults.takeEvents();
    if ((events & EVENT_BUS_ERROR) !== 0) this.quiet.start(nowTicks, this.errorsRecentTicks);
    if ((events & EVENT_CHIP_RESET) !== 0) {
      this.lose(nowTicks);
      return;
    }
    if ((events & EVENT_FULL_LOOK) !== 0) {
      this.diagnosis.look(nowTicks);
      this.report.answersDropped(nowTicks);
    }
    if ((events & EVENT_OVERFLOW) !== 0) this.report.overflow(nowTicks);
    if ((events & EVENT_BRIEF_STATE) !== 0) this.report.briefState(controller.faultState());
    if ((events & EVENT_STATE) !== 0) this.stateChanged(nowTicks);
  }

  private errorsRecent(nowTicks: u64): bool {
    return this.parts.controller.anyTransmitBusy || !this.quiet.reached(nowTicks);
  }

  private get pauseTicks(): u64 {
    return this.parts.controller.anyTransmitBusy ? this.sendingLookTicks : this.lookTicks;
  }

  private stateChanged(nowTicks: u64): void {
    const state = this.parts.controller.faultState();
    this.report.state(state);
    if (state !== FaultState.BusOff) return;
    this.parts.counters.count(Counter.BusOff);
    this.state = BusState.Off;
    this.busOff.begin(nowTicks);
    this.timer.start(nowTicks, 0);
  }

  private stayOff(nowTicks: u64): void {
    const status = this.busOff.run(nowTicks);
    if (status === Status.ChipNotInNormalMode) {
      this.lose(nowTicks);
      return;
    }
    this.timer.start(this.busOff.nextTicks, 0);
    if (status !== Status.Ok) return;
    this.state = BusState.Running;
    this.sleep.restart(nowTicks);
    this.parts.counters.count(Counter.Restarts);
    this.report.restarted();
  }

  private lose(nowTicks: u64): void {
    this.state = BusState.Lost;
    this.roundOpen = false;
    this.saidGone = false;
    this.parts.counters.count(Counter.ChipResets);
    this.report.chipLost();
    this.timer.start(nowTicks, 0);
  }

  private bringBack(nowTicks: u64): void {
    const settings = this.parts.settings;
    const controller = this.parts.controller;
    const status = controller.beginConfigure(settings.oscillatorHertz, settings.bitrate);
    this.goOn(nowTicks, status, BusState.SettingUp);
  }

  /** After a step towards the bus: the same again, the next one, or all of it later. */
  private goOn(nowTicks: u64, status: Status, next: BusState): void {
    this.timer.start(nowTicks, 0);
    if (status === Status.Ok) this.state = next;
    else if (status !== Status.Busy) this.fail(nowTicks, status);
  }

  private awaitBus(nowTicks: u64): void {
    const status = this.parts.controller.joined();
    const isLate = status === Status.Busy && this.patience.reached(nowTicks);
    this.goOn(nowTicks, isLate ? Status.ChipNotInNormalMode : status, BusState.Settling);
  }

  /** The chip is to be on the bus within that: 11 recessive bits. */
  private startPatience(nowTicks: u64): void {
    this.patience.start(nowTicks, this.patienceTicks);
  }

  private settle(nowTicks: u64): void {
    const status = this.parts.controller.rememberSettings();
    if (status !== Status.Ok) {
      this.fail(nowTicks, status);
      return;
    }
    this.state = BusState.Running;
    this.roundOpen = false;
    this.saidGone = false;
    this.sleep.restart(nowTicks);
    this.timer.start(nowTicks, this.lookTicks);
    if (this.wasLost) this.report.chipBack();
    else if (this.sleptIn !== FaultState.ErrorActive) this.report.state(FaultState.ErrorActive);
  }

  /** The chip did not come back: tried again after a while. */
  private fail(nowTicks: u64, status: Status): void {
    if (!this.saidGone) this.report.chipGone(status);
    this.tryLater(nowTicks);
  }

  /** Set up from the beginning, after a while; what is wrong was said. */
  private tryLater(nowTicks: u64): void {
    this.saidGone = true;
    this.state = BusState.Lost;
    this.timer.start(nowTicks, this.retryTicks);
  }

  private goOnSleeping(nowTicks: u64): void {
    const status = this.sleep.run(nowTicks);
    if (status === Status.Empty) {
      this.timer.start(this.sleep.nextTicks, 0);
    } else if (status === Status.Ok) {
      this.wasLost = false;
      this.startPatience(nowTicks);
      this.goOn(nowTicks, status, BusState.Returning);
    } else if (status === Status.Busy) {
      this.timer.start(nowTicks, 0);
    } else {
      this.lose(nowTicks);
    }
  }
}
