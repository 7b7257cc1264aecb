/**
 * What the bus needs of a node, and what it tells it.
 *
 * Does not: count errors (fault-confinement.ts) or shape bits (frame-bits.ts).
 */
import type { CanFrame } from './can-frame.ts';
import type { BitClock } from './clock-error.ts';
import type { FaultConfinement } from './fault-confinement.ts';
import type { WireBits } from './frame-bits.ts';

/** A frame that a node wants on the wire. Kept by the node until it is sent, so its bits are made once. */
export interface TransmitOffer {
  readonly frame: CanFrame;
  /** Who sends it, for the record of the wire. */
  readonly sender: string;
  readonly wire: WireBits;
}

/**
 * How a node takes part in the bus right now.
 * active: acknowledges, sends, signals errors. silent: only listens. absent: not connected (configuration
 * mode, sleep).
 */
export type Participation = 'active' | 'silent' | 'absent';

/** What a node can find wrong with a frame (ISO 11898-1, 10.11). */
export type BusErrorKind = 'bit' | 'stuff' | 'crc' | 'form' | 'acknowledgement';

/** One node of the bus. All times are the event's own, in nanoseconds. */
export interface CanNode {
  readonly name: string;
  readonly participation: Participation;
  readonly faults: FaultConfinement;
  /** Its own clock, if that may differ from the bus's; looked at at each start of frame. */
  readonly bitClock?: BitClock;
  /** It stands for several units, of which one sends and the others acknowledge. */
  readonly isSeveralUnits?: boolean;

  /** Whether it would start a frame now if the bus let it. */
  readonly transmitPending: boolean;
  /** Asked right before a start of frame: the frame it contends with, if any. */
  offer(nanos: number): TransmitOffer | undefined;

  /** Its offer lost arbitration in wire bit `bit` (0 is SOF); the node now receives. */
  arbitrationLost(offer: TransmitOffer, bit: number, nanos: number): void;
  /** Its offer is on the wire, acknowledged, to the end of EOF. */
  transmitted(offer: TransmitOffer, nanos: number): void;
  /** An error ended its offer. The bus asks again by `offer`. */
  transmitFailed(offer: TransmitOffer, kind: BusErrorKind, nanos: number): void;

  /** A frame of another node is valid: no error up to the last but one bit of EOF. */
  received(frame: CanFrame, nanos: number): void;
  /**
   * The attempt it took part in is over: end of EOF if it went through, else end of the delimiter. When
   * an overload frame follows EOF it is called at the end of both.
   */
  attemptEnded(nanos: number): void;
  /** It found an error while receiving. */
  receiveFailed(kind: BusErrorKind, nanos: number): void;
  /** `faults` has changed: counters, error-passive, bus-off or recovered. */
  faultsChanged(nanos: number): void;
}
