// SPDX-License-Identifier: MIT
/** The cell file is enforced: what it does not grant parks the cell, as Jailhouse would. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Cell, MemoryRegion } from '../../cell-config/format/model.ts';
import { framesOf, logOf, onBothEngines, play } from './play.ts';

const SPI0 = 0xfe204000;
const GPIO = 0xfe200000;
const READ_WRITE_SECTION = 0x0aa21000;
const STATUS_PAGE = 0x0aa91000;
const FLAG_WRITE = 2;
const CELL_FAILED = 3;

/** A cell in which `change` was applied to the region that starts at `start`. */
const withRegion =
  (start: number, change: (region: MemoryRegion) => MemoryRegion) =>
  (cell: Cell): Cell => ({
    ...cell,
    memoryRegions: cell.memoryRegions.map((region) =>
      region.virtualStart === start ? change(region) : region,
    ),
  });

onBothEngines('the walls of the cell file', (engine) => {
  for (const [what, changeCell, says] of [
    [
      'without the SPI0 page',
      withRegion(SPI0, (region) => ({ ...region, size: 0 })),
      /data (read|write).* at 0xfe2040[0-9a-f]{2}: in no memory region/,
    ],
    [
      'without the GPIO page',
      withRegion(GPIO, (region) => ({ ...region, size: 0 })),
      /data read.* at 0xfe200034: in no memory region/,
    ],
    [
      'with a R/W section that it may only read',
      withRegion(READ_WRITE_SECTION, (region) => ({ ...region, flags: region.flags - FLAG_WRITE })),
      /data write.* at 0xaa21[0-9a-f]{3}: /,
    ],
    [
      'with a status page that it may only read',
      withRegion(STATUS_PAGE, (region) => ({ ...region, flags: region.flags - FLAG_WRITE })),
      /data write.* at 0xaa91000: /,
    ],
  ] as const) {
    it(`parks a cell ${what}, and says what it did`, async () => {
      const result = await play(engine, { bus: logOf('ecu', '0.0 1A0#01'), changeCell });
      assert.equal(result.cellEnd, 'parked');
      assert.equal(result.cellStateBefore, CELL_FAILED);
      const lines = result.console.filter(({ source }) => source === 'hypervisor');
      assert.match(lines[0]?.text ?? '', says);
      assert.match(lines[1]?.text ?? '', /^Parking CPU 3/);
      assert.ok(!framesOf(result.busLog).some((line) => line.startsWith('canwarden')));
    });
  }
});
