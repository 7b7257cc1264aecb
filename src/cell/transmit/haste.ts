// SPDX-License-Identifier: MIT
/**
 * Haste: the strongest frame is on its way into the chip, in the place of a weaker one, and a frame that comes in waits
 * for that in the chip.
 *
 * It waits only while none can be lost: it is out before the frame comes that finds no buffer. With INT for both receive
 * buffers that is the next but one after INT was last seen high; where RXB0 is kept for requests, the next one. INT has
 * to be seen high before a frame may wait again, so one displacement after the other cannot keep frames for longer.
 * Where no filter can tell a request, transactions do not even look at INT meanwhile. Nor do they faster than 500 kbit/s
 * where RX STATUS tells it: there such a request waits as any other frame.
 * Does not: read, or send.
 */
import { nanosToTicks } from '../../rt/deadline';
import { SoftwareTimer } from '../../rt/software-timer';
import { REORDER_FAST_BITRATE, REORDER_READ_SPI_BYTES } from '../bounds';
import { AnyParts } from '../parts';
import { shortestFrameNanos } from '../urgent/line-poll';

/** The longest transaction that may begin while a frame waits: LOAD TX BUFFER, and behind it BIT MODIFY. */
const LOAD_BYTES: u32 = 14;
const REST_BYTES: u32 = 4;
/** All of the step behind LOAD TX BUFFER: BIT MODIFY twice, and RTS. */
const REST_STEP_BYTES: u32 = 4 + 4 + 1;
/** Beside the bytes of that transaction and of READ. */
const HANDLING_NANOS: u64 = 4_000;
/** The same with no more than the clocks of the bytes: READ STATUS and READ, 3.0 us, and 3.8 us for the step at most. */
const FAST_HANDLING_NANOS: u64 = 7_000;

@final
export class Haste<Parts extends AnyParts> {
  /** The strongest frame was just decided, or is being brought into the place of a weaker one. */
  isOn: bool = false;
  /** A request that a filter tells waits as any other frame, without RX STATUS. */
  isDeaf: bool = false;
  /** A weaker frame is being displaced, or was. */
  hasVictim: bool = false;
  /** The strongest frame is in its buffer, but not requested. */
  private isLoaded: bool = false;
  /** A frame waits in the chip, and INT can tell of no other one. */
  private isWaiting: bool = false;
  /** How long after INT was last seen high a transaction may begin: LOAD TX BUFFER, and what comes after it. */
  private loadTicks: u64 = 0;
  private restTicks: u64 = 0;
  /** No filter tells a request. */
  private isShared: bool = false;
  /** INT tells of RXB0 alone. */
  private isLineKept: bool = false;
  /** With that: the timer of the looks for other frames, their interval, and when RXB1 was known to be empty. */
  private looks: SoftwareTimer = new SoftwareTimer();
  private intervalTicks: u64 = 0;
  private emptyTicks: u64 = 0;

  /** Of the strongest frame. */
  private strength: u32 = 0;

  constructor(private readonly parts: Parts) {}

  /** A frame of `strength` waits, and may take the place of a weaker one in the next step. */
  begin(strength: u32): void {
    if (this.isOn) {
      this.strength = min<u32>(this.strength, strength);
      return;
    }
    this.strength = strength;
    const parts = this.parts;
    this.isOn = true;
    this.isLoaded = false;
    this.isWaiting = false;
    this.loadTicks = 0;
    this.restTicks = 0;
    this.isShared = !parts.controller.urgentFirst;
    this.isLineKept = parts.controller.setup.acceptance.lineKept;
    if (!parts.controller.useInterruptLine) return;
    const frames: u64 = this.isShared ? 2 : 1;
    const nanos = frames * shortestFrameNanos(parts);
    const perSecond = parts.clock.ticksPerSecond();
    const isFast = this.isFast;
    const clockHertz = parts.spi.clockHertz;
    const timing = parts.spiTiming;
    const byteNanos = isFast ? timing.wireNanos(clockHertz) : timing.byteNanos(clockHertz);
    const handling = isFast ? FAST_HANDLING_NANOS : HANDLING_NANOS;
    const taken = handling + byteNanos * REORDER_READ_SPI_BYTES;
    const restBytes = isFast ? REST_STEP_BYTES : REST_BYTES;
    this.loadTicks = ticksLeft(nanos, taken + byteNanos * LOAD_BYTES, perSecond);
    this.restTicks = ticksLeft(nanos, taken + byteNanos * restBytes, perSecond);
    this.isDeaf = isFast && !this.isShared && !this.isLineKept && this.loadTicks !== 0;
    // Each look starts the timer anew.
    if (this.isLineKept) this.sawEmpty(this.looks.ticks - this.intervalTicks);
  }

  /** The looks for other frames than the request that INT tells of, by `timer`, wait as well. */
  putsOff(timer: SoftwareTimer, intervalTicks: u64): void {
    this.looks = timer;
    this.intervalTicks = intervalTicks;
  }

  /** READ STATUS has shown no frame at `ticks`, or later. */
  sawEmpty(ticks: u64): void {
    if (!this.isOn || !this.isLineKept) return;
    this.emptyTicks = ticks;
    this.looks.start(ticks, max<u64>(this.restTicks, this.intervalTicks));
  }

  /** That of `strength` takes the place of a weaker one. */
  displaces(strength: u32): void {
    this.begin(strength);
    this.hasVictim = true;
  }

  /** A frame is being loaded. That is no haste if the buffer was free. */
  goesOn(): void {
    if (this.isOn && !this.hasVictim) this.end();
  }

  /** The strongest frame is in its buffer. */
  loaded(): void {
    this.isLoaded = true;
  }

  /** The strongest frame was requested, or can have no buffer now. */
  end(): void {
    if (!this.isOn) return;
    if (this.isLineKept) this.looks.start(this.emptyTicks, this.intervalTicks);
    this.isOn = false;
    this.isDeaf = false;
    this.isWaiting = false;
    this.hasVictim = false;
  }

  /** True while a frame may wait that may be in the chip since `sinceTicks`. The step began at `nowTicks`. */
  lasts(nowTicks: u64, sinceTicks: u64): bool {
    if (!this.isOn) return false;
    const since = this.isLineKept ? max<u64>(sinceTicks, this.emptyTicks) : sinceTicks;
    return nowTicks < since + (this.isLoaded ? this.restTicks : this.loadTicks);
  }

  /** As `lasts`, for a frame that has to be read: it waits in this step, or not. */
  mayWait(nowTicks: u64, sinceTicks: u64): bool {
    this.isWaiting = this.lasts(nowTicks, sinceTicks);
    return this.isWaiting;
  }

  /** Nothing that INT could tell now comes before the strongest frame. */
  get isBlind(): bool {
    if (!this.isOn) return false;
    if (this.isWaiting) return !this.isLineKept || this.parts.controller.receiver.requestKnown;
    return this.isDeaf || (this.isShared && this.loadTicks !== 0);
  }

  /** A request whose answer, of `strength`, takes bytes of it is read afterwards. */
  keepsWindow(strength: u32): bool {
    if (!this.isOn) return false;
    return strength > this.strength || this.isFast;
  }

  /** An answer of `strength`, which is the weaker one, does not take a buffer that gets free just now. */
  keepsBuffer(strength: u32): bool {
    return this.isOn && strength > this.strength;
  }

  /**
   * The bus may be free for the second time before READ and WRITE of a window are over, and time is so short that it is
   * counted as it is on the image (bounds.ts).
   */
  private get isFast(): bool {
    return this.parts.settings.bitrate > REORDER_FAST_BITRATE;
  }
}

function ticksLeft(nanos: u64, taken: u64, perSecond: u32): u64 {
  return nanos > taken ? nanosToTicks(nanos - taken, perSecond) : 0;
}
