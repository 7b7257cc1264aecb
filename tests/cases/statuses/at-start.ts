// SPDX-License-Identifier: MIT
/**
 * What is wrong before the cell is ready, and the status that says so: command line, crystal, bit rate, chip, SPI,
 * communication region, ivshmem, rules.
 *
 * Does not: look at what the cell says besides its number, or at what it does afterwards; other tests do.
 */
import { loadFirmware } from '../../../lab/rig/firmware.ts';
import { bringUp, makeRig, type RigOptions } from '../../../lab/rig/open-rig.ts';
import type { Cell } from '../../../cell-config/format/model.ts';
import type { Board } from '../../../twin/board/board.ts';
import { makeFrame } from '../../../twin/bus/can-frame.ts';
import { type StatusCase, statusesSeen, type StatusName } from './seen.ts';

const MILLISECOND = 1_000_000;

/** Starts a cell, and looks. */
function started(options: Partial<RigOptions>, runNanos = 0): StatusCase['play'] {
  return async () => {
    const rig = await makeRig({ engine: 'wasm', withoutAgl: true, ...options });
    try {
      bringUp(rig.board);
      rig.run(runNanos);
      return statusesSeen(rig);
    } finally {
      rig.close();
    }
  };
}

/** The cell reads `value` at the first byte of `address` (cell-config/rpi4-layout.ts). */
function reading(address: number, value: number): (board: Board) => void {
  return ({ machine }) => {
    const read = machine.readDevice.bind(machine);
    machine.readDevice = (at, size) => (at === address ? value : read(at, size));
  };
}

// Register page of the first ivshmem device, and its registers (ivshmem v2 specification).
const REGISTER_PAGE = 0xff000000;
const REGISTER_ID = 0x00;
const REGISTER_MAX_PEERS = 0x04;
// Configuration space of function 0; the capability's words (the same).
const CONFIGURATION = 0xff900000;
const CONFIGURATION_CLASS = 0x08;
const CAPABILITY_RW_SIZE = 0x48;
const CAPABILITY_BASE = 0x58;

const COMMUNICATION_REGION = 0x80000000;
/** GPIO block: pins whose low level is an event (BCM2711 ARM Peripherals, 5.2). */
const GPLEN0 = 0x70;

function withoutSignature({ machine }: Board): void {
  const region = machine.memories.find(({ base }) => base === COMMUNICATION_REGION);
  region?.bytes.fill(0, 0, 6);
}

/** From the first frame's bit 30 on the bus is dominant for 120 ms at 500 kbit/s; the start takes 50 ms. */
function shorted({ bus, clock, sender }: Board): void {
  bus.onAttempt(() => [{ kind: 'stuck-dominant', bit: 30, bits: 60_000 }]);
  sender.enqueue(makeFrame({ identifier: 0x555, data: [0xaa] }), clock.now, 'ecu');
}

/** Half of the 128 KiB of each output section. */
const withSmallOutputs = (cell: Cell): Cell => ({
  ...cell,
  memoryRegions: cell.memoryRegions.map((region) =>
    region.size === 0x20000 ? { ...region, size: 0x10000 } : region,
  ),
});

const SINGLE_RULE = `version: 1
receive: single
rules:
  - { name: one, match: { id: 0x010, remote: any }, answer: { id: 0x011, data: [1] } }
`;

type Row = readonly [
  what: string,
  provokes: StatusName | readonly StatusName[],
  options: Partial<RigOptions>,
  runNanos?: number,
];

const ROWS: readonly Row[] = [
  ['an unknown key', 'CommandLineUnknownKey', { settings: 'speed=3' }],
  ['a value that is no number', 'CommandLineBadValue', { commandLine: 'bitrate=fast' }],
  ['a command line without end', 'CommandLineTooLong', { commandLine: 'errors=1 '.repeat(400) }],
  ['bitrate=auto on a silent bus', 'BitRateSought', { commandLine: 'bitrate=auto osc=auto' }],
  [
    'osc=auto with a chip that sends nothing to itself',
    'CrystalUnmeasured',
    { commandLine: 'osc=auto', faults: { defects: { silentBuffer: 0 } } },
  ],
  [
    'osc=auto with a crystal of 9 MHz',
    'CrystalUnusual',
    { oscillatorHertz: 9_000_000, commandLine: 'osc=auto' },
  ],
  [
    'osc=16000000 with a crystal of 8 MHz',
    'CrystalDiffers',
    { oscillatorHertz: 8_000_000, commandLine: 'bitrate=500000 osc=16000000' },
  ],
  ['700 kbit/s with 16 MHz', 'BitRateInexact', { bitrate: 700_000 }],
  ['a core clock of 250 MHz', 'SpiClockUnexpected', { coreClockHertz: 250_000_000 }],
  ['wires that are good to 9 MHz', 'SpiClockLowered', { spi0: { misoLimitHertz: 9_000_000 } }],
  [
    '1 Mbit/s with 8 MHz',
    'BitRateImpossible',
    { bitrate: 1_000_000, oscillatorHertz: 8_000_000, commandLine: 'bitrate=1000000 osc=8000000' },
  ],
  ['a chip that reads 0x00', 'ChipSilentLow', { faults: { missingChipByte: 0x00 } }],
  ['a chip that reads 0xff', 'ChipSilentHigh', { faults: { missingChipByte: 0xff } }],
  [
    'a CANSTAT whose top bit is stuck',
    'ChipNotInConfigurationMode',
    { faults: { defects: { stuckBits: { address: 0x0e, bits: 0x20, high: true } } } },
  ],
  [
    'a bit of CNF2 that cannot be set',
    'RegisterVerifyMismatch',
    { faults: { defects: { stuckBits: { address: 0x29, bits: 0x90, high: false } } } },
  ],
  [
    'spi=10000, of a core clock that divides to 10.7 kHz at the least',
    'SpiClockImpossible',
    { coreClockHertz: 700_000_000, commandLine: 'bitrate=20000 osc=16000000 spi=10000' },
  ],
  ['an SPI block that never says DONE', 'SpiTimeout', { spi0: { neverDone: true } }],
  ['idle=wfi in a cell that may not', 'IdleNotGranted', { settings: 'idle=wfi' }],
  ['no communication region', 'CommRegionMagic', { beforeBoot: withoutSignature }],
  ['one of revision 1', 'CommRegionRevision', { faults: { communicationRevision: 1 } }],
  ['no ivshmem device', ['IvshmemAbsent', 'ControlAbsent'], { faults: { withoutIvshmem: true } }],
  [
    'a link of three peers',
    'IvshmemPeers',
    { beforeBoot: reading(REGISTER_PAGE + REGISTER_MAX_PEERS, 3) },
  ],
  [
    'a link that calls the cell peer 5',
    'IvshmemIdentity',
    { beforeBoot: reading(REGISTER_PAGE + REGISTER_ID, 5) },
  ],
  [
    'a shared section of 4 KiB',
    'IvshmemSectionSize',
    { beforeBoot: reading(CONFIGURATION + CAPABILITY_RW_SIZE, 0x1000) },
  ],
  [
    'a shared section elsewhere',
    'IvshmemAddress',
    { beforeBoot: reading(CONFIGURATION + CAPABILITY_BASE, 0x0ab00000) },
  ],
  [
    'a link of another protocol',
    'IvshmemProtocol',
    { beforeBoot: reading(CONFIGURATION + CONFIGURATION_CLASS, 0xff777700) },
  ],
  [
    'output sections of 64 KiB',
    'ControlUnfit',
    {
      changeCell: withSmallOutputs,
      changeSystem: (system) => ({ ...system, rootCell: withSmallOutputs(system.rootCell) }),
    },
  ],
  ['no bridge for 2 s', 'PeerNotReady', {}, 2_200 * MILLISECOND],
  ['a bus that is dominant', 'ChipNotInNormalMode', { beforeBoot: shorted }],
  ['mode=listen-only', 'ListenOnly', { settings: 'mode=listen-only' }],
  [
    'receive: single with int=spi',
    'RequestLineUnused',
    { rules: SINGLE_RULE, settings: 'int=spi' },
  ],
];

const names = (provokes: Row[1]): readonly StatusName[] =>
  typeof provokes === 'string' ? [provokes] : provokes;

export const AT_START: readonly StatusCase[] = [
  ...ROWS.map(([what, provokes, options, runNanos]) => ({
    what,
    provokes: names(provokes),
    play: started(options, runNanos),
  })),
  {
    what: 'another pin whose event nobody clears, with idle=wfi',
    provokes: ['IdleDisturbed'],
    play: async () => {
      const firmware = loadFirmware('wasm', { idle: 'wfi' });
      const rig = await makeRig({ engine: 'wasm', firmware, settings: 'idle=wfi' });
      bringUp(rig.board);
      // Linux watches pin 5, which is low, and nobody tells Linux of its event.
      const { gpio } = rig.board;
      gpio.write32(GPLEN0, gpio.read32(GPLEN0) | (1 << 5));
      rig.run(20 * MILLISECOND);
      const seen = statusesSeen(rig);
      rig.close();
      return seen;
    },
  },
];
