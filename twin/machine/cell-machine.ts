// SPDX-License-Identifier: MIT
/**
 * The Machine of one cell: permissions of its configuration, time charging, devices, hypervisor traps.
 *
 * Source: Jailhouse hypervisor/{mmio,control}.c, arch/arm64/{traps,mmio}.c, arch/arm-common/gic-v2.c.
 * Does not: take interrupts to EL1 (the cell masks them; WFI still wakes), model caches, or enforce EXECUTE,
 * as on arm64.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import type { VirtualClock } from '../clock.ts';
import { CELL_FAILED, CommunicationRegion } from '../hypervisor/communication-region.ts';
import type { ConsoleLog } from '../hypervisor/console-log.ts';
import { DEBUG_CONSOLE_PUTC, handleHypercall } from '../hypervisor/hypercalls.ts';
import type { VirtualPci } from '../hypervisor/virtual-pci.ts';
import type { Interrupts } from '../gic/interrupts.ts';
import { ticksToNanos, VIRTUAL_TIMER_INTERRUPT, VirtualTimer } from '../gic/virtual-timer.ts';
import { type AddressSpace, refusal } from './address-space.ts';
import { type DeviceWindow, findDevice, wordRegisters } from './device-window.ts';
import type { RegisterDevice } from './device-window.ts';
import { IdleSkipper } from './idle-skipper.ts';
import {
  type AccessSize,
  CellParked,
  type GuestMemory,
  type Machine,
  type Violation,
} from './machine.ts';
import { checkTiming, type TimingModel } from './timing-model.ts';
import type { Uart8250 } from './uart-8250.ts';

const NANOS_PER_SECOND = 1_000_000_000n;
const LINE_FEED = 0x0a;
const GIC_DISTRIBUTOR_BYTES = 0x1000;
const GIC_CPU_INTERFACE_BYTES = 0x2000;

export interface CellMachineOptions {
  readonly clock: VirtualClock;
  readonly timing: TimingModel;
  readonly cell: Cell;
  readonly system: System;
  readonly space: AddressSpace;
  readonly devices: readonly DeviceWindow[];
  readonly pci: VirtualPci;
  readonly console: ConsoleLog;
  /** The UART that the hypervisor prints on. Without it a character costs only the hypercall. */
  readonly uart?: Uart8250;
  /** The cell's interrupts. The board's devices drive their lines. */
  readonly interrupts: Interrupts;
}

export class CellMachine implements Machine {
  readonly clock: VirtualClock;
  readonly timing: TimingModel;
  readonly memories: readonly GuestMemory[];
  readonly counterHertz: number;
  readonly #options: CellMachineOptions;
  readonly #idle: IdleSkipper;
  readonly #interrupts: Interrupts;
  readonly #timer: VirtualTimer;
  readonly #distributor: RegisterDevice;
  readonly #cpuInterface: RegisterDevice;
  /** Instructions executed so far (image engine). */
  executedInstructions = 0;
  /** Time the core spent in WFI. */
  sleptNanos = 0;
  /** Called when the guest reports that it is idle, before time is skipped. */
  onIdle?: () => void;

  constructor(options: CellMachineOptions) {
    checkTiming(options.timing);
    this.clock = options.clock;
    this.timing = options.timing;
    this.counterHertz = options.timing.counterHertz;
    this.memories = options.space.memories;
    this.#options = options;
    this.#idle = new IdleSkipper(options.clock);
    const { interrupts } = options;
    this.#interrupts = interrupts;
    this.#timer = new VirtualTimer(options.clock, this.counterHertz, (high) =>
      interrupts.setLine(VIRTUAL_TIMER_INTERRUPT, high),
    );
    this.#distributor = wordRegisters('GIC distributor', {
      read32: (offset) => interrupts.distributor.read32(offset),
      write32: (offset, value) => interrupts.writeDistributor(offset, value),
    });
    this.#cpuInterface = wordRegisters('GIC CPU interface', interrupts.cpuInterface);
  }

  readDevice(address: number, size: AccessSize): number {
    const { space, devices, pci } = this.#options;
    const region = space.find(address);
    if (region) {
      const why = refusal(region, address, size, false);
      if (why !== undefined) this.#parkAccess('data read', address, size, why);
      if (region.memory) return readMemory(region.memory, address, size);
      const isTrapped = region.kind === 'trapped';
      this.#charge(isTrapped ? this.timing.trappedAccessNanos : this.timing.deviceReadNanos);
      const physical = address - region.start + region.physicalStart;
      const window = findDevice(devices, physical);
      return window.device.read(physical - window.physicalStart, size);
    }
    if (pci.handles(address)) {
      this.#charge(this.timing.trappedAccessNanos);
      return pci.read(address, size);
    }
    const gic = this.#gicAt(address, 'read');
    if (!gic) this.#parkOutside('data read', address, size);
    return gic.device.read(gic.offset, size);
  }

  writeDevice(address: number, size: AccessSize, value: number): void {
    const { space, devices, pci } = this.#options;
    const region = space.find(address);
    if (region) {
      const why = refusal(region, address, size, true);
      if (why !== undefined) this.#parkAccess('data write', address, size, why);
      if (region.memory) {
        writeMemory(region.memory, address, size, value);
        return;
      }
      const isTrapped = region.kind === 'trapped';
      this.#charge(isTrapped ? this.timing.trappedAccessNanos : this.timing.deviceWriteNanos);
      const physical = address - region.start + region.physicalStart;
      const window = findDevice(devices, physical);
      window.device.write(physical - window.physicalStart, size, value);
      return;
    }
    if (pci.handles(address)) {
      this.#charge(this.timing.trappedAccessNanos);
      const why = pci.write(address, size, value);
      if (why !== undefined) this.#parkAccess('data write', address, size, why);
      return;
    }
    const gic = this.#gicAt(address, 'write');
    if (!gic) this.#parkOutside('data write', address, size);
    gic.device.write(gic.offset, size, value);
  }

  hypercall(code: number, argument1: number, _argument2: number): number {
    this.#charge(this.timing.hypercallNanos);
    const result = handleHypercall(this.#options.cell, this.#options.console, code, argument1);
    if (code === DEBUG_CONSOLE_PUTC && result === 0) this.#print(argument1);
    return result;
  }

  /** The hypervisor waits with the core for room for each character. A line feed is two characters. */
  #print(code: number): void {
    const { uart } = this.#options;
    if (uart === undefined) return;
    for (let left = (code & 0xff) === LINE_FEED ? 2 : 1; left > 0; left--) {
      this.#charge(uart.fullNanos);
      uart.occupy();
    }
  }

  systemErrorPending = false;
  #restNanos = 0;

  counterTicks(): bigint {
    this.#charge(this.timing.counterReadNanos);
    return (BigInt(this.clock.now) * BigInt(this.counterHertz)) / NANOS_PER_SECOND;
  }

  idleUntil(deadlineTicks: bigint): bigint {
    this.#charge(0);
    this.onIdle?.();
    const skippedNanos = this.#idle.idle(ticksToNanos(deadlineTicks, this.counterHertz));
    return (BigInt(skippedNanos) * BigInt(this.counterHertz)) / NANOS_PER_SECOND;
  }

  setTimerCompare(ticks: bigint): void {
    this.#charge(0);
    this.#timer.compare = ticks;
  }

  setTimerControl(value: bigint): void {
    this.#charge(0);
    this.#timer.control = value;
  }

  waitForInterrupt(): boolean {
    const { clock } = this;
    const interrupts = this.#interrupts;
    const takenBefore = interrupts.taken;
    this.#charge(0);
    this.onIdle?.();
    this.#idle.roundBroken();
    // An interrupt already pending, taken just now or left in a list register, makes WFI return at once.
    if (interrupts.taken !== takenBefore || interrupts.cpuInterface.isSignalled) return true;
    const startNanos = clock.now;
    while (!interrupts.isWaiting) {
      if (!interrupts.canWake || clock.nextEventNanos === Infinity) return false;
      clock.advanceTo(clock.nextEventNanos);
    }
    this.sleptNanos += clock.now - startNanos;
    this.#charge(this.timing.wakeUpNanos);
    return true;
  }

  chargeInstructions(count: number): void {
    this.executedInstructions += count;
    // Charge whole nanoseconds and keep the fraction for the next instructions.
    const nanos = count * this.timing.nanosPerInstruction + this.#restNanos;
    const wholeNanos = Math.floor(nanos);
    this.#restNanos = nanos - wholeNanos;
    this.clock.elapse(wholeNanos);
  }

  park(violation: Violation): never {
    const { cell, console, space } = this.#options;
    const address = `0x${violation.address.toString(16)}`;
    console.hypervisorLine(`FATAL: unhandled ${violation.what} at ${address}: ${violation.why}`);
    console.hypervisorLine(`Parking CPU ${cell.cpus.join(', ')} (Cell: "${cell.name}")`);
    new CommunicationRegion(space.communicationRegion.bytes).cellState = CELL_FAILED;
    throw new CellParked(violation);
  }

  /** Lets time pass, then runs due events, so that the access sees their effects. */
  #charge(nanos: number): void {
    this.clock.elapse(nanos);
    if (this.clock.nextEventNanos <= this.clock.now) {
      this.#idle.roundBroken();
      this.clock.runDue();
    }
    if (this.#interrupts.isWaiting) this.#exitForInterrupts();
  }

  /** The hypervisor takes each waiting interrupt and gives it to the cell. */
  #exitForInterrupts(): void {
    while (this.#interrupts.isWaiting) {
      this.clock.elapse(this.timing.interruptExitNanos);
      this.#interrupts.take();
      this.clock.runDue();
    }
  }

  #parkAccess(what: string, address: number, size: AccessSize, why: string): never {
    this.park({ what: `${what} of ${size} bytes`, address, why });
  }

  /** The part of the GIC at an address. Charges the access: the distributor traps, GICV does not. */
  #gicAt(
    address: number,
    access: 'read' | 'write',
  ): { device: RegisterDevice; offset: number } | undefined {
    const { distributorBase, cpuInterfaceBase } = this.#options.system.gic;
    const { trappedAccessNanos, deviceReadNanos, deviceWriteNanos } = this.timing;
    const inDistributor = address - distributorBase;
    if (inDistributor >= 0 && inDistributor < GIC_DISTRIBUTOR_BYTES) {
      this.#charge(trappedAccessNanos);
      return { device: this.#distributor, offset: inDistributor };
    }
    const offset = address - cpuInterfaceBase;
    if (offset < 0 || offset >= GIC_CPU_INTERFACE_BYTES) return undefined;
    this.#charge(access === 'read' ? deviceReadNanos : deviceWriteNanos);
    return { device: this.#cpuInterface, offset };
  }

  #parkOutside(what: string, address: number, size: AccessSize): never {
    this.#parkAccess(what, address, size, 'in no memory region of the cell and no emulated device');
  }
}

function readMemory(memory: GuestMemory, address: number, size: AccessSize): number {
  const offset = address - memory.base;
  if (size === 8) return Number(memory.bytes.readBigUInt64LE(offset));
  return memory.bytes.readUIntLE(offset, size);
}

function writeMemory(memory: GuestMemory, address: number, size: AccessSize, value: number): void {
  const offset = address - memory.base;
  if (size === 8) memory.bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), offset);
  else memory.bytes.writeUIntLE((value >>> 0) % 2 ** (8 * size), offset, size);
}
