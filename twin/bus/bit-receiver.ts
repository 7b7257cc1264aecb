// SPDX-License-Identifier: MIT
/**
 * One node's view of a frame, bit by bit: removes the stuff bits, checks the CRC and the fixed form, and
 * reports what it found. Every node of the bit-level simulation has one. Senders have one, too, because a
 * sender that loses arbitration becomes a receiver.
 *
 * Does not: act on what it finds (flags, counters, acknowledgement).
 */
import type { CanFrame } from './can-frame.ts';
import { dataLengthOf } from './can-frame.ts';
import { CRC_BITS, END_OF_FRAME_BITS, RECESSIVE, STUFF_RUN, crcStep } from './frame-bits.ts';

/** The part of the frame that the next bit belongs to. */
export type FramePart =
  'stuffed' | 'crc-delimiter' | 'acknowledge-slot' | 'acknowledge-delimiter' | 'end-of-frame';

/** Meaning of one bit. `valid` comes with the last but one bit of EOF, `end` with the last. */
export type Observation =
  'none' | 'stuff-error' | 'form-error' | 'crc-error' | 'valid' | 'end' | 'overload';

/** Unstuffed positions (ISO 11898-1, 10.4.2). */
const RTR_OR_SRR = 12;
const IDE = 13;
const STANDARD_DLC_END = 18;
const EXTENDED_RTR = 32;
const EXTENDED_DLC_END = 38;

/** The receiver. `observe` takes one bit. The getters describe the next bit. */
export class BitReceiver {
  part: FramePart = 'stuffed';
  crcMatches = false;
  #run = 0;
  #previous = -1;
  #crc = 0;
  #field: number[] = [];
  /** Unstuffed bits up to the end of the data field. Known after the DLC. */
  #contentLength = Infinity;
  #endBits = 0;

  observe(bit: number): Observation {
    switch (this.part) {
      case 'stuffed':
        return this.#observeStuffed(bit);
      case 'crc-delimiter':
        this.part = 'acknowledge-slot';
        return bit === RECESSIVE ? 'none' : 'form-error';
      case 'acknowledge-slot':
        this.part = 'acknowledge-delimiter';
        return 'none';
      case 'acknowledge-delimiter':
        this.part = 'end-of-frame';
        if (bit !== RECESSIVE) return 'form-error';
        // A CRC error is signalled only after the ACK delimiter.
        return this.crcMatches ? 'none' : 'crc-error';
      case 'end-of-frame':
        return this.#observeEndOfFrame(bit);
    }
  }

  /** The frame as this node read it. Only after the part `stuffed`. */
  frame(): CanFrame {
    const extended = this.#field[IDE] === RECESSIVE;
    const base = this.#number(1, 11);
    const dlcEnd = extended ? EXTENDED_DLC_END : STANDARD_DLC_END;
    const remote = this.#field[extended ? EXTENDED_RTR : RTR_OR_SRR] === RECESSIVE;
    const dlc = this.#number(dlcEnd - 3, 4);
    const data = new Uint8Array(remote ? 0 : dataLengthOf(dlc));
    for (let index = 0; index < data.length; index++) {
      data[index] = this.#number(dlcEnd + 1 + 8 * index, 8);
    }
    const identifier = extended ? base * 0x40000 + this.#number(14, 18) : base;
    return { identifier, extended, remote, dlc, data };
  }

  #observeStuffed(bit: number): Observation {
    const stuff = this.#run === STUFF_RUN;
    if (stuff && bit === this.#previous) return 'stuff-error';
    this.#run = bit === this.#previous ? this.#run + 1 : 1;
    this.#previous = bit;
    if (!stuff) {
      const count = this.#field.push(bit);
      if (count === IDE + 1 || count === STANDARD_DLC_END + 1 || count === EXTENDED_DLC_END + 1) {
        this.#measure();
      }
      if (count <= this.#contentLength) this.#crc = crcStep(this.#crc, bit);
    }
    const end = this.#contentLength + CRC_BITS;
    if (this.#field.length === end && this.#run !== STUFF_RUN) {
      this.crcMatches = this.#number(this.#contentLength, CRC_BITS) === this.#crc;
      this.part = 'crc-delimiter';
    }
    return 'none';
  }

  #observeEndOfFrame(bit: number): Observation {
    this.#endBits++;
    if (this.#endBits === END_OF_FRAME_BITS) return bit === RECESSIVE ? 'end' : 'overload';
    if (bit !== RECESSIVE) return 'form-error';
    return this.#endBits === END_OF_FRAME_BITS - 1 ? 'valid' : 'none';
  }

  #measure(): void {
    const extended = this.#field[IDE] === RECESSIVE;
    const dlcEnd = extended ? EXTENDED_DLC_END : STANDARD_DLC_END;
    if (this.#field.length !== dlcEnd + 1) return;
    const remote = this.#field[extended ? EXTENDED_RTR : RTR_OR_SRR] === RECESSIVE;
    const bytes = remote ? 0 : dataLengthOf(this.#number(dlcEnd - 3, 4));
    this.#contentLength = dlcEnd + 1 + 8 * bytes;
  }

  #number(start: number, width: number): number {
    let value = 0;
    for (let index = 0; index < width; index++) value = value * 2 + this.#field[start + index];
    return value;
  }
}
