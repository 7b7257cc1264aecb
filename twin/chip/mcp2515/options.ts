// SPDX-License-Identifier: MIT
/**
 * Options of one MCP2515: its surroundings, and variants of its silicon.
 */
import type { CanBus } from '../../bus/can-bus.ts';
import type { VirtualClock } from '../../clock.ts';
import type { ChipDefects } from './defects.ts';

/** A chip and its surroundings. */
export interface Mcp2515Options extends SiliconOptions {
  readonly clock: VirtualClock;
  readonly bus: CanBus;
  readonly name: string;
  readonly oscillatorHertz: number;
}

/** Variants of the silicon where the data sheet is open, and errata. */
export interface SiliconOptions {
  /** Parts that are broken. Absent: none. */
  readonly defects?: ChipDefects;
  /**
   * When RXnIF and INT follow a good frame. 'end-of-frame' (section 7.3: immediately after EOF) is the later
   * one and the default. 'frame-valid' is one bit earlier, when the protocol allows it.
   */
  readonly receiveFlagAt?: 'end-of-frame' | 'frame-valid';
  /**
   * Silicon erratum 5 (DS80179G), off by default: a message is sent twice if TXREQ was written instead of
   * using RTS, or if chip select is still low after RTS when the message ends. RTS then acts with its last
   * clock. The sheet limits the second form to SPI mode 1,1; here it applies in any mode.
   */
  readonly erratum5?: boolean;
  /**
   * True: a filter on a data byte accepts a frame that lacks the byte. Section 4.5.1 does not say. Off by
   * default. Microchip's ECAN modules, whose filters compare data bytes in the same way, end the comparison
   * there.
   */
  readonly missingDataMatches?: boolean;
  /**
   * When TXREQ reads 0 after an abort of a message on the wire, which continues (section 3.6, note 1; the
   * sheet does not say). False, the default: when the message has ended. True: at once.
   */
  readonly abortClearsRequest?: boolean;
  /**
   * True: ERRIF cannot be cleared while EFLG shows any flag, a possible reading of section 7.7. Off by
   * default: it marks the beginning of a state.
   */
  readonly errorFlagLasts?: boolean;
  /**
   * Nanoseconds until the crystal oscillates after power-on, a brown-out and sleep. Default 0: the sheet has
   * no number. The oscillator start-up timer begins to count then (section 8.1).
   */
  readonly crystalStartNanos?: number;
  /**
   * What SPI reads during the start-up, when the chip should not be accessed (section 8.1). False, the
   * default: a floating line. True: registers with their reset values. Writes have no effect either way.
   */
  readonly readableInStartUp?: boolean;
  /**
   * Effect of a WAKIF that was set before sleep began (section 10.2: the MCU sets it to wake the chip).
   * False, the default: none; it must be set anew. True: the chip does not stay asleep while it is set.
   */
  readonly standingWakeFlagWakes?: boolean;
  /**
   * What REQOP reads after the chip woke to listen-only mode (section 10.2 and register 10-1 do not say).
   * False, the default: sleep, as last written. True: listen-only, its present mode.
   */
  readonly wakeChangesRequest?: boolean;
}
