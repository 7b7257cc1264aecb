// SPDX-License-Identifier: MIT
/**
 * The mini-UART and the hypervisor that prints on it: how long a character holds the cell's core.
 *
 * Expected values: BCM2711 peripherals, AUX_MU_LSR_REG (8 symbols; bit 5 room, bit 6 empty and idle); ten
 * bits a character at 115,200 bit/s are 86,806 ns; Jailhouse's `uart.c` waits for room, and writes CR
 * after LF.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFixture } from './machine-fixture.ts';

const LSR = 0xfe215054;
const THR = 0xfe215040;
const PUTC = 8;
const HYPERCALL_NANOS = 700;
const CHARACTER_NANOS = 86_806;

/** How long the hypercall for `character` holds the core. */
function printNanos({ machine, clock }: ReturnType<typeof makeFixture>, character: string): number {
  const before = clock.now;
  machine.hypercall(PUTC, character.charCodeAt(0), 0);
  return clock.now - before;
}

describe('a console character', () => {
  it('costs the hypercall while the FIFO has room, and the time of one on the line beyond it', () => {
    const fixture = makeFixture();
    for (let count = 0; count < 8; count++) assert.equal(printNanos(fixture, 'x'), HYPERCALL_NANOS);
    const ninth = printNanos(fixture, 'x');
    assert.ok(Math.abs(ninth - CHARACTER_NANOS) <= 8 * HYPERCALL_NANOS, `${ninth} ns`);
    const tenth = printNanos(fixture, 'x');
    assert.ok(Math.abs(tenth - CHARACTER_NANOS) <= HYPERCALL_NANOS, `${tenth} ns`);
  });

  it('is two at the end of a line', () => {
    const fixture = makeFixture();
    for (let count = 0; count < 7; count++) printNanos(fixture, 'x');
    assert.ok(printNanos(fixture, '\n') > 0.9 * CHARACTER_NANOS, 'one place is not enough');
  });

  it('leaves the line status: room at once, empty when the last bit is out', () => {
    const fixture = makeFixture();
    const { machine, clock } = fixture;
    assert.equal(machine.readDevice(LSR, 4) & 0x60, 0x60);
    printNanos(fixture, 'x');
    assert.equal(machine.readDevice(LSR, 4) & 0x60, 0x20);
    for (let count = 0; count < 7; count++) printNanos(fixture, 'x');
    assert.equal(machine.readDevice(LSR, 4) & 0x60, 0);
    clock.elapse(8 * CHARACTER_NANOS);
    assert.equal(machine.readDevice(LSR, 4) & 0x60, 0x60);
  });

  it('written by the cell to a full FIFO is lost', () => {
    const fixture = makeFixture();
    for (let count = 0; count < 9; count++) fixture.machine.writeDevice(THR, 4, 0x41 + count);
    fixture.clock.elapse(CHARACTER_NANOS);
    fixture.machine.writeDevice(THR, 4, 0x0a);
    assert.deepEqual(fixture.console.cellText, ['ABCDEFGH']);
  });
});
