/**
 * LinkCounters: what happened at one end of the ring since start; each wraps at 2^32.
 *
 * Used by: can-driver.ts, can-device.ts; read by the board and the bridge.
 * Does not: know which end it belongs to. "Sent" is towards the peer, "received" from it.
 */
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
}
