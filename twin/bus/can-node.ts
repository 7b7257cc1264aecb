// SPDX-License-Identifier: MIT
/**
 * Interface between the bus and a node.
 */
import type { CanFrame } from './can-frame.ts';
import type { BitClock } from './clock-error.ts';
import type { FaultConfinement } from './fault-confinement.ts';
import type { WireBits } from './frame-bits.ts';

/** A frame that a node wants to send. The node keeps it until it is sent, so its bits are made once. */
export interface TransmitOffer {
  readonly frame: CanFrame;
  /** Name of the sender, for the record of the wire. */
  readonly sender: string;
  readonly wire: WireBits;
}

/**
 * How a node takes part in the bus now. active: acknowledges, sends, signals errors. silent: only listens.
 * absent: not connected (configuration mode, sleep).
 */
export type Participation = 'active' | 'silent' | 'absent';

/** Errors that a node can find in a frame (ISO 11898-1, 10.11). */
export type BusErrorKind = 'bit' | 'stuff' | 'crc' | 'form' | 'acknowledgement';

/** One node of the bus. All times are the event's own, in nanoseconds. */
export interface CanNode {
  readonly name: string;
  readonly participation: Participation;
  readonly faults: FaultConfinement;
  /** Its own clock, if it may differ from the bus's. Read at each start of frame. */
  readonly bitClock?: BitClock;
  /** It stands for several units: one sends and the others acknowledge. */
  readonly isSeveralUnits?: boolean;

  /** Whether it would start a frame now if the bus let it. */
  readonly transmitPending: boolean;
  /** Called right before a start of frame: the frame it contends with, if any. */
  offer(nanos: number): TransmitOffer | undefined;

  /** Its offer lost arbitration in wire bit `bit` (0 is SOF). The node now receives. */
  arbitrationLost(offer: TransmitOffer, bit: number, nanos: number): void;
  /** Its offer was sent and acknowledged, to the end of EOF. */
  transmitted(offer: TransmitOffer, nanos: number): void;
  /** An error ended its offer. The bus calls `offer` again. */
  transmitFailed(offer: TransmitOffer, kind: BusErrorKind, nanos: number): void;

  /** A frame of another node is valid: no error up to the last but one bit of EOF. */
  received(frame: CanFrame, nanos: number): void;
  /**
   * The attempt it took part in is over: at the end of EOF, or of the delimiter after an error. If an
   * overload frame follows EOF it is called at the end of both.
   */
  attemptEnded(nanos: number): void;
  /** It found an error while receiving. */
  receiveFailed(kind: BusErrorKind, nanos: number): void;
  /** `faults` has changed: counters, error-passive, bus-off or recovered. */
  faultsChanged(nanos: number): void;
}
