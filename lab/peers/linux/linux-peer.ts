// SPDX-License-Identifier: MIT
/**
 * A Linux that drives the cell with its own drivers, virtio_ivshmem and virtio_can, instead of the
 * bridge. The behaviour of these drivers is written down again here. A user can bind, unbind, raise
 * and lower `can0`.
 *
 * Does not: emulate Linux, run its code, or share code with src/virtio.
 */
import type { CanFrame } from '../../../twin/bus/can-frame.ts';
import type { VirtualClock } from '../../../twin/clock.ts';
import type { IvshmemEndpoint } from '../../../twin/hypervisor/ivshmem-endpoint.ts';
import type { IvshmemLink } from '../../../twin/hypervisor/ivshmem-link.ts';
import type { AglPeer } from '../../../twin/agl/bridge-host.ts';
import { STATUS } from '../minimal/section.ts';
import { type Kernel, LOOK_NANOS, type Thread } from './kernel.ts';
import { type Token, VirtioCan } from './virtio-can.ts';
import { VirtioIvshmem } from './virtio-ivshmem.ts';

// Configuration space and registers of the ivshmem device.
const CONFIG_COMMAND = 0x04;
const COMMAND_MEMORY_AND_MASTER = 0x6;
const CAPABILITY = 0x40;
const CAPABILITY_ONE_SHOT = 1 << 24;
const REGISTER_INTERRUPT_CONTROL = 0x08;
const REGISTER_STATE = 0x10;
/** From the interrupt to its handler. An assumption. */
const INTERRUPT_NANOS = 2_000;
/** From state 0 to the reset. The interface is unregistered in between. An assumption. */
const UNREGISTER_NANOS = 3_000_000;
/** After this time the user repeats a bind that failed. */
const RETRY_NANOS = 5_000_000;
const WAITING_MOST = 4096;
/** Default delay until a thread that may go on does so. An assumption. */
const WAKE_NANOS = 20_000;

export interface LinuxPeerOptions {
  readonly clock: VirtualClock;
  readonly endpoint: IvshmemEndpoint;
  readonly link: IvshmemLink;
  readonly section: Buffer;
  /** Delay until a thread that may go on does so. On a busy Linux it is milliseconds. */
  readonly wakeNanos?: number;
  readonly onFrame: (frame: CanFrame, nanos: number) => void;
}

export class LinuxPeer implements AglPeer {
  readonly errorFrames = 0;
  /** What the cell did that Linux's drivers cannot handle. */
  readonly problems: string[] = [];
  longestAcknowledgeNanos = 0;
  readonly #options: LinuxPeerOptions;
  readonly #waiting: CanFrame[] = [];
  /** Incremented at every crash. Actions planned before it are void. */
  #life = 0;
  #isRunning = false;
  #isInterruptPending = false;
  /** Actions deferred while Linux stands still, in order. Undefined: Linux runs. */
  #held: (() => void)[] | undefined;
  #transport: VirtioIvshmem<Token> | undefined;
  #can: VirtioCan | undefined;

  constructor(options: LinuxPeerOptions) {
    this.#options = options;
    options.endpoint.onInterrupt = () => this.#raise();
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get pendingCount(): number {
    return this.#waiting.length + (this.#can?.inFlight ?? 0);
  }

  /** The interface of the bound driver. */
  get can(): VirtioCan | undefined {
    return this.#can;
  }

  get transport(): VirtioIvshmem<Token> | undefined {
    return this.#transport;
  }

  /** Linux boots. It binds the driver as soon as the cell is ready, and raises the interface. */
  start(): void {
    this.#isRunning = true;
    const { endpoint } = this.#options;
    endpoint.writeConfig(CONFIG_COMMAND, 0xffff, COMMAND_MEMORY_AND_MASTER);
    endpoint.writeConfig(CAPABILITY, CAPABILITY_ONE_SHOT, 0);
    this.run(this.#bringUp());
  }

  /** Linux is gone at once, as if its cell were stopped. The hypervisor resets the device. */
  stop(): void {
    this.#life += 1;
    this.#isRunning = false;
    this.#isInterruptPending = false;
    this.#waiting.length = 0;
    this.#transport = undefined;
    this.#can = undefined;
    const { endpoint } = this.#options;
    endpoint.writeRegister(REGISTER_INTERRUPT_CONTROL, 0);
    endpoint.writeRegister(REGISTER_STATE, 0);
  }

  /**
   * Linux stands still: the hypervisor stops all CPUs of the root cell while it waits for a cell's
   * reply. Afterwards Linux goes on where it was, interrupts first.
   */
  standStill(): void {
    this.#held ??= [];
  }

  goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const action of held) action();
  }

  send(frame: CanFrame): boolean {
    if (!this.#isRunning || this.#waiting.length >= WAITING_MOST) return false;
    this.#waiting.push(frame);
    return true;
  }

  /** Runs a thread independently. `whenDone` is called at its end. */
  run(thread: Thread<unknown>, whenDone?: () => void): void {
    const { value, done } = thread.next();
    if (done === true) whenDone?.();
    else this.#later(value, () => this.run(thread, whenDone));
  }

  /** `echo … > bind`. Returns false if there is no interface afterwards. */
  *bind(): Thread<boolean> {
    const transport = new VirtioIvshmem<Token>(this.#kernel);
    if (!transport.probe()) return false;
    this.#transport = transport;
    yield* transport.register();
    if (yield* this.#load(transport)) return true;
    transport.announceRemoval();
    return false;
  }

  /**
   * `modprobe -r virtio_can` with the interface down, then `modprobe` again. The transport stays.
   */
  *reload(): Thread<void> {
    const [transport, can] = [this.#transport, this.#can];
    if (!transport || !can) throw new Error('no driver is bound');
    yield* can.remove();
    yield* transport.addStatus(STATUS.acknowledge);
    if (!(yield* this.#load(transport))) this.problems.push('virtio_can finds no device any more');
  }

  *#load(transport: VirtioIvshmem<Token>): Thread<boolean> {
    const can = new VirtioCan(this.#kernel, transport, (frame) => this.#arrived(frame));
    const isLoaded = yield* can.probe();
    if (isLoaded) this.#can = can;
    return isLoaded;
  }

  /** `echo … > unbind`: state 0 first, then the interface goes down, then reset and queues. */
  *unbind(): Thread<void> {
    const [transport, can] = [this.#transport, this.#can];
    if (!transport || !can) throw new Error('no driver is bound');
    transport.announceRemoval();
    this.#can = undefined;
    if (can.isOpen) yield* can.close();
    yield UNREGISTER_NANOS;
    yield* can.remove();
    this.#noteAcknowledgements();
    this.#transport = undefined;
  }

  /** Another part of Linux overwrites the index of the ring of requests. */
  corruptTransmitRing(): void {
    this.#can?.corruptTransmitRing();
  }

  *#bringUp(): Thread<void> {
    while (!(yield* this.bind())) yield RETRY_NANOS;
    yield* this.up();
    for (;;) {
      this.#transmitWaiting();
      this.#noteAcknowledgements();
      yield LOOK_NANOS;
    }
  }

  /** `ip link set can0 up`. */
  *up(): Thread<void> {
    if (!this.#can || !(yield* this.#can.open())) this.problems.push('can0 does not go up');
  }

  /** `ip link set can0 down`. */
  *down(): Thread<void> {
    if (this.#can) yield* this.#can.close();
  }

  #transmitWaiting(): void {
    const can = this.#can;
    while (can?.hasRoom === true) {
      const frame = this.#waiting.shift();
      if (!frame) return;
      can.transmit(frame);
    }
  }

  #noteAcknowledgements(): void {
    const longest = this.#transport?.longestAcknowledgeNanos ?? 0;
    this.longestAcknowledgeNanos = Math.max(this.longestAcknowledgeNanos, longest);
  }

  #arrived(frame: CanFrame): void {
    this.#options.onFrame(frame, this.#options.clock.now);
  }

  /** The line is edge-triggered, so all edges before the handler runs are one interrupt. */
  #raise(): void {
    if (this.#isInterruptPending) return;
    this.#isInterruptPending = true;
    const handle = (): void => {
      this.#isInterruptPending = false;
      this.#transport?.interrupt();
    };
    if (this.#held) this.#held.unshift(handle);
    else this.#later(INTERRUPT_NANOS, handle);
  }

  #later(nanos: number, action: () => void): void {
    const { clock } = this.#options;
    const life = this.#life;
    clock.schedule(clock.now + nanos, () => {
      const run = (): void => {
        if (life === this.#life) action();
      };
      if (this.#held) this.#held.push(run);
      else run();
    });
  }

  get #kernel(): Kernel {
    const { clock, endpoint, link, section, wakeNanos = WAKE_NANOS } = this.#options;
    const other = 1 - endpoint.id;
    return {
      section,
      nowNanos: () => clock.now,
      wakeNanos,
      cellState: () => link.stateOf(other),
      writeRegister: (offset, value) => endpoint.writeRegister(offset, value),
      later: (nanos, action) => this.#later(nanos, action),
      problem: (text) => this.problems.push(text),
    };
  }
}
