/**
 * The serial clock of SPI0 at start-up: what was asked for, measured, and lowered where reading fails.
 *
 * SCLK is core_freq / CDIV, and core_freq is the firmware's: a 4K screen raises it, and where config.txt
 * does not fix it, it falls while the board idles. A clock that is too fast for the chip or for the wires
 * is lowered; one that is slower than it should be is only said, because it may be fast again later.
 * Does not: look again while the cell runs.
 */
import { Status } from '../rt/status';
import { CellParts } from './parts';
import { chooseReceiveLayout } from './urgent/receive-layout';
import * as RPI4 from '../board/rpi4';

/** Serial clocks of the timed transaction: 16 bytes of 9. */
const TIMED_CLOCKS: u64 = 16 * 9;
/** And of its bytes but the first. */
const TIMED_CLOCKS_BUT_FIRST: u64 = 15 * 9;
/** Accesses to the block that the difference of two transactions may hold besides. */
const TIMED_ACCESSES: u64 = 17;

/** Public configurations of this HAT use 2 MHz; the margin of the read path grows with every step. */
function nextLower(hertz: u32): u32 {
  if (hertz > 5_000_000) return 5_000_000;
  if (hertz > 2_000_000) return 2_000_000;
  return hertz > 1_000_000 ? 1_000_000 : 0;
}

/** Sets SPI0 up, then the chip, at the fastest clock not above the wanted one at which it reads well. */
export function configureChip(parts: CellParts): Status {
  const settings = parts.settings;
  let coreHertz = RPI4.CORE_CLOCK_HERTZ;
  let status = parts.spi.configure(coreHertz, settings.spiHertz);
  if (status !== Status.Ok) return status;
  coreHertz = measuredCore(parts);
  if (coreHertz !== RPI4.CORE_CLOCK_HERTZ) {
    parts.spiDoubt = Status.SpiClockUnexpected;
    if (coreHertz > RPI4.CORE_CLOCK_HERTZ)
      status = parts.spi.configure(coreHertz, settings.spiHertz);
    else parts.spi.clockHertz = slowed(parts.spi.clockHertz, coreHertz);
  }
  while (status === Status.Ok) {
    chooseReceiveLayout(parts);
    status = parts.controller.configure(settings.oscillatorHertz, settings.bitrate);
    if (status === Status.Ok) status = parts.linkCheck.readBack();
    const isDoubtful =
      status === Status.RegisterVerifyMismatch || status === Status.ChipNotInConfigurationMode;
    const hertz = nextLower(parts.spi.clockHertz);
    if (!isDoubtful || hertz === 0) return status;
    parts.spiDoubt = Status.SpiClockLowered;
    status = parts.spi.configure(max<u32>(coreHertz, RPI4.CORE_CLOCK_HERTZ), hertz);
  }
  return status;
}

/**
 * The core clock by the time of a transaction. CORE_CLOCK_HERTZ: within 3 % above it, or not far enough
 * below to be told from slow accesses; also where bytes take no time at all, as in some emulations.
 */
function measuredCore(parts: CellParts): u32 {
  const perSecond = parts.clock.ticksPerSecond() as u64;
  const check = parts.linkCheck;
  const clockHertz = parts.spi.clockHertz as u64;
  const took = check.transactionTicks();
  const nominal = (TIMED_CLOCKS * perSecond) / clockHertz;
  // A transaction takes longer than its clocks, never shorter.
  if (took < nominal - nominal / 32) {
    if (2 * took < nominal) return RPI4.CORE_CLOCK_HERTZ;
    const hertz = ((RPI4.CORE_CLOCK_HERTZ as u64) * nominal) / took;
    return (hertz + hertz / 32) as u32;
  }
  const bytesTook = check.bytesTicks();
  const bytesNominal = (TIMED_CLOCKS_BUT_FIRST * perSecond) / clockHertz;
  const slack = bytesNominal / 4 + TIMED_ACCESSES * check.accessTicks();
  if (bytesTook <= bytesNominal + slack) return RPI4.CORE_CLOCK_HERTZ;
  return (((RPI4.CORE_CLOCK_HERTZ as u64) * bytesNominal) / bytesTook) as u32;
}

function slowed(clockHertz: u32, coreHertz: u32): u32 {
  return (((clockHertz as u64) * coreHertz) / RPI4.CORE_CLOCK_HERTZ) as u32;
}
