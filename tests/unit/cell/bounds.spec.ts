// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What is declared: S, the bound of a step, and the rows of the tasks.
 *
 * Expected values: docs/timing-budget.md ("The order of what is sent", "The loop's bound"), at SPI 10 MHz, where a byte
 * takes 0.9 us on the wire and 1.3 us with its handling; docs/status-page.md has the layout of a row.
 */
import { reorderBoundNanos, stepBoundNanos } from '../../../src/cell/bounds';
import { FakeBoard } from './fake-board';

const WIRE: u64 = 900;
const BYTE: u64 = 1_300;

/** Name, trigger, period in us, SPI bytes, ring entries. Triggers: 0 line, 1 queue, 2 timer, 3 always. */
const TASKS = [
  'receive 0 0 40 0',
  'acknowledge 1 0 0 2',
  'staging 1 0 0 0',
  'transmit 1 0 14 0',
  'transmit poll 1 0 4 2',
  'timers 2 0 0 10',
  'messages 2 1000 0 0',
  'fault look 1 0 28 5',
  'from AGL 1 0 0 19',
  'forward 1 0 0 4',
  'link report 2 1000 0 7',
  'late report 2 1000000 0 3',
  'session 3 0 0 6',
  'console 1 0 0 1',
  'status page 3 10000 0 2',
  'requests 3 1000 14 6',
  'rates 2 0 0 2',
];

describe('S', () => {
  test('has the bytes, the steps and their transactions, and at 1 Mbit/s a frame that is read first', () => {
    expect(reorderBoundNanos(WIRE, 125_000)).toBe(58_500);
    expect(reorderBoundNanos(WIRE, 250_000)).toBe(58_500);
    expect(reorderBoundNanos(WIRE, 500_000)).toBe(58_500);
    expect(reorderBoundNanos(WIRE, 1_000_000)).toBe(59_100);
  });

  // SPI at 2 MHz: 4.5 us a byte. 45 or 46 bytes, and 16 of a frame that is read; 47 bits are 376 us at 125 kbit/s.
  test('counts a frame that is read where the next one may come before, at a slower SPI', () => {
    expect(reorderBoundNanos(5 * WIRE, 125_000)).toBe(223_600);
    expect(reorderBoundNanos(5 * WIRE, 250_000)).toBe(223_600 + 77_200 + 12_000);
    // 3 bits are 3 us at 1 Mbit/s, where more than one frame would have to be read.
    expect(reorderBoundNanos(5 * WIRE, 1_000_000)).toBe(223_600 + 77_200 + 3_000);
  });
});

describe('the bound of a step', () => {
  test('is its bytes, its ring entries and its instructions', () => {
    expect(stepBoundNanos(0, 0, BYTE)).toBe(4_000);
    expect(stepBoundNanos(0, 1, BYTE)).toBe(5_000);
    expect(stepBoundNanos(4, 0, BYTE)).toBe(9_200);
    expect(stepBoundNanos(40, 0, BYTE)).toBe(56_000);
  });
});

describe('the rows of the tasks', () => {
  test('stand in the page as they are declared, each with its bound', () => {
    const board = new FakeBoard().connected();
    // The bound of a byte on this board, in ns.
    const byte = board.parts.spiTiming.byteNanos(board.parts.spi.clockHertz) as f64;
    for (let priority = 0; priority < TASKS.length; priority++) {
      const row = board.page.base + 0x900 + 64 * priority;
      const name = String.UTF8.decodeUnsafe(row, 16, true);
      const words = TASKS[priority].split(' ');
      const last = words.length - 1;
      expect(words.slice(0, last - 3).join(' ')).toBe(name);
      expect(load<u8>(row, 16)).toBe(priority as u8, name);
      expect(load<u8>(row, 17).toString()).toBe(words[last - 3], name);
      expect(load<u32>(row, 20).toString()).toBe(words[last - 2], name);
      const nanos = parseFloat(words[last - 1]) * byte + parseFloat(words[last]) * 1_000 + 4_000;
      expect(load<u32>(row, 24)).toBe(Math.ceil(nanos / 1_000) as u32, name);
    }
    expect(load<u32>(board.page.base, 0x80)).toBe(TASKS.length);
  });
});
