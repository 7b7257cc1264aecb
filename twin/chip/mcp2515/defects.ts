// SPDX-License-Identifier: MIT
/**
 * Defects of one chip, for tests of a diagnosis: bits of registers that are stuck, and parts that do not work.
 *
 * They lie between the SPI port and the chip: what SPI reads, writes and requests is changed on its way.
 * Does not: say what a real chip is likely to have.
 */
import { RXB0CTRL, RXB0CTRL_BUKT, RXF0SIDH, RXF3SIDH, RXM0SIDH } from './registers.ts';
import type { PortTarget } from './spi-port.ts';

export interface ChipDefects {
  /** Bits of a register that always read as `high`. */
  readonly stuckBits?: { readonly address: number; readonly bits: number; readonly high: boolean };
  /** A write to `from` also changes `to`. */
  readonly aliased?: { readonly from: number; readonly to: number };
  /** A transmit buffer whose requests are never sent. */
  readonly silentBuffer?: 0 | 1 | 2;
  /** READ RX BUFFER does not clear RXnIF of this buffer. */
  readonly keptBuffer?: 0 | 1;
  /** An acceptance filter that compares with another identifier than it shows. */
  readonly deadFilter?: 0 | 1 | 2 | 3 | 4 | 5;
  /** Bits of SIDH that a mask never compares, though they read as set. */
  readonly blindMask?: { readonly mask: 0 | 1; readonly bits: number };
  /** BUKT reads as written, and no frame rolls over. */
  readonly noRollover?: boolean;
  /** READ of the data bytes of RXB0 gives 0; READ RX BUFFER is right. */
  readonly blankRead?: boolean;
}

/** RXB0DLC, before the data bytes (DS20001801J, table 11-1). */
const RXB0DLC = 0x65;
const DATA_BYTES = 8;

/** The chip as the SPI port sees it. */
export function throughDefects(chip: PortTarget, defects: ChipDefects | undefined): PortTarget {
  return defects === undefined ? chip : new DefectivePort(chip, defects);
}

class DefectivePort implements PortTarget {
  readonly #chip: PortTarget;
  readonly #defects: ChipDefects;
  /** What was written where the chip holds something else. */
  readonly #shown = new Map<number, number>();

  constructor(chip: PortTarget, defects: ChipDefects) {
    this.#chip = chip;
    this.#defects = defects;
  }

  readRegister(address: number, byRead: boolean): number {
    const value = this.#shown.get(address) ?? this.#chip.readRegister(address, byRead);
    const { stuckBits, blankRead } = this.#defects;
    const isBlank = blankRead === true && byRead;
    if (isBlank && address > RXB0DLC && address <= RXB0DLC + DATA_BYTES) return 0;
    if (stuckBits?.address !== address) return value;
    return stuckBits.high ? value | stuckBits.bits : value & ~stuckBits.bits;
  }

  writeRegister(address: number, value: number, nanos: number): void {
    const held = this.#heldFor(address, value);
    this.#chip.writeRegister(address, held, nanos);
    if (held === value) this.#shown.delete(address);
    else this.#shown.set(address, value);
    const { aliased } = this.#defects;
    if (aliased?.from === address) this.#chip.writeRegister(aliased.to, value, nanos);
  }

  bitModify(address: number, mask: number, value: number, nanos: number): void {
    this.#chip.bitModify(address, mask, value, nanos);
  }

  readStatus(): number {
    return this.#chip.readStatus();
  }

  receiveStatus(): number {
    return this.#chip.receiveStatus();
  }

  reset(nanos: number): void {
    this.#shown.clear();
    this.#chip.reset(nanos);
  }

  requestToSend(buffers: number, nanos: number): void {
    const { silentBuffer } = this.#defects;
    const silent = silentBuffer === undefined ? 0 : 1 << silentBuffer;
    this.#chip.requestToSend(buffers & ~silent, nanos);
  }

  releaseReceiveBuffer(buffer: 0 | 1, nanos: number): void {
    if (buffer !== this.#defects.keptBuffer) this.#chip.releaseReceiveBuffer(buffer, nanos);
  }

  /** What the chip holds when `value` is written. */
  #heldFor(address: number, value: number): number {
    const { deadFilter, blindMask, noRollover } = this.#defects;
    if (deadFilter !== undefined && address === sidhOfFilter(deadFilter)) return value ^ 0xff;
    if (blindMask !== undefined && address === RXM0SIDH + 4 * blindMask.mask) {
      return value & ~blindMask.bits;
    }
    return noRollover === true && address === RXB0CTRL ? value & ~RXB0CTRL_BUKT : value;
  }
}

function sidhOfFilter(filter: number): number {
  return filter < 3 ? RXF0SIDH + 4 * filter : RXF3SIDH + 4 * (filter - 3);
}
