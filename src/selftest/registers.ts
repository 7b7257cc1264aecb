// SPDX-License-Identifier: MIT
/**
 * The registers of the chip, bit by bit, in configuration mode, and its transmit buffers.
 *
 * Bits by DS20001801J, table 11-1. Not written: CANCTRL (the tests change modes by it), the pins of BFPCTRL and
 * TXRTSCTRL, and counters and flags that only the chip sets.
 */
import { SelfTest } from '../../build/generated/self-test';
import { SpiBus } from '../hal/spi-bus';
import {
  BUFFER_REGISTERS,
  loadTransmitBuffer,
  readRegisters,
  registersRead,
  writeRegisters,
} from '../driver/mcp2515/instructions';
import {
  CANINTE,
  CANINTF,
  CNF1,
  CNF2,
  CNF3,
  RXB0CTRL,
  RXB0CTRL_BUKT,
  RXB1CTRL,
  RXBCTRL_RXM_MASK,
  RXF0SIDH,
  RXF3SIDH,
  RXM0SIDH,
  TXB0CTRL,
} from '../driver/mcp2515/registers';
import { Status } from '../rt/status';
import { Loopback } from './loopback';
import { TestParts } from './parts';

const SEED: u64 = 0x9e3779b97f4a7c15;
/** Distance between two buffers. */
const BUFFER_STRIDE: u32 = 0x10;
/** SIDH to D7. */
export const BUFFER_BYTES: u32 = 13;

const CNF3_BITS: u32 = 0xc7;
const ALL_BITS: u32 = 0xff;
/** SIDL of filters and transmit buffers, of masks; DLC of transmit buffers. */
const SIDL_BITS: u32 = 0xeb;
const MASK_SIDL_BITS: u32 = 0xe3;
const DLC_BITS: u32 = 0x4f;

/** Writes `rounds` patterns of eight bytes at `address` and reads them back. True: one differed, or SPI failed. */
export function readBackFails<Bus extends SpiBus>(bus: Bus, address: u32, rounds: u32): bool {
  let next = SEED;
  for (let round: u32 = 0; round < rounds; round++) {
    next ^= next << 13;
    next ^= next >> 7;
    next ^= next << 17;
    // Hard cases first: many edges, and one.
    const pattern: u64 = round === 0 ? 0x5555555555555555 : round === 1 ? 0x0180017f80fe7f01 : next;
    if (writeRegisters(bus, address, 8, pattern) !== Status.Ok) return true;
    if (readRegisters(bus, address, 8) !== Status.Ok) return true;
    if (registersRead() !== pattern) return true;
  }
  return false;
}

export function testRegisters(parts: TestParts): void {
  if (!parts.needs(SelfTest.Registers, SelfTest.Miso)) return;
  const check = new BitCheck(parts);
  check.every(CNF3, CNF3_BITS);
  check.every(CNF2, ALL_BITS);
  check.every(CNF1, ALL_BITS);
  check.every(CANINTE, ALL_BITS);
  check.every(CANINTF, ALL_BITS);
  check.every(RXB0CTRL, RXBCTRL_RXM_MASK | RXB0CTRL_BUKT);
  check.every(RXB1CTRL, RXBCTRL_RXM_MASK);
  for (let filter: u32 = 0; filter < 6; filter++) check.filter(filterAddress(filter), SIDL_BITS);
  check.filter(RXM0SIDH, MASK_SIDL_BITS);
  check.filter(RXM0SIDH + 4, MASK_SIDL_BITS);
  check.apart();
  check.tell(SelfTest.Registers);
}

/** The address of SIDH of a filter, 0 to 5. */
export function filterAddress(filter: u32): u32 {
  return filter < 3 ? RXF0SIDH + 4 * filter : RXF3SIDH + 4 * (filter - 3);
}

/** Every bit of a transmit buffer by WRITE, all bytes by LOAD TX BUFFER, and that it sends. */
export function testTransmitBuffer(parts: TestParts, loopback: Loopback, buffer: u32): void {
  const test: SelfTest = SelfTest.Txb0 + buffer;
  if (!parts.needs(test, SelfTest.Miso)) return;
  const check = new BitCheck(parts);
  const base = TXB0CTRL + BUFFER_STRIDE * buffer;
  for (let place: u32 = 1; place <= BUFFER_BYTES; place++) {
    check.every(base + place, bitsOf(place - 1));
  }
  for (let place: u32 = 0; place < BUFFER_BYTES; place++) {
    store<u8>(BUFFER_REGISTERS + place, (0xb1 + 7 * place) & bitsOf(place));
  }
  loadTransmitBuffer(parts.spi, buffer, BUFFER_BYTES);
  for (let place: u32 = 0; place < BUFFER_BYTES; place++) {
    check.expect(base + 1 + place, (0xb1 + 7 * place) & bitsOf(place));
  }
  if (check.isBad) return check.tell(test);
  loopback.takeNothing();
  loopback.load(buffer, 0);
  const isSent = loopback.enter() && loopback.send(buffer);
  const status = loopback.leave();
  if (!isSent) return parts.fault(test, 2).byte(status).end();
  if (parts.goodBuffer < 0) parts.goodBuffer = buffer as i32;
  parts.good(test).end();
}

/** The bits that a byte of a buffer has, from SIDH on. */
export function bitsOf(place: u32): u32 {
  if (place === 1) return SIDL_BITS;
  return place === 4 ? DLC_BITS : ALL_BITS;
}

/** Looks at registers one by one, and keeps the first that reads back wrong. */
@final
class BitCheck {
  isBad: bool = false;
  private address: u32 = 0;
  private wanted: u32 = 0;
  private found: u32 = 0;

  constructor(private readonly parts: TestParts) {}

  /** Sets and clears each bit of `bits`. Leaves 0. */
  every(address: u32, bits: u32): void {
    const bus = this.parts.spi;
    for (let pattern: u32 = 0xff_55_aa_00; !this.isBad; pattern <<= 8) {
      const wanted = (pattern >> 24) & bits;
      writeRegisters(bus, address, 1, wanted);
      this.judge(address, wanted, bits);
      if (pattern >> 24 === 0) break;
    }
  }

  /** SIDH, SIDL, EID8, EID0 of a filter or mask. */
  filter(address: u32, sidlBits: u32): void {
    this.every(address, ALL_BITS);
    this.every(address + 1, sidlBits);
    this.every(address + 2, ALL_BITS);
    this.every(address + 3, ALL_BITS);
  }

  /** Gives each filter and mask another number: a write must not reach a neighbour. */
  apart(): void {
    this.number(0);
    this.number(7);
  }

  expect(address: u32, wanted: u32): void {
    if (!this.isBad) this.judge(address, wanted, ALL_BITS);
  }

  /** Writes upwards (`flip` 0) or downwards (7), so that each write has one before it that it could spoil. */
  private number(flip: u32): void {
    for (let step: u32 = 0; step < 8; step++) {
      const number = step ^ flip;
      writeRegisters(this.parts.spi, addressOf(number), 4, numberOf(number));
    }
    for (let number: u32 = 0; number < 8; number++) {
      for (let place: u32 = 0; place < 4; place++) {
        this.expect(addressOf(number) + place, ((numberOf(number) >> (8 * place)) & 0xff) as u32);
      }
    }
  }

  /** Says what was found for `test`. */
  tell(test: SelfTest): void {
    if (!this.isBad) return this.parts.good(test).end();
    const line = this.parts.fault(test, 1).byte(this.address);
    line.byte(this.wanted).byte(this.found).end();
  }

  private judge(address: u32, wanted: u32, bits: u32): void {
    readRegisters(this.parts.spi, address, 1);
    const found = (registersRead() as u32) & 0xff;
    if ((found & bits) === wanted) return;
    this.isBad = true;
    this.address = address;
    this.wanted = wanted;
    this.found = found;
  }
}

/** Filters 0 to 5, then the masks. */
function addressOf(number: u32): u32 {
  return number < 6 ? filterAddress(number) : RXM0SIDH + 4 * (number - 6);
}

/** Four bytes that no other has at their place. Of SIDL only the bits that all have. */
function numberOf(number: u32): u64 {
  const one = 0x11 * (number + 1);
  return (one | ((number << 5) << 8) | ((one ^ 0xff) << 16) | ((one + 0x35) << 24)) as u64;
}
