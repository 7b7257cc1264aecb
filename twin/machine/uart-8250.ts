/**
 * The mini-UART as an 8250 with registers four bytes apart: enough to print.
 *
 * Used by: twin/run/board.ts, for a cell whose console is the UART.
 * Source: BCM2711 ARM Peripherals, section 2 (AUX_MU_*); 8250 register names.
 * Does not: receive, interrupt, or take baud rate time: the transmitter is always empty.
 */
import { UnimplementedRegister } from '../unimplemented.ts';
import type { RegisterDevice } from './device-window.ts';
import type { AccessSize } from './machine.ts';

const THR = 0x00; // Transmit holding register (write)
const LSR = 0x14; // Line status register
const LSR_THRE = 1 << 5; // transmit holding register empty
const LSR_TEMT = 1 << 6; // transmitter empty

export class Uart8250 implements RegisterDevice {
  readonly #onCharacter: (code: number) => void;

  constructor(onCharacter: (code: number) => void) {
    this.#onCharacter = onCharacter;
  }

  read(offset: number, _size: AccessSize): number {
    if (offset === LSR) return LSR_THRE | LSR_TEMT;
    throw new UnimplementedRegister('UART', offset, 'read');
  }

  write(offset: number, _size: AccessSize, value: number): void {
    if (offset !== THR) {
      throw new UnimplementedRegister('UART', offset, 'write');
    }
    this.#onCharacter(value & 0xff);
  }
}
