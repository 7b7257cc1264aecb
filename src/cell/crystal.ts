// SPDX-License-Identifier: MIT
/**
 * Finds the crystal at the start: with osc=auto it is measured, and a given one is checked.
 *
 * The measurement compares it with the generic timer. At 10 MHz SPI it takes 4 to 14 ms and is within 0.1 %;
 * the check takes about a tenth and tells crystals apart. A cell that was restarted after a fault takes what it
 * has found before.
 * Does not: measure again while the cell runs.
 */
import { BitTiming } from '../can/bit-timing';
import { HEAD_CRYSTAL_HERTZ } from '../page/layout';
import { Sentence } from '../page/sentences';
import { Status } from '../rt/status';
import { AUTO } from './command-line';
import { AnyParts } from './parts';

/**
 * The bit timing of the measurement is that of a 16 MHz crystal at a rate in proportion to the SPI clock, so
 * that the time between two looks stays the same part of the frames' time.
 */
export const TRIAL_HERTZ: u32 = 16_000_000;
const MEASURE_PART: u32 = 50;
const MEASURE_BITRATE_MINIMUM: u32 = 10_000;
const MEASURE_BITRATE_MAXIMUM: u32 = 50_000;
const CHECK_PART: u32 = 20;
const CHECK_BITRATE_MINIMUM: u32 = 50_000;
const CHECK_BITRATE_MAXIMUM: u32 = 500_000;

/** Crystals that are on sale for this chip, in MHz, one a byte; 25 MHz is the most it is specified for. */
const CRYSTALS_MEGAHERTZ: u64 = 0x28_19_14_10_0c_0a_08;
/** A crystal is taken for one of these within 1/50. */
const TOLERANCE_PART: u32 = 50;
/** A measured one counts as exact within 1/500. */
const EXACT_PART: u32 = 500;
/** With a very slow SPI clock: a measurement that may be off by more than 1/16 tells no crystals apart. */
const BLURRED_PART: u32 = 16;

/** True when the start is to measure or check: not after a restart. */
export function looksAtCrystal<Parts extends AnyParts>(parts: Parts, restarts: u32): bool {
  if (restarts === 0) return true;
  if (parts.settings.oscillatorHertz !== AUTO) return false;
  if (!parts.pageUsable) return true;
  const measured = parts.records.page.left(HEAD_CRYSTAL_HERTZ);
  return take(parts, measured, 0) !== Status.Ok;
}

/** The bit rate for the measurement, of a crystal of TRIAL_HERTZ. */
export function trialBitrate<Parts extends AnyParts>(parts: Parts): u32 {
  const spiHertz = parts.spi.clockHertz;
  return parts.settings.oscillatorHertz === AUTO
    ? clamp(spiHertz / MEASURE_PART, MEASURE_BITRATE_MINIMUM, MEASURE_BITRATE_MAXIMUM)
    : clamp(spiHertz / CHECK_PART, CHECK_BITRATE_MINIMUM, CHECK_BITRATE_MAXIMUM);
}

/**
 * Measures the crystal of a chip that is set up with `timing` and in configuration mode. `CrystalUnmeasured`,
 * `CrystalUnusual`: it cannot be known, which was said. A given one is kept, whatever was measured.
 */
export function findCrystal<Parts extends AnyParts>(parts: Parts, timing: BitTiming): Status {
  const settings = parts.settings;
  const meter = parts.crystalMeter;
  const isGiven = settings.oscillatorHertz !== AUTO;
  let status = meter.measure(timing);
  if (status !== Status.Ok && status !== Status.CrystalUnmeasured) return status;
  const isBlurred = meter.uncertainHertz > meter.hertz / BLURRED_PART;
  if (isGiven) {
    const isIt = isWithin(settings.oscillatorHertz, meter.hertz, meter.uncertainHertz);
    if (status === Status.Ok && !isIt) status = Status.CrystalDiffers;
  } else if (isBlurred) {
    status = Status.CrystalUnmeasured;
  } else if (status === Status.Ok) {
    status = take(parts, meter.hertz, meter.uncertainHertz);
  }
  if (status === Status.Ok) return status;
  parts.journal.say(status, Sentence.First, meter.hertz);
  return isGiven ? Status.Ok : status;
}

/** Takes the crystal that is near `measuredHertz`. `CrystalUnusual`: there is none. */
function take<Parts extends AnyParts>(parts: Parts, measuredHertz: u32, uncertain: u32): Status {
  for (let crystals = CRYSTALS_MEGAHERTZ; crystals !== 0; crystals >>= 8) {
    const hertz = ((crystals & 0xff) as u32) * 1_000_000;
    if (!isWithin(hertz, measuredHertz, uncertain)) continue;
    parts.settings.oscillatorHertz = hertz;
    parts.crystalHertz = measuredHertz;
    const off = difference(hertz, measuredHertz);
    if (off > hertz / EXACT_PART + uncertain) {
      parts.controller.rate.realOscillatorHertz = measuredHertz;
    }
    return Status.Ok;
  }
  return Status.CrystalUnusual;
}

function isWithin(hertz: u32, measuredHertz: u32, uncertainHertz: u32): bool {
  return difference(hertz, measuredHertz) <= hertz / TOLERANCE_PART + uncertainHertz;
}

function difference(one: u32, other: u32): u32 {
  return one > other ? one - other : other - one;
}

function clamp(value: u32, least: u32, most: u32): u32 {
  return min<u32>(max<u32>(value, least), most);
}
