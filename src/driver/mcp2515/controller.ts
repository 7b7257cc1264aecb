/**
 * Mcp2515: the CAN controller as the board uses it.
 *
 * Used by: src/board. Knows no chip of the SoC: bus, line and clock are type parameters, so every
 * call to them is direct.
 * Does not: queue, retry, or decide. After `start` no method waits, and each makes at most the SPI
 * transactions it states (bytes include the instruction; n = data bytes, 0 for remote frames):
 *
 *   attention       none; with `useInterruptLine` off one READ STATUS (2)
 *   receive         READ STATUS (2) unless a buffer is known to be full, then READ RX BUFFER (6 + n)
 *                   or, when it is not about a frame, one step of error service (4)
 *   pollStatus      READ STATUS (2)
 *   preload         LOAD TX BUFFER (6 + n)
 *   loadData        LOAD TX BUFFER from D0 (1 + n)
 *   send            RTS (1)
 *   transmit        preload and send (7 + n)
 *   serviceErrors   READ or BIT MODIFY (4)
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
import { count, Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { BitRate } from './bit-rate';
import { ErrorService } from './error-service';
import { decodeData, decodeHeader, encodeFrame } from './frame-codec';
import {
  BUFFER_REGISTERS,
  loadTransmitBuffer,
  loadTransmitData,
  readReceiveData,
  readReceiveHeader,
  readStatus,
  requestToSend,
  statusRead,
} from './instructions';
import { ReceiveOrder } from './receive-order';
import { STATUS_TX0REQ, STATUS_TX1REQ, STATUS_TX2REQ } from './registers';
import { Setup } from './setup';

/** Transmit buffer for frames from AGL: lowest priority, and alone, so their order is kept. */
export const BUFFER_FORWARD: u32 = 0;
/** Transmit buffer for an urgent answer while BUFFER_URGENT is taken. */
export const BUFFER_URGENT_SECOND: u32 = 1;
/** Transmit buffer for urgent answers: highest priority. */
export const BUFFER_URGENT: u32 = 2;

/** The chip's highest SPI clock (DS20001801J, table 13-6). */
export const SPI_HERTZ_MAXIMUM: u32 = 10_000_000;

const PENDING_MASK: u32 = STATUS_TX0REQ | STATUS_TX1REQ | STATUS_TX2REQ;

/** The bit of transmit buffer `buffer` in the answer to READ STATUS. */
function pendingBit(buffer: u32): u32 {
  return STATUS_TX0REQ << (buffer << 1);
}

@final
export class Mcp2515<
  Bus extends SpiBus,
  Line extends InterruptLine,
  Time extends Clock,
> extends CanController {
  /** False: the interrupt line is not wired; READ STATUS takes its place (`int=spi`). */
  useInterruptLine: bool = true;
  /** Bit timing and register values in use, for messages. */
  readonly rate: BitRate = new BitRate();
  /** What went wrong in `configure`, for messages. */
  readonly setup: Setup<Bus, Time>;
  private readonly errors: ErrorService<Bus>;
  private readonly order: ReceiveOrder = new ReceiveOrder();
  private bitrate: u32 = 0;
  /** Pending bits (as in READ STATUS) of buffers whose frame is not known to have been sent. */
  private pending: u32 = 0;
  /** `attention` saw the line asserted, and `receive` has not looked into it yet. */
  private attentionSeen: bool = false;

  constructor(
    private readonly bus: Bus,
    private readonly line: Line,
    clock: Time,
  ) {
    super();
    this.setup = new Setup<Bus, Time>(bus, clock);
    this.errors = new ErrorService<Bus>(bus);
  }

  /**
   * Resets the chip and writes and verifies its registers; leaves it in configuration mode. Waits
   * for the oscillator, at most 10 ms. Errors: `BitRateImpossible`, `ChipSilentLow`,
   * `ChipSilentHigh`, `ChipNotInConfigurationMode`, `RegisterVerifyMismatch`, `SpiTimeout`.
   */
  override configure(oscillatorHertz: u32, bitrate: u32): Status {
    const possible = this.rate.calculate(oscillatorHertz, bitrate);
    if (possible !== Status.Ok) return possible;
    this.bitrate = bitrate;
    this.forget();
    const status = this.setup.reset();
    if (status !== Status.Ok) return this.counted(status);
    return this.counted(this.setup.writeRegisters(this.rate));
  }

  /** Joins the bus; waits at most 1,000 bit times, then `ChipNotInNormalMode`. */
  override start(): Status {
    if (this.bitrate === 0) return Status.ChipNotInConfigurationMode; // not configured
    return this.counted(this.setup.enterNormal(this.bitrate));
  }

  /** Back to configuration mode after the frame on its way; waits at most 1,000 bit times. */
  override stop(): Status {
    if (this.bitrate === 0) return Status.Ok; // never configured: never on the bus
    this.forget();
    return this.counted(this.setup.enterConfiguration(this.bitrate));
  }

  /** True when `receive` has something to do. */
  attention(): bool {
    if (this.order.known) return true;
    if (this.useInterruptLine) {
      this.attentionSeen = this.line.isAsserted();
      if (!this.attentionSeen) this.order.allEmpty();
    } else if (this.pollStatus() === Status.Ok) {
      this.attentionSeen = this.order.known || this.errors.inProgress;
    }
    return this.attentionSeen;
  }

  /**
   * Takes the oldest frame into `frame`. `Empty`: there is none, or the controller wanted something
   * else, of which one step was done. The line is a level: call again while `attention()`.
   */
  override receive(frame: Frame): Status {
    if (!this.order.known) {
      if (!this.attentionSeen && !this.attention()) return Status.Empty;
      const fresh = this.lookAtLine();
      if (fresh !== Status.Ok) return fresh;
    }
    let status = readReceiveHeader(this.bus, this.order.take());
    if (status !== Status.Ok) return this.counted(status);
    const length = decodeHeader(BUFFER_REGISTERS, frame);
    status = readReceiveData(this.bus, length);
    if (status !== Status.Ok) return this.counted(status);
    decodeData(BUFFER_REGISTERS, frame, length);
    count(Counter.Received);
    return Status.Ok;
  }

  /** READ STATUS: which receive buffers are full, which transmit buffers are done. */
  pollStatus(): Status {
    const status = readStatus(this.bus);
    if (status !== Status.Ok) return this.counted(status);
    const answer = statusRead();
    this.order.update(answer);
    const done = this.pending & ~answer;
    if (done !== 0) {
      this.pending &= answer;
      for (let bits = done; bits !== 0; bits &= bits - 1) count(Counter.Transmitted);
    }
    return Status.Ok;
  }

  /** Loads `frame` into transmit buffer `buffer` (0..2) without sending; `Busy` while it is taken. */
  preload(buffer: u32, frame: Frame): Status {
    if (this.transmitBusy(buffer)) return Status.Busy;
    const registers = encodeFrame(frame, BUFFER_REGISTERS);
    return this.counted(loadTransmitBuffer(this.bus, buffer, registers));
  }

  /** Replaces the first `length` (1..8) data bytes of a preloaded frame; `Busy` as `preload`. */
  loadData(buffer: u32, data: u64, length: u32): Status {
    if (this.transmitBusy(buffer)) return Status.Busy;
    return this.counted(loadTransmitData(this.bus, buffer, data, length));
  }

  /** Sends what transmit buffer `buffer` holds; `Busy` while an earlier request is pending. */
  send(buffer: u32): Status {
    if (this.transmitBusy(buffer)) return Status.Busy;
    const status = requestToSend(this.bus, buffer);
    if (status !== Status.Ok) return this.counted(status);
    this.pending |= pendingBit(buffer);
    return Status.Ok;
  }

  override transmit(buffer: u32, frame: Frame): Status {
    const status = this.preload(buffer, frame);
    return status === Status.Ok ? this.send(buffer) : status;
  }

  /** As of the last READ STATUS; to bring that up to date, `pollStatus`. */
  override transmitBusy(buffer: u32): bool {
    return (this.pending & pendingBit(buffer)) !== 0;
  }

  /** True while any transmit buffer is busy. */
  get anyTransmitBusy(): bool {
    return (this.pending & PENDING_MASK) !== 0;
  }

  /**
   * One step of looking for overflow and fault state; `Busy` while the round goes on. `receive`
   * does this by itself when the line asks for it; without the line the board calls it every so
   * often.
   */
  serviceErrors(): Status {
    const status = this.errors.step();
    return status === Status.Busy ? status : this.counted(status);
  }

  override faultState(): FaultState {
    return this.errors.faultState;
  }

  /** Finds out why attention was asked for. `Ok`: a buffer is known to be full. */
  private lookAtLine(): Status {
    this.attentionSeen = false;
    if (this.useInterruptLine) {
      const status = this.pollStatus();
      if (status !== Status.Ok) return status;
    }
    if (this.order.known) return Status.Ok;
    if (this.useInterruptLine && !this.errors.inProgress && !this.line.isAsserted()) {
      count(Counter.SpuriousInterrupts);
      return Status.Empty;
    }
    const status = this.serviceErrors();
    return status === Status.Ok || status === Status.Busy ? Status.Empty : status;
  }

  private forget(): void {
    this.order.allEmpty();
    this.errors.restart();
    this.pending = 0;
    this.attentionSeen = false;
  }

  private counted(status: Status): Status {
    if (status === Status.SpiTimeout) count(Counter.SpiTimeouts);
    return status;
  }
}
