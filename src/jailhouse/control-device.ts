/**
 * ControlDevice: finds the control link on the virtual PCI bus and checks its one-way memory.
 *
 * Source: ivshmem v2 specification (Jailhouse, Documentation); the protocol number is one of those
 * it leaves to its users. Root is peer 0, the cell peer 1.
 * Does not: map the register page: neither end rings, both look at memory. So it cannot see its own
 * peer number either; which section is whose is the cell configuration's, and Jailhouse holds it.
 */
import { Status } from '../rt/status';
import { IvshmemFunction } from './ivshmem-function';
import { PciBus } from './pci';

/** Status page and requests. */
export const PROTOCOL_CONTROL: u32 = 0x4057;
/** One page: what stage 2 can map. */
const STATE_TABLE_BYTES: u32 = 0x1000;

@final
export class ControlDevice {
  /** The value that was refused, for the console. */
  refused: u32 = 0;

  private readonly device: IvshmemFunction;

  constructor(bus: PciBus) {
    this.device = new IvshmemFunction(bus);
  }

  /**
   * Finds the control link and checks that it is what the board has mapped: a state table at
   * `stateTable`, behind it no section that both ends write, and output sections of `outputBytes`
   * each. `ControlAbsent`, `ControlUnfit`: `refused` is what was found.
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
