/**
 * FaultReport: says what goes wrong on the bus and in the chip, once on the console and as error
 * messages for AGL.
 *
 * Used by: fault-look-task.ts and what it is made of.
 * Does not: do anything about it. Lines that could come often are said at most once a second.
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
} from '../can/error-frame';
import { FaultState } from '../can/fault-state';
import { TraceEvent } from '../control/trace-event';
import { EFLG_RXEP, EFLG_RXWAR, EFLG_TXEP, EFLG_TXWAR } from '../driver/mcp2515/registers';
import { Console } from '../jailhouse/console';
import { Counter, countOf } from '../rt/counters';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { CellParts } from './cell-parts';
import { ErrorMessages } from './error-messages';

const QUIET_MICROS: u32 = 1_000_000;

@final
export class FaultReport {
  private readonly messages: ErrorMessages;
  private readonly quietTicks: u64;
  /** Until then lost frames, and frames that were taken back, are counted and not said. */
  private readonly overflowQuiet: Deadline = new Deadline();
  private readonly timeoutQuiet: Deadline = new Deadline();
  private overflowsSaid: u32 = 0;
  private overflowSaid: bool = false;
  private timeoutSaid: bool = false;

  constructor(private readonly parts: CellParts) {
    this.messages = new ErrorMessages(parts);
    this.quietTicks = microsToTicks(QUIET_MICROS, parts.clock.ticksPerSecond());
  }

  /** The fault confinement state has changed. */
  state(state: FaultState): void {
    this.traceState(state);
    if (state === FaultState.BusOff) {
      this.messages.send(ERROR_BUS_OFF, 0);
      this.parts.control.note(TraceEvent.BusOff, 0, 0);
      this.sayBusOff();
    } else {
      this.messages.send(ERROR_CONTROLLER, this.controllerBits(state));
    }
  }

  /**
   * Between two looks the controller was in a worse state than `state`, which it is in: the next worse one
   * at least, by the counter that is higher now.
   */
  briefState(state: FaultState): void {
    const faults = this.parts.controller.faults;
    const isPassive = state === FaultState.ErrorWarning;
    let bits: u32 = isPassive ? CONTROLLER_RECEIVE_PASSIVE : CONTROLLER_RECEIVE_WARNING;
    if (faults.transmitErrors > faults.receiveErrors) {
      bits = isPassive ? CONTROLLER_TRANSMIT_PASSIVE : CONTROLLER_TRANSMIT_WARNING;
    }
    this.messages.send(ERROR_CONTROLLER, bits);
  }

  /** The controller is back after bus-off. */
  restarted(): void {
    this.parts.control.note(TraceEvent.Restarted, 0, 0);
    this.messages.send(ERROR_RESTARTED, 0);
    this.begin().text('back on the bus').endLine();
  }

  /** Frames were lost in the receive buffers. */
  overflow(nowTicks: u64): void {
    this.messages.send(ERROR_CONTROLLER, CONTROLLER_RECEIVE_OVERFLOW);
    if (this.overflowSaid && !this.overflowQuiet.reached(nowTicks)) return;
    this.overflowSaid = true;
    this.overflowQuiet.start(nowTicks, this.quietTicks);
    const overflows = countOf(Counter.ReceiveOverflow0) + countOf(Counter.ReceiveOverflow1);
    this.begin()
      .text('frames lost in the controller ')
      .decimal(overflows - this.overflowsSaid)
      .text(' times: they were not read in time');
    this.overflowsSaid = overflows;
    this.end(Status.ReceiveOverflow);
  }

  /** A frame was taken back: it was not sent in time. */
  transmitTimeout(nowTicks: u64): void {
    const unacknowledged = (this.parts.controller.faults.errorFlags & EFLG_TXEP) !== 0;
    this.messages.send(ERROR_TRANSMIT_TIMEOUT | (unacknowledged ? ERROR_ACKNOWLEDGE : 0), 0);
    if (this.timeoutSaid && !this.timeoutQuiet.reached(nowTicks)) return;
    this.timeoutSaid = true;
    this.timeoutQuiet.start(nowTicks, this.quietTicks);
    this.begin()
      .text('a frame was not sent within ')
      .decimal(this.parts.settings.transmitTimeoutMillis)
      .text(' ms and was taken back');
    this.end(Status.TransmitTimeout);
  }

  /** One-shot mode: a frame has lost arbitration. */
  arbitrationLost(): void {
    this.messages.send(ERROR_LOST_ARBITRATION, 0);
  }

  /** One-shot mode: a frame has met an error. */
  transmitError(): void {
    this.messages.send(ERROR_BUS, 0);
  }

  /** The chip has lost its settings. */
  chipLost(): void {
    this.parts.control.note(TraceEvent.ChipReset, 0, 0);
    this.begin().text(
      'the MCP2515 has lost its settings; a drop of its supply? It is set up again',
    );
    this.end(Status.ChipLostSettings);
  }

  /** The chip is back with its settings. */
  chipBack(): void {
    this.parts.control.note(TraceEvent.ChipBack, 0, 0);
    this.messages.send(ERROR_RESTARTED, 0);
    this.begin().text('the MCP2515 is back on the bus, counters kept').endLine();
  }

  /** The chip does not come back; tried again. */
  chipGone(status: Status): void {
    this.begin().text('the MCP2515 does not come back; tried again every 100 ms');
    this.end(status);
  }

  /** The core has an SError pending, which it masks. */
  systemError(): void {
    this.begin().text('the core has a system error pending (SError): an access to memory or to a');
    this.parts.console.text(' device has failed. Results may be wrong from now on');
    this.end(Status.SystemErrorPending);
  }

  /** The chip sleeps. */
  asleep(): void {
    this.begin()
      .text('asleep: nothing on the bus for ')
      .decimal(this.parts.settings.sleepSeconds)
      .text(' s')
      .endLine();
  }

  /** The chip wakes. */
  awake(why: string): void {
    this.begin().text('awake: ').text(why).endLine();
  }

  /** A frame waited and INT was not asserted, again and again. */
  interruptSilent(): void {
    this.begin().text(
      'INT is not asserted though a frame waits: status is read over SPI from now on.',
    );
    this.parts.console.text(' Is INT wired to the pin of the cell?');
    this.end(Status.InterruptSilent);
  }

  /** INT was asserted with nothing to do, again and again. */
  interruptStuck(): void {
    this.begin().text('INT is asserted though nothing waits: status is read over SPI from now on.');
    this.parts.console.text(' Is INT shorted, or another device on that pin?');
    this.end(Status.InterruptStuck);
  }

  /** No frame of the cell was ever acknowledged. */
  notAcknowledged(): void {
    this.begin()
      .text('nobody acknowledges what the cell sends (TEC ')
      .decimal(this.parts.controller.faults.transmitErrors)
      .text('). Is another node on the bus, at ')
      .decimal(this.parts.settings.bitrate)
      .text(' bit/s?');
    this.end(Status.NotAcknowledged);
  }

  /** Starts a line. */
  begin(): Console {
    return this.parts.console.text('canwarden: ');
  }

  /** Ends a line with the number of `status`; the characters go out in the steps that follow. */
  end(status: Status): void {
    this.parts.control.said(status);
    this.parts.console.text(' (status ').decimal(status).text(')').endLine();
  }

  private traceState(state: FaultState): void {
    const faults = this.parts.controller.faults;
    const counters = faults.transmitErrors | (faults.receiveErrors << 8);
    this.parts.control.note(TraceEvent.FaultState, state, counters | (faults.errorFlags << 16));
  }

  private sayBusOff(): void {
    const restartMillis = this.parts.settings.restartMillis;
    this.begin().text('bus-off: too many errors while sending. ');
    if (restartMillis === 0) {
      this.parts.console.text('The cell stays off the bus until it is started again');
    } else {
      this.parts.console.text('Back in ').decimal(restartMillis).text(' ms');
    }
    this.end(Status.BusOff);
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
