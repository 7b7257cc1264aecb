// SPDX-License-Identifier: MIT
/**
 * The cell's side of Jailhouse's communication region: the page through which hypervisor and cell talk.
 *
 * Source: Jailhouse, `include/jailhouse/hypercall.h` and Documentation/hypervisor-interfaces.txt
 * (ABI revision 2). Little-endian.
 * The root cell stands still while the hypervisor waits for a reply. So the caller polls `pollMessage` at
 * least every millisecond and replies soon.
 *   0x00 u8[6] "JHCOMM"      0x0c u32 message to cell     0x18 console (console-port.ts)
 *   0x06 u16 revision        0x10 u32 reply from cell     0x38 u64 PCI configuration base
 *   0x08 u32 cell state      0x14 u32 flags               0x40 u8  version of the GIC
 *   0x48 u64 distributor     0x50 u64 CPU interface       0x60 u32 virtual PCI interrupt base
 */
import {
  barrier_write,
  memory_read16,
  memory_read32,
  memory_read64,
  memory_write32,
} from '../abi/bsp';
import { Status } from '../rt/status';

const REVISION: u32 = 0x06;
const CELL_STATE: u32 = 0x08;
const MESSAGE_TO_CELL: u32 = 0x0c;
const REPLY_FROM_CELL: u32 = 0x10;
const FLAGS: u32 = 0x14;
const CONSOLE: u32 = 0x18;
const PCI_CONFIGURATION_BASE: u32 = 0x38;
const GIC_VERSION: u32 = 0x40;
const GIC_DISTRIBUTOR_BASE: u32 = 0x48;
const GIC_CPU_INTERFACE_BASE: u32 = 0x50;
const VIRTUAL_PCI_INTERRUPT_BASE: u32 = 0x60;

/** "JHCO" and "MM", as little-endian numbers. */
const SIGNATURE_FIRST: u32 = 0x4f43484a;
const SIGNATURE_LAST: u32 = 0x4d4d;
/** The ABI revision of Jailhouse 0.12 and later. */
const REVISION_SUPPORTED: u32 = 2;

const MESSAGE_SHUTDOWN_REQUEST: u32 = 1;
const MESSAGE_RECONFIGURATION_COMPLETED: u32 = 2;
const REPLY_UNKNOWN_MESSAGE: u32 = 1;
const REPLY_DENIED: u32 = 2;
const REPLY_APPROVED: u32 = 3;
const REPLY_RECEIVED: u32 = 4;

/** The hypervisor accepts characters for its console. */
const FLAG_CONSOLE_PERMITTED: u32 = 1 << 0;

/** The state that the cell reports. */
export enum CellState {
  Running = 0,
  /** As Running, and cells cannot be created or destroyed meanwhile. */
  RunningLocked = 1,
  ShutDown = 2,
  Failed = 3,
  /** The cell does not know this region's revision. */
  FailedRevision = 4,
}

/** Requests of the hypervisor that the caller must act on. */
export enum CellMessage {
  None = 0,
  /** Bring the devices to rest, then `approveShutdown`; or `denyShutdown`. Repeated until then. */
  ShutdownRequest = 1,
}

@final
export class CommunicationRegion {
  private readonly address: u32;

  /** `address`: guest address of the region. */
  constructor(address: u32) {
    this.address = address;
  }

  /** `Ok`, `CommRegionMagic`, or `CommRegionRevision` (then report it by `setState`). */
  check(): Status {
    if (
      memory_read32(this.address) !== SIGNATURE_FIRST ||
      memory_read16(this.address + 4) !== SIGNATURE_LAST
    ) {
      return Status.CommRegionMagic;
    }
    return this.revision === REVISION_SUPPORTED ? Status.Ok : Status.CommRegionRevision;
  }

  /** The hypervisor's ABI revision. */
  get revision(): u32 {
    return memory_read16(this.address + REVISION);
  }

  /** Reports the cell's state to the hypervisor. */
  setState(state: CellState): void {
    memory_write32(this.address + CELL_STATE, state);
  }

  /**
   * Looks for a message: one load. Replies to a finished reconfiguration and to unknown messages. The caller
   * handles a shutdown request.
   */
  pollMessage(): CellMessage {
    const message = memory_read32(this.address + MESSAGE_TO_CELL);
    if (message === 0) return CellMessage.None;
    if (message === MESSAGE_SHUTDOWN_REQUEST) return CellMessage.ShutdownRequest;
    this.reply(
      message === MESSAGE_RECONFIGURATION_COMPLETED ? REPLY_RECEIVED : REPLY_UNKNOWN_MESSAGE,
    );
    return CellMessage.None;
  }

  /**
   * Agrees to the shutdown request. The hypervisor may stop the core at any time afterwards, so take the CAN
   * controller off the bus and set the ivshmem state to 0 before.
   */
  approveShutdown(): void {
    this.reply(REPLY_APPROVED);
  }

  /** Refuses the shutdown request. Its command fails and can be given again. */
  denyShutdown(): void {
    this.reply(REPLY_DENIED);
  }

  /** True if the hypervisor accepts console characters by hypercall. */
  get consoleByHypercall(): bool {
    return (memory_read32(this.address + FLAGS) & FLAG_CONSOLE_PERMITTED) !== 0;
  }

  /** Guest address of the console description. */
  get consoleDescription(): u32 {
    return this.address + CONSOLE;
  }

  /** Guest address of the virtual PCI configuration space; 0 if it is not in the first 4 GiB. */
  get pciConfigurationBase(): u32 {
    return this.address32(PCI_CONFIGURATION_BASE);
  }

  /** Version of the interrupt controller's architecture: 2 on this board. */
  get interruptControllerVersion(): u32 {
    return memory_read32(this.address + GIC_VERSION) & 0xff;
  }

  /** Guest address of the GIC's distributor; 0 if it is not in the first 4 GiB. */
  get distributorBase(): u32 {
    return this.address32(GIC_DISTRIBUTOR_BASE);
  }

  /** Guest address of the GIC's CPU interface; 0 if it is not in the first 4 GiB. */
  get cpuInterfaceBase(): u32 {
    return this.address32(GIC_CPU_INTERFACE_BASE);
  }

  /** First interrupt of the virtual PCI functions, as an SPI number (INTID - 32). */
  get virtualPciInterruptBase(): u32 {
    return memory_read32(this.address + VIRTUAL_PCI_INTERRUPT_BASE);
  }

  /** A 64-bit address of the page. 0: the cell cannot reach it. */
  private address32(offset: u32): u32 {
    const base = memory_read64(this.address + offset);
    return base <= <u64>u32.MAX_VALUE ? <u32>base : 0;
  }

  /** Clears the message before it replies, the order that the hypervisor expects. */
  private reply(code: u32): void {
    memory_write32(this.address + MESSAGE_TO_CELL, 0);
    barrier_write();
    memory_write32(this.address + REPLY_FROM_CELL, code);
  }
}
