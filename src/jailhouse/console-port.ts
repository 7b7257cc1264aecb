/**
 * ConsolePort: where console characters go, as the communication region says.
 *
 * Used by: console.ts.
 * Does not: initialise the UART (the hypervisor or the firmware did), or wait: a character that
 * cannot be taken now is offered again.
 *
 * The hypervisor's console is preferred. Otherwise it is the UART the cell's configuration names:
 * an 8250 with registers 4 bytes apart, or a PL011. Any other: nowhere.
 *
 * Console description (Jailhouse, `include/jailhouse/console.h`):
 *   0 u64 address   8 u32 size   12 u16 type   14 u16 flags   16 u32 divider ...
 */
import { hypercall, memory_read16, memory_read64, mmio_read32, mmio_write32 } from '../abi/bsp';
import { CommunicationRegion } from './communication-region';

const DESCRIPTION_TYPE: u32 = 12;
const DESCRIPTION_FLAGS: u32 = 14;
const TYPE_8250: u32 = 2;
const TYPE_PL011: u32 = 3;
const FLAG_MMIO: u32 = 1 << 0;
const FLAG_REGISTER_DISTANCE_4: u32 = 1 << 1;

/** Jailhouse hypercall: one character on the hypervisor's console. */
const HYPERCALL_DEBUG_CONSOLE_PUTC: u32 = 8;

// 8250: transmit holding register, line status register.
const UART_8250_THR: u32 = 0x00;
const UART_8250_LSR: u32 = 0x14;
const UART_8250_LSR_THRE: u32 = 1 << 5;

// PL011 (ARM DDI 0183, 3.3): data register, flag register.
const UARTDR: u32 = 0x00;
const UARTFR: u32 = 0x18;
const UARTFR_TXFF: u32 = 1 << 5;

/** Which way characters take. */
export enum ConsoleKind {
  None = 0,
  Hypercall = 1,
  Uart8250 = 2,
  Pl011 = 3,
}

@final
export class ConsolePort {
  kind: ConsoleKind = ConsoleKind.None;
  private uart: u32 = 0;

  /** Looks the console up in a communication region that was checked. */
  open(region: CommunicationRegion): void {
    this.kind = ConsoleKind.None;
    if (region.consoleByHypercall) {
      this.kind = ConsoleKind.Hypercall;
      return;
    }
    const description = region.consoleDescription;
    const address = memory_read64(description);
    const type = memory_read16(description + DESCRIPTION_TYPE);
    const flags = memory_read16(description + DESCRIPTION_FLAGS);
    if (address === 0 || address > <u64>u32.MAX_VALUE || (flags & FLAG_MMIO) === 0) return;
    this.uart = <u32>address;
    if (type === TYPE_PL011) {
      this.kind = ConsoleKind.Pl011;
    } else if (type === TYPE_8250 && (flags & FLAG_REGISTER_DISTANCE_4) !== 0) {
      // Registers one byte apart would need byte accesses, which the ABI does not have.
      this.kind = ConsoleKind.Uart8250;
    }
  }

  /** True for a UART, which wants a carriage return before each line feed. */
  get isUart(): bool {
    return this.kind >= ConsoleKind.Uart8250;
  }

  /** Puts one character out; false when the UART has no room now. Nowhere takes all. */
  put(character: u32): bool {
    switch (this.kind) {
      case ConsoleKind.Hypercall:
        // The result is of no use here: there is nowhere to report it.
        hypercall(HYPERCALL_DEBUG_CONSOLE_PUTC, character, 0);
        return true;
      case ConsoleKind.Uart8250:
        if ((mmio_read32(this.uart + UART_8250_LSR) & UART_8250_LSR_THRE) === 0) return false;
        mmio_write32(this.uart + UART_8250_THR, character);
        return true;
      case ConsoleKind.Pl011:
        if ((mmio_read32(this.uart + UARTFR) & UARTFR_TXFF) !== 0) return false;
        mmio_write32(this.uart + UARTDR, character);
        return true;
      default:
        return true;
    }
  }
}
