// SPDX-License-Identifier: MIT
/**
 * Loopback: frames that the chip sends to itself. No bit reaches the bus (DS20001801J, section 10.3).
 *
 * The bit timing is that of 500 kbit/s with a 16 MHz crystal, or another that was set; whatever the crystal, a frame
 * ends within the limits here. Every wait is bounded.
 */
import { Spi0 } from '../chip/bcm2711/spi0';
import {
  BUFFER_REGISTERS,
  HEADER_BYTES,
  loadTransmitBuffer,
  readReceiveData,
  readReceiveHeader,
  readStatus,
  requestToSend,
  statusRead,
  writeRegisters,
} from '../driver/mcp2515/instructions';
import {
  CANINTE,
  CNF3,
  DLC_MASK,
  EFLG,
  MODE_CONFIGURATION,
  MODE_LOOPBACK,
  RXB0CTRL,
  RXB1CTRL,
  RXBCTRL_RXM_MASK,
  RXM0SIDH,
  SIDL_EXIDE,
  STATUS_TX0REQ,
} from '../driver/mcp2515/registers';
import { Status } from '../rt/status';
import { BUFFER_BYTES, filterAddress } from './registers';
import { TestParts } from './parts';

const TRIAL_HERTZ: u32 = 16_000_000;
const TRIAL_BITRATE: u32 = 500_000;
const MODE_MICROS: u32 = 10_000;
const FRAME_MICROS: u32 = 20_000;
const ARRIVAL_MICROS: u32 = 20;
/** An identifier that no test sends: the filters that are to take nothing have it. */
const NOBODY: u32 = 0x7ff;

@final
export class Loopback {
  /** The last frame that was read, SIDH to D7, masked to the bits that count. */
  readonly frame: usize = heap.alloc(16);

  constructor(private readonly parts: TestParts) {}

  /** Sets the bit timing, and filters that take nothing. In configuration mode. */
  takeNothing(): void {
    const rate = this.parts.rate;
    rate.calculate(TRIAL_HERTZ, TRIAL_BITRATE);
    this.prepare();
  }

  /** As `takeNothing`, with the bit timing that `rate` has. */
  prepare(): void {
    const spi = this.parts.spi;
    const rate = this.parts.rate;
    writeRegisters(spi, CNF3, 3, (rate.cnf3 | (rate.cnf2 << 8) | (rate.cnf1 << 16)) as u64);
    // CANINTE, CANINTF, EFLG.
    writeRegisters(spi, CANINTE, 3, 0);
    writeRegisters(spi, RXB0CTRL, 1, 0);
    writeRegisters(spi, RXB1CTRL, 1, 0);
    // All bits of an 11-bit identifier, none of the data.
    writeRegisters(spi, RXM0SIDH, 8, 0x0000_e0ff_0000_e0ff);
    for (let filter: u32 = 0; filter < 6; filter++) this.setFilter(filter, NOBODY);
  }

  setFilter(filter: u32, identifier: u32): void {
    writeRegisters(this.parts.spi, filterAddress(filter), 4, headerOf(identifier));
  }

  /** Lets a receive buffer take every frame. */
  takeAll(buffer: u32): void {
    writeRegisters(this.parts.spi, buffer === 0 ? RXB0CTRL : RXB1CTRL, 1, RXBCTRL_RXM_MASK as u64);
  }

  /** Loads pattern 0, 1 (complements, extended) or 2 (11-bit, no data) into a transmit buffer. */
  load(buffer: u32, pattern: u32): void {
    for (let place: u32 = 0; place < BUFFER_BYTES; place++) {
      store<u8>(BUFFER_REGISTERS + place, patternByte(pattern, place));
    }
    loadTransmitBuffer(this.parts.spi, buffer, BUFFER_BYTES);
  }

  /** Loads an 11-bit frame with `length` bytes of `data`. */
  loadStandard(buffer: u32, identifier: u32, length: u32, data: u64): void {
    store<u32>(BUFFER_REGISTERS, headerOf(identifier) as u32);
    store<u8>(BUFFER_REGISTERS, length, HEADER_BYTES - 1);
    store<u64>(BUFFER_REGISTERS, data, HEADER_BYTES);
    loadTransmitBuffer(this.parts.spi, buffer, HEADER_BYTES + length);
  }

  enter(): bool {
    return this.parts.modes.enter(MODE_LOOPBACK, MODE_MICROS) === Status.Ok;
  }

  /** Back to configuration mode. Gives READ STATUS as it was before. */
  leave(): u32 {
    const status = this.status();
    this.parts.modes.enter(MODE_CONFIGURATION, MODE_MICROS);
    writeRegisters(this.parts.spi, CANINTE, 3, 0);
    return status;
  }

  /** RTS, until the request is gone. False: it stays. */
  send(buffer: u32): bool {
    requestToSend(this.parts.spi, buffer);
    const requestBit = STATUS_TX0REQ << (2 * buffer);
    const endTicks = this.parts.after(FRAME_MICROS);
    while ((this.status() & requestBit) !== 0) {
      if (!this.parts.waits(endTicks)) return false;
    }
    // The chip may show what it received a few bits later.
    this.parts.pause(ARRIVAL_MICROS);
    return (this.status() & (requestBit << 1)) !== 0;
  }

  /** READ STATUS. */
  status(): u32 {
    return readStatus(this.parts.spi) === Status.Ok ? statusRead() : 0xff;
  }

  /** READ RX BUFFER into `frame`. Frees the buffer. */
  read(buffer: u32): void {
    const spi: Spi0 = this.parts.spi;
    readReceiveHeader(spi, buffer);
    const length = load<u8>(BUFFER_REGISTERS, HEADER_BYTES - 1) & (DLC_MASK as u8);
    readReceiveData(spi, min<u32>(length, 8));
    memory.copy(this.frame, BUFFER_REGISTERS, BUFFER_BYTES);
  }

  clearOverflow(): void {
    writeRegisters(this.parts.spi, EFLG, 1, 0);
  }
}

/** SIDH, SIDL, EID8, EID0 of an 11-bit identifier. */
export function headerOf(identifier: u32): u64 {
  return ((identifier >> 3) | ((identifier & 7) << 13)) as u64;
}

/** A byte of a pattern: 0 and 1 differ in every bit of identifier and data. */
export function patternByte(pattern: u32, place: u32): u32 {
  if (pattern === 2) return place === 0 ? 0x6d : place === 1 ? 0xa0 : 0;
  const flip: u32 = pattern === 0 ? 0 : 0xff;
  if (place === 1) return ((0x41 ^ flip) & 0xe3) | SIDL_EXIDE;
  return place === 4 ? 8 : (0x55 + place) ^ flip;
}
