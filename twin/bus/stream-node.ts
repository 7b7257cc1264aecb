// SPDX-License-Identifier: MIT
/**
 * A sender that always has the next frame of a sequence ready: a bus under full load. Frames leave in the
 * order of the sequence. It acknowledges the frames of others.
 */
import type { CanBus } from './can-bus.ts';
import { arbitrationKeyOf, type CanFrame } from './can-frame.ts';
import type { CanNode, Participation, TransmitOffer } from './can-node.ts';
import { FaultConfinement } from './fault-confinement.ts';
import { encodeFrame } from './frame-bits.ts';

/** Offers kept, so that a short repeating sequence is encoded once. */
const KEPT_OFFERS = 4096;

/** The sender. `next` gives the frame after the one just sent. Undefined: silence until `start`. */
export class StreamNode implements CanNode {
  readonly name: string;
  readonly participation: Participation = 'active';
  readonly faults = new FaultConfinement();
  /** Frames sent successfully. */
  sent = 0;
  readonly #bus: CanBus;
  readonly #next: () => CanFrame | undefined;
  readonly #offers = new Map<number, TransmitOffer>();
  #offer: TransmitOffer | undefined;

  constructor(options: { bus: CanBus; name: string; next: () => CanFrame | undefined }) {
    this.name = options.name;
    this.#bus = options.bus;
    this.#next = options.next;
    this.#bus.attach(this);
  }

  /** Requests the first frame, or the next after a silence, for the wire from now on. */
  start(): void {
    this.#advance();
    if (this.#offer !== undefined) this.#bus.requestStart();
  }

  get transmitPending(): boolean {
    return this.#offer !== undefined;
  }

  offer(): TransmitOffer | undefined {
    return this.#offer;
  }

  transmitted(): void {
    this.sent++;
    this.#advance();
  }

  arbitrationLost(): void {}
  transmitFailed(): void {}
  received(): void {}
  attemptEnded(): void {}
  receiveFailed(): void {}
  faultsChanged(): void {}

  #advance(): void {
    const frame = this.#next();
    this.#offer = frame === undefined ? undefined : this.#offerOf(frame);
  }

  #offerOf(frame: CanFrame): TransmitOffer {
    const isEmpty = frame.dlc === 0 && !frame.extended;
    const key = arbitrationKeyOf(frame);
    const kept = isEmpty ? this.#offers.get(key) : undefined;
    if (kept !== undefined) return kept;
    const offer = { frame, sender: this.name, wire: encodeFrame(frame) };
    if (isEmpty && this.#offers.size < KEPT_OFFERS) this.#offers.set(key, offer);
    return offer;
  }
}
