// SPDX-License-Identifier: MIT
/**
 * Bit timing from CNF1..3 and the crystal (DS20001801J, section 5 and registers 5-1 to 5-3).
 */
import type { BitClock } from '../../bus/clock-error.ts';
import { UnimplementedFeature } from '../../unimplemented.ts';

/** A bit in time quanta, and the resulting clock on the bus. */
export interface BitTiming extends BitClock {
  readonly quanta: number;
  readonly propagation: number;
  readonly phase1: number;
  readonly phase2: number;
  readonly jumpQuanta: number;
}

/** CNF3: start of frame on CLKOUT, and the wake-up filter. */
const CNF3_PINS = 0xc0;

/**
 * Decodes the three registers. CNF2.SAM changes nothing, because all samples of a bit on this bus are equal.
 * Throws for a timing that breaks the rules of section 5.5: the behaviour of the chip is then undocumented.
 */
export function decodeBitTiming(
  cnf1: number,
  cnf2: number,
  cnf3: number,
  oscillatorHertz: number,
): BitTiming {
  const prescaler = (cnf1 & 0x3f) + 1;
  const jumpQuanta = (cnf1 >> 6) + 1;
  const propagation = (cnf2 & 0x07) + 1;
  const phase1 = ((cnf2 >> 3) & 0x07) + 1;
  const fromCnf3 = (cnf2 & 0x80) !== 0;
  // Without BTLMODE, PS2 is the greater of PS1 and the two quanta of information processing time.
  const phase2 = fromCnf3 ? (cnf3 & 0x07) + 1 : Math.max(phase1, 2);
  const quanta = 1 + propagation + phase1 + phase2;
  const broken =
    phase2 < 2
      ? 'PS2 below 2 TQ'
      : phase2 <= jumpQuanta
        ? 'PS2 not greater than SJW'
        : propagation + phase1 < phase2
          ? 'PropSeg + PS1 below PS2'
          : quanta < 5
            ? 'fewer than 5 TQ'
            : undefined;
  if (broken !== undefined) {
    const registers = [cnf1, cnf2, cnf3].map((value) => value.toString(16).padStart(2, '0'));
    throw new UnimplementedFeature(
      'MCP2515',
      `bit timing CNF1..3 = ${registers.join(' ')} (${broken})`,
    );
  }
  if ((cnf3 & CNF3_PINS) !== 0) {
    throw new UnimplementedFeature('MCP2515', 'SOF on CLKOUT and the wake-up filter (CNF3)');
  }
  const bitrate = oscillatorHertz / (2 * prescaler * quanta);
  const samplePoint = (1 + propagation + phase1) / quanta;
  const jumpWidth = jumpQuanta / quanta;
  return { bitrate, samplePoint, jumpWidth, quanta, propagation, phase1, phase2, jumpQuanta };
}
