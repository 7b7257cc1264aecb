// SPDX-License-Identifier: MIT
/**
 * CrystalMeter: measures the chip's crystal by the time of frames that the chip sends to itself.
 *
 * In loopback mode no bit reaches the bus (DS20001801J, section 10.3). Three buffers are sent with one RTS, in
 * the order TXB2, TXB1, TXB0 (section 3.2). The time counts from the end of the first, which is short, to the
 * end of the last: what passes between RTS and the first bit is not in it. Between two ends lie one frame and
 * the 3 bits of the intermission.
 * Does not: know which crystals there are, or set the chip up again. It leaves filters that take nothing.
 */
import { Clock, deadlineAfterMicros, deadlinePassed } from '../../hal/clock';
import { SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import { BitTiming } from '../../can/bit-timing';
import {
  BUFFER_REGISTERS,
  HEADER_BYTES,
  loadTransmitBuffer,
  readStatus,
  requestToSendAll,
  statusRead,
  writeRegisters,
} from './instructions';
import { bitTimeout, Modes } from './modes';
import { MODE_LOOPBACK, RXF0SIDH, RXM0SIDH, STATUS_TX0REQ, STATUS_TX2REQ } from './registers';

/** SIDH to EID0 of the identifier 0x15555555. With 8 bytes of 0x55 the frame has no stuff bit. */
const HEADER: u32 = 0x5555a9aa;
const DLC: u32 = 8;
const DATA: u64 = 0x5555555555555555;
/** 118 bits from SOF to the CRC, 3 for delimiters and ACK, 7 EOF, 3 intermission. */
const FRAME_BITS: u64 = 118 + 3 + 7 + 3;
const TIMED_FRAMES: u64 = 2;
/** Bits after which the last frame must have ended, were the crystal the slowest that osc= takes. */
const ALL_FRAMES_BITS: u32 = 400;
const CRYSTAL_HERTZ_MINIMUM: u32 = 1_000_000;
/** A measurement that a stall of the core has blurred is repeated. */
const ROUNDS: u32 = 3;

@final
export class CrystalMeter<Bus extends SpiBus, Time extends Clock> {
  /** The measured crystal in hertz. */
  hertz: u32 = 0;
  /** How far it may be off by the time between two looks at the chip, in hertz. */
  uncertainHertz: u32 = 0;
  /** The last edge was seen between these two ticks. */
  private fromTicks: u64 = 0;
  private toTicks: u64 = 0;
  /** The shortest time between two looks. */
  private lookTicks: u64 = 0;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Time,
    private readonly modes: Modes<Bus, Time>,
  ) {}

  /**
   * Measures a chip that is in configuration mode with `timing`. Waits. `CrystalUnmeasured`: a frame has not
   * ended, or loopback mode was not entered. Otherwise errors of the bus.
   */
  measure(timing: BitTiming): Status {
    let status = this.load();
    const clocksPerBit = clocksOf(timing);
    const bitrate = CRYSTAL_HERTZ_MINIMUM / clocksPerBit;
    if (status === Status.Ok) status = this.modes.enter(MODE_LOOPBACK, bitTimeout(bitrate));
    this.lookTicks = u64.MAX_VALUE;
    let leastBlur: u64 = u64.MAX_VALUE;
    for (let round: u32 = 0; status === Status.Ok && round < ROUNDS; round++) {
      const deadlineTicks = deadlineAfterMicros(this.clock, ALL_FRAMES_BITS * clocksPerBit);
      status = requestToSendAll(this.bus);
      if (status === Status.Ok) status = this.awaitEnd(STATUS_TX2REQ, deadlineTicks);
      if (status !== Status.Ok) break;
      const firstTicks = this.fromTicks + this.toTicks;
      const firstBlur = this.toTicks - this.fromTicks;
      status = this.awaitEnd(STATUS_TX0REQ, deadlineTicks);
      if (status !== Status.Ok) break;
      const blur = firstBlur + this.toTicks - this.fromTicks;
      if (blur < leastBlur) {
        leastBlur = blur;
        status = this.judge(clocksPerBit, this.fromTicks + this.toTicks - firstTicks, blur);
      }
      if (blur <= 3 * this.lookTicks) break;
    }
    return status === Status.Timeout ? Status.CrystalUnmeasured : status;
  }

  /** Loads the frames, and sets filters that take none of them, so that no buffer fills. */
  private load(): Status {
    let status = writeRegisters(this.bus, RXF0SIDH, 8, 0);
    if (status === Status.Ok) status = writeRegisters(this.bus, RXM0SIDH, 8, u64.MAX_VALUE);
    for (let buffer: u32 = 0; status === Status.Ok && buffer < 3; buffer++) {
      const length = buffer === 2 ? 0 : DLC;
      store<u32>(BUFFER_REGISTERS, HEADER);
      store<u8>(BUFFER_REGISTERS, length, HEADER_BYTES - 1);
      store<u64>(BUFFER_REGISTERS, DATA, HEADER_BYTES);
      status = loadTransmitBuffer(this.bus, buffer, HEADER_BYTES + length);
    }
    return status;
  }

  /** Looks until the request of a buffer is clear. The end lies between the ends of the last two looks. */
  private awaitEnd(requestBit: u32, deadlineTicks: u64): Status {
    const clock = this.clock;
    let isLate: bool = false;
    let beginTicks = clock.nowTicks();
    this.toTicks = beginTicks;
    do {
      isLate = deadlinePassed(clock, deadlineTicks);
      const status = readStatus(this.bus);
      if (status !== Status.Ok) return status;
      // In the look before this one the core may have stalled behind the chip's answer: the end may lie in it.
      const hasStalled = this.toTicks - beginTicks > 2 * this.lookTicks;
      this.fromTicks = hasStalled ? beginTicks : this.toTicks;
      beginTicks = this.toTicks;
      this.toTicks = clock.nowTicks();
      this.lookTicks = min<u64>(this.lookTicks, this.toTicks - beginTicks);
      if ((statusRead() & requestBit) === 0) return Status.Ok;
    } while (!isLate);
    return Status.Timeout;
  }

  /** `twiceTicks`, `twiceBlur`: double the time of the frames, and double what it may be off by. */
  private judge(clocksPerBit: u32, twiceTicks: u64, twiceBlur: u64): Status {
    if (twiceTicks <= twiceBlur) return Status.Timeout;
    const clocks = clocksPerBit * FRAME_BITS * TIMED_FRAMES;
    const hertz = (2 * clocks * this.clock.ticksPerSecond() + twiceTicks / 2) / twiceTicks;
    if (hertz > u32.MAX_VALUE / 2) return Status.Timeout;
    this.hertz = hertz as u32;
    this.uncertainHertz = ((hertz * twiceBlur) / twiceTicks) as u32;
    return Status.Ok;
  }
}

/** Periods of the crystal in one bit: a quantum is 2 (BRP + 1) of them. */
function clocksOf(timing: BitTiming): u32 {
  return 2 * timing.prescaler * timing.quanta;
}
