// SPDX-License-Identifier: MIT
/**
 * Chooses the serial clock of SPI at start-up: sets it, measures it, and lowers it if reading
 * fails.
 *
 * SCLK is core_freq / CDIV, and the firmware chooses core_freq. A 4K screen raises it. If
 * config.txt does not fix it, it falls while the board idles. A clock that is too fast for the chip
 * or the wires is lowered. A clock that is too slow is only reported, because it may become fast
 * again.
 * The crystal is found with the chip as it is then (crystal.ts).
 * Does not: look again while the cell runs.
 */
import { SPI_PART_BYTES_MAXIMUM } from '../hal/spi-bus';
import { Status } from '../rt/status';
import { findCrystal, looksAtCrystal, trialBitrate, TRIAL_HERTZ } from './crystal';
import { AnyParts } from './parts';
import { chooseReceiveLayout } from './urgent/receive-layout';

/** Accesses to the SPI block that the difference of two transactions may include. */
const TIMED_ACCESSES: u64 = 17;

/**
 * The next lower clock; 0: there is none. Public configurations of this HAT use 2 MHz. Each step
 * down widens the margin of the read path.
 */
function nextLower(hertz: u32): u32 {
  if (hertz > 5_000_000) return 5_000_000;
  if (hertz > 2_000_000) return 2_000_000;
  return hertz > 1_000_000 ? 1_000_000 : 0;
}

/**
 * Sets up the bus, then the chip, at the fastest clock up to the setting at which the chip reads
 * back well. `restarts`: how often a trap has restarted the cell.
 */
export function configureChip<Parts extends AnyParts>(parts: Parts, restarts: u32): Status {
  const settings = parts.settings;
  const nominalHertz = parts.spiTiming.sourceHertz;
  let coreHertz = nominalHertz;
  let status = parts.spi.configure(coreHertz, settings.spiHertz);
  if (status !== Status.Ok) return status;
  coreHertz = measuredCore(parts);
  if (coreHertz !== nominalHertz) {
    parts.spiDoubt = Status.SpiClockUnexpected;
    if (coreHertz > nominalHertz) status = parts.spi.configure(coreHertz, settings.spiHertz);
    else parts.spi.clockHertz = scaled(parts.spi.clockHertz, coreHertz, nominalHertz);
  }
  const controller = parts.controller;
  const isTrial = looksAtCrystal(parts, restarts);
  while (status === Status.Ok) {
    status = isTrial ? controller.configure(TRIAL_HERTZ, trialBitrate(parts)) : setUp(parts);
    if (status === Status.Ok) status = parts.linkCheck.readBack();
    const isDoubtful =
      status === Status.RegisterVerifyMismatch || status === Status.ChipNotInConfigurationMode;
    const hertz = nextLower(parts.spi.clockHertz);
    if (!isDoubtful || hertz === 0) break;
    parts.spiDoubt = Status.SpiClockLowered;
    status = parts.spi.configure(max<u32>(coreHertz, nominalHertz), hertz);
  }
  if (status === Status.Ok && isTrial) {
    status = findCrystal(parts, controller.rate.timing);
    if (status === Status.Ok) status = setUp(parts);
  }
  if (status === Status.Ok) {
    parts.spi.byteTicks = max<u64>(parts.spi.byteTicks, parts.linkCheck.lookingByteTicks());
  }
  return status;
}

/**
 * Sets the chip up as the settings and the rules want it. While the bit rate is sought, for the first of the list
 * that the crystal can make.
 */
function setUp<Parts extends AnyParts>(parts: Parts): Status {
  const settings = parts.settings;
  const controller = parts.controller;
  if (!parts.isRateSought) chooseReceiveLayout(parts);
  let status = controller.configure(settings.oscillatorHertz, settings.bitrate);
  for (let index: u32 = 1; parts.isRateSought && index < settings.rateCount; index++) {
    if (status !== Status.BitRateImpossible) break;
    settings.bitrate = settings.rateOf(index);
    status = controller.configure(settings.oscillatorHertz, settings.bitrate);
  }
  return status;
}

/**
 * The source clock in hertz, measured by the time of a transaction. Returns the nominal clock if
 * the measured one is within 3 % above it, or so little below it that slow accesses could explain
 * the time, or if bytes take no time at all, as in some emulations.
 */
function measuredCore<Parts extends AnyParts>(parts: Parts): u32 {
  const perSecond = parts.clock.ticksPerSecond() as u64;
  const check = parts.linkCheck;
  const nominalHertz = parts.spiTiming.sourceHertz;
  // The timed transaction has the most bytes that one part can have.
  const byteClocks = parts.spiTiming.clocksPerByte as u64;
  const clockHertz = parts.spi.clockHertz as u64;
  const took = check.transactionTicks();
  const nominal = (SPI_PART_BYTES_MAXIMUM * byteClocks * perSecond) / clockHertz;
  // A transaction takes at least the time of its clocks.
  if (took < nominal - nominal / 32) {
    if (2 * took < nominal) return nominalHertz;
    const hertz = ((nominalHertz as u64) * nominal) / took;
    return (hertz + hertz / 32) as u32;
  }
  const bytesTook = check.bytesTicks();
  const bytesNominal = ((SPI_PART_BYTES_MAXIMUM - 1) * byteClocks * perSecond) / clockHertz;
  const slack = bytesNominal / 4 + TIMED_ACCESSES * check.accessTicks();
  if (bytesTook <= bytesNominal + slack) return nominalHertz;
  return scaled(nominalHertz, bytesNominal, bytesTook);
}

function scaled(hertz: u32, numerator: u64, denominator: u64): u32 {
  return (((hertz as u64) * numerator) / denominator) as u32;
}
