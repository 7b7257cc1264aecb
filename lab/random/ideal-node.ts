// SPDX-License-Identifier: MIT
/**
 * The ideal node: it answers as the rules say, the strongest first, those of a rule in their order, without delay. And the nodes that
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
  /** `arrival`: as a node that does not sort. `identifier`: as one whose answers of a rule overtake each other. */
  readonly order?: 'arrival' | 'identifier';
  /** Pause after each of its frames. */
  readonly pauseNanos?: number;
}

interface Queued extends TransmitOffer {
  readonly key: number;
  /** Of an answer. */
  readonly rule?: string | undefined;
}

export class IdealNode implements CanNode {
  readonly name = 'ideal';
  readonly participation: Participation = 'active';
  readonly faults = new FaultConfinement();
  readonly #options: IdealOptions;
  /** In order of arrival. */
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
    const answer = this.#nextAnswer();
    const [fromAgl] = this.#fromAgl;
    if (answer === undefined || fromAgl === undefined) return answer ?? fromAgl;
    return answer.key <= fromAgl.key ? answer : fromAgl;
  }

  /** The strongest of those that have no earlier one of their rule or identifier before them. */
  #nextAnswer(): Queued | undefined {
    const { order } = this.#options;
    if (order === 'arrival') return this.#answers.at(0);
    const next = this.#answers.filter(({ rule, key }, index) =>
      this.#answers
        .slice(0, index)
        .every((other) => other.key !== key && (other.rule !== rule || order === 'identifier')),
    );
    return next.toSorted((left, right) => left.key - right.key).at(0);
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
    const { rule, answers } = demandOf(this.#oracle.feed(frame));
    if (answers.length === 0) return;
    // The frame is good one bit before it ends.
    bus.clock.schedule(Math.ceil(nanos + bus.bitNanos + delayNanos), () => {
      this.#answers.push(...answers.map((answer) => this.#queued(answer, rule?.name)));
      bus.requestStart();
    });
  }

  arbitrationLost(): void {}
  transmitFailed(): void {}
  attemptEnded(): void {}
  receiveFailed(): void {}
  faultsChanged(): void {}

  #queued(frame: CanFrame, rule?: string): Queued {
    const key = arbitrationKeyOf(frame);
    return { frame, sender: this.name, wire: encodeFrame(frame), key, rule };
  }
}
