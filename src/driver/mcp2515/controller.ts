// SPDX-License-Identifier: MIT
/**
 * Mcp2515: the CAN controller as the cell uses it.
 *
 * Bus, line and clock are type parameters, so it knows no chip of the SoC and every call is direct.
 * Does not: queue, retry, or decide. After `start` no method waits, and each makes at most the SPI
 * transactions listed here (bytes include the instruction; n = data bytes, 0 for remote frames):
 *
 *   attention       none; with `useInterruptLine` off one READ STATUS (2)
 *   urgentRequest   RX STATUS (2), and READ (3) if requests of the filter have a length
 *   requestLine     none
 *   confirmRequest  READ STATUS (2)
 *   receive         READ STATUS (2) unless a buffer must be full, then READ RX BUFFER (6 + n)
 *                   or, if there is no frame, one step of error service (4)
 *   pollStatus      READ STATUS (2)
 *   preload         LOAD TX BUFFER (6 + n)
 *   loadData        LOAD TX BUFFER from D0 (1 + n), or WRITE from another byte (2 + n)
 *   send            RTS (1)
 *   setPriority     BIT MODIFY (4)
 *   displaceStep    READ STATUS (2) or BIT MODIFY (4); see transmit-buffers.ts
 *   look            READ or BIT MODIFY (4 to 6), a full look READ (10); see fault-monitor.ts
 *   tendTransmit    READ or BIT MODIFY (2 to 4); see transmit-buffers.ts
 *
 *   configureStep   RESET, WRITE or READ (1 to 10)
 *   sleepStep       BIT MODIFY or READ (3 to 4), READ STATUS (2)
 *
 * Transmit interrupts are off: the next READ STATUS, which receiving needs anyway, shows completion. A
 * transmit buffer keeps its content after sending, so one byte sends a preloaded answer again.
 */
import { FaultState } from '../../can/fault-state';
import { Frame } from '../../can/frame';
import { Clock } from '../../hal/clock';
import { InterruptLine } from '../../hal/interrupt-line';
import { SPI_PART_BYTES_MAXIMUM, SpiBus } from '../../hal/spi-bus';
import { Counters, FrameEnd } from '../../rt/counters';
import { Status } from '../../rt/status';
import { BitRate, FRAME_BITS_MAXIMUM, FRAME_BITS_MINIMUM } from './bit-rate';
import { FaultMonitor } from './fault-monitor';
import { encodeFrame } from './frame-codec';
import {
  BUFFER_REGISTERS,
  loadTransmitBuffer,
  loadTransmitData,
  requestToSend,
} from './instructions';
import { BusMode } from './modes';
import { countTimeout, Receiver } from './receiver';
import { Setup } from './setup';
import { Sleep } from './sleep';
import { TransmitBuffers } from './transmit-buffers';

@final
export class Mcp2515<Bus extends SpiBus, Line extends InterruptLine, Time extends Clock> {
  /** Bit timing and register values in use, for messages. */
  readonly rate: BitRate = new BitRate();
  /** The set-up. Its `fault...` fields tell what failed in `configure`, for messages. */
  readonly setup: Setup<Bus, Time>;
  /** Fault confinement, overflow, and whether the chip has kept its settings. */
  readonly faults: FaultMonitor<Bus>;
  /** The transmit buffers, for requests beyond sending and aborting. */
  readonly buffers: TransmitBuffers<Bus>;
  /** The receive buffers, for what a line that is kept for RXB0 tells. */
  readonly receiver: Receiver<Bus, Line>;
  private readonly sleep: Sleep<Bus, Time>;
  private bitrate: u32 = 0;

  constructor(
    private readonly bus: Bus,
    private readonly line: Line,
    private readonly clock: Time,
    private readonly counters: Counters,
  ) {
    const setup = new Setup<Bus, Time>(bus, clock);
    const buffers = new TransmitBuffers<Bus>(bus, counters);
    this.setup = setup;
    this.faults = new FaultMonitor<Bus>(bus, counters);
    this.buffers = buffers;
    this.sleep = new Sleep<Bus, Time>(bus, clock, setup.modes);
    this.receiver = new Receiver<Bus, Line>(bus, line, setup.acceptance, buffers, counters);
  }

  /**
   * Resets the chip, writes and verifies its registers, and leaves it in configuration mode. Waits for the
   * oscillator, at most 10 ms. Errors: `BitRateImpossible`, `ChipSilentLow`, `ChipSilentHigh`,
   * `ChipNotInConfigurationMode`, `RegisterVerifyMismatch`, `SpiTimeout`.
   */
  configure(oscillatorHertz: u32, bitrate: u32): Status {
    let status = this.beginConfigure(oscillatorHertz, bitrate);
    if (status !== Status.Ok) return status;
    do {
      status = this.configureStep();
    } while (status === Status.Busy);
    return status;
  }

  /** Begins `configure` without waiting; `configureStep` continues it. `BitRateImpossible`. */
  beginConfigure(oscillatorHertz: u32, bitrate: u32): Status {
    const possible = this.rate.calculate(oscillatorHertz, bitrate);
    if (possible !== Status.Ok) return possible;
    this.bitrate = bitrate;
    const perSecond: u64 = this.clock.ticksPerSecond();
    this.buffers.frameTicks = (FRAME_BITS_MAXIMUM * perSecond) / bitrate;
    this.receiver.shortestTicks = (FRAME_BITS_MINIMUM * perSecond) / bitrate;
    this.buffers.closed = true;
    this.receiver.silent = true;
    this.forget();
    this.buffers.order.restart();
    this.setup.begin();
    return Status.Ok;
  }

  /** At most one transaction of at most 10 bytes. `Busy`: call again. Errors as `configure`. */
  configureStep(): Status {
    const status = this.setup.step(this.rate);
    if (status === Status.Ok) this.receiver.silent = false;
    return countTimeout(this.counters, status);
  }

  /** Joins the bus. Waits at most 1,000 bit times, then `ChipNotInNormalMode`. */
  start(): Status {
    if (this.bitrate === 0) return Status.ChipNotInConfigurationMode; // not configured
    const status = countTimeout(this.counters, this.setup.enterRunning(this.bitrate));
    if (status !== Status.Ok) return status;
    this.open();
    return this.rememberSettings();
  }

  /** Records the chip's current settings as those that must stay. `ChipNotInNormalMode`: lost already. READ (10 bytes). */
  rememberSettings(): Status {
    return countTimeout(this.counters, this.faults.rememberSettings(this.setup.modes.wantedBits));
  }

  /** Back to configuration mode after the frame on its way. Waits at most 1,000 bit times. */
  stop(): Status {
    if (this.bitrate === 0) return Status.Ok; // never configured: never on the bus
    const isAwake = this.sleep.awake;
    this.forget();
    return countTimeout(
      this.counters,
      isAwake ? this.setup.enterConfiguration(this.bitrate) : this.setup.reset(),
    );
  }

  /** False: the interrupt line is not wired, and READ STATUS replaces it (`int=spi`). */
  get useInterruptLine(): bool {
    return this.receiver.useInterruptLine;
  }

  set useInterruptLine(use: bool) {
    this.receiver.useInterruptLine = use;
  }

  /**
   * True: when the line goes low after both buffers were empty, RXB0 is read without READ STATUS, which saves
   * two bytes. Use it only if an answer waits for them, and never with RXB0 reserved for urgent requests. If
   * something else pulls the line low, an old frame is read.
   */
  set speculativeRead(speculative: bool) {
    this.receiver.speculativeRead = speculative;
  }

  /** RXB0 is reserved for urgent requests: call `urgentRequest` before `receive`. */
  get urgentFirst(): bool {
    return this.setup.acceptance.urgentFirst;
  }

  /** True if `receive` has something to do. `nowTicks`: when the step began, also below. */
  attention(nowTicks: u64 = 0): bool {
    return this.receiver.attention(nowTicks);
  }

  /** A frame waits, according to the last READ STATUS. */
  get frameKnown(): bool {
    return this.receiver.frameKnown;
  }

  /** Looks at the line once, if it is wired. Returns true if low. If high, both receive buffers are empty. */
  lineAsserted(): bool {
    return this.receiver.lineAsserted();
  }

  /**
   * With RXB0 reserved for urgent requests: the filter (0 or 1) hit by the request in RXB0, or -1 if there is
   * none or it has been answered. Call `receive` next.
   */
  urgentRequest(nowTicks: u64 = 0): i32 {
    return this.receiver.urgentRequest(nowTicks);
  }

  /** Marks the request of `urgentRequest` as answered; `receivedAnswered` reports it later. */
  markAnswered(): void {
    this.receiver.markAnswered();
  }

  /** A request was answered by its filter and has not been received yet. */
  get answeredUnread(): bool {
    return this.receiver.answeredUnread;
  }

  /** The last frame of `receive` was already answered by `urgentRequest`'s filter. */
  get receivedAnswered(): bool {
    return this.receiver.takenAnswered;
  }

  /** Takes the oldest frame into `frame`. `Empty`: none. The line is a level: call again while it is low. */
  receive(frame: Frame, nowTicks: u64 = 0): Status {
    return this.receiver.receive(frame, nowTicks);
  }

  /** READ STATUS: updates which receive buffers are full and which transmit buffers are done. */
  pollStatus(): Status {
    return this.receiver.pollStatus();
  }

  /** Loads `frame` into transmit buffer `buffer` (0..2) without sending. `Busy`: it is occupied. */
  preload(buffer: u32, frame: Frame): Status {
    if (this.buffers.occupied(buffer)) return this.taken();
    const registers = encodeFrame(frame, BUFFER_REGISTERS);
    return countTimeout(this.counters, loadTransmitBuffer(this.bus, buffer, registers));
  }

  /** Replaces `length` (1..8) data bytes of a preloaded frame, from `first` on, by the lowest of `data`. `Busy` as for `preload`. */
  loadData(buffer: u32, data: u64, first: u32, length: u32): Status {
    if (this.buffers.occupied(buffer)) return this.taken();
    return countTimeout(this.counters, loadTransmitData(this.bus, buffer, data, first, length));
  }

  /** A buffer is occupied: nothing of what was to be loaded was sent. */
  private taken(): Status {
    this.bus.unsent = SPI_PART_BYTES_MAXIMUM;
    return Status.Busy;
  }

  /** Sends the content of `buffer`. Only while not `transmitBusy`. `ListenOnly`: in that mode. `isAgl`: no answer. */
  send(buffer: u32, isAgl: bool): Status {
    if (this.setup.modes.wanted === BusMode.ListenOnly) return Status.ListenOnly;
    const status = requestToSend(this.bus, buffer);
    if (status !== Status.Ok) return countTimeout(this.counters, status);
    this.buffers.requested(buffer, isAgl);
    return Status.Ok;
  }

  /** TXP (1..3) of `buffer`, which may be pending. Of pending buffers the highest goes first. */
  setPriority(buffer: u32, priority: u32): Status {
    return countTimeout(this.counters, this.buffers.setPriority(buffer, priority));
  }

  /** As of the last READ STATUS; `pollStatus` updates it. */
  transmitBusy(buffer: u32): bool {
    return this.buffers.busy(buffer);
  }

  /** True while any request is pending in the chip. */
  get anyTransmitBusy(): bool {
    return this.buffers.anyPending;
  }

  /** True while off the bus: nothing can be sent, and every buffer counts as occupied. */
  get closed(): bool {
    return this.buffers.closed;
  }

  /**
   * Requests an abort of the pending frame of `buffer`, which `tendTransmit` performs. A frame on the wire
   * may still be sent; `outcome` tells. `why`: the reason that is counted if it is not sent.
   */
  abort(buffer: u32, why: FrameEnd): void {
    this.buffers.abort(buffer, why);
  }

  /** True until the frame of `buffer` is known to have ended. */
  transmitPending(buffer: u32): bool {
    return this.buffers.occupied(buffer);
  }

  /** True if `tendTransmit` has something to do. */
  transmitWork(nowTicks: u64): bool {
    return this.buffers.working(nowTicks);
  }

  /** One transaction of `buffers.displaceStep`; call it while `isDisplaceable` or `isDisplacing`. */
  displaceStep(buffer: u32, priority: u32, nowTicks: u64, isBlind: bool = false): Status {
    const status = this.buffers.displaceStep(buffer, priority, nowTicks, isBlind);
    return status === Status.Busy ? this.pollStatus() : countTimeout(this.counters, status);
  }

  /** One transaction for the transmit buffers. */
  tendTransmit(nowTicks: u64): Status {
    const status = this.buffers.step(nowTicks);
    return status === Status.Busy ? this.pollStatus() : countTimeout(this.counters, status);
  }

  /**
   * One step of looking for overflow, fault state and, with `full`, lost settings. `Busy`: the round
   * continues. No interrupt announces these, so the cell calls it periodically and takes the events of
   * `faults` after each round.
   */
  look(full: bool): Status {
    return countTimeout(this.counters, this.faults.step(full));
  }

  /**
   * After a full look, before any other transaction: compares the line with the receive flags. `Empty`: the
   * line is asserted without a flag. `Timeout`: a flag is set and the line is not asserted.
   */
  checkLine(): Status {
    const asserted = this.line.isAsserted();
    if (asserted === (this.faults.receiveFlags !== 0)) return Status.Ok;
    return asserted ? Status.Empty : Status.Timeout;
  }

  /** Leaves the bus at once, to configuration mode; `counting`: stays to count the bits of bus-off. */
  leaveNow(counting: bool): Status {
    this.buffers.closed = true;
    this.buffers.allAborted(FrameEnd.BusOff);
    return countTimeout(this.counters, this.setup.modes.requestAbort(!counting));
  }

  /** After bus-off: `Busy` until the chip has counted 128 times 11 recessive bits; see FaultMonitor. */
  checkRecovered(): Status {
    return countTimeout(this.counters, this.faults.checkRecovered());
  }

  /** Asks to join the bus again after `leaveNow`; `joined` reports when it has. */
  rejoin(): Status {
    return countTimeout(this.counters, this.setup.modes.requestRunning());
  }

  /** After `rejoin`: `Busy` until 11 recessive bits were seen. */
  joined(): Status {
    const modes = this.setup.modes;
    const status = modes.check(modes.wantedBits);
    if (status !== Status.Ok) return countTimeout(this.counters, status);
    this.faults.restart();
    this.open();
    return Status.Ok;
  }

  /** After `joined`, whether the chip has kept its settings meanwhile; see FaultMonitor. READ (10 bytes). */
  confirmSettings(): Status {
    return countTimeout(this.counters, this.faults.confirmSettings());
  }

  /** Begins to enter sleep mode; nothing can be sent any more. `sleepStep` continues. */
  beginSleep(): void {
    this.buffers.closed = true;
    this.faults.forgetSettings();
    this.sleep.begin();
  }

  /** Begins to wake the chip. `byBus`: the bus has woken it. Only while `asleep`. */
  beginWake(byBus: bool): void {
    this.sleep.wake(byBus);
  }

  /**
   * One transaction of entering or leaving sleep. `Busy`: call again. `Ok`: asleep, or awake and as after
   * `rejoin`. `Timeout`: the chip does not follow.
   */
  sleepStep(): Status {
    const status = this.sleep.step(this.bitrate);
    this.receiver.silent = this.sleep.silent;
    // A frame may have arrived before the chip slept.
    if (status === Status.Ok && this.sleep.asleep) return this.pollStatus();
    return countTimeout(this.counters, status);
  }

  /** True while the chip sleeps. */
  get asleep(): bool {
    return this.sleep.asleep;
  }

  /** True if the line shows that the sleeping chip has woken. */
  get wakePending(): bool {
    return this.receiver.useInterruptLine && this.line.isAsserted();
  }

  /** Checks that the chip sleeps. `Busy`: it does not. READ (3 bytes). */
  checkAsleep(): Status {
    return countTimeout(this.counters, this.sleep.check());
  }

  faultState(): FaultState {
    return this.faults.faultState;
  }

  /** On the bus: frames can be sent. */
  private open(): void {
    this.buffers.oneShot = this.setup.modes.oneShot;
    this.buffers.closed = false;
    this.buffers.changes++;
  }

  private forget(): void {
    this.sleep.forget();
    this.receiver.forget();
    this.faults.restart();
    this.faults.forgetSettings();
    this.buffers.allAborted(FrameEnd.ChipReset);
  }
}
