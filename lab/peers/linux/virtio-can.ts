// SPDX-License-Identifier: MIT
/**
 * Linux's virtio_can on top of virtio-ivshmem.ts: one CAN interface, its requests and interrupts.
 *
 * Source: the behaviour of virtio_can and of Linux's virtio core. START comes before the polling
 * begins, and STOP before it ends. Linux waits for both without a limit. Interrupts are off while
 * the polling runs.
 * Does not: restart by itself after bus-off; `restart` is what `ip link set can0 type can restart`
 * does.
 */
import { type CanFrame, dataLengthOf } from '../../../twin/bus/can-frame.ts';
import { HEADER, MESSAGE, messageBytes, QUEUE, readMessage, STATUS } from '../minimal/section.ts';
import { type Kernel, LOOK_NANOS, PolledWork, type Thread } from './kernel.ts';
import type { SplitRing } from './split-ring.ts';
import type { VirtioIvshmem } from './virtio-ivshmem.ts';

/** CAN_CLASSIC, CAN_FD, RTR_FRAMES, LATE_TX_ACK. */
const KNOWN_FEATURES = 0x0f;
const FEATURE_FD = 0x02;
const FEATURE_RTR = 0x04;
const FLAG_EXTENDED = 0x8000;
const FLAG_FD = 0x4000;
const FLAG_RTR = 0x2000;
const HEADER_BYTES = 16;
const RECEIVE_BYTES = HEADER_BYTES + 8;
const IN_FLIGHT_MOST = 128;
const BUS_OFF = 1;

export type Token =
  | { readonly kind: 'transmit'; readonly result: Buffer; readonly frame: CanFrame }
  | { readonly kind: 'receive'; readonly message: Buffer }
  | { readonly kind: 'control' };

export type CanState = 'stopped' | 'active' | 'bus-off';

export class VirtioCan {
  state: CanState = 'stopped';
  /** Requests that succeeded, and requests that failed. */
  sent = 0;
  refused = 0;
  busOffs = 0;
  /** Whether `transmit` accepts frames. */
  isOpen = false;
  /** Called when the ring has a request, and when Linux has its end. */
  onRequest?: (frame: CanFrame) => void;
  onEnd?: (frame: CanFrame, isSent: boolean) => void;
  readonly #kernel: Kernel;
  readonly #transport: VirtioIvshmem<Token>;
  readonly #onFrame: (frame: CanFrame) => void;
  readonly #receiveWork: PolledWork;
  readonly #transmitWork: PolledWork;
  #rings: SplitRing<Token>[] = [];
  #isBusOffPending = false;
  #isControlDone = false;

  constructor(kernel: Kernel, transport: VirtioIvshmem<Token>, onFrame: (frame: CanFrame) => void) {
    this.#kernel = kernel;
    this.#transport = transport;
    this.#onFrame = onFrame;
    transport.onConfigChange = () => this.#configChanged();
    this.#receiveWork = new PolledWork(
      kernel,
      () => this.#pollReceive(),
      () => this.#interruptsAgain(QUEUE.receive),
    );
    this.#transmitWork = new PolledWork(
      kernel,
      () => this.#pollTransmit(),
      () => this.#interruptsAgain(QUEUE.transmit),
    );
  }

  /** Number of requests that the cell holds. */
  get inFlight(): number {
    return this.#rings[QUEUE.transmit]?.heldCount ?? 0;
  }

  /** Whether there is room for a frame in `transmit`. */
  get hasRoom(): boolean {
    const ring = this.#rings[QUEUE.transmit];
    return this.isOpen && ring.freeCount >= 2 && ring.heldCount < IN_FLIGHT_MOST;
  }

  get isBroken(): boolean {
    return this.#rings.some((ring) => ring.isBroken);
  }

  /** Puts an impossible index into the ring of requests. */
  corruptTransmitRing(): void {
    const ring = this.#rings[QUEUE.transmit];
    const { section } = this.#kernel;
    section.writeUInt16LE(
      (section.readUInt16LE(ring.used + 2) + ring.size + 1) & 0xffff,
      ring.available + 2,
    );
  }

  /** From a driver found for the device to DRIVER_OK. Returns false if there is no interface. */
  *probe(): Thread<boolean> {
    const transport = this.#transport;
    yield* transport.addStatus(STATUS.driver);
    if (!(yield* transport.negotiate(KNOWN_FEATURES))) return false;
    yield* transport.addStatus(STATUS.featuresOk);
    if ((transport.status & STATUS.featuresOk) === 0) return false;
    if ((transport.features.low & FEATURE_FD) !== 0) this.#kernel.problem('CAN_FD is offered');
    const rings = yield* transport.findQueues([
      () => this.#interrupted(QUEUE.transmit, this.#transmitWork),
      () => this.#interrupted(QUEUE.receive, this.#receiveWork),
      () => (this.#isControlDone = true),
    ]);
    if (!rings) return false;
    this.#rings = rings;
    const receive = rings[QUEUE.receive];
    while (this.#post(receive, Buffer.alloc(RECEIVE_BYTES)));
    transport.kick(receive);
    yield* transport.addStatus(STATUS.driverOk);
    return true;
  }

  /** The interface goes up. */
  *open(): Thread<boolean> {
    if (!(yield* this.#start())) return false;
    yield this.#kernel.wakeNanos;
    this.#receiveWork.enable();
    this.#transmitWork.enable();
    this.isOpen = true;
    return true;
  }

  /** The interface goes down. */
  *close(): Thread<void> {
    this.isOpen = false;
    const result = yield* this.#control(MESSAGE.stop);
    if (result !== 0 && !this.#rings[QUEUE.control].isBroken) {
      this.#kernel.problem('STOP was refused');
    }
    this.#isBusOffPending = false;
    this.state = 'stopped';
    yield* this.#transmitWork.disable();
    yield* this.#receiveWork.disable();
  }

  /** After a bus-off: sends START again. The polling goes on all the time. */
  *restart(): Thread<void> {
    yield* this.#start();
  }

  /** The driver releases the device. The interface is down. */
  *remove(): Thread<void> {
    yield* this.#transport.reset();
    yield* this.#transport.deleteQueues();
    this.#rings = [];
  }

  /** Sends one frame of the interface. Call it only if there is room. */
  transmit(frame: CanFrame): void {
    const length = dataLengthOf(frame.dlc);
    const message = Buffer.alloc(HEADER_BYTES + length);
    message.writeUInt16LE(MESSAGE.transmit, 0);
    message.writeUInt16LE(length, 2);
    const flags = (frame.extended ? FLAG_EXTENDED : 0) | (frame.remote ? FLAG_RTR : 0);
    message.writeUInt32LE(flags, 8);
    message.writeUInt32LE(frame.identifier, 12);
    message.set(frame.data, HEADER_BYTES);
    const ring = this.#rings[QUEUE.transmit];
    const result = Buffer.alloc(1);
    if (!ring.add([message], [result], { kind: 'transmit', result, frame })) {
      if (!ring.isBroken) this.#kernel.problem('no room in the section for a request');
      return;
    }
    this.onRequest?.(frame);
    this.#transport.kick(ring);
  }

  *#start(): Thread<boolean> {
    if ((yield* this.#control(MESSAGE.start)) !== 0) return false;
    this.#isBusOffPending = false;
    this.state = 'active';
    return true;
  }

  /** Sends a control message, waits for its end without a limit, and returns the result. */
  *#control(type: number): Thread<number> {
    const ring = this.#rings[QUEUE.control];
    const message = Buffer.alloc(2);
    message.writeUInt16LE(type);
    const result = Buffer.alloc(1);
    this.#isControlDone = false;
    if (!ring.add([message], [result], { kind: 'control' })) {
      if (!ring.isBroken) this.#kernel.problem('no room in the section for a control message');
      return 1;
    }
    this.#transport.kick(ring);
    while (!ring.take() && !ring.isBroken) {
      while (!this.#isControlDone) yield LOOK_NANOS;
      this.#isControlDone = false;
      yield this.#kernel.wakeNanos;
    }
    return result.readUInt8();
  }

  #post(ring: SplitRing<Token>, message: Buffer): boolean {
    return ring.add([], [message], { kind: 'receive', message });
  }

  #interrupted(queue: number, work: PolledWork): void {
    this.#rings[queue]?.disableInterrupts();
    work.schedule();
  }

  /**
   * Switches interrupts on at the end of polling. True: an entry came in meanwhile, so they are off
   * again.
   */
  #interruptsAgain(queue: number): boolean {
    const ring = this.#rings[queue];
    ring.enableInterrupts();
    if (ring.isBroken || !ring.hasUsed) return false;
    ring.disableInterrupts();
    return true;
  }

  #pollTransmit(): number {
    let count = 0;
    for (; count < PolledWork.quota; count += 1) {
      const done = this.#rings[QUEUE.transmit].take();
      if (done?.token.kind !== 'transmit') break;
      if (done.length < 1) this.#kernel.problem('a request came back without a result');
      const isSent = done.length >= 1 && done.token.result.readUInt8() === 0;
      if (isSent && this.state === 'active') this.sent += 1;
      else this.refused += 1;
      this.onEnd?.(done.token.frame, isSent);
    }
    return count;
  }

  #pollReceive(): number {
    let count = this.#handleBusOff();
    for (; count < PolledWork.quota; count += 1) {
      const ring = this.#rings[QUEUE.receive];
      const done = ring.take();
      if (done?.token.kind !== 'receive') break;
      const { message } = done.token;
      this.#receive(message, done.length);
      if (this.#post(ring, message)) this.#transport.kick(ring);
      else if (!ring.isBroken) this.#kernel.problem('no room in the section for a receive buffer');
    }
    return count;
  }

  /** Hands a frame to the interface. Ignores messages that virtio_can does not accept. */
  #receive(message: Buffer, length: number): void {
    if (this.state !== 'active') return;
    const { problem } = this.#kernel;
    const flags = message.readUInt32LE(8);
    if (length < HEADER_BYTES) return problem(`a received message of ${length} bytes`);
    if (message.readUInt16LE(0) !== MESSAGE.receive) return problem('a message of another type');
    if ((flags & ~(FLAG_EXTENDED | FLAG_FD | FLAG_RTR)) !== 0) {
      return problem(`a received message with flags 0x${flags.toString(16)}`);
    }
    if ((flags & FLAG_FD) !== 0) return problem('a CAN FD frame');
    if ((flags & FLAG_RTR) !== 0 && (this.#transport.features.low & FEATURE_RTR) === 0) {
      return problem('a remote frame, which was not agreed on');
    }
    const frame = readMessage(message, 0);
    if (length < messageBytes(frame)) {
      return problem(`a received message of ${length} bytes for ${frame.dlc} of data`);
    }
    this.#onFrame(frame);
  }

  #handleBusOff(): number {
    if (!this.#isBusOffPending) return 0;
    this.#isBusOffPending = false;
    this.state = 'bus-off';
    this.busOffs += 1;
    return 1;
  }

  #configChanged(): void {
    const status = this.#kernel.section.readUInt16LE(HEADER.config);
    if ((status & BUS_OFF) === 0 || this.#isBusOffPending || this.state !== 'active') return;
    this.#isBusOffPending = true;
    this.#receiveWork.schedule();
  }
}
