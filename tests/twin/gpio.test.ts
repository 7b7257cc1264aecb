// SPDX-License-Identifier: MIT
/** GPIO events: low-level detection as BCM2711 ARM Peripherals 5.2 has it (GPLEN0, GPEDS0). */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Gpio } from '../../twin/soc/gpio.ts';
import { UnimplementedFeature, UnimplementedRegister } from '../../twin/unimplemented.ts';

const GPLEV0 = 0x34;
const GPEDS0 = 0x40;
const GPLEN0 = 0x70;
const INT = 25;
const MASK = 1 << INT;

let gpio: Gpio;
let line: boolean[];

beforeEach(() => {
  gpio = new Gpio();
  line = [];
  gpio.onInterrupt = (high) => {
    if (line.at(-1) !== high) line.push(high);
  };
});

describe('low-level detection', () => {
  it('raises the interrupt when a watched pin goes low, and keeps it when the pin is high again', () => {
    gpio.write32(GPLEN0, MASK);
    assert.equal(gpio.read32(GPEDS0), 0);
    gpio.setLevel(INT, false);
    assert.equal(gpio.read32(GPLEV0) & MASK, 0);
    assert.equal(gpio.read32(GPEDS0), MASK);
    gpio.setLevel(INT, true);
    assert.equal(gpio.read32(GPEDS0), MASK);
    assert.deepEqual(line, [false, true]);
  });

  it('is cleared by a one, but not while the pin is low', () => {
    gpio.write32(GPLEN0, MASK);
    gpio.setLevel(INT, false);
    gpio.write32(GPEDS0, MASK);
    assert.equal(gpio.read32(GPEDS0), MASK, 'still low');
    gpio.setLevel(INT, true);
    gpio.write32(GPEDS0, 0);
    assert.equal(gpio.read32(GPEDS0), MASK, 'zeros clear nothing');
    gpio.write32(GPEDS0, MASK);
    assert.equal(gpio.read32(GPEDS0), 0);
    assert.deepEqual(line, [false, true, false]);
  });

  it('sees a pin that is low already when it is switched on, and none that is not watched', () => {
    gpio.setLevel(INT, false);
    assert.equal(gpio.read32(GPEDS0), 0);
    gpio.write32(GPLEN0, MASK);
    assert.equal(gpio.read32(GPLEN0), MASK);
    assert.equal(gpio.read32(GPEDS0), MASK);
  });

  it('of a pin from 28 on is another interrupt, not the one of pins 0 to 27', () => {
    gpio.write32(GPLEN0, 1 << 28);
    assert.equal(gpio.read32(GPEDS0), 1 << 28, 'low');
    assert.deepEqual(line, [false]);
  });

  it('is all there is: edges, other banks, levels and functions cannot be set', () => {
    for (const offset of [0x4c, 0x58, 0x64, 0x7c, 0x88, 0x44, 0x74, 0x1c, 0x28, 0xe4]) {
      assert.throws(() => gpio.write32(offset, MASK), UnimplementedRegister, offset.toString(16));
    }
    assert.throws(() => gpio.write32(0x08, 0), UnimplementedFeature);
  });
});
