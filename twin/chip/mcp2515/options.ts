/**
 * What can be chosen about one MCP2515: its surroundings, and what of its silicon is switched on.
 *
 * Does not: hold settings that SPI makes.
 */
import type { CanBus } from '../../bus/can-bus.ts';
import type { VirtualClock } from '../../clock.ts';

/** A chip and its surroundings. */
export interface Mcp2515Options extends SiliconOptions {
  readonly clock: VirtualClock;
  readonly bus: CanBus;
  readonly name: string;
  readonly oscillatorHertz: number;
}

/** What of the silicon is switched on, and how it does what the data sheet leaves open. */
export interface SiliconOptions {
  /**
   * When RXnIF and INT follow a good frame. 'end-of-frame' (section 7.3: immediately after EOF) is the
   * later of the two and the default; 'frame-valid' is one bit earlier, when the protocol allows it.
   */
  readonly receiveFlagAt?: 'end-of-frame' | 'frame-valid';
  /**
   * Silicon erratum 5 (DS80179G), off by default: a message is sent once more when TXREQ was written
   * instead of using RTS, or when chip select is still low after RTS when the message ends. RTS then acts
   * with its last clock. The sheet limits the second form to SPI mode 1,1; here it is in any mode.
   */
  readonly erratum5?: boolean;
  /**
   * True: a filter on a data byte takes a frame that does not have the byte. Section 4.5.1 does not say;
   * off by default. Microchip's ECAN modules, which filter data bytes alike, end the comparison there.
   */
  readonly missingDataMatches?: boolean;
  /**
   * When TXREQ reads 0 after an abort was asked for of a message on the wire, which goes on (section 3.6,
   * note 1; the sheet does not say). False, the default: when the message has ended. True: at once.
   */
  readonly abortClearsRequest?: boolean;
  /**
   * True: ERRIF cannot be cleared while EFLG shows anything, as section 7.7 can be read. Off by default: it
   * marks the beginning of a state.
   */
  readonly errorFlagLasts?: boolean;
  /**
   * Nanoseconds until the crystal swings, after power-on, a brown-out and sleep; 0 by default, where the
   * sheet has none. The oscillator start-up timer begins to count then (section 8.1).
   */
  readonly crystalStartNanos?: number;
  /**
   * What SPI reads during the start-up, when nothing is to be asked (section 8.1). False, the default: a
   * line that floats. True: registers, with their reset values. Writes have no effect either way.
   */
  readonly readableInStartUp?: boolean;
  /**
   * What a WAKIF does that stood before sleep began (section 10.2: the MCU sets it to wake the chip). False,
   * the default: nothing; it has to be set anew. True: as long as it stands, the chip does not stay asleep.
   */
  readonly standingWakeFlagWakes?: boolean;
  /**
   * What REQOP reads after the chip woke to listen-only mode (section 10.2 and register 10-1 do not say).
   * False, the default: sleep, as last written. True: listen-only, the mode it is in.
   */
  readonly wakeChangesRequest?: boolean;
}
