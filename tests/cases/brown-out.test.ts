// SPDX-License-Identifier: MIT
/**
 * The supply drops before each byte of the SPI traffic while a frame of AGL's waits in the chip: in the
 * middle of a short look at the fault state, a full one, the error counters, READ STATUS and TXBnCTRL. The
 * rest of such a transaction reads as ones (DS20001801J gives SO as high impedance, the pin has a pull-up).
 * What is told is that the settings were lost, and that alone; the frame counts as lost with them.
 */
import assert from 'node:assert/strict';
import { openSums } from '../../lab/page/account.ts';
import { COUNTER, type CounterName } from '../../lab/page/counters.ts';
import { readTrace } from '../../lab/page/rings.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MILLISECOND, onWasm, textOf, withRig } from './case.ts';
import { ALTERNATING, failNextSends } from './disturbance.ts';

// DS20001801J, table 12-1: instructions, and for READ the first register.
const READ_STATUS = 'a0';
const SHORT_LOOK = '032c';
const FULL_LOOK = '0328';
const ERROR_COUNTERS = '031c';
const RTS_TXB0 = 0x81;
/** From one full look to the next, docs/timing-budget.md. */
const FULL_LOOK_NANOS = 10 * MILLISECOND;
/** Eight failed attempts of some 45 bits at 500 kbit/s. */
const FAILING_NANOS = 700_000;
/** Started, and the session begun. */
const EVENTS_OF_START = 2;
/** Status numbers and trace events, docs/troubleshooting.md and docs/status-page.md. */
const LOST_SETTINGS = 53;
const BUS_OFF = 5;
const CHIP_RESET = 7;
const CHIP_BACK = 8;
const STATUS_SAID = 16;
const TOLD = [`event ${CHIP_RESET}`, `status ${LOST_SETTINGS}`, `event ${CHIP_BACK}`].join();

const hex = (bytes: readonly number[]): string => Buffer.from(bytes).toString('hex');

/** A running cell whose frame is not acknowledged; from its RTS on `before` is called for each SPI byte. */
async function sendInVain(before: (rig: Rig, byte: number) => void): Promise<Rig> {
  const rig = await openRig({ engine: 'wasm' });
  rig.run(2 * FULL_LOOK_NANOS);
  const looks = rig.transactions.filter(({ mosi }) => hex(mosi).startsWith(FULL_LOOK));
  const lastNanos = looks.at(-1)?.selectNanos ?? 0;
  // The next full look comes in the middle of the failing attempts.
  rig.run(lastNanos + FULL_LOOK_NANOS - FAILING_NANOS / 2 - rig.now);
  rig.forget();
  const { chip } = rig.board;
  const exchange = chip.exchange.bind(chip);
  let bytes: number | undefined;
  chip.exchange = (mosi, nanos) => {
    if (bytes !== undefined) before(rig, bytes++);
    else if (mosi === RTS_TXB0) bytes = 0;
    return exchange(mosi, nanos);
  };
  failNextSends(rig, 8);
  rig.sendFromAgl({ identifier: 0x101 });
  return rig;
}

/** The bytes that a cell whose chip stays well clocks while the attempts fail. */
async function bytesOfLooks(): Promise<number> {
  let bytes = 0;
  const rig = await sendInVain((_bench, byte) => (bytes = byte + 1));
  rig.run(FAILING_NANOS);
  const seen = rig.transactions.map(({ mosi }) => hex(mosi));
  for (const kind of [READ_STATUS, SHORT_LOOK, FULL_LOOK, ERROR_COUNTERS]) {
    assert.ok(
      seen.some((text) => text.startsWith(kind)),
      `${kind} is among ${seen.join(' ')}`,
    );
  }
  rig.close();
  return bytes;
}

/** What became of it all when the supply drops before byte `at`; undefined: as it must be. */
async function problemOf(at: number): Promise<string | undefined> {
  const rig = await sendInVain(({ board }, byte) => {
    if (byte === at) board.chip.brownOut(board.clock.now);
  });
  rig.run(200 * MILLISECOND);
  const page = settledStatusPage(rig.board);
  assert.ok(page && rig.board.control);
  const expected: Partial<Record<CounterName, number>> = {
    fromAglTaken: 1,
    fromAglChipReset: 1,
    chipResets: 1,
    received: 0,
    receiveOverflow0: 0,
    receiveOverflow1: 0,
    busOff: 0,
    faultStateChanges: 0,
  };
  const wrong = Object.entries(expected)
    .map(([name, count]) => ({ name, count, found: page.counters[COUNTER[name as CounterName]] }))
    .filter(({ count, found }) => found !== count)
    .map(({ name, count, found }) => `${name} ${found}, not ${count}`);
  const told = readTrace(rig.board.control.status)
    .slice(EVENTS_OF_START)
    .map(({ code, a }) => (code === STATUS_SAID ? `status ${a & 0xff}` : `event ${code}`));
  rig.close();
  wrong.push(...openSums(page));
  if (told.join() !== TOLD) wrong.push(`told: ${told.join()}`);
  return wrong.length === 0 ? undefined : `before byte ${at}: ${wrong.join('; ')}`;
}

onWasm(
  'a brown-out in any phase: lost settings are told alone, the frame counts with them',
  async () => {
    const bytes = await bytesOfLooks();
    const problems: string[] = [];
    for (let at = 0; at < bytes; at++) problems.push((await problemOf(at)) ?? '');
    assert.deepEqual(
      problems.filter((text) => text !== ''),
      [],
    );
  },
);

onWasm(
  'a brown-out while a frame is read: AGL gets that frame or none, and the sums close',
  async (engine) => {
    const problems: string[] = [];
    // READ STATUS and READ RX BUFFER of a frame without data.
    for (let at = 0; at < 12; at++) {
      await withRig({ engine }, (rig) => {
        rig.run(5 * MILLISECOND);
        const { chip, clock } = rig.board;
        const exchange = chip.exchange.bind(chip);
        let bytes = 0;
        chip.exchange = (mosi, nanos) => {
          if (chip.interruptLow || bytes > 0) {
            if (bytes++ === at) chip.brownOut(clock.now);
          }
          return exchange(mosi, nanos);
        };
        rig.send({ identifier: 0x2a5 });
        rig.run(100 * MILLISECOND);
        const page = settledStatusPage(rig.board);
        assert.ok(page);
        const frames = rig.agl.map(({ frame }) => textOf(frame));
        if (frames.some((text) => text !== '2A5#') || frames.length > 1)
          problems.push(`before byte ${at}: ${frames.join(' ')}`);
        if (page.counters[COUNTER.received] !== frames.length)
          problems.push(`before byte ${at}: received ${page.counters[COUNTER.received]}`);
        problems.push(...openSums(page));
      });
    }
    assert.deepEqual(problems, []);
  },
);

onWasm(
  'a brown-out during bus-off: lost settings are told, and no return from bus-off',
  async (engine) => {
    // While the chip counts recessive bits, 2.8 ms at 500 kbit/s, and while it rests, to 100 ms.
    for (let round = 0; round < 12; round++) {
      await withRig({ engine }, (rig) => {
        failNextSends(rig, 40);
        rig.sendFromAgl(ALTERNATING);
        rig.run(4 * MILLISECOND);
        assert.ok(rig.board.control);
        const page = rig.board.control.status;
        const seen = (): number[] => readTrace(page).map(({ code }) => code);
        assert.equal(seen().at(-2), BUS_OFF, seen().join());
        if (round > 0) rig.run(round ** 2 * 0.7 * MILLISECOND);
        const before = seen().length;
        rig.board.chip.brownOut(rig.now);
        rig.run(250 * MILLISECOND);
        assert.deepEqual(seen().slice(before), [CHIP_RESET, STATUS_SAID, CHIP_BACK], `${round}`);
        const { counters } = settledStatusPage(rig.board) ?? assert.fail();
        assert.equal(counters[COUNTER.fromAglBusOff], 1);
        assert.equal(counters[COUNTER.restarts], 0);
      });
    }
  },
);
