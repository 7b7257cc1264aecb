// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The console: text, numbers, text that does not fit, a UART that stays busy, one character in 100
 * us; and the status of each kind of trap (docs/troubleshooting.md 90 to 94, docs/settings.md, "The
 * console").
 */
import { Console } from '../../../src/cell/console';
import { ConsoleTask } from '../../../src/cell/console-task';
import { faultStatus } from '../../../src/cell/fault-status';
import { Status } from '../../../src/rt/status';
import { FakeBoard, FakeHost, FakeParts } from './fake-board';

describe('the console', () => {
  test('writes text of any length, decimal and hexadecimal numbers, and what cannot be printed', () => {
    const host = new FakeHost();
    const console = new Console<FakeHost>(host);
    const bytes = heap.alloc(8);
    store<u64>(bytes, 0x00_41_0a_7f_7e_20_1f_61);
    console
      .text('')
      .text('a')
      .text('abcd')
      .text('abcdefg')
      .decimal(0)
      .text(' ')
      .decimal(u64.MAX_VALUE);
    console.hexadecimal(0xdeadbeef, 4).bytes(bytes, 7).characters(bytes, 8).endLine();
    console.flush();
    expect(host.console).toBe('aabcdabcdefg0 184467440737095516150xbeefa? ~??Aa? ~??A\n');
  });

  test('ends a line with CR where the port wants it', () => {
    const host = new FakeHost();
    host.carriageReturn = true;
    const console = new Console<FakeHost>(host);
    console.text('a').endLine().flush();
    expect(host.console).toBe('a\r\n');
  });

  test('goes round its buffer of 1024 characters, and drops and counts what does not fit', () => {
    const host = new FakeHost();
    const console = new Console<FakeHost>(host);
    console.text('x'.repeat(1000)).flush();
    host.console = '';
    console.text('0123456789'.repeat(110));
    expect(console.dropped).toBe(76);
    console.decimal(7);
    expect(console.dropped).toBe(77);
    console.flush();
    expect(host.console).toBe('0123456789'.repeat(102) + '0123');
  });

  test('gives up on a UART that stays busy, and puts nothing out with nothing to say', () => {
    const host = new FakeHost();
    const console = new Console<FakeHost>(host);
    console.flush();
    expect(host.console).toBe('');
    host.isBusy = true;
    console.text('abc').flush();
    expect(console.pending).toBe(false);
    expect(host.console).toBe('');
  });

  test('forgets what waits, and ends a line that has begun', () => {
    const host = new FakeHost();
    const console = new Console<FakeHost>(host);
    console.text('abc');
    console.putOne();
    console.forget();
    console.flush();
    expect(host.console).toBe('a\n');
    console.text('x');
    console.forget();
    expect(console.pending).toBe(false);
  });
});

describe('while the cell runs', () => {
  test('a character goes out at most every 100 us, into a UART that is at rest', () => {
    const board = new FakeBoard().connected();
    board.host.console = '';
    board.parts.console.text('abcdefghij');
    board.pass(1_200);
    expect(board.host.console.length).toBeGreaterThan(5);
    expect(board.host.console.length).toBeLessThan(12);
    board.host.isBusy = true;
    board.parts.console.text('klm');
    board.pass(500);
    const length = board.host.console.length;
    board.pass(2_000);
    expect(board.host.console.length).toBe(length);
    board.host.isBusy = false;
    board.pass(2_000);
    expect(board.host.console).toBe('abcdefghijklm');
  });

  test('a look that is 100 us old counts for nothing', () => {
    const board = new FakeBoard().connected();
    board.host.console = '';
    board.clock.perLook = 150;
    // The last look before that was a fresh one, or not.
    board.pass(1_000);
    board.parts.console.text('a');
    board.pass(3_000);
    expect(board.host.console).toBe('');
    board.clock.perLook = 10;
    board.pass(1_000);
    expect(board.host.console).toBe('a');
  });

  test('a frame that has just come in goes before the look at the UART, and before the character', () => {
    const board = new FakeBoard('console=on').connected();
    const host = board.host;
    const task = new ConsoleTask<FakeParts>(board.parts);
    host.console = '';
    host.restLooks = 0;
    board.parts.console.text('a');
    board.line.glitches = 1;
    expect(task.run(1_000)).toBe(true, 'a step');
    expect(host.restLooks).toBe(0);
    // The next try is due 100 us later, so that a line that stays asserted takes no step from other tasks.
    expect(task.run(1_099)).toBe(false, 'before');
    expect(task.run(1_100)).toBe(true, 'the look');
    expect(host.restLooks).toBe(1);
    board.line.glitches = 1;
    expect(task.run(1_101)).toBe(true, 'the character');
    expect(host.console).toBe('');
    expect(task.run(1_199)).toBe(false, 'before');
    expect(task.run(1_200)).toBe(true, 'another look');
    expect(task.run(1_201)).toBe(true, 'the character');
    expect(host.console).toBe('a');
  });
});

describe('the status of a trap', () => {
  test('is that of its kind', () => {
    // wasm-rt.h: 1 out of bounds, 2 integer overflow, 3 division by zero, 5 unreachable.
    expect(faultStatus(1, 0)).toBe(Status.TrapMemory);
    expect(faultStatus(2, 0)).toBe(Status.TrapArithmetic);
    expect(faultStatus(3, 0)).toBe(Status.TrapArithmetic);
    expect(faultStatus(5, 0)).toBe(Status.TrapUnreachable);
    // Vectors 4 to 7: synchronous, IRQ, FIQ, SError. ESR_EL1.EC: 25 data abort, 21 instruction
    // abort, 0 unknown.
    expect(faultStatus(0x104, 0x25 << 26)).toBe(Status.TrapMemory);
    expect(faultStatus(0x104, 0x21 << 26)).toBe(Status.TrapMemory);
    expect(faultStatus(0x104, 0)).toBe(Status.TrapException);
    expect(faultStatus(0x105, 0)).toBe(Status.TrapInterrupt);
    expect(faultStatus(0x106, 0)).toBe(Status.TrapInterrupt);
    expect(faultStatus(0x107, 0)).toBe(Status.TrapException);
  });
});
