// SPDX-License-Identifier: MIT
/**
 * The self test: its tests in order, what each may find, and the cure.
 *
 * `canwarden-selftest.bin` says one line for each test on the console: `canwarden: test NAME RESULT NUMBER VALUE...`.
 * RESULT is `ok`, `fault` or `untested`; NUMBER counts the findings here from 1. The sentences are not in the image,
 * because the hypervisor's console keeps 2 KiB in all: the helper and the twin put them together from these rows,
 * with the values for %1 to %4. Made from the rows are the AssemblyScript enum `SelfTest`, the helper's table, and
 * the table of docs/self-test.md.
 * Does not: renumber. New findings are added behind the others.
 */
export interface Finding {
  /** What was found, with %1 to %4 for the values. */
  readonly says: string;
  /** The cure. */
  readonly next: string;
}

export interface SelfTestRow {
  /** The word in the line, and the name of the enum's member in kebab case. */
  readonly what: string;
  /** The sentence of a test that found nothing wrong. */
  readonly ok: string;
  readonly faults: readonly Finding[];
  /** Why it was not made, beside a test before it that has failed. */
  readonly untested?: readonly Finding[];
}

const WIRES = 'power off, press the HAT onto all 40 pins; is another HAT on GPIO 8 to 11?';
const CHIP = 'the chip is damaged: another HAT';
const CONFIG = 'run `npm run deploy` again, or correct config.txt, reboot';

/** Of each urgent way, with a request that the chip sends to itself. */
const URGENT_WAY = {
  ok: 'INT to RTS at most %1 ns in %2 rounds',
  faults: [
    { says: 'the request does not lower INT (READ STATUS %1)', next: CHIP },
    { says: 'the answer does not come back whole (READ STATUS %1)', next: CHIP },
  ],
  untested: [{ says: 'the crystal is not known', next: 'see above' }],
};

// prettier-ignore
export const SELF_TESTS = {
  pins: {
    what: 'functions of GPIO 8 to 11 and 25',
    ok: 'GPIO 8 to 11 are SPI0, GPIO 25 is an input',
    faults: [
      { says: 'GPIO %1 is not on SPI0 (function %2, wanted 4: ALT0)', next: `config.txt: gpio=8-11=a0; ${CONFIG}` },
      { says: 'GPIO %1 is not an input (function %2, wanted 0)', next: `config.txt: gpio=25=ip,pu; ${CONFIG}` },
    ],
  },
  pull: {
    what: 'pull of GPIO 25, the end of INT',
    ok: 'GPIO 25 is pulled up',
    faults: [
      { says: 'GPIO 25 is not pulled up (pull %1, wanted 1): a loose wire would read as a request', next: `config.txt: gpio=25=ip,pu; ${CONFIG}` },
    ],
  },
  spi: {
    what: 'the SPI block ends its transfers, and the clock that feeds it',
    ok: 'the core clock that feeds SPI0 is %1 kHz',
    faults: [
      { says: 'SPI0 does not end a transfer', next: 'reboot; does another cell or Linux use SPI0? (canwarden doctor, check 4)' },
      { says: 'the core clock is %1 kHz instead of %2: SPI runs at %3 instead of %4 kHz', next: 'config.txt: core_freq=500, core_freq_min=500, hdmi_enable_4kp60=0; reboot' },
    ],
  },
  chip: {
    what: 'the chip does what it is told: MOSI, SCLK, CE0, its supply and its crystal',
    ok: 'the MCP2515 does what it is told',
    faults: [
      { says: 'no MCP2515 hears: CANSTAT reads %1 instead of 0x80, and INT does not move', next: `${WIRES}; MOSI, SCLK, CE0 and 3.3 V; does the crystal run?` },
    ],
  },
  miso: {
    what: 'the way back: MISO',
    ok: 'the MCP2515 answers',
    faults: [
      { says: 'the MCP2515 hears, INT shows it, but MISO reads %1 only', next: `${WIRES}; MISO is GPIO 9, pin 21` },
    ],
  },
  int: {
    what: 'INT both ways, driven by the chip itself',
    ok: 'GPIO 25 follows INT both ways',
    faults: [
      { says: 'INT never falls at GPIO 25: it is not wired', next: 'wire INT to GPIO 25 (pin 22), or set int=spi until then' },
      { says: 'GPIO 25 stays low', next: 'INT is short to ground, or another driver holds GPIO 25; set int=spi until then' },
      { says: 'INT is on GPIO %1 instead of 25', next: 'the HAT has a jumper or resistor for it: move INT to GPIO 25 (pin 22), or set int=spi' },
    ],
    untested: [],
  },
  clock: {
    what: 'reading at the set SPI clock, by a long pattern',
    ok: '%2 bytes read back well at %1 Hz',
    faults: [
      { says: 'reading fails at %1 Hz and works at %2 Hz: the tests below run at that', next: 'set spi=%2; shorter wires, or a HAT that sits firmly, give the margin back' },
      { says: 'reading fails at %1 Hz, and at 1 MHz, too', next: WIRES },
    ],
  },
  registers: {
    what: 'every bit of the bit timing, interrupt, filter and mask registers, both ways',
    ok: 'every bit of the control, filter and mask registers can be set and cleared',
    faults: [
      { says: 'register %1 reads %3 after writing %2', next: CHIP },
    ],
  },
  txb0: {
    what: 'transmit buffer 0: every bit, and that it sends',
    ok: 'holds every bit, and sends',
    faults: [
      { says: 'register %1 reads %3 after writing %2', next: CHIP },
      { says: 'a frame in it is not sent in loopback mode (READ STATUS %1)', next: CHIP },
    ],
  },
  txb1: {
    what: 'transmit buffer 1',
    ok: 'holds every bit, and sends',
    faults: [
      { says: 'register %1 reads %3 after writing %2', next: CHIP },
      { says: 'a frame in it is not sent in loopback mode (READ STATUS %1)', next: CHIP },
    ],
  },
  txb2: {
    what: 'transmit buffer 2',
    ok: 'holds every bit, and sends',
    faults: [
      { says: 'register %1 reads %3 after writing %2', next: CHIP },
      { says: 'a frame in it is not sent in loopback mode (READ STATUS %1)', next: CHIP },
    ],
  },
  rxb0: {
    what: 'receive buffer 0: every bit of a frame',
    ok: 'takes every bit of a frame, and is freed by reading',
    faults: [
      { says: 'a frame to itself does not arrive in it (READ STATUS %1)', next: CHIP },
      { says: 'byte %1 of a frame reads %3 instead of %2', next: CHIP },
      { says: 'reading does not free it (READ STATUS %1)', next: CHIP },
    ],
    untested: [{ says: 'no transmit buffer is good', next: 'see above' }],
  },
  rxb1: {
    what: 'receive buffer 1',
    ok: 'takes every bit of a frame, and is freed by reading',
    faults: [
      { says: 'a frame to itself does not arrive in it (READ STATUS %1)', next: CHIP },
      { says: 'byte %1 of a frame reads %3 instead of %2', next: CHIP },
      { says: 'reading does not free it (READ STATUS %1)', next: CHIP },
    ],
    untested: [{ says: 'no transmit buffer is good', next: 'see above' }],
  },
  rollover: {
    what: 'the second of two frames goes from buffer 0 to buffer 1, a third is counted as lost',
    ok: 'two frames in a row are both kept, a third is reported as lost',
    faults: [
      { says: 'of two frames in a row one is lost (READ STATUS %1)', next: CHIP },
      { says: 'a third frame is lost without a word (EFLG %1)', next: CHIP },
    ],
  },
  filters: {
    what: 'each of the six filters takes its frame and no other',
    ok: 'each of the six takes its identifier, in its buffer, and none of its neighbours',
    faults: [
      { says: 'filter %1 does not take its identifier: RX STATUS %2, wanted %3', next: CHIP },
      { says: 'filter %1 takes a frame that differs in bit %2 of the identifier (RX STATUS %3)', next: CHIP },
    ],
  },
  crystal: {
    what: 'the frequency of the crystal, by frames to itself',
    ok: 'the crystal measures %1 Hz',
    faults: [
      { says: 'the crystal measures %1 Hz, which is none that is sold', next: 'set osc=%1, or replace the crystal' },
      { says: 'the crystal measures %1 Hz, and the cell is told %2', next: 'set osc=auto, or the frequency printed on the crystal' },
      { says: 'the crystal cannot be measured: frames to itself do not end', next: CHIP },
    ],
  },
  single: {
    what: 'the urgent way `single`: INT is the request, one byte answers',
    ...URGENT_WAY,
  },
  filter: {
    what: 'the urgent way `filter`: RX STATUS tells which of two requests',
    ...URGENT_WAY,
  },
  window: {
    what: 'the urgent way `window`: bytes of the request are read and copied into the answer',
    ...URGENT_WAY,
  },
  read: {
    what: 'the urgent way `read`: the answer is made of the request',
    ...URGENT_WAY,
  },
  timer: {
    what: 'with `idle=wfi`: INT can wake the core, and the timer does',
    ok: 'a sleep of %1 us ended after %2 us',
    faults: [
      { says: 'the cell config does not grant interrupt %1, so the core cannot sleep', next: 'npm run deploy, or the Yocto layer: idle=wfi needs rpi4-canwarden-wfi.cell' },
      { says: 'a sleep of %1 us ended after %2 us', next: 'idle=poll; is the firmware (TF-A) of this release of AGL?' },
    ],
    untested: [{ says: 'idle=wfi is not set, so the core never sleeps', next: 'nothing' }],
  },
  link: {
    what: 'the shared memory of the frames, written and read by the cell',
    ok: '%1 bytes hold what is written',
    faults: [
      { says: 'there is no shared memory for frames (found %1)', next: 'npm run deploy, reboot: root cell and cell are of two releases' },
      { says: 'offset %1 reads %2', next: 'is the memory reserved? (canwarden doctor, check 2)' },
    ],
  },
  page: {
    what: 'the shared memory of the status page',
    ok: '%1 bytes hold what is written',
    faults: [
      { says: 'there is no shared memory for the status page (found %1)', next: 'npm run deploy, reboot: root cell and cell are of two releases' },
      { says: 'offset %1 reads %2', next: 'is the memory reserved? (canwarden doctor, check 2)' },
    ],
  },
  bridge: {
    what: 'shared memory both ways: a session with the bridge',
    ok: 'the bridge answered, a session was up after %1 ms',
    faults: [
      { says: 'the bridge is there, but no session comes about within %1 ms (phase %2)', next: 'systemctl restart canwarden-bridge; bridge and image must be of one release' },
    ],
    untested: [
      { says: 'no bridge is at the other end', next: 'systemctl start canwarden-bridge, then again' },
      { says: 'in the role device Linux drives the cell', next: 'candump can0, after canwarden up' },
    ],
  },
} as const satisfies Record<string, SelfTestRow>;

export type SelfTestName = keyof typeof SELF_TESTS;

/** `untested` with this number: a test before it has failed, whose name is the value. */
export const UNTESTED_AFTER: Finding = { says: 'not tested, because of %1', next: 'see %1' };
