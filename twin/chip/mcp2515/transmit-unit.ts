// SPDX-License-Identifier: MIT
/**
 * The three transmit buffers: requests, priority, outcome, abort (DS20001801J, section 3). Works on the
 * registers; the chip raises interrupts and talks to the bus.
 */
import type { TransmitOffer } from '../../bus/can-node.ts';
import { makeFrame } from '../../bus/can-frame.ts';
import { encodeFrame } from '../../bus/frame-bits.ts';
import { UnimplementedFeature } from '../../unimplemented.ts';
import {
  BUFFER_D0,
  BUFFER_DLC,
  BUFFER_EID0,
  BUFFER_EID8,
  BUFFER_SIDH,
  BUFFER_SIDL,
  BUFFER_STRIDE,
  DLC_MASK,
  DLC_RTR,
  SIDL_EXIDE,
  TXB0CTRL,
  TXBCTRL_ABTF,
  TXBCTRL_MLOA,
  TXBCTRL_TXERR,
  TXBCTRL_TXP_MASK,
  TXBCTRL_TXREQ,
  TX_BUFFER_COUNT,
} from './registers.ts';

/** An offer with its buffer number. */
export interface BufferOffer extends TransmitOffer {
  readonly buffer: number;
}

/** How the abort of a message in flight appears if the message fails. */
type PendingAbort = 'none' | 'silent' | 'flagged';

export class TransmitUnit {
  readonly #registers: Uint8Array;
  readonly #sender: string;
  readonly #abortClearsRequest: boolean;
  readonly #offers: (BufferOffer | undefined)[] = [undefined, undefined, undefined];
  readonly #repeat = [false, false, false];
  /** Buffer on the wire. */
  #inFlight: number | undefined;
  #abort: PendingAbort = 'none';

  /** `abortClearsRequest`: see Mcp2515Options. */
  constructor(registers: Uint8Array, sender: string, abortClearsRequest = false) {
    this.#registers = registers;
    this.#sender = sender;
    this.#abortClearsRequest = abortClearsRequest;
  }

  /** Whether a message waits or is on the wire. */
  get anyMessage(): boolean {
    return this.#inFlight !== undefined || this.anyRequested;
  }

  /** Whether the chip owns the buffer: its message waits or is on the wire. */
  isTaken(buffer: number): boolean {
    return buffer === this.#inFlight || this.isRequested(buffer);
  }

  get anyRequested(): boolean {
    for (let buffer = 0; buffer < TX_BUFFER_COUNT; buffer++) {
      if (this.isRequested(buffer)) return true;
    }
    return false;
  }

  isRequested(buffer: number): boolean {
    return (this.#control(buffer) & TXBCTRL_TXREQ) !== 0;
  }

  /** Sets TXREQ, which clears ABTF, MLOA and TXERR. `repeat`: sends it once more (silicon erratum 5). */
  request(buffer: number, repeat = false): void {
    if (this.isRequested(buffer)) return;
    if (buffer === this.#inFlight) {
      throw new UnimplementedFeature('MCP2515', `TXREQ of TXB${buffer} while it is being aborted`);
    }
    this.#offers[buffer] = undefined;
    this.#repeat[buffer] = repeat;
    const kept = this.#control(buffer) & TXBCTRL_TXP_MASK;
    this.#setControl(buffer, kept | TXBCTRL_TXREQ);
  }

  /**
   * Aborts a request: by clearing TXREQ, or with `flagged` by ABAT, which alone sets ABTF. A message on the
   * wire continues, and is aborted only if it fails (section 3.6, note 1).
   */
  abort(buffer: number, flagged: boolean): void {
    if (!this.isRequested(buffer)) return;
    if (buffer === this.#inFlight) {
      this.#abort = flagged ? 'flagged' : 'silent';
      if (this.#abortClearsRequest) this.#drop(buffer, false);
      return;
    }
    this.#drop(buffer, flagged);
  }

  /** The message to contend with: highest TXP, then highest buffer number (section 3.2). */
  offer(): BufferOffer | undefined {
    let chosen: number | undefined;
    let priority = -1;
    for (let buffer = 0; buffer < TX_BUFFER_COUNT; buffer++) {
      if (!this.isRequested(buffer)) continue;
      const own = this.#control(buffer) & TXBCTRL_TXP_MASK;
      if (own < priority) continue;
      priority = own;
      chosen = buffer;
    }
    if (chosen === undefined) return undefined;
    this.#inFlight = chosen;
    return (this.#offers[chosen] ??= this.#read(chosen));
  }

  /** The message was sent. `repeat`: it must be sent once more (silicon erratum 5). */
  sent(buffer: number, repeat = false): void {
    this.#inFlight = undefined;
    this.#abort = 'none';
    const again = repeat || this.#repeat[buffer];
    this.#repeat[buffer] = false;
    if (again) return;
    this.#setControl(buffer, this.#control(buffer) & ~TXBCTRL_TXREQ);
  }

  /** The message lost arbitration or met an error. In one-shot mode this ends it, with ABTF. */
  failed(buffer: number, why: 'arbitration' | 'error', oneShot: boolean): void {
    this.#inFlight = undefined;
    const flag = why === 'arbitration' ? TXBCTRL_MLOA : TXBCTRL_TXERR;
    this.#setControl(buffer, this.#control(buffer) | flag);
    if (oneShot) this.#drop(buffer, true);
    else if (this.#abort !== 'none') this.#drop(buffer, this.#abort === 'flagged');
    this.#abort = 'none';
  }

  /** Forgets the message on the wire: the chip has left the bus. */
  reset(): void {
    this.#inFlight = undefined;
    this.#abort = 'none';
    this.#offers.fill(undefined);
    this.#repeat.fill(false);
  }

  #drop(buffer: number, flagged: boolean): void {
    const control = this.#control(buffer) & ~TXBCTRL_TXREQ;
    this.#setControl(buffer, flagged ? control | TXBCTRL_ABTF : control);
  }

  #control(buffer: number): number {
    return this.#registers[TXB0CTRL + buffer * BUFFER_STRIDE];
  }

  #setControl(buffer: number, value: number): void {
    this.#registers[TXB0CTRL + buffer * BUFFER_STRIDE] = value;
  }

  /** The buffer's registers as a frame (registers 3-3 to 3-8). */
  #read(buffer: number): BufferOffer {
    const base = TXB0CTRL + buffer * BUFFER_STRIDE;
    const registers = this.#registers;
    const low = registers[base + BUFFER_SIDL];
    const extended = (low & SIDL_EXIDE) !== 0;
    const standard = (registers[base + BUFFER_SIDH] << 3) | (low >> 5);
    const extension =
      ((low & 0x03) << 16) | (registers[base + BUFFER_EID8] << 8) | registers[base + BUFFER_EID0];
    const dlc = registers[base + BUFFER_DLC] & DLC_MASK;
    const remote = (registers[base + BUFFER_DLC] & DLC_RTR) !== 0;
    const first = base + BUFFER_D0;
    const data = remote ? [] : registers.subarray(first, first + Math.min(dlc, 8));
    const identifier = extended ? standard * 0x40000 + extension : standard;
    const frame = makeFrame({ identifier, extended, remote, dlc, data });
    return { frame, sender: this.#sender, wire: encodeFrame(frame), buffer };
  }
}
