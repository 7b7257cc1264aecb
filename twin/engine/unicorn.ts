// SPDX-License-Identifier: MIT
/**
 * Unicorn 2, an ARM64 emulator library, called through koffi: the subset that the image engine needs.
 *
 * Works with libunicorn 2.0.1 (Debian 12, Ubuntu 24.04) and 2.1.1 (Debian 13). An exception thrown in a
 * callback cannot cross the emulator: it is kept, the emulation stops, and `start` throws it.
 */
import koffi from 'koffi';
import type { TypeObject } from 'koffi';
import {
  bindLibrary,
  CodeCallback,
  InstructionCallback,
  InterruptCallback,
  MemoryCallback,
  ReadCallback,
  SystemRegisterStruct,
  WriteCallback,
} from './unicorn-library.ts';

// unicorn/unicorn.h
const ARCH_ARM64 = 2;
const MODE_ARM = 0;
const CTL_WRITE_CPU_MODEL = 0x44000007;
const CTL_WRITE_TB_REMOVE_CACHE = 0x48000009;
const PAGE_BYTES = 4_096;
const HOOK_INTERRUPT = 1 << 0;
const HOOK_INSTRUCTION = 1 << 1;
const HOOK_CODE = 1 << 2;
const HOOK_BLOCK = 1 << 3;
const HOOK_MEMORY_INVALID = 0x3f << 4;

// unicorn/arm64.h
const CPU_CORTEX_A72 = 2;
const INSTRUCTION_MRS = 1;
const INSTRUCTION_MSR = 2;
const REGISTER_PC = 260;
const REGISTER_PSTATE = 265;
const REGISTER_X0 = 199;
const REGISTER_X29 = 1;
const REGISTER_SP = 4;
const REGISTER_SYSTEM = 290;

/** Kind of an invalid access, from `uc_mem_type`. */
const MEMORY_TYPE_NAMES: Readonly<Record<number, InvalidAccess>> = {
  19: 'read',
  20: 'write',
  21: 'fetch',
  22: 'write',
  23: 'read',
  24: 'fetch',
};

/** A system register as MRS and MSR encode it. */
export interface SystemRegister {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
}

/** An access that no mapping allows. It has no address, because releases report different ones. */
export type InvalidAccess = 'read' | 'write' | 'fetch';

let bound: ReturnType<typeof bindLibrary> | undefined;

/** Rights to memory besides reading. */
export interface Rights {
  readonly write: boolean;
  readonly execute: boolean;
}

function permissionsOf({ write, execute }: Rights): number {
  return 1 | (write ? 2 : 0) | (execute ? 4 : 0);
}

/** One emulated Cortex-A72. */
export class Unicorn {
  readonly #library: ReturnType<typeof bindLibrary>;
  readonly #handle: unknown;
  readonly #callbacks: bigint[] = [];
  readonly #kept: Buffer[] = [];
  readonly #value = Buffer.alloc(8);
  readonly #system = Buffer.alloc(32);
  #failure: unknown;
  #failed = false;

  constructor() {
    this.#library = bound ??= bindLibrary();
    const handle: unknown[] = [null];
    this.#check(this.#library.open(ARCH_ARM64, MODE_ARM, handle) as number, 'open');
    this.#handle = handle[0];
    this.#check(
      this.#library.control(this.#handle, CTL_WRITE_CPU_MODEL, 'int', CPU_CORTEX_A72) as number,
      'choose the Cortex-A72',
    );
  }

  #check(code: number, what: string): void {
    if (code !== 0) {
      throw new Error(`Unicorn could not ${what}: ${this.errorText(code)}`);
    }
  }

  /** Runs a callback's body. An exception ends the emulation and is thrown by `start`. */
  #guard<Result>(body: () => Result, otherwise: Result): Result {
    if (this.#failed) {
      return otherwise;
    }
    try {
      return body();
    } catch (error) {
      this.#failed = true;
      this.#failure = error;
      this.stop();
      return otherwise;
    }
  }

  #register(callback: (...parameters: never[]) => unknown, proto: TypeObject): unknown {
    const registered = koffi.register(callback, koffi.pointer(proto));
    this.#callbacks.push(registered);
    return registered;
  }

  #hook(
    type: number,
    callback: unknown,
    data: Buffer | null,
    begin: bigint,
    end: bigint,
    ...extra: unknown[]
  ): void {
    const hook = [0];
    this.#check(
      this.#library.addHook(
        this.#handle,
        hook,
        type,
        callback,
        data,
        begin,
        end,
        ...extra,
      ) as number,
      'add a hook',
    );
  }

  /** The library's text for an error code of `start`. */
  errorText(code: number): string {
    return this.#library.errorText(code) as string;
  }

  /** Maps `bytes` itself at a physical address: guest and host see each other's stores at once. */
  mapMemory(address: number, bytes: Buffer, rights: Rights): void {
    const permissions = permissionsOf(rights);
    this.#kept.push(bytes);
    this.#check(
      this.#library.mapPointer(this.#handle, address, bytes.length, permissions, bytes) as number,
      `map memory at 0x${address.toString(16)}`,
    );
  }

  /** Maps memory that is never read; see image.ts for why. */
  mapUnused(address: number, bytes: number, rights: Rights): void {
    this.#check(
      this.#library.map(this.#handle, address, bytes, permissionsOf(rights)) as number,
      `map memory at 0x${address.toString(16)}`,
    );
  }

  /** Sends every access to [address, address + bytes) to the two functions, with full addresses. */
  mapDevice(
    address: number,
    bytes: number,
    read: (address: number, size: number) => number | bigint,
    write: (address: number, size: number, value: number | bigint) => void,
  ): void {
    const onRead = (_uc: unknown, offset: number | bigint, size: number) =>
      this.#guard(() => read(address + Number(offset), size), 0);
    const onWrite = (_uc: unknown, offset: number | bigint, size: number, value: number | bigint) =>
      this.#guard(() => write(address + Number(offset), size, value), undefined);
    this.#check(
      this.#library.mapDevice(
        this.#handle,
        address,
        bytes,
        this.#register(onRead, ReadCallback),
        null,
        this.#register(onWrite, WriteCallback),
        null,
      ) as number,
      `map devices at 0x${address.toString(16)}`,
    );
  }

  /** Forgets what was translated of these virtual addresses. A new hook is in what is translated from now on. */
  forgetTranslated(start: number, bytes: number): void {
    for (let at = start; at < start + bytes; at += PAGE_BYTES) {
      const range = ['uint64_t', at, 'uint64_t', at + PAGE_BYTES] as const;
      this.#check(
        this.#library.control(this.#handle, CTL_WRITE_TB_REMOVE_CACHE, ...range) as number,
        'forget what it translated',
      );
    }
  }

  /** Calls back on entry of each basic block, with its first address and its length in bytes. */
  onBlock(callback: (address: number, bytes: number) => void): void {
    const onEntry = (_uc: unknown, address: number | bigint, size: number) =>
      this.#guard(() => callback(Number(address), size), undefined);
    this.#hook(HOOK_BLOCK, this.#register(onEntry, CodeCallback), null, 1n, 0n);
  }

  /** The same, by a function in C, which gets `data` as its own. */
  hookBlocks(callback: unknown, data: Buffer): void {
    this.#kept.push(data);
    this.#hook(HOOK_BLOCK, callback, data, 1n, 0n);
  }

  /** Calls back before the instruction at `address`. */
  onInstruction(address: number, callback: () => void): void {
    const onExecute = () => this.#guard(callback, undefined);
    this.#hook(
      HOOK_CODE,
      this.#register(onExecute, CodeCallback),
      null,
      BigInt(address),
      BigInt(address),
    );
  }

  /** Calls back on an exception that the processor takes, with QEMU's exception number. */
  onException(callback: (number: number) => void): void {
    const onTaken = (_uc: unknown, number: number) =>
      this.#guard(() => callback(number), undefined);
    this.#hook(HOOK_INTERRUPT, this.#register(onTaken, InterruptCallback), null, 1n, 0n);
  }

  /** Calls back on an access that no mapping allows. The emulation then ends with an error code. */
  onInvalidAccess(callback: (access: InvalidAccess) => void): void {
    const onInvalid = (_uc: unknown, type: number) =>
      this.#guard(() => {
        callback(MEMORY_TYPE_NAMES[type] ?? 'read');
        return false;
      }, false);
    this.#hook(HOOK_MEMORY_INVALID, this.#register(onInvalid, MemoryCallback), null, 1n, 0n);
  }

  /** Asks `callback` for the value of each MRS. Undefined leaves it to the emulator. */
  onSystemRegisterRead(callback: (register: SystemRegister) => bigint | undefined): void {
    const onRead = (_uc: unknown, register: number, encoded: unknown) =>
      this.#guard(() => {
        const value = callback(koffi.decode(encoded, SystemRegisterStruct) as SystemRegister);
        if (value === undefined) {
          return 0;
        }
        this.#writeRegister(register, value);
        return 1;
      }, 0);
    const callbackPointer = this.#register(onRead, InstructionCallback);
    this.#hook(HOOK_INSTRUCTION, callbackPointer, null, 1n, 0n, 'int', INSTRUCTION_MRS);
  }

  /** Offers each MSR to `callback`. False leaves it to the emulator. */
  onSystemRegisterWrite(callback: (register: SystemRegister, value: bigint) => boolean): void {
    const onWrite = (_uc: unknown, register: number, encoded: unknown) =>
      this.#guard(() => {
        const system = koffi.decode(encoded, SystemRegisterStruct) as SystemRegister;
        return callback(system, this.#readRegister(register)) ? 1 : 0;
      }, 0);
    const callbackPointer = this.#register(onWrite, InstructionCallback);
    this.#hook(HOOK_INSTRUCTION, callbackPointer, null, 1n, 0n, 'int', INSTRUCTION_MSR);
  }

  #readRegister(register: number): bigint {
    // Unicorn writes nothing for XZR.
    this.#value.fill(0);
    this.#library.readRegister(this.#handle, register, this.#value);
    return this.#value.readBigUInt64LE();
  }

  #writeRegister(register: number, value: bigint): void {
    this.#value.writeBigUInt64LE(BigInt.asUintN(64, value));
    this.#library.writeRegister(this.#handle, register, this.#value);
  }

  #encode(register: SystemRegister, value: bigint): Buffer {
    const { crn, crm, op0, op1, op2 } = register;
    [crn, crm, op0, op1, op2, 0].forEach((field, index) => {
      this.#system.writeUInt32LE(field, index * 4);
    });
    this.#system.writeBigUInt64LE(value, 24);
    return this.#system;
  }

  /** General register x0..x30. */
  x(index: number): bigint {
    return this.#readRegister(index < 29 ? REGISTER_X0 + index : REGISTER_X29 + index - 29);
  }

  get stackPointer(): bigint {
    return this.#readRegister(REGISTER_SP);
  }

  setX(index: number, value: bigint): void {
    this.#writeRegister(REGISTER_X0 + index, value);
  }

  get programCounter(): bigint {
    return this.#readRegister(REGISTER_PC);
  }

  get processorState(): bigint {
    return this.#readRegister(REGISTER_PSTATE);
  }

  set processorState(value: bigint) {
    this.#writeRegister(REGISTER_PSTATE, value);
  }

  /** Reads a system register that the emulator stores. */
  system(register: SystemRegister): bigint {
    const buffer = this.#encode(register, 0n);
    this.#check(
      this.#library.readRegister(this.#handle, REGISTER_SYSTEM, buffer) as number,
      'read a system register',
    );
    return buffer.readBigUInt64LE(24);
  }

  setSystem(register: SystemRegister, value: bigint): void {
    this.#check(
      this.#library.writeRegister(
        this.#handle,
        REGISTER_SYSTEM,
        this.#encode(register, value),
      ) as number,
      'write a system register',
    );
  }

  /**
   * Runs `count` instructions from `address`, or fewer if `stop` is called, at WFI, or on an error.
   *
   * @returns Unicorn's error code, 0 for none.
   * @throws what a callback threw.
   */
  start(address: bigint, count: number): number {
    const nowhere = 0xdeadbeef000n;
    const code = this.#library.start(this.#handle, address, nowhere, 0, count) as number;
    if (this.#failed) {
      const failure = this.#failure;
      this.#failed = false;
      this.#failure = undefined;
      throw failure;
    }
    return code;
  }

  /** Ends `start` from inside a callback. */
  stop(): void {
    this.#library.stop(this.#handle);
  }

  /** Frees the emulator. */
  close(): void {
    this.#library.close(this.#handle);
    for (const callback of this.#callbacks) {
      koffi.unregister(callback);
    }
  }
}
