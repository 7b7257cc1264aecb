// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The console: which way characters go, how numbers look, and that it never waits without end.
 */
import { mmio_write32 } from '../../../src/abi/bsp';
import { CommunicationRegion } from '../../../src/jailhouse/communication-region';
import { Console } from '../../../src/cell/console';
import { ConsoleKind, ConsolePort } from '../../../src/jailhouse/console-port';
import {
  clearLogs,
  hypercallText,
  REGION,
  writeAddress,
  writeCount,
  writeRegion,
  writeValue,
} from './fake-cell';

const UART: u32 = 0xfe215040;
const PERMITTED: u32 = 1;

function open(flags: u32, address: u64, type: u32, consoleFlags: u32): Console<ConsolePort> {
  writeRegion(flags, address, type, consoleFlags);
  clearLogs();
  const port = new ConsolePort();
  port.open(new CommunicationRegion(REGION));
  return new Console<ConsolePort>(port);
}

describe('the console', () => {
  test('by hypercall 8 if the hypervisor permits it', () => {
    const console = open(PERMITTED, UART, 2, 3);
    mmio_write32(UART + 0x14, 0x60);
    clearLogs();
    console.text('bit rate ').decimal(500000).text(', ').hexadecimal(0x1fa2, 8).endLine();
    expect(hypercallText()).toBe('', 'nothing before a step');
    console.putOne();
    expect(hypercallText()).toBe('b', 'one character per step');
    console.flush();
    expect(hypercallText()).toBe('bit rate 500000, 0x00001fa2\n');
    expect(console.pending).toBe(false);
    expect(writeCount()).toBe(0, 'and the UART is left alone');
  });

  // BCM2711 peripherals, AUX_MU_LSR_REG: bit 5 room for one, bit 6 empty and idle. Jailhouse makes CR
  // and LF of a line feed, so room for one is not enough.
  test('by hypercall only when the UART of the configuration is empty', () => {
    const console = open(PERMITTED, UART, 2, 3);
    mmio_write32(UART + 0x14, 0x20);
    expect(console.port.isAtRest()).toBe(false, 'room for one character');
    mmio_write32(UART + 0x14, 0x00);
    expect(console.port.isAtRest()).toBe(false, 'full, or its clock stands');
    console.text('lost').flush();
    expect(hypercallText()).toBe(
      '',
      'a UART that never empties is not waited for in the hypervisor',
    );
    mmio_write32(UART + 0x14, 0x60);
    expect(console.port.isAtRest()).toBe(true);
    console.text('heard').flush();
    expect(hypercallText()).toBe('heard');
  });

  test('by hypercall without a description of a UART: always', () => {
    expect(open(PERMITTED, 0, 0, 0).port.isAtRest()).toBe(true);
    expect(open(PERMITTED, UART, 2, 1).port.isAtRest()).toBe(true, 'registers a byte apart');
  });

  test('numbers of any size', () => {
    const console = open(PERMITTED, 0, 0, 0);
    console.decimal(0).text(' ').decimal(9).text(' ').decimal(10).text(' ').decimal(4294967295);
    console.text(' ').hexadecimal(0xabcdef09, 8).text(' ').hexadecimal(0x5, 2).flush();
    expect(hypercallText()).toBe('0 9 10 4294967295 0xabcdef09 0x05');
  });

  test('foreign bytes appear printable', () => {
    const console = open(PERMITTED, 0, 0, 0);
    const bytes: StaticArray<u8> = [0x61, 0x07, 0xff, 0x7e, 0x7f];
    console.bytes(changetype<usize>(bytes), 5).flush();
    expect(hypercallText()).toBe('a??~?');
  });

  test('by an 8250 with registers 4 bytes apart: THR at 0, LSR at 0x14', () => {
    const console = open(0, UART, 2, 3);
    expect(console.port.kind).toBe(ConsoleKind.Uart8250);
    mmio_write32(UART + 0x14, 0x20);
    clearLogs();
    console.text('A').endLine().flush();
    expect(writeCount()).toBe(3);
    expect(writeAddress(0)).toBe(UART);
    expect(writeValue(0)).toBe(0x41);
    expect(writeValue(1)).toBe(0x0d);
    expect(writeValue(2)).toBe(0x0a);
    expect(hypercallText()).toBe('');
  });

  test('by a PL011: UARTDR at 0, UARTFR at 0x18', () => {
    const console = open(0, 0xfe201000, 3, 3);
    expect(console.port.kind).toBe(ConsoleKind.Pl011);
    mmio_write32(0xfe201018, 0x00);
    clearLogs();
    console.text('B').flush();
    expect(writeAddress(0)).toBe(0xfe201000);
    expect(writeValue(0)).toBe(0x42);
  });

  test('a busy UART is seen to be, and given up by flush', () => {
    const console = open(0, UART, 2, 3);
    mmio_write32(UART + 0x14, 0x00);
    clearLogs();
    console.text('lost');
    expect(console.port.isAtRest()).toBe(false);
    expect(console.pending).toBe(true);
    console.flush();
    expect(console.pending).toBe(false);
    expect(writeCount()).toBe(0);
    console.text('later').flush();
    expect(console.pending).toBe(false);
  });

  test('none, another type, byte-wide registers, no MMIO or no address: nowhere', () => {
    expect(open(0, 0, 0, 0).port.kind).toBe(ConsoleKind.None);
    expect(open(0, UART, 1, 3).port.kind).toBe(ConsoleKind.None);
    expect(open(0, UART, 2, 1).port.kind).toBe(ConsoleKind.None);
    expect(open(0, UART, 2, 2).port.kind).toBe(ConsoleKind.None);
    expect(open(0, 0x1_0000_0000, 3, 3).port.kind).toBe(ConsoleKind.None);
    const console = open(0, 0, 0, 0);
    console.text('nobody hears').flush();
    expect(console.pending).toBe(false);
  });

  test('what does not fit is dropped and counted', () => {
    const console = open(PERMITTED, 0, 0, 0);
    for (let count = 0; count < 300; count++) console.text('1234');
    expect(console.dropped).toBe(1200 - 1024);
    console.flush();
    expect(hypercallText().length).toBe(1024);
  });
});
