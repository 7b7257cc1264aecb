// SPDX-License-Identifier: MIT
/**
 * The cell's addresses: cell-config/rpi4-layout.ts is the one place that has them, the build makes what the
 * start-up code maps and what the firmware uses from it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as RPI4 from '../../cell-config/rpi4-layout.ts';
import { readSource } from './source-tree.ts';

describe("the cell's addresses", () => {
  it('stand in the linker script by the names of the header, not as numbers of their own', () => {
    const script = readSource('bsp/rpi4/canwarden.ld');
    assert.match(script, /#include "memory-map\.h"/);
    assert.match(script, /\. = GUEST_VIEW_ADDRESS \+ RAM_ADDRESS;/);
    assert.match(script, /AT\(RAM_ADDRESS\)/);
    assert.match(script, /<= GUEST_VIEW_ADDRESS \+ RULES_ADDRESS/);
    assert.doesNotMatch(script.replace(/\/\*[^]*?\*\//g, ''), /0x[0-9a-f]{4,}/i);
  });

  it('follow the binding with Jailhouse and the board', () => {
    // Jailhouse configs/arm64/rpi4.c and BCM2711: not chosen by this project.
    assert.equal(RPI4.COMMUNICATION_REGION.guestStart, 0x80000000);
    assert.equal(RPI4.CELL_COMMAND_LINE.guestStart, 0x1000);
    assert.equal(RPI4.GPIO.start, 0xfe200000);
    assert.equal(RPI4.SPI0.start, 0xfe204000);
  });

  it('put the read-write section right after the state table, as the ivshmem ABI asks', () => {
    const { start, size } = RPI4.IVSHMEM_STATE_TABLE;
    assert.equal(RPI4.IVSHMEM_READ_WRITE.start, start + size);
  });

  it('put the two output sections right after the control state table, in the order of the peers', () => {
    const control = RPI4.CONTROL_STATE_TABLE.start;
    // Root is peer 0, the cell peer 1; the read-write section is empty.
    assert.equal(RPI4.CONTROL_REQUESTS.start, control + 0x1000);
    assert.equal(RPI4.CONTROL_STATUS.start, control + 0x1000 + 0x20000);
  });
});
