// SPDX-License-Identifier: MIT
/**
 * The table of tasks: declared once, offered in the same order, and described by docs/timing-budget.md
 * with the bounds that the code adds up to.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBounds, readTaskBounds } from '../../scripts/bench/bounds.ts';
import { STEP_MICROS, takesPartNanos } from '../../rules/bus/cell-delays.ts';
import { readSource } from './source-tree.ts';

const SPI_HERTZ = 10_000_000;
const TABLE = readSource('src/cell/tasks.ts');
const DOCUMENT = readSource('docs/timing-budget.md');
const { rows, nanosOf } = await readTaskBounds();
const bounds = await readBounds();
const longest = Math.max(...rows.map((row) => nanosOf(row, SPI_HERTZ)));

function micros(nanos: number): string {
  return (nanos / 1_000).toFixed(1);
}

describe('the table of tasks', () => {
  it('has a row for each task, numbered by priority', () => {
    const calls = TABLE.split('\n').filter((line) => line.includes('.add(tasks.'));
    assert.equal(rows.length, calls.length);
    assert.deepEqual(
      rows.map(({ priority }) => priority),
      rows.map((_, index) => index),
    );
    assert.ok(rows.every(({ name }) => name.length < 16));
  });

  it('is offered in the order of its priorities, timers only when one is due', () => {
    const offers = [...TABLE.matchAll(/(return|if) \(?(.*?)this\.(\w+)(\.run\(|, nowTicks\))/g)];
    assert.deepEqual(
      offers.map(([, , , field]) => field),
      rows.map(({ field }) => field),
    );
    for (const [, , condition, field] of offers) {
      const row = rows.find((one) => one.field === field);
      assert.equal(condition.includes('isTimerDue'), row?.trigger === 'Timer', field);
    }
  });

  it('gives every timer task a period, but those that start their timer', () => {
    const without = rows.filter(
      ({ trigger, periodMicros }) => trigger === 'Timer' && periodMicros === 0,
    );
    assert.deepEqual(
      without.map(({ name }) => name),
      ['timers', 'rates'],
    );
  });
});

describe('docs/timing-budget.md', () => {
  it('lists every task with its trigger, period, parts and bound at SPI 10 MHz', () => {
    const listed = DOCUMENT.split('\n')
      .filter((line) => /^\| [\w ]+ \| (line|queue|timer|always) +\|/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const expected = rows.map((row) => [
      '',
      row.name,
      row.trigger.toLowerCase(),
      row.periodMicros === 0 ? '' : `${row.periodMicros / 1_000} ms`,
      String(row.spiBytes),
      String(row.ringEntries),
      micros(nanosOf(row, SPI_HERTZ)),
      '',
    ]);
    assert.deepEqual(listed, expected);
  });

  it('adds up the worst case: the longest step, and the urgent answer after it', () => {
    const urgent = nanosOf(rows[0], SPI_HERTZ);
    const sentence = `the longest step, ${micros(longest)} us, and the computed answer that follows it, ${micros(urgent)} us: ${micros(longest + urgent)} us.`;
    assert.ok(DOCUMENT.includes(sentence), sentence);
  });

  it('adds up S, the way of the strongest frame into the chip', () => {
    const [bytes, transactions, stepNanos] = ['SPI_BYTES', 'TRANSACTIONS', 'STEP_NANOS'].map(
      (name) => bounds.get(`REORDER_${name}`) ?? Number.NaN,
    );
    const section = DOCUMENT.split('## The order of what is sent')[1].split('\n## ')[0];
    const listed = [...section.matchAll(/^\| .*? \| ([\d +]+) \|$/gm)].flatMap(([, sum]) =>
      sum.split('+').map(Number),
    );
    assert.equal(
      listed.reduce((left, right) => left + right, 0),
      bytes,
    );
    const total = (bytes * 9 * 1e9) / SPI_HERTZ + transactions * stepNanos;
    const sentence = `${bytes} bytes of 0.9 us, and ${transactions} times ${micros(stepNanos)} us from one transaction to the next: ${micros(total)} us`;
    assert.ok(section.includes(sentence), sentence);
  });

  it('adds up S if a request is answered meanwhile, which counts from 500 kbit/s on', () => {
    const of = (name: string): number => bounds.get(name) ?? Number.NaN;
    const bytes = of('REORDER_SPI_BYTES') + of('REORDER_ANSWER_SPI_BYTES');
    const transactions = of('REORDER_TRANSACTIONS') + of('REORDER_ANSWER_TRANSACTIONS');
    const nanos = (bytes * 9 * 1e9) / SPI_HERTZ + transactions * of('REORDER_STEP_NANOS');
    const section = DOCUMENT.split('## The order of what is sent')[1].split('\n## ')[0];
    assert.ok(section.includes(`${micros(nanos)} us in all`), micros(nanos));
    assert.ok(section.includes(`**From 500 kbit/s on S is ${micros(nanos)} us**`));
    // 3 bits, and the shortest frame with its intermission: 44 + 3 bits (ISO 11898-1).
    for (const bitrate of [125_000, 250_000, 500_000, 1_000_000]) {
      const isMissed = ((3 + 44 + 3) * 1e9) / bitrate < nanos;
      assert.equal(isMissed, bitrate >= 500_000, `${bitrate}`);
      const alone = (67 * 9 * 1e9) / SPI_HERTZ + 13 * 2_300;
      const declared = takesPartNanos(bitrate);
      const most = isMissed ? nanos : alone;
      assert.ok(declared >= most && declared < most + 200, `${bitrate}: ${declared} of ${most}`);
    }
  });

  it('is what rules explain --bus counts a step of receive with', () => {
    assert.equal(STEP_MICROS * 1_000, nanosOf(rows[0], SPI_HERTZ));
  });
});
