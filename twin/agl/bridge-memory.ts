// SPDX-License-Identifier: MIT
/**
 * The bridge's address space: the link's memory and registers as Linux maps them (UIO). An access outside
 * ends the bridge, like a segmentation fault.
 */
import type { IvshmemEndpoint } from '../hypervisor/ivshmem-endpoint.ts';

/** Bases in the bridge's address space, as in the host program. */
const READ_WRITE_SECTION = 0x0000_0000;
const STATE_TABLE = 0x8000_0000;
const REGISTER_PAGE = 0x9000_0000;
const REGISTER_PAGE_BYTES = 0x1000;
/** The control link: the cell's output section, and root's own. */
const STATUS_PAGE = 0xa000_0000;
const REQUESTS = 0xb000_0000;

const READS = 'reads';
const WRITES = 'writes';

/** The bridge accessed an address that its host does not map. */
export class BridgeFault extends Error {
  constructor(act: string, address: number) {
    super(`the bridge ${act} 0x${address.toString(16)}, which is not mapped for that`);
    this.name = 'BridgeFault';
  }
}

/** The memory of both links as root sees it. */
export interface BridgeMemories {
  readonly section: Buffer;
  readonly stateTable: Buffer;
  /** Undefined: there is no control link. */
  readonly control: { readonly status: Buffer; readonly requests: Buffer } | undefined;
}

/** One mapping of the process. */
interface Mapping {
  readonly start: number;
  readonly bytes: Buffer;
  readonly writable: boolean;
}

/** Widths of plain accesses in bytes. */
type Width = 1 | 2 | 4 | 8;

export class BridgeMemory {
  /** Whether the sections of the control link are mapped. */
  readonly hasControl: boolean;
  readonly #mappings: readonly Mapping[];
  readonly #endpoint: IvshmemEndpoint;

  constructor({ section, stateTable, control }: BridgeMemories, endpoint: IvshmemEndpoint) {
    const empty = Buffer.alloc(0);
    this.hasControl = control !== undefined;
    this.#mappings = [
      { start: READ_WRITE_SECTION, bytes: section, writable: true },
      // Only the hypervisor writes the state table, and only the cell its status page.
      { start: STATE_TABLE, bytes: stateTable, writable: false },
      { start: STATUS_PAGE, bytes: control?.status ?? empty, writable: false },
      { start: REQUESTS, bytes: control?.requests ?? empty, writable: true },
    ];
    this.#endpoint = endpoint;
  }

  read(address: number, width: 1 | 2 | 4): number {
    const { bytes, offset } = this.#find(address, width, READS);
    return bytes.readUIntLE(offset, width);
  }

  read64(address: number): bigint {
    const { bytes, offset } = this.#find(address, 8, READS);
    return bytes.readBigUInt64LE(offset);
  }

  write(address: number, width: 1 | 2 | 4, value: number): void {
    const { bytes, offset } = this.#find(address, width, WRITES);
    bytes.writeUIntLE((value >>> 0) % 2 ** (8 * width), offset, width);
  }

  write64(address: number, value: bigint): void {
    const { bytes, offset } = this.#find(address, 8, WRITES);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
  }

  readRegister(address: number): number {
    return this.#endpoint.readRegister(this.#registerOffset(address, READS));
  }

  writeRegister(address: number, value: number): void {
    this.#endpoint.writeRegister(this.#registerOffset(address, WRITES), value >>> 0);
  }

  #find(address: number, width: Width, act: string): { bytes: Buffer; offset: number } {
    for (const { start, bytes, writable } of this.#mappings) {
      const offset = address - start;
      if (offset < 0 || offset + width > bytes.length) continue;
      if (act === WRITES && !writable) break;
      return { bytes, offset };
    }
    throw new BridgeFault(act, address);
  }

  #registerOffset(address: number, act: string): number {
    const offset = address - REGISTER_PAGE;
    if (offset < 0 || offset >= REGISTER_PAGE_BYTES) throw new BridgeFault(act, address);
    return offset;
  }
}
