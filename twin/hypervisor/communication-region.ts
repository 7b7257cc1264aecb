// SPDX-License-Identifier: MIT
/**
 * The hypervisor's side of the communication region, the page through which hypervisor and cell talk.
 * cell-control.ts runs the cell until it replies.
 *
 * Source: Jailhouse include/jailhouse/hypercall.h, hypervisor/control.c cell_start.
 */
import {
  CELL_VIRTUAL_CONSOLE_ACTIVE,
  CELL_VIRTUAL_CONSOLE_PERMITTED,
} from '../../cell-config/format/constants.ts';
import type { Cell, System } from '../../cell-config/format/model.ts';

// Offsets. 100 bytes of the page are used.
const REVISION = 0x06;
const CELL_STATE = 0x08;
const MESSAGE_TO_CELL = 0x0c;
const REPLY_FROM_CELL = 0x10;
const FLAGS = 0x14;
const CONSOLE_ADDRESS = 0x18;
const CONSOLE_SIZE = 0x20;
const CONSOLE_TYPE = 0x24;
const CONSOLE_FLAGS = 0x26;
const CONSOLE_DIVIDER = 0x28;
const CONSOLE_GATE_NUMBER = 0x2c;
const CONSOLE_CLOCK_REGISTER = 0x30;
const PCI_MMCONFIG_BASE = 0x38;
const GIC_VERSION = 0x40;
const GICD_BASE = 0x48;
const GICC_BASE = 0x50;
const GICR_BASE = 0x58;
const VIRTUAL_PCI_INTERRUPT_BASE = 0x60;

const SIGNATURE = 'JHCOMM';
/** The revision of Jailhouse 0.12 and later. */
export const COMMUNICATION_REVISION = 2;
const FLAG_CONSOLE_PERMITTED = 1;
const FLAG_CONSOLE_ACTIVE = 2;

export const CELL_RUNNING = 0;
export const CELL_RUNNING_LOCKED = 1;
export const CELL_SHUT_DOWN = 2;
export const CELL_FAILED = 3;
export const CELL_FAILED_COMM_REVISION = 4;

export const MESSAGE_NONE = 0;
export const MESSAGE_SHUTDOWN_REQUEST = 1;
export const REPLY_UNKNOWN = 1;
export const REPLY_DENIED = 2;
export const REPLY_APPROVED = 3;

export class CommunicationRegion {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Zeroes the page and fills it, as at every start of the cell. */
  fill(cell: Cell, system: System, revision: number = COMMUNICATION_REVISION): void {
    const bytes = this.#bytes;
    const { console, flags } = cell;
    const isActive = (flags & CELL_VIRTUAL_CONSOLE_ACTIVE) !== 0;
    const isPermitted = isActive || (flags & CELL_VIRTUAL_CONSOLE_PERMITTED) !== 0;
    bytes.fill(0);
    bytes.write(SIGNATURE, 0, 'latin1');
    bytes.writeUInt16LE(revision, REVISION);
    bytes.writeUInt32LE(
      (isPermitted ? FLAG_CONSOLE_PERMITTED : 0) | (isActive ? FLAG_CONSOLE_ACTIVE : 0),
      FLAGS,
    );
    bytes.writeBigUInt64LE(BigInt(console.address), CONSOLE_ADDRESS);
    bytes.writeUInt32LE(console.size, CONSOLE_SIZE);
    bytes.writeUInt16LE(console.type, CONSOLE_TYPE);
    bytes.writeUInt16LE(console.flags, CONSOLE_FLAGS);
    bytes.writeUInt32LE(console.divider, CONSOLE_DIVIDER);
    bytes.writeUInt32LE(console.gateNumber, CONSOLE_GATE_NUMBER);
    bytes.writeBigUInt64LE(BigInt(console.clockRegister), CONSOLE_CLOCK_REGISTER);
    bytes.writeBigUInt64LE(BigInt(system.pci.mmconfigBase), PCI_MMCONFIG_BASE);
    bytes.writeUInt8(system.gic.version, GIC_VERSION);
    bytes.writeBigUInt64LE(BigInt(system.gic.distributorBase), GICD_BASE);
    bytes.writeBigUInt64LE(BigInt(system.gic.cpuInterfaceBase), GICC_BASE);
    bytes.writeBigUInt64LE(BigInt(system.gic.redistributorBase), GICR_BASE);
    bytes.writeUInt32LE(cell.virtualPciInterruptBase, VIRTUAL_PCI_INTERRUPT_BASE);
  }

  /** State reported by the cell or, after a failure, by the hypervisor: CELL_*. */
  get cellState(): number {
    return this.#bytes.readUInt32LE(CELL_STATE);
  }

  set cellState(state: number) {
    this.#bytes.writeUInt32LE(state, CELL_STATE);
  }

  /** Clears the reply, then sets the message, in the hypervisor's order. */
  sendMessage(message: number): void {
    this.#bytes.writeUInt32LE(0, REPLY_FROM_CELL);
    this.#bytes.writeUInt32LE(message, MESSAGE_TO_CELL);
  }

  /** MESSAGE_NONE once the cell has taken the message. */
  get message(): number {
    return this.#bytes.readUInt32LE(MESSAGE_TO_CELL);
  }

  /** The cell's reply. 0: none. */
  get reply(): number {
    return this.#bytes.readUInt32LE(REPLY_FROM_CELL);
  }
}
