/**
 * The AGL side of the link in the twin. Implementations: bridge-host.ts (the built bridge) and
 * lab/peers/minimal/minimal-peer.ts.
 */
import type { CanFrame } from '../bus/can-frame.ts';

export interface AglPeer {
  readonly isRunning: boolean;
  /** Frames given to `send` that the peer has not taken yet. */
  readonly pendingCount: number;
  /** Error frames of the controller that reached the interface. They do not count as frames. */
  readonly errorFrames: number;
  start(): void;
  /** The process dies: the last close of the device writes state 0. */
  stop(): void;
  /** A frame arrives at the CAN interface. False: lost, because no program has it open. */
  send(frame: CanFrame): boolean;
}
