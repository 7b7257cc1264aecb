// SPDX-License-Identifier: MIT
/**
 * ConsolePort: the destination of console characters, as named by the communication region.
 *
 * Prefers the hypervisor's console. Otherwise uses the UART of the cell's configuration: an 8250 with
 * registers 4 bytes apart, or a PL011. With any other, characters go nowhere.
 *
 * A hypercall waits for the hypervisor's UART with the calling core and without a limit (Jailhouse
 * `hypervisor/uart.c`). So if the configuration names a UART, the port checks it first; on this board it is
 * the same one. A UART whose clock is stopped shows no room, so no character is tried.
 * Does not: initialise the UART (the hypervisor or the firmware did), or wait.
 * Console description (Jailhouse, `include/jailhouse/console.h`):
 *   0 u64 address   8 u32 size   12 u16 type   14 u16 flags   16 u32 divider ...
 */
import { hypercall, memory_read16, memory_read64, mmio_read32, mmio_write32 } from '../abi/bsp';
import { CharacterPort } from '../hal/character-port';
import { CommunicationRegion } from './communication-region';

const DESCRIPTION_TYPE: u32 = 12;
const DESCRIPTION_FLAGS: u32 = 14;
const TYPE_8250: u32 = 2;
const TYPE_PL011: u32 = 3;
const FLAG_MMIO: u32 = 1 << 0;
const FLAG_REGISTER_DISTANCE_4: u32 = 1 << 1;

/** Jailhouse hypercall that prints one character on the hypervisor's console. */
const HYPERCALL_DEBUG_CONSOLE_PUTC: u32 = 8;

// 8250: transmit holding register, line status register.
const UART_8250_THR: u32 = 0x00;
const UART_8250_LSR: u32 = 0x14;
const UART_8250_LSR_THRE: u32 = 1 << 5;
/** FIFO empty and last bit sent (BCM2711 peripherals, AUX_MU_LSR_REG bit 6). */
const UART_8250_LSR_TEMT: u32 = 1 << 6;

// PL011 (ARM DDI 0183, 3.3): data register, flag register.
const UARTDR: u32 = 0x00;
const UARTFR: u32 = 0x18;
const UARTFR_TXFF: u32 = 1 << 5;

/** Destination of characters. */
export enum ConsoleKind {
  None = 0,
  Hypercall = 1,
  Uart8250 = 2,
  Pl011 = 3,
}

@final
export class ConsolePort extends CharacterPort {
  kind: ConsoleKind = ConsoleKind.None;
  private uart: u32 = 0;
  /** A register that shows whether the UART is at rest: its `restMask` bits are `restBits`. 0: none. */
  private restRegister: u32 = 0;
  private restMask: u32 = 0;
  private restBits: u32 = 0;

  /** Finds the console in a checked communication region. */
  open(region: CommunicationRegion): void {
    const byHypercall = region.consoleByHypercall;
    this.kind = byHypercall ? ConsoleKind.Hypercall : ConsoleKind.None;
    this.restRegister = 0;
    const description = region.consoleDescription;
    const address = memory_read64(description);
    const type = memory_read16(description + DESCRIPTION_TYPE);
    const flags = memory_read16(description + DESCRIPTION_FLAGS);
    if (address === 0 || address > <u64>u32.MAX_VALUE || (flags & FLAG_MMIO) === 0) return;
    this.uart = <u32>address;
    // Registers one byte apart would need byte accesses, which the ABI does not have.
    if (type === TYPE_8250 && (flags & FLAG_REGISTER_DISTANCE_4) !== 0) {
      if (!byHypercall) this.kind = ConsoleKind.Uart8250;
      // The hypervisor makes two characters of a line feed, so the UART must be empty.
      const bit = byHypercall ? UART_8250_LSR_TEMT : UART_8250_LSR_THRE;
      this.restsWhile(UART_8250_LSR, bit, bit);
    } else if (type === TYPE_PL011 && !byHypercall) {
      this.kind = ConsoleKind.Pl011;
      this.restsWhile(UARTFR, UARTFR_TXFF, 0);
    }
  }

  /**
   * Whether a character would go out without waiting: one access. Without a readable UART this is always true,
   * and the caller spaces characters by time.
   */
  override isAtRest(): bool {
    const register = this.restRegister;
    return register === 0 || (mmio_read32(register) & this.restMask) === this.restBits;
  }

  override wantsCarriageReturn(): bool {
    return this.kind >= ConsoleKind.Uart8250;
  }

  override put(character: u32): void {
    switch (this.kind) {
      case ConsoleKind.Hypercall:
        // There is nowhere to report the result.
        hypercall(HYPERCALL_DEBUG_CONSOLE_PUTC, character, 0);
        return;
      case ConsoleKind.Uart8250:
        mmio_write32(this.uart + UART_8250_THR, character);
        return;
      case ConsoleKind.Pl011:
        mmio_write32(this.uart + UARTDR, character);
        return;
      default:
    }
  }

  private restsWhile(register: u32, mask: u32, bits: u32): void {
    this.restRegister = this.uart + register;
    this.restMask = mask;
    this.restBits = bits;
  }
}
