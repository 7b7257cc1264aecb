// SPDX-License-Identifier: MIT
/**
 * The crystal, and the four urgent ways end to end in loopback mode, with their times.
 *
 * The request comes from the chip's own third buffer, the answer goes back to it. The time counts from the last look
 * at INT that found it high, so that the wait before the look is in it, to the end of RTS. The code is the shortest
 * that does it: what the running cell adds is in docs/timing-budget.md.
 * Does not: touch the bus.
 */
import { SelfTest } from '../../build/generated/self-test';
import { AUTO } from '../cell/command-line';
import { GenericTimer } from '../chip/arm/generic-timer';
import { Spi0 } from '../chip/bcm2711/spi0';
import { CrystalMeter } from '../driver/mcp2515/crystal-meter';
import {
  BUFFER_REGISTERS,
  HEADER_BYTES,
  loadTransmitData,
  readReceiveData,
  readReceiveHeader,
  readReceiveStatus,
  readRequestWindow,
  requestToSend,
  statusRead,
  windowDataRead,
  writeRegisters,
} from '../driver/mcp2515/instructions';
import { CANINTE, CANINTE_RX0IE, RXB0DLC, STATUS_RX1IF } from '../driver/mcp2515/registers';
import { Status } from '../rt/status';
import { headerOf, Loopback } from './loopback';
import { TestParts } from './parts';

const TRIAL_HERTZ: u32 = 16_000_000;
const MEASURE_PART: u32 = 50;
const MEASURE_BITRATE_MINIMUM: u32 = 10_000;
const MEASURE_BITRATE_MAXIMUM: u32 = 50_000;
/** In MHz, one a byte: crystals that are on sale. */
const CRYSTALS_MEGAHERTZ: u64 = 0x28_19_14_10_0c_0a_08;
const TOLERANCE_PART: u32 = 50;
const MEGA: u32 = 1_000_000;

const USUAL_BITRATE: u32 = 500_000;
/** For a crystal that cannot make the wanted rate. */
const SLOW_BITRATE: u32 = 125_000;
const ROUNDS: u32 = 32;
const REQUEST_BUFFER: u32 = 2;
const REQUESTS: u32 = 0x123;
const OTHER_REQUESTS: u32 = 0x133;
const ANSWERS: u32 = 0x124;
const OTHER_ANSWERS: u32 = 0x134;
const REQUEST_DATA: u64 = 0x0807060504030201;
const ANSWER_DATA: u64 = 0xa5a55a5a0ff000ff;
/** The first bytes of the request that `window` copies behind the first of the answer. */
const WINDOW_BYTES: u32 = 2;
const WINDOW_MASK: u64 = 0xffff;
const WAIT_MICROS: u32 = 20_000;

export function testCrystal(parts: TestParts): void {
  const test = SelfTest.Crystal;
  if (!parts.needs(test, SelfTest.Miso) || !parts.needs(test, SelfTest.Txb0)) return;
  if (!parts.needs(test, SelfTest.Txb1) || !parts.needs(test, SelfTest.Txb2)) return;
  // The measured time is the counter's: it must be long beside a look at the chip.
  const part = parts.spi.clockHertz / MEASURE_PART;
  const bitrate = min<u32>(max<u32>(part, MEASURE_BITRATE_MINIMUM), MEASURE_BITRATE_MAXIMUM);
  parts.rate.calculate(TRIAL_HERTZ, bitrate);
  const loopback = new Loopback(parts);
  loopback.prepare();
  const meter = new CrystalMeter<Spi0, GenericTimer>(parts.spi, parts.clock, parts.modes);
  const status = meter.measure(parts.rate.timing);
  loopback.leave();
  if (status !== Status.Ok) return parts.fault(test, 3).end();
  const told = parts.settings.oscillatorHertz;
  const nearest = nearestCrystal(meter.hertz, meter.uncertainHertz);
  if (told !== AUTO && !isWithin(told, meter.hertz, meter.uncertainHertz)) {
    parts.fault(test, 2).value(meter.hertz).value(told).end();
  } else if (told === AUTO && nearest === 0) {
    parts.fault(test, 1).value(meter.hertz).end();
  } else {
    parts.good(test).value(meter.hertz).end();
  }
  parts.crystalHertz = nearest !== 0 ? nearest : meter.hertz;
}

function nearestCrystal(measured: u32, uncertain: u32): u32 {
  for (let crystals = CRYSTALS_MEGAHERTZ; crystals !== 0; crystals >>= 8) {
    const hertz = ((crystals & 0xff) as u32) * MEGA;
    if (isWithin(hertz, measured, uncertain)) return hertz;
  }
  return 0;
}

function isWithin(hertz: u32, measured: u32, uncertain: u32): bool {
  const off = hertz > measured ? hertz - measured : measured - hertz;
  return off <= hertz / TOLERANCE_PART + uncertain;
}

/** One of the four ways: `Single`, `Filter`, `Window`, `Read`. */
export function testWay(parts: TestParts, loopback: Loopback, way: SelfTest): void {
  if (!parts.needs(way, SelfTest.Int)) return;
  if (!parts.needs(way, SelfTest.Filters) || !parts.needs(way, SelfTest.Txb2)) return;
  if (parts.crystalHertz === 0) return parts.skip(way, 1).end();
  prepareWay(parts, loopback, way);
  let worstTicks: u64 = 0;
  for (let round: u32 = 0; round < ROUNDS; round++) {
    const isOther = way === SelfTest.Filter && (round & 1) !== 0;
    const requests = isOther ? OTHER_REQUESTS : REQUESTS;
    loopback.loadStandard(REQUEST_BUFFER, requests, 8, REQUEST_DATA + round);
    const tookTicks = answer(parts, way);
    if (tookTicks === 0) return parts.fault(way, 1).byte(loopback.leave()).end();
    worstTicks = max<u64>(worstTicks, tookTicks);
    const data = answerData(way, REQUEST_DATA + round);
    if (!isAnswered(parts, loopback, isOther ? OTHER_ANSWERS : ANSWERS, data)) {
      return parts.fault(way, 2).byte(loopback.leave()).end();
    }
    if (way !== SelfTest.Read) loopback.read(0);
  }
  loopback.leave();
  const perSecond = parts.clock.ticksPerSecond();
  const nanos = (worstTicks * 1_000_000_000 + perSecond - 1) / perSecond;
  parts.good(way).value(nanos).value(ROUNDS).end();
}

/** Requests lower INT and nothing else does; answers go to RXB1, which is looked at by READ STATUS. */
function prepareWay(parts: TestParts, loopback: Loopback, way: SelfTest): void {
  const wanted = parts.settings.bitrate === AUTO ? USUAL_BITRATE : parts.settings.bitrate;
  if (parts.rate.calculate(parts.crystalHertz, wanted) !== Status.Ok) {
    parts.rate.calculate(parts.crystalHertz, SLOW_BITRATE);
  }
  loopback.prepare();
  loopback.setFilter(0, REQUESTS);
  loopback.setFilter(2, ANSWERS);
  loopback.setFilter(3, OTHER_ANSWERS);
  if (way === SelfTest.Filter) loopback.setFilter(1, OTHER_REQUESTS);
  loopback.loadStandard(0, ANSWERS, 8, ANSWER_DATA);
  loopback.loadStandard(1, OTHER_ANSWERS, 8, ANSWER_DATA);
  writeRegisters(parts.spi, CANINTE, 1, CANINTE_RX0IE as u64);
  loopback.enter();
}

/** What comes back to a request with `request`. */
function answerData(way: SelfTest, request: u64): u64 {
  if (way === SelfTest.Read) return request + 1;
  if (way !== SelfTest.Window) return ANSWER_DATA;
  return (ANSWER_DATA & ~(WINDOW_MASK << 8)) | ((request & WINDOW_MASK) << 8);
}

/** Sends the request, waits for INT, and answers. Ticks from the last look that found INT high; 0: it stayed so. */
function answer(parts: TestParts, way: SelfTest): u64 {
  const spi = parts.spi;
  const clock = parts.clock;
  const line = parts.line;
  const endTicks = parts.after(WAIT_MICROS);
  requestToSend(spi, REQUEST_BUFFER);
  let highTicks: u64 = 0;
  do {
    highTicks = clock.nowTicks();
    if (highTicks >= endTicks) return 0;
  } while (!line.isAsserted());
  // The look before this one found it high, one look and one read of the clock ago.
  const lookTicks = clock.nowTicks() - highTicks;
  let buffer: u32 = 0;
  if (way === SelfTest.Filter) {
    readReceiveStatus(spi);
    buffer = statusRead() & 7;
    if (buffer > 1) return 0;
  } else if (way === SelfTest.Window) {
    readReceiveStatus(spi);
    readRequestWindow(spi, RXB0DLC, WINDOW_BYTES);
    loadTransmitData(spi, 0, windowDataRead(), 1, WINDOW_BYTES);
  } else if (way === SelfTest.Read) {
    readReceiveHeader(spi, 0);
    readReceiveData(spi, 8);
    loadTransmitData(spi, 0, load<u64>(BUFFER_REGISTERS + HEADER_BYTES) + 1, 0, 8);
  }
  requestToSend(spi, buffer);
  return clock.nowTicks() - highTicks + lookTicks;
}

/** The answer has come back to RXB1, whole. Frees it. */
function isAnswered(parts: TestParts, loopback: Loopback, identifier: u32, data: u64): bool {
  const endTicks = parts.after(WAIT_MICROS);
  while ((loopback.status() & STATUS_RX1IF) === 0) {
    if (!parts.waits(endTicks)) return false;
  }
  loopback.read(1);
  const header = load<u16>(loopback.frame);
  // SIDL has flags beside the three bits of the identifier.
  if ((header & 0xe0ff) !== (headerOf(identifier) as u16)) return false;
  return load<u64>(loopback.frame + HEADER_BYTES) === data;
}
