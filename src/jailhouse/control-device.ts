// SPDX-License-Identifier: MIT
/**
 * ControlDevice: finds the control link on the virtual PCI bus and checks its one-way memory.
 *
 * Source: ivshmem v2 specification (Jailhouse, Documentation). The protocol number is from its custom range.
 * Root is peer 0, the cell peer 1: the cell configuration says so, and Jailhouse enforces it.
 * Does not: map the register page, which also holds the peer number. Both ends poll memory, neither rings.
 */
import { Status } from '../rt/status';
import { IvshmemFunction } from './ivshmem-function';
import { PciBus } from './pci';

/** Status page and requests. */
export const PROTOCOL_CONTROL: u32 = 0x4057;
/** One page: the granularity of stage 2. */
const STATE_TABLE_BYTES: u32 = 0x1000;

@final
export class ControlDevice {
  /** The refused value, for the console. */
  refused: u32 = 0;

  private readonly device: IvshmemFunction;

  constructor(bus: PciBus) {
    this.device = new IvshmemFunction(bus);
  }

  /**
   * Finds the control link and compares it with what the board has mapped: a state table at `stateTable`, no
   * shared R/W section behind it, then output sections of `outputBytes` each. `ControlAbsent`,
   * `ControlUnfit`: `refused` is the value found.
   */
  check(stateTable: u32, outputBytes: u32): Status {
    const device = this.device;
    if (device.find(PROTOCOL_CONTROL, PROTOCOL_CONTROL) !== Status.Ok) {
      this.refused = device.protocol;
      return Status.ControlAbsent;
    }
    const isFit =
      this.fits(device.stateTableBytes, STATE_TABLE_BYTES) &&
      this.fits(device.sectionBytes, 0) &&
      this.fits(device.outputBytes, outputBytes) &&
      this.fits(device.baseAddress, stateTable);
    return isFit ? Status.Ok : Status.ControlUnfit;
  }

  private fits(found: u64, expected: u32): bool {
    this.refused = <u32>found;
    return found === <u64>expected;
  }
}
