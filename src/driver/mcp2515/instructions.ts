// SPDX-License-Identifier: MIT
/**
 * MCP2515 SPI instructions on any SpiBus: one function per opcode of DS20001801J, table 12-1.
 *
 * Every transaction uses the one buffer below, so the bytes of an answer stay until the next instruction. All
 * channels of a module share it: nothing in it is needed beyond the step that has put it there. The
 * bytes clocked, instruction included, are stated for each: they are the driver's cost.
 * Does not: retry, count, or keep state.
 */
import { SPI_PART_BYTES_MAXIMUM, SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import { TXB0D0, TXB_SHIFT } from './registers';

export const INSTRUCTION_RESET: u32 = 0xc0;
export const INSTRUCTION_READ: u32 = 0x03;
export const INSTRUCTION_READ_RX_BUFFER: u32 = 0x90;
export const INSTRUCTION_WRITE: u32 = 0x02;
export const INSTRUCTION_LOAD_TX_BUFFER: u32 = 0x40;
export const INSTRUCTION_RTS: u32 = 0x80;
export const INSTRUCTION_READ_STATUS: u32 = 0xa0;
export const INSTRUCTION_RX_STATUS: u32 = 0xb0;
export const INSTRUCTION_BIT_MODIFY: u32 = 0x05;

/** SIDH, SIDL, EID8, EID0, DLC. */
export const HEADER_BYTES: u32 = 5;
/** The most registers of one READ or WRITE here: they travel as one u64. */
export const REGISTERS_MAXIMUM: u32 = 8;

/** Two bytes in front put D0 of a receive or transmit buffer on an 8-byte boundary. */
const TRANSACTION: usize = memory.data(24, 8) + 2;
/** Address of the bytes after the instruction: SIDH for the buffer instructions. */
export const BUFFER_REGISTERS: usize = TRANSACTION + 1;
/** Address of D0 for the buffer instructions. */
const BUFFER_DATA: usize = BUFFER_REGISTERS + HEADER_BYTES;

/** RESET: all registers to their reset values, configuration mode. 1 byte. */
export function reset<Bus extends SpiBus>(bus: Bus): Status {
  store<u8>(TRANSACTION, INSTRUCTION_RESET);
  return bus.send(TRANSACTION, 1);
}

/** READ `count` (1..8) registers from `address` on; see `registersRead`. 2 + count bytes. */
export function readRegisters<Bus extends SpiBus>(bus: Bus, address: u32, count: u32): Status {
  store<u8>(TRANSACTION, INSTRUCTION_READ);
  store<u8>(TRANSACTION, address, 1);
  store<u64>(TRANSACTION, 0, 2);
  return bus.transfer(TRANSACTION, 2 + count);
}

/** Result of the last `readRegisters`: the first register in bits 0..7, the next in 8..15, ... */
export function registersRead(): u64 {
  return load<u64>(TRANSACTION, 2);
}

/**
 * READ from `address`, the length code of a receive buffer, on: the code and `count` (1..8) data bytes; see
 * `windowLengthCode` and `windowDataRead`. 3 + count bytes.
 */
export function readRequestWindow<Bus extends SpiBus>(bus: Bus, address: u32, count: u32): Status {
  store<u16>(TRANSACTION, INSTRUCTION_READ | (address << 8));
  store<u64>(TRANSACTION, 0, 2);
  store<u8>(TRANSACTION, 0, 10);
  return bus.transfer(TRANSACTION, 3 + count);
}

/** The length code of the last `readRequestWindow`. */
export function windowLengthCode(): u32 {
  return load<u8>(TRANSACTION, 2);
}

/** The data bytes of the last `readRequestWindow`, the first in bits 0..7; those not read are 0. */
export function windowDataRead(): u64 {
  return load<u64>(TRANSACTION, 3);
}

/** WRITE the low `count` (1..8) bytes of `values`, the lowest first, from `address` on. 2 + count. */
export function writeRegisters<Bus extends SpiBus>(
  bus: Bus,
  address: u32,
  count: u32,
  values: u64,
): Status {
  store<u8>(TRANSACTION, INSTRUCTION_WRITE);
  store<u8>(TRANSACTION, address, 1);
  store<u64>(TRANSACTION, values, 2);
  return bus.send(TRANSACTION, 2 + count);
}

/** BIT MODIFY: sets the bits of `mask` to those of `value`. 4 bytes. */
export function modifyRegister<Bus extends SpiBus>(
  bus: Bus,
  address: u32,
  mask: u32,
  value: u32,
): Status {
  store<u8>(TRANSACTION, INSTRUCTION_BIT_MODIFY);
  store<u8>(TRANSACTION, address, 1);
  store<u8>(TRANSACTION, mask, 2);
  store<u8>(TRANSACTION, value, 3);
  return bus.send(TRANSACTION, 4);
}

/**
 * READ RX BUFFER from SIDH of buffer `index`, first part: the header lands at BUFFER_REGISTERS and chip
 * select stays asserted until `readReceiveData`. 6 bytes.
 *
 * It has two parts because only the DLC tells how many data bytes to clock. The pause between them is a
 * register poll or two, a third of a byte on the wire. A fixed 14-byte read would cost up to eight bytes
 * more.
 */
export function readReceiveHeader<Bus extends SpiBus>(bus: Bus, index: u32): Status {
  store<u32>(TRANSACTION, INSTRUCTION_READ_RX_BUFFER | (index << 2));
  store<u16>(TRANSACTION, 0, 4);
  return bus.begin(TRANSACTION, 1 + HEADER_BYTES);
}

/** READ RX BUFFER, second part: `length` (0..8) data bytes. The chip then frees the buffer. */
export function readReceiveData<Bus extends SpiBus>(bus: Bus, length: u32): Status {
  store<u64>(BUFFER_DATA, 0);
  return bus.end(BUFFER_DATA, length);
}

/** LOAD TX BUFFER from SIDH of buffer `index` with `count` bytes at BUFFER_REGISTERS. 1 + count. */
export function loadTransmitBuffer<Bus extends SpiBus>(bus: Bus, index: u32, count: u32): Status {
  store<u8>(TRANSACTION, INSTRUCTION_LOAD_TX_BUFFER | (index << 1));
  return bus.send(TRANSACTION, 1 + count);
}

/**
 * The low `length` (1..8) bytes of `data` from data byte `first` of transmit buffer `index` on: LOAD TX BUFFER from D0
 * (1 + length), or WRITE (2 + length).
 */
export function loadTransmitData<Bus extends SpiBus>(
  bus: Bus,
  index: u32,
  data: u64,
  first: u32,
  length: u32,
): Status {
  if (first !== 0) {
    return writeRegisters(bus, TXB0D0 + (index << TXB_SHIFT) + first, length, data);
  }
  store<u8>(TRANSACTION, INSTRUCTION_LOAD_TX_BUFFER | (index << 1) | 1);
  store<u64>(TRANSACTION, data, 1);
  return bus.send(TRANSACTION, 1 + length);
}

/** RTS for buffer `index`. TXREQ must not be written: erratum 5 of DS80179G repeats such frames. 1 byte. */
export function requestToSend<Bus extends SpiBus>(bus: Bus, index: u32): Status {
  store<u8>(TRANSACTION, INSTRUCTION_RTS | (1 << index));
  return bus.send(TRANSACTION, 1);
}

/** RTS for all three buffers. 1 byte. */
export function requestToSendAll<Bus extends SpiBus>(bus: Bus): Status {
  store<u8>(TRANSACTION, INSTRUCTION_RTS | 7);
  return bus.send(TRANSACTION, 1);
}

/** READ STATUS; see `statusRead`. 2 bytes. */
export function readStatus<Bus extends SpiBus>(bus: Bus): Status {
  store<u16>(TRANSACTION, INSTRUCTION_READ_STATUS);
  return bus.transfer(TRANSACTION, 2);
}

/** RX STATUS: buffer, form of the frame and filter; see `statusRead`. 2 bytes. */
export function readReceiveStatus<Bus extends SpiBus>(bus: Bus): Status {
  store<u16>(TRANSACTION, INSTRUCTION_RX_STATUS);
  return bus.transfer(TRANSACTION, 2);
}

/** READ STATUS over `bytes` (1..16) bytes: the chip repeats its answer. Changes nothing. */
export function timedTransaction<Bus extends SpiBus>(bus: Bus, bytes: u32): Status {
  store<u8>(TRANSACTION, INSTRUCTION_READ_STATUS);
  memory.fill(TRANSACTION + 1, 0, SPI_PART_BYTES_MAXIMUM - 1);
  return bus.send(TRANSACTION, bytes);
}

/** Result of the last READ STATUS or RX STATUS. */
export function statusRead(): u32 {
  return load<u8>(TRANSACTION, 1);
}
