// SPDX-License-Identifier: MIT
/**
 * Other traffic on the bus: as much of it as is asked for, and a flood.
 *
 * The frames of the load have 8 bytes and identifiers of 0x400 to 0x4ff, so they are weaker than most
 * requests. The flood has the shortest frames there are, one after the other, of 0x600 to 0x60f.
 */
import type { CanBus } from '../../twin/bus/can-bus.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';

const LOAD_IDENTIFIER = 0x400;
const LOAD_IDENTIFIERS = 0x100;
const FLOOD_IDENTIFIER = 0x600;
const FLOOD_IDENTIFIERS = 0x10;
/** A data frame with 8 bytes takes 111 bits, the intermission 3, and stuff bits some more. */
const LOAD_FRAME_BITS = 124;

/** Bus load in percent, 0 to 100. */
export class Load {
  percent = 0;
  readonly #bus: CanBus;
  readonly #node: StreamNode;
  #count = 0;
  #isPlanned = false;

  constructor(bus: CanBus) {
    this.#bus = bus;
    this.#node = new StreamNode({ bus, name: 'load', next: () => this.#next() });
  }

  set(percent: number): void {
    this.percent = Math.min(100, Math.max(0, percent));
    if (this.percent > 0 && !this.#node.transmitPending && !this.#isPlanned) this.#plan(0);
  }

  /** The next frame at once on a full bus, else none until its time. */
  #next() {
    if (this.percent >= 100 || this.#isPlanned) return this.#frame();
    if (this.percent > 0) this.#plan(LOAD_FRAME_BITS * (100 / this.percent - 1));
    return undefined;
  }

  #plan(bits: number): void {
    this.#isPlanned = true;
    this.#bus.clock.schedule(this.#bus.clock.now + bits * this.#bus.bitNanos, () => {
      if (this.percent > 0) this.#node.start();
      this.#isPlanned = false;
    });
  }

  #frame() {
    const count = this.#count++;
    // The steps of a generator with the full period of 256, so that the bytes look used.
    const bytes = Array.from({ length: 8 }, (_, index) => (count * 165 + index * 77 + 41) & 0xff);
    return makeFrame({
      identifier: LOAD_IDENTIFIER + ((count * 37) % LOAD_IDENTIFIERS),
      data: bytes,
    });
  }
}

export class Flood {
  isOn = false;
  readonly #node: StreamNode;
  #count = 0;

  constructor(bus: CanBus) {
    this.#node = new StreamNode({ bus, name: 'flood', next: () => this.#next() });
  }

  set(on: boolean): void {
    this.isOn = on;
    if (on && !this.#node.transmitPending) this.#node.start();
  }

  #next() {
    if (!this.isOn) return undefined;
    return makeFrame({ identifier: FLOOD_IDENTIFIER + (this.#count++ % FLOOD_IDENTIFIERS) });
  }
}
