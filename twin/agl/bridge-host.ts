// SPDX-License-Identifier: MIT
/**
 * The AGL cell as the link sees it: Linux's side of the ivshmem device, and the process that runs the bridge
 * between the ring and a CAN interface.
 *
 * Does not: emulate Linux. The process wakes a fixed time after an interrupt or a frame from the interface,
 * is busy for a fixed time with each frame, and also looks once a millisecond. A frame is handed over at the
 * start of its time.
 */
import type { CanFrame } from '../bus/can-frame.ts';
import type { ScheduledEvent, VirtualClock } from '../clock.ts';
import type { IvshmemEndpoint } from '../hypervisor/ivshmem-endpoint.ts';
import { COUNTER_HERTZ } from '../machine/timing-model.ts';
import { type BridgeMemory, BridgeFault } from './bridge-memory.ts';
import type { QuestionExports } from './bridge-questions.ts';
import {
  CAN_FRAME_BYTES,
  type ErrorMessage,
  isErrorFrame,
  loadCanFrame,
  loadErrorMessage,
  storeCanFrame,
} from './can-frame-layout.ts';

/** From interrupt to running process: interrupt, UIO read, scheduler. An assumption. */
export const WAKE_UP_NANOS = 30_000;
/**
 * Time of the bridge per frame or message: a ring entry, its share of the socket calls and of waking. On an
 * emulated board at 1 ns per instruction a bridge with a call for each frame took 20 to 25 us of CPU per frame,
 * 34 at 20,000 frames a second. The bridge with batches takes at most 0.61 of it: docs/timing-budget.md, "What
 * the bridge takes". That share of the 34.
 */
export const FRAME_NANOS = 21_000;
/** Time of a step that moves no frame, such as the session set-up. An assumption. */
const STEP_NANOS = 3_000;
/** Interval at which the process wakes by itself. */
const POLL_NANOS = 1_000_000;
/** Silence of the bridge's heartbeat that the cell tolerates (bsp/linux/control-module.c). */
const SILENCE_MILLIS = 150;
/** Shortest interval between heartbeats here. More would only cost emulation time. */
const BEAT_NANOS = 1_000_000;

// Configuration space of the device as the UIO driver sets it up (offsets as in PCI 3.0).
const CONFIG_COMMAND = 0x04;
const COMMAND_MEMORY_AND_MASTER = 0x6;
const CAPABILITY = 0x40;
/** uio_ivshmem uses one-shot interrupts: each one must be re-armed. */
const CAPABILITY_ONE_SHOT = 1 << 24;
const REGISTER_STATE = 0x10;
const ENOSYS = -38;

/** Class code of the virtio-can driver over ivshmem (ivshmem v2 specification, "Protocols"). */
const PROTOCOL_FRONT_END = 0x8024;
/** The module's numbers for the two roles. */
const ROLE_BACK_END = 0;
const ROLE_FRONT_END = 1;

interface BridgeExports extends QuestionExports {
  initialize(sectionBytes: number, role: number): number;
  step(): number;
}

export interface BridgeHostOptions {
  readonly clock: VirtualClock;
  /** The bytes of build/bridge.wasm. */
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly endpoint: IvshmemEndpoint;
  readonly memory: BridgeMemory;
  readonly sectionBytes: number;
  /** AGL's end of the link, as its class code says. */
  readonly protocol: number;
  /** A frame reached the CAN interface of the AGL side. */
  readonly onFrame: (frame: CanFrame, nanos: number) => void;
  /** An error frame of the controller reached the interface. */
  readonly onErrorMessage?: (message: ErrorMessage, nanos: number) => void;
  /** The bridge ended by itself, and stays down. */
  readonly onFailure: (reason: string, nanos: number) => void;
}

export class BridgeHost implements AglPeer {
  readonly #options: BridgeHostOptions;
  readonly #module: WebAssembly.Module;
  readonly #fromSocket: CanFrame[] = [];
  #exports: BridgeExports | undefined;
  #nextStep: ScheduledEvent | undefined;
  #errorFrames = 0;
  #lastBeatNanos = 0;
  #isHanging = false;
  /** Frames and messages moved by the current step. */
  #moved = 0;
  /** Those of them that it gave to the interface. */
  #handedOver = 0;
  /** The process is busy with its last step until this time. */
  #busyUntilNanos = 0;

  constructor(options: BridgeHostOptions) {
    this.#options = options;
    this.#module = new WebAssembly.Module(options.wasm);
    options.endpoint.onInterrupt = () => this.#stepWithin(WAKE_UP_NANOS);
  }

  get isRunning(): boolean {
    return this.#exports !== undefined;
  }

  /** Frames given to `send` that the bridge has not taken yet. */
  get pendingCount(): number {
    return this.#fromSocket.length;
  }

  /** Error frames of the controller that reached the interface. They do not count as frames. */
  get errorFrames(): number {
    return this.#errorFrames;
  }

  /** Starts the process: the driver opens the device, then the bridge initialises. */
  start(): void {
    const { clock, endpoint, sectionBytes, protocol } = this.#options;
    const role = protocol === PROTOCOL_FRONT_END ? ROLE_FRONT_END : ROLE_BACK_END;
    endpoint.writeConfig(CONFIG_COMMAND, 0xffff, COMMAND_MEMORY_AND_MASTER);
    endpoint.writeConfig(CAPABILITY, CAPABILITY_ONE_SHOT, CAPABILITY_ONE_SHOT);
    const imports = { bsp: this.#bspImports(), socket: this.#socketImports() };
    const instance = new WebAssembly.Instance(this.#module, imports);
    this.#exports = instance.exports as unknown as BridgeExports;
    const status = this.#guarded((exports) => exports.initialize(sectionBytes, role));
    if (status === undefined) return;
    if (status !== 0) {
      this.#fail(`the bridge did not start (status ${status})`, clock.now);
      return;
    }
    if (this.#options.memory.hasControl) {
      this.#guarded((exports) => exports.control_open(SILENCE_MILLIS));
    }
    this.#stepWithin(0);
  }

  /** Linux panics or stands still: it runs no more, and its state stays unchanged. */
  hang(): void {
    this.#isHanging = true;
    if (this.#nextStep) this.#options.clock.cancel(this.#nextStep);
    this.#nextStep = undefined;
  }

  /** Asks about the cell, as `canwarden-bridge --ask` does. Undefined: the bridge does not run, or has ended now. */
  question<T>(ask: (exports: QuestionExports) => T): T | undefined {
    return this.#options.memory.hasControl ? this.#guarded(ask) : undefined;
  }

  /** Ends `hang`. */
  goOn(): void {
    this.#isHanging = false;
    this.#stepWithin(0);
  }

  /** The process dies: the last close of the device writes state 0. */
  stop(): void {
    if (!this.#exports) return;
    this.#isHanging = false;
    this.#exports = undefined;
    if (this.#nextStep) this.#options.clock.cancel(this.#nextStep);
    this.#nextStep = undefined;
    this.#busyUntilNanos = 0;
    this.#fromSocket.length = 0;
    this.#options.endpoint.writeRegister(REGISTER_STATE, 0);
  }

  /** A frame arrives at the CAN interface. Lost if no program has the interface open. */
  send(frame: CanFrame): boolean {
    if (!this.#exports) return false;
    this.#fromSocket.push(frame);
    this.#stepWithin(WAKE_UP_NANOS);
    return true;
  }

  /** Plans a step at most `nanos` from now, or after the current step if that ends later. */
  #stepWithin(nanos: number): void {
    if (!this.#exports || this.#isHanging) return;
    const { clock } = this.#options;
    const atNanos = Math.max(clock.now + nanos, this.#busyUntilNanos);
    if (this.#nextStep) {
      if (this.#nextStep.nanos <= atNanos) return;
      clock.cancel(this.#nextStep);
    }
    this.#nextStep = clock.schedule(atNanos, () => this.#step());
  }

  #step(): void {
    this.#nextStep = undefined;
    this.#beat();
    this.#moved = 0;
    this.#handedOver = 0;
    const result = this.#guarded((exports) => exports.step());
    if (result === undefined) return;
    const tookNanos = this.#moved === 0 ? STEP_NANOS : this.#moved * FRAME_NANOS;
    this.#busyUntilNanos = this.#options.clock.now + tookNanos;
    this.#stepWithin(result === 0 ? POLL_NANOS : 0);
  }

  /** Beats, as the program does in every round of its loop. */
  #beat(): void {
    const { clock, memory } = this.#options;
    if (!memory.hasControl || clock.now - this.#lastBeatNanos < BEAT_NANOS) return;
    this.#lastBeatNanos = clock.now;
    this.#guarded((exports) => exports.control_tend(BigInt(Math.floor(clock.now / 1000))));
  }

  /** Calls the bridge. If it traps or faults, the process is dead and the result undefined. */
  #guarded<T>(call: (exports: BridgeExports) => T): T | undefined {
    if (!this.#exports) return undefined;
    try {
      return call(this.#exports);
    } catch (error) {
      const isBridgeError =
        error instanceof BridgeFault || error instanceof WebAssembly.RuntimeError;
      if (!isBridgeError) throw error;
      this.#fail(error.message, this.#options.clock.now);
      return undefined;
    }
  }

  #fail(reason: string, nanos: number): void {
    this.stop();
    this.#options.onFailure(reason, nanos);
  }

  #takeErrorMessage(view: DataView, offset: number): void {
    this.#errorFrames += 1;
    this.#options.onErrorMessage?.(loadErrorMessage(view, offset), this.#options.clock.now);
  }

  #view(): DataView {
    if (!this.#exports) throw new Error('the bridge is not running');
    return new DataView(this.#exports.memory.buffer);
  }

  #socketImports(): Record<string, (frames: number, count: number) => number> {
    return {
      socket_waiting: () => (this.#fromSocket.length > 0 ? 1 : 0),
      socket_receive: (offset, limit) => {
        const frames = this.#fromSocket.splice(0, limit);
        this.#moved += frames.length;
        frames.forEach((frame, index) =>
          storeCanFrame(this.#view(), (offset >>> 0) + CAN_FRAME_BYTES * index, frame),
        );
        return frames.length;
      },
      socket_send: (offset, count) => {
        for (let index = 0; index < count; index += 1) {
          this.#handOver((offset >>> 0) + CAN_FRAME_BYTES * index);
        }
        return count;
      },
    };
  }

  /** A frame reaches the interface when those before it in this step have had their time. */
  #handOver(offset: number): void {
    const { clock, onFrame } = this.#options;
    const view = this.#view();
    const atNanos = clock.now + this.#handedOver * FRAME_NANOS;
    this.#handedOver += 1;
    this.#moved += 1;
    if (isErrorFrame(view, offset)) {
      this.#takeErrorMessage(view, offset);
      return;
    }
    const frame = loadCanFrame(view, offset);
    if (atNanos === clock.now) onFrame(frame, atNanos);
    else clock.schedule(atNanos, () => onFrame(frame, atNanos));
  }

  #bspImports(): Record<string, (...values: never[]) => unknown> {
    const { memory, clock } = this.#options;
    const nothing = (): void => {};
    return {
      mmio_read32: (address: number) => memory.readRegister(address >>> 0) | 0,
      mmio_write32: (address: number, value: number) => memory.writeRegister(address >>> 0, value),
      memory_read8: (address: number) => memory.read(address >>> 0, 1),
      memory_read16: (address: number) => memory.read(address >>> 0, 2),
      memory_read32: (address: number) => memory.read(address >>> 0, 4) | 0,
      memory_read64: (address: number) => memory.read64(address >>> 0),
      memory_write8: (address: number, value: number) => memory.write(address >>> 0, 1, value),
      memory_write16: (address: number, value: number) => memory.write(address >>> 0, 2, value),
      memory_write32: (address: number, value: number) => memory.write(address >>> 0, 4, value),
      memory_write64: (address: number, value: bigint) => memory.write64(address >>> 0, value),
      barrier_read: nothing,
      barrier_write: nothing,
      barrier_full: nothing,
      barrier_device: nothing,
      counter_read: () => (BigInt(clock.now) * BigInt(COUNTER_HERTZ)) / 1_000_000_000n,
      counter_hertz: () => COUNTER_HERTZ,
      system_error_pending: () => 0,
      hypercall: () => ENOSYS,
      idle_until: () => 0n,
      fault_write32: nothing,
      fault_write_late: nothing,
    };
  }
}

/** Plays the AGL side of the link in the twin: the built bridge, or a peer of lab/peers. */
export interface AglPeer {
  readonly isRunning: boolean;
  /** Frames given to `send` that the peer has not taken yet. */
  readonly pendingCount: number;
  /** Error frames of the controller that reached the interface. They do not count as frames. */
  readonly errorFrames: number;
  start(): void;
  /** The process dies: the last close of the device writes state 0. */
  stop(): void;
  /** A frame arrives at the CAN interface. False: lost, because no program has it open. */
  send(frame: CanFrame): boolean;
}
