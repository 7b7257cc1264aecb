// SPDX-License-Identifier: MIT
/**
 * What the chip receives of its own frames: both buffers, rollover, the six filters.
 */
import { SelfTest } from '../../build/generated/self-test';
import { readReceiveStatus, registersRead, statusRead } from '../driver/mcp2515/instructions';
import { readRegisters, writeRegisters } from '../driver/mcp2515/instructions';
import { EFLG, EFLG_RX1OVR, RXB0CTRL, RXB0CTRL_BUKT } from '../driver/mcp2515/registers';
import { RXBCTRL_RXM_MASK, STATUS_RECEIVED_MASK } from '../driver/mcp2515/registers';
import { Loopback, patternByte } from './loopback';
import { bitsOf, BUFFER_BYTES } from './registers';
import { TestParts } from './parts';

/** Six identifiers, 11 bits each, far apart: filter 0 first. */
const FILTER_IDENTIFIERS: usize = memory.data<u16>([0x081, 0x142, 0x224, 0x318, 0x490, 0x56a]);
const FILTERS: u32 = 6;
const IDENTIFIER_BITS: u32 = 11;
const PATTERNS: u32 = 3;
/** RX STATUS: bit 6 for RXB0, bit 7 for RXB1; the filter in bits 0 to 2. */
const RX_STATUS_RXB0: u32 = 1 << 6;
const RX_STATUS_RXB1: u32 = 1 << 7;
const RX_STATUS_BITS: u32 = 0xc7;

export function testReceiveBuffer(parts: TestParts, loopback: Loopback, buffer: u32): void {
  const test: SelfTest = SelfTest.Rxb0 + buffer;
  if (!parts.needs(test, SelfTest.Miso)) return;
  if (parts.goodBuffer < 0) return parts.skip(test, 1).end();
  loopback.takeNothing();
  loopback.takeAll(buffer);
  const wantedFlag: u32 = 1 << buffer;
  loopback.enter();
  for (let pattern: u32 = 0; pattern < PATTERNS; pattern++) {
    loopback.load(parts.goodBuffer as u32, pattern);
    loopback.send(parts.goodBuffer as u32);
    if ((loopback.status() & STATUS_RECEIVED_MASK) !== wantedFlag) {
      return parts.fault(test, 1).byte(loopback.leave()).end();
    }
    loopback.read(buffer);
    // The frame of 11 bits has no more than its header.
    const bytes: u32 = pattern === 2 ? 2 : BUFFER_BYTES;
    for (let place: u32 = 0; place < bytes; place++) {
      const bits = bitsOf(place);
      const found: u32 = load<u8>(loopback.frame + place) & (bits as u8);
      const wanted = patternByte(pattern, place) & bits;
      if (found === wanted) continue;
      loopback.leave();
      return parts.fault(test, 2).value(place).byte(wanted).byte(found).end();
    }
    if ((loopback.status() & wantedFlag) !== 0) {
      return parts.fault(test, 3).byte(loopback.leave()).end();
    }
  }
  loopback.leave();
  parts.good(test).end();
}

export function testRollover(parts: TestParts, loopback: Loopback): void {
  const test = SelfTest.Rollover;
  if (!parts.needs(test, SelfTest.Rxb0) || !parts.needs(test, SelfTest.Rxb1)) return;
  loopback.takeNothing();
  writeRegisters(parts.spi, RXB0CTRL, 1, (RXBCTRL_RXM_MASK | RXB0CTRL_BUKT) as u64);
  loopback.enter();
  const buffer = parts.goodBuffer as u32;
  loopback.load(buffer, 2);
  loopback.send(buffer);
  loopback.send(buffer);
  const isKept = (loopback.status() & STATUS_RECEIVED_MASK) === STATUS_RECEIVED_MASK;
  loopback.send(buffer);
  readRegisters(parts.spi, EFLG, 1);
  const flags = (registersRead() as u32) & 0xff;
  const status = loopback.leave();
  loopback.clearOverflow();
  if (!isKept) parts.fault(test, 1).byte(status).end();
  else if ((flags & EFLG_RX1OVR) === 0) parts.fault(test, 2).byte(flags).end();
  else parts.good(test).end();
}

/** Each filter takes its own identifier, and none that differs in one bit. */
export function testFilters(parts: TestParts, loopback: Loopback): void {
  const test = SelfTest.Filters;
  if (!parts.needs(test, SelfTest.Rxb0) || !parts.needs(test, SelfTest.Rxb1)) return;
  if (!parts.needs(test, SelfTest.Registers)) return;
  loopback.takeNothing();
  for (let filter: u32 = 0; filter < FILTERS; filter++) {
    loopback.setFilter(filter, identifierOf(filter));
  }
  loopback.enter();
  for (let filter: u32 = 0; filter < FILTERS; filter++) {
    const wanted = filter | (filter < 2 ? RX_STATUS_RXB0 : RX_STATUS_RXB1);
    const found = sendAndAsk(parts, loopback, identifierOf(filter));
    if (found !== wanted) {
      loopback.leave();
      return parts.fault(test, 1).value(filter).byte(found).byte(wanted).end();
    }
    loopback.read(filter < 2 ? 0 : 1);
    for (let bit: u32 = 0; bit < IDENTIFIER_BITS; bit++) {
      const other = sendAndAsk(parts, loopback, identifierOf(filter) ^ (1 << bit));
      if ((other & (RX_STATUS_RXB0 | RX_STATUS_RXB1)) === 0) continue;
      loopback.leave();
      return parts.fault(test, 2).value(filter).value(bit).byte(other).end();
    }
  }
  loopback.leave();
  parts.good(test).end();
}

function identifierOf(filter: u32): u32 {
  return load<u16>(FILTER_IDENTIFIERS + 2 * filter);
}

/** RX STATUS after a frame with `identifier`. */
function sendAndAsk(parts: TestParts, loopback: Loopback, identifier: u32): u32 {
  const buffer = parts.goodBuffer as u32;
  loopback.loadStandard(buffer, identifier, 0, 0);
  loopback.send(buffer);
  readReceiveStatus(parts.spi);
  return statusRead() & RX_STATUS_BITS;
}
