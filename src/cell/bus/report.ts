// SPDX-License-Identifier: MIT
/**
 * FaultReport: reports faults of the bus and the chip, to people and as error frames to AGL.
 *
 * A fault that can come often is reported at most once a second.
 * Does not: act on the fault.
 */
import {
  CONTROLLER_ACTIVE,
  CONTROLLER_RECEIVE_OVERFLOW,
  CONTROLLER_RECEIVE_PASSIVE,
  CONTROLLER_RECEIVE_WARNING,
  CONTROLLER_TRANSMIT_PASSIVE,
  CONTROLLER_TRANSMIT_WARNING,
  ERROR_ACKNOWLEDGE,
  ERROR_BUS,
  ERROR_BUS_OFF,
  ERROR_CONTROLLER,
  ERROR_LOST_ARBITRATION,
  ERROR_RESTARTED,
  ERROR_TRANSMIT_TIMEOUT,
} from '../../can/error-frame';
import { FaultState } from '../../can/fault-state';
import { Sentence, WakeReason } from '../../page/sentences';
import { TraceEvent } from '../../page/trace-event';
import { EFLG_RXEP, EFLG_RXWAR, EFLG_TXEP, EFLG_TXWAR } from '../../driver/mcp2515/registers';
import { Counter } from '../../rt/counters';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { showBitTiming } from '../page/bit-timing';
import { ErrorFrames } from './error-frames';

const QUIET_MICROS: u32 = 1_000_000;

@final
export class FaultReport<Parts extends AnyParts> {
  private readonly errorFrames: ErrorFrames<Parts> = new ErrorFrames<Parts>(this.parts);
  private readonly quietTicks: u64;
  /** Until it is reached, the fault is only counted: lost frames, aborted frames, dropped answers. */
  private readonly overflowQuiet: Deadline = new Deadline();
  private readonly timeoutQuiet: Deadline = new Deadline();
  private readonly answersQuiet: Deadline = new Deadline();
  private answersDroppedSaid: u32 = 0;
  private overflowsSaid: u32 = 0;
  private overflowSaid: bool = false;
  private timeoutSaid: bool = false;

  constructor(private readonly parts: Parts) {
    this.quietTicks = microsToTicks(QUIET_MICROS, parts.clock.ticksPerSecond());
  }

  /** The fault confinement state has changed. */
  state(state: FaultState): void {
    this.traceState(state);
    if (state === FaultState.BusOff) {
      this.errorFrames.send(ERROR_BUS_OFF, 0);
      this.parts.records.note(TraceEvent.BusOff, 0, 0);
      this.say(Status.BusOff, this.parts.settings.restartMillis);
    } else {
      this.errorFrames.send(ERROR_CONTROLLER, this.controllerBits(state));
    }
  }

  /**
   * Between two looks the controller was in a worse state than `state`, its present one. Reports
   * the next worse state, on the side whose error counter is higher now.
   */
  briefState(state: FaultState): void {
    const faults = this.parts.controller.faults;
    const isPassive = state === FaultState.ErrorWarning;
    let bits: u32 = isPassive ? CONTROLLER_RECEIVE_PASSIVE : CONTROLLER_RECEIVE_WARNING;
    if (faults.transmitErrors > faults.receiveErrors) {
      bits = isPassive ? CONTROLLER_TRANSMIT_PASSIVE : CONTROLLER_TRANSMIT_WARNING;
    }
    this.errorFrames.send(ERROR_CONTROLLER, bits);
  }

  /** The controller is back after bus-off. */
  restarted(): void {
    this.errorFrames.send(ERROR_RESTARTED, 0);
    this.parts.journal.tell(TraceEvent.Restarted, 0, 0);
  }

  /** bitrate=auto: the bit rate was found, and the cell is on the bus. The last line of the start. */
  rateFound(): void {
    const parts = this.parts;
    showBitTiming(parts);
    parts.journal.speaks = true;
    const point = parts.controller.rate.timing.samplePointPermille;
    parts.journal.tell(TraceEvent.RateFound, point, parts.settings.bitrate);
    parts.journal.speaks = parts.settings.consoleAlways;
  }

  /** Frames were lost in the receive buffers. */
  overflow(nowTicks: u64): void {
    this.errorFrames.send(ERROR_CONTROLLER, CONTROLLER_RECEIVE_OVERFLOW);
    if (this.overflowSaid && !this.overflowQuiet.reached(nowTicks)) return;
    this.overflowSaid = true;
    this.overflowQuiet.start(nowTicks, this.quietTicks);
    const overflows =
      this.parts.counters.of(Counter.ReceiveOverflow0) +
      this.parts.counters.of(Counter.ReceiveOverflow1);
    this.say(Status.ReceiveOverflow, overflows - this.overflowsSaid);
    this.overflowsSaid = overflows;
  }

  /** A frame was not sent in time, and was aborted. */
  transmitTimeout(nowTicks: u64): void {
    const unacknowledged = (this.parts.controller.faults.errorFlags & EFLG_TXEP) !== 0;
    this.errorFrames.send(ERROR_TRANSMIT_TIMEOUT | (unacknowledged ? ERROR_ACKNOWLEDGE : 0), 0);
    if (this.timeoutSaid && !this.timeoutQuiet.reached(nowTicks)) return;
    this.timeoutSaid = true;
    this.timeoutQuiet.start(nowTicks, this.quietTicks);
    this.say(Status.TransmitTimeout, this.parts.settings.transmitTimeoutMillis);
  }

  /** Reports dropped answers, if there were any. The trace tells which rule's. */
  answersDropped(nowTicks: u64): void {
    const dropped = this.parts.counters.of(Counter.AnswersDropped);
    if (dropped === this.answersDroppedSaid) return;
    if (this.answersDroppedSaid !== 0 && !this.answersQuiet.reached(nowTicks)) return;
    this.answersQuiet.start(nowTicks, this.quietTicks);
    this.say(Status.AnswerDropped, dropped - this.answersDroppedSaid);
    this.answersDroppedSaid = dropped;
  }

  /** One-shot mode: a frame lost arbitration. */
  arbitrationLost(): void {
    this.errorFrames.send(ERROR_LOST_ARBITRATION, 0);
  }

  /** One-shot mode: a frame met an error. */
  transmitError(): void {
    this.errorFrames.send(ERROR_BUS, 0);
  }

  /** The chip has lost its settings. */
  chipLost(): void {
    this.parts.records.note(TraceEvent.ChipReset, 0, 0);
    this.say(Status.ChipLostSettings, 0);
  }

  /** The chip is back with its settings. */
  chipBack(): void {
    this.errorFrames.send(ERROR_RESTARTED, 0);
    this.parts.journal.tell(TraceEvent.ChipBack, 0, 0);
  }

  /** The chip does not come back. The cell keeps trying. */
  chipGone(status: Status): void {
    this.parts.journal.say(status, Sentence.ChipGone, 0);
  }

  /** The core has an SError pending. The cell masks it. */
  systemError(): void {
    this.say(Status.SystemErrorPending, 0);
  }

  /** The chip sleeps. */
  asleep(): void {
    this.parts.journal.tell(TraceEvent.Asleep, 0, this.parts.settings.sleepSeconds);
  }

  /** The chip wakes. */
  awake(why: WakeReason): void {
    this.parts.journal.tell(TraceEvent.Awake, why, 0);
  }

  /** Several times in a row a frame waited and INT was not asserted. */
  interruptSilent(): void {
    this.say(Status.InterruptSilent, 0);
  }

  /** Several times in a row INT was asserted and no frame waited. */
  interruptStuck(): void {
    this.say(Status.InterruptStuck, 0);
  }

  /** The cell's frames are not acknowledged. */
  notAcknowledged(): void {
    const transmitErrors = this.parts.controller.faults.transmitErrors & 0xff;
    this.say(Status.NotAcknowledged, transmitErrors | (this.parts.settings.bitrate << 8));
  }

  /**
   * There are only errors on the bus. `hints`: the crystals that could make the bit rate (TRY_...)
   * and RATE_DOUBTFUL.
   */
  onlyErrors(hints: u32): void {
    this.say(Status.BusOnlyErrors, this.parts.settings.bitrate | hints);
  }

  private say(status: Status, value: u32): void {
    this.parts.journal.say(status, Sentence.First, value);
  }

  private traceState(state: FaultState): void {
    const faults = this.parts.controller.faults;
    const counters = faults.transmitErrors | (faults.receiveErrors << 8);
    this.parts.records.note(TraceEvent.FaultState, state, counters | (faults.errorFlags << 16));
  }

  private controllerBits(state: FaultState): u32 {
    const flags = this.parts.controller.faults.errorFlags;
    if (state === FaultState.ErrorPassive) {
      const transmit: u32 = (flags & EFLG_TXEP) !== 0 ? CONTROLLER_TRANSMIT_PASSIVE : 0;
      return transmit | ((flags & EFLG_RXEP) !== 0 ? CONTROLLER_RECEIVE_PASSIVE : 0);
    }
    if (state === FaultState.ErrorWarning) {
      const transmit: u32 = (flags & EFLG_TXWAR) !== 0 ? CONTROLLER_TRANSMIT_WARNING : 0;
      return transmit | ((flags & EFLG_RXWAR) !== 0 ? CONTROLLER_RECEIVE_WARNING : 0);
    }
    return CONTROLLER_ACTIVE;
  }
}
