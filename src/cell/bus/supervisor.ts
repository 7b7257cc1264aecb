// SPDX-License-Identifier: MIT
/**
 * BusSupervisor: looks after the bus and the chip. It watches fault states, overflow, bus-off, a
 * chip that was reset, sleep, a wrong INT line, and frames that are not sent.
 *
 * A full look (10 bytes) runs every 10 ms, and behind it one at a transmit buffer (ContentWatch). A
 * short one (6 bytes) runs every millisecond while there are errors on the bus, and every 64 bit times
 * while a frame is on its way: a failed attempt counts 8 and takes at least that long.
 *
 * Each step starts the timer anew, and makes at most one SPI transaction of at most 10 bytes (and
 * one READ STATUS when the line is in doubt). A chip that has lost its settings is set up in such
 * steps, too. One step is longer: it loads both preloaded answers (28 bytes).
 * Does not: touch frames.
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
import { ContentWatch } from './content-watch';
import { BusOff } from './off';
import { RateSearch } from './rate-search';
import { applyBusSettings } from './settings';
import { BusSleep } from './sleep';
import { State } from './state';
import { AnyParts } from '../parts';
import { YieldingTransfer } from '../yielding-transfer';
import { FaultReport } from './report';
import { InterruptWatch } from './interrupt-watch';
import { SystemErrorWatch } from './system-error-watch';
import { TransmitWatch } from './transmit-watch';
import { ReceiveTask, TransmitPollTask } from '../receive';
import { UrgentAnswers } from '../urgent/answers';
import { chooseReceiveLayout } from '../urgent/receive-layout';

const LOOK_MICROS: u32 = 1_000;
const FULL_LOOK_MICROS: u32 = 10_000;
const LOOK_BITS_WHILE_SENDING: u32 = 64;
/** Time between two looks for the end of a sent frame. The shortest frame takes 47 bits. */
const TRANSMIT_POLL_BITS: u32 = 16;
const RETRY_MICROS: u32 = 100_000;
/** How long after the last bus error the looks stay frequent. */
const ERRORS_RECENT_MICROS: u32 = 50_000;

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
  private readonly contents: ContentWatch<Parts> = new ContentWatch<Parts>(
    this.parts,
    this.answers,
  );
  private readonly busOff: BusOff<Parts> = new BusOff<Parts>(this.parts, this.answers);
  private readonly sleep: BusSleep<Parts> = new BusSleep<Parts>(this.parts, this.report);
  private readonly search: RateSearch<Parts> = new RateSearch<Parts>(this.parts);
  private readonly fullLook: SoftwareTimer = new SoftwareTimer();
  private readonly watchPeriod: SoftwareTimer = new SoftwareTimer();
  /** Reached when there was no error for a while. */
  private readonly quiet: Deadline = new Deadline();
  private readonly transfer: YieldingTransfer<Parts> = new YieldingTransfer<Parts>(this.parts);
  private state: State = State.Running;
  private roundOpen: bool = false;
  /** The current round is a full look. */
  private full: bool = false;
  private saidGone: bool = false;
  /** The bit rate was found, which is reported when the chip is on the bus. */
  private wasSought: bool = false;
  /** True: the chip comes back from a set-up. False: it comes back from sleep. */
  private wasLost: bool = false;
  /** The fault state at the time of falling asleep. Waking clears the error counters. */
  private sleptIn: FaultState = FaultState.ErrorActive;
  /** Reached when the chip has taken too long to get on the bus. */
  private readonly patience: Deadline = new Deadline();
  private patienceTicks: u64 = 0;
  private readonly lookTicks: u64;
  private readonly retryTicks: u64;
  private readonly errorsRecentTicks: u64;
  private sendingLookTicks: u64 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly receive: ReceiveTask<Parts>,
    private readonly transmitPoll: TransmitPollTask<Parts>,
  ) {
    super();
    this.hasTimer = true;
    const perSecond = parts.clock.ticksPerSecond();
    this.lookTicks = microsToTicks(LOOK_MICROS, perSecond);
    this.retryTicks = microsToTicks(RETRY_MICROS, perSecond);
    this.errorsRecentTicks = microsToTicks(ERRORS_RECENT_MICROS, perSecond);
  }

  /** Reads the settings and starts the looks; call it after start-up. */
  start(): void {
    const parts = this.parts;
    const perSecond = parts.clock.ticksPerSecond();
    this.transmitWatch.start();
    this.sleep.start();
    const nowTicks = parts.clock.nowTicks();
    this.takeBitrate(nowTicks);
    this.quiet.start(nowTicks, 0);
    this.fullLook.startPeriodic(nowTicks, microsToTicks(FULL_LOOK_MICROS, perSecond));
    this.watchPeriod.startPeriodic(nowTicks, this.lookTicks);
    this.timer.start(nowTicks, this.lookTicks);
    if (parts.busAwaited) this.tryLater(nowTicks);
    if (parts.isRateSought) this.beginSearch(nowTicks);
  }

  /** Derives the times that depend on the bit rate. */
  private takeBitrate(nowTicks: u64): void {
    const parts = this.parts;
    this.sendingLookTicks = min<u64>(this.bitsToTicks(LOOK_BITS_WHILE_SENDING), this.lookTicks);
    this.patienceTicks = this.bitsToTicks(MODE_TIMEOUT_BITS);
    this.transmitPoll.intervalTicks = this.bitsToTicks(TRANSMIT_POLL_BITS);
    this.busOff.start(this.sendingLookTicks);
    if (parts.isRateSought || !parts.controller.setup.acceptance.lineKept) return;
    this.receive.startSingle(nowTicks);
  }

  private bitsToTicks(bits: u32): u64 {
    const micros = (bits * 1_000_000) / this.parts.settings.bitrate;
    return microsToTicks(micros, this.parts.clock.ticksPerSecond());
  }

  override run(nowTicks: u64): bool {
    if (!this.timer.reached(nowTicks) && !this.wakePending) return false;
    if (this.state === State.Running && this.receive.comesBefore(this.timer, nowTicks))
      return false;
    this.goOnWith(nowTicks);
    return true;
  }

  private goOnWith(nowTicks: u64): void {
    this.systemErrors.look();
    switch (this.state) {
      case State.Running:
        this.look(nowTicks);
        return;
      case State.Off:
        this.stayOff(nowTicks);
        return;
      case State.Lost:
        this.bringBack(nowTicks);
        return;
      case State.SettingUp:
        this.goOn(nowTicks, this.parts.controller.configureStep(), State.Preparing);
        return;
      case State.Preparing:
        this.goOn(nowTicks, this.answers.prepare(), State.Rejoining);
        return;
      case State.Rejoining:
        this.wasLost = true;
        this.startPatience(nowTicks);
        this.goOn(nowTicks, this.parts.controller.rejoin(), State.Returning);
        return;
      case State.Returning:
        this.awaitBus(nowTicks);
        return;
      case State.Settling:
        this.settle(nowTicks);
        return;
      case State.Searching:
        this.goOnSearching(nowTicks);
        return;
      default:
        this.goOnSleeping(nowTicks);
    }
  }

  /** A sleeping chip has woken, or must be woken. */
  private get wakePending(): bool {
    return this.state === State.Sleeping && this.sleep.wakePending;
  }

  private look(nowTicks: u64): void {
    const controller = this.parts.controller;
    if (this.contents.isDue) {
      // First, as each instruction before a transaction is one without a look at INT. If one buffer has another content
      // than was written, other registers may, too.
      if (this.contents.differs(this.timer, nowTicks)) this.lose(nowTicks);
      else if (!this.contents.isDue) this.timer.start(nowTicks, this.pauseTicks);
      return;
    }
    if (this.watchPeriod.expired(nowTicks)) this.transmitWatch.look(nowTicks);
    this.timer.start(nowTicks, this.pauseTicks);
    if (!this.roundOpen) {
      if (this.quiet.reached(nowTicks) && this.sleep.due(nowTicks)) {
        this.sleptIn = this.parts.controller.faultState();
        this.sleep.begin();
        this.state = State.Sleeping;
        this.timer.start(nowTicks, 0);
        return;
      }
      this.full = this.interruptWatch.doubtful || this.fullLook.expired(nowTicks);
      if (!this.full && !this.errorsRecent(nowTicks)) return;
    }
    this.transfer.begin();
    const status = this.transfer.end(controller.look(this.full));
    this.roundOpen = status === Status.Busy;
    if (this.roundOpen) {
      this.timer.start(nowTicks, 0);
      if (!controller.faults.inProgress) this.interruptWatch.wasAsserted();
    }
    // Compare before any other transaction: the next one may read the buffers.
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
      this.contents.begin(this.timer, nowTicks);
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
    this.state = State.Off;
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
    this.state = State.Running;
    this.sleep.restart(nowTicks);
    this.parts.counters.count(Counter.Restarts);
    this.report.restarted();
  }

  private lose(nowTicks: u64): void {
    this.state = State.Lost;
    this.roundOpen = false;
    this.contents.restart();
    this.saidGone = false;
    this.parts.counters.count(Counter.ChipResets);
    this.report.chipLost();
    this.timer.start(nowTicks, 0);
  }

  private bringBack(nowTicks: u64): void {
    if (this.parts.isRateSought) {
      this.beginSearch(nowTicks);
      return;
    }
    const settings = this.parts.settings;
    const controller = this.parts.controller;
    const status = controller.beginConfigure(settings.oscillatorHertz, settings.bitrate);
    this.goOn(nowTicks, status, State.SettingUp);
  }

  /**
   * After a step towards the bus: repeats it (`Busy`), goes on to `next` (`Ok`), or starts over
   * later.
   */
  private goOn(nowTicks: u64, status: Status, next: State): void {
    this.timer.start(nowTicks, 0);
    if (status === Status.Ok) this.state = next;
    else if (status !== Status.Busy) this.fail(nowTicks, status);
  }

  private awaitBus(nowTicks: u64): void {
    const status = this.parts.controller.joined();
    const isLate = status === Status.Busy && this.patience.reached(nowTicks);
    this.goOn(nowTicks, isLate ? Status.ChipNotInNormalMode : status, State.Settling);
  }

  /** Limits the time to get on the bus, which takes 11 recessive bits. */
  private startPatience(nowTicks: u64): void {
    this.patience.start(nowTicks, this.patienceTicks);
  }

  private settle(nowTicks: u64): void {
    const status = this.parts.controller.rememberSettings();
    if (status !== Status.Ok) {
      this.fail(nowTicks, status);
      return;
    }
    this.state = State.Running;
    this.roundOpen = false;
    this.saidGone = false;
    this.sleep.restart(nowTicks);
    this.timer.start(nowTicks, this.lookTicks);
    if (this.wasSought) {
      this.wasSought = false;
      this.report.rateFound();
    } else if (this.wasLost) this.report.chipBack();
    else if (this.sleptIn !== FaultState.ErrorActive) this.report.state(FaultState.ErrorActive);
  }

  /** The chip did not come back. Tries again after a while. */
  private fail(nowTicks: u64, status: Status): void {
    if (!this.saidGone) this.report.chipGone(status);
    this.tryLater(nowTicks);
  }

  /** Starts over with the set-up after a while. The fault was reported already. */
  private tryLater(nowTicks: u64): void {
    this.saidGone = true;
    this.state = State.Lost;
    this.timer.start(nowTicks, this.retryTicks);
  }

  private beginSearch(nowTicks: u64): void {
    this.search.begin();
    this.state = State.Searching;
    this.timer.start(nowTicks, 0);
  }

  /** bitrate=auto: goes on listening. With the rate found, the chip is set up for it and joins the bus. */
  private goOnSearching(nowTicks: u64): void {
    const parts = this.parts;
    const status = this.search.run(nowTicks);
    if (status === Status.Busy) {
      this.timer.start(this.search.nextTicks, 0);
    } else if (status !== Status.Ok) {
      this.fail(nowTicks, status);
    } else {
      parts.isRateSought = false;
      this.wasSought = true;
      applyBusSettings(parts);
      chooseReceiveLayout(parts);
      this.takeBitrate(nowTicks);
      this.state = State.Lost;
      this.timer.start(nowTicks, 0);
    }
  }

  private goOnSleeping(nowTicks: u64): void {
    const status = this.sleep.run(nowTicks);
    if (status === Status.Empty) {
      this.timer.start(this.sleep.nextTicks, 0);
    } else if (status === Status.Ok) {
      this.wasLost = false;
      this.startPatience(nowTicks);
      this.goOn(nowTicks, status, State.Returning);
    } else if (status === Status.Busy) {
      this.timer.start(nowTicks, 0);
    } else {
      this.lose(nowTicks);
    }
  }
}
