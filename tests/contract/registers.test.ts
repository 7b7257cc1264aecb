// SPDX-License-Identifier: MIT
/**
 * Firmware and twin each define the registers they use, from the datasheet and apart from each
 * other. Here the two lists meet: a name that both have must have one value.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConstants } from './constants.ts';
import { listFiles, readSource } from './source-tree.ts';

interface Device {
  readonly title: string;
  readonly firmware: readonly string[];
  readonly twin: readonly string[];
  /**
   * Prefixes that the firmware adds and the twin does not need (its files are one device each).
   */
  readonly prefix: RegExp;
  /** Brings a value of the twin into the firmware's form, where the two write it differently. */
  readonly toFirmwareForm: (name: string, value: number) => number;
  /** Names that both sides must have, so that a renamed file does not empty the comparison. */
  readonly required: readonly string[];
  /** Least number of common names. */
  readonly leastCommon: number;
}

const DEVICES: readonly Device[] = [
  {
    title: 'MCP2515',
    firmware: ['src/driver/mcp2515'],
    twin: ['twin/chip'],
    prefix: /^INSTRUCTION_/,
    // Operation modes: the twin names the three-bit field, the firmware the bits in their place.
    toFirmwareForm: (name, value) => (name.startsWith('MODE_') ? value << 5 : value),
    required: [
      ...['CANSTAT', 'CANCTRL', 'CNF1', 'CNF2', 'CNF3', 'CANINTE', 'CANINTF', 'EFLG'],
      ...['TXB0CTRL', 'RXB0CTRL', 'RXB1CTRL', 'MODE_NORMAL', 'MODE_CONFIGURATION'],
      ...['RESET', 'READ', 'WRITE', 'BIT_MODIFY', 'READ_STATUS', 'RX_STATUS', 'RTS'],
      ...['READ_RX_BUFFER', 'LOAD_TX_BUFFER'],
    ],
    leastCommon: 30,
  },
  {
    title: 'BCM2711 SPI0 and GPIO',
    firmware: ['src/chip/bcm2711'],
    twin: ['twin/soc'],
    prefix: /^SPI_/,
    toFirmwareForm: (_name, value) => value,
    required: [
      ...['GPEDS0', 'GPLEN0'],
      ...[
        'GPLEV0',
        'CS',
        'FIFO',
        'CLK',
        'CS_CLEAR_TX',
        'CS_CLEAR_RX',
        'CS_TA',
        'CS_DONE',
        'CS_RXD',
      ],
      ...['FIFO_BYTES', 'CLOCKS_PER_BYTE'],
    ],
    leastCommon: 11,
  },
  {
    title: 'GIC-400',
    firmware: ['src/chip/gic400'],
    twin: ['twin/gic'],
    prefix: /^$/,
    toFirmwareForm: (_name, value) => value,
    required: [
      ...['GICD_ISENABLER', 'GICD_ICENABLER', 'GICD_ICFGR', 'ICFGR_EDGE'],
      ...['GICC_CTLR', 'GICC_PMR', 'GICC_IAR', 'GICC_EOIR', 'CTLR_ENABLE', 'INTID_MASK'],
      ...['VIRTUAL_TIMER_INTERRUPT'],
    ],
    leastCommon: 11,
  },
];

/** All constants below the folders; a name that has two values on one side is a fault. */
function collect(folders: readonly string[], prefix = /^$/): Map<string, number> {
  const all = new Map<string, number>();
  for (const path of folders.flatMap((folder) =>
    listFiles(folder, (name) => name.endsWith('.ts')),
  )) {
    for (const [fullName, value] of readConstants(readSource(path))) {
      const name = fullName.replace(prefix, '');
      assert.equal(all.get(name) ?? value, value, `${path}: ${name} has two values on one side`);
      all.set(name, value);
    }
  }
  return all;
}

function hex(value: number | undefined): string {
  return `0x${(value ?? 0).toString(16)}`;
}

describe('register definitions of firmware and twin', () => {
  for (const { title, firmware, twin, prefix, toFirmwareForm, required, leastCommon } of DEVICES) {
    it(`agree for ${title}`, () => {
      const ours = collect(firmware, prefix);
      const theirs = new Map(
        [...collect(twin)].map(([name, value]) => [name, toFirmwareForm(name, value)]),
      );
      const common = [...ours.keys()].filter((name) => theirs.has(name));
      for (const name of required) assert.ok(common.includes(name), `${name} is not on both sides`);
      assert.ok(
        common.length >= leastCommon,
        `only ${common.length} common names: ${common.join(' ')}`,
      );
      const different = common
        .filter((name) => ours.get(name) !== theirs.get(name))
        .map((name) => `${name}: firmware ${hex(ours.get(name))}, twin ${hex(theirs.get(name))}`);
      assert.deepEqual(different, []);
    });
  }

  it('are read with their bits, masks, casts and enums', () => {
    const constants = readConstants(`
      export const CANINTF: u32 = 0x2c;
      const CANINTF_RX0IF = 1 << 0, CANINTF_BOTH = (CANINTF_RX0IF | 0x02) as number;
      export const BASE: u32 = <u32>(0xfe200000 + 4 * 2);
      export enum Mode { Normal = 0, Configuration = 0x80 }
      const REGION = { start: 0x1000, size: BASE } as const;
      const unreadable = somewhere();
    `);
    assert.deepEqual(Object.fromEntries(constants), {
      CANINTF: 0x2c,
      CANINTF_RX0IF: 1,
      CANINTF_BOTH: 3,
      BASE: 0xfe200008,
      'Mode.Normal': 0,
      'Mode.Configuration': 0x80,
      'REGION.start': 0x1000,
      'REGION.size': 0xfe200008,
    });
  });
});
