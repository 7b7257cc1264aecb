// SPDX-License-Identifier: MIT
/**
 * BCM2711 SPI0 in polled mode: registers, FIFOs and the time of the bytes.
 *
 * Source: BCM2711 ARM Peripherals, chapter 9. A byte takes nine clocks, one of them idle. There is one clock
 * event per byte. Other emulations differ in part; a test can select that (spi0-behaviour.ts). DMA,
 * interrupts, bidirectional and LoSSI modes, SPI modes other than 0,0 and inverted chip selects throw
 * UnimplementedFeature.
 */
import type { VirtualClock } from '../clock.ts';
import { UnimplementedFeature, UnimplementedRegister } from '../unimplemented.ts';
import type { Spi0Behaviour } from './spi0-behaviour.ts';
import type { SpiDevice, SpiTap } from './spi-device.ts';

const CS = 0x00;
const FIFO = 0x04;
const CLK = 0x08;
const DLEN = 0x0c;
const LTOH = 0x10;
const DC = 0x14;

const CS_SELECT_MASK = 0x3;
const CS_CLEAR_TX = 1 << 4;
const CS_CLEAR_RX = 1 << 5;
const CS_TA = 1 << 7;
const CS_REN = 1 << 12;
const CS_DONE = 1 << 16;
const CS_RXD = 1 << 17;
const CS_TXD = 1 << 18;
const CS_RXR = 1 << 19;
const CS_RXF = 1 << 20;

/** Bits of CS for features that are not modelled. */
const CS_UNIMPLEMENTED: readonly (readonly [number, string])[] = [
  [1 << 2, 'CPHA = 1'],
  [1 << 3, 'CPOL = 1'],
  [1 << 6, 'CSPOL = 1'],
  [1 << 8, 'DMAEN'],
  [1 << 9, 'INTD'],
  [1 << 10, 'INTR'],
  [1 << 11, 'ADCS'],
  [CS_REN, 'REN (bidirectional mode)'],
  [1 << 13, 'LEN (LoSSI mode)'],
  [7 << 21, 'CSPOL0..2 = 1'],
  [1 << 24, 'DMA_LEN'],
  [1 << 25, 'LEN_LONG'],
];

const FIFO_BYTES = 64;
/** Eight for the bits of a byte, and one idle. */
const CLOCKS_PER_BYTE = 9;
const SILICON: Spi0Behaviour = {
  fifoBytes: FIFO_BYTES,
  clocksPerByte: CLOCKS_PER_BYTE,
  receiveLateReads: 0,
  doneLateReads: 0,
  doneSticks: false,
  staleDoneReads: 0,
  neverDone: false,
  misoLimitHertz: 0,
  clearsReadBack: false,
};
/** RXR: the receive FIFO is three quarters full. */
const RXR_FULL_PART = 0.75;
/** On a marginal MISO every 61st edge is missed. */
const MISSED_EDGE = 61;
/** Divider for CDIV = 0. */
const CDIV_MAX = 65536;
const LTOH_RESET = 0x1;
const DC_RESET = 0x30201020;

/** The controller. Only chip select 0 has a device. The others read a silent line. */
export class Spi0 {
  /** Listener on the lines. */
  tap: SpiTap | undefined;
  readonly #clock: VirtualClock;
  readonly #coreClockHertz: number;
  readonly #device: SpiDevice | undefined;
  readonly #missingDeviceByte: number;
  readonly #behaviour: Spi0Behaviour;
  #select = 0;
  #active = false;
  /** REN is set after reset and cleared by the first write. */
  #readEnable = CS_REN;
  #divider = 0;
  readonly #transmit: ByteFifo;
  readonly #receive: ByteFifo;
  #shifting = false;
  /** CLEAR bits that read back. */
  #clears = 0;
  /** Reads of CS until RXD and DONE show the present state. */
  #receiveLateReads = 0;
  #doneLateReads = 0;
  /** Reads of CS that show a DONE of the last transfer. Infinity: until it is written. */
  #staleDoneReads = 0;
  readonly #miso: MarginalLine;
  #selectedDevice: SpiDevice | undefined;

  constructor(options: {
    clock: VirtualClock;
    coreClockHertz: number;
    device?: SpiDevice;
    /** What MISO reads without a device: floating high or held low. */
    missingDeviceByte?: 0x00 | 0xff;
    /** Differences from the silicon. */
    behaviour?: Partial<Spi0Behaviour>;
  }) {
    this.#clock = options.clock;
    this.#coreClockHertz = options.coreClockHertz;
    this.#device = options.device;
    this.#missingDeviceByte = options.missingDeviceByte ?? 0xff;
    this.#behaviour = { ...SILICON, ...options.behaviour };
    this.#transmit = new ByteFifo(this.#behaviour.fifoBytes);
    this.#receive = new ByteFifo(this.#behaviour.fifoBytes);
    this.#miso = new MarginalLine(this.#behaviour.misoLimitHertz);
  }

  /** SCLK at the present divider. */
  get #clockHertz(): number {
    const even = this.#divider & ~1;
    return this.#coreClockHertz / (even === 0 ? CDIV_MAX : even);
  }

  /** Length of one byte on the wire at the present divider, in nanoseconds. */
  get byteNanos(): number {
    // An odd divider is rounded down. 0 means 65536.
    const even = this.#divider & ~1;
    const divider = even === 0 ? CDIV_MAX : even;
    return Math.round((this.#behaviour.clocksPerByte * divider * 1e9) / this.#coreClockHertz);
  }

  read32(offset: number): number {
    this.#clock.runDue();
    switch (offset) {
      case CS:
        return this.#status();
      case FIFO:
        return this.#readFifo();
      case CLK:
        return this.#divider;
      case DLEN:
        return 0;
      case LTOH:
        return LTOH_RESET;
      case DC:
        return DC_RESET;
      default:
        throw new UnimplementedRegister('SPI0', offset, 'read');
    }
  }

  write32(offset: number, value: number): void {
    this.#clock.runDue();
    switch (offset) {
      case CS:
        return this.#writeControl(value);
      case FIFO:
        return this.#writeFifo(value & 0xff);
      case CLK:
        if (this.#shifting) throw new UnimplementedFeature('SPI0', 'changing CLK during a byte');
        this.#divider = value & 0xffff;
        return;
      case DLEN:
        if (value !== 0) throw new UnimplementedFeature('SPI0', 'DLEN, which DMA uses');
        return;
      default:
        throw new UnimplementedRegister('SPI0', offset, 'write');
    }
  }

  #status(): number {
    const { fifoBytes } = this.#behaviour;
    let status = this.#select | this.#readEnable | this.#clears;
    if (this.#transmit.length < fifoBytes) status |= CS_TXD;
    if (this.#receive.length > 0 && this.#receiveLateReads-- <= 0) status |= CS_RXD;
    if (!this.#active) return status;
    status |= CS_TA;
    const isDone = !this.#behaviour.neverDone && !this.#shifting && this.#transmit.length === 0;
    if ((isDone && this.#doneLateReads-- <= 0) || this.#staleDoneReads-- > 0) status |= CS_DONE;
    if (this.#receive.length >= RXR_FULL_PART * fifoBytes) status |= CS_RXR;
    if (this.#receive.length === fifoBytes) status |= CS_RXF;
    return status;
  }

  #writeControl(value: number): void {
    for (const [bits, feature] of CS_UNIMPLEMENTED) {
      if ((value & bits) !== 0) throw new UnimplementedFeature('SPI0', `CS with ${feature}`);
    }
    const select = value & CS_SELECT_MASK;
    if (select === 3) throw new UnimplementedFeature('SPI0', 'chip select 3 (reserved)');
    if (this.#active && select !== this.#select) {
      throw new UnimplementedFeature('SPI0', 'changing the chip select while TA is set');
    }
    if ((value & CS_CLEAR_TX) !== 0) this.#transmit.clear();
    if ((value & CS_CLEAR_RX) !== 0) this.#receive.clear();
    if (this.#behaviour.clearsReadBack) this.#clears = value & (CS_CLEAR_TX | CS_CLEAR_RX);
    this.#select = select;
    this.#readEnable = 0;
    if ((value & CS_DONE) !== 0) this.#staleDoneReads = 0;
    const active = (value & CS_TA) !== 0;
    if (active && !this.#active) this.#begin(this.#clock.now);
    if (!active && this.#active) this.#end(this.#clock.now);
    this.#shiftNext(this.#clock.now);
  }

  #begin(nanos: number): void {
    this.#active = true;
    if (this.#behaviour.staleDoneReads > 0) this.#staleDoneReads = this.#behaviour.staleDoneReads;
    this.#selectedDevice = this.#select === 0 ? this.#device : undefined;
    this.#selectedDevice?.select(nanos);
    this.tap?.selected(nanos);
  }

  #end(nanos: number): void {
    if (this.#shifting) throw new UnimplementedFeature('SPI0', 'clearing TA during a byte');
    this.#active = false;
    this.#selectedDevice?.deselect(nanos);
    this.#selectedDevice = undefined;
    this.tap?.deselected(nanos);
  }

  #readFifo(): number {
    if (this.#receive.length === 0) throw new UnimplementedFeature('SPI0', 'reading an empty FIFO');
    const byte = this.#receive.shift();
    this.#shiftNext(this.#clock.now);
    return byte;
  }

  #writeFifo(byte: number): void {
    if (!this.#active) throw new UnimplementedFeature('SPI0', 'writing FIFO while TA is clear');
    if (this.#transmit.length === this.#behaviour.fifoBytes) {
      throw new UnimplementedFeature('SPI0', 'writing a full FIFO (the byte is lost)');
    }
    this.#transmit.push(byte);
    this.#shiftNext(this.#clock.now);
  }

  /** Starts the next byte if there is one, and room for its answer. */
  #shiftNext(nanos: number): void {
    if (!this.#active || this.#shifting || this.#transmit.length === 0) return;
    if (this.#receive.length === this.#behaviour.fifoBytes) return;
    const mosi = this.#transmit.shift();
    this.#shifting = true;
    if (this.#behaviour.clocksPerByte === 0) return this.#endOfByte(mosi, nanos);
    this.#clock.schedule(nanos + this.byteNanos, (end) => this.#endOfByte(mosi, end));
  }

  #endOfByte(mosi: number, nanos: number): void {
    const sent = this.#selectedDevice?.exchange(mosi, nanos) ?? this.#missingDeviceByte;
    const miso = this.#miso.sample(sent, this.#clockHertz);
    this.#shifting = false;
    if (this.#behaviour.doneSticks && this.#transmit.length === 0) this.#staleDoneReads = Infinity;
    this.#receive.push(miso);
    this.#receiveLateReads = this.#behaviour.receiveLateReads;
    this.#doneLateReads = this.#behaviour.doneLateReads;
    this.tap?.byte(mosi, miso, nanos, this.byteNanos);
    this.#shiftNext(nanos);
  }
}

/**
 * MISO with late edges: above a clock limit every MISSED_EDGE-th edge is missed, and the bit reads as before.
 */
class MarginalLine {
  readonly #limitHertz: number;
  #level = 0;
  #edges = 0;

  constructor(limitHertz: number) {
    this.#limitHertz = limitHertz;
  }

  /** The byte that the master reads. */
  sample(byte: number, hertz: number): number {
    if (this.#limitHertz === 0 || hertz <= this.#limitHertz) return byte;
    let read = 0;
    for (let bit = 7; bit >= 0; bit--) {
      const level = (byte >> bit) & 1;
      const isMissed = level !== this.#level && ++this.#edges % MISSED_EDGE === 0;
      read = (read << 1) | (isMissed ? this.#level : level);
      this.#level = level;
    }
    return read;
  }
}

/** A bounded first-in, first-out queue of bytes. */
class ByteFifo {
  readonly #bytes: Uint8Array;
  #first = 0;
  length = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
  }

  push(byte: number): void {
    this.#bytes[(this.#first + this.length++) % this.#bytes.length] = byte;
  }

  shift(): number {
    const byte = this.#bytes[this.#first];
    this.#first = (this.#first + 1) % this.#bytes.length;
    this.length--;
    return byte;
  }

  clear(): void {
    this.length = 0;
  }
}
