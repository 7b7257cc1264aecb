/**
 * IvshmemDevice: finds the virtio-can link on the virtual PCI bus, checks and maps it.
 *
 * Used by: src/board, once at start.
 * Source: ivshmem v2 specification (Jailhouse, Documentation), "Vendor Specific Capability".
 * Does not: use the device; that is IvshmemLink's and SharedSection's part.
 *
 * Where the section lies is fixed by the cell's configuration and told by the capability; the
 * board has it mapped already, so anything else than the board's own numbers is refused.
 */
import { Status } from '../rt/status';
import {
  ALL_ONES,
  COMMAND_MEMORY_AND_MASTER,
  CONFIG_BAR0,
  CONFIG_CAPABILITIES,
  CONFIG_CLASS,
  CONFIG_COMMAND,
  FUNCTIONS_PER_BUS,
  PciBus,
} from './pci';

/** Siemens, ivshmem. */
const IDENTIFIER: u32 = 0x4106_110a;
/** Class "others" in the top byte; the protocol is in the two bytes below. */
const CLASS_OTHERS: u32 = 0xff;

/** virtio-can (device type 36) over ivshmem: the cell is the driver, or the device. */
export const PROTOCOL_CAN_FRONT_END: u32 = 0x8024;
export const PROTOCOL_CAN_BACK_END: u32 = 0xc024;

// Vendor-specific capability, offsets from its start.
const CAPABILITY_VENDOR: u32 = 0x09;
const STATE_TABLE_SIZE: u32 = 0x04;
const SECTION_SIZE: u32 = 0x08; // 64
const OUTPUT_SIZE: u32 = 0x10; // 64
const BASE_ADDRESS: u32 = 0x18; // 64
/** No list of dword-aligned capabilities in 192 bytes is longer. */
const CAPABILITIES_MAXIMUM: u32 = 48;

/** Two pages: the least that Linux's virtio_ivshmem takes. */
const SECTION_BYTES_MINIMUM: u32 = 0x2000;
/** One page: what stage 2 can map. */
const STATE_TABLE_BYTES_MINIMUM: u32 = 0x1000;

@final
export class IvshmemDevice {
  /** Which end the cell plays: PROTOCOL_CAN_FRONT_END or PROTOCOL_CAN_BACK_END. */
  protocol: u32 = 0;
  /** Guest addresses and size, checked; valid after `open` said `Ok`. */
  stateTable: u32 = 0;
  section: u32 = 0;
  sectionBytes: u32 = 0;
  /** The value that was refused, for the console. */
  refused: u32 = 0;

  private readonly bus: PciBus;
  private bdf: u32 = FUNCTIONS_PER_BUS;
  private capability: u32 = 0;

  constructor(bus: PciBus) {
    this.bus = bus;
  }

  /**
   * Finds the first virtio-can link, checks that it lies at `stateTable` with a section of at most
   * `sectionBytesMapped` bytes behind, and maps its register page at `registerPage`, a 4 KiB-aligned
   * guest address that nothing else uses. `IvshmemAbsent`, `IvshmemProtocol`, `IvshmemSectionSize`,
   * `IvshmemAddress`: `refused` is what was found.
   */
  open(registerPage: u32, stateTable: u32, sectionBytesMapped: u32): Status {
    let status = this.find();
    if (status !== Status.Ok) return status;
    status = this.checkSizes(sectionBytesMapped);
    if (status !== Status.Ok) return status;
    status = this.checkAddress(stateTable);
    if (status !== Status.Ok) return status;
    // The base address register first: it takes effect when decoding is switched on.
    this.bus.write(this.bdf, CONFIG_BAR0, registerPage);
    this.bus.write(this.bdf, CONFIG_COMMAND, COMMAND_MEMORY_AND_MASTER);
    return Status.Ok;
  }

  /** Looks for a function that speaks virtio-can and has a vendor capability. */
  private find(): Status {
    let status: Status = Status.IvshmemAbsent;
    let bdf = this.bus.find(IDENTIFIER, 0);
    while (bdf < FUNCTIONS_PER_BUS) {
      const classCode = this.bus.read(bdf, CONFIG_CLASS);
      const protocol = (classCode >> 8) & 0xffff;
      if (
        classCode >> 24 === CLASS_OTHERS &&
        (protocol === PROTOCOL_CAN_FRONT_END || protocol === PROTOCOL_CAN_BACK_END)
      ) {
        this.bdf = bdf;
        this.protocol = protocol;
        this.capability = this.findCapability(bdf);
        return this.capability === 0 ? Status.IvshmemAbsent : Status.Ok;
      }
      this.refused = protocol;
      status = Status.IvshmemProtocol;
      bdf = this.bus.find(IDENTIFIER, bdf + 1);
    }
    return status;
  }

  /** Offset of the vendor-specific capability; 0 when there is none. */
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

  private checkSizes(sectionBytesMapped: u32): Status {
    const stateTableBytes = this.read(STATE_TABLE_SIZE);
    const section = this.read64(SECTION_SIZE);
    const output = this.read64(OUTPUT_SIZE);
    this.refused = <u32>section;
    if (section < <u64>SECTION_BYTES_MINIMUM || section > <u64>sectionBytesMapped) {
      return Status.IvshmemSectionSize;
    }
    this.refused = stateTableBytes;
    if (stateTableBytes !== STATE_TABLE_BYTES_MINIMUM) return Status.IvshmemSectionSize;
    this.refused = <u32>output;
    if (output !== 0) return Status.IvshmemSectionSize;
    this.sectionBytes = <u32>section;
    return Status.Ok;
  }

  private checkAddress(stateTable: u32): Status {
    const base = this.read64(BASE_ADDRESS);
    this.refused = <u32>base;
    if (base !== <u64>stateTable) return Status.IvshmemAddress;
    this.stateTable = stateTable;
    this.section = stateTable + STATE_TABLE_BYTES_MINIMUM;
    return Status.Ok;
  }

  /** Reads a dword of the vendor-specific capability. */
  private read(offset: u32): u32 {
    return this.bus.read(this.bdf, this.capability + offset);
  }

  private read64(offset: u32): u64 {
    return ((<u64>this.read(offset + 4)) << 32) | this.read(offset);
  }
}
