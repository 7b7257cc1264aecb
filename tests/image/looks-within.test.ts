// SPDX-License-Identifier: MIT
/**
 * SPI work that gives way looks at INT while each byte is on the wire: between two looks there is a store to
 * the FIFO, the answer of the byte before, and a read of CS.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openRig } from '../../lab/rig/open-rig.ts';

const MILLISECOND = 1_000_000;
/** BCM2711 peripherals, chapter 5. */
const GPLEV0 = 0xfe200034;
/** docs/timing-budget.md, the model: a read of CS, a store, a read of the FIFO, the look; some instructions. */
const BETWEEN_LOOKS_NANOS = 100 + 40 + 100 + 100 + 60;

it(`work that gives way looks at INT every ${BETWEEN_LOOKS_NANOS} ns`, async () => {
  const rig = await openRig({ engine: 'image' });
  const { machine, clock, chip } = rig.board;
  const read = machine.readDevice.bind(machine);
  const select = chip.select.bind(chip);
  const deselect = chip.deselect.bind(chip);
  const gaps: number[] = [];
  let isSelected = false;
  let lastNanos: number | undefined;
  chip.select = (nanos) => {
    isSelected = true;
    lastNanos = undefined;
    select(nanos);
  };
  chip.deselect = (nanos) => {
    isSelected = false;
    deselect(nanos);
  };
  machine.readDevice = (address, size) => {
    const value = read(address, size);
    if (address !== GPLEV0) return value;
    if (lastNanos !== undefined && isSelected) gaps.push(clock.now - lastNanos);
    lastNanos = clock.now;
    return value;
  };
  // Two full looks at the fault state.
  rig.run(21 * MILLISECOND);
  rig.close();
  assert.ok(gaps.length > 20, `${gaps.length} bytes`);
  assert.ok(Math.max(...gaps) <= BETWEEN_LOOKS_NANOS, `${Math.max(...gaps)} ns`);
});
