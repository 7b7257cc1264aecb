// SPDX-License-Identifier: MIT
/**
 * An attempt bit by bit, in which every node is a protocol controller of its own. It is exact for faults,
 * collisions and missing acknowledgements, and the reference for the prediction in attempt.ts.
 *
 * A pure function: the same participants and faults give the same steps.
 */
import type { AttemptOutcome, AttemptStep, Participant, WireFault } from './attempt.ts';
import { BitNode } from './bit-node.ts';
import { DOMINANT } from './frame-bits.ts';

/** No attempt lasts longer than this unless the wire is held dominant. */
const BITS_MAX = 1000;

/**
 * Simulates one attempt. At least one participant has an offer. `onDrive` is told what each participant drives,
 * bit by bit.
 */
export function simulateAttempt(
  participants: readonly Participant[],
  faults: readonly WireFault[] = [],
  onDrive?: (participant: Participant, level: number) => void,
): AttemptOutcome {
  const steps: AttemptStep[] = [];
  const acknowledges = !faults.some((fault) => fault.kind === 'no-acknowledge');
  const nodes = participants.map(
    (participant) => new BitNode(participant, acknowledges, (step) => steps.push(step)),
  );
  const faultsUntil = endOfFaults(faults);
  let winner = nodes.find((node) => node.transmitter)!;
  let lastDominant = -1;
  const levels: number[] = [];
  let length = 0;
  let bit = 0;
  do {
    if (bit > BITS_MAX + faultsUntil)
      throw new Error(`CAN attempt has not ended after ${bit} bits`);
    let wire = 1;
    nodes.forEach((node, index) => {
      const level = node.drive(bit);
      wire &= level;
      onDrive?.(participants[index], level);
    });
    wire = disturb(wire, bit, faults);
    if (wire === DOMINANT) lastDominant = bit;
    levels.push(wire);
    for (const node of nodes) node.sense(bit, seenBy(node, wire, bit, faults));
    winner = nodes.find((node) => node.transmitter) ?? winner;
    bit++;
    const isCarried = nodes.some((node) => node.completed);
    if (nodes.some((node) => !(node.finished || (isCarried && node.fellBehind)))) length = bit + 1;
  } while (bit < length || bit < faultsUntil);
  // Of two senders that have not lost yet, an error-passive one may fail silently while the other continues.
  winner = nodes.find((node) => node.completed) ?? winner;
  return {
    steps,
    length,
    recessiveTail: length - 1 - lastDominant,
    acknowledged: nodes.some((node) => node.acknowledged),
    completed: winner.completed,
    winner: winner.offer!,
    senders: nodes.filter((node) => node.transmitter).map((node) => node.offer!),
    levels: Uint8Array.from(levels.slice(0, length)),
    error: winner.firstError ?? nodes.find((node) => node.firstError !== undefined)?.firstError,
  };
}

/** Last bit with a fault. It may lie behind the frame, in the intermission, so simulate at least this far. */
function endOfFaults(faults: readonly WireFault[]): number {
  let end = 0;
  for (const fault of faults) {
    if (fault.kind === 'stuck-dominant') end = Math.max(end, fault.bit + fault.bits);
    else if (fault.kind === 'flip') end = Math.max(end, fault.bit + 1);
  }
  return end;
}

function disturb(wire: number, bit: number, faults: readonly WireFault[]): number {
  let level = wire;
  for (const fault of faults) {
    if (fault.kind === 'flip' && fault.node === undefined && fault.bit === bit) level ^= 1;
    if (fault.kind === 'stuck-dominant' && bit >= fault.bit && bit < fault.bit + fault.bits) {
      level = DOMINANT;
    }
  }
  return level;
}

function seenBy(node: BitNode, wire: number, bit: number, faults: readonly WireFault[]): number {
  let level = wire;
  for (const fault of faults) {
    if (fault.kind === 'flip' && fault.node === node.node && fault.bit === bit) level ^= 1;
  }
  return level;
}
