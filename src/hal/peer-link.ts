// SPDX-License-Identifier: MIT
/**
 * PeerLink: the states of the two ends of a shared memory, and a doorbell to the other end. Implemented by
 * src/jailhouse (the ivshmem state table and doorbell).
 *
 * Does not: carry data (see shared-memory.ts), wait, or report changes of the peer's state: the consumer
 * reads it in every step.
 */
/** The peer is absent or has withdrawn. Its memory must not be relied on. */
export const PEER_STATE_RESET: u32 = 0;
/** The peer is ready. This project knows no other value, and takes any other as not ready. */
export const PEER_STATE_READY: u32 = 1;

export abstract class PeerLink {
  /**
   * True: `notifyPeer` only notes that the peer is to be rung, and `ringNoted` rings. An access to the
   * doorbell is long, and who defers it looks at an urgent line just before.
   */
  defers: bool = false;
  /** The peer is to be rung. */
  isNoted: bool = false;

  /** The state the peer last announced: one read. May be any 32-bit value. */
  abstract peerState(): u32;

  /** Announces this end's state. Earlier stores are visible to the peer before it. */
  abstract setOwnState(state: u32): void;

  /** Rings the peer. Earlier stores are visible to the peer before it. */
  abstract notifyPeer(): void;

  /** Rings the peer if `notifyPeer` has noted it. Returns true then. */
  ringNoted(): bool {
    if (!this.isNoted) return false;
    this.isNoted = false;
    const defers = this.defers;
    this.defers = false;
    this.notifyPeer();
    this.defers = defers;
    return true;
  }

  /** True when this end last announced READY, also in a life that a trap has ended. */
  get isReady(): bool {
    return false;
  }

  /** While `isHeld` a trap that the cell is restarted after leaves this end's state as it is. */
  holdOnFault(_isHeld: bool): void {}
}
