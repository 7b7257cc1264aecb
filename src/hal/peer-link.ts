/**
 * PeerLink: the states of the two ends of a shared memory, and a way to make the other one look.
 *
 * Implemented by src/jailhouse (the ivshmem state table and doorbell).
 * Does not: carry data (see shared-memory.ts), wait, or say when the peer's state changes: the
 * consumer looks at it in every step.
 */

/** The peer is absent, or has withdrawn: nothing of it may be relied on. */
export const PEER_STATE_RESET: u32 = 0;
/** The peer plays its part. Any other value is one this project does not know: not ready. */
export const PEER_STATE_READY: u32 = 1;

export abstract class PeerLink {
  /** The state the peer last announced. Read once per call; any 32-bit value may come back. */
  abstract peerState(): u32;

  /** Announces this end's own state. What was stored before is visible to the peer by then. */
  abstract setOwnState(state: u32): void;

  /** Makes the peer look at the shared memory. What was stored before is visible to it by then. */
  abstract notifyPeer(): void;
}
