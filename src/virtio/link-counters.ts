/**
 * LinkCounters: events at one end of the ring since start. Each counter wraps at 2^32.
 *
 * The status page gets the fields in the order of `at`. "Sent" is towards the peer, "received" from it.
 */

/** Number of counters, 32 bits each. */
export const LINK_COUNTERS: u32 = 12;

@final
export class LinkCounters {
  /** Frames put into the ring for the peer. */
  sent: u32 = 0;
  /** Frames taken from the ring. */
  received: u32 = 0;
  /** Frames for the peer while no session was running. */
  droppedNoPeer: u32 = 0;
  /** Frames for the peer dropped because the ring was full. */
  droppedFull: u32 = 0;
  /** Frames for the peer that virtio-can or the accepted features cannot carry. */
  droppedUnsupported: u32 = 0;
  /** Transmit requests that succeeded (driver: reported by the peer; device: reported to the peer). */
  transmitted: u32 = 0;
  /** Transmit requests that ended with a refusal. */
  refused: u32 = 0;
  /** Messages of the peer dropped for impossible content. */
  malformed: u32 = 0;
  /** Impossible rings, lengths or answers of the peer. Each ends the session. */
  violations: u32 = 0;
  /** Sessions begun, and sessions that ended while running. */
  connected: u32 = 0;
  lost: u32 = 0;
  /** Driver: requests unfinished when a session ended. */
  lostInFlight: u32 = 0;

  /** Counter number `index`, for hosts without access to fields. 0 beyond the last. */
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
