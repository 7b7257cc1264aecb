// SPDX-License-Identifier: MIT
/**
 * The settings of the cell: `key=value` words of the inmate command line.
 *
 * A setting is a row here and the code that uses it. Made from the rows are the AssemblyScript
 * class `Settings` with the code that takes a word, the list that a refusal prints, and the table
 * of docs/settings.md.
 * Does not: check settings against each other. The bit timing checks osc with bitrate.
 */
interface Common {
  /** Name of the field in the firmware. */
  readonly field: string;
  readonly what: string;
}

/** A whole number in decimal digits. */
export interface NumberSetting extends Common {
  readonly kind: 'number';
  readonly minimum: number;
  readonly maximum: number;
  readonly initial: number;
  /**
   * The word `auto` is taken, too, as 0: the cell finds the number by itself. `list`: also `auto:` and the
   * numbers that it tries, with commas between them; `k` stands for three zeros.
   */
  readonly auto?: 'word' | 'list';
}

/** One of two or three words; the first is the default. */
export interface ChoiceSetting extends Common {
  readonly kind: 'choice';
  /** Name of the enum in the firmware. `choices` gives its member for each word. */
  readonly enumeration: string;
  readonly choices: Readonly<Record<string, string>>;
}

/** A flag takes 0 or 1, a switch `off` or `on`. The default is off. */
export interface BooleanSetting extends Common {
  readonly kind: 'flag' | 'switch';
}

export type SettingRow = NumberSetting | ChoiceSetting | BooleanSetting;

/** The longest time that a setting in milliseconds takes: ten minutes. */
const MILLIS_MAXIMUM = 600_000;

export const SETTINGS = {
  bitrate: {
    ...{ field: 'bitrate', kind: 'number', auto: 'list' },
    ...{ minimum: 5_000, maximum: 1_000_000, initial: 500_000 },
    what: 'bit/s of the bus; `auto`: the cell finds it by listening, see below',
  },
  osc: {
    ...{ field: 'oscillatorHertz', kind: 'number' },
    ...{ minimum: 1_000_000, maximum: 40_000_000, initial: 0, auto: 'word' },
    what: 'Hz of the crystal on the HAT; `auto`: the cell measures it, see below',
  },
  // The chip's limit: DS20001801, table 13-6.
  spi: {
    ...{ field: 'spiHertz', kind: 'number' },
    ...{ minimum: 10_000, maximum: 10_000_000, initial: 10_000_000 },
    what: 'Hz of the SPI clock at most; the cell may take a slower one, see below',
  },
  int: {
    ...{ field: 'interruptSource', kind: 'choice', enumeration: 'InterruptSource' },
    choices: { gpio: 'Gpio', spi: 'Spi' },
    what: 'how INT is seen: `gpio`, its level; `spi`, by asking the chip',
  },
  idle: {
    ...{ field: 'idle', kind: 'choice', enumeration: 'IdleSetting' },
    choices: { poll: 'Poll', wfi: 'WaitForInterrupt' },
    what:
      'what the core does when there is nothing to do: `poll` looks again at once; `wfi` sleeps, ' +
      'see below',
  },
  mode: {
    ...{ field: 'busMode', kind: 'choice', enumeration: 'BusModeSetting' },
    choices: { normal: 'Normal', 'listen-only': 'ListenOnly', loopback: 'Loopback' },
    what:
      "`listen-only`: not a bit of the cell's own on the bus, no acknowledge either; `loopback`: " +
      'what is sent comes back, the bus sees none of it',
  },
  oneshot: {
    ...{ field: 'oneShot', kind: 'flag' },
    what: '1: each frame is sent once, whatever becomes of it',
  },
  triple: {
    ...{ field: 'tripleSampling', kind: 'flag' },
    what: '1: each bit is sampled three times, the majority counts',
  },
  'restart-ms': {
    ...{ field: 'restartMillis', kind: 'number' },
    ...{ minimum: 0, maximum: MILLIS_MAXIMUM, initial: 100 },
    what:
      'back on the bus so long after bus-off, and not before the chip has seen 128 times 11 ' +
      'recessive bits; 0: not before the cell is started again',
  },
  'txtimeout-ms': {
    ...{ field: 'transmitTimeoutMillis', kind: 'number' },
    ...{ minimum: 0, maximum: MILLIS_MAXIMUM, initial: 1_000 },
    what: "a frame that was the first of the cell's for so long and was not sent is taken back; 0: never",
  },
  'agl-order': {
    ...{ field: 'aglOrder', kind: 'choice', enumeration: 'AglOrder' },
    choices: { arrival: 'Arrival', identifier: 'Identifier' },
    what:
      "the order of AGL's frames among themselves: `arrival`, as SocketCAN has it; `identifier`, the " +
      'strongest first, those of one identifier in order of arrival',
  },
  errors: {
    ...{ field: 'errorFrames', kind: 'flag' },
    what: '1: error frames go to AGL, see below',
  },
  sleep: {
    ...{ field: 'sleepSeconds', kind: 'number', minimum: 0, maximum: 86_400, initial: 0 },
    what: 'the MCP2515 sleeps after so many seconds without a frame; 0: never. See below',
  },
  console: {
    ...{ field: 'consoleAlways', kind: 'switch' },
    what: "`on`: what the cell tells after its start goes to the hypervisor's console, too, see below",
  },
} as const satisfies Record<string, SettingRow>;
