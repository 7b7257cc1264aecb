// SPDX-License-Identifier: MIT
/**
 * IvshmemFunction: finds an ivshmem device by its protocol and reads its capability.
 *
 * Source: ivshmem v2 specification (Jailhouse, Documentation), "Vendor Specific Capability".
 * Does not: check sizes and addresses, or write to the device.
 */
import { Status } from '../rt/status';
import { ALL_ONES, CONFIG_CAPABILITIES, CONFIG_CLASS, FUNCTIONS_PER_BUS, PciBus } from './pci';

/** Device and vendor: ivshmem, Siemens. */
const IDENTIFIER: u32 = 0x4106_110a;
/** Class "others" in the top byte. The two bytes below are the protocol. */
const CLASS_OTHERS: u32 = 0xff;

// Vendor-specific capability, offsets from its start.
const CAPABILITY_VENDOR: u32 = 0x09;
const STATE_TABLE_SIZE: u32 = 0x04;
const SECTION_SIZE: u32 = 0x08; // 64
const OUTPUT_SIZE: u32 = 0x10; // 64
const BASE_ADDRESS: u32 = 0x18; // 64
/** The most dword-aligned capabilities in 192 bytes. Bounds the walk. */
const CAPABILITIES_MAXIMUM: u32 = 48;

@final
export class IvshmemFunction {
  /** The protocol found. After `IvshmemProtocol`: the last one that did not match. */
  protocol: u32 = 0;
  /** The device's number on the bus. Valid, like the getters below, after `find` returned `Ok`. */
  bdf: u32 = FUNCTIONS_PER_BUS;

  private readonly bus: PciBus;
  private capability: u32 = 0;

  constructor(bus: PciBus) {
    this.bus = bus;
  }

  /**
   * Finds the first function with `protocol` or `otherProtocol` and a vendor capability. `IvshmemAbsent`:
   * there is no ivshmem device. `IvshmemProtocol`: all have other protocols.
   */
  find(protocol: u32, otherProtocol: u32): Status {
    let status: Status = Status.IvshmemAbsent;
    let bdf = this.bus.find(IDENTIFIER, 0);
    while (bdf < FUNCTIONS_PER_BUS) {
      const classCode = this.bus.read(bdf, CONFIG_CLASS);
      this.protocol = (classCode >> 8) & 0xffff;
      const isWanted = this.protocol === protocol || this.protocol === otherProtocol;
      if (classCode >> 24 === CLASS_OTHERS && isWanted) {
        this.bdf = bdf;
        this.capability = this.findCapability(bdf);
        return this.capability === 0 ? Status.IvshmemAbsent : Status.Ok;
      }
      status = Status.IvshmemProtocol;
      bdf = this.bus.find(IDENTIFIER, bdf + 1);
    }
    return status;
  }

  /** Bytes of the state table. */
  get stateTableBytes(): u32 {
    return this.read(STATE_TABLE_SIZE);
  }

  /** Bytes of the section that both ends write. */
  get sectionBytes(): u64 {
    return this.read64(SECTION_SIZE);
  }

  /** Bytes of each peer's output section. */
  get outputBytes(): u64 {
    return this.read64(OUTPUT_SIZE);
  }

  /** Guest address of the state table. Section and output sections follow without a gap. */
  get baseAddress(): u64 {
    return this.read64(BASE_ADDRESS);
  }

  /** Offset of the vendor-specific capability. 0: there is none. */
  private findCapability(bdf: u32): u32 {
    let offset = this.bus.read(bdf, CONFIG_CAPABILITIES) & 0xfc;
    for (let count: u32 = 0; count < CAPABILITIES_MAXIMUM && offset !== 0; count++) {
      const header = this.bus.read(bdf, offset);
      if (header === ALL_ONES) return 0;
      if ((header & 0xff) === CAPABILITY_VENDOR) return offset;
      offset = (header >> 8) & 0xfc;
    }
    return 0;
  }

  /** Reads a dword of the vendor-specific capability. */
  private read(offset: u32): u32 {
    return this.bus.read(this.bdf, this.capability + offset);
  }

  private read64(offset: u32): u64 {
    return ((<u64>this.read(offset + 4)) << 32) | this.read(offset);
  }
}
