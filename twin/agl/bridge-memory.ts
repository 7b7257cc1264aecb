/**
 * What the bridge sees at its addresses: the link's memory and registers as Linux maps them (UIO).
 *
 * Used by: bridge-host.ts.
 * Does not: interpret anything. An access outside ends the bridge, as a segmentation fault would.
 */
import type { IvshmemEndpoint } from '../hypervisor/ivshmem-endpoint.ts';

/** Bases of the bridge's address space (the host program maps the same). */
const READ_WRITE_SECTION = 0x0000_0000;
const STATE_TABLE = 0x8000_0000;
const REGISTER_PAGE = 0x9000_0000;
const REGISTER_PAGE_BYTES = 0x1000;

/** The bridge touched an address that its host does not map. */
export class BridgeFault extends Error {
  constructor(act: string, address: number) {
    super(`the bridge ${act} 0x${address.toString(16)}, where nothing is mapped`);
    this.name = 'BridgeFault';
  }
}

/** Widths of plain accesses in bytes. */
type Width = 1 | 2 | 4 | 8;

export class BridgeMemory {
  readonly #section: Buffer;
  readonly #stateTable: Buffer;
  readonly #endpoint: IvshmemEndpoint;

  constructor(section: Buffer, stateTable: Buffer, endpoint: IvshmemEndpoint) {
    this.#section = section;
    this.#stateTable = stateTable;
    this.#endpoint = endpoint;
  }

  read(address: number, width: 1 | 2 | 4): number {
    const { bytes, offset } = this.#find(address, width, 'reads');
    return bytes.readUIntLE(offset, width);
  }

  read64(address: number): bigint {
    const { bytes, offset } = this.#find(address, 8, 'reads');
    return bytes.readBigUInt64LE(offset);
  }

  write(address: number, width: 1 | 2 | 4, value: number): void {
    const { bytes, offset } = this.#findWritable(address, width);
    bytes.writeUIntLE((value >>> 0) % 2 ** (8 * width), offset, width);
  }

  write64(address: number, value: bigint): void {
    const { bytes, offset } = this.#findWritable(address, 8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
  }

  readRegister(address: number): number {
    return this.#endpoint.readRegister(this.#registerOffset(address, 'reads'));
  }

  writeRegister(address: number, value: number): void {
    this.#endpoint.writeRegister(this.#registerOffset(address, 'writes'), value >>> 0);
  }

  #find(address: number, width: Width, act: string): { bytes: Buffer; offset: number } {
    const isStateTable = address >= STATE_TABLE;
    const bytes = isStateTable ? this.#stateTable : this.#section;
    const offset = address - (isStateTable ? STATE_TABLE : READ_WRITE_SECTION);
    if (offset + width > bytes.length) throw new BridgeFault(act, address);
    return { bytes, offset };
  }

  #findWritable(address: number, width: Width): { bytes: Buffer; offset: number } {
    // The state table is mapped read-only: only the hypervisor writes it.
    if (address >= STATE_TABLE) throw new BridgeFault('writes', address);
    return this.#find(address, width, 'writes');
  }

  #registerOffset(address: number, act: string): number {
    const offset = address - REGISTER_PAGE;
    if (offset < 0 || offset >= REGISTER_PAGE_BYTES) throw new BridgeFault(act, address);
    return offset;
  }
}
