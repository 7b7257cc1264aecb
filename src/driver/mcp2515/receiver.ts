// SPDX-License-Identifier: MIT
/**
 * Receiver: finds the full receive buffer, and takes frames out in the order of their arrival.
 *
 * READ STATUS also shows which transmit buffers are done, so the receiver passes it on to TransmitBuffers.
 * Does not: answer, or handle errors.
 */
import { DATA_BYTES_MAXIMUM, Frame } from '../../can/frame';
import { InterruptLine } from '../../hal/interrupt-line';
import { SpiBus } from '../../hal/spi-bus';
import { Counter, Counters } from '../../rt/counters';
import { Status } from '../../rt/status';
import { Acceptance, RequestLine } from './acceptance';
import { decodeData, decodeHeader } from './frame-codec';
import {
  BUFFER_REGISTERS,
  HEADER_BYTES,
  readReceiveData,
  readReceiveHeader,
  readReceiveStatus,
  readRegisters,
  readRequestWindow,
  readStatus,
  registersRead,
  statusRead,
  windowDataRead,
  windowLengthCode,
} from './instructions';
import { ReceiveOrder } from './receive-order';
import {
  DLC_MASK,
  RXB0DLC,
  RXBDLC_UNUSED,
  RX_STATUS_BUFFERS_SHIFT,
  RX_STATUS_FILTER_MASK,
  RX_STATUS_FORM_MASK,
  RX_STATUS_FORM_SHIFT,
  STATUS_ALL,
} from './registers';
import { TransmitBuffers } from './transmit-buffers';

/** RXBnDLC of what was read, the last byte of the header. */
const DLC_READ: usize = BUFFER_REGISTERS + HEADER_BYTES - 1;

export { RequestLine };

@final
export class Receiver<Bus extends SpiBus, Line extends InterruptLine> {
  /** `attention` looks at the line: it is wired, and signals frames. */
  private lineAsked: bool = true;
  /** Line and chip are ignored, because they do not signal frames now. */
  private isSilent: bool = false;
  private isWired: bool = true;
  /** See Mcp2515.speculativeRead. */
  speculativeRead: bool = false;
  /** The last frame taken was already answered by its filter. */
  takenAnswered: bool = false;
  private readonly order: ReceiveOrder = new ReceiveOrder();
  /** `attention` saw the line asserted, and `receive` has not found the cause yet. */
  private attentionSeen: bool = false;
  /** RXB0 is being read without knowing that it is full. */
  private isSpeculative: bool = false;
  /** The line was high, and no frame has been taken since. */
  private wasHigh: bool = false;
  /** The frame in RXB0 has been answered and not been read yet. */
  private requestAnswered: bool = false;
  /** The line was seen high since it last told of a request. */
  private seenHigh: bool = false;
  /** When RXB0 and RXB1 were last known to be empty, in ticks; what the line says is not in it. */
  private empty0Ticks: u64 = 0;
  private empty1Ticks: u64 = 0;
  /** The frame that was taken last is not older than this, in ticks. */
  takenSinceTicks: u64 = 0;
  /** Of the shortest frame with its intermission. */
  shortestTicks: u64 = 0;
  /** A frame that has come behind the one taken last is not older than this, in ticks; 0: one may have come before. */
  private behindTicks: u64 = 0;

  constructor(
    private readonly bus: Bus,
    private readonly line: Line,
    private readonly acceptance: Acceptance,
    private readonly buffers: TransmitBuffers<Bus>,
    private readonly counters: Counters,
  ) {}

  /** False: the interrupt line is not wired, and READ STATUS replaces it. */
  get useInterruptLine(): bool {
    return this.isWired;
  }

  set useInterruptLine(use: bool) {
    this.isWired = use;
    this.lineAsked = use && !this.isSilent;
  }

  /** True: the chip sleeps or is being set up. `attention` then reports only frames already known. */
  set silent(silent: bool) {
    this.isSilent = silent;
    this.lineAsked = this.isWired && !silent;
    if (silent) this.attentionSeen = false;
  }

  get silent(): bool {
    return this.isSilent;
  }

  /**
   * Looks, in the step that began at `nowTicks`, at a line that is RXB0's alone. It is believed only if it was high
   * since the last time: so a line that is stuck causes one wrong answer at most.
   */
  requestLine(nowTicks: u64 = 0): RequestLine {
    if (this.requestAnswered || !this.lineAsked) return RequestLine.None;
    if (!this.line.isAsserted()) {
      this.line.highTicks = nowTicks;
      this.seenHigh = true;
      return RequestLine.None;
    }
    const told = this.seenHigh ? this.acceptance.told : RequestLine.Doubtful;
    this.seenHigh = false;
    return told;
  }

  /** After an answer on the line's word: READ STATUS. False: there is no request, the line was disturbed. */
  confirmRequest(): bool {
    if (this.pollStatus() !== Status.Ok || this.order.buffer0Full) {
      this.order.preferBuffer1();
      return true;
    }
    this.requestAnswered = false;
    return false;
  }

  /** A request is known to be in RXB0 and was not answered yet. */
  get requestOpen(): bool {
    return this.order.buffer0Full && !this.requestAnswered;
  }

  /** A request is known to be in RXB0. */
  get requestKnown(): bool {
    return this.order.buffer0Full;
  }

  /** True if `receive` has something to do. The step began at `nowTicks`. */
  attention(nowTicks: u64 = 0): bool {
    if (this.order.known) return true;
    if (this.lineAsked) {
      this.attentionSeen = this.line.isAsserted();
      if (!this.attentionSeen) {
        this.line.highTicks = nowTicks;
        this.noteHigh();
      }
    } else if (!this.isSilent && this.pollStatus() === Status.Ok) {
      this.noteEmpty(nowTicks);
      this.attentionSeen = this.order.known;
    }
    return this.attentionSeen;
  }

  /** A request in RXB0 is not older than this, in ticks. */
  get requestSinceTicks(): u64 {
    return max<u64>(this.line.highTicks, this.empty0Ticks);
  }

  /** A frame in the chip is not older than this, in ticks, while the line tells of all frames; else one in RXB1. */
  get waitingSinceTicks(): u64 {
    if (this.acceptance.lineKept) return this.empty1Ticks;
    const emptyTicks = min<u64>(this.empty0Ticks, this.empty1Ticks);
    return max<u64>(this.behindTicks, max<u64>(this.line.highTicks, emptyTicks));
  }

  /** The core slept until `nowTicks`: nobody can know when the line that woke it has fallen. */
  wokenAt(nowTicks: u64): void {
    this.line.highTicks = nowTicks;
  }

  /** For as many ticks the line was looked at in rounds that were skipped. */
  skipped(ticks: u64): void {
    this.line.highTicks += ticks;
  }

  /** What READ STATUS or RX STATUS has just told, in the step that began at `nowTicks`. */
  private noteEmpty(nowTicks: u64): void {
    if (!this.order.buffer0Full) this.empty0Ticks = nowTicks;
    if (!this.order.buffer1Full) this.empty1Ticks = nowTicks;
  }

  /** See Mcp2515.frameKnown. */
  get frameKnown(): bool {
    return this.order.known;
  }

  /** See Mcp2515.lineAsserted. */
  lineAsserted(): bool {
    if (!this.lineAsked || this.order.known) return false;
    if (this.line.isAsserted()) return true;
    this.noteHigh();
    return false;
  }

  /** The frame in `buffer` was taken: since when it can have been there. The next one there is later. */
  private noteTime(buffer: u32, nowTicks: u64): void {
    const emptyTicks = buffer === 0 ? this.empty0Ticks : this.empty1Ticks;
    this.takenSinceTicks = max<u64>(this.line.highTicks, emptyTicks);
    this.behindTicks = this.order.known ? 0 : this.takenSinceTicks + this.shortestTicks;
    if (buffer === 0) this.empty0Ticks = nowTicks;
    else this.empty1Ticks = nowTicks;
  }

  private noteHigh(): void {
    this.order.allEmpty();
    this.buffers.order.lineHigh();
    this.wasHigh = true;
  }

  /** The first frame since the line was high was taken. The line tells of all frames, so one has ended since. */
  private noteTaken(): void {
    this.wasHigh = false;
    this.buffers.otherFrameEnded();
  }

  /**
   * With RXB0 reserved for urgent requests: the filter (0 or 1) hit by the request in RXB0, or -1 if there is
   * none or it has been answered. One RX STATUS, and READ of RXB0DLC if a length is required. Call `receive`
   * next.
   */
  urgentRequest(nowTicks: u64 = 0): i32 {
    if (readReceiveStatus(this.bus) !== Status.Ok) {
      this.counters.count(Counter.SpiTimeouts);
      return -1;
    }
    const answer = statusRead();
    this.order.update(answer >> RX_STATUS_BUFFERS_SHIFT);
    if (!this.order.buffer0Full || this.requestAnswered) {
      this.noteEmpty(nowTicks);
      return -1;
    }
    const form = (answer >> RX_STATUS_FORM_SHIFT) & RX_STATUS_FORM_MASK;
    const filter = this.acceptance.urgentFilter(answer & RX_STATUS_FILTER_MASK, form);
    if (filter < 0) return filter;
    const length = this.acceptance.lengthOf(filter);
    return length === 0 || this.hasLength(length) ? filter : -1;
  }

  /** True if the frame in RXB0 has at least `length` data bytes. The buffer stays full. */
  private hasLength(length: u32): bool {
    if (countTimeout(this.counters, readRegisters(this.bus, RXB0DLC, 1)) !== Status.Ok)
      return false;
    return ((registersRead() as u32) & DLC_MASK) >= length;
  }

  /**
   * READ from RXB0DLC: the length of the frame in RXB0 and its first `count` data bytes. The buffer stays full.
   * Returns the length, 0..8, or -1 after an error; `windowData` has the data. 3 + count bytes.
   */
  readWindow(count: u32): i32 {
    if (countTimeout(this.counters, readRequestWindow(this.bus, RXB0DLC, count)) !== Status.Ok) {
      return -1;
    }
    const code = windowLengthCode() & DLC_MASK;
    return min<u32>(code, DATA_BYTES_MAXIMUM) as i32;
  }

  /** The data bytes of the last `readWindow`, as in a Frame. */
  get windowData(): u64 {
    return windowDataRead();
  }

  /** A frame that came before the one in RXB0 may be in RXB1; after RX STATUS or READ STATUS it is. */
  get mayHaveOlder(): bool {
    return this.order.isBuffer1Older;
  }

  /** A request was answered by its filter and has not been read yet. */
  get answeredUnread(): bool {
    return this.requestAnswered;
  }

  /** Marks the request of `urgentRequest` as answered; `takenAnswered` reports it later. */
  markAnswered(): void {
    this.requestAnswered = true;
  }

  /**
   * Takes the oldest frame into `frame`. `Empty`: there is none, or one step of other service was done. The
   * line is a level: call again while `attention()`. The step began at `nowTicks`.
   */
  receive(frame: Frame, nowTicks: u64 = 0): Status {
    if (!this.order.known) {
      if (!this.attentionSeen && !this.attention(nowTicks)) return Status.Empty;
      const fresh = this.lookAtLine();
      this.noteEmpty(nowTicks);
      if (fresh !== Status.Ok) return fresh;
    }
    const buffer = this.order.take();
    this.takenAnswered = this.requestAnswered && buffer === 0;
    if (this.takenAnswered) this.requestAnswered = false;
    let status = readReceiveHeader(this.bus, buffer);
    if (status !== Status.Ok) return this.broken(status);
    if (this.isSpeculative && !this.confirmSpeculativeRead()) return Status.Empty;
    if ((load<u8>(DLC_READ) & RXBDLC_UNUSED) !== 0) return this.breakOff();
    const length = decodeHeader(BUFFER_REGISTERS, frame);
    status = readReceiveData(this.bus, length);
    if (status !== Status.Ok) return this.broken(status);
    decodeData(BUFFER_REGISTERS, frame, length);
    this.counters.count(Counter.Received);
    this.noteTime(buffer, nowTicks);
    if (this.wasHigh && !this.acceptance.lineKept) this.noteTaken();
    return Status.Ok;
  }

  /** READ STATUS: updates which receive buffers are full and which transmit buffers are done. */
  // path: at most 3 a step, one to see that there is a frame, one for its buffer, one for a free transmit buffer
  pollStatus(): Status {
    const status = readStatus(this.bus);
    if (status !== Status.Ok) return countTimeout(this.counters, status);
    const answer = statusRead();
    // A chip without supply says so, too, and has no frames to be read.
    if (answer === STATUS_ALL && !this.buffers.allPending) return Status.Ok;
    const wasKnown = this.order.known;
    this.order.update(answer);
    if (!wasKnown && this.order.known) this.buffers.otherFrameFound();
    this.buffers.update(answer);
    return Status.Ok;
  }

  /** The chip was reset, or leaves the bus: both buffers are empty. */
  forget(): void {
    this.order.allEmpty();
    this.attentionSeen = false;
    this.requestAnswered = false;
    this.isSpeculative = false;
    this.seenHigh = false;
  }

  /** Finds the cause of attention. `Ok`: a buffer is known to be full. */
  private lookAtLine(): Status {
    this.attentionSeen = false;
    if (this.speculativeRead && this.lineAsked && this.order.speculativeRead()) {
      this.isSpeculative = true;
      return Status.Ok;
    }
    if (this.lineAsked) {
      const status = this.pollStatus();
      if (status !== Status.Ok) return status;
    }
    if (this.order.known) return Status.Ok;
    this.counters.count(Counter.SpuriousInterrupts);
    return Status.Empty;
  }

  /**
   * The chip holds the line low until the read of a full buffer ends. If the line is high by now, it was a
   * disturbance and the read returns an old frame: breaks the read off and returns false.
   */
  private confirmSpeculativeRead(): bool {
    this.isSpeculative = false;
    if (this.line.isAsserted()) return true;
    countTimeout(this.counters, readReceiveData(this.bus, 0));
    this.order.allEmpty();
    this.counters.count(Counter.SpuriousInterrupts);
    return false;
  }

  /** No register reads like that: the chip has lost its supply, and the frame with it. */
  private breakOff(): Status {
    countTimeout(this.counters, readReceiveData(this.bus, 0));
    this.order.allEmpty();
    this.counters.count(Counter.ReceiveBroken);
    return Status.Empty;
  }

  /** A fault within READ RX BUFFER: the chip frees the buffer when chip select ends. */
  private broken(status: Status): Status {
    this.counters.count(Counter.ReceiveBroken);
    return countTimeout(this.counters, status);
  }
}

/** Returns `status`, and counts a timeout of the SPI block. */
export function countTimeout(counters: Counters, status: Status): Status {
  if (status === Status.SpiTimeout) counters.count(Counter.SpiTimeouts);
  return status;
}
