// SPDX-License-Identifier: MIT
/**
 * The virtual PCI host of a cell: configuration space (ECAM, bus 0) and the BARs of ivshmem devices.
 *
 * Source: Jailhouse hypervisor/pci.c.
 *
 * Sub-word reads return the dword shifted but not masked, as in the hypervisor. A guest that loads a byte of
 * a trapped register finds the neighbours in the upper bits.
 */
import type { AccessSize } from '../machine/machine.ts';
import type { IvshmemEndpoint } from './ivshmem-endpoint.ts';

/** One bus: 32 devices of 8 functions with 4 KiB of configuration space each. */
const BUS_BYTES = 0x100000;
const FUNCTION_BYTES = 0x1000;

export class VirtualPci {
  readonly #base: number;
  readonly #end: number;
  readonly #endpoints: readonly IvshmemEndpoint[];

  /** `base`: mmconfig base of the system. `endBus`: last bus number (0: one bus). */
  constructor(base: number, endBus: number, endpoints: readonly IvshmemEndpoint[]) {
    this.#base = base;
    this.#end = base + (endBus + 1) * BUS_BYTES;
    this.#endpoints = endpoints;
  }

  /** Whether an access to this guest address goes to the virtual PCI host. */
  handles(address: number): boolean {
    return this.#isConfig(address) || this.#endpointAt(address) !== undefined;
  }

  /** Reads configuration space or a BAR. Absent functions give all ones. */
  read(address: number, size: AccessSize): number {
    const endpoint = this.#endpointAt(address);
    if (endpoint?.registerPage) {
      return endpoint.readRegister(address - endpoint.registerPage.start);
    }
    const offset = (address - this.#base) % FUNCTION_BYTES;
    const dword = this.#functionAt(address)?.readConfig(offset) ?? 0xffffffff;
    return size === 4 ? dword : dword >>> (8 * (offset & 3));
  }

  /**
   * Writes configuration space or a BAR. Returns the reason if the hypervisor refuses it (the caller parks
   * the CPU), or undefined.
   */
  write(address: number, size: AccessSize, value: number): string | undefined {
    const endpoint = this.#endpointAt(address);
    if (endpoint?.registerPage) {
      endpoint.writeRegister(address - endpoint.registerPage.start, value);
      return undefined;
    }
    const target = this.#functionAt(address);
    if (!target) return 'write to the PCI configuration space of a device that is not there';
    const offset = (address - this.#base) % FUNCTION_BYTES;
    const shift = 8 * (offset & 3);
    const mask = size === 4 ? 0xffffffff : (((1 << (size * 8)) - 1) << shift) >>> 0;
    return target.writeConfig(offset, mask, (value << shift) >>> 0);
  }

  #isConfig(address: number): boolean {
    return address >= this.#base && address < this.#end;
  }

  #functionAt(address: number): IvshmemEndpoint | undefined {
    const bdf = Math.floor((address - this.#base) / FUNCTION_BYTES);
    return this.#endpoints.find((endpoint) => endpoint.bdf === bdf);
  }

  #endpointAt(address: number): IvshmemEndpoint | undefined {
    return this.#endpoints.find(
      ({ registerPage }) =>
        registerPage && address >= registerPage.start && address < registerPage.end,
    );
  }
}
