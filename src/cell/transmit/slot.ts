// SPDX-License-Identifier: MIT
/**
 * TransmitSlot: one transmit buffer of the chip: a copy of its content, and the frame that it sends.
 *
 * A sent buffer keeps its content. So only the difference from the last frame goes over SPI: nothing,
 * the data, or all of it. A slot may be kept for the answer of a filter, which it then holds whenever it can:
 * a static one, or the next one of a rule that takes nothing from the request. Of one
 * with bytes of its request it holds the rest (AnswerWindow).
 * Does not: wait or queue.
 */
import { allocateFrames, Frame } from '../../can/frame';
import { arbitrationField, ARBITRATION_NONE, isRemote } from '../../can/identifier';
import { requestBit } from '../../driver/mcp2515/transmit-buffers';
import { LATENCY_BUS } from '../../page/layout';
import { AnswerWindow } from '../../responder/answer-window';
import { NextAnswer } from '../../responder/next-answer';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';

/** A value that the first half of a frame's record never has: its length is out of range. */
const HEADER_NONE: u64 = u64.MAX_VALUE;

@final
export class TransmitSlot<Parts extends AnyParts> {
  /** The record of the loaded frame in two adjacent halves: identifier and length, then data. */
  private header: u64 = HEADER_NONE;
  private data: u64 = 0;
  /** True when the buffer's data bytes equal `data`. False after an interrupted load. */
  private isDataKnown: bool = false;
  /** A load that gave way: how many bytes it still had (0: there is none), its header, and from which byte of `data` it was. */
  private unsent: u32 = 0;
  private broken: u64 = HEADER_NONE;
  private loaded: u32 = 0;
  /** The buffer as a bit of TransmitBuffers. */
  readonly bit: u32;
  /** The frame on its way: its strength, whether it is AGL's, and the tag that it waited with. */
  strength: u32 = ARBITRATION_NONE;
  isAgl: bool = false;
  tag: u32 = 0;
  /** When it was requested; 0: that was not noted. */
  sentTicks: u64 = 0;
  /** Counts requests: of two equally strong frames the earlier goes first. */
  sequence: u32 = 0;
  /** The slot is kept for `kept`, the answer of a filter. */
  isKept: bool = false;
  /** The buffer holds `kept`, but for what its window changes. */
  isIntact: bool = false;
  /** What changes from one answer to the next. */
  readonly window: AnswerWindow = new AnswerWindow();
  readonly kept: Frame = changetype<Frame>(allocateFrames(1));
  keptStrength: u32 = ARBITRATION_NONE;
  /** `kept` is computed: `next` makes it, another one each time. */
  isComputed: bool = false;
  readonly next: NextAnswer = new NextAnswer(this.parts.responder, this.kept);
  /** Another answer of the same identifier may be before the kept one. */
  follows: bool = false;
  /** Other answers have the same identifier: those of another rule, or of this one, with other data. */
  private isShared: bool = false;

  constructor(
    private readonly parts: Parts,
    readonly buffer: u32,
  ) {
    this.bit = requestBit(buffer);
  }

  /** True while the buffer has a frame on its way, as of the last READ STATUS. */
  get busy(): bool {
    return this.parts.controller.transmitBusy(this.buffer);
  }

  /**
   * Loads `frame` into the buffer: 0, 1 + DLC or 6 + DLC bytes over SPI. Call it only while not
   * `busy`. After it gave way behind the header it goes on with the data that are left.
   */
  load(frame: Frame): Status {
    if (this.holds(frame)) return Status.Ok;
    if (this.hasRestOf(frame)) return this.loadWindow(frame.data);
    const parts = this.parts;
    const header = load<u64>(changetype<usize>(frame));
    const first: u32 = this.unsent === 0 ? 0 : this.loadedOf(frame);
    this.isDataKnown = false;
    this.isIntact = false;
    let status: Status = Status.Ok;
    if (header === this.header) {
      const data = frame.data >> ((first as u64) << 3);
      status = parts.controller.loadData(this.buffer, data, first, frame.length - first);
      // Interrupted, or the buffer is taken: its header is unchanged.
      if (status !== Status.Ok && status !== Status.Busy) this.header = HEADER_NONE;
    } else {
      this.header = HEADER_NONE;
      status = parts.controller.preload(this.buffer, frame);
    }
    if (status === Status.Ok) {
      this.header = header;
      this.data = frame.data;
      this.isDataKnown = true;
    } else if (status === Status.Busy) {
      // A request is to be answered: what that means is looked at later.
      this.unsent = parts.spi.unsent - 1;
      this.broken = header;
      this.data = frame.data;
      this.loaded = first;
    }
    return status;
  }

  /** How many data bytes of `frame` the load that gave way has left in the buffer. A remote frame has none behind its header. */
  private loadedOf(frame: Frame): u32 {
    const unsent = this.unsent;
    const length: u32 = frame.length;
    const first = this.loaded;
    this.unsent = 0;
    if (load<u64>(changetype<usize>(frame)) !== this.broken || frame.data !== this.data) return 0;
    if (isRemote(frame.identifier)) return 0;
    if (unsent > length - first) return this.header === this.broken ? first : 0;
    this.header = this.broken;
    return length - unsent;
  }

  /** Makes the kept answer one with `data`, which differs in its window alone. At most 2 + n bytes. Only while `isIntact`. */
  loadWindow(data: u64): Status {
    const window = this.window;
    const first = window.first;
    const written = data >> ((first as u64) << 3);
    this.isDataKnown = false;
    const status = this.parts.controller.loadData(this.buffer, written, first, window.count);
    if (status === Status.Ok) {
      this.data = data;
      this.isDataKnown = true;
    } else if (status !== Status.Busy) {
      this.header = HEADER_NONE;
      this.isIntact = false;
    }
    return status;
  }

  /** The kept answer has bytes of its request. */
  get hasWindow(): bool {
    return this.window.count !== 0;
  }

  /** True when the buffer holds all of `frame` but what the window of the kept answer changes. */
  hasRestOf(frame: Frame): bool {
    return (
      this.isIntact &&
      this.hasWindow &&
      this.hasHeaderOf(frame) &&
      this.window.covers(frame.data, this.kept.data)
    );
  }

  /** Loads the kept answer, as `load`. */
  loadKept(): Status {
    const status = this.load(this.kept);
    this.isIntact = status === Status.Ok;
    return status;
  }

  /** Loads the kept answer, as `load`, if there is one that needs not be made first. */
  loadStatic(): Status {
    return this.isKept && !this.isComputed ? this.loadKept() : Status.Ok;
  }

  /** Keeps the slot for the answer that was copied to `kept`, after `window` was set. */
  keep(isShared: bool): void {
    this.isKept = true;
    this.isComputed = false;
    this.isShared = isShared || this.hasWindow;
    this.follows = this.isShared;
    this.keptStrength = arbitrationField(this.kept.identifier);
    this.isIntact = this.holds(this.kept);
  }

  /** Keeps the slot for the answers of rule `index`, which takes nothing from the request. The first is to be made. */
  keepNext(index: u32, isShared: bool): void {
    this.next.follow(index);
    this.keep(isShared);
    this.isComputed = true;
    this.isIntact = false;
  }

  /** The slot is for every frame. */
  release(): void {
    this.window.clear();
    this.isKept = false;
    this.isComputed = false;
    this.isIntact = false;
  }

  /** Nothing of the same identifier is before the kept answer any more, but what another rule may add. */
  overtook(): void {
    this.follows = this.isShared;
  }

  /** The frame on its way has ended, or `next` has changed: the buffer may not hold the next answer any more. */
  noteNext(): void {
    if (this.isComputed) this.isIntact = this.next.isReady && this.holds(this.kept);
  }

  /** Sends the loaded frame: 1 byte over SPI. Call it only while not `busy`. */
  send(isAgl: bool): Status {
    return this.parts.controller.send(this.buffer, isAgl);
  }

  /** True when the buffer holds `frame`. */
  holds(frame: Frame): bool {
    return (
      this.isDataKnown &&
      frame.data === this.data &&
      load<u64>(changetype<usize>(frame)) === this.header
    );
  }

  /** True when the loaded frame has identifier and length of `frame`. */
  hasHeaderOf(frame: Frame): bool {
    return load<u64>(changetype<usize>(frame)) === this.header;
  }

  /** Address of the record of the loaded frame, as a Frame. */
  get frame(): usize {
    return changetype<usize>(this) + offsetof<TransmitSlot<Parts>>('header');
  }

  /** Header or data are to be looked at by ContentCheck. False: they are not known, or there are none. */
  expectContent(isData: bool): bool {
    const check = this.parts.contentCheck;
    const frame = changetype<Frame>(this.frame);
    if (this.header === HEADER_NONE) return false;
    if (isData) return this.isDataKnown && check.expectData(this.buffer, frame);
    check.expectHeader(this.buffer, frame);
    return true;
  }

  /** The answer on its way was sent: how long that took, with the time until this was seen. */
  noteBus(): void {
    const records = this.parts.records;
    if (!records.on || this.sentTicks === 0) return;
    records.latency.note(LATENCY_BUS, -1, this.parts.clock.nowTicks() - this.sentTicks);
    this.sentTicks = 0;
  }

  /** The chip has lost the buffer's content. */
  forget(): void {
    this.header = HEADER_NONE;
    this.unsent = 0;
    this.isDataKnown = false;
    this.isIntact = false;
  }
}
