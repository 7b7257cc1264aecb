// SPDX-License-Identifier: MIT
/**
 * The image engine: executes canwarden.bin, the very bytes on the card, in an ARM64 emulator over a Machine.
 *
 * The instructions of a basic block are charged when it is entered. Device accesses, counter reads,
 * hypercalls and idle hints go to the Machine.
 * Does not: deliver interrupts to EL1 (the cell masks all exceptions; WFI still wakes), or model caches,
 * barriers or memory attributes, which the emulator lacks.
 */
import { CellParked } from '../machine/machine.ts';
import type { AccessSize, GuestMemory, Machine } from '../machine/machine.ts';
import { type BlockCount, countBlocks } from './block-count.ts';
import { decodeDataAccess } from './data-access.ts';
import type { Engine, RunResult } from './engine.ts';
import { dataFault, fetchFault } from './memory-fault.ts';
import type { MemoryFault } from './memory-fault.ts';
import { translate } from './page-walk.ts';
import type { Translation } from './page-walk.ts';
import { Unicorn } from './unicorn.ts';
import type { InvalidAccess, SystemRegister } from './unicorn.ts';

const FOUR_GIB = 0x1_0000_0000;
/** The running image sees guest address 0 here (bsp/rpi4): it executes at its load address plus this. */
const GUEST_VIEW = 0x4_0000_0000;

// Arm ARM DDI 0487, C6.2: encodings.
const YIELD = 0xd503203f;
const WFI = 0xd503207f;
const HVC_JAILHOUSE = 0xd4094902; // HVC #0x4a48

// Arm ARM D19: system registers.
/** Interrupt status: bit 8 is A, a pending SError (Arm ARM DDI 0487, D17). */
const ISR_EL1: SystemRegister = { op0: 3, op1: 0, crn: 12, crm: 1, op2: 0 };
const ISR_A = 1n << 8n;
const CNTFRQ_EL0: SystemRegister = { op0: 3, op1: 3, crn: 14, crm: 0, op2: 0 };
const CNTVCT_EL0: SystemRegister = { op0: 3, op1: 3, crn: 14, crm: 0, op2: 2 };
const CNTV_CTL_EL0: SystemRegister = { op0: 3, op1: 3, crn: 14, crm: 3, op2: 1 };
const CNTV_CVAL_EL0: SystemRegister = { op0: 3, op1: 3, crn: 14, crm: 3, op2: 2 };
const SCR_EL3: SystemRegister = { op0: 3, op1: 6, crn: 1, crm: 1, op2: 0 };
const HCR_EL2: SystemRegister = { op0: 3, op1: 4, crn: 1, crm: 1, op2: 0 };
const SCTLR_EL1: SystemRegister = { op0: 3, op1: 0, crn: 1, crm: 0, op2: 0 };
const TTBR0_EL1: SystemRegister = { op0: 3, op1: 0, crn: 2, crm: 0, op2: 0 };
const SPSR_EL1: SystemRegister = { op0: 3, op1: 0, crn: 4, crm: 0, op2: 0 };
const ELR_EL1: SystemRegister = { op0: 3, op1: 0, crn: 4, crm: 0, op2: 1 };
const ESR_EL1: SystemRegister = { op0: 3, op1: 0, crn: 5, crm: 2, op2: 0 };
const FAR_EL1: SystemRegister = { op0: 3, op1: 0, crn: 6, crm: 0, op2: 0 };
const VBAR_EL1: SystemRegister = { op0: 3, op1: 0, crn: 12, crm: 0, op2: 0 };

/** Non-secure, HVC enabled, AArch64 below: the world Jailhouse runs a cell in. */
const SCR_VALUE = 0x501n;
/** AArch64 at EL1. */
const HCR_VALUE = 0x8000_0000n;
/** SCTLR_EL1.M: addresses are translated. */
const MMU_ON = 1n;
/** EL1h with DAIF masked, the state at cell start and in an exception handler. */
const STATE_EL1H_MASKED = 0x3c5n;
const CONDITION_FLAGS = 0xf000_0000n;

/** Exception numbers of the emulator (QEMU target/arm/cpu.h). */
const EXCEPTION_UNDEFINED = 1;
const EXCEPTION_PREFETCH_ABORT = 3;
const EXCEPTION_DATA_ABORT = 4;
const EXCEPTION_BREAKPOINT = 7;
const EXCEPTION_HVC = 11;

/** Exception vector: synchronous, current EL with its own stack pointer. */
const VECTOR_SYNCHRONOUS = 0x200n;
/** ESR_EL1 of other exceptions that the cell handles: unknown reason, BRK #0. */
const SYNDROMES: Readonly<Record<number, bigint>> = {
  [EXCEPTION_UNDEFINED]: 1n << 25n,
  [EXCEPTION_BREAKPOINT]: (0x3cn << 26n) | (1n << 25n),
};

/**
 * The emulator can end a run exactly only after a number of instructions. The clock is checked between two
 * slices.
 */
const SLICE_INSTRUCTIONS = 20_000;

const sameRegister = (left: SystemRegister, right: SystemRegister): boolean =>
  left.op0 === right.op0 &&
  left.op1 === right.op1 &&
  left.crn === right.crn &&
  left.crm === right.crm &&
  left.op2 === right.op2;

export class ImageEngine implements Engine {
  readonly name = 'image';
  onStep?: (startNanos: number) => void;
  readonly #machine: Machine;
  readonly #stepAddresses: readonly number[];
  #stepStartNanos: number | undefined;
  readonly #unicorn = new Unicorn();
  #resume = 0n;
  #blocks!: BlockCount;
  #invalid: InvalidAccess | undefined;
  #exception = 0;
  #result: RunResult = 'running';

  /** `stepAddresses`: load addresses at which a step begins (stepAddressesOf). Without one, no `onStep`. */
  constructor(machine: Machine, stepAddresses: readonly number[] = []) {
    this.#machine = machine;
    this.#stepAddresses = stepAddresses;
  }

  boot(): void {
    this.#mapMemories();
    this.#mapDevices();
    this.#addHooks();
    this.#unicorn.setSystem(SCR_EL3, SCR_VALUE);
    this.#unicorn.setSystem(HCR_EL2, HCR_VALUE);
    this.#unicorn.processorState = STATE_EL1H_MASKED;
    this.#resume = 0n;
  }

  run(untilNanos: number): RunResult {
    while (this.#result === 'running' && this.#machine.clock.now < untilNanos) {
      try {
        this.#runSlice();
      } catch (error) {
        if (!(error instanceof CellParked)) {
          throw error;
        }
        this.#result = 'parked';
      }
    }
    return this.#result;
  }

  /** As for an undefined instruction: what follows depends on no state of the program. */
  takeException(): void {
    this.#deliver(0n, SYNDROMES[EXCEPTION_UNDEFINED]);
  }

  /** Calls back on entry of each basic block from now on, with its virtual address and length in bytes. */
  watchBlocks(callback: (address: number, bytes: number) => void): void {
    this.#unicorn.onBlock(callback);
    for (const { base, bytes, executable } of this.#machine.memories)
      if (executable) this.#unicorn.forgetTranslated(GUEST_VIEW + base, bytes.length);
  }

  /** Frees the emulator; the engine cannot run afterwards. */
  close(): void {
    this.#unicorn.close();
  }

  #runSlice(): void {
    this.#invalid = undefined;
    this.#exception = 0;
    this.#blocks.resume(this.#resume !== 0n);
    const code = this.#emulate();
    this.#resume = this.#unicorn.programCounter;
    if (this.#exception !== 0) {
      this.#takeException();
    } else if (code !== 0) {
      this.#takeInvalidAccess(code);
    } else if (this.#instructionAt(Number(this.#resume) - 4) === WFI) {
      // A cell without an enabled interrupt never wakes.
      if (!this.#machine.waitForInterrupt()) this.#result = 'stopped';
    }
  }

  /** Runs one slice. Returns the emulator's error code. */
  #emulate(): number {
    try {
      return this.#unicorn.start(this.#resume, SLICE_INSTRUCTIONS);
    } finally {
      this.#charge();
    }
  }

  /**
   * Charges what was executed up to now. Called before the Machine does anything: charging alone has no
   * effect that the cell could see.
   */
  #charge(): void {
    const count = this.#blocks.take();
    if (count > 0) this.#machine.chargeInstructions(count);
  }

  #mapMemories(): void {
    for (const memory of this.#machine.memories) {
      this.#unicorn.mapMemory(memory.base, memory.bytes, {
        write: memory.writable,
        execute: memory.executable,
      });
    }
    // libunicorn 2.0.1 looks virtual addresses up among the physical mappings and takes the rights from
    // there, so some memory must exist. No page table of the cell points to it.
    for (const { base, bytes, writable, executable } of this.#machine.memories) {
      const rights = { write: writable, execute: executable };
      this.#unicorn.mapUnused(GUEST_VIEW + base, bytes.length, rights);
    }
  }

  /** Accesses below 4 GiB outside memory go to the Machine, which knows what is allowed. */
  #mapDevices(): void {
    const machine = this.#machine;
    const read = (address: number, size: number) => {
      this.#charge();
      return machine.readDevice(address, size as AccessSize);
    };
    const write = (address: number, size: number, value: number | bigint) => {
      this.#charge();
      machine.writeDevice(address, size as AccessSize, Number(value));
    };
    let start = 0;
    const sorted = [...machine.memories].sort((left, right) => left.base - right.base);
    for (const { base, bytes } of [...sorted, { base: FOUR_GIB, bytes: Buffer.alloc(0) }]) {
      if (base > start) {
        this.#unicorn.mapDevice(start, base - start, read, write);
        this.#unicorn.mapDevice(GUEST_VIEW + start, base - start, read, write); // as above
      }
      start = base + bytes.length;
    }
  }

  #addHooks(): void {
    const machine = this.#machine;
    this.#blocks = countBlocks(this.#unicorn);
    for (const address of this.#findYields()) {
      this.#unicorn.onInstruction(address, () => {
        this.#charge();
        const deadline = this.#unicorn.x(0);
        const skipped = machine.idleUntil(deadline);
        if (skipped !== 0n) this.#unicorn.setX(0, BigInt.asUintN(64, deadline + skipped));
      });
    }
    for (const address of this.#stepAddresses) {
      this.#unicorn.onInstruction(GUEST_VIEW + address, () => this.#stepBegins());
    }
    this.#unicorn.onException((number) => this.#onException(number));
    this.#unicorn.onInvalidAccess((access) => {
      this.#invalid = access;
    });
    this.#unicorn.onSystemRegisterRead((register) => {
      this.#charge();
      if (sameRegister(register, CNTVCT_EL0)) {
        return machine.counterTicks();
      }
      if (sameRegister(register, ISR_EL1)) return machine.systemErrorPending ? ISR_A : 0n;
      return sameRegister(register, CNTFRQ_EL0) ? BigInt(machine.counterHertz) : undefined;
    });
    this.#unicorn.onSystemRegisterWrite((register, value) => {
      this.#charge();
      if (sameRegister(register, CNTV_CVAL_EL0)) machine.setTimerCompare(value);
      else if (sameRegister(register, CNTV_CTL_EL0)) machine.setTimerControl(value);
      else return false;
      return true;
    });
  }

  /** A step begins, which ends the one before it. */
  #stepBegins(): void {
    this.#charge();
    const { now } = this.#machine.clock;
    if (this.#stepStartNanos !== undefined) this.onStep?.(this.#stepStartNanos);
    this.#stepStartNanos = now;
  }

  /** Addresses of the idle hints: the only use of this instruction in the firmware (bsp/rpi4/abi.h). */
  #findYields(): number[] {
    const found: number[] = [];
    for (const { base, bytes, executable } of this.#machine.memories) {
      if (!executable) continue;
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      for (let at = words.indexOf(YIELD); at >= 0; at = words.indexOf(YIELD, at + 1)) {
        found.push(GUEST_VIEW + base + 4 * at);
      }
    }
    return found;
  }

  #onException(number: number): void {
    this.#charge();
    if (number !== EXCEPTION_HVC) {
      this.#exception = number;
      this.#unicorn.stop();
      return;
    }
    const returnAddress = Number(this.#unicorn.programCounter);
    const instruction = this.#instructionAt(returnAddress - 4);
    if (instruction !== HVC_JAILHOUSE) {
      this.#machine.park({
        what: 'hypercall',
        address: returnAddress - 4,
        why: `instruction 0x${instruction.toString(16)} is not HVC #0x4a48`,
      });
    }
    const [code, argument1, argument2] = [0, 1, 2].map((index) =>
      Number(BigInt.asUintN(32, this.#unicorn.x(index))),
    ) as [number, number, number];
    const result = this.#machine.hypercall(code, argument1, argument2);
    this.#unicorn.setX(0, BigInt(result));
  }

  /** The instruction at a virtual address, before or after the image has turned its page tables on. */
  #instructionAt(virtual: number): number {
    const address = virtual % GUEST_VIEW;
    const memory = this.#memoryAt(address);
    return memory === undefined ? 0 : memory.bytes.readUInt32LE(address - memory.base);
  }

  #memoryAt(address: number): GuestMemory | undefined {
    return this.#machine.memories.find(
      ({ base, bytes }) => address >= base && address < base + bytes.length,
    );
  }

  /**
   * Handles an exception that the emulator reports but does not deliver. For an access that stage 1 refuses,
   * 2.0.1 reports an invalid access and 2.1.1 an exception.
   */
  #takeException(): void {
    const number = this.#exception;
    if (number === EXCEPTION_DATA_ABORT || number === EXCEPTION_PREFETCH_ABORT) {
      const isFetch = number === EXCEPTION_PREFETCH_ABORT;
      const fault = isFetch ? this.#fetchFault() : this.#dataFault();
      if (fault.by === 'cell') this.#deliver(fault.address, fault.syndrome);
      else this.#parkAtException(number); // such as an unaligned exclusive access
      return;
    }
    const syndrome = SYNDROMES[number];
    if (syndrome === undefined) this.#parkAtException(number);
    else this.#deliver(0n, syndrome);
  }

  #parkAtException(number: number): never {
    this.#machine.park({
      what: 'exception',
      address: Number(this.#resume),
      why: `the emulator reports exception ${number}, which no cell handles itself`,
    });
  }

  /** An access without a mapping: a fault of the cell if stage 1 refuses it, else of the hypervisor. */
  #takeInvalidAccess(code: number): void {
    const kind = this.#invalid;
    if (kind === undefined) {
      throw new Error(
        `the ARM64 emulator failed at 0x${this.#resume.toString(16)}: ${this.#unicorn.errorText(code)}`,
      );
    }
    const fault = kind === 'fetch' ? this.#fetchFault() : this.#dataFault();
    if (fault.by === 'cell') {
      this.#deliver(fault.address, fault.syndrome);
      return;
    }
    this.#machine.park({
      what: kind === 'fetch' ? 'instruction fetch' : `data ${kind}`,
      address: Number(fault.physical),
      why: 'no region of the cell allows it',
    });
  }

  #fetchFault(): MemoryFault {
    return fetchFault(this.#resume, (virtual) => this.#translate(virtual));
  }

  #dataFault(): MemoryFault {
    const unicorn = this.#unicorn;
    const instruction = this.#instructionAt(Number(this.#resume));
    const access = decodeDataAccess(instruction, {
      base: (number) => (number === 31 ? unicorn.stackPointer : unicorn.x(number)),
      index: (number) => (number === 31 ? 0n : unicorn.x(number)),
      programCounter: this.#resume,
    });
    if (access === undefined) {
      throw new Error(
        `the twin does not know what memory the instruction 0x${instruction.toString(16)} at ` +
          `0x${this.#resume.toString(16)} touches`,
      );
    }
    return dataFault(access, (virtual) => this.#translate(virtual));
  }

  #translate(virtual: bigint): Translation {
    if ((this.#unicorn.system(SCTLR_EL1) & MMU_ON) === 0n) {
      return { physical: virtual, writable: true, executable: true, level: 0 };
    }
    return translate(this.#machine.memories, this.#unicorn.system(TTBR0_EL1), virtual);
  }

  /** Delivers a synchronous exception to EL1, as the processor does (Arm ARM D1.3). */
  #deliver(address: bigint, syndrome: bigint): void {
    const state = this.#unicorn.processorState;
    this.#unicorn.setSystem(SPSR_EL1, state);
    this.#unicorn.setSystem(ELR_EL1, this.#resume);
    this.#unicorn.setSystem(ESR_EL1, syndrome);
    this.#unicorn.setSystem(FAR_EL1, address);
    this.#unicorn.processorState = (state & CONDITION_FLAGS) | STATE_EL1H_MASKED;
    this.#resume = this.#unicorn.system(VBAR_EL1) + VECTOR_SYNCHRONOUS;
  }
}
