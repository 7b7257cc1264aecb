// SPDX-License-Identifier: MIT
/**
 * The wires between board and HAT: pins, the SPI block, the ways to the chip and back, INT.
 *
 * All but the SPI clock itself is tested at 1 MHz, where a thin margin does not matter. What the chip hears is seen
 * at INT without MISO: an interrupt flag is set and cleared by SPI. So a break of MISO, of INT, and of the wires to the
 * chip are told apart.
 * Does not: change a pin. The cell may only read the GPIO block.
 */
import { SelfTest } from '../../build/generated/self-test';
import { FUNCTION_ALT0, FUNCTION_INPUT, PULL_UP } from '../chip/bcm2711/pin-state';
import { SPI_PART_BYTES_MAXIMUM } from '../hal/spi-bus';
import {
  readRegisters,
  registersRead,
  reset,
  timedTransaction,
  writeRegisters,
} from '../driver/mcp2515/instructions';
import { CANINTE, CANINTF_TX0IF, CANSTAT, MODE_CONFIGURATION } from '../driver/mcp2515/registers';
import { Status } from '../rt/status';
import { readBackFails } from './registers';
import { TestParts } from './parts';

const SPI_FIRST_PIN: u32 = 8;
const SPI_LAST_PIN: u32 = 11;
/** GPIO 7 to 11: chip selects and SPI, which move with every transaction. */
const SPI_PINS: u64 = 0xf80;
const WIRE_HERTZ: u32 = 1_000_000;
/** The oscillator may need this long after RESET. */
const RESET_MICROS: u32 = 10_000;
/** Other pins move by themselves; one that follows INT does so every time. */
const INTERRUPT_ROUNDS: u32 = 8;
const SETTLE_MICROS: u32 = 10;
/** The source clock may be off by this part. */
const CORE_TOLERANCE_PART: u64 = 50;
const TIMINGS: u32 = 3;
const CLOCKS_PER_BYTE: u64 = 9;
/** Eight bytes each. */
const PATTERN_ROUNDS: u32 = 512;
const PATTERN_BYTES: u32 = PATTERN_ROUNDS * 20;
/** TXB0D0 to TXB2D0: a byte of a buffer may be bad, and is not the clock's fault. */
const PATTERN_PLACES: u32 = 0x36_46_56;

export function testPins(parts: TestParts): void {
  const pins = parts.pins;
  for (let pin = SPI_FIRST_PIN; pin <= SPI_LAST_PIN; pin++) {
    const found = pins.functionOf(pin);
    if (found === FUNCTION_ALT0) continue;
    parts.fault(SelfTest.Pins, 1).value(pin).value(found).end();
    return;
  }
  const found = pins.functionOf(parts.interruptPin);
  if (found === FUNCTION_INPUT) parts.good(SelfTest.Pins).end();
  else parts.fault(SelfTest.Pins, 2).value(parts.interruptPin).value(found).end();
}

export function testPull(parts: TestParts): void {
  const pull = parts.pins.pullOf(parts.interruptPin);
  if (pull === PULL_UP) parts.good(SelfTest.Pull).end();
  else parts.fault(SelfTest.Pull, 1).value(pull).end();
}

/** The block, and by the time of its bytes the clock that feeds it. */
export function testSpi(parts: TestParts): void {
  if (!parts.needs(SelfTest.Spi, SelfTest.Pins)) return;
  const spi = parts.spi;
  const nominal = parts.coreHertz as u64;
  spi.configure(parts.coreHertz, WIRE_HERTZ);
  const whole = shortestTicks(parts, SPI_PART_BYTES_MAXIMUM);
  const one = shortestTicks(parts, 1);
  if (whole === 0 || one === 0) return parts.fault(SelfTest.Spi, 1).end();
  parts.spiEnds = true;
  // Two transactions differ by their bytes alone.
  const clocks = (SPI_PART_BYTES_MAXIMUM - 1) * CLOCKS_PER_BYTE;
  const ticks = whole > one ? whole - one : 1;
  const serial = (clocks * parts.clock.ticksPerSecond()) / ticks;
  const core = (nominal * serial) / spi.clockHertz;
  const off = core > nominal ? core - nominal : nominal - core;
  if (off <= nominal / CORE_TOLERANCE_PART) {
    return parts
      .good(SelfTest.Spi)
      .value(core / 1000)
      .end();
  }
  spi.configure(parts.coreHertz, parts.settings.spiHertz);
  const wanted = spi.clockHertz as u64;
  const line = parts.fault(SelfTest.Spi, 2).value(core / 1000);
  line
    .value(nominal / 1000)
    .value((wanted * core) / nominal / 1000)
    .value(wanted / 1000)
    .end();
}

function shortestTicks(parts: TestParts, bytes: u32): u64 {
  let least: u64 = u64.MAX_VALUE;
  for (let round: u32 = 0; round < TIMINGS; round++) {
    const before = parts.clock.nowTicks();
    if (timedTransaction(parts.spi, bytes) !== Status.Ok) return 0;
    least = min<u64>(least, parts.clock.nowTicks() - before);
  }
  return least;
}

/** The chip hears, answers, and moves INT: three lines. */
export function testChip(parts: TestParts): void {
  if (!parts.needs(SelfTest.Chip, SelfTest.Pins)) return passOver(parts, SelfTest.Pins);
  if (!parts.spiEnds) {
    parts.needs(SelfTest.Chip, SelfTest.Spi);
    return passOver(parts, SelfTest.Spi);
  }
  parts.spi.configure(parts.coreHertz, WIRE_HERTZ);
  const canstat = resetChip(parts);
  const isRead = canstat === MODE_CONFIGURATION;
  const interruptBit = (1 as u64) << parts.interruptPin;
  const follows = pinsThatFollow(parts);
  const isHigh = (parts.pins.levels() & interruptBit) !== 0;
  if (!isRead && follows === 0) {
    parts.fault(SelfTest.Chip, 1).byte(canstat).end();
    return passOver(parts, SelfTest.Chip);
  }
  parts.good(SelfTest.Chip).end();
  if (isRead) parts.good(SelfTest.Miso).end();
  else parts.fault(SelfTest.Miso, 1).byte(canstat).end();
  if ((follows & interruptBit) !== 0) parts.good(SelfTest.Int).end();
  else if (follows !== 0 && isHigh) parts.fault(SelfTest.Int, 3).value(ctz<u64>(follows)).end();
  else parts.fault(SelfTest.Int, isHigh ? 1 : 2).end();
}

function passOver(parts: TestParts, first: SelfTest): void {
  parts.needs(SelfTest.Miso, first);
  parts.needs(SelfTest.Int, first);
}

/** RESET, and CANSTAT as it reads at last. */
function resetChip(parts: TestParts): u32 {
  const endTicks = parts.after(RESET_MICROS);
  let canstat: u32 = 0;
  reset(parts.spi);
  do {
    parts.pause(SETTLE_MICROS);
    readRegisters(parts.spi, CANSTAT, 1);
    canstat = (registersRead() as u32) & 0xff;
  } while (canstat !== MODE_CONFIGURATION && parts.waits(endTicks));
  return canstat;
}

/** The pins that go low and high again with the chip's interrupt flag, every time; 0: none. */
function pinsThatFollow(parts: TestParts): u64 {
  const spi = parts.spi;
  let follows: u64 = ~SPI_PINS;
  for (let round: u32 = 0; round < INTERRUPT_ROUNDS; round++) {
    follows &= parts.pins.levels();
    // CANINTE, and CANINTF behind it.
    writeRegisters(spi, CANINTE, 2, CANINTF_TX0IF | (CANINTF_TX0IF << 8));
    parts.pause(SETTLE_MICROS);
    follows &= ~parts.pins.levels();
    writeRegisters(spi, CANINTE, 2, 0);
    parts.pause(SETTLE_MICROS);
    follows &= parts.pins.levels();
  }
  return follows;
}

/** The set clock by a long pattern, and slower ones if it fails. */
export function testClock(parts: TestParts): void {
  if (!parts.needs(SelfTest.Clock, SelfTest.Miso)) return;
  const spi = parts.spi;
  let places: u32 = PATTERN_PLACES;
  while (places !== 0 && readBackFails(spi, places & 0xff, 8)) places >>= 8;
  spi.configure(parts.coreHertz, parts.settings.spiHertz);
  const wanted = spi.clockHertz;
  parts.spiHertz = WIRE_HERTZ;
  if (places === 0) return parts.fault(SelfTest.Clock, 2).value(wanted).end();
  while (readBackFails(spi, places & 0xff, PATTERN_ROUNDS)) {
    const lower = nextLower(spi.clockHertz);
    if (lower === 0) return parts.fault(SelfTest.Clock, 2).value(wanted).end();
    spi.configure(parts.coreHertz, lower);
  }
  parts.spiHertz = spi.clockHertz;
  if (parts.spiHertz === wanted) {
    return parts.good(SelfTest.Clock).value(wanted).value(PATTERN_BYTES).end();
  }
  parts.fault(SelfTest.Clock, 1).value(wanted).value(parts.spiHertz).end();
}

function nextLower(hertz: u32): u32 {
  if (hertz > 5_000_000) return 5_000_000;
  if (hertz > 2_000_000) return 2_000_000;
  return hertz > 1_000_000 ? 1_000_000 : 0;
}
