// SPDX-License-Identifier: MIT
/**
 * `measure` in the image of the self test: on the emulated board it gives the board's own constants back.
 *
 * With them follow the bounds of that board, which are never below what the twin then shows.
 * Three boards: the shipped model, the pessimistic one, and one whose constants have no common factor.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { measureLooks } from '../../lab/measure/interrupt-looks.ts';
import { loadMeasured, openBench } from '../../lab/measure/bench.ts';
import { rulesOf } from '../../lab/measure/latency-case.ts';
import { boundNanos, boundsOf, roundNanos } from '../../lab/model/bound.ts';
import { parseMeasured } from '../../lab/model/measure-text.ts';
import { MODEL_CONSTANTS, readModel } from '../../lab/model/model-file.ts';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { runSelfTest } from '../../lab/selftest/run.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { RASPBERRY_PI_4_TIMING, type TimingModel } from '../../twin/machine/timing-model.ts';

/** What issue and docs ask of a measured constant. */
const WITHIN = 0.03;
/** So much shorter the loop of the cell may be than the round that is timed: gcc 14 makes it 14 % shorter. */
const OTHER_COMPILERS = 0.2;

const ODD: TimingModel = {
  ...RASPBERRY_PI_4_TIMING,
  ...{ nanosPerInstruction: 0.7, deviceReadNanos: 131, deviceWriteNanos: 53 },
  ...{ trappedAccessNanos: 1_117, interruptExitNanos: 1_709, wakeUpNanos: 307 },
  ...{ hypercallNanos: 811, counterReadNanos: 29 },
};

/** Seen on the twin from one look to the next of an idle cell with a filter's rule: 690 ns, 1,260 at 2 ns each. */
const ROUND = { instructions: 570 };

const MODELS: Readonly<Record<string, TimingModel>> = {
  shipped: readModel(`${PROJECT_ROOT}lab/model/raspberry-pi-4.json`),
  pessimistic: readModel(`${PROJECT_ROOT}lab/model/pessimistic.json`),
  odd: ODD,
};

it('has the shipped model as a file, with a reason beside each number', () => {
  assert.deepEqual(MODELS.shipped, RASPBERRY_PI_4_TIMING);
});

/** GPLEV0 of the Raspberry Pi 4. */
const LEVEL_REGISTER = 0xfe200034;

/** Ways of different kinds: by a filter, on the word of INT, read. */
const ANSWERS = ['static', 'single', 'computed'] as const;
/** Short: each answer meets a few phases of the loop. The bench looks longer, on three boards. */
const RUN_NANOS = 8_000_000;

for (const [name, timing] of Object.entries(MODELS)) {
  it(`measures the board "${name}": constants within 3 %, and bounds that hold there`, async () => {
    const { lines } = await runSelfTest({
      ...{ engine: 'image', timing, words: ['idle=wfi'], withoutAgl: true },
      commandLine: 'measure bitrate=500000 osc=auto idle=wfi',
    });
    assert.equal(lines.at(-1), 'canwarden: measured');
    const measured = parseMeasured(lines);
    const expected: Readonly<Record<string, number>> = {
      ...Object.fromEntries(MODEL_CONSTANTS.map((constant) => [constant, timing[constant]])),
      // One access that the hypervisor emulates.
      doorbellNanos: timing.trappedAccessNanos,
      // What the cell's own loop takes from look to look when nothing is to be done: ROUND below.
      roundNanos:
        ROUND.instructions * timing.nanosPerInstruction +
        timing.deviceReadNanos +
        timing.counterReadNanos,
      // 9 clocks at 10 MHz.
      spiByte: 900,
    };
    for (const [constant, value] of Object.entries(expected)) {
      const found = measured[constant] ?? NaN;
      assert.ok(Math.abs(found / value - 1) <= WITHIN, `${constant}: ${found} instead of ${value}`);
    }
    const firmware = { ...loadMeasured('image'), timing };
    const loads = ['idle', 'aglHostile'] as const;
    const figures = await measureLooks(firmware, { answers: ANSWERS, loads, runNanos: RUN_NANOS });
    let compared = 0;
    for (const { promise, nanos } of boundsOf(measured)) {
      for (const key of promise.seen) {
        const seen = figures[key];
        if (seen === undefined || seen === null) continue;
        assert.ok(seen <= (nanos ?? 0), `${key}: bound ${nanos}, seen ${seen}`);
        compared++;
      }
    }
    assert.ok(compared >= 6, `${compared} figures`);
  });
}

it('has a round that is as long as that of the cell: from look to look while nothing is to be done', async () => {
  let isSelected = false;
  const tap = {
    selected: () => (isSelected = true),
    byte() {},
    deselected: () => (isSelected = false),
  };
  const options = { engine: 'image', bitrate: 500_000, spiHertz: 10_000_000 } as const;
  const board = await openBench(loadMeasured('image'), {
    ...options,
    rules: rulesOf('static'),
    tap,
  });
  const { machine, clock } = board;
  const read = machine.readDevice.bind(machine);
  let lookNanos = Infinity;
  const gaps: number[] = [];
  machine.readDevice = (address, size) => {
    const value = read(address, size);
    if (address !== LEVEL_REGISTER) return value;
    if (!isSelected && lookNanos < Infinity) gaps.push(clock.now - lookNanos);
    lookNanos = isSelected ? Infinity : clock.now;
    return value;
  };
  machine.onIdle = () => (lookNanos = Infinity);
  runUntil(board, clock.now + RUN_NANOS);
  board.engine.close();
  const round = roundNanos({ ...RASPBERRY_PI_4_TIMING });
  // In most rounds no task is due.
  const usual = gaps.sort((left, right) => left - right)[Math.floor(gaps.length / 2)];
  // It may be no longer than the promise has it. Shorter, a promise holds all the more.
  assert.ok(usual <= round * (1 + WITHIN), `the cell's ${usual}, ${round}`);
  assert.ok(usual >= round * (1 - OTHER_COMPILERS), `the cell's ${usual}, ${round}`);
});

it('counts what a constant is above the model, and nothing for one below it', () => {
  const promise = { what: '', most: 0, atShipped: 1_000, counts: [10, 2], seen: [] };
  assert.equal(boundNanos(promise, { nanosPerInstruction: 1.5, deviceReadNanos: 90 }), 1_005);
  assert.equal(boundNanos(promise, { nanosPerInstruction: 1, deviceReadNanos: 130 }), 1_060);
  // The longer of two ways.
  const or = { atShipped: 900, counts: [30] };
  assert.equal(boundNanos({ ...promise, or }, { nanosPerInstruction: 6 }), 1_050);
  // A round that is longer than its accesses and instructions says that instructions are: 572 of 2 ns.
  const slow = {
    nanosPerInstruction: 1,
    deviceReadNanos: 100,
    counterReadNanos: 20,
    roundNanos: 1_264,
  };
  assert.equal(boundNanos(promise, slow), 1_010);
  const asleep = { ...promise, counts: [0, 0, 0, 0, 0, 0, 0, 1] };
  assert.equal(boundNanos(asleep, {}), undefined);
});
