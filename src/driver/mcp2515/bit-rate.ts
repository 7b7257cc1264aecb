// SPDX-License-Identifier: MIT
/**
 * Bit rate: the values of the MCP2515's CNF registers for an oscillator and a bit rate, with the chip's
 * limits (DS20001801J, section 5) and encoding (registers 5-1..5-3). src/can/bit-timing.ts calculates the
 * timing. And how many bit times a frame has.
 */
import { BitTiming, BitTimingLimits, calculateBitTiming } from '../../can/bit-timing';
import { Status } from '../../rt/status';
import { CNF1_SJW_SHIFT, CNF2_BTLMODE, CNF2_PHSEG1_SHIFT, CNF2_SAM } from './registers';

/** The longest frame with its intermission (ISO 11898-1), in bit times. */
export const FRAME_BITS_MAXIMUM: u32 = 160;
/** The shortest with its intermission: from SOF to EOF 44, and 3. */
export const FRAME_BITS_MINIMUM: u32 = 47;

/** Segment 1 is PropSeg 1..8 + PS1 1..8 (Linux uses 3 and up); PS2 2..8; SJW; BRP + 1. */
const SEGMENT1_MINIMUM: u32 = 3;
const SEGMENT1_MAXIMUM: u32 = 16;
const SEGMENT2_MINIMUM: u32 = 2;
const SEGMENT2_MAXIMUM: u32 = 8;
const JUMP_WIDTH_MAXIMUM: u32 = 4;
const PRESCALER_MAXIMUM: u32 = 64;

/** A quantum is 2 (BRP + 1) oscillator periods. */
const OSCILLATOR_PERIODS_PER_CLOCK: u32 = 2;

/** Rate errors above 1/200, half a percent, cause a warning. */
const DOUBTFUL_PART: u32 = 200;

@final
export class BitRate {
  /** Each bit is sampled three times and the majority counts: for slow buses with spikes. */
  tripleSampling: bool = false;
  /** The timing behind the register values, for messages. */
  readonly timing: BitTiming = new BitTiming();
  /** The crystal as it really is, if that was measured and differs from its nominal frequency; 0: not. */
  realOscillatorHertz: u32 = 0;
  /** The resulting rate, bit/s. */
  realBitrate: u32 = 0;
  private wanted: u32 = 1;
  private readonly limits: BitTimingLimits = new BitTimingLimits(
    SEGMENT1_MINIMUM,
    SEGMENT1_MAXIMUM,
    SEGMENT2_MINIMUM,
    SEGMENT2_MAXIMUM,
    JUMP_WIDTH_MAXIMUM,
    PRESCALER_MAXIMUM,
  );

  /** Finds the timing. `BitRateImpossible`: none comes within 5 %. */
  calculate(oscillatorHertz: u32, bitrate: u32): Status {
    this.wanted = max<u32>(bitrate, 1);
    const timing = this.timing;
    const clockHertz = oscillatorHertz / OSCILLATOR_PERIODS_PER_CLOCK;
    const status = calculateBitTiming(this.limits, clockHertz, bitrate, timing);
    this.realBitrate = timing.bitrate;
    if (status !== Status.Ok || this.realOscillatorHertz === 0) return status;
    const periods = OSCILLATOR_PERIODS_PER_CLOCK * timing.prescaler * timing.quanta;
    this.realBitrate = this.realOscillatorHertz / periods;
    return status;
  }

  /** Difference of the real rate from the requested one, in thousandths, rounded. */
  get errorPermille(): u32 {
    return (this.difference * 1000 + this.wanted / 2) / this.wanted;
  }

  /** The rate error is large enough for a warning. */
  get isDoubtful(): bool {
    return this.difference * DOUBTFUL_PART > this.wanted;
  }

  private get difference(): u32 {
    const made = this.realBitrate;
    return made > this.wanted ? made - this.wanted : this.wanted - made;
  }

  get cnf1(): u32 {
    const jumpWidth = this.timing.synchronisationJumpWidth;
    return ((jumpWidth - 1) << CNF1_SJW_SHIFT) | (this.timing.prescaler - 1);
  }

  get cnf2(): u32 {
    const phaseSegment1 = this.timing.phaseSegment1 - 1;
    const propagationSegment = this.timing.propagationSegment - 1;
    const sampling = this.tripleSampling ? CNF2_SAM : 0;
    return CNF2_BTLMODE | sampling | (phaseSegment1 << CNF2_PHSEG1_SHIFT) | propagationSegment;
  }

  get cnf3(): u32 {
    return this.timing.phaseSegment2 - 1;
  }
}
