// SPDX-License-Identifier: MIT
/**
 * Converts a frame to the exact bits on the wire (ISO 11898-1, 10.4 to 10.6). 0 is dominant, 1 is recessive.
 */
import type { CanFrame } from './can-frame.ts';

/** Wire bits of one frame from SOF to the last bit of EOF, and the positions of its parts. */
export interface WireBits {
  /** One element per bit. The ACK slot is recessive, as its sender leaves it. */
  readonly bits: Uint8Array;
  /** Bits from SOF to the end of EOF. */
  readonly length: number;
  /** Number of stuff bits in it. */
  readonly stuffBits: number;
  /** 1 where `bits` holds a stuff bit. */
  readonly stuffed: Uint8Array;
  /** Index of the last bit of the arbitration field (RTR). */
  readonly arbitrationEnd: number;
  /** Index of the ACK slot. The delimiters are its neighbours. */
  readonly acknowledgeSlot: number;
  /** Index of the first bit of EOF. */
  readonly endOfFrame: number;
  /** The 15-bit sequence. */
  readonly crc: number;
}

export const DOMINANT = 0;
export const RECESSIVE = 1;
export const CRC_BITS = 15;
/** x15 + x14 + x10 + x8 + x7 + x4 + x3 + 1, without its top term (ISO 11898-1, 10.4.2.6). */
const CRC_POLYNOMIAL = 0x4599;
/** After this many equal bits the opposite one is stuffed. */
export const STUFF_RUN = 5;
export const END_OF_FRAME_BITS = 7;
export const INTERMISSION_BITS = 3;

/** Position of RTR, counted without stuff bits: SOF, then 11 or 11 + 2 + 18 bits. */
const STANDARD_RTR_INDEX = 12;
const EXTENDED_RTR_INDEX = 32;
/** Longest unstuffed part, SOF to CRC: extended, eight bytes. */
const UNSTUFFED_BITS_MAX = 39 + 64 + CRC_BITS;

/** One step of the CRC register: shifts `bit` in. */
export function crcStep(crc: number, bit: number): number {
  const feedback = bit ^ (crc >>> (CRC_BITS - 1));
  const shifted = (crc << 1) & 0x7fff;
  return feedback === 1 ? shifted ^ CRC_POLYNOMIAL : shifted;
}

const scratch = new Uint8Array(UNSTUFFED_BITS_MAX);
let scratchLength = 0;

function put(value: number, width: number): void {
  for (let bit = width - 1; bit >= 0; bit--) scratch[scratchLength++] = (value >>> bit) & 1;
}

/** Writes SOF to the end of the data field, without stuff bits, into the scratch buffer. */
function putContents(frame: CanFrame): void {
  scratchLength = 0;
  const remote = frame.remote ? RECESSIVE : DOMINANT;
  put(DOMINANT, 1);
  if (frame.extended) {
    put(frame.identifier >>> 18, 11);
    put(RECESSIVE, 1); // SRR
    put(RECESSIVE, 1); // IDE
    put(frame.identifier & 0x3ffff, 18);
    put(remote, 1);
    put(DOMINANT, 1); // r1
  } else {
    put(frame.identifier, 11);
    put(remote, 1);
    put(DOMINANT, 1); // IDE
  }
  put(DOMINANT, 1); // r0
  put(frame.dlc, 4);
  for (const byte of frame.data) put(byte, 8);
}

/** The bits of a frame as its sender drives them. */
export function encodeFrame(frame: CanFrame): WireBits {
  putContents(frame);
  let crc = 0;
  for (let index = 0; index < scratchLength; index++) crc = crcStep(crc, scratch[index]);
  put(crc, CRC_BITS);

  const stuffedMax = scratchLength + Math.floor(scratchLength / (STUFF_RUN - 1));
  const bits = new Uint8Array(stuffedMax + 3 + END_OF_FRAME_BITS).fill(RECESSIVE);
  const stuffed = new Uint8Array(bits.length);
  const rtrIndex = frame.extended ? EXTENDED_RTR_INDEX : STANDARD_RTR_INDEX;
  let length = 0;
  let stuffBits = 0;
  let run = 0;
  let previous = -1;
  let arbitrationEnd = 0;
  for (let index = 0; index < scratchLength; index++) {
    const bit = scratch[index];
    run = bit === previous ? run + 1 : 1;
    previous = bit;
    if (index === rtrIndex) arbitrationEnd = length;
    bits[length++] = bit;
    if (run === STUFF_RUN) {
      stuffed[length] = 1;
      previous = 1 - bit;
      bits[length++] = previous;
      stuffBits++;
      run = 1;
    }
  }
  const acknowledgeSlot = length + 1;
  const endOfFrame = length + 3;
  length = endOfFrame + END_OF_FRAME_BITS;
  return {
    bits: bits.subarray(0, length),
    length,
    stuffBits,
    stuffed,
    arbitrationEnd,
    acknowledgeSlot,
    endOfFrame,
    crc,
  };
}
