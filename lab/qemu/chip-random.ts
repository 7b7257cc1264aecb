// SPDX-License-Identifier: MIT
/**
 * Random scripts for two chips: everything that the data sheet (DS20001801J) defines, in any order.
 *
 * Left out is what it leaves open, so that two right models may differ (docs/qemu.md lists it).
 */
import { makeFrame, type CanFrame } from '../../twin/bus/can-frame.ts';
import { Random } from '../random/random.ts';
import { ChipScript } from './chip-script.ts';

const MICRO = 1000;

// Instructions (table 12-1).
const RESET = 0xc0;
const READ = 0x03;
const WRITE = 0x02;
const BIT_MODIFY = 0x05;
const READ_STATUS = 0xa0;
const RX_STATUS = 0xb0;
const READ_RX = [0x90, 0x92, 0x94, 0x96];
const LOAD_TX = [0x40, 0x42, 0x44];
const RTS = 0x80;

// Registers (table 11-1).
const CANSTAT = 0x0e;
const CANCTRL = 0x0f;
const CNF3 = 0x28;
const CANINTE = 0x2b;
const CANINTF = 0x2c;
const EFLG = 0x2d;
const TXB0CTRL = 0x30;
const RXB0CTRL = 0x60;
const RXB1CTRL = 0x70;
const TXREQ = 0x08;
const ABAT = 0x10;
const OSM = 0x08;
const WAKIF = 0x40;
const MODE = { normal: 0, sleep: 1, loopback: 2, listenOnly: 3, configuration: 4 } as const;

/** Identifiers of which filters and frames are made, so that they often meet. Even: the chip's. */
const STANDARD_IDS = [0x100, 0x102, 0x2b0, 0x3c0, 0x554, 0x7fe];
const EXTENDED_IDS = [0x18da10f0, 0x00000002, 0x1ffffffe, 0x0abcdef0, 0x04000000];

/** How a script goes: mostly traffic, mostly errors, or everything. */
type Kind = 'traffic' | 'errors' | 'modes';

/** One random script of `count` steps, as the twin played it. */
export function randomChipScript(seed: number, count = 60): ChipScript {
  const random = Random.of(seed, 0);
  const kind = random.pick<Kind>(['traffic', 'errors', 'modes']);
  const script = new ChipScript();
  const walk = new Walk(script, random, kind);
  walk.prepare();
  for (let step = 0; step < count; step++) walk.step();
  walk.finish();
  return script;
}

class Walk {
  readonly #script: ChipScript;
  readonly #random: Random;
  readonly #kind: Kind;

  constructor(script: ChipScript, random: Random, kind: Kind) {
    this.#script = script;
    this.#random = random;
    this.#kind = kind;
  }

  /** Reset, bit timing, and every byte of RAM written once, the receive buffers by way of loopback. */
  prepare(): void {
    const { wait, spi } = this.#bound;
    wait(50 * MICRO);
    spi(RESET);
    wait(20 * MICRO);
    spi(WRITE, CNF3, 0x01, 0xb5, 0x00);
    for (const start of [0x00, 0x10]) this.#writeFilters(start, 3);
    this.#writeFilters(0x20, 2);
    spi(WRITE, RXB0CTRL, 0x64);
    spi(WRITE, RXB1CTRL, 0x60);
    for (let buffer = 0; buffer < 3; buffer++) {
      spi(LOAD_TX[buffer], ...this.#headerOf(this.#extendedId(0), 8), ...this.#random.bytes(8));
    }
    spi(WRITE, CANCTRL, MODE.loopback << 5);
    for (let frame = 0; frame < 2; frame++) {
      spi(RTS | 1);
      wait(500 * MICRO);
    }
    spi(WRITE, CANCTRL, MODE.configuration << 5);
    spi(WRITE, CANINTF, 0);
    // With filters off, parts of damaged frames get in, in a way that the sheet does not define.
    const modes = this.#kind === 'traffic' ? [0x00, 0x60] : [0x00];
    spi(WRITE, RXB0CTRL, this.#random.pick(modes) | (this.#random.chance(0.5) ? 4 : 0));
    spi(WRITE, RXB1CTRL, this.#random.pick(modes));
    spi(WRITE, CANINTE, this.#random.below(256));
    const mode = this.#kind === 'modes' ? this.#random.pick([0, 2, 3]) : MODE.normal;
    spi(WRITE, CANCTRL, mode << 5);
    wait(40 * MICRO);
  }

  step(): void {
    const { wait } = this.#bound;
    const random = this.#random;
    const pause = random.pick([2, 2, 10, 40, 150, 300]);
    wait(random.between(1, pause) * MICRO);
    const roll = random.below(100);
    if (roll < 25) this.#nodeSends();
    else if (roll < 45) this.#chipSends();
    else if (roll < 70) this.#read();
    else if (roll < 82) this.#writeFlags();
    else if (roll < 88) this.#steerTransmit();
    else if (roll < 94) this.#changeMode();
    else if (roll < 97 && this.#kind !== 'traffic') this.#disturb();
    else this.#script.look();
  }

  /** Time for what is under way, then all registers. */
  finish(): void {
    const { wait, spi } = this.#bound;
    wait(2000 * MICRO);
    spi(READ, 0, ...new Array<number>(128).fill(0));
  }

  get #bound() {
    const script = this.#script;
    return {
      wait: (nanos: number) => script.wait(nanos),
      spi: (...bytes: number[]) => script.spi(...bytes),
    };
  }

  get #mode(): number {
    return this.#script.chip.readRegister(CANSTAT) >> 5;
  }

  #standardId(parity: number): number {
    return this.#random.pick(STANDARD_IDS) | parity;
  }

  #extendedId(parity: number): number {
    return this.#random.pick(EXTENDED_IDS) | parity;
  }

  /** SIDH, SIDL, EID8, EID0 and DLC of a frame; 11 bits below 0x800. */
  #headerOf(identifier: number, dlc: number, isExtended = true): number[] {
    const base = isExtended ? identifier >>> 18 : identifier;
    const low = ((base & 7) << 5) | (isExtended ? 0x08 | ((identifier >> 16) & 3) : 0);
    return [base >> 3, low, (identifier >> 8) & 0xff, identifier & 0xff, dlc];
  }

  #writeFilters(start: number, count: number): void {
    const bytes: number[] = [];
    for (let index = 0; index < count; index++) {
      const isMask = start === 0x20;
      const isExtended = this.#random.chance(0.5);
      const parity = this.#random.below(2);
      const identifier = isExtended ? this.#extendedId(parity) : this.#standardId(parity);
      const [sidh, sidl, eid8, eid0] = this.#headerOf(identifier, 0, isExtended);
      const open = this.#random.pick([0x00, 0xff, 0xf0]);
      if (isMask) bytes.push(open, open & 0xe3, isExtended ? open : 0, isExtended ? open : 0);
      else bytes.push(sidh, sidl, eid8, eid0);
    }
    this.#script.spi(WRITE, start, ...bytes);
  }

  #nodeSends(): void {
    const random = this.#random;
    const extended = random.chance(0.4);
    const identifier = extended ? this.#extendedId(1) : this.#standardId(1);
    const remote = random.chance(0.15);
    const dlc = random.chance(0.1) ? random.between(9, 15) : random.below(9);
    const data = remote ? [] : [...random.bytes(Math.min(dlc, 8))];
    const frame: CanFrame = makeFrame({ identifier, extended, remote, dlc, data });
    this.#script.send(frame);
  }

  #isFree(buffer: number): boolean {
    return (this.#script.chip.readRegister(TXB0CTRL + 0x10 * buffer) & TXREQ) === 0;
  }

  #chipSends(): void {
    const random = this.#random;
    const { spi } = this.#bound;
    const buffer = random.below(3);
    if (this.#isFree(buffer)) {
      const isExtended = random.chance(0.4);
      const identifier = isExtended ? this.#extendedId(0) : this.#standardId(0);
      const dlc = (random.chance(0.15) ? 0x40 : 0) | random.below(random.chance(0.1) ? 16 : 9);
      const header = this.#headerOf(identifier, dlc, isExtended);
      spi(LOAD_TX[buffer], ...header, ...random.bytes(8));
      if (random.chance(0.3)) spi(WRITE, TXB0CTRL + 0x10 * buffer, random.below(4));
    }
    const asked = random.chance(0.8) ? 1 << buffer : random.below(8);
    if (random.chance(0.8)) spi(RTS | asked);
    else spi(BIT_MODIFY, TXB0CTRL + 0x10 * buffer, TXREQ, TXREQ);
  }

  #read(): void {
    const random = this.#random;
    const { spi } = this.#bound;
    const roll = random.below(10);
    if (roll < 3) spi(random.pick(READ_RX), ...new Array<number>(random.between(1, 8)).fill(0));
    else if (roll < 5) spi(READ_STATUS, 0, 0);
    else if (roll < 7) spi(RX_STATUS, 0, 0);
    else if (roll < 9) spi(READ, random.pick([CANSTAT, CANINTE, 0x1c, 0x30, 0x60, 0x70]), 0, 0, 0);
    else spi(READ, random.below(120), 0, 0, 0);
  }

  #writeFlags(): void {
    const random = this.#random;
    const { spi } = this.#bound;
    const roll = random.below(10);
    const isAsleep = this.#mode === MODE.sleep;
    // Whether the bus's wake-up or the MCU's comes first is the sheet's to say; here one of them comes.
    if (roll < 4) spi(BIT_MODIFY, CANINTF, random.below(256) & (isAsleep ? 0xbf : 0xff), 0);
    else if (roll < 5 && isAsleep) spi(BIT_MODIFY, CANINTF, WAKIF, WAKIF);
    else if (roll < 6) spi(WRITE, CANINTF, random.below(256) & 0xbf);
    else if (roll < 8) spi(WRITE, CANINTE, random.below(256));
    else if (roll < 9) spi(BIT_MODIFY, EFLG, 0xc0, random.pick([0, 0x40, 0x80]));
    else if (this.#mode === MODE.configuration)
      this.#writeFilters(random.pick([0x00, 0x10, 0x20]), 2);
    else spi(WRITE, random.below(0x0c), random.below(256));
  }

  /** Aborts, one by one or all, and one-shot mode. */
  #steerTransmit(): void {
    const random = this.#random;
    const { spi } = this.#bound;
    const roll = random.below(4);
    if (roll === 0) spi(BIT_MODIFY, TXB0CTRL + 0x10 * random.below(3), TXREQ, 0);
    else if (this.#mode === MODE.sleep) this.#script.look();
    else if (roll === 1) spi(BIT_MODIFY, CANCTRL, ABAT, random.pick([0, ABAT]));
    else if (roll === 2) spi(BIT_MODIFY, CANCTRL, OSM, random.pick([0, OSM]));
    else spi(BIT_MODIFY, CANCTRL, ABAT, 0);
  }

  #changeMode(): void {
    const random = this.#random;
    const { spi } = this.#bound;
    if (this.#mode === MODE.sleep) return this.#script.look();
    if (random.chance(0.1) && this.#script.isBusFree) {
      spi(RESET);
      if (random.chance(0.5)) spi(READ, CANCTRL, 0);
      this.#script.wait(10 * MICRO);
      // Reset forgets the bit timing, without which no mode is defined.
      spi(WRITE, CNF3, 0x01, 0xb5, 0x00);
      return;
    }
    const likely = this.#kind === 'modes' ? [0, 0, 1, 2, 3, 4] : [0, 0, 0, 0, 2, 4];
    spi(BIT_MODIFY, CANCTRL, 0xe0, random.pick(likely) << 5);
  }

  #disturb(): void {
    const random = this.#random;
    if (random.chance(0.6) || !this.#script.isBusFree) {
      const isStorm = this.#kind === 'errors' && random.chance(0.3);
      this.#script.destroy(isStorm ? random.between(12, 40) : random.between(1, 3));
    } else {
      this.#script.setNodeOpen(!this.#script.isNodeOpen);
    }
  }
}
