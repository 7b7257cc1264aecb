// SPDX-License-Identifier: MIT
/**
 * Faults of wiring, board and chip that the twin can play, and the one finding of the self test that each leads to.
 *
 * Made from it: `npm run twin -- --selftest --fault NAME`, the table of docs/self-test.md, and a test each.
 */
import type { SelfTestName } from '../../formats/self-test.ts';
import type { SelfTestOptions } from './run.ts';

export interface PlayedFault {
  readonly what: string;
  /** The test whose line names it, and the number of the finding. */
  readonly test: SelfTestName;
  readonly number: number;
  readonly options: SelfTestOptions;
  /** Another line that this fault must have as well, as `TEST NUMBER`. */
  readonly also?: string;
}

type Faults = NonNullable<SelfTestOptions['faults']>;
type Defects = NonNullable<Faults['defects']>;

const board = (faults: Faults): SelfTestOptions => ({ faults });
const wires = (broken: Faults['wires']): SelfTestOptions => board({ wires: broken });
const chip = (defects: Defects): SelfTestOptions => board({ defects });
const stuck = (address: number, bits: number, high: boolean): SelfTestOptions =>
  chip({ stuckBits: { address, bits, high } });

// Register addresses: DS20001801J, table 11-1.
const CNF2 = 0x29;
const CANINTE = 0x2b;
const RXF4SIDH = 0x14;
const TXB0D3 = 0x39;
const TXB1DLC = 0x45;
const TXB2SIDH = 0x51;
const RXB0D7 = 0x6d;
const RXB1EID8 = 0x73;

// prettier-ignore
export const PLAYED_FAULTS = {
  'spi-not-muxed': { what: 'GPIO 8 to 11 are inputs: no `gpio=8-11=a0` in config.txt', test: 'pins', number: 1, options: board({ pins: [8, 9, 10, 11].map((pin) => ({ pin, function: 0 })), missingChipByte: 0x00 }) },
  'mosi-not-muxed': { what: 'GPIO 10 is on another function', test: 'pins', number: 1, options: board({ pins: [{ pin: 10, function: 1 }], missingChipByte: 0x00 }) },
  'int-is-output': { what: 'GPIO 25 is an output', test: 'pins', number: 2, options: board({ pins: [{ pin: 25, function: 1 }] }) },
  'int-pulled-down': { what: 'GPIO 25 is pulled down', test: 'pull', number: 1, options: board({ pins: [{ pin: 25, pull: 2 }] }) },
  'int-no-pull': { what: 'GPIO 25 has no pull', test: 'pull', number: 1, options: board({ pins: [{ pin: 25, pull: 0 }] }) },
  'spi-stops': { what: 'the SPI block never says that a transfer has ended', test: 'spi', number: 1, options: { spi0: { neverDone: true } } },
  'core-clock-low': { what: 'the core clock is at 250 MHz: no `core_freq_min`', test: 'spi', number: 2, options: { coreClockHertz: 250_000_000 } },
  'core-clock-high': { what: 'the core clock is at 550 MHz: a 4K screen', test: 'spi', number: 2, options: { coreClockHertz: 550_000_000 } },
  'mosi-low': { what: 'MOSI is short to ground', test: 'chip', number: 1, options: wires({ mosiStuck: 0 }) },
  'mosi-high': { what: 'MOSI is short to 3.3 V', test: 'chip', number: 1, options: wires({ mosiStuck: 1 }) },
  'ce-never-falls': { what: 'CE0 does not reach the chip', test: 'chip', number: 1, options: wires({ selectStuck: 'high' }) },
  'ce-never-rises': { what: 'CE0 is short to ground', test: 'chip', number: 1, options: wires({ selectStuck: 'low' }) },
  'sclk-broken': { what: 'SCLK does not reach the chip', test: 'chip', number: 1, options: wires({ clockBroken: true }) },
  'chip-0x00': { what: 'no chip, or no supply: it answers 0x00', test: 'chip', number: 1, options: board({ missingChipByte: 0x00 }) },
  'chip-0xff': { what: 'no chip: it answers 0xff', test: 'chip', number: 1, options: board({ missingChipByte: 0xff }) },
  'crystal-dead': { what: 'the crystal does not oscillate', test: 'chip', number: 1, options: board({ crystalStartNanos: 3_600e9 }) },
  'miso-low': { what: 'MISO is short to ground', test: 'miso', number: 1, options: wires({ misoStuck: 0 }) },
  'miso-high': { what: 'MISO is short to 3.3 V', test: 'miso', number: 1, options: wires({ misoStuck: 1 }) },
  'int-not-wired': { what: 'INT does not reach GPIO 25', test: 'int', number: 1, options: board({ interrupt: 'open' }) },
  'int-short': { what: 'INT is short to ground', test: 'int', number: 2, options: board({ interrupt: 'low' }) },
  'int-on-24': { what: 'INT is wired to GPIO 24', test: 'int', number: 3, options: board({ interrupt: { pin: 24 } }) },
  'clock-too-fast': { what: 'MISO comes too late above 6 MHz: long wires', test: 'clock', number: 1, options: { spi0: { misoLimitHertz: 6_000_000 } } },
  'cnf2-bit-low': { what: 'bit 4 of CNF2 cannot be set', test: 'registers', number: 1, options: stuck(CNF2, 0x10, false) },
  'caninte-bit-high': { what: 'bit 7 of CANINTE cannot be cleared', test: 'registers', number: 1, options: stuck(CANINTE, 0x80, true) },
  'filter-bit-low': { what: 'bit 0 of RXF4SIDH cannot be set', test: 'registers', number: 1, options: stuck(RXF4SIDH, 0x01, false) },
  'filters-aliased': { what: 'a write to RXF1 also reaches RXF5', test: 'registers', number: 1, options: chip({ aliased: { from: 0x04, to: 0x18 } }) },
  'txb0-bit-high': { what: 'bit 6 of TXB0D3 cannot be cleared', test: 'txb0', number: 1, options: stuck(TXB0D3, 0x40, true) },
  'txb1-bit-low': { what: 'bit 3 of TXB1DLC cannot be set', test: 'txb1', number: 1, options: stuck(TXB1DLC, 0x08, false) },
  'txb2-bit-low': { what: 'bit 0 of TXB2SIDH cannot be set', test: 'txb2', number: 1, options: stuck(TXB2SIDH, 0x01, false) },
  'txb1-silent': { what: 'transmit buffer 1 never sends', test: 'txb1', number: 2, options: chip({ silentBuffer: 1 }) },
  'rxb0-bit-low': { what: 'bit 7 of RXB0D7 never reads 1', test: 'rxb0', number: 2, options: stuck(RXB0D7, 0x80, false) },
  'rxb1-bit-high': { what: 'bit 0 of RXB1EID8 never reads 0', test: 'rxb1', number: 2, options: stuck(RXB1EID8, 0x01, true) },
  'rxb1-kept': { what: 'reading does not free receive buffer 1', test: 'rxb1', number: 3, options: chip({ keptBuffer: 1 }) },
  'no-rollover': { what: 'the second of two frames does not roll over', test: 'rollover', number: 1, options: chip({ noRollover: true }) },
  'filter-dead': { what: 'filter 3 takes nothing of what it is set for', test: 'filters', number: 1, options: chip({ deadFilter: 3 }) },
  'mask-blind': { what: 'mask 1 does not compare one bit of the identifier', test: 'filters', number: 2, options: chip({ blindMask: { mask: 1, bits: 0x04 } }) },
  'crystal-9': { what: 'a crystal of 9 MHz', test: 'crystal', number: 1, options: { oscillatorHertz: 9_000_000 } },
  'crystal-8': { what: 'a crystal of 8 MHz, and `osc=12000000`', test: 'crystal', number: 2, options: { oscillatorHertz: 8_000_000, words: ['osc=12000000'] } },
  'read-blank': { what: 'READ of the data of receive buffer 0 gives 0; READ RX BUFFER is right', test: 'window', number: 2, options: chip({ blankRead: true }) },
  'timer-not-granted': { what: '`idle=wfi` in the cell that grants no interrupt of INT', test: 'timer', number: 1, options: { commandLine: 'bitrate=500000 osc=auto idle=wfi' } },
  'no-link': { what: 'the cell has no shared memory at all', test: 'link', number: 1, also: 'page 1', options: board({ withoutIvshmem: true }) },
  'no-page': { what: 'the cell has no shared memory for the status page', test: 'page', number: 1, options: board({ withoutControl: true }) },
} as const satisfies Record<string, PlayedFault>;

export type PlayedFaultName = keyof typeof PLAYED_FAULTS;
