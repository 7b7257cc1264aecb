// SPDX-License-Identifier: MIT
/**
 * Every attempt on the bus as one node took part in it: what it offered, what won, when the bus was free again.
 *
 * Does not: judge.
 */
import { favourite, type Participant, type WireFault } from '../../twin/bus/attempt.ts';
import type { CanBus } from '../../twin/bus/can-bus.ts';
import { type CanFrame } from '../../twin/bus/can-frame.ts';
import type { CanNode } from '../../twin/bus/can-node.ts';

/** ISO 11898-1: intermission, and the suspend transmission of an error-passive transmitter. */
const INTERMISSION_BITS = 3;
const SUSPEND_BITS = 8;

export interface Attempt {
  readonly startNanos: number;
  readonly endNanos: number;
  /** The strongest frame that was offered. */
  readonly winner: CanFrame;
  /** What the watched node offered. */
  readonly own: CanFrame | undefined;
  /** The frame that the watched node sent to the end of EOF. */
  readonly sent: CanFrame | undefined;
  /** From here on the watched node may start a frame. */
  readonly freeNanos: number;
}

/** The watched node was off the bus. */
export interface Absent {
  readonly fromNanos: number;
  toNanos: number;
}

/** Watches `node` from its making on. */
export class AttemptWatch {
  readonly attempts: Attempt[] = [];
  readonly absences: Absent[] = [];

  /** `disturb`: the faults of each attempt, as for `CanBus.onAttempt`. */
  constructor(
    bus: CanBus,
    node: CanNode,
    disturb: (participants: readonly Participant[]) => readonly WireFault[] = () => [],
  ) {
    let winner: CanFrame | undefined;
    let own: CanFrame | undefined;
    let isPassive = false;
    bus.onAttempt((participants) => {
      const part = participants.find((each) => each.node === node);
      winner = favourite(participants)?.offer?.frame;
      own = part?.offer?.frame;
      isPassive = part?.faults.state === 'error-passive';
      if (part !== undefined) this.#present(bus.clock.now);
      // After bus-off it may leave again, for the rest of a pause.
      else if (this.absences.length > 0) this.#absent(bus.clock.now);
      return disturb(participants);
    });
    bus.onFrame(({ frame, sender, startNanos, endNanos, outcome }) => {
      const isOwn = sender === node.name;
      isPassive ||= node.faults.state === 'error-passive';
      // A node that had not lost arbitration before an error is a transmitter.
      const mayHaveFailed = outcome === 'error' || own === winner;
      const wasTransmitter = isOwn || (own !== undefined && mayHaveFailed);
      const pauseBits = INTERMISSION_BITS + (wasTransmitter && isPassive ? SUSPEND_BITS : 0);
      const sent = isOwn && outcome === 'complete' ? frame : undefined;
      const freeNanos = endNanos + pauseBits * bus.bitNanos;
      this.attempts.push({
        ...{ startNanos, endNanos, freeNanos },
        ...{ winner: winner ?? frame, own, sent },
      });
      if (node.faults.busOff) this.#absent(endNanos);
    });
  }

  #absent(nanos: number): void {
    const last = this.absences.at(-1);
    if (last?.toNanos !== Infinity) this.absences.push({ fromNanos: nanos, toNanos: Infinity });
  }

  #present(nanos: number): void {
    const last = this.absences.at(-1);
    if (last?.toNanos === Infinity) last.toNanos = nanos;
  }
}
