/**
 * The Machine of one cell: walls of its configuration, time charging, devices, hypervisor traps.
 *
 * Used by: twin/run/board.ts, which makes it; the engines see it as a Machine.
 * Source: Jailhouse hypervisor/{mmio,control}.c, arch/arm64/{traps,mmio}.c.
 * Does not: emulate a GIC or interrupts (the firmware polls; touching the GIC ends the run), nor
 * caches. EXECUTE is not enforced, as on arm64.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import type { VirtualClock } from '../clock.ts';
import { CELL_FAILED, CommunicationRegion } from '../hypervisor/communication-region.ts';
import type { ConsoleLog } from '../hypervisor/console-log.ts';
import { handleHypercall } from '../hypervisor/hypercalls.ts';
import type { VirtualPci } from '../hypervisor/virtual-pci.ts';
import { UnimplementedFeature } from '../unimplemented.ts';
import { type AddressSpace, refusal } from './address-space.ts';
import { type DeviceWindow, findDevice } from './device-window.ts';
import { IdleSkipper } from './idle-skipper.ts';
import {
  type AccessSize,
  CellParked,
  type GuestMemory,
  type Machine,
  type Violation,
} from './machine.ts';
import { COUNTER_HERTZ, type TimingModel } from './timing-model.ts';

const NANOS_PER_SECOND = 1_000_000_000n;
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
}

export class CellMachine implements Machine {
  readonly clock: VirtualClock;
  readonly timing: TimingModel;
  readonly memories: readonly GuestMemory[];
  readonly counterHertz = COUNTER_HERTZ;
  readonly #options: CellMachineOptions;
  readonly #idle: IdleSkipper;
  /** Instructions executed so far (image engine). */
  executedInstructions = 0;
  /** Called when the guest says that it has nothing to do, before time is skipped. */
  onIdle?: () => void;

  constructor(options: CellMachineOptions) {
    this.clock = options.clock;
    this.timing = options.timing;
    this.memories = options.space.memories;
    this.#options = options;
    this.#idle = new IdleSkipper(options.clock);
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
    return this.#outside('data read', address, size);
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
    if (!pci.handles(address)) this.#outside('data write', address, size);
    this.#charge(this.timing.trappedAccessNanos);
    const why = pci.write(address, size, value);
    if (why !== undefined) this.#parkAccess('data write', address, size, why);
  }

  hypercall(code: number, argument1: number, _argument2: number): number {
    this.#charge(this.timing.hypercallNanos);
    return handleHypercall(this.#options.cell, this.#options.console, code, argument1);
  }

  counterTicks(): bigint {
    this.#charge(this.timing.counterReadNanos);
    return (BigInt(this.clock.now) * BigInt(COUNTER_HERTZ)) / NANOS_PER_SECOND;
  }

  idleUntil(deadlineTicks: bigint): void {
    this.#charge(0);
    this.onIdle?.();
    this.#idle.idle(ticksToNanos(deadlineTicks));
  }

  chargeInstructions(count: number): void {
    this.executedInstructions += count;
    this.clock.elapse(count * this.timing.nanosPerInstruction);
  }

  park(violation: Violation): never {
    const { cell, console, space } = this.#options;
    const address = `0x${violation.address.toString(16)}`;
    console.hypervisorLine(`FATAL: unhandled ${violation.what} at ${address}: ${violation.why}`);
    console.hypervisorLine(`Parking CPU ${cell.cpus.join(', ')} (Cell: "${cell.name}")`);
    new CommunicationRegion(space.communicationRegion.bytes).cellState = CELL_FAILED;
    throw new CellParked(violation);
  }

  /** Lets time pass, then runs what has become due, so that the access sees its effects. */
  #charge(nanos: number): void {
    this.clock.elapse(nanos);
    if (this.clock.nextEventNanos > this.clock.now) return;
    this.#idle.eventRan();
    this.clock.runDue();
  }

  #parkAccess(what: string, address: number, size: AccessSize, why: string): never {
    this.park({ what: `${what} of ${size} bytes`, address, why });
  }

  #outside(what: string, address: number, size: AccessSize): never {
    const { gic } = this.#options.system;
    const inside = (base: number, bytes: number): boolean =>
      address >= base && address < base + bytes;
    if (
      inside(gic.distributorBase, GIC_DISTRIBUTOR_BYTES) ||
      inside(gic.cpuInterfaceBase, GIC_CPU_INTERFACE_BYTES)
    ) {
      throw new UnimplementedFeature(
        'interrupt controller',
        `a ${what} at 0x${address.toString(16)}`,
      );
    }
    this.#parkAccess(what, address, size, 'in no memory region of the cell and no emulated device');
  }
}

/** The first nanosecond at which the counter shows `ticks`; Infinity beyond any run. */
function ticksToNanos(ticks: bigint): number {
  const hertz = BigInt(COUNTER_HERTZ);
  const nanos = (ticks * NANOS_PER_SECOND + hertz - 1n) / hertz;
  return nanos > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(nanos);
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
