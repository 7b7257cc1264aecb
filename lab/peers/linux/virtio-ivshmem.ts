// SPDX-License-Identifier: MIT
/**
 * Linux's virtio_ivshmem, step for step: what it reads, writes and waits for from probe to remove.
 *
 * Source: the behaviour of virtio_ivshmem and of Linux's virtio core. One INTx vector, not
 * one-shot.
 * Does not: give up. It waits for an acknowledgement while the cell is READY, without a limit.
 * After `SPIN_LIMIT_NANOS` that becomes a problem, and the thread stays where it is.
 */
import { HEADER, STATUS } from '../minimal/section.ts';
import { BounceMemory } from './bounce-memory.ts';
import type { Kernel, Thread } from './kernel.ts';
import { SplitRing } from './split-ring.ts';

// Registers of the ivshmem device.
const REGISTER_INTERRUPT_CONTROL = 0x08;
const REGISTER_DOORBELL = 0x0c;
const REGISTER_STATE = 0x10;
const CELL = 1;
const READY = 1;
/** Resolution of the wait for an acknowledgement. */
const SPIN_NANOS = 500;
const SPIN_LIMIT_NANOS = 50_000_000;
const FOR_EVER_NANOS = 1e12;

const VERSION_1_HIGH = 1;
/**
 * The features of the transport (28 to 41) that virtio_ring keeps: VERSION_1, ACCESS_PLATFORM,
 * ORDER_PLATFORM, and the low bits 28 and 29.
 */
const RING_FEATURES_HIGH = 0x13;
const RING_FEATURES_LOW = 0x3000_0000;
const ACCESS_PLATFORM_HIGH = 2;

export interface Features {
  readonly low: number;
  readonly high: number;
}

export class VirtioIvshmem<Token> {
  /** Longest wait for the acknowledgement of a register write. */
  longestAcknowledgeNanos = 0;
  /** Interrupts that no handler claimed. Linux switches the line off after too many of them. */
  unhandledInterrupts = 0;
  /** Called when the device's configuration changes. The device's driver sets it. */
  onConfigChange?: () => void;
  features: Features = { low: 0, high: 0 };
  readonly #kernel: Kernel;
  #memory: BounceMemory | undefined;
  readonly #rings: { readonly ring: SplitRing<Token>; readonly callback: () => void }[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Number of unallocated chunks of the section. */
  get freeChunks(): number {
    return this.#memory?.freeChunks ?? 0;
  }

  /** The beginning of probe. Returns false if the cell is not ready, and Linux does not retry. */
  probe(): boolean {
    const { section, cellState, writeRegister, problem } = this.#kernel;
    if (cellState() !== READY) return false;
    if (section.readUInt32LE(HEADER.revision) < 1) {
      problem(`header revision ${section.readUInt32LE(HEADER.revision)} in state READY`);
      return false;
    }
    this.#memory = new BounceMemory(section, section.readUInt32LE(HEADER.size));
    writeRegister(REGISTER_STATE, READY);
    return true;
  }

  /** The device becomes known to Linux, or is left over from an unloaded driver. */
  *register(): Thread<void> {
    yield* this.reset();
    yield* this.addStatus(STATUS.acknowledge);
  }

  /** The beginning of remove, before the device is taken down. */
  announceRemoval(): void {
    this.#kernel.writeRegister(REGISTER_STATE, 0);
    this.#kernel.writeRegister(REGISTER_INTERRUPT_CONTROL, 0);
  }

  *reset(): Thread<void> {
    yield* this.#write(HEADER.deviceStatus, 4, 0);
  }

  /** Adds bits to the status. It reads the status without waiting for the previous write. */
  *addStatus(bits: number): Thread<void> {
    yield* this.#write(HEADER.deviceStatus, 4, this.status | bits);
  }

  get status(): number {
    return this.#kernel.section.readUInt32LE(HEADER.deviceStatus) & 0xff;
  }

  /**
   * Accepts the offered features of `known` and of the transport itself. Returns false if the
   * device cannot be used.
   */
  *negotiate(known: number): Thread<boolean> {
    const high = yield* this.#offered(1);
    const low = yield* this.#offered(0);
    if (high === undefined || low === undefined) return false;
    const accepted = {
      low: (low & (known | RING_FEATURES_LOW)) >>> 0,
      high: (high & RING_FEATURES_HIGH) >>> 0,
    };
    if ((accepted.high & VERSION_1_HIGH) === 0) return false;
    if ((accepted.high & ACCESS_PLATFORM_HIGH) === 0) {
      this.#kernel.problem('without ACCESS_PLATFORM Linux puts physical addresses into the rings');
      return false;
    }
    this.features = accepted;
    return (
      (yield* this.#write(HEADER.driverFeaturesSelect, 4, 1)) &&
      (yield* this.#write(HEADER.driverFeatures, 4, accepted.high)) &&
      (yield* this.#write(HEADER.driverFeaturesSelect, 4, 0)) &&
      (yield* this.#write(HEADER.driverFeatures, 4, accepted.low))
    );
  }

  /** Sets one queue up for each callback, then switches the interrupt on. */
  *findQueues(callbacks: readonly (() => void)[]): Thread<SplitRing<Token>[] | undefined> {
    const rings: SplitRing<Token>[] = [];
    for (const [index, callback] of callbacks.entries()) {
      const ring = yield* this.#setUp(index);
      if (!ring) return undefined;
      this.#rings.unshift({ ring, callback });
      rings.push(ring);
    }
    this.#kernel.writeRegister(REGISTER_INTERRUPT_CONTROL, 1);
    return rings;
  }

  *deleteQueues(): Thread<void> {
    for (let index = 0; this.#rings.length > 0; index += 1) {
      // The list runs from the last queue to the first, so they are deleted in ascending order.
      const one = this.#rings.pop();
      yield* this.#write(HEADER.queueSelect, 4, index);
      yield* this.#write(HEADER.queueEnable, 4, 0);
      one?.ring.destroy();
    }
  }

  /**
   * Notifies the cell about a queue if the cell wants that. Returns false if the ring is broken.
   */
  kick(ring: SplitRing<Token>): boolean {
    if (ring.kickWanted) this.#kernel.writeRegister(REGISTER_DOORBELL, CELL << 16);
    return !ring.isBroken;
  }

  interrupt(): void {
    const { section, cellState } = this.#kernel;
    let isHandled = false;
    if (cellState() !== READY) {
      for (const { ring } of this.#rings) ring.isBroken = true;
      section.writeUInt8(0, HEADER.configEvent);
      section.writeUInt8(0, HEADER.queueEvent);
      isHandled = true;
    } else if ((section.readUInt8(HEADER.configEvent) & 1) !== 0) {
      section.writeUInt8(0, HEADER.configEvent);
      this.onConfigChange?.();
      isHandled = true;
    }
    if ((section.readUInt8(HEADER.queueEvent) & 1) !== 0) {
      section.writeUInt8(0, HEADER.queueEvent);
      for (const { ring, callback } of this.#rings) {
        if (!ring.hasUsed) continue;
        isHandled = true;
        if (!ring.isBroken) callback();
      }
    }
    if (!isHandled) this.unhandledInterrupts += 1;
  }

  *#setUp(index: number): Thread<SplitRing<Token> | undefined> {
    const { section, problem } = this.#kernel;
    yield* this.#write(HEADER.queueSelect, 4, index);
    if (!this.#memory || !(yield* this.#synchronize())) return undefined;
    const size = section.readUInt16LE(HEADER.queueSize);
    const vector = section.readUInt16LE(HEADER.queueDeviceVector);
    if (section.readUInt16LE(HEADER.queueEnable) !== 0) problem(`queue ${index} is set up already`);
    if (vector !== 0)
      problem(`queue ${index} is to be rung by vector ${vector}: INTx has vector 0`);
    const ring = SplitRing.create<Token>(this.#memory, size, problem);
    if (!ring) {
      problem(`queue ${index}: no ring of ${size} entries fits`);
      return undefined;
    }
    const registers: readonly (readonly [number, 2 | 8, number])[] = [
      [HEADER.queueSize, 2, ring.size],
      [HEADER.queueDriverVector, 2, 0],
      [HEADER.queueDescriptors, 8, ring.descriptors],
      [HEADER.queueAvailable, 8, ring.available],
      [HEADER.queueUsed, 8, ring.used],
      [HEADER.queueEnable, 2, 1],
    ];
    for (const [register, width, value] of registers) {
      if (!(yield* this.#write(register, width, value))) return undefined;
    }
    return ring;
  }

  *#offered(word: number): Thread<number | undefined> {
    yield* this.#write(HEADER.deviceFeaturesSelect, 4, word);
    if (!(yield* this.#synchronize())) return undefined;
    return this.#kernel.section.readUInt32LE(HEADER.deviceFeatures);
  }

  /** Waits for the previous write, then makes this one. Returns false if the cell is gone. */
  *#write(register: number, width: 2 | 4 | 8, value: number): Thread<boolean> {
    const { section, writeRegister } = this.#kernel;
    if (!(yield* this.#synchronize())) return false;
    if (width === 8) section.writeBigUInt64LE(BigInt(value), register);
    else section.writeUIntLE(value, register, width);
    section.writeUInt32LE(register, HEADER.writeTransaction);
    writeRegister(REGISTER_DOORBELL, CELL << 16);
    return true;
  }

  /**
   * Waits until the cell has acknowledged the last write. Returns false if the cell leaves READY
   * meanwhile.
   */
  *#synchronize(): Thread<boolean> {
    const { section, cellState, nowNanos, problem } = this.#kernel;
    const startNanos = nowNanos();
    while (section.readUInt32LE(HEADER.writeTransaction) !== 0) {
      if (cellState() !== READY) return false;
      if (nowNanos() - startNanos > SPIN_LIMIT_NANOS) {
        problem('a register write is not acknowledged: a CPU of Linux spins for ever');
        for (;;) yield FOR_EVER_NANOS;
      }
      yield SPIN_NANOS;
    }
    const waitedNanos = nowNanos() - startNanos;
    this.longestAcknowledgeNanos = Math.max(this.longestAcknowledgeNanos, waitedNanos);
    return true;
  }
}
