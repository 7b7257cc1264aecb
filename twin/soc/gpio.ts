/**
 * BCM2711 GPIO block as the firmware of the board leaves it: pins 8..11 on SPI0, the rest inputs.
 *
 * Used by: the machine (page 0xfe200000). The cell has the page read-only; that is the machine's to enforce.
 * Does not: drive pins. Set, clear, edge detection and pulls are Linux's, and throw here.
 */
import { UnimplementedFeature, UnimplementedRegister } from '../unimplemented.ts';

// BCM2711 ARM peripherals, chapter 5 (facts: jailhouse-virtio.md section G).
const GPFSEL0 = 0x00;
const GPFSEL5 = 0x14;
const GPLEV0 = 0x34;
const GPLEV1 = 0x38;
const PIN_COUNT = 58;
const PINS_PER_GPFSEL = 10;
const BITS_PER_FUNCTION = 3;
const FUNCTION_INPUT = 0;
const FUNCTION_ALT0 = 4;
/** `gpio=8-11=a0` in config.txt: CE0, MISO, MOSI, SCLK. */
const SPI0_PINS = [8, 9, 10, 11];
/** Levels of an idle board: chip selects and interrupt lines are pulled up. */
const IDLE_HIGH_PINS = [7, 8, 25];

/** The block. Levels change only by `setLevel`, called by whatever is wired to a pin. */
export class Gpio {
  /** Low word: pins 0..31, high word: the rest. */
  readonly #levels = new Uint32Array(2);
  readonly #functions = new Uint8Array(PIN_COUNT).fill(FUNCTION_INPUT);

  constructor() {
    for (const pin of SPI0_PINS) this.#functions[pin] = FUNCTION_ALT0;
    for (const pin of IDLE_HIGH_PINS) this.setLevel(pin, true);
  }

  /** Level seen at a pin from now on. */
  setLevel(pin: number, high: boolean): void {
    if (!Number.isInteger(pin) || pin < 0 || pin >= PIN_COUNT) {
      throw new RangeError(`GPIO ${pin} is outside 0..${PIN_COUNT - 1}`);
    }
    const word = pin >>> 5;
    const bit = (1 << (pin & 31)) >>> 0;
    if (high) this.#levels[word] |= bit;
    else this.#levels[word] &= ~bit;
  }

  /** A 32-bit read. UnimplementedRegister for anything but GPFSELn and GPLEVn. */
  read32(offset: number): number {
    if (offset === GPLEV0) return this.#levels[0];
    if (offset === GPLEV1) return this.#levels[1];
    if (offset >= GPFSEL0 && offset <= GPFSEL5 && offset % 4 === 0) {
      return this.#functionSelect(offset / 4);
    }
    throw new UnimplementedRegister('GPIO', offset, 'read');
  }

  /** Nothing on this board writes here: a cell that gets this far has a wrong cell file. */
  write32(offset: number, value: number): void {
    if (offset >= GPFSEL0 && offset <= GPFSEL5 && offset % 4 === 0) {
      throw new UnimplementedFeature(
        'GPIO',
        `changing a pin's function (GPFSEL${offset / 4} = 0x${(value >>> 0).toString(16)})`,
      );
    }
    throw new UnimplementedRegister('GPIO', offset, 'write');
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
