/**
 * LinkCounters: what happened at one end of the ring since start; each wraps at 2^32.
 *
 * The board copies the fields as they lie into the status page: their order is that of `at`.
 * Does not: know which end it belongs to. "Sent" is towards the peer, "received" from it.
 */
/** Counters, 32 bits each. */
export const LINK_COUNTERS: u32 = 12;

@final
export class LinkCounters {
  /** Frames put into the ring for the peer. */
  sent: u32 = 0;
  /** Frames taken from the ring. */
  received: u32 = 0;
  /** Frames for the peer while no session was running. */
  droppedNoPeer: u32 = 0;
  /** Frames for the peer that found the ring full. */
  droppedFull: u32 = 0;
  /** Frames for the peer that virtio-can, or the accepted features, cannot carry. */
  droppedUnsupported: u32 = 0;
  /** Transmit requests that ended well (driver: as the peer says; device: as it told the peer). */
  transmitted: u32 = 0;
  /** Transmit requests that ended with a refusal. */
  refused: u32 = 0;
  /** Messages of the peer with an impossible content: dropped. */
  malformed: u32 = 0;
  /** Rings, lengths or answers of the peer that were impossible: the session was given up. */
  violations: u32 = 0;
  /** Sessions begun, and sessions that ended while running. */
  connected: u32 = 0;
  lost: u32 = 0;
  /** Driver: requests that the device had not finished when a session ended. */
  lostInFlight: u32 = 0;

  /** The counter with this number, for hosts that know no classes; 0 beyond the last. */
  at(index: u32): u32 {
    switch (index) {
      case 0:
        return this.sent;
      case 1:
        return this.received;
      case 2:
        return this.droppedNoPeer;
      case 3:
        return this.droppedFull;
      case 4:
        return this.droppedUnsupported;
      case 5:
        return this.transmitted;
      case 6:
        return this.refused;
      case 7:
        return this.malformed;
      case 8:
        return this.violations;
      case 9:
        return this.connected;
      case 10:
        return this.lost;
      case 11:
        return this.lostInFlight;
      default:
        return 0;
    }
  }
}
