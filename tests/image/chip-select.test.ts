// SPDX-License-Identifier: MIT
/**
 * Chip select stays high for 50 ns between two transactions (DS20001801J, table 13-6, parameter 3: CS
 * disable time), on a core and a bus that are faster than the modelled ones: 0.4 ns an instruction, which
 * is 2.5 a nanosecond, and stores that are gone after 5 ns.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { openRig } from '../../lab/rig/open-rig.ts';

const MILLISECOND = 1_000_000;
const DISABLE_NANOS = 50;
const FAST = { ...RASPBERRY_PI_4_TIMING, nanosPerInstruction: 0.4, deviceWriteNanos: 5 };

const RULES = `
version: 1
rules:
  - name: fixed
    match: { id: 0x1A0 }
    answer: { id: 0x1A1, data: [0x01, 0x00, 0x64, 0xA5] }
  - name: computed
    match: { id: 0x2B0, data: [~, ~] }
    answer: { id: 0x2B1, length: 8, data: [0x50], copy: [{ from: 0, to: 1, count: 2 }] }
    forward: true
  - name: read
    match: { id: 0x2C0 }
    answer: { id: 0x2C1, length: 8, data: [0x50], copy: [{ from: 0, to: 1, count: 2 }] }
`;
const IDENTIFIERS = [0x1a0, 0x2b0, 0x2c0, 0x333];

for (const [what, settings] of [
  ['INT read from its pin', 'errors=1'],
  ['INT read over SPI', 'int=spi'],
  ['three transmit buffers', 'triple=1'],
] as const) {
  it(`chip select is high for ${DISABLE_NANOS} ns between two transactions: ${what}`, async () => {
    const rig = await openRig({ engine: 'image', rules: RULES, settings, timing: FAST });
    for (let index = 0; index < 60; index++) {
      const identifier = IDENTIFIERS[index % IDENTIFIERS.length];
      rig.send({ identifier, data: [index, 1, 2, 3, 4, 5, 6, 7] }, index * 150_000);
      if (index % 5 === 0) rig.sendFromAgl({ identifier: 0x100 + index, data: [index] });
    }
    rig.run(30 * MILLISECOND);
    rig.board.chip.brownOut(rig.now);
    rig.run(30 * MILLISECOND);
    const shortest = new Map<string, number>();
    for (const [index, next] of rig.transactions.entries()) {
      if (index === 0) continue;
      const last = rig.transactions[index - 1];
      const pair = `${last.mosi[0].toString(16)} before ${next.mosi[0].toString(16)}`;
      const gap = next.selectNanos - last.deselectNanos;
      shortest.set(pair, Math.min(gap, shortest.get(pair) ?? Infinity));
    }
    assert.ok(rig.transactions.length > 300, `${rig.transactions.length} transactions`);
    const short = [...shortest].filter(([, nanos]) => nanos < DISABLE_NANOS);
    assert.deepEqual(short, []);
    rig.close();
  });
}
