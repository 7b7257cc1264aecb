// SPDX-License-Identifier: MIT
/**
 * Answers with bytes of their request when something else happens: a new table, a chip without its supply, one-shot
 * mode, the role device, requests at once. Each answer has the bytes of its own request, and the constants of one table.
 *
 * Source: DS20001801J, table 12-1: RX STATUS is b0, READ 03, WRITE 02; table 11-1: RXB0DLC is 65, TXB2D1 57.
 */
import assert from 'node:assert/strict';
import { compileRules } from '../../rules/compile.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const WINDOW_WAY = ['b0', '0365', '0257', '84'];
const STRONGER = 0x001;

interface Rule {
  readonly request: number;
  readonly answer: number;
  /** Constants before and behind the two bytes of the request. */
  readonly around: readonly [number, number];
}

/** The requests win against the answers, which wait while these come. */
const FIRST: Rule = { request: 0x010, answer: 0x101, around: [0x50, 0xee] };
const SECOND: Rule = { request: 0x020, answer: 0x111, around: [0x60, 0xdd] };
/** The same requests, otherwise answered. */
const CHANGED: readonly Rule[] = [
  { ...FIRST, around: [0x70, 0xcc] },
  { ...SECOND, around: [0x80, 0xbb] },
];

function rulesOf(...rules: readonly Rule[]): string {
  const lines = rules.map(
    ({ request, answer, around: [before, behind] }, index) =>
      `  - { name: rule-${index}, match: { id: ${request}, data: [~, ~] }, answer: { id: ${answer}, length: 4, data: [${before}, ~, ~, ${behind}], copy: [{ from: 0, to: 1, count: 2 }] } }\n`,
  );
  return `version: 1\nrules:\n${lines.join('')}`;
}

/** The answer to the request with `number`, as text. */
function answerTo({ answer, around: [before, behind] }: Rule, number: number): string {
  const data = Buffer.from([before, number, number ^ 0xff, behind])
    .toString('hex')
    .toUpperCase();
  return `${answer.toString(16)}#${data}`;
}

function ask(rig: Rig, { request }: Rule, number: number, afterNanos = 0): void {
  rig.send({ identifier: request, data: [number, number ^ 0xff] }, afterNanos);
}

function answersOf(rig: Rig): string[] {
  return rig.sentBy(rig.board.chip.name).map(textOf);
}

/** Asks alone, and returns the answers and the first bytes of the transactions up to RTS. */
function askAlone(rig: Rig, rule: Rule, number: number): { answers: string[]; way: string[] } {
  rig.run(3 * MILLISECOND);
  rig.forget();
  ask(rig, rule, number);
  rig.run(3 * MILLISECOND);
  const seen = rig.mosi.map((bytes) => Buffer.from(bytes).toString('hex'));
  const first = seen.findIndex((text) => text.startsWith('b0'));
  const way = seen.slice(first, first + WINDOW_WAY.length);
  return {
    answers: answersOf(rig),
    way: way.map((text, index) => text.slice(0, WINDOW_WAY[index].length)),
  };
}

/** While a request is on the wire, frames that are stronger than its answer come up. */
function askOnBusyBus(rig: Rig, rule: Rule, number: number, frames: number): void {
  ask(rig, rule, number);
  for (let index = 0; index < frames; index++) {
    rig.send({ identifier: STRONGER, data: [index] }, 40 * MICROSECOND);
  }
}

onBoth(
  'window: a new table at each moment of a request: one answer each, of one of both tables, then by the new way',
  (engine) => {
    const tables = [[FIRST, SECOND], CHANGED];
    return withRig({ engine, rules: rulesOf(...tables[0]) }, (rig) => {
      const { control } = rig.board;
      assert.ok(control);
      const writer = new RequestWriter(control.requests);
      const images = tables.map((rules) => compileRules(rulesOf(...rules), 'r').image);
      rig.run(3 * MILLISECOND);
      for (let swap = 1; swap <= 4; swap++) {
        rig.forget();
        // A frame of AGL's that does not get the bus takes the third buffer.
        rig.sendFromAgl({ identifier: 0x700 + swap, data: [swap] });
        writer.write(ruleTableRequest(images[swap % 2]));
        const numbers = Array.from({ length: 24 }, (_, index) => index);
        for (const number of numbers) {
          ask(rig, tables[0][number % 2], number, number * 170 * MICROSECOND);
        }
        rig.run(14 * MILLISECOND);
        const answers = answersOf(rig).filter((text) => !text.startsWith('7'));
        for (const number of numbers) {
          const either = tables.map((rules) => answerTo(rules[number % 2], number));
          const given = answers.filter((text) => either.includes(text));
          assert.equal(given.length, 1, `swap ${swap}, request ${number}: ${given.join()}`);
        }
        assert.equal(answers.length, numbers.length);
        const { answers: last, way } = askAlone(rig, FIRST, 0x33);
        assert.deepEqual(last, [answerTo(tables[swap % 2][0], 0x33)]);
        assert.deepEqual(way, WINDOW_WAY);
      }
    });
  },
);

onBoth('window: a chip without its supply: no answer twice, and the way is back', (engine) =>
  withRig({ engine, rules: rulesOf(FIRST) }, (rig) => {
    assert.deepEqual(askAlone(rig, FIRST, 1).answers, [answerTo(FIRST, 1)]);
    rig.board.chip.brownOut(rig.now);
    rig.run(40 * MILLISECOND);
    const { answers, way } = askAlone(rig, FIRST, 2);
    assert.deepEqual(answers, [answerTo(FIRST, 2)], 'header and constants were loaded anew');
    assert.deepEqual(way, WINDOW_WAY);
    // The next one is pending when the supply drops.
    rig.forget();
    askOnBusyBus(rig, FIRST, 3, 6);
    rig.run(500 * MICROSECOND);
    rig.board.chip.brownOut(rig.now);
    rig.run(40 * MILLISECOND);
    assert.deepEqual(answersOf(rig), []);
    assert.deepEqual(askAlone(rig, FIRST, 4).answers, [answerTo(FIRST, 4)]);
  }),
);

onWasm('window: the supply drops before each byte of the way: that answer or none', async () => {
  const problems: string[] = [];
  for (let at = 0; at < 13; at++) {
    await withRig({ engine: 'wasm', rules: rulesOf(FIRST) }, (rig) => {
      rig.run(3 * MILLISECOND);
      const { chip, clock } = rig.board;
      const exchange = chip.exchange.bind(chip);
      let bytes = 0;
      chip.exchange = (mosi, nanos) => {
        if ((chip.interruptLow || bytes > 0) && bytes++ === at) chip.brownOut(clock.now);
        return exchange(mosi, nanos);
      };
      ask(rig, FIRST, 0x0f);
      rig.run(40 * MILLISECOND);
      const answers = answersOf(rig);
      if (answers.length > 1 || answers.some((text) => text !== answerTo(FIRST, 0x0f)))
        problems.push(`before byte ${at}: ${answers.join(' ')}`);
      const { answers: next, way } = askAlone(rig, FIRST, 0x10);
      if (next.join() !== answerTo(FIRST, 0x10)) problems.push(`after byte ${at}: ${next.join()}`);
      if (way.join() !== WINDOW_WAY.join()) problems.push(`after byte ${at}: ${way.join()}`);
    });
  }
  assert.deepEqual(problems, []);
});

onWasm('window, one-shot: an answer that loses arbitration is not sent again', (engine) =>
  withRig({ engine, settings: 'oneshot=1', rules: rulesOf(FIRST) }, (rig) => {
    rig.run(3 * MILLISECOND);
    // The first has begun when the answer is requested; the second wins against it.
    askOnBusyBus(rig, FIRST, 1, 2);
    rig.run(3 * MILLISECOND);
    assert.deepEqual(answersOf(rig), []);
    const { answers, way } = askAlone(rig, FIRST, 2);
    assert.deepEqual(answers, [answerTo(FIRST, 2)]);
    assert.deepEqual(way, WINDOW_WAY);
  }),
);

onWasm('window: the same where the cell is the device', (engine) =>
  withRig({ engine, ...EXCHANGED_ROLES, rules: rulesOf(FIRST) }, (rig) => {
    const { answers, way } = askAlone(rig, FIRST, 1);
    assert.deepEqual(answers, [answerTo(FIRST, 1)]);
    assert.deepEqual(way, WINDOW_WAY);
    rig.forget();
    for (const number of [2, 3, 4]) ask(rig, FIRST, number);
    rig.run(6 * MILLISECOND);
    assert.deepEqual(
      answersOf(rig),
      [2, 3, 4].map((number) => answerTo(FIRST, number)),
    );
  }),
);

onBoth(
  'window: requests of both filters back to back: all answers wait, and leave in order',
  (engine) =>
    withRig({ engine, rules: rulesOf(FIRST, SECOND), bitrate: 1_000_000 }, (rig) => {
      rig.run(3 * MILLISECOND);
      rig.forget();
      // Two of them are in the chip before the cell looks.
      rig.stall(rig.now, 150 * MICROSECOND);
      const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
      for (const number of numbers) ask(rig, [FIRST, SECOND][number % 2], number);
      rig.run(10 * MILLISECOND);
      const answers = answersOf(rig);
      for (const [index, rule] of [FIRST, SECOND].entries()) {
        const own = numbers.filter((number) => number % 2 === index);
        assert.deepEqual(
          answers.filter((text) => text.startsWith(rule.answer.toString(16))),
          own.map((number) => answerTo(rule, number)),
        );
      }
    }),
);
