// SPDX-License-Identifier: MIT
/**
 * The CAN bus of the emulated board: decides at which bit a frame starts, which frame wins and who
 * acknowledges, and tells every node what it would learn at the time it would learn it.
 *
 * There is one clock event per thing to tell, not per bit: an attempt is computed at its start of frame
 * (attempt.ts, bit-simulation.ts).
 * Does not: model propagation delay; all nodes share the bit grid. A wrong bit clock shows as an error where
 * its owner first misreads a bit (clock-error.ts).
 */
import type { ScheduledEvent, VirtualClock } from '../clock.ts';
import type { AttemptOutcome, AttemptStep, Participant, WireFault } from './attempt.ts';
import { favourite, predictAttempt } from './attempt.ts';
import { simulateAttempt } from './bit-simulation.ts';
import { BusMember, RECOVERY_OCCURRENCES } from './bus-member.ts';
import type { CanFrame } from './can-frame.ts';
import type { BusErrorKind, CanNode } from './can-node.ts';
import { firstMisreadBit, isHarmless, type BitClock } from './clock-error.ts';
import { INTERMISSION_BITS } from './frame-bits.ts';
import { drivenBy, type LevelListener, levelsOf } from './levels.ts';

/** Wait of an error-passive sender after the intermission (ISO 11898-1, suspend transmission). */
const SUSPEND_BITS = 8;
/** The most overload frames a node may request in a row (ISO 11898-1, 10.3.5). */
const OVERLOADS_MAX = 2;

/** One attempt as seen on the wire. */
export interface WireRecord {
  /** The frame that stayed on the wire. */
  readonly frame: CanFrame;
  /** TransmitOffer.sender of that frame. */
  readonly sender: string;
  /** Falling edge of SOF. */
  readonly startNanos: number;
  /** End of EOF, or of the error delimiter. */
  readonly endNanos: number;
  readonly acknowledged: boolean;
  /** Bits from SOF to `endNanos`: stuff bits included, intermission not. */
  readonly bits: number;
  /** `complete`: the sender saw no error up to the end of EOF. */
  readonly outcome: 'complete' | 'error';
  /** The error found by the sender, or else by the first node that found one. */
  readonly error: BusErrorKind | undefined;
}

/** An attempt that is on the wire now. */
interface Running {
  readonly startNanos: number;
  readonly participants: Participant[];
  readonly faults: readonly WireFault[];
  outcome: AttemptOutcome;
  /** Index of the next step of `outcome.steps` to tell. */
  next: number;
  event: ScheduledEvent;
}

/** The bus. Attach the nodes, then let the clock run. */
export class CanBus {
  readonly clock: VirtualClock;
  readonly bitrate: number;
  /** Length of a bit. It is fractional at some rates, so times are rounded and never added up. */
  readonly bitNanos: number;
  readonly #members: BusMember[] = [];
  readonly #listeners: ((record: WireRecord) => void)[] = [];
  readonly #levelListeners: LevelListener[] = [];
  readonly #startListeners: ((nanos: number) => void)[] = [];
  #faults: WireFault[] = [];
  #disturb: ((participants: readonly Participant[]) => readonly WireFault[]) | undefined;
  #running: Running | undefined;
  #start: ScheduledEvent | undefined;
  #startNanos = Infinity;
  /** First instant a frame may start, and the anchor of the bit grid on an idle bus. */
  #freeNanos = 0;
  /** The wire is recessive from here on unless an attempt is running. */
  #recessiveSince = 0;
  #joining: ScheduledEvent | undefined;
  /** Clock of nodes without `bitClock`: exact, sampling at 75 %, jump width an eighth. */
  readonly #clockOfOthers: BitClock;

  constructor(options: { clock: VirtualClock; bitrate: number }) {
    if (!(options.bitrate > 0 && options.bitrate <= 1_000_000)) {
      throw new RangeError(`bit rate ${options.bitrate} is outside 1..1000000 bit/s`);
    }
    this.clock = options.clock;
    this.bitrate = options.bitrate;
    this.bitNanos = 1e9 / options.bitrate;
    this.#clockOfOthers = { bitrate: options.bitrate, samplePoint: 0.75, jumpWidth: 0.125 };
  }

  /** Adds a node. One that is not `absent` takes part at once, as if it had seen the idle bus. */
  attach(node: CanNode): void {
    if (this.#memberOf(node) !== undefined) throw new Error(`${node.name} is on the bus already`);
    const member = new BusMember(node);
    if (node.participation !== 'absent') member.ready = true;
    this.#members.push(member);
  }

  /** Calls `listener` at the end of every attempt, also of a failed one. */
  onFrame(listener: (record: WireRecord) => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` at the end of every attempt. */
  onLevels(listener: LevelListener): void {
    this.#levelListeners.push(listener);
  }

  /** Calls `listener` at every falling edge that starts a frame, before anything else of it is known. */
  onStart(listener: (nanos: number) => void): void {
    this.#startListeners.push(listener);
  }

  /**
   * A node has something to send since `nanos`. The bus asks for it at the first bit boundary from `nanos` on
   * at which a frame may start: a controller is assumed to need no time between request and SOF.
   */
  requestStart(nanos: number = this.clock.now): void {
    if (this.#running === undefined) this.#planStart(nanos);
  }

  /**
   * A node's `participation` is no longer `absent`. It takes part after 11 recessive bits; `onReady` is
   * called then.
   */
  connect(node: CanNode, nanos: number, onReady?: (nanos: number) => void): void {
    this.#requireMember(node).waitFor(1, nanos, onReady);
    this.#planJoining();
  }

  /** A node's `participation` is now `absent`: it stops driving, even within a frame. */
  disconnect(node: CanNode, nanos: number): void {
    const member = this.#requireMember(node);
    member.stopWaiting();
    member.ready = false;
    member.suspendedUntil = 0;
    if (this.#running !== undefined) this.#leave(this.#running, node, nanos);
  }

  /** Whether a frame is on the wire, from its SOF to the end of its EOF or of its error frame. */
  get carriesFrame(): boolean {
    return this.#running !== undefined;
  }

  /** Whether the node takes part in frames: connected, integrated, not bus-off. */
  isReady(node: CanNode): boolean {
    return this.#requireMember(node).ready;
  }

  /** Applies `fault` to the next attempt. Several calls add up. */
  injectFault(fault: WireFault): void {
    this.#faults.push(fault);
  }

  /** Calls `disturb` at every start of frame for the faults of the attempt. One function at a time. */
  onAttempt(disturb: ((participants: readonly Participant[]) => readonly WireFault[]) | undefined) {
    this.#disturb = disturb;
  }

  /**
   * A node needs a pause: it sends an overload frame after the next frame, at most two in a row. No node here
   * requests one by itself: the MCP2515 only reacts to the overload frames of others.
   */
  requestOverload(node: CanNode): void {
    const member = this.#requireMember(node);
    if (member.overloads === OVERLOADS_MAX) {
      throw new RangeError(`${node.name} asks for more than ${OVERLOADS_MAX} overload frames`);
    }
    member.overloads++;
  }

  // ---- when a frame starts ----

  /** First bit boundary at or after `nanos` at which a frame may start. */
  #boundary(nanos: number): number {
    if (nanos <= this.#freeNanos) return this.#freeNanos;
    const bits = Math.ceil((nanos - this.#freeNanos) / this.bitNanos - 1e-6);
    return this.#freeNanos + Math.round(bits * this.bitNanos);
  }

  #planStart(nanos: number): void {
    let start = Infinity;
    for (const member of this.#members) {
      if (!member.ready || !member.node.transmitPending) continue;
      if (member.node.participation !== 'active') continue;
      start = Math.min(start, this.#boundary(Math.max(nanos, member.suspendedUntil)));
    }
    if (start >= this.#startNanos) return;
    if (this.#start !== undefined) this.clock.cancel(this.#start);
    this.#startNanos = start;
    this.#start = this.clock.schedule(start, (nanos) => this.#startOfFrame(nanos));
  }

  #startOfFrame(nanos: number): void {
    this.#start = undefined;
    this.#startNanos = Infinity;
    this.#countRecessive(nanos);
    const participants: Participant[] = [];
    let offered = false;
    for (const member of this.#members) {
      const participant = member.participant(nanos);
      if (participant === undefined) continue;
      participants.push(participant);
      offered ||= participant.offer !== undefined;
    }
    if (!offered) {
      this.#planJoining();
      return this.#planStart(nanos);
    }
    this.#compareClocks(participants);
    let faults = this.#faults;
    if (faults.length > 0) this.#faults = [];
    if (this.#disturb !== undefined) faults = [...faults, ...this.#disturb(participants)];
    const outcome =
      (faults.length === 0 ? predictAttempt(participants) : undefined) ??
      simulateAttempt(participants, faults);
    const running: Running = {
      startNanos: nanos,
      participants,
      faults,
      outcome,
      next: 0,
      event: undefined as never,
    };
    this.#running = running;
    this.#planStep(running);
    for (const listener of this.#startListeners) listener(nanos);
  }

  /** Finds nodes that cannot follow the frame because their clock differs from the sender's. */
  #compareClocks(participants: readonly Participant[]): void {
    if (!participants.some(({ node }) => node.bitClock !== undefined)) return;
    const sender = favourite(participants)!;
    const senderBitrate = sender.node.bitClock?.bitrate ?? this.bitrate;
    for (const participant of participants) {
      if (participant === sender) continue;
      const clock = participant.node.bitClock ?? this.#clockOfOthers;
      if (clock.bitrate === senderBitrate || isHarmless(clock, senderBitrate)) continue;
      const { bits } = sender.offer!.wire;
      participant.forcedErrorBit = firstMisreadBit(bits, clock, senderBitrate);
    }
  }

  // ---- while it runs ----

  #endOfBit(running: Running, bit: number): number {
    return running.startNanos + Math.round((bit + 1) * this.bitNanos);
  }

  #planStep(running: Running): void {
    const { steps, length } = running.outcome;
    const bit = running.next < steps.length ? steps[running.next].bit : length - 1;
    running.event = this.clock.schedule(this.#endOfBit(running, bit), (nanos) =>
      this.#runSteps(running, bit, nanos),
    );
  }

  #runSteps(running: Running, bit: number, nanos: number): void {
    const { steps, length } = running.outcome;
    while (running.next < steps.length && steps[running.next].bit === bit) {
      // A step may make a node leave, which replaces the outcome and plans its own event.
      const outcome = running.outcome;
      this.#tell(steps[running.next++], nanos);
      if (running.outcome !== outcome) return;
    }
    if (bit === length - 1 && running.next === steps.length) this.#endOfAttempt(running, nanos);
    else this.#planStep(running);
  }

  #tell(step: AttemptStep, nanos: number): void {
    const node = step.node;
    switch (step.kind) {
      case 'arbitration-lost':
        return node.arbitrationLost(step.offer, step.bit, nanos);
      case 'transmitted':
        return node.transmitted(step.offer, nanos);
      case 'transmit-error':
        return node.transmitFailed(step.offer, step.error, nanos);
      case 'received':
        return node.received(step.frame, nanos);
      case 'receive-error':
        return node.receiveFailed(step.error, nanos);
      case 'frame-ended':
        return node.attemptEnded(nanos);
      case 'faults': {
        const wasOff = node.faults.busOff;
        node.faults.copyFrom(step.faults);
        if (node.faults.busOff && !wasOff) this.#goOff(node, nanos);
        return node.faultsChanged(nanos);
      }
    }
  }

  /** A participant stops driving. The rest of the attempt is computed again; steps already told stay. */
  #leave(running: Running, node: CanNode, nanos: number): void {
    const participant = running.participants.find((candidate) => candidate.node === node);
    if (participant === undefined || participant.leavesAtBit !== undefined) return;
    const bit = Math.floor((nanos - running.startNanos) / this.bitNanos + 1e-6);
    participant.leavesAtBit = bit + 1;
    const outcome = simulateAttempt(running.participants, running.faults);
    const steps = outcome.steps.filter((step) => step.bit >= bit && step.node !== node);
    running.outcome = { ...outcome, steps };
    running.next = 0;
    this.clock.cancel(running.event);
    this.#planStep(running);
  }

  #endOfAttempt(running: Running, nanos: number): void {
    const { outcome, startNanos, participants } = running;
    this.#running = undefined;
    this.#freeNanos = startNanos + Math.round((outcome.length + INTERMISSION_BITS) * this.bitNanos);
    this.#recessiveSince =
      startNanos + Math.round((outcome.length - outcome.recessiveTail) * this.bitNanos);
    for (const { node, offer } of participants) {
      if (offer === undefined || !outcome.senders.includes(offer)) continue;
      if (node.faults.state === 'error-passive') this.#suspend(node);
    }
    for (const { node, leavesAtBit } of participants) {
      if (leavesAtBit === undefined) node.attemptEnded(nanos);
    }
    const record: WireRecord = {
      frame: outcome.winner.frame,
      sender: outcome.winner.sender,
      startNanos,
      endNanos: nanos,
      acknowledged: outcome.acknowledged,
      bits: outcome.length,
      outcome: outcome.completed ? 'complete' : 'error',
      error: outcome.error,
    };
    for (const listener of this.#levelListeners) {
      listener(levelsOf(outcome), startNanos, (node) =>
        drivenBy(node, participants, running.faults),
      );
    }
    for (const listener of this.#listeners) listener(record);
    if (this.#running !== undefined) return;
    this.#planJoining();
    this.#planStart(nanos);
  }

  // ---- who takes part ----

  #suspend(node: CanNode): void {
    const member = this.#requireMember(node);
    member.suspendedUntil = this.#freeNanos + Math.round(SUSPEND_BITS * this.bitNanos);
  }

  #goOff(node: CanNode, nanos: number): void {
    const member = this.#requireMember(node);
    member.ready = false;
    member.waitFor(RECOVERY_OCCURRENCES, nanos, undefined);
  }

  /** Credits waiting members with the recessive run that ends at `nanos`. */
  #countRecessive(nanos: number): void {
    for (const member of this.#members) {
      if (member.waiting) member.countRecessive(this.#recessiveSince, nanos, this.bitNanos);
    }
  }

  /** Plans the time at which the first waiting member joins if the bus stays idle. */
  #planJoining(): void {
    if (this.#joining !== undefined) this.clock.cancel(this.#joining);
    this.#joining = undefined;
    if (this.#running !== undefined) return;
    let first = Infinity;
    for (const member of this.#members) {
      if (!member.waiting) continue;
      first = Math.min(first, member.readyNanos(this.#recessiveSince, this.bitNanos));
    }
    if (first === Infinity) return;
    this.#joining = this.clock.schedule(first, (nanos) => {
      this.#joining = undefined;
      if (this.#running !== undefined) return;
      for (const member of this.#members) {
        if (member.waiting && member.readyNanos(this.#recessiveSince, this.bitNanos) <= nanos) {
          member.join(nanos);
        }
      }
      this.#planJoining();
      this.#planStart(nanos);
    });
  }

  #memberOf(node: CanNode): BusMember | undefined {
    return this.#members.find((member) => member.node === node);
  }

  #requireMember(node: CanNode): BusMember {
    const member = this.#memberOf(node);
    if (member === undefined) throw new Error(`${node.name} is not attached to the bus`);
    return member;
  }
}
