// SPDX-License-Identifier: MIT
/**
 * The ideal node: it answers as the rules say, from a queue sorted by strength, without delay. And the nodes that
 * it is compared with: slower ones, and one whose frames leave in the order of their requests.
 *
 * It has as many buffers as frames, and the frame that contends is chosen at the start of frame.
 * Does not: share code with the firmware.
 */
import type { RuleTable } from '../../rules/model.ts';
import type { CanBus } from '../../twin/bus/can-bus.ts';
import { arbitrationKeyOf, type CanFrame } from '../../twin/bus/can-frame.ts';
import type { CanNode, Participation, TransmitOffer } from '../../twin/bus/can-node.ts';
import { FaultConfinement } from '../../twin/bus/fault-confinement.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { demandOf } from '../verify/rule-oracle.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';

export interface IdealOptions {
  readonly bus: CanBus;
  readonly table: RuleTable;
  /** From the end of a request until its answer takes part. 0: ideal. */
  readonly delayNanos?: number;
  /** `arrival`: as a node that does not sort. */
  readonly order?: 'strength' | 'arrival';
  /** Pause after each of its frames. */
  readonly pauseNanos?: number;
}

interface Queued extends TransmitOffer {
  readonly key: number;
}

export class IdealNode implements CanNode {
  readonly name = 'ideal';
  readonly participation: Participation = 'active';
  readonly faults = new FaultConfinement();
  readonly #options: IdealOptions;
  /** Sorted by strength, or in order of arrival. */
  readonly #answers: Queued[] = [];
  readonly #fromAgl: Queued[] = [];
  readonly #oracle: RuleOracle;
  #pauseUntil = 0;

  constructor(options: IdealOptions) {
    this.#options = options;
    this.#oracle = new RuleOracle(options.table);
    options.bus.attach(this);
  }

  /** A frame of AGL's has its place in the ring. */
  give(frame: CanFrame): void {
    this.#fromAgl.push(this.#queued(frame));
    this.#options.bus.requestStart();
  }

  get transmitPending(): boolean {
    const isPause = this.#options.bus.clock.now < this.#pauseUntil;
    return !isPause && this.#answers.length + this.#fromAgl.length > 0;
  }

  offer(): TransmitOffer | undefined {
    const [answer] = this.#answers;
    const [fromAgl] = this.#fromAgl;
    if (answer === undefined || fromAgl === undefined) return answer ?? fromAgl;
    return answer.key <= fromAgl.key ? answer : fromAgl;
  }

  transmitted(offer: TransmitOffer, nanos: number): void {
    for (const queue of [this.#answers, this.#fromAgl]) {
      const index = queue.indexOf(offer as Queued);
      if (index >= 0) queue.splice(index, 1);
    }
    const { bus, pauseNanos = 0 } = this.#options;
    if (pauseNanos === 0) return;
    this.#pauseUntil = nanos + pauseNanos;
    bus.clock.schedule(this.#pauseUntil, (now) => bus.requestStart(now));
  }

  received(frame: CanFrame, nanos: number): void {
    const { bus, delayNanos = 0 } = this.#options;
    const { answer } = demandOf(this.#oracle.feed(frame));
    if (answer === undefined) return;
    // The frame is good one bit before it ends.
    bus.clock.schedule(Math.ceil(nanos + bus.bitNanos + delayNanos), () => this.#owe(answer));
  }

  arbitrationLost(): void {}
  transmitFailed(): void {}
  attemptEnded(): void {}
  receiveFailed(): void {}
  faultsChanged(): void {}

  #owe(answer: CanFrame): void {
    const { bus, order = 'strength' } = this.#options;
    const queued = this.#queued(answer);
    const weaker = this.#answers.findIndex(({ key }) => key > queued.key);
    if (order === 'arrival' || weaker < 0) this.#answers.push(queued);
    else this.#answers.splice(weaker, 0, queued);
    bus.requestStart();
  }

  #queued(frame: CanFrame): Queued {
    return { frame, sender: this.name, wire: encodeFrame(frame), key: arbitrationKeyOf(frame) };
  }
}
