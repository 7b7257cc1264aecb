/**
 * Mcp2515: the CAN controller as the board uses it.
 *
 * Knows no chip of the SoC: bus, line and clock are type parameters, so every call to them is
 * direct.
 * Does not: queue, retry, or decide. After `start` no method waits, and each makes at most the SPI
 * transactions it states (bytes include the instruction; n = data bytes, 0 for remote frames):
 *
 *   attention       none; with `useInterruptLine` off one READ STATUS (2)
 *   urgentRequest   RX STATUS (2), and READ (3) where the filter's requests have a length
 *   receive         READ STATUS (2) unless a buffer must be full, then READ RX BUFFER (6 + n)
 *                   or, when it is not about a frame, one step of error service (4)
 *   pollStatus      READ STATUS (2)
 *   preload         LOAD TX BUFFER (6 + n)
 *   loadData        LOAD TX BUFFER from D0 (1 + n)
 *   send            RTS (1)
 *   transmit        preload and send (7 + n)
 *   look            READ or BIT MODIFY (4), a full look READ (10); see fault-monitor.ts
 *   tendTransmit    READ or BIT MODIFY (2 to 4); see transmit-buffers.ts
 *
 *   configureStep   RESET, WRITE or READ (1 to 10)
 *   sleepStep       BIT MODIFY or READ (3 to 4), READ STATUS (2)
 *
 * Transmit interrupts are off: completion shows in the next READ STATUS, which receiving needs
 * anyhow. A transmit buffer keeps its content after sending, so a preloaded answer can be sent
 * again with one byte.
 */
import { FaultState } from '../../can/fault-state';
import { Frame } from '../../can/frame';
import { CanController } from '../../hal/can-controller';
import { Clock } from '../../hal/clock';
import { InterruptLine } from '../../hal/interrupt-line';
import { SpiBus } from '../../hal/spi-bus';
import { FrameEnd } from '../../rt/counters';
import { Status } from '../../rt/status';
import { BitRate } from './bit-rate';
import { FaultMonitor } from './fault-monitor';
import { encodeFrame } from './frame-codec';
import {
  BUFFER_REGISTERS,
  loadTransmitBuffer,
  loadTransmitData,
  requestToSend,
} from './instructions';
import { BusMode } from './modes';
import { counted, Receiver } from './receiver';
import { Setup } from './setup';
import { Sleep } from './sleep';
import { BUFFER_FORWARD, FRAME_BITS_MAXIMUM, TransmitBuffers } from './transmit-buffers';

/** Transmit buffer for frames from AGL: lowest priority, and alone, so their order is kept. */
export { BUFFER_FORWARD };

/** Transmit buffer for an urgent answer while BUFFER_URGENT is taken. */
export const BUFFER_URGENT_SECOND: u32 = 1;
/** Transmit buffer for urgent answers: highest priority. */
export const BUFFER_URGENT: u32 = 2;

@final
export class Mcp2515<
  Bus extends SpiBus,
  Line extends InterruptLine,
  Time extends Clock,
> extends CanController {
  /** Bit timing and register values in use, for messages. */
  readonly rate: BitRate = new BitRate();
  /** What went wrong in `configure`, for messages. */
  readonly setup: Setup<Bus, Time>;
  /** Fault confinement, overflow, and whether the chip kept its settings. */
  readonly faults: FaultMonitor<Bus>;
  /** What is asked of one buffer, beyond sending and taking back, is asked here. */
  readonly buffers: TransmitBuffers<Bus>;
  private readonly receiver: Receiver<Bus, Line>;
  private readonly sleep: Sleep<Bus, Time>;
  private bitrate: u32 = 0;

  constructor(
    private readonly bus: Bus,
    private readonly line: Line,
    private readonly clock: Time,
  ) {
    super();
    const setup = new Setup<Bus, Time>(bus, clock);
    const buffers = new TransmitBuffers<Bus>(bus);
    this.setup = setup;
    this.faults = new FaultMonitor<Bus>(bus);
    this.buffers = buffers;
    this.sleep = new Sleep<Bus, Time>(bus, clock, setup.modes);
    this.receiver = new Receiver<Bus, Line>(bus, line, setup.acceptance, buffers);
  }

  /**
   * Resets the chip and writes and verifies its registers; leaves it in configuration mode. Waits
   * for the oscillator, at most 10 ms. Errors: `BitRateImpossible`, `ChipSilentLow`,
   * `ChipSilentHigh`, `ChipNotInConfigurationMode`, `RegisterVerifyMismatch`, `SpiTimeout`.
   */
  override configure(oscillatorHertz: u32, bitrate: u32): Status {
    let status = this.beginConfigure(oscillatorHertz, bitrate);
    if (status !== Status.Ok) return status;
    do {
      status = this.configureStep();
    } while (status === Status.Busy);
    return status;
  }

  /** Begins what `configure` does, without a wait: `configureStep` goes on. `BitRateImpossible`. */
  beginConfigure(oscillatorHertz: u32, bitrate: u32): Status {
    const possible = this.rate.calculate(oscillatorHertz, bitrate);
    if (possible !== Status.Ok) return possible;
    this.bitrate = bitrate;
    this.buffers.frameTicks = (FRAME_BITS_MAXIMUM * (this.clock.ticksPerSecond() as u64)) / bitrate;
    this.buffers.closed = true;
    this.receiver.silent = true;
    this.forget();
    this.setup.begin();
    return Status.Ok;
  }

  /** At most one transaction of at most 10 bytes; `Busy`: it goes on. Errors as `configure`. */
  configureStep(): Status {
    const status = this.setup.step(this.rate);
    if (status === Status.Ok) this.receiver.silent = false;
    return counted(status);
  }

  /** Joins the bus; waits at most 1,000 bit times, then `ChipNotInNormalMode`. */
  override start(): Status {
    if (this.bitrate === 0) return Status.ChipNotInConfigurationMode; // not configured
    const status = counted(this.setup.enterRunning(this.bitrate));
    if (status !== Status.Ok) return status;
    this.open();
    return this.rememberSettings();
  }

  /** Takes the settings of the chip as they are now as those that must stay. READ (10 bytes). */
  rememberSettings(): Status {
    return counted(this.faults.rememberSettings());
  }

  /** Back to configuration mode after the frame on its way; waits at most 1,000 bit times. */
  override stop(): Status {
    if (this.bitrate === 0) return Status.Ok; // never configured: never on the bus
    const isAwake = this.sleep.awake;
    this.forget();
    return counted(isAwake ? this.setup.enterConfiguration(this.bitrate) : this.setup.reset());
  }

  /** False: the interrupt line is not wired; READ STATUS takes its place (`int=spi`). */
  get useInterruptLine(): bool {
    return this.receiver.useInterruptLine;
  }

  set useInterruptLine(use: bool) {
    this.receiver.useInterruptLine = use;
  }

  /**
   * True: a low line after both buffers were empty is believed without READ STATUS, which saves its
   * two bytes. Only where an answer waits for them, and never with RXB0 kept for urgent requests: a
   * line that something else than the chip pulls low then costs a frame that was there before.
   */
  set readAhead(ahead: bool) {
    this.receiver.readAhead = ahead;
  }

  /** RXB0 is kept for urgent requests: `urgentRequest` comes before `receive`. */
  get urgentFirst(): bool {
    return this.setup.acceptance.urgentFirst;
  }

  /** True when `receive` has something to do. */
  attention(): bool {
    return this.receiver.attention();
  }

  /** A frame waits, as READ STATUS said last. */
  get frameKnown(): bool {
    return this.receiver.frameKnown;
  }

  /** One look at the line, if it is wired: while it is high, both receive buffers are empty. True: low. */
  noteQuietLine(): bool {
    return this.receiver.noteQuietLine();
  }

  /**
   * With RXB0 kept for urgent requests: the filter (0 or 1) that the request now in RXB0 has hit, or
   * -1 when there is none, or it was answered before. `receive` comes next.
   */
  urgentRequest(): i32 {
    return this.receiver.urgentRequest();
  }

  /** The request that `urgentRequest` has found is answered: `receivedAnswered` will say so. */
  markAnswered(): void {
    this.receiver.markAnswered();
  }

  /** A request was answered by its filter and is still to be received. */
  get answeredUnread(): bool {
    return this.receiver.answeredUnread;
  }

  /** The frame that `receive` took last had been answered by `urgentRequest`'s filter. */
  get receivedAnswered(): bool {
    return this.receiver.takenAnswered;
  }

  /** Takes the oldest frame into `frame`; `Empty`: there is none. The line is a level: go on. */
  override receive(frame: Frame): Status {
    return this.receiver.receive(frame);
  }

  /** READ STATUS: which receive buffers are full, which transmit buffers are done. */
  pollStatus(): Status {
    return this.receiver.pollStatus();
  }

  /** Loads `frame` into transmit buffer `buffer` (0..2) without sending; `Busy` while it is taken. */
  preload(buffer: u32, frame: Frame): Status {
    if (this.buffers.occupied(buffer)) return Status.Busy;
    const registers = encodeFrame(frame, BUFFER_REGISTERS);
    return counted(loadTransmitBuffer(this.bus, buffer, registers));
  }

  /** Replaces the first `length` (1..8) data bytes of a preloaded frame; `Busy` as `preload`. */
  loadData(buffer: u32, data: u64, length: u32): Status {
    if (this.buffers.occupied(buffer)) return Status.Busy;
    return counted(loadTransmitData(this.bus, buffer, data, length));
  }

  /**
   * Sends what transmit buffer `buffer` holds; `Busy` while an earlier request is pending,
   * `ListenOnly` in that mode.
   */
  send(buffer: u32): Status {
    return this.transmitBusy(buffer) ? Status.Busy : this.sendFree(buffer);
  }

  /** As `send`, for a buffer that was just seen not to be busy. */
  sendFree(buffer: u32): Status {
    if (this.setup.modes.wanted === BusMode.ListenOnly) return Status.ListenOnly;
    const status = requestToSend(this.bus, buffer);
    if (status !== Status.Ok) return counted(status);
    this.buffers.requested(buffer);
    return Status.Ok;
  }

  override transmit(buffer: u32, frame: Frame): Status {
    const status = this.preload(buffer, frame);
    return status === Status.Ok ? this.send(buffer) : status;
  }

  /** As of the last READ STATUS; to bring that up to date, `pollStatus`. */
  override transmitBusy(buffer: u32): bool {
    return this.buffers.busy(buffer);
  }

  /** True while any request is pending in the chip. */
  get anyTransmitBusy(): bool {
    return this.buffers.anyPending;
  }

  /** True while off the bus for now: nothing can be sent, every buffer counts as taken. */
  get closed(): bool {
    return this.buffers.closed;
  }

  /**
   * Asks for the pending frame of `buffer` to be taken back; `tendTransmit` does it. A frame that is
   * on the wire may still be sent: `outcome` says which. `why`: what it is counted as if it is not.
   */
  abort(buffer: u32, why: FrameEnd): void {
    this.buffers.abort(buffer, why);
  }

  /** True while the frame of `buffer` has not ended as far as is known. */
  transmitPending(buffer: u32): bool {
    return this.buffers.occupied(buffer);
  }

  /** True when `tendTransmit` has something to do. */
  transmitWork(nowTicks: u64): bool {
    return this.buffers.working(nowTicks);
  }

  /** One transaction of what `transmitWork` means. */
  tendTransmit(nowTicks: u64): Status {
    const status = this.buffers.step(nowTicks);
    return status === Status.Busy ? this.pollStatus() : counted(status);
  }

  /**
   * One step of looking for overflow, fault state and, with `full`, lost settings; `Busy` while the
   * round goes on. No interrupt asks for it: the board calls it every so often, and takes the events
   * of `faults` after each round.
   */
  look(full: bool): Status {
    return counted(this.faults.step(full));
  }

  /**
   * After a full look, before any other transaction: compares the line with the receive flags.
   * `Empty`: the line is asserted for nothing. `Timeout`: a flag is set and the line is not asserted.
   */
  checkLine(): Status {
    const asserted = this.line.isAsserted();
    if (asserted === (this.faults.receiveFlags !== 0)) return Status.Ok;
    return asserted ? Status.Empty : Status.Timeout;
  }

  /** Off the bus at once, to send nothing more: to configuration, or to count the bits of bus-off. */
  leaveNow(counting: bool): Status {
    this.buffers.closed = true;
    this.buffers.allAborted(FrameEnd.BusOff);
    return counted(this.setup.modes.requestAbort(!counting));
  }

  /** After bus-off: `Busy` until the chip has counted 128 times 11 recessive bits. */
  checkRecovered(): Status {
    return counted(this.faults.checkRecovered());
  }

  /** Asks for the bus again after `leaveNow`; `joined` says when it has come about. */
  rejoin(): Status {
    return counted(this.setup.modes.requestRunning());
  }

  /** After `rejoin`: `Busy` until 11 recessive bits were seen. */
  joined(): Status {
    const modes = this.setup.modes;
    const status = modes.check(modes.wantedBits);
    if (status !== Status.Ok) return counted(status);
    this.faults.restart();
    this.open();
    return Status.Ok;
  }

  /** Begins the way to sleep mode: nothing can be sent any more. `sleepStep` goes on. */
  beginSleep(): void {
    this.buffers.closed = true;
    this.faults.forgetSettings();
    this.sleep.begin();
  }

  /** Begins the way out of it; `byBus`: the chip has begun it itself. Only while it rests. */
  beginWake(byBus: bool): void {
    this.sleep.wake(byBus);
  }

  /**
   * One transaction of the way begun; `Busy`: it goes on. `Ok`: asleep; or awake, and as after `rejoin`.
   * `Timeout`: the chip does not follow.
   */
  sleepStep(): Status {
    const status = this.sleep.step(this.bitrate);
    this.receiver.silent = this.sleep.silent;
    // A frame may have come in before the chip slept.
    if (status === Status.Ok && this.sleep.resting) return this.pollStatus();
    return counted(status);
  }

  /** True while the chip sleeps and nothing has been begun. */
  get resting(): bool {
    return this.sleep.resting;
  }

  /** True when the line says that a resting chip has woken. */
  get stirring(): bool {
    return this.receiver.useInterruptLine && this.line.isAsserted();
  }

  /** Asks a resting chip: `Ok` when it sleeps, `Busy` when it does not. READ (3 bytes). */
  checkAsleep(): Status {
    return counted(this.sleep.check());
  }

  override faultState(): FaultState {
    return this.faults.faultState;
  }

  /** On the bus: frames can be sent. */
  private open(): void {
    this.buffers.oneShot = this.setup.modes.oneShot;
    this.buffers.closed = false;
  }

  private forget(): void {
    this.sleep.forget();
    this.receiver.forget();
    this.faults.restart();
    this.faults.forgetSettings();
    this.buffers.allAborted(FrameEnd.ChipReset);
  }
}
