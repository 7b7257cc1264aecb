/**
 * The cell's addresses stand in three places that no compiler compares: what Jailhouse grants
 * (cell-config/rpi4-layout.ts), what the start-up code maps (bsp/rpi4/memory-map.h, which the
 * linker script includes) and what the firmware uses (src/board/rpi4.ts). Here they meet.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConstants, readDefines } from './constants.ts';
import { listFiles, readSource } from './source-tree.ts';

const GRANTED = readConstants(readSource('cell-config/rpi4-layout.ts'));
const MAPPED = readDefines(readSource('bsp/rpi4/memory-map.h'));
const USED = new Map(
  listFiles('src/board', (path) => /\/rpi4[^/]*\.ts$/.test(path)).flatMap((path) => [
    ...readConstants(readSource(path)),
  ]),
);

/** Each number: its name in the cell config, in the C header and in the board (undefined: not there). */
// prettier-ignore
const NUMBERS: readonly (readonly [granted: string, mapped?: string, used?: string])[] = [
  ['CELL_RAM.guestStart', 'RAM_ADDRESS'],
  ['CELL_RAM.size', 'RAM_BYTES'],
  ['CELL_IMAGE_ADDRESS', 'RAM_ADDRESS'],
  ['CELL_COMMAND_LINE.guestStart', 'COMMAND_LINE_ADDRESS', 'COMMAND_LINE_ADDRESS'],
  ['CELL_COMMAND_LINE.size', 'COMMAND_LINE_BYTES'],
  ['CELL_RULES.guestStart', 'RULES_ADDRESS', 'RULES_ADDRESS'],
  ['CELL_RULES.size', 'RULES_BYTES'],
  ['COMMUNICATION_REGION.guestStart', 'COMM_REGION_ADDRESS', 'COMM_REGION_ADDRESS'],
  ['COMMUNICATION_REGION.size', 'COMM_REGION_BYTES'],
  ['IVSHMEM_STATE_TABLE.start', 'IVSHMEM_STATE_TABLE_ADDRESS', 'IVSHMEM_STATE_TABLE_ADDRESS'],
  ['IVSHMEM_STATE_TABLE.size', 'IVSHMEM_STATE_TABLE_BYTES'],
  ['IVSHMEM_READ_WRITE.start', 'IVSHMEM_SECTION_ADDRESS', 'IVSHMEM_SECTION_ADDRESS'],
  ['IVSHMEM_READ_WRITE.size', 'IVSHMEM_SECTION_BYTES', 'IVSHMEM_SECTION_BYTES'],
  ['CONTROL_STATE_TABLE.start', 'CONTROL_STATE_TABLE_ADDRESS', 'CONTROL_STATE_TABLE_ADDRESS'],
  ['CONTROL_STATE_TABLE.size', 'CONTROL_STATE_TABLE_BYTES'],
  ['CONTROL_REQUESTS.start', 'CONTROL_REQUESTS_ADDRESS', 'CONTROL_REQUESTS_ADDRESS'],
  ['CONTROL_REQUESTS.size', 'CONTROL_REQUESTS_BYTES', 'CONTROL_OUTPUT_BYTES'],
  ['CONTROL_STATUS.start', 'CONTROL_STATUS_ADDRESS', 'CONTROL_STATUS_ADDRESS'],
  ['CONTROL_STATUS.size', 'CONTROL_STATUS_BYTES', 'CONTROL_OUTPUT_BYTES'],
  ['GPIO.start', undefined, 'GPIO_ADDRESS'],
  ['SPI0.start', undefined, 'SPI0_ADDRESS'],
  ['GPIO_INTERRUPT', undefined, 'GPIO_INTERRUPT'],
  ['CELL_IVSHMEM_BAR0', undefined, 'IVSHMEM_REGISTERS_ADDRESS'],
];

function numberOf(names: ReadonlyMap<string, number>, name: string, file: string): number {
  const value = names.get(name);
  assert.ok(value !== undefined, `${file} has no number ${name}`);
  return value;
}

describe("the cell's addresses", () => {
  for (const [granted, mapped, used] of NUMBERS) {
    const others = [mapped, used].filter((name) => name !== undefined).join(' and ');
    it(`agree: ${granted} is ${others}`, () => {
      const expected = numberOf(GRANTED, granted, 'cell-config/rpi4-layout.ts');
      if (mapped !== undefined) {
        assert.equal(numberOf(MAPPED, mapped, 'bsp/rpi4/memory-map.h'), expected, mapped);
      }
      if (used !== undefined) assert.equal(numberOf(USED, used, 'src/board'), expected, used);
    });
  }

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
    assert.equal(GRANTED.get('COMMUNICATION_REGION.guestStart'), 0x80000000);
    assert.equal(GRANTED.get('CELL_COMMAND_LINE.guestStart'), 0x1000);
    assert.equal(GRANTED.get('GPIO.start'), 0xfe200000);
    assert.equal(GRANTED.get('SPI0.start'), 0xfe204000);
  });

  it('put the read-write section right after the state table, as the ivshmem ABI asks', () => {
    const table = numberOf(GRANTED, 'IVSHMEM_STATE_TABLE.start', 'cell-config');
    const tableBytes = numberOf(GRANTED, 'IVSHMEM_STATE_TABLE.size', 'cell-config');
    assert.equal(GRANTED.get('IVSHMEM_READ_WRITE.start'), table + tableBytes);
  });

  it('put the two output sections right after the control state table, in the order of the peers', () => {
    const control = numberOf(GRANTED, 'CONTROL_STATE_TABLE.start', 'cell-config');
    // Root is peer 0, the cell peer 1; the read-write section is empty.
    assert.equal(GRANTED.get('CONTROL_REQUESTS.start'), control + 0x1000);
    assert.equal(GRANTED.get('CONTROL_STATUS.start'), control + 0x1000 + 0x20000);
  });
});
