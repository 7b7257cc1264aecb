// SPDX-License-Identifier: MIT
/**
 * The self test on the emulated board: a good board has no fault, and each fault has its own line and no other.
 *
 * The expected line of each fault is in lab/selftest/faults.ts, from what is broken there.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SELF_TESTS, type SelfTestName } from '../../formats/self-test.ts';
import { PLAYED_FAULTS, type PlayedFault } from '../../lab/selftest/faults.ts';
import { type TestResult } from '../../lab/selftest/lines.ts';
import { runSelfTest } from '../../lab/selftest/run.ts';
import type { EngineName } from '../../twin/engine/engine.ts';

const NAMES = Object.keys(SELF_TESTS) as SelfTestName[];
/** The hypervisor's console keeps this, with its own lines about the start. */
const CONSOLE_BYTES = 2048;
const OTHERS_BYTES = 300;

function named(results: readonly TestResult[], result: TestResult['result']): string[] {
  return results.filter((one) => one.result === result).map(({ test }) => test);
}

for (const engine of ['wasm', 'image'] as EngineName[]) {
  it(`finds nothing on a good board, and puts nothing on the bus (${engine})`, async () => {
    const outcome = await runSelfTest({ engine, oscillatorHertz: 12_000_000 });
    assert.ok(outcome.isFinished);
    assert.deepEqual(
      outcome.results.map(({ test }) => test),
      NAMES,
    );
    assert.deepEqual(named(outcome.results, 'fault'), []);
    // idle=poll: there is no sleep to test.
    assert.deepEqual(named(outcome.results, 'untested'), ['timer']);
    assert.equal(outcome.levels, 0);
    const bytes = outcome.lines.join('\r\n').length;
    assert.ok(bytes < CONSOLE_BYTES - OTHERS_BYTES, `${bytes} bytes on the console`);
  });
}

it('tests the timer where idle=wfi, finds other crystals, and a dead bridge', async () => {
  const options = { words: ['idle=wfi'], oscillatorHertz: 20_000_000, withoutAgl: true };
  const { results } = await runSelfTest(options);
  assert.deepEqual(named(results, 'fault'), []);
  assert.deepEqual(named(results, 'untested'), ['bridge']);
  const crystal = results.find(({ test }) => test === 'crystal');
  assert.ok(Math.abs(Number(crystal?.values[0]) / 20e6 - 1) < 0.001);
});

it('goes on at a slower clock, and measures the urgent ways there', async () => {
  const { options } = PLAYED_FAULTS['clock-too-fast'];
  const { results } = await runSelfTest(options);
  const valuesOf = (name: SelfTestName) => results.find(({ test }) => test === name)?.values;
  assert.deepEqual(valuesOf('clock'), ['10000000', '5000000']);
  // RX STATUS and RTS: three bytes of nine clocks at 5 MHz are 5.4 us.
  assert.ok(Number(valuesOf('filter')?.[0]) > 5_400);
});

it('measures each way no faster than its bytes on SPI', async () => {
  const { results } = await runSelfTest();
  const nanosOf = (name: SelfTestName) =>
    Number(results.find(({ test }) => test === name)?.values[0]);
  // Bytes of nine clocks at 10 MHz: 1; 2 + 1; 2 + 5 + 4 + 1; 14 + 9 + 1.
  const bytes = { single: 1, filter: 3, window: 12, read: 24 } as const;
  for (const [name, count] of Object.entries(bytes) as [SelfTestName, number][]) {
    const wire = count * 900;
    assert.ok(
      nanosOf(name) > wire && nanosOf(name) < 1.5 * wire + 1_500,
      `${name}: ${nanosOf(name)}`,
    );
  }
});

describe('each fault has its own line', () => {
  for (const [name, fault] of Object.entries(PLAYED_FAULTS) as [string, PlayedFault][]) {
    it(`${name}: ${fault.what}`, async () => {
      const { results, isFinished, lines } = await runSelfTest(fault.options);
      assert.ok(isFinished, lines.join('\n'));
      const faults = results.filter(({ result }) => result === 'fault');
      const found = faults.map(({ test, number }) => `${test} ${number}`);
      const also = fault.also === undefined ? [] : [fault.also];
      assert.deepEqual(found, [`${fault.test} ${fault.number}`, ...also], lines.join('\n'));
      assert.deepEqual(
        results.map(({ test }) => test),
        NAMES,
      );
    });
  }
});
