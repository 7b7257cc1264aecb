// SPDX-License-Identifier: MIT
/**
 * IvshmemDevice: finds, checks and maps the virtio-can link on the virtual PCI bus. IvshmemLink and
 * SharedSection use it.
 *
 * Source: ivshmem v2 specification (Jailhouse, Documentation), "Vendor Specific Capability".
 *
 * The cell's configuration fixes the place of the section, and the capability reports it. The board has
 * mapped it already, so any other place is refused.
 */
import { Status } from '../rt/status';
import { IvshmemFunction } from './ivshmem-function';
import {
  COMMAND_MEMORY_AND_MASTER,
  CONFIG_BAR0,
  CONFIG_COMMAND,
  CONFIG_INTERRUPT,
  PciBus,
} from './pci';

/** virtio-can (device type 36) over ivshmem: the cell is the driver, or the device. */
export const PROTOCOL_CAN_FRONT_END: u32 = 0x8024;
export const PROTOCOL_CAN_BACK_END: u32 = 0xc024;

/** Two pages: the minimum of Linux's virtio_ivshmem. */
const SECTION_BYTES_MINIMUM: u32 = 0x2000;
/** One page: the granularity of stage 2. */
const STATE_TABLE_BYTES_MINIMUM: u32 = 0x1000;

/** The GIC's first shared peripheral interrupt. */
const FIRST_SHARED_INTERRUPT: u32 = 32;

@final
export class IvshmemDevice {
  /** The cell's end: PROTOCOL_CAN_FRONT_END or PROTOCOL_CAN_BACK_END. */
  protocol: u32 = 0;
  /** Checked guest addresses and size. Valid after `open` returned `Ok`. */
  stateTable: u32 = 0;
  section: u32 = 0;
  sectionBytes: u32 = 0;
  /** The refused value, for the console. */
  refused: u32 = 0;

  private readonly bus: PciBus;
  private readonly device: IvshmemFunction;

  constructor(bus: PciBus) {
    this.bus = bus;
    this.device = new IvshmemFunction(bus);
  }

  /**
   * Finds the first virtio-can link, checks that it lies at `stateTable` with a section of at most
   * `sectionBytesMapped` bytes behind, and maps its register page at `registerPage`, an unused 4 KiB-aligned
   * guest address. `IvshmemAbsent`, `IvshmemProtocol`, `IvshmemSectionSize`, `IvshmemAddress`: `refused` is
   * the value found.
   */
  open(registerPage: u32, stateTable: u32, sectionBytesMapped: u32): Status {
    let status = this.device.find(PROTOCOL_CAN_FRONT_END, PROTOCOL_CAN_BACK_END);
    this.protocol = this.device.protocol;
    this.refused = this.protocol;
    if (status !== Status.Ok) return status;
    status = this.checkSizes(sectionBytesMapped);
    if (status !== Status.Ok) return status;
    status = this.checkAddress(stateTable);
    if (status !== Status.Ok) return status;
    // Set the base address register before decoding is enabled: it takes effect then.
    this.bus.write(this.device.bdf, CONFIG_BAR0, registerPage);
    this.bus.write(this.device.bdf, CONFIG_COMMAND, COMMAND_MEMORY_AND_MASTER);
    return Status.Ok;
  }

  /**
   * GIC number of the device's interrupt (INTx). `base`: first shared peripheral interrupt of the virtual PCI
   * bus. After `open`.
   */
  interrupt(base: u32): u32 {
    const pin = (this.bus.read(this.device.bdf, CONFIG_INTERRUPT) >> 8) & 0xff;
    return FIRST_SHARED_INTERRUPT + base + pin - 1;
  }

  private checkSizes(sectionBytesMapped: u32): Status {
    const stateTableBytes = this.device.stateTableBytes;
    const section = this.device.sectionBytes;
    const output = this.device.outputBytes;
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
    const base = this.device.baseAddress;
    this.refused = <u32>base;
    if (base !== <u64>stateTable) return Status.IvshmemAddress;
    this.stateTable = stateTable;
    this.section = stateTable + STATE_TABLE_BYTES_MINIMUM;
    return Status.Ok;
  }
}
