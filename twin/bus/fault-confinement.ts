// SPDX-License-Identifier: MIT
/**
 * Error counters of one CAN node and the resulting states (ISO 11898-1, fault confinement; DS20001801J
 * section 6). There is one object per node, which the bus changes during an attempt.
 */

/** From this count on a node shows a warning (DS20001801J, 7.6.2 and 7.6.3). */
export const WARNING_LIMIT = 96;
/** From this count on a node is error-passive. */
export const PASSIVE_LIMIT = 128;
/** From this transmit count on a node is bus-off. */
const BUS_OFF_LIMIT = 256;
/** A good frame lowers a passive receiver's count to this (ISO 11898-1: between 119 and 127). */
const RECEIVE_COUNT_AFTER_PASSIVE = 119;

/** Meaning of the counters for behaviour on the wire. */
export type FaultState = 'error-active' | 'error-passive' | 'bus-off';

/** TEC and REC with their rules. */
export class FaultConfinement {
  /** TEC. Exceeds 255 only at the moment the node goes bus-off. */
  transmitErrors = 0;
  /** REC. Stops at 255, the width of the MCP2515's register. */
  receiveErrors = 0;
  /** Set when TEC has passed 255; only `recover` or `reset` clears it. */
  busOff = false;

  get state(): FaultState {
    if (this.busOff) return 'bus-off';
    const passive = this.transmitErrors >= PASSIVE_LIMIT || this.receiveErrors >= PASSIVE_LIMIT;
    return passive ? 'error-passive' : 'error-active';
  }

  addTransmitErrors(count: number): void {
    this.transmitErrors += count;
    if (this.transmitErrors >= BUS_OFF_LIMIT) this.busOff = true;
  }

  addReceiveErrors(count: number): void {
    this.receiveErrors = Math.min(this.receiveErrors + count, 255);
  }

  /** One of its frames was sent. */
  frameTransmitted(): void {
    if (this.transmitErrors > 0) this.transmitErrors--;
  }

  /** A frame was received without error up to the ACK slot. */
  frameReceived(): void {
    if (this.receiveErrors >= PASSIVE_LIMIT) this.receiveErrors = RECEIVE_COUNT_AFTER_PASSIVE;
    else if (this.receiveErrors > 0) this.receiveErrors--;
  }

  /** Reset, configuration mode, or the end of bus-off: clears both counters. */
  reset(): void {
    this.transmitErrors = 0;
    this.receiveErrors = 0;
    this.busOff = false;
  }

  /** Copies the counters of another node. */
  copyFrom(other: FaultConfinement): void {
    this.transmitErrors = other.transmitErrors;
    this.receiveErrors = other.receiveErrors;
    this.busOff = other.busOff;
  }

  equals(other: FaultConfinement): boolean {
    return (
      this.transmitErrors === other.transmitErrors &&
      this.receiveErrors === other.receiveErrors &&
      this.busOff === other.busOff
    );
  }
}
