// SPDX-License-Identifier: MIT
/**
 * Bit timing: from a clock and a bit rate to the lengths of the segments of one bit. Integers only.
 *
 * Gives the result of Linux' can_calc_bittiming (v6.3), so that a cell and a Linux node on one bus agree.
 * Sample point: 87.5 % up to 500 kbit/s, 80 % up to 800 kbit/s, else 75 %. Preference: least bit rate error,
 * then least sample point error, then most quanta. Rate errors above 5 % are refused.
 * One bit is 1 synchronisation quantum, segment 1 (propagation + phase 1), the sample point, and segment 2
 * (phase 2).
 */
import { Status } from '../rt/status';

/** The largest accepted bit rate error, in thousandths. */
const RATE_ERROR_PERMILLE_MAXIMUM: u32 = 50;

/** Limits of a controller, in time quanta except for the prescaler. */
@final
export class BitTimingLimits {
  constructor(
    readonly segment1Minimum: u32,
    readonly segment1Maximum: u32,
    readonly segment2Minimum: u32,
    readonly segment2Maximum: u32,
    readonly jumpWidthMaximum: u32,
    readonly prescalerMaximum: u32,
  ) {}
}

/** The result, in time quanta unless stated otherwise. */
@final
export class BitTiming {
  /** Controller clocks per quantum. */
  prescaler: u32 = 0;
  propagationSegment: u32 = 0;
  phaseSegment1: u32 = 0;
  phaseSegment2: u32 = 0;
  synchronisationJumpWidth: u32 = 0;
  /** The resulting rate, bit/s; within 5 % of the requested one. */
  bitrate: u32 = 0;
  /** Sample point in thousandths of the bit, rounded down. */
  samplePointPermille: u32 = 0;

  /** Quanta in one bit. */
  get quanta(): u32 {
    return 1 + this.propagationSegment + this.phaseSegment1 + this.phaseSegment2;
  }
}

/**
 * Computes `timing` for `bitrate` bit/s. `clockHertz` is the controller clock after the chip's fixed divider.
 * `BitRateImpossible`: `timing` is undefined.
 */
export function calculateBitTiming(
  limits: BitTimingLimits,
  clockHertz: u32,
  bitrate: u32,
  timing: BitTiming,
): Status {
  if (bitrate === 0 || bitrate > 1_000_000) return Status.BitRateImpossible;

  const wantedPoint = wantedSamplePointPermille(bitrate);
  const quantaMaximum = 1 + limits.segment1Maximum + limits.segment2Maximum;
  const quantaMinimum = 1 + limits.segment1Minimum + limits.segment2Minimum;
  let leastRateError: u32 = u32.MAX_VALUE;
  let leastPointError: u32 = u32.MAX_VALUE;

  // loop: at most 25, the quanta of the longest bit of any limits
  for (let quanta = quantaMaximum; quanta >= quantaMinimum; quanta--) {
    const segment2 = bestSegment2(limits, quanta, wantedPoint);
    const pointError = samplePointError(quanta, segment2, wantedPoint);
    const roundedDown = clockHertz / (quanta * bitrate);
    // The exact prescaler is rarely whole: try the next higher one (slower bus) and the next lower one.
    // loop: at most 2
    for (let prescaler = roundedDown + 1; prescaler >= roundedDown; prescaler--) {
      if (prescaler === 0) break;
      if (prescaler > limits.prescalerMaximum) continue;
      const rate = clockHertz / (prescaler * quanta);
      const rateError = rate > bitrate ? rate - bitrate : bitrate - rate;
      if (rateError > leastRateError) continue;
      if (rateError === leastRateError && pointError >= leastPointError) continue;
      leastRateError = rateError;
      leastPointError = pointError;
      timing.prescaler = prescaler;
      timing.bitrate = rate;
      timing.phaseSegment2 = segment2;
      timing.phaseSegment1 = quanta - 1 - segment2; // split below
    }
  }

  const tooFar = ((leastRateError as u64) * 1000) / bitrate > RATE_ERROR_PERMILLE_MAXIMUM;
  if (leastRateError === u32.MAX_VALUE || tooFar) return Status.BitRateImpossible;
  splitSegments(limits, timing);
  return Status.Ok;
}

function wantedSamplePointPermille(bitrate: u32): u32 {
  if (bitrate > 800_000) return 750;
  if (bitrate > 500_000) return 800;
  return 875;
}

function samplePointPermille(quanta: u32, segment2: u32): u32 {
  return (1000 * (quanta - segment2)) / quanta;
}

/** Distance to a sample point before the wanted one. Points after it rank behind all others. */
function samplePointError(quanta: u32, segment2: u32, wantedPoint: u32): u32 {
  const point = samplePointPermille(quanta, segment2);
  return point <= wantedPoint ? wantedPoint - point : u32.MAX_VALUE;
}

/** The length of segment 2 with the sample point nearest before `wantedPoint`. */
function bestSegment2(limits: BitTimingLimits, quanta: u32, wantedPoint: u32): u32 {
  const exact = quanta - (wantedPoint * quanta) / 1000;
  const later = withinLimits(limits, quanta, exact - 1);
  const earlier = withinLimits(limits, quanta, exact);
  const laterError = samplePointError(quanta, later, wantedPoint);
  const earlierError = samplePointError(quanta, earlier, wantedPoint);
  return laterError < earlierError ? later : earlier;
}

function withinLimits(limits: BitTimingLimits, quanta: u32, segment2: u32): u32 {
  if (segment2 < limits.segment2Minimum) segment2 = limits.segment2Minimum;
  if (segment2 > limits.segment2Maximum) segment2 = limits.segment2Maximum;
  if (quanta - 1 - segment2 > limits.segment1Maximum)
    segment2 = quanta - 1 - limits.segment1Maximum;
  return segment2;
}

/** Splits segment 1, which is in `phaseSegment1`, and chooses the jump width. */
function splitSegments(limits: BitTimingLimits, timing: BitTiming): void {
  const segment1 = timing.phaseSegment1;
  const quanta = 1 + segment1 + timing.phaseSegment2;
  timing.samplePointPermille = samplePointPermille(quanta, timing.phaseSegment2);
  timing.propagationSegment = segment1 >> 1;
  timing.phaseSegment1 = segment1 - timing.propagationSegment;

  // Half of phase segment 2: the MCP2515 requires less than the whole (DS20001801J, 5.3).
  let jumpWidth = timing.phaseSegment2 >> 1;
  if (jumpWidth > timing.phaseSegment1) jumpWidth = timing.phaseSegment1;
  if (jumpWidth > limits.jumpWidthMaximum) jumpWidth = limits.jumpWidthMaximum;
  timing.synchronisationJumpWidth = jumpWidth === 0 ? 1 : jumpWidth;
}
