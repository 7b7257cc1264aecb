// SPDX-License-Identifier: MIT
/**
 * One end of an ivshmem link: the virtual PCI function with its configuration space and BAR0.
 *
 * Source: Jailhouse hypervisor/{ivshmem,pci}.c, arch/arm-common/ivshmem.c; ivshmem v2 specification. It has
 * one INTx vector, as on every arm64 board with GICv2, and no MSI-X. An interrupt that comes while the peer
 * has its interrupts disabled is lost.
 */
import type { MemoryRegion, PciDevice } from '../../cell-config/format/model.ts';
import type { IvshmemLink, IvshmemPeer } from './ivshmem-link.ts';

// Configuration space: byte offsets of the dwords (PCI 3.0, section 6.1).
const CONFIG_ID = 0x00;
const CONFIG_COMMAND = 0x04; // status in the upper half
const CONFIG_CLASS = 0x08;
const CONFIG_CACHE_LINE = 0x0c;
const CONFIG_BAR0 = 0x10;
const CONFIG_BAR5 = 0x24;
const CONFIG_SUBSYSTEM = 0x2c;
const CONFIG_CAPABILITY_POINTER = 0x34;
const CONFIG_INTERRUPT = 0x3c; // line in byte 0, pin in byte 1
const CONFIG_HEADER_END = 0x40;
/** Size of the configuration image. Reads beyond it give all ones. */
const CONFIG_END = 0x80;

const VENDOR_SIEMENS = 0x110a;
const DEVICE_IVSHMEM = 0x4106;
const STATUS_CAPABILITIES = 0x0010;
const CLASS_OTHERS = 0xff;
const COMMAND_MEMORY = 1 << 1;
const COMMAND_MASTER = 1 << 2;
const COMMAND_INTX_OFF = 1 << 10;
const COMMAND_WRITABLE = COMMAND_MEMORY | COMMAND_MASTER | COMMAND_INTX_OFF;

// Vendor-specific capability (ivshmem v2 specification).
const CAPABILITY = 0x40;
const CAPABILITY_ID_VENDOR = 0x09;
const CAPABILITY_LENGTH = 0x20;
const CAPABILITY_ONE_SHOT = 1 << 24; // bit 0 of the privileged control byte at 0x43
const CAPABILITY_STATE_TABLE_SIZE = 0x44;
const CAPABILITY_RW_SIZE = 0x48;
const CAPABILITY_OUTPUT_SIZE = 0x50;
const CAPABILITY_BASE = 0x58;

// Register page behind BAR0 (ivshmem v2 specification).
const REGISTER_ID = 0x00;
const REGISTER_MAX_PEERS = 0x04;
const REGISTER_INTERRUPT_CONTROL = 0x08;
const REGISTER_DOORBELL = 0x0c;
const REGISTER_STATE = 0x10;
const INTERRUPT_CONTROL_ENABLE = 1;
const VECTOR_COUNT = 1;
/** First INTID of the shared peripheral interrupts. */
const FIRST_SPI = 32;

export class IvshmemEndpoint implements IvshmemPeer {
  readonly id: number;
  readonly bdf: number;
  /** Called when an interrupt reaches this peer, which had interrupts enabled. */
  onInterrupt?: () => void;
  readonly #link: IvshmemLink;
  readonly #device: PciDevice;
  readonly #image = Buffer.alloc(CONFIG_END);
  #interruptEnabled = false;
  #registerPage: { start: number; end: number } | undefined;

  /** `regions`: all memory regions of the peer's cell. The device names its first. */
  constructor(link: IvshmemLink, device: PciDevice, regions: readonly MemoryRegion[]) {
    this.id = device.shmemDeviceId;
    this.bdf = device.bdf;
    this.#link = link;
    this.#device = device;
    this.#writeImage(regions.slice(device.shmemRegionsStart));
    link.attach(this);
  }

  /** Guest addresses of the register page while memory decoding is on. */
  get registerPage(): { readonly start: number; readonly end: number } | undefined {
    return this.#registerPage;
  }

  /** INTID of the function's pin in a cell whose virtual PCI interrupts begin at SPI `base`. */
  interruptOf(base: number): number {
    return FIRST_SPI + base + this.#image.readUInt8(CONFIG_INTERRUPT + 1) - 1;
  }

  /** Resets the state, at a cell start, a shutdown or the end of the peer's process. */
  reset(): void {
    this.#image.writeUInt32LE(STATUS_CAPABILITIES << 16, CONFIG_COMMAND);
    this.#image.writeUInt32LE(0, CONFIG_CACHE_LINE);
    this.#image.fill(0, CONFIG_BAR0, CONFIG_BAR5 + 4);
    this.#image.writeUInt8(0, CONFIG_INTERRUPT);
    this.#image.writeUInt8(0, CAPABILITY + 3);
    this.#registerPage = undefined;
    this.#interruptEnabled = false;
    this.#link.setState(this.id, 0);
  }

  /** The aligned dword at a configuration offset. */
  readConfig(offset: number): number {
    return offset < CONFIG_END ? this.#image.readUInt32LE(offset & ~3) : 0xffffffff;
  }

  /**
   * Writes the bits of `mask` of the aligned dword at `offset`. Returns the reason if the hypervisor refuses
   * it and parks the CPU, or undefined.
   */
  writeConfig(offset: number, mask: number, value: number): string | undefined {
    const dword = offset & ~3;
    if (dword >= CONFIG_END) return 'beyond the configuration image of the ivshmem device';
    const merged = ((this.readConfig(dword) & ~mask) | (value & mask)) >>> 0;
    if (dword === CONFIG_COMMAND) {
      this.#writeCommand(merged);
    } else if (dword >= CONFIG_BAR0 && dword <= CONFIG_BAR5) {
      const barMask = this.#device.barMask[(dword - CONFIG_BAR0) / 4] ?? 0;
      this.#image.writeUInt32LE((merged & barMask) >>> 0, dword);
    } else if (dword === CONFIG_CACHE_LINE) {
      this.#image.writeUInt32LE(merged, dword);
    } else if (dword === CONFIG_INTERRUPT && (mask & 0xffffff00) === 0) {
      this.#image.writeUInt8(merged & 0xff, dword);
    } else if (dword === CAPABILITY) {
      const fixed = this.readConfig(dword) & ~CAPABILITY_ONE_SHOT;
      this.#image.writeUInt32LE((fixed | (merged & CAPABILITY_ONE_SHOT)) >>> 0, dword);
    } else if (dword < CONFIG_HEADER_END) {
      return 'read-only dword of the PCI header';
    }
    // The rest of the vendor capability is read-only. Writes there have no effect.
    return undefined;
  }

  /** Reads a register of BAR0. Unknown offsets and the doorbell read 0. */
  readRegister(offset: number): number {
    switch (offset) {
      case REGISTER_ID:
        return this.id;
      case REGISTER_MAX_PEERS:
        return this.#link.maxPeers;
      case REGISTER_INTERRUPT_CONTROL:
        return this.#interruptEnabled ? INTERRUPT_CONTROL_ENABLE : 0;
      case REGISTER_STATE:
        return this.#link.registerOf(this.id);
      default:
        return 0;
    }
  }

  /** Writes a register of BAR0. Read-only and unknown offsets are ignored. */
  writeRegister(offset: number, value: number): void {
    if (offset === REGISTER_INTERRUPT_CONTROL) {
      this.#interruptEnabled = (value & INTERRUPT_CONTROL_ENABLE) !== 0;
    } else if (offset === REGISTER_DOORBELL) {
      const vector = value & 0xffff;
      const target = value >>> 16;
      if (vector < VECTOR_COUNT) this.#link.ring(target, vector);
    } else if (offset === REGISTER_STATE) {
      this.#link.setState(this.id, value >>> 0);
    }
  }

  interrupt(): void {
    const disabled = (this.readConfig(CONFIG_COMMAND) & COMMAND_INTX_OFF) !== 0;
    if (!this.#interruptEnabled || disabled) return;
    if ((this.readConfig(CAPABILITY) & CAPABILITY_ONE_SHOT) !== 0) this.#interruptEnabled = false;
    this.onInterrupt?.();
  }

  #writeCommand(value: number): void {
    const before = this.readConfig(CONFIG_COMMAND);
    const command = (STATUS_CAPABILITIES << 16) | (value & COMMAND_WRITABLE);
    this.#image.writeUInt32LE(command, CONFIG_COMMAND);
    if (((before ^ command) & COMMAND_MEMORY) === 0) return;
    // The BAR takes effect when memory decoding is enabled, not when it is written.
    const barMask = this.#device.barMask[0];
    const start = (this.readConfig(CONFIG_BAR0) & barMask) >>> 0;
    const size = (~barMask >>> 0) + 1;
    const isOn = (command & COMMAND_MEMORY) !== 0;
    this.#registerPage = isOn ? { start, end: start + size } : undefined;
  }

  #writeImage(regions: readonly MemoryRegion[]): void {
    const [stateTable, readWrite, output] = regions;
    if (!stateTable || !readWrite || !output) {
      throw new Error(`ivshmem device ${this.#device.bdf}: its memory regions are missing`);
    }
    const image = this.#image;
    const ids = ((DEVICE_IVSHMEM << 16) | VENDOR_SIEMENS) >>> 0;
    const classCode = ((CLASS_OTHERS << 24) | (this.#device.shmemProtocol << 8)) >>> 0;
    image.writeUInt32LE(ids, CONFIG_ID);
    image.writeUInt32LE(STATUS_CAPABILITIES << 16, CONFIG_COMMAND);
    image.writeUInt32LE(classCode, CONFIG_CLASS);
    image.writeUInt32LE(ids, CONFIG_SUBSYSTEM);
    image.writeUInt32LE(CAPABILITY, CONFIG_CAPABILITY_POINTER);
    image.writeUInt8(((this.bdf >> 3) & 3) + 1, CONFIG_INTERRUPT + 1);
    image.writeUInt8(CAPABILITY_ID_VENDOR, CAPABILITY);
    image.writeUInt8(CAPABILITY_LENGTH, CAPABILITY + 2);
    image.writeUInt32LE(stateTable.size, CAPABILITY_STATE_TABLE_SIZE);
    image.writeBigUInt64LE(BigInt(readWrite.size), CAPABILITY_RW_SIZE);
    image.writeBigUInt64LE(BigInt(output.size), CAPABILITY_OUTPUT_SIZE);
    image.writeBigUInt64LE(BigInt(stateTable.virtualStart), CAPABILITY_BASE);
  }
}
