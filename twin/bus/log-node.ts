// SPDX-License-Identifier: MIT
/**
 * A sender that stands for any number of control units: plays recorded frames onto the bus and acknowledges
 * the frames of others.
 *
 * Frames of one identifier leave in the order they were put in. Frames of different identifiers come from
 * different units on a real bus, so they contend by arbitration.
 */
import type { ScheduledEvent, VirtualClock } from '../clock.ts';
import type { CanBus } from './can-bus.ts';
import { arbitrationKeyOf, type CanFrame } from './can-frame.ts';
import type { BitClock } from './clock-error.ts';
import type { CanNode, Participation, TransmitOffer } from './can-node.ts';
import { FaultConfinement } from './fault-confinement.ts';
import { encodeFrame, type WireBits } from './frame-bits.ts';

/** A frame in a queue. Its bits are made when it first contends. */
class QueuedFrame implements TransmitOffer {
  readonly frame: CanFrame;
  readonly sender: string;
  readonly atNanos: number;
  readonly key: number;
  /** The queue it waits in once it is due. */
  readonly queue: number;
  #wire: WireBits | undefined;

  constructor(frame: CanFrame, atNanos: number, sender: string, queue: number) {
    this.frame = frame;
    this.sender = sender;
    this.atNanos = atNanos;
    this.key = arbitrationKeyOf(frame);
    this.queue = queue;
  }

  get wire(): WireBits {
    return (this.#wire ??= encodeFrame(this.frame));
  }
}

/** First in, first out, without moving the elements behind the head each time. */
class FrameQueue {
  readonly #frames: QueuedFrame[] = [];
  #first = 0;

  get length(): number {
    return this.#frames.length - this.#first;
  }

  get head(): QueuedFrame | undefined {
    return this.#frames[this.#first];
  }

  push(frame: QueuedFrame): void {
    this.#frames.push(frame);
  }

  /** Inserts `frame` behind all frames that are not later. */
  insertByTime(frame: QueuedFrame): void {
    const frames = this.#frames;
    let index = frames.length;
    while (index > this.#first && frames[index - 1].atNanos > frame.atNanos) index--;
    if (index === frames.length) frames.push(frame);
    else frames.splice(index, 0, frame);
  }

  shift(): QueuedFrame {
    const frame = this.#frames[this.#first++];
    if (this.#first >= 1024 && this.#first * 2 >= this.#frames.length) {
      this.#frames.splice(0, this.#first);
      this.#first = 0;
    }
    return frame;
  }
}

/** The sender. `enqueue` accepts any order; time order is fastest. */
export class LogNode implements CanNode {
  readonly name: string;
  readonly bitClock: BitClock | undefined;
  /** May change while no frame is on the wire. Call the bus's `requestStart` if frames wait. */
  participation: Participation = 'active';
  /** Whether its frames need no acknowledgement of another node. May change like `participation`. */
  isSeveralUnits = false;
  /** The longest delay of a start of frame after its time. */
  latestNanos = 0;
  readonly faults = new FaultConfinement();
  readonly #clock: VirtualClock;
  readonly #bus: CanBus;
  /** Frames not released yet, earliest first. */
  readonly #future = new FrameQueue();
  #release: ScheduledEvent | undefined;
  /** The queue of the frame enqueued last. */
  #lastQueue = 0;
  /** Released frames by identifier, or behind the one they follow. */
  readonly #queues = new Map<number, FrameQueue>();
  #released = 0;
  /** The best head of all queues. Undefined: must be searched. */
  #best: QueuedFrame | undefined;

  /** `bitClock`: a clock of its own, correct or wrong. Default: the bus's. */
  constructor(options: { clock: VirtualClock; bus: CanBus; name?: string; bitClock?: BitClock }) {
    this.bitClock = options.bitClock;
    this.name = options.name ?? 'log';
    this.#clock = options.clock;
    this.#bus = options.bus;
    this.#bus.attach(this);
  }

  /** Frames not on the wire yet, released or not. */
  get pendingCount(): number {
    return this.#future.length + this.#released;
  }

  get transmitPending(): boolean {
    return this.#released > 0;
  }

  /**
   * Wants `frame` on the wire from `atNanos` on. `name` becomes WireRecord.sender. `staysBehind`: not before
   * the frame enqueued before it.
   */
  enqueue(frame: CanFrame, atNanos: number, name: string, staysBehind = false): void {
    const queue = staysBehind ? this.#lastQueue : identityOf(frame);
    this.#lastQueue = queue;
    const queued = new QueuedFrame(frame, atNanos, name, queue);
    this.#future.insertByTime(queued);
    if (this.#future.head === queued) this.#planRelease();
  }

  offer(): TransmitOffer | undefined {
    return (this.#best ??= this.#findBest());
  }

  transmitted(offer: TransmitOffer, nanos: number): void {
    const queued = offer as QueuedFrame;
    const startNanos = nanos - queued.wire.length * this.#bus.bitNanos;
    this.latestNanos = Math.max(this.latestNanos, startNanos - queued.atNanos);
    const queue = this.#queues.get(queued.queue)!;
    queue.shift();
    if (queue.length === 0) this.#queues.delete(queued.queue);
    this.#released--;
    this.#best = undefined;
  }

  arbitrationLost(): void {}
  transmitFailed(): void {}
  received(_frame: CanFrame): void {}
  attemptEnded(): void {}
  receiveFailed(): void {}
  faultsChanged(): void {}

  #planRelease(): void {
    if (this.#release !== undefined) this.#clock.cancel(this.#release);
    this.#release = undefined;
    const next = this.#future.head;
    if (next === undefined) return;
    this.#release = this.#clock.schedule(next.atNanos, (nanos) => this.#releaseDue(nanos));
  }

  #releaseDue(nanos: number): void {
    while (this.#future.length > 0 && this.#future.head!.atNanos <= nanos) {
      const queued = this.#future.shift();
      let queue = this.#queues.get(queued.queue);
      if (queue === undefined) this.#queues.set(queued.queue, (queue = new FrameQueue()));
      queue.push(queued);
      this.#released++;
      const better = this.#best !== undefined && queued.key < this.#best.key;
      if (better && queue.length === 1) this.#best = queued;
    }
    this.#planRelease();
    this.#bus.requestStart(nanos);
  }

  #findBest(): QueuedFrame | undefined {
    let best: QueuedFrame | undefined;
    for (const queue of this.#queues.values()) {
      const head = queue.head!;
      if (best === undefined || head.key < best.key) best = head;
    }
    return best;
  }
}

/** Data and remote frames of one identifier share a queue: they come from one control unit. */
function identityOf(frame: CanFrame): number {
  return frame.extended ? frame.identifier + 0x1000 : frame.identifier;
}
