/**
 * Whoever plays the AGL side of the link in the twin.
 *
 * Implemented by bridge-host.ts (the built bridge) and minimal/minimal-peer.ts.
 */
import type { CanFrame } from '../bus/can-frame.ts';

export interface AglPeer {
  readonly isRunning: boolean;
  /** Frames given by `send` that the peer has not taken yet. */
  readonly pendingCount: number;
  /** Error messages of the controller that reached the interface; they are no frames. */
  readonly errorFrames: number;
  start(): void;
  /** The process dies: the last close of the device writes state 0. */
  stop(): void;
  /** A frame arrives at the CAN interface; false: lost, nobody has it open. */
  send(frame: CanFrame): boolean;
}
