// SPDX-License-Identifier: MIT
/**
 * Signals by name in rules, at random places: what a rule takes, answers and changes is what a walk over the
 * bits and exact fractions give.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../lab/random/random.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { rawByBits, walk } from './dbc-text.ts';
import type { Place } from './dbc-text.ts';
import {
  answersTo,
  limitsOf,
  placeText,
  putByBits,
  signalRule,
  tableWith,
  takes,
} from './rules-signals-text.ts';

const ROUNDS = 400;
const FRAMES = 12;

/** A place that lies in 8 bytes. */
function randomPlace(random: Random, most = 20): Place {
  for (;;) {
    const place = {
      startBit: random.below(64),
      bitCount: random.chance(0.2) ? random.between(1, most) : random.between(1, 20),
      isMotorola: random.chance(0.5),
      signed: random.chance(0.5),
    };
    if (walk(place).every((bit) => bit < 64)) return place;
  }
}

const dbcOf = (place: Place, scale = '(1,0)', name = 'In', identifier = 256) =>
  `BO_ ${identifier} ${name}: 8 N\n SG_ ${name}S : ${placeText(place)} ${scale} [0|0] "" N`;

/** A value that the place can hold; often near one of the ends. */
function randomRaw(random: Random, place: Place): bigint {
  const raw = rawByBits(place, random.bytes(8));
  return random.chance(0.2) ? random.pick(limitsOf(place)) : raw;
}

function randomData(random: Random, place: Place, near: readonly bigint[]): Uint8Array {
  const data = random.bytes(8);
  if (random.chance(0.7)) putByBits(place, data, random.pick(near) + BigInt(random.between(-1, 1)));
  return data;
}

it('a match by a signal takes the frames whose bits have a value that is asked for', () => {
  let taken = 0;
  for (let seed = 0; seed < ROUNDS; seed++) {
    const random = Random.of(seed, 0);
    const place = randomPlace(random, 64);
    const ends = [randomRaw(random, place), randomRaw(random, place)];
    const [min, max] = ends[0] <= ends[1] ? ends : ends.toReversed();
    const list = Array.from({ length: random.between(1, 5) }, () => randomRaw(random, place));
    const inverted = random.chance(0.3);
    const isRange = random.chance(0.5);
    const asked = isRange ? `{ min: ${min}, max: ${max} }` : `[${list.join(', ')}]`;
    const written = inverted ? `{ not: ${asked} }` : asked;
    const rule = `match: { message: In, signals: { InS: ${written} } }`;
    const table = tableWith(dbcOf(place), signalRule(rule, 'forward: true'));
    for (let count = 0; count < FRAMES; count++) {
      const data = randomData(random, place, isRange ? [min, max] : list);
      const raw = rawByBits(place, data);
      const isAsked = isRange ? raw >= min && raw <= max : list.includes(raw);
      const what = `seed ${seed}: ${placeText(place)} ${written}, raw ${raw}`;
      assert.equal(takes(table, data), isAsked !== inverted, what);
      taken += isAsked !== inverted ? 1 : 0;
      const bytes = Math.floor(Math.max(...walk(place)) / 8) + 1;
      assert.ok(!takes(table, data.slice(0, bytes - 1)), `${what}, one byte too short`);
      assert.equal(takes(table, data.slice(0, bytes)), isAsked !== inverted, what);
    }
  }
  assert.ok(taken > ROUNDS && taken < ROUNDS * FRAMES - ROUNDS, `${taken} taken`);
});

describe('an answer by a signal', () => {
  it('has a constant in its bits, and 0 elsewhere', () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const random = Random.of(seed, 1);
      const place = randomPlace(random, 64);
      const raw = randomRaw(random, place);
      const answer = `answer: { message: Out, signals: { OutS: ${raw} } }`;
      const dbc = `${dbcOf(place, '(1,0)', 'Out', 257)}\nBO_ 256 In: 8 N`;
      const table = tableWith(dbc, signalRule('match: { message: In }', answer));
      assert.equal(table.rules[0].answer?.steps, undefined, 'the answer is static');
      const expected = new Uint8Array(8);
      putByBits(place, expected, raw);
      assert.deepEqual(answersTo(table, random.bytes(8)), [
        formatFrame(makeFrame({ identifier: 257, data: expected })),
      ]);
    }
  });

  it('is the scaled signal of the request, to the nearest, kept within limits', () => {
    let [limited, changed] = [0, 0];
    for (let seed = 0; seed < ROUNDS; seed++) {
      const random = Random.of(seed, 2);
      const [from, to] = [randomPlace(random, 32), randomPlace(random, 32)];
      // Factors, offsets and limits in thousandths, the scale in hundredths.
      const factors = [0, 1].map(() => random.between(1, 5000) * random.pick([1, -1]));
      const offsets = [0, 1, 2].map(() => random.between(-1e6, 1e6));
      const scale = random.between(1, 1000) * random.pick([1, -1]);
      const dbc = [
        dbcOf(from, `(${factors[0]}e-3,${offsets[0]}e-3)`),
        dbcOf(to, `(${factors[1]}e-3,${offsets[1]}e-3)`, 'Out', 257),
      ].join('\n');
      const numbers = `scale: ${scale}e-2, offset: ${offsets[2]}e-3`;
      const answer = `answer: { message: Out, signals: { OutS: { from: InS, ${numbers} } } }`;
      const table = tableWith(dbc, signalRule('match: { message: In }', answer));
      for (let count = 0; count < FRAMES; count++) {
        const data = random.bytes(8);
        if (random.chance(0.4)) putByBits(from, data, BigInt(random.between(0, 3)));
        const raw = rawByBits(from, data);
        const physical = raw * BigInt(factors[0]) + BigInt(offsets[0]);
        // In hundred-thousandths.
        const wanted = physical * BigInt(scale) + BigInt(offsets[2]) * 100n;
        const nearest = divided(wanted - BigInt(offsets[1]) * 100n, BigInt(factors[1]) * 100n);
        const [least, most] = limitsOf(to);
        const kept = nearest < least ? least : nearest > most ? most : nearest;
        const expected = new Uint8Array(8);
        putByBits(to, expected, kept);
        assert.deepEqual(
          answersTo(table, data),
          [formatFrame(makeFrame({ identifier: 257, data: expected }))],
          `seed ${seed}: ${dbc}\n${numbers}, raw ${raw}`,
        );
        if (kept === nearest) changed += 1;
        else limited += 1;
      }
    }
    assert.ok(limited > ROUNDS && changed > ROUNDS, `${limited} limited, ${changed} not`);
  });
});

it('a change of a signal on the way writes its bits and no other', () => {
  for (let seed = 0; seed < ROUNDS; seed++) {
    const random = Random.of(seed, 3);
    const place = randomPlace(random, 64);
    const raw = randomRaw(random, place);
    const lines = [
      'match: { message: In }',
      'forward: true',
      `modify: { signals: { InS: ${raw} } }`,
    ];
    const table = tableWith(dbcOf(place), signalRule(...lines));
    const data = random.bytes(8);
    const expected = data.slice();
    putByBits(place, expected, raw);
    const { forwarded } = new RuleOracle(table).feed(makeFrame({ identifier: 256, data }));
    assert.ok(forwarded !== undefined);
    assert.deepEqual(forwarded.data, expected, `seed ${seed}: ${placeText(place)} ${raw}`);
  }
});

/** The quotient to the nearest; a half goes away from zero. */
function divided(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n !== divisor < 0n;
  const [top, bottom] = [dividend, divisor].map((number) => (number < 0n ? -number : number));
  const quotient = (2n * top + bottom) / (2n * bottom);
  return isNegative ? -quotient : quotient;
}
