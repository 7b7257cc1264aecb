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

  // SPI at 10 MHz: nine clocks a byte. A step's first transaction and a further one, as in the section.
  const wayNanos = (bytes: number, steps: number, further: number): number =>
    (bytes * 9 * 1e9) / SPI_HERTZ + steps * 2_200 + further * 800;
  const section = DOCUMENT.split('## The order of what is sent')[1].split('\n## ')[0];
  const summed = [...section.matchAll(/^\| .*? \| ([\d +]+) \| (\d+), (\d+) \|$/gm)].map(
    ([, bytes, steps, further]) => ({
      bytes: bytes.split('+').reduce((sum, part) => sum + Number(part), 0),
      steps: Number(steps),
      further: Number(further),
    }),
  );
  // The rows of the way itself, of a filter's answer, of `single`'s, and of a frame that is read.
  const [alone, filter, single, read] = [
    summed.slice(0, 5),
    ...summed.slice(5).map((row) => [row]),
  ].map((rows) =>
    rows.reduce((sum, row) => ({
      bytes: sum.bytes + row.bytes,
      steps: sum.steps + row.steps,
      further: sum.further + row.further,
    })),
  );
  const nanosOfWay = ({ bytes, steps, further }: (typeof summed)[number]): number =>
    wayNanos(bytes, steps, further);

  it('adds up the parts of S as the firmware declares them', () => {
    for (const [name, way] of Object.entries({
      '': alone,
      FILTER_: filter,
      SINGLE_: single,
      READ_: read,
    })) {
      assert.equal(bounds.get(`REORDER_${name}SPI_BYTES`), way.bytes, name);
      assert.equal(bounds.get(`REORDER_${name}STEPS`), way.steps, name);
      assert.equal(bounds.get(`REORDER_${name}FURTHER`), way.further, name);
    }
    assert.equal(bounds.get('REORDER_STEP_NANOS'), 2_200);
    assert.equal(bounds.get('REORDER_FURTHER_NANOS'), 800);
  });

  it('adds up S, the way of the strongest frame into the chip', () => {
    const answering = nanosOfWay(alone) + Math.max(nanosOfWay(filter), nanosOfWay(single));
    const reading = answering + nanosOfWay(read);
    assert.ok(section.includes(`it is **${micros(nanosOfWay(alone))} us alone**`));
    assert.ok(section.includes(`**S at SPI 10 MHz is ${micros(answering)} us up to 500 kbit/s.**`));
    assert.ok(section.includes(`**At 1 Mbit/s S is ${micros(reading + 3_000)} us**`));
    // The shortest frame with its intermission, and the intermission: 44 + 3 and 3 bits (ISO 11898-1).
    for (const bitrate of [125_000, 250_000, 500_000, 1_000_000]) {
      const isRead = reading > (47 * 1e9) / bitrate;
      assert.equal(isRead, bitrate === 1_000_000, `${bitrate}`);
      const most = isRead ? reading + (3 * 1e9) / bitrate : answering;
      const declared = takesPartNanos(bitrate);
      assert.ok(
        declared >= most - 1 && declared < most + 200,
        `${bitrate}: ${declared} of ${most}`,
      );
    }
  });

  it('is what rules explain --bus counts a step of receive with', () => {
    assert.equal(STEP_MICROS * 1_000, nanosOf(rows[0], SPI_HERTZ));
  });
});
