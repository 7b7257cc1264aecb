// SPDX-License-Identifier: MIT
/**
 * What the bound of a step rests on: the rounds that stand beside loops in the source, and their count in a run.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type CountedFacts, LoopCounter } from '../../lab/bound/counts.ts';
import { graphOf } from '../../lab/bound/program.ts';
import { depthFirst, loopsIn, partsOf } from '../../lab/bound/regions.ts';
import { constantsOf, readSource } from '../../lab/bound/source-loops.ts';
import { StepEntries, type StepFunctions } from '../../lab/bound/step-entries.ts';
import { faultsOf, type StepLimits } from '../../lab/bound/step-limits.ts';

const CONSTANTS = 'export const BUFFERS: u32 = 3;\nconst BITS: u32 = BUFFERS << 3;\n';

function boundsOf(...lines: readonly string[]): unknown[] {
  const text = `${CONSTANTS}${lines.join('\n')}\n`;
  const constants = constantsOf(new Map([['a.ts', text]]));
  return readSource('a.ts', text, constants('a.ts')).loops.map(({ bound }) => bound);
}

suite('the rounds of a loop', () => {
  test('that counts between constants are its own', () => {
    assert.deepEqual(
      boundsOf(
        'for (let a: u32 = 0; a < BUFFERS; a++) x();',
        'for (let a: u64 = 0; a < BITS; a += 8) x();',
        'for (let a = BUFFERS; a >= 1; a--) x();',
      ),
      [{ times: 3 }, { times: 3 }, { times: 3 }],
    );
  });

  test('of another are those of the line before it, or unknown', () => {
    assert.deepEqual(
      boundsOf(
        '// loop: at most 16, for a reason',
        'while (x) y();',
        '// loop: at most BUFFERS',
        'do y(); while (x);',
        '// loop: takes BITS',
        'while (x) y();',
        '// loop: a byte of SPI',
        'while (x) y();',
        '// loop: at most 4, 12 a step, for a reason',
        'while (x) y();',
        '// loop: at most 5 a step',
        'while (x) y();',
        'while (x) y();',
      ),
      [
        { times: 16 },
        { times: 3 },
        { nanos: 24 },
        { by: 'byte' },
        { times: 4, aStep: 12 },
        { times: 5, aStep: 5 },
        undefined,
      ],
    );
  });

  test('that are no number are refused, and those before no loop', () => {
    assert.throws(() => boundsOf('// loop: at most many', 'while (x) y();'), /is no bound/);
    assert.throws(() => boundsOf('// loop: at most 3', 'const a = 3;'), /stands before no loop/);
  });
});

test('the bytes of a copy are its own, or those of the line before it', () => {
  const text = `${CONSTANTS}memory.copy(a, b, BITS);\n// copy: at most 9\nmemory.fill(a, 0, b);\nmemory.fill(a, 0, sizeof<u64>());\n`;
  const { copies } = readSource('a.ts', text, constantsOf(new Map([['a.ts', text]]))('a.ts'));
  assert.deepEqual(
    copies.map(({ bytes }) => bytes),
    [24, 9, 8],
  );
});

test('a function says how often a step enters it', () => {
  const text = `class A {\n  // path: at most 2 a step, why\n  b(): void {}\n}\n`;
  const { entered } = readSource('a.ts', text, () => undefined);
  assert.deepEqual(
    entered.map(({ className, name, times }) => [className, name, times]),
    [['A', 'b', 2]],
  );
});

suite('a count', () => {
  // Arm ARM DDI 0487, C6.2: nop; head: subs w1, w1, #1; b.ne head; ret.
  const words = [0xd503201f, 0x71000421, 0x54ffffe1, 0xd65f03c0];
  const code = { functions: [], word: (at: number) => words[at / 4], byte: () => 0 };
  const graph = graphOf(code, { name: 'f', start: 0, end: 16 });
  const next = (block: number): readonly number[] => graph.blocks.get(block)?.next ?? [];
  const order = depthFirst(0, next);
  const [loop] = loopsIn(partsOf(new Set(order.keys()), next, order));
  const source = { file: 'a.ts', from: 3, to: 4, bound: { times: 2 } };
  const stepFunctions: StepFunctions = {
    functionOf: () => 0,
    tasks: new Map(),
    isExecutive: () => false,
    ended: undefined,
    nanosAt: () => 1,
  };
  const facts = (more: Partial<CountedFacts> = {}): CountedFacts => ({
    asked: new Map([[4, { loop, graph, source, outermost: loop }]]),
    uncounted: new Set(),
    entered: [],
    stepBegins: 0x100,
    bytesAt: () => 0,
    stepFunctions,
    ...more,
  });
  /** The emulator's blocks of a call with `rounds`: its first one goes on through the head. */
  const run = (counter: LoopCounter, rounds: number): void => {
    counter.entered(0, 12);
    for (let round = 0; round < rounds; round += 1) counter.entered(4, 8);
    counter.entered(12, 4);
  };

  test('of as many rounds as are declared is no fault, in each of two calls', () => {
    const counter = new LoopCounter(facts());
    run(counter, 2);
    run(counter, 2);
    assert.deepEqual(
      counter.faults(() => 'f'),
      [],
    );
  });

  test('of one more is told', () => {
    const counter = new LoopCounter(facts());
    run(counter, 3);
    assert.deepEqual(
      counter.faults(() => 'f'),
      ['a.ts:3: the loop went round 3 times, at most 2 are declared'],
    );
  });

  test('of rounds in all is that of a step', () => {
    const bound = { times: 2, aStep: 3 };
    const watched = { loop, graph, source: { ...source, bound }, outermost: loop };
    const counter = new LoopCounter(facts({ asked: new Map([[4, watched]]) }));
    run(counter, 2);
    counter.entered(0x100, 4);
    run(counter, 2);
    run(counter, 1);
    assert.deepEqual(
      counter.faults(() => 'f'),
      [],
    );
    run(counter, 1);
    assert.deepEqual(
      counter.faults(() => 'f'),
      ['a.ts:3: went round 4 times in a step, declared 3'],
    );
  });

  test('of entries is that of a step', () => {
    const counter = new LoopCounter(
      facts({ entered: [{ place: 'a.ts:1', starts: [0], times: 1 }] }),
    );
    run(counter, 0);
    counter.entered(0x100, 4);
    run(counter, 0);
    assert.deepEqual(
      counter.faults(() => 'f'),
      [],
    );
    run(counter, 0);
    assert.deepEqual(
      counter.faults(() => 'f'),
      ['a.ts:1: entered 2 times in a step, declared 1'],
    );
  });

  test('of a copy is told by where it is called', () => {
    const graphs = { ...graph, name: 'memcpy' };
    const watched = { loop, graph: graphs, source: undefined, outermost: loop };
    const counter = new LoopCounter(
      facts({ asked: new Map([[4, watched]]), bytesAt: (at) => (at === 0x40 ? 2 : 1) }),
    );
    counter.entered(0x40, 4);
    run(counter, 2);
    counter.entered(0x44, 4);
    run(counter, 1);
    assert.deepEqual(
      counter.faults(() => 'f'),
      [],
    );
    counter.entered(0x44, 4);
    run(counter, 2);
    assert.deepEqual(
      counter.faults(() => 'f'),
      ['44: more than 1 bytes copied'],
    );
  });

  test('tells that something ran which is not counted', () => {
    const counter = new LoopCounter(facts({ uncounted: new Set([12]) }));
    run(counter, 1);
    assert.deepEqual(
      counter.faults(() => 'f'),
      ['f is marked "not counted", and a step ran it'],
    );
  });
});

suite('a step of a run', () => {
  // The executive at 0 asks the tasks at 0x100 and 0x200, and ends the step at 0x300. An instruction takes 1 ns.
  const functions: StepFunctions = {
    functionOf: (address) => address & ~0xff,
    tasks: new Map([
      [0x100, 'first'],
      [0x200, 'second'],
    ]),
    isExecutive: (address) => address < 0x100,
    ended: 0x300,
    nanosAt: () => 1,
  };
  /** Instructions that run one after the other. */
  const play = (entries: StepEntries, addresses: readonly number[]): void => {
    addresses.forEach((address, index) => {
      const [start, isExecutive] = [address & ~0xff, functions.isExecutive(address)];
      entries.ran({ address, start, nanos: 1, isExecutive }, addresses[index - 1] ?? 0);
    });
    entries.stepEnded(addresses.length);
  };
  /** `first` refuses in three instructions, `second` works in two, and calls `first`'s function. */
  const STEP = [0, 0x100, 0x104, 0x108, 4, 0x200, 0x100, 8, 0x300];

  test("is that of the task that was asked last, with all that it entered; a task's function may be called", () => {
    const entries = new StepEntries(functions);
    play(entries, STEP);
    assert.deepEqual([...entries.longest.keys()], ['second']);
    const { nanos, entries: entered, spent } = entries.longest.get('second')!;
    assert.equal(nanos, 9);
    assert.equal(entered.get(0x100), 2);
    assert.equal(spent.get(0x100), 4);
  });

  test('tells what the tasks took that refused, also where none worked', () => {
    const entries = new StepEntries(functions);
    play(entries, STEP);
    assert.deepEqual([...entries.refusals], [['first', 3]]);
    play(entries, [0, 0x100, 4, 0x200, 0x204, 8]);
    assert.deepEqual(
      [...entries.refusals],
      [
        ['first', 3],
        ['second', 2],
      ],
    );
    assert.deepEqual([...entries.longest.keys()], ['second']);
  });

  test('is held against its facts', () => {
    const entries = new StepEntries(functions);
    play(entries, STEP);
    const step = entries.longest.get('second')!;
    const none = {
      entries: [],
      alternatives: [],
      times: [],
      bytes: [],
      bytesIn: [],
      sums: [],
      withLine: [],
    };
    const faults = (limits: Partial<StepLimits>): string[] =>
      faultsOf('second', { ...none, ...limits }, step, (start) => `a/b/F${start}`);
    assert.deepEqual(faults({ entries: [{ start: 0x100, times: 2 }] }), []);
    assert.match(faults({ entries: [{ start: 0x100, times: 1 }] })[0], /entered 2 times/);
    assert.deepEqual(faults({ times: [{ start: 0x100, nanos: 4 }] }), []);
    assert.match(faults({ times: [{ start: 0x100, nanos: 3 }] })[0], /took 4 ns/);
    assert.deepEqual(faults({ alternatives: [[[0x100], [0x400]]] }), []);
    assert.match(faults({ alternatives: [[[0x400, 0x100], [0x200]]] })[0], /entered .* and /);
  });
});
