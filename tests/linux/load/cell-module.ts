// SPDX-License-Identifier: MIT
/**
 * The cell's end of the link for world.ts: build/bridge.wasm in the role that the bridge does not have, on the
 * shared file.
 *
 * Does not: sleep or count. It does all it can at each call of `work`.
 */

export const FRAME_BYTES = 16;
const STATE_TABLE = 0x1000;
const SECTION = 0x2000;
const SECTION_BYTES = 0x40000;
const OWN_ID = 1;
const REGISTERS = 0x90000000;
const STATE_TABLE_ADDRESS = 0x80000000;
const REGISTER = { id: 0x00, peers: 0x04, doorbell: 0x0c, state: 0x10 } as const;
const STEPS_MOST = 100_000;

interface CellExports {
  readonly memory: WebAssembly.Memory;
  initialize(sectionBytes: number, role: number): number;
  step(): number;
  session(): number;
}

export interface CellOptions {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly file: Buffer;
  readonly role: 'back-end' | 'front-end';
  readonly nowNanos: () => number;
  readonly ring: () => void;
  readonly onFrame: (frame: Buffer) => void;
}

export class CellModule {
  readonly section: Buffer;
  readonly #options: CellOptions;
  readonly #exports: CellExports;
  readonly #waiting: Buffer[] = [];

  constructor(options: CellOptions) {
    this.#options = options;
    this.section = options.file.subarray(SECTION, SECTION + SECTION_BYTES);
    const module = new WebAssembly.Module(options.wasm);
    const imports = { bsp: this.#bsp(), socket: this.#socket() };
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as CellExports;
    const status = this.#exports.initialize(SECTION_BYTES, options.role === 'back-end' ? 0 : 1);
    if (status !== 0) throw new Error(`the cell does not start: status ${status}`);
  }

  get isRunning(): boolean {
    return this.#exports.session() === 2;
  }

  give(frames: readonly Buffer[]): void {
    this.#waiting.push(...frames);
  }

  /** Steps until there is nothing to do. */
  work(): void {
    for (let step = 0; step < STEPS_MOST; step += 1) if (this.#exports.step() === 0) return;
  }

  #socket(): Record<string, (frames: number, count: number) => number> {
    const view = (at: number): Buffer => Buffer.from(this.#exports.memory.buffer, at >>> 0, 16);
    return {
      socket_waiting: () => (this.#waiting.length > 0 ? 1 : 0),
      socket_receive: (at, limit) => {
        const frames = this.#waiting.splice(0, limit);
        frames.forEach((frame, index) => frame.copy(view(at + FRAME_BYTES * index)));
        return frames.length;
      },
      socket_send: (at, count) => {
        for (let index = 0; index < count; index += 1) {
          this.#options.onFrame(Buffer.from(view(at + FRAME_BYTES * index)));
        }
        return count;
      },
    };
  }

  #writeRegister(offset: number, value: number): void {
    const { file, ring } = this.#options;
    if (offset === REGISTER.state) file.writeUInt32LE(value, STATE_TABLE + 4 * OWN_ID);
    if (offset === REGISTER.state || offset === REGISTER.doorbell) ring();
  }

  #bsp(): Record<string, (...values: never[]) => unknown> {
    const { file, nowNanos } = this.#options;
    const nothing = (): void => {};
    const at = (address: number): number =>
      address >>> 0 < STATE_TABLE_ADDRESS
        ? SECTION + address
        : STATE_TABLE + ((address >>> 0) - STATE_TABLE_ADDRESS);
    return {
      mmio_read32: (address: number) => {
        const offset = (address >>> 0) - REGISTERS;
        return offset === REGISTER.id ? OWN_ID : offset === REGISTER.peers ? 2 : 0;
      },
      mmio_write32: (address: number, value: number) =>
        this.#writeRegister((address >>> 0) - REGISTERS, value),
      memory_read8: (address: number) => file.readUInt8(at(address)),
      memory_read16: (address: number) => file.readUInt16LE(at(address)),
      memory_read32: (address: number) => file.readInt32LE(at(address)),
      memory_read64: (address: number) => file.readBigInt64LE(at(address)),
      memory_write8: (address: number, value: number) => file.writeUInt8(value & 0xff, at(address)),
      memory_write16: (address: number, value: number) =>
        file.writeUInt16LE(value & 0xffff, at(address)),
      memory_write32: (address: number, value: number) => file.writeInt32LE(value, at(address)),
      memory_write64: (address: number, value: bigint) => file.writeBigInt64LE(value, at(address)),
      barrier_read: nothing,
      barrier_write: nothing,
      barrier_full: nothing,
      barrier_device: nothing,
      counter_read: () => BigInt(nowNanos()),
      counter_hertz: () => 1_000_000_000,
      system_error_pending: () => 0,
      hypercall: () => -38,
      idle_until: () => 0n,
      sleep_until: nothing,
      fault_write32: nothing,
      fault_write_late: nothing,
    };
  }
}
