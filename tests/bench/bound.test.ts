// SPDX-License-Identifier: MIT
/**
 * The bound of a step from the linked image: never below what a step of the emulated board takes, no higher than is
 * declared or known, and all that it rests on holds in the run. Also the longest path of programs whose cost can be
 * counted by hand.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { StepLimits } from '../../lab/bound/step-limits.ts';
import { judge } from '../../lab/bound/judge.ts';
import { Flow, type Facts, type Limit } from '../../lab/bound/flow.ts';
import { observe } from '../../lab/bound/observe.ts';
import { graphOf } from '../../lab/bound/program.ts';
import { nanosOf, taskRows } from '../../scripts/build/task-bounds.ts';
import { openBounds } from '../../scripts/bound/inputs.ts';

const SPI_HERTZ = 10_000_000;

// Arm ARM DDI 0487, C6.2.
const NOP = 0xd503201f;
const RET = 0xd65f03c0;
const MOV_W0_0 = 0x52800000;
const MOV_W0_1 = 0x52800020;
const SUBS_W1 = 0x71000421; // subs w1, w1, #1
const call = (instructions: number): number => (0x94000000 | (instructions & 0x3ffffff)) >>> 0;
const cbz = (register: number, instructions: number): number =>
  (0x34000000 | ((instructions & 0x7ffff) << 5) | register) >>> 0;
const branchNotEqual = (instructions: number): number =>
  (0x54000001 | ((instructions & 0x7ffff) << 5)) >>> 0;

interface Program {
  /** Rounds of each loop, for each time that it is entered. */
  readonly rounds?: number;
  /** Rounds of all loops together. */
  readonly roundsInAll?: number;
  /** Where the second function begins. */
  readonly second?: number;
  /** How often it is entered. */
  readonly entries?: number;
  readonly limits?: Partial<StepLimits>;
  /** What the second function takes when it returns 0, as a task. */
  readonly refusal?: number;
}

/** The longest path from the first of `words` to a return, each instruction one nanosecond. */
async function longest(words: readonly number[], program: Program = {}): Promise<number> {
  const { rounds = 0, roundsInAll, second = words.length, entries, refusal } = program;
  const limits = {
    entries: [],
    alternatives: [],
    times: [],
    bytes: [],
    bytesIn: [],
    sums: [],
    withLine: [],
    ...program.limits,
  };
  const functions = [
    { name: 'first', start: 0, end: 4 * second },
    { name: 'second', start: 4 * second, end: 4 * words.length },
  ].filter(({ start, end }) => end > start);
  const code = { functions, word: (at: number) => words[at / 4], byte: () => 0 };
  const graphs = functions.map((one) => graphOf(code, one));
  const aStep = roundsInAll === undefined ? undefined : { name: 'all', times: roundsInAll };
  const facts: Facts = {
    graph: (start) => graphs.find((one) => one.start === start),
    nanos: () => 1,
    results: (_from, _target, outcome) => [outcome],
    limit: (loop): Limit => ({ times: rounds, outermost: loop, aStep }),
    called: () => undefined,
    isDeviceWrite: () => false,
    refusal: () => (refusal === undefined ? undefined : { nanos: refusal, spiBytes: 0 }),
    entered: entries === undefined ? [] : [{ starts: [4 * second], times: entries }],
  };
  const question = {
    ...{ isBarred: () => false, isWanted: () => false },
    ...{ spiBytes: 0, ownBytes: 0, byteNanos: 0, limits },
  };
  return (await new Flow(facts, 0, 0).longest(question)).nanos;
}

suite('the longest path', () => {
  test('of two ways is the longer one', async () => {
    // cbz w5 -> skip; nop; nop; skip: ret.
    assert.equal(await longest([cbz(5, 3), NOP, NOP, RET]), 4);
  });

  test('of a loop has its rounds and the way out', async () => {
    // nop; head: nop; subs; b.ne head; ret. Five edges back to the head: 1 + 5 x 3 + 3 + 1.
    assert.equal(await longest([NOP, NOP, SUBS_W1, branchNotEqual(-2), RET], { rounds: 5 }), 20);
  });

  test('of a loop with two entries counts the way in as a round', async () => {
    // cbz w5 -> test; way: nop; nop; test: subs; b.ne way; ret. Edges to `test`: five. Entered there:
    // 1 + 5 x (subs, b.ne, nop, nop) + (subs, b.ne) + ret.
    assert.equal(
      await longest([cbz(5, 3), NOP, NOP, SUBS_W1, branchNotEqual(-3), RET], { rounds: 5 }),
      24,
    );
  });

  test('goes with what a call returned', async () => {
    // first: bl second; cbz w0 -> ret; nop x 9; ret. second: cbz w3 -> zero; nop; mov w0, 1; ret; zero: nop x 20; mov w0, 0; ret.
    const first = [call(12), cbz(0, 10), ...Array<number>(9).fill(NOP), RET];
    const zero = [...Array<number>(20).fill(NOP), MOV_W0_0, RET];
    const second = [cbz(3, 4), NOP, MOV_W0_1, RET, ...zero];
    // With 1: 2 + 4 + 9 + 1; with 0: 2 + (1 + 22) + 1. Not both: 2 + 23 + 9 + 1.
    assert.equal(await longest([...first, ...second], { second: first.length }), 26);
  });

  test('goes round no more often than is declared for all', async () => {
    // Twice: head: nop; subs; b.ne head. Then ret. Four edges back in all: 2 x 3 + 4 x 3 + 1.
    const loop = [NOP, SUBS_W1, branchNotEqual(-2)];
    assert.equal(await longest([...loop, ...loop, RET], { rounds: 5, roundsInAll: 4 }), 19);
  });

  test('enters a function no more often than is declared', async () => {
    // first: three times: cbz w5 -> next; bl second. Then ret. second: nop x 9; ret. With one call: 3 + 1 + 10 + 1.
    const calls = [10, 8, 6].flatMap((far) => [cbz(5, 2), call(far - 4)]);
    const first = [...calls, RET];
    const second = [...Array<number>(9).fill(NOP), RET];
    const program = { second: first.length, entries: 1 };
    assert.equal(await longest([...first, ...second], program), 15);
  });

  test('holds what a step of the task does at most', async () => {
    // first: bl second; bl second; ret. second: nop x 9; ret.
    const words = [call(3), call(2), RET, ...Array<number>(9).fill(NOP), RET];
    const program = { second: 3 };
    assert.equal(await longest(words, program), 23);
    // Its own instructions take 12 of 20: the path is no longer one of the program, and its time still a bound.
    const times = [{ start: 12, nanos: 20 }];
    assert.equal(await longest(words, { ...program, limits: { times } }), 23);
    await assert.rejects(
      longest(words, { ...program, limits: { times: [{ start: 12, nanos: 19 }] } }),
      /no longest path/,
    );
    await assert.rejects(
      longest(words, { ...program, limits: { entries: [{ start: 12, times: 1 }] } }),
      /no longest path/,
    );
  });

  test('takes one of two ways that exclude each other', async () => {
    // first: cbz w5 -> skip; bl second; skip: nop x 4; ret. second: nop x 9; ret. Both: 2 + 10 + 5. Without second: 1 + 5.
    const words = [cbz(5, 2), call(6), ...Array<number>(4).fill(NOP), RET];
    const second = words.length;
    const all = [...words, ...Array<number>(9).fill(NOP), RET];
    assert.equal(await longest(all, { second }), 17);
    const alternatives: StepLimits['alternatives'] = [[[0], [4 * second]]];
    assert.equal(await longest(all, { second, limits: { alternatives } }), 6);
  });

  test('takes what is declared where a task refuses, and its own ways where it works', async () => {
    // first: bl second; ret. second: cbz w3 -> zero; mov w0, 1; ret; zero: nop x 20; mov w0, 0; ret.
    const zero = [...Array<number>(20).fill(NOP), MOV_W0_0, RET];
    const words = [call(2), RET, cbz(3, 3), MOV_W0_1, RET, ...zero];
    assert.equal(await longest(words, { second: 2 }), 2 + 1 + 22);
    assert.equal(await longest(words, { second: 2, refusal: 10 }), 2 + 10);
    assert.equal(await longest(words, { second: 2, refusal: 2 }), 2 + 3);
  });
});

suite('a bound', () => {
  const held = { name: 'a task', nanos: 3_000, declaredNanos: 4_000 };
  test('holds when nothing seen is above it and nothing declared below it', () => {
    assert.equal(judge({ ...held, seenNanos: 2_999 }).fault, undefined);
  });

  test('below a step that was seen is wrong', () => {
    assert.match(
      judge({ ...held, seenNanos: 3_001 }).fault ?? '',
      /took 3001 ns, more than the bound/,
    );
  });

  test('above what is declared is told', () => {
    assert.match(
      judge({ ...held, declaredNanos: 2_999 }).fault ?? '',
      /can take 3000 ns, 2999 are declared/,
    );
  });
});

test('the image keeps its bounds, and the emulated run what they rest on', async () => {
  const bounds = await openBounds();
  const rows = taskRows();
  const all = await bounds.all(rows);
  const seen = await observe(
    bounds,
    rows.map(({ name }) => name),
  );
  const faults = rows.flatMap((row, index) => {
    const { nanos } = all[index];
    const measured = {
      nanos,
      declaredNanos: nanosOf(row, SPI_HERTZ),
      seenNanos: seen.longest.get(row.name)?.nanos,
    };
    return judge({ name: row.name, ...measured }).fault ?? [];
  });
  assert.deepEqual([...faults, ...seen.faults, ...bounds.undeclared], []);
  assert.ok(seen.longest.size >= 12, 'the run shows steps of the tasks');
  assert.ok(seen.steps >= 5_000, `only ${seen.steps} steps were counted`);
});
