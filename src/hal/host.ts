// SPDX-License-Identifier: MIT
/**
 * Host: what the cell asks of the hypervisor that it runs under: what it was given, and when it must end.
 *
 * Implemented by src/jailhouse.
 * Does not: carry frames (peer-link.ts, shared-memory.ts do), or print.
 */
import { Status } from '../rt/status';
import { CharacterPort } from './character-port';

export abstract class Host extends CharacterPort {
  /** After an `open...` that was not `Ok`: the value that was refused, for people. */
  refused: u32 = 0;
  /** Address of the hypervisor's page, for people. */
  pageAddress: u32 = 0;
  /** Address of the rules image, for people. */
  rulesAddress: u32 = 0;
  /** This end of the link is the device, not the driver; known after `openLink`. */
  isBackEnd: bool = false;

  /**
   * Finds the hypervisor's page, and the console in it. `CommRegionMagic`, `CommRegionRevision`: nothing in
   * it can be believed; characters are tried all the same.
   */
  abstract open(): Status;

  /**
   * Copies the command line to `destination`, which has `bytes` bytes. Gives its length; `bytes` when it has
   * no end within them.
   */
  abstract copyCommandLine(destination: usize, bytes: u32): u32;

  /** Copies the first `bytes` bytes (rounded up to a multiple of 4) of the rules image to `destination`. */
  abstract copyRules(destination: usize, bytes: u32): void;

  /** Finds the link to AGL and maps it. Otherwise one of the `Ivshmem...`, and there is none. */
  abstract openLink(): Status;

  /** Finds the memory of the status page and of the requests. `ControlAbsent`, `ControlUnfit`: there is none. */
  abstract openStatusPage(): Status;

  /** Looks whether the cell is to end: one load. Comes back until it is denied or approved. */
  abstract shutdownRequested(): bool;

  /** Refuses: the command that asked for the end fails, and can be given again. */
  abstract denyShutdown(): void;

  /** Agrees. From then on the core may be stopped at any moment: everything is at rest before. */
  abstract approveShutdown(): void;

  /** Says that the cell has failed and stays down. */
  abstract failed(): void;

  /** True while an SError is pending that the core masks: one read of a register of the core. */
  abstract systemErrorPending(): bool;
}
