// SPDX-License-Identifier: MIT
/**
 * One attempt to put a frame on the wire: participants, events by bit, outcome.
 *
 * A plain attempt is predicted here at once. Any other is simulated bit by bit (bit-simulation.ts). A test
 * checks that both agree.
 */
import { arbitrationKeyOf, type CanFrame } from './can-frame.ts';
import type { BusErrorKind, CanNode, TransmitOffer } from './can-node.ts';
import { FaultConfinement } from './fault-confinement.ts';

/** A node's part in an attempt, fixed at its start of frame. */
export interface Participant {
  readonly node: CanNode;
  readonly offer: TransmitOffer | undefined;
  /** Counters at the start of frame. */
  readonly faults: FaultConfinement;
  /** Drives nothing (listen-only). */
  readonly silent: boolean;
  /** Overload frames that it requests in the intermissions after this attempt. */
  readonly overloads?: number;
  /** The node finds an error at this bit whatever the wire shows, because its bit clock is wrong. */
  forcedErrorBit?: number;
  /** It is off the bus from this bit on (reset, or another mode). */
  leavesAtBit?: number;
}

/** A fault injected into one attempt. Bits count from SOF, stuff bits included. */
export type WireFault =
  /** The bit is inverted on the wire or, with `node`, only as that node sees it. */
  | { readonly kind: 'flip'; readonly bit: number; readonly node?: CanNode }
  /** No receiver acknowledges. */
  | { readonly kind: 'no-acknowledge' }
  /** The wire is dominant for `bits` bits. */
  | { readonly kind: 'stuck-dominant'; readonly bit: number; readonly bits: number };

/** What a node learns at the end of bit `bit`. */
export type AttemptStep =
  | { kind: 'arbitration-lost'; bit: number; node: CanNode; offer: TransmitOffer }
  | { kind: 'transmitted'; bit: number; node: CanNode; offer: TransmitOffer }
  | {
      kind: 'transmit-error';
      bit: number;
      node: CanNode;
      offer: TransmitOffer;
      error: BusErrorKind;
    }
  /** EOF is over and an overload frame follows. */
  | { kind: 'frame-ended'; bit: number; node: CanNode }
  | { kind: 'received'; bit: number; node: CanNode; frame: CanFrame }
  | { kind: 'receive-error'; bit: number; node: CanNode; error: BusErrorKind }
  | { kind: 'faults'; bit: number; node: CanNode; faults: FaultConfinement };

/** The course of an attempt. Steps are in bit order. */
export interface AttemptOutcome {
  readonly steps: readonly AttemptStep[];
  /** Bits from SOF to the end of EOF, or of the last error or overload delimiter. */
  readonly length: number;
  /** Recessive bits at the end of `length`. */
  readonly recessiveTail: number;
  readonly acknowledged: boolean;
  readonly completed: boolean;
  /** The offer that was sent, or else the one that stayed on the wire longest. */
  readonly winner: TransmitOffer;
  /** The offers that did not lose arbitration. Their nodes are transmitters to the end, also after errors. */
  readonly senders: readonly TransmitOffer[];
  /** The wire, one level per bit. Undefined: as `winner` sends it, acknowledged. */
  readonly levels?: Uint8Array;
  /** First error of the attempt, if it failed. */
  readonly error: BusErrorKind | undefined;
}

/**
 * The outcome of an attempt without faults. Undefined if only a simulation can tell: equal arbitration
 * fields, a wrong bit clock, an overload frame, no acknowledging node.
 */
export function predictAttempt(participants: readonly Participant[]): AttemptOutcome | undefined {
  let winner: Participant | undefined;
  let winnerKey = Infinity;
  let tie = false;
  let activeCount = 0;
  for (const participant of participants) {
    if (participant.forcedErrorBit !== undefined || participant.leavesAtBit !== undefined) return;
    if ((participant.overloads ?? 0) > 0) return;
    if (!participant.silent) activeCount++;
    if (participant.offer === undefined) continue;
    const key = arbitrationKeyOf(participant.offer.frame);
    tie = key === winnerKey || (tie && key > winnerKey);
    if (key < winnerKey) {
      winner = participant;
      winnerKey = key;
    }
  }
  if (winner === undefined || tie) return undefined;
  if (activeCount < 2 && winner.node.isSeveralUnits !== true) return undefined;
  return plainOutcome(participants, winner, winner.offer!);
}

function plainOutcome(
  participants: readonly Participant[],
  winner: Participant,
  offer: TransmitOffer,
): AttemptOutcome {
  const wire = offer.wire;
  const steps: AttemptStep[] = [];
  for (const { node, offer: other } of participants) {
    if (other === undefined || other === offer) continue;
    const bit = firstDifference(wire.bits, other.wire.bits);
    steps.push({ kind: 'arbitration-lost', bit, node, offer: other });
  }
  if (steps.length > 1) steps.sort((left, right) => left.bit - right.bit);
  for (const { node, faults, silent } of participants) {
    if (node === winner.node || silent || faults.receiveErrors === 0) continue;
    const after = changedFaults(faults);
    after.frameReceived();
    steps.push({ kind: 'faults', bit: wire.acknowledgeSlot, node, faults: after });
  }
  for (const { node } of participants) {
    if (node === winner.node) continue;
    steps.push({ kind: 'received', bit: wire.length - 2, node, frame: offer.frame });
  }
  if (winner.faults.transmitErrors > 0) {
    const after = changedFaults(winner.faults);
    after.frameTransmitted();
    steps.push({ kind: 'faults', bit: wire.length - 1, node: winner.node, faults: after });
  }
  steps.push({ kind: 'transmitted', bit: wire.length - 1, node: winner.node, offer });
  return {
    steps,
    length: wire.length,
    recessiveTail: wire.length - 1 - wire.acknowledgeSlot,
    acknowledged: true,
    completed: true,
    winner: offer,
    senders: [offer],
    error: undefined,
  };
}

function changedFaults(faults: FaultConfinement): FaultConfinement {
  const copy = new FaultConfinement();
  copy.copyFrom(faults);
  return copy;
}

/** The offer that wins without faults: the one with the smallest arbitration field. */
export function favourite(participants: readonly Participant[]): Participant | undefined {
  let best: Participant | undefined;
  let bestKey = Infinity;
  for (const participant of participants) {
    if (participant.offer === undefined) continue;
    const key = arbitrationKeyOf(participant.offer.frame);
    if (key >= bestKey) continue;
    best = participant;
    bestKey = key;
  }
  return best;
}

function firstDifference(left: Uint8Array, right: Uint8Array): number {
  let index = 0;
  while (left[index] === right[index]) index++;
  return index;
}
