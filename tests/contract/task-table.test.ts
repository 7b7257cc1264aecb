// SPDX-License-Identifier: MIT
/**
 * The table of tasks: offered in the order in which it is declared; and the worst cases of docs/timing-budget.md, which
 * are sums of the bounds that the code adds up to.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STEP_MICROS, takesPartNanos } from '../../rules/bus/cell-delays.ts';
import { nanosOf, offeredTo, reorderNanos, taskRows } from '../../scripts/build/task-bounds.ts';
import { readSource } from './source-tree.ts';

const SPI_HERTZ = 10_000_000;
const DOCUMENT = readSource('docs/timing-budget.md');
const rows = taskRows();
const longest = Math.max(...rows.map((row) => nanosOf(row, SPI_HERTZ)));

function micros(nanos: number): string {
  return (nanos / 1_000).toFixed(1);
}

describe('the table of tasks', () => {
  it('has a row for each task, numbered by priority', () => {
    assert.deepEqual(
      rows.map(({ priority }) => priority),
      rows.map((_, index) => index),
    );
    assert.ok(rows.every(({ name }) => name.length < 16));
  });

  const BUSY = { isTimerDue: true, isExpired: true, isCalled: true, isEager: false };
  const fields = rows.map(({ field }) => field);

  it('is offered in the order of its priorities', () => {
    assert.deepEqual(offeredTo(BUSY), fields);
  });

  it('is offered to those with a timer only when one is due, and it is theirs', () => {
    const others = rows.filter(({ trigger }) => trigger !== 'Timer').map(({ field }) => field);
    assert.deepEqual(offeredTo({ ...BUSY, isTimerDue: false }), others);
    assert.deepEqual(offeredTo({ ...BUSY, isExpired: false }), others);
  });

  it('is offered to AGL before a frame that waits is loaded, where its next one may be stronger', () => {
    const early = fields.flatMap((field) =>
      field === 'staging' ? [field, 'fromAgl early'] : field,
    );
    assert.deepEqual(offeredTo({ ...BUSY, isEager: true }), early);
    const uncalled = fields.filter((field) => field !== 'staging');
    assert.deepEqual(offeredTo({ ...BUSY, isCalled: false, isEager: true }), uncalled);
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
  it('adds up the worst case: the longest step, and the urgent answer after it', () => {
    const urgent = nanosOf(rows[0], SPI_HERTZ);
    const sentence = `the longest step, ${micros(longest)} us, and the computed answer that follows it, ${micros(urgent)} us: ${micros(longest + urgent)} us.`;
    assert.ok(DOCUMENT.includes(sentence), sentence);
  });

  // SPI at 10 MHz: nine clocks a byte. A step's first transaction and a further one, as in the section.
  const wayNanos = (bytes: number, steps: number, further: number): number =>
    (bytes * 9 * 1e9) / SPI_HERTZ + steps * 2_200 + further * 800;
  const section = DOCUMENT.split('## The order of what is sent')[1].split('\n## ')[0];
  const ways = [...section.matchAll(/^\| .*? \| ([\d +]+) \| (\d+), (\d+) \|$/gm)].map(
    ([, bytes, steps, further]) => {
      const sum = bytes.split('+').reduce((total, part) => total + Number(part), 0);
      return wayNanos(sum, Number(steps), Number(further));
    },
  );
  // The rows of the way itself, of a filter's answer, of `single`'s, and of a frame that is read.
  const alone = ways.slice(0, 4).reduce((sum, way) => sum + way, 0);
  const [filter, single, read] = ways.slice(4);

  it('adds up S, the way of the strongest frame into the chip, as the firmware declares it', () => {
    const answering = alone + Math.max(filter, single);
    assert.equal(ways.length, 7);
    // The section's sum: 31 bytes, 3 steps and 4 further transactions; READ and RTS; with `single` READ RX BUFFER alone.
    const blind = wayNanos(31, 3, 4) + read + wayNanos(1, 0, 1);
    const fast = Math.max(answering, alone + wayNanos(14, 2, 0), blind);
    assert.ok(section.includes(`it is **${micros(alone)} us alone**`));
    assert.ok(section.includes(`**S at SPI 10 MHz is ${micros(answering)} us up to 500 kbit/s.**`));
    assert.ok(section.includes(`**At 1 Mbit/s S is ${micros(fast)} us.**`));
    // The shortest frame with its intermission: 44 + 3 bits (ISO 11898-1).
    for (const bitrate of [125_000, 250_000, 500_000, 1_000_000]) {
      const isRead = answering + read > (47 * 1e9) / bitrate;
      assert.equal(isRead, bitrate === 1_000_000, `${bitrate}`);
      const most = isRead ? fast : answering;
      assert.equal(reorderNanos(SPI_HERTZ, bitrate), most, `${bitrate}`);
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
