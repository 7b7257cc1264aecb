// SPDX-License-Identifier: MIT
/**
 * The mini-UART as an 8250 with registers four bytes apart: transmit only, at 115,200 bit/s.
 *
 * Source: BCM2711 ARM Peripherals, section 2 (AUX_MU_*): a transmit FIFO of 8 symbols; LSR bit 5 means room
 * for one, bit 6 that it is empty and the last bit is out. A character has ten bits. Jailhouse
 * `hypervisor/uart.c` waits for bit 5 before each character. A character written to a full FIFO is lost, as
 * on the hardware.
 */
import type { VirtualClock } from '../clock.ts';
import { UnimplementedRegister } from '../unimplemented.ts';
import type { RegisterDevice } from './device-window.ts';
import type { AccessSize } from './machine.ts';

const THR = 0x00; // Transmit holding register (write)
const LSR = 0x14; // Line status register
const LSR_THRE = 1 << 5; // the FIFO can take a character
const LSR_TEMT = 1 << 6; // FIFO empty, transmitter idle

const FIFO_SYMBOLS = 8;
const BITS_OF_CHARACTER = 10;
const BITS_PER_SECOND = 115_200;
/** Time of one character on the line. */
export const CHARACTER_NANOS = Math.ceil((BITS_OF_CHARACTER * 1e9) / BITS_PER_SECOND);

export class Uart8250 implements RegisterDevice {
  readonly #clock: VirtualClock;
  readonly #onCharacter: (code: number) => void;
  /** Time at which the last bit of the accepted characters is out. */
  #restNanos = 0;

  constructor(clock: VirtualClock, onCharacter: (code: number) => void) {
    this.#clock = clock;
    this.#onCharacter = onCharacter;
  }

  /** Time from now until the FIFO has room for another character. */
  get fullNanos(): number {
    return Math.max(0, this.#busyNanos - (FIFO_SYMBOLS - 1) * CHARACTER_NANOS);
  }

  read(offset: number, _size: AccessSize): number {
    if (offset !== LSR) throw new UnimplementedRegister('UART', offset, 'read');
    return (this.fullNanos === 0 ? LSR_THRE : 0) | (this.#busyNanos === 0 ? LSR_TEMT : 0);
  }

  write(offset: number, _size: AccessSize, value: number): void {
    if (offset !== THR) throw new UnimplementedRegister('UART', offset, 'write');
    if (this.fullNanos !== 0) return;
    this.occupy();
    this.#onCharacter(value & 0xff);
  }

  /** A character of the hypervisor is sent: takes its time on the line. */
  occupy(): void {
    this.#restNanos = this.#clock.now + this.#busyNanos + CHARACTER_NANOS;
  }

  get #busyNanos(): number {
    return Math.max(0, this.#restNanos - this.#clock.now);
  }
}
