// SPDX-License-Identifier: MIT
/**
 * The cell's addresses: cell-config/rpi4-layout.ts is the one place that has them, the build makes what the
 * start-up code maps and what the firmware uses from it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ElfFile } from '../../cell-config/image/elf-file.ts';
import { readElf } from '../../cell-config/image/elf.ts';
import * as RPI4 from '../../cell-config/rpi4-layout.ts';

describe("the cell's addresses", () => {
  it('are those of the linked image: its load addresses, the view of the program, the windows', () => {
    const file = readFileSync('build/canwarden.elf');
    const [{ virtualAddress, physicalAddress }] = new ElfFile(file).segments;
    assert.equal(physicalAddress, RPI4.CELL_RAM.guestStart);
    const view = virtualAddress - physicalAddress;
    const { entry, symbols } = readElf(file);
    assert.equal(entry, RPI4.CELL_RAM.guestStart);
    assert.equal(symbols.get('__ivshmem_section'), view + RPI4.IVSHMEM_READ_WRITE.start);
    assert.ok((symbols.get('__cell_end') ?? Infinity) <= RPI4.CELL_RULES.guestStart);
  });

  it('follow the binding with Jailhouse and the board', () => {
    // Jailhouse configs/arm64/rpi4.c and BCM2711: not chosen by this project.
    assert.equal(RPI4.COMMUNICATION_REGION.guestStart, 0x80000000);
    assert.equal(RPI4.CELL_COMMAND_LINE.guestStart, 0x1000);
    assert.equal(RPI4.GPIO.start, 0xfe200000);
    assert.equal(RPI4.SPI0.start, 0xfe204000);
  });

  it('of all that the two cells take lie in the regions that the helper looks at', () => {
    const end = ({ start, size }: { start: number; size: number }): number => start + size;
    for (const part of [
      RPI4.IVSHMEM_STATE_TABLE,
      RPI4.IVSHMEM_READ_WRITE,
      RPI4.CONTROL_STATE_TABLE,
      RPI4.CONTROL_REQUESTS,
      RPI4.CONTROL_STATUS,
    ]) {
      assert.ok(part.start >= RPI4.SHARED_MEMORY.start && end(part) <= end(RPI4.SHARED_MEMORY));
    }
    assert.equal(RPI4.CELL_RAM.physicalStart, RPI4.CARD_RESERVATION.start);
    assert.equal(end(RPI4.HYPERVISOR_MEMORY), end(RPI4.CARD_RESERVATION));
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
