import type { CanFrame } from './can-frame.ts';
import type { CanNode } from './can-node.ts';
import type { VirtualClock } from '../clock.ts';

export interface WireRecord {
  readonly frame: CanFrame;
  /** TransmitOffer.sender of the frame that stayed on the wire. */
  readonly sender: string;
  /** Falling edge of SOF. */
  readonly startNanos: number;
  /** End of EOF, or of the error delimiter. */
  readonly endNanos: number;
  readonly acknowledged: boolean;
  /** Bits from SOF to endNanos, stuff bits included, intermission not. */
  readonly bits: number;
  readonly outcome: 'complete' | 'error';
}

export class CanBus {
  readonly clock: VirtualClock;
  readonly bitrate: number;
  constructor(options: { clock: VirtualClock; bitrate: number }) {
    this.clock = options.clock;
    this.bitrate = options.bitrate;
  }
  attach(_node: CanNode): void {}
  requestStart(_nanos?: number): void {}
  onFrame(_listener: (record: WireRecord) => void): void {}
}
