// SPDX-License-Identifier: MIT
/**
 * BCM2711 GPIO block as the board's firmware leaves it: pins 8..11 on SPI0, the rest inputs.
 *
 * Low-level detection of pins 0..27 raises the interrupt of that bank (BCM2711 ARM Peripherals, 5.2, GPLENn
 * and GPEDSn: an event stays set if it is cleared while its pin is still low). The machine enforces whether
 * the cell may write.
 * Does not: drive pins. Set, clear and the other detections are Linux's, and throw here. Pulls can be read.
 */
import { UnimplementedFeature, UnimplementedRegister } from '../unimplemented.ts';

// BCM2711 ARM Peripherals, chapter 5.
const GPFSEL0 = 0x00;
const GPFSEL5 = 0x14;
const GPLEV0 = 0x34;
const GPLEV1 = 0x38;
const GPEDS0 = 0x40;
const GPLEN0 = 0x70;
/** GPIO_PUP_PDN_CNTRL_REG0 to 3: two bits for each pin, 1 up, 2 down. */
const PULLS_FIRST = 0xe4;
const PULLS_LAST = 0xf0;
const PINS_PER_PULL = 16;
/** The pins whose events raise the block's first interrupt. */
const FIRST_BANK_PINS = 0x0fff_ffff;
const PIN_COUNT = 58;
const PINS_PER_GPFSEL = 10;
const BITS_PER_FUNCTION = 3;
const FUNCTION_INPUT = 0;
const FUNCTION_ALT0 = 4;
const PULL_UP = 1;
/** `gpio=25=ip,pu` in config.txt. */
const PULLED_UP_PINS = [25];
/** `gpio=8-11=a0` in config.txt: CE0, MISO, MOSI, SCLK. */
const SPI0_PINS = [8, 9, 10, 11];
/** Levels of an idle board: chip selects and interrupt lines are pulled up. */
const IDLE_HIGH_PINS = [7, 8, 25];

/** The block. Levels change only by `setLevel`, called by the device wired to the pin. */
export class Gpio {
  /** Low word: pins 0..31, high word: the rest. */
  readonly #levels = new Uint32Array(2);
  readonly #functions = new Uint8Array(PIN_COUNT).fill(FUNCTION_INPUT);
  readonly #pulls = new Uint8Array(PIN_COUNT);

  /** Called with the level of the interrupt line of pins 0..27. */
  onInterrupt?: (high: boolean) => void;
  #lowDetect = 0;
  #events = 0;

  constructor() {
    for (const pin of SPI0_PINS) this.#functions[pin] = FUNCTION_ALT0;
    for (const pin of PULLED_UP_PINS) this.#pulls[pin] = PULL_UP;
    for (const pin of IDLE_HIGH_PINS) this.setLevel(pin, true);
  }

  /** Another line of config.txt: function (0 input, 1 output, 4 ALT0) and pull (0 none, 1 up, 2 down) of a pin. */
  configure(pin: number, { function: value, pull }: { function?: number; pull?: number }): void {
    if (value !== undefined) this.#functions[pin] = value;
    if (pull !== undefined) this.#pulls[pin] = pull;
  }

  /** Sets the level at a pin. */
  setLevel(pin: number, high: boolean): void {
    if (!Number.isInteger(pin) || pin < 0 || pin >= PIN_COUNT) {
      throw new RangeError(`GPIO ${pin} is outside 0..${PIN_COUNT - 1}`);
    }
    const word = pin >>> 5;
    const bit = (1 << (pin & 31)) >>> 0;
    if (high) this.#levels[word] |= bit;
    else this.#levels[word] &= ~bit;
    this.#detect();
  }

  /** A 32-bit read. UnimplementedRegister for anything but GPFSELn, GPLEVn, GPEDS0, GPLEN0 and pulls. */
  read32(offset: number): number {
    if (offset === GPLEV0) return this.#levels[0];
    if (offset === GPLEV1) return this.#levels[1];
    if (offset === GPEDS0) return this.#events;
    if (offset === GPLEN0) return this.#lowDetect;
    if (offset >= GPFSEL0 && offset <= GPFSEL5 && offset % 4 === 0) {
      return this.#functionSelect(offset / 4);
    }
    if (offset >= PULLS_FIRST && offset <= PULLS_LAST && offset % 4 === 0) {
      return this.#pullWord((offset - PULLS_FIRST) / 4);
    }
    throw new UnimplementedRegister('GPIO', offset, 'read');
  }

  /** GPEDS0 (ones clear events) and GPLEN0. Throws for all others, which the cell must not use. */
  write32(offset: number, value: number): void {
    if (offset === GPEDS0) {
      this.#events = (this.#events & ~value) >>> 0;
      this.#detect();
      return;
    }
    if (offset === GPLEN0) {
      this.#lowDetect = value >>> 0;
      this.#detect();
      return;
    }
    if (offset >= GPFSEL0 && offset <= GPFSEL5 && offset % 4 === 0) {
      throw new UnimplementedFeature(
        'GPIO',
        `changing a pin's function (GPFSEL${offset / 4} = 0x${(value >>> 0).toString(16)})`,
      );
    }
    throw new UnimplementedRegister('GPIO', offset, 'write');
  }

  /** Sets the event of each watched pin that is low. A cleared event thus returns while its pin is low. */
  #detect(): void {
    this.#events = (this.#events | (this.#lowDetect & ~this.#levels[0])) >>> 0;
    this.onInterrupt?.((this.#events & FIRST_BANK_PINS) !== 0);
  }

  #pullWord(index: number): number {
    const pulls = this.#pulls.subarray(index * PINS_PER_PULL, (index + 1) * PINS_PER_PULL);
    return pulls.reduce((word, pull, slot) => word | (pull << (2 * slot)), 0) >>> 0;
  }

  #functionSelect(index: number): number {
    let word = 0;
    for (let slot = 0; slot < PINS_PER_GPFSEL; slot++) {
      const pin = index * PINS_PER_GPFSEL + slot;
      if (pin < PIN_COUNT) word |= this.#functions[pin] << (slot * BITS_PER_FUNCTION);
    }
    return word >>> 0;
  }
}
