// SPDX-License-Identifier: MIT
/**
 * One CAN protocol controller, bit by bit: what it drives, how it reads the wire, its error and overload
 * flags, and its counters (ISO 11898-1, sections 10 and 12). It reports steps, without time, registers or
 * queues.
 */
import type { BusErrorKind, CanNode, TransmitOffer } from './can-node.ts';
import type { Observation } from './bit-receiver.ts';
import { BitReceiver } from './bit-receiver.ts';
import { FaultConfinement } from './fault-confinement.ts';
import { DOMINANT, RECESSIVE } from './frame-bits.ts';
import type { AttemptStep, Participant } from './attempt.ts';
import { UnimplementedFeature } from '../unimplemented.ts';

const FLAG_BITS = 6;
const DELIMITER_BITS = 8;
/** Number of dominant bits after a flag that costs another eight counts (fault confinement, rule f). */
const DOMINANT_LIMIT = 8;

/** `lost` is a node that left the bus or went bus-off. */
type Phase =
  | 'frame'
  | 'active-flag'
  | 'passive-flag'
  | 'overload-flag'
  | 'wait-recessive'
  | 'delimiter'
  | 'intermission'
  | 'lost';

/** The controller. For each bit call `drive`, then `sense` with what the node sees of the wire. */
export class BitNode {
  readonly node: CanNode;
  readonly offer: TransmitOffer | undefined;
  readonly faults = new FaultConfinement();
  /** Whether its frame is on the wire, or was when an error came. */
  transmitter: boolean;
  acknowledged = false;
  completed = false;
  firstError: BusErrorKind | undefined;
  readonly #silent: boolean;
  readonly #acknowledges: boolean;
  readonly #acknowledgesItself: boolean;
  readonly #forcedErrorBit: number | undefined;
  readonly #leavesAtBit: number | undefined;
  readonly #report: (step: AttemptStep) => void;
  /** Overload frames left to send. */
  #overloads: number;
  readonly #receiver = new BitReceiver();
  #started = false;
  #phase: Phase = 'frame';
  #count = 0;
  #run = 0;
  #previous = -1;
  /** An error-passive sender counts a missing acknowledgement only if its flag is disturbed. */
  #unpaidAcknowledgement = false;

  constructor(
    participant: Participant,
    acknowledges: boolean,
    report: (step: AttemptStep) => void,
  ) {
    this.node = participant.node;
    this.offer = participant.offer;
    this.transmitter = participant.offer !== undefined;
    this.faults.copyFrom(participant.faults);
    this.#silent = participant.silent;
    this.#acknowledges = acknowledges && !participant.silent;
    this.#acknowledgesItself = acknowledges && participant.node.isSeveralUnits === true;
    this.#forcedErrorBit = participant.forcedErrorBit;
    this.#leavesAtBit = participant.leavesAtBit;
    this.#overloads = participant.silent ? 0 : (participant.overloads ?? 0);
    this.#report = report;
  }

  /** Whether this node lets the attempt end. */
  get finished(): boolean {
    if (this.#phase === 'intermission' || this.#phase === 'lost') return true;
    if (this.#phase === 'frame') return !this.#started;
    // A receiver with a private error that it may not signal lags behind; it does not delay the end.
    return !this.transmitter && this.#mute;
  }

  /** Whether it saw an error that it may not signal. It does not delay the end if the frame went on. */
  get fellBehind(): boolean {
    return this.firstError !== undefined && !this.completed && this.#mute;
  }

  get #mute(): boolean {
    if (this.#phase === 'active-flag' || this.#phase === 'overload-flag') return false;
    return this.#silent || this.faults.state !== 'error-active';
  }

  drive(bit: number): number {
    if (this.#leavesAtBit !== undefined && bit >= this.#leavesAtBit) this.#phase = 'lost';
    if (this.#phase === 'active-flag' || this.#phase === 'overload-flag') return DOMINANT;
    if (this.#phase !== 'frame') return RECESSIVE;
    if (this.transmitter) {
      const { bits, acknowledgeSlot } = this.offer!.wire;
      return bit === acknowledgeSlot && this.#acknowledgesItself ? DOMINANT : bits[bit];
    }
    const acknowledging = this.#receiver.part === 'acknowledge-slot' && this.#receiver.crcMatches;
    return acknowledging && this.#acknowledges ? DOMINANT : RECESSIVE;
  }

  sense(bit: number, seen: number): void {
    switch (this.#phase) {
      case 'frame':
        return this.#senseFrame(bit, seen);
      case 'active-flag':
      case 'overload-flag':
        return this.#senseFlag(bit, seen);
      case 'passive-flag':
        return this.#sensePassiveFlag(bit, seen);
      case 'wait-recessive':
        return this.#senseWait(bit, seen);
      case 'delimiter':
        return this.#senseDelimiter(bit, seen);
      case 'intermission':
        return this.#senseIntermission(seen);
      case 'lost':
    }
  }

  #senseFrame(bit: number, seen: number): void {
    if (!this.#started) {
      if (seen === RECESSIVE && !this.transmitter) return;
      this.#started = true;
    }
    const part = this.#receiver.part;
    const observation = this.#receiver.observe(seen);
    if (bit === this.#forcedErrorBit) return this.#fail(bit, this.transmitter ? 'bit' : 'stuff');
    if (this.transmitter) return this.#senseOwnFrame(bit, seen, part === 'acknowledge-slot');
    this.#senseForeignFrame(bit, observation);
    if (part === 'acknowledge-slot' && this.#receiver.crcMatches && !this.#silent) {
      if (this.faults.receiveErrors > 0) {
        this.faults.frameReceived();
        this.#reportFaults(bit);
      }
    }
  }

  #senseOwnFrame(bit: number, seen: number, acknowledgeSlot: boolean): void {
    const wire = this.offer!.wire;
    const sent = wire.bits[bit];
    if (acknowledgeSlot) {
      if (seen === RECESSIVE) return this.#fail(bit, 'acknowledgement');
      this.acknowledged = true;
      return;
    }
    if (sent !== seen) {
      const arbitrating = bit > 0 && bit <= wire.arbitrationEnd && sent === RECESSIVE;
      if (!arbitrating) return this.#fail(bit, 'bit');
      // A recessive stuff bit seen dominant is an error, but the sender is not charged (rule c, exception 2).
      if (wire.stuffed[bit] === 1) return this.#fail(bit, 'stuff');
      this.transmitter = false;
      this.#report({ kind: 'arbitration-lost', bit, node: this.node, offer: this.offer! });
      return;
    }
    if (bit !== wire.length - 1) return;
    this.completed = true;
    if (this.faults.transmitErrors > 0) {
      this.faults.frameTransmitted();
      this.#reportFaults(bit);
    }
    this.#report({ kind: 'transmitted', bit, node: this.node, offer: this.offer! });
    this.#startIntermission();
  }

  #senseForeignFrame(bit: number, observation: Observation): void {
    switch (observation) {
      case 'none':
        return;
      case 'stuff-error':
        return this.#fail(bit, 'stuff');
      case 'form-error':
        return this.#fail(bit, 'form');
      case 'crc-error':
        return this.#fail(bit, 'crc');
      case 'valid':
        return this.#report({
          kind: 'received',
          bit,
          node: this.node,
          frame: this.#receiver.frame(),
        });
      case 'end':
        return this.#endReceived(bit);
      case 'overload':
        this.#report({ kind: 'frame-ended', bit, node: this.node });
        return this.#startFlag('overload-flag');
    }
  }

  #endReceived(bit: number): void {
    this.#startIntermission();
    if (this.#phase !== 'intermission') {
      this.#report({ kind: 'frame-ended', bit, node: this.node });
    }
  }

  /** A node that needs a pause starts its overload flag in the first bit of the intermission. */
  #startIntermission(): void {
    this.#phase = 'intermission';
    this.#count = 0;
    if (this.#overloads === 0) return;
    this.#overloads--;
    this.#startFlag('overload-flag');
  }

  #senseFlag(bit: number, seen: number): void {
    if (seen === RECESSIVE) this.#charge(bit, 8);
    if (++this.#count === FLAG_BITS) this.#startWaiting();
  }

  #sensePassiveFlag(bit: number, seen: number): void {
    if (seen === DOMINANT && this.#unpaidAcknowledgement) {
      this.#unpaidAcknowledgement = false;
      this.#charge(bit, 8);
    }
    this.#run = seen === this.#previous ? this.#run + 1 : 1;
    this.#previous = seen;
    if (this.#run === FLAG_BITS && this.#phase === 'passive-flag') this.#startWaiting();
  }

  #senseWait(bit: number, seen: number): void {
    if (seen === RECESSIVE) {
      this.#phase = 'delimiter';
      this.#count = 1;
      return;
    }
    this.#run++;
    const firstAfterErrorFlag = this.#run === 1 && this.#previous !== -1;
    if (firstAfterErrorFlag && !this.transmitter) this.#charge(bit, 8);
    if (this.#run % DOMINANT_LIMIT === 0) this.#charge(bit, 8);
  }

  #senseDelimiter(bit: number, seen: number): void {
    if (seen === DOMINANT) {
      if (this.#count === DELIMITER_BITS - 1) return this.#startFlag('overload-flag');
      return this.#fail(bit, 'form');
    }
    if (++this.#count === DELIMITER_BITS) this.#startIntermission();
  }

  #senseIntermission(seen: number): void {
    this.#count++;
    if (seen !== DOMINANT) return;
    if (this.#count < 3) return this.#startFlag('overload-flag');
    throw new UnimplementedFeature(
      'CAN bus',
      'a dominant bit on the idle wire that starts no frame',
    );
  }

  /** Counts an error in bit `bit` and starts the flag at the next bit. */
  #fail(bit: number, kind: BusErrorKind): void {
    this.firstError ??= kind;
    const active = this.faults.state === 'error-active' && !this.#silent;
    const wire = this.offer?.wire;
    if (this.transmitter) {
      this.#unpaidAcknowledgement = kind === 'acknowledgement' && !active;
      const blameless = kind === 'stuff' && wire!.stuffed[bit] === 1;
      if (!this.#unpaidAcknowledgement && !blameless) this.#charge(bit, 8);
      this.#report({
        kind: 'transmit-error',
        bit,
        node: this.node,
        offer: this.offer!,
        error: kind,
      });
    } else {
      this.#charge(bit, 1);
      this.#report({ kind: 'receive-error', bit, node: this.node, error: kind });
    }
    if (this.#phase !== 'lost') this.#startFlag(active ? 'active-flag' : 'passive-flag');
  }

  #startFlag(phase: 'active-flag' | 'passive-flag' | 'overload-flag'): void {
    this.#phase = phase;
    this.#count = 0;
    this.#run = 0;
    // In the wait that follows, -1 marks an overload flag, which costs a receiver nothing.
    this.#previous = phase === 'overload-flag' ? -1 : 2;
  }

  #startWaiting(): void {
    this.#phase = 'wait-recessive';
    this.#run = 0;
  }

  /** Adds to TEC of a sender or REC of a receiver. A listen-only node counts nothing. */
  #charge(bit: number, count: number): void {
    if (this.#silent) return;
    if (this.transmitter) this.faults.addTransmitErrors(count);
    else this.faults.addReceiveErrors(count);
    this.#reportFaults(bit);
    if (this.faults.busOff) this.#phase = 'lost';
  }

  #reportFaults(bit: number): void {
    const faults = new FaultConfinement();
    faults.copyFrom(this.faults);
    this.#report({ kind: 'faults', bit, node: this.node, faults });
  }
}
