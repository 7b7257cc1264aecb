// SPDX-License-Identifier: MIT
/**
 * Memory order: the litmus tests of lab/litmus, with the barriers of the linked image, hold under the Armv8 model; and
 * each fails without the barriers that it needs. The model itself is held to results that are published for Armv8.
 */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { canSee, type Barrier, type Instruction, type Thread } from '../../lab/litmus/armv8.ts';
import { copiesOf, type Image } from '../../lab/litmus/paths.ts';
import { LITMUS, threadsOf, type BridgeBarriers, type Litmus } from '../../lab/litmus/table.ts';
import { openLitmus } from '../../scripts/bound/litmus.ts';

const read = (at: string, register: string): Instruction => ({ kind: 'load', at, register });
const write = (at: string, value = 1): Instruction => ({ kind: 'store', at, value });
const acquire = (at: string, register: string): Instruction => ({
  kind: 'load',
  at,
  register,
  isAcquire: true,
});
const release = (at: string, value = 1): Instruction => ({
  kind: 'store',
  at,
  value,
  isRelease: true,
});
const dmb = (barrier: Barrier): Instruction => ({ kind: 'barrier', barrier });

// Names and results: Maranget, Sarkar, Sewell, "A tutorial introduction to the ARM and POWER relaxed memory models";
// Pulte et al., POPL 2018.
suite('the model', () => {
  const messagePassing = (
    writer: readonly Instruction[],
    reader: readonly Instruction[],
  ): boolean =>
    canSee(
      [
        [write('x'), ...writer, write('y')],
        [read('y', 'a'), ...reader, read('x', 'b')],
      ],
      ({ a, b }) => a === 1 && b === 0,
    );

  test('MP is allowed without barriers and with one only', () => {
    assert.ok(messagePassing([], []));
    assert.ok(messagePassing([dmb('ish')], []));
    assert.ok(messagePassing([], [dmb('ish')]));
  });

  test('MP+dmb+dmb, MP+dmb.st+dmb.ld are forbidden; MP+dmb.ld+dmb.st is allowed', () => {
    assert.ok(!messagePassing([dmb('ish')], [dmb('ish')]));
    assert.ok(!messagePassing([dmb('ishst')], [dmb('ishld')]));
    assert.ok(messagePassing([dmb('ishld')], [dmb('ishst')]));
  });

  test('MP with STLR and LDAR is forbidden', () => {
    const threads = [
      [write('x'), release('y')],
      [acquire('y', 'a'), read('x', 'b')],
    ];
    assert.ok(!canSee(threads, ({ a, b }) => a === 1 && b === 0));
  });

  test('SB is allowed with DMB ISHLD or ISHST, and forbidden with DMB', () => {
    const storeBuffering = (...barrier: readonly Instruction[]): boolean =>
      canSee(
        [
          [write('x'), ...barrier, read('y', 'a')],
          [write('y'), ...barrier, read('x', 'b')],
        ],
        ({ a, b }) => a === 0 && b === 0,
      );
    assert.ok(storeBuffering());
    assert.ok(storeBuffering(dmb('ishst')));
    assert.ok(storeBuffering(dmb('ishld')));
    assert.ok(!storeBuffering(dmb('ish')));
  });

  test('LB is allowed plain, forbidden with DMB ISHLD, allowed with DMB ISHST', () => {
    const loadBuffering = (...barrier: readonly Instruction[]): boolean =>
      canSee(
        [
          [read('x', 'a'), ...barrier, write('y')],
          [read('y', 'b'), ...barrier, write('x')],
        ],
        ({ a, b }) => a === 1 && b === 1,
      );
    assert.ok(loadBuffering());
    assert.ok(!loadBuffering(dmb('ishld')));
    assert.ok(loadBuffering(dmb('ishst')));
  });

  test('CoRR is forbidden, IRIW is allowed plain and forbidden with DMB', () => {
    assert.ok(
      !canSee([[write('x')], [read('x', 'a'), read('x', 'b')]], ({ a, b }) => a === 1 && b === 0),
    );
    const iriw = (...barrier: readonly Instruction[]): boolean =>
      canSee(
        [
          [write('x')],
          [write('y')],
          [read('x', 'a'), ...barrier, read('y', 'b')],
          [read('y', 'c'), ...barrier, read('x', 'd')],
        ],
        ({ a, b, c, d }) => a === 1 && b === 0 && c === 1 && d === 0,
      );
    assert.ok(iriw());
    assert.ok(!iriw(dmb('ish')));
  });
});

/** The threads without the barrier `number` of thread `place`; with `other` in its place if given. */
function without(
  threads: readonly Thread[],
  place: number,
  number: number,
  other?: Barrier,
): Thread[] {
  return threads.map((thread, index) => {
    if (index !== place) return thread;
    let seen = -1;
    return thread.flatMap((one) => {
      if (one.kind !== 'barrier') return [one];
      seen += 1;
      if (seen !== number) return [one];
      return other === undefined ? [] : [dmb(other)];
    });
  });
}

suite('the image', () => {
  let image: Image;
  let bridge: BridgeBarriers;
  before(async () => ({ image, bridge } = await openLitmus()));

  /** The threads of a test, once for each copy of each function, the others being the first. */
  const variants = (litmus: Litmus): Thread[][] => {
    const names = litmus.threads
      .flat()
      .flatMap((part) => (typeof part === 'string' ? [] : [part.of]));
    return names.flatMap((name) =>
      copiesOf(image, name).map((copy) =>
        threadsOf(litmus, (of) => (of === name ? copy : copiesOf(image, of)[0]), bridge),
      ),
    );
  };

  for (const litmus of LITMUS) {
    test(litmus.name, () => {
      const all = variants(litmus);
      assert.ok(all.length > 0, 'the image has the functions');
      for (const threads of all) {
        assert.ok(!canSee(threads, litmus.never, litmus.initial), JSON.stringify(threads));
      }
    });

    test(`${litmus.name}: not without a barrier that it needs`, () => {
      for (const threads of variants(litmus)) {
        const needed = threads.flatMap((thread, place) =>
          thread
            .filter(({ kind }) => kind === 'barrier')
            .flatMap((_, number) =>
              canSee(without(threads, place, number), litmus.never, litmus.initial)
                ? [[place, number]]
                : [],
            ),
        );
        assert.deepEqual(needed, litmus.needed);
      }
    });
  }

  test('what was read must not be given back behind a barrier for stores alone', () => {
    for (const litmus of LITMUS.filter(({ name }) => name.includes('before the d'))) {
      for (const threads of variants(litmus)) {
        assert.ok(canSee(without(threads, 0, 0, 'ishst'), litmus.never), litmus.name);
      }
    }
  });
});
