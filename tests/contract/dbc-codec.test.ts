// SPDX-License-Identifier: MIT
/** Values of signals: bit by bit against the definition of both byte orders, scaled, named, multiplexed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Random } from '../../lab/random/random.ts';
import {
  decodeRaw,
  encodeRaw,
  isInStatedRange,
  isPresent,
  namedRaw,
  nameOf,
  physicalOf,
  rawOf,
  rawRangeOf,
} from '../../rules/dbc/codec.ts';
import { Decimal } from '../../rules/dbc/decimal.ts';
import { piecesOf } from '../../rules/dbc/layout.ts';
import { databaseOf, messageOf, rawByBits, signalOf, walk } from './dbc-text.ts';
import type { Place } from './dbc-text.ts';

const FEATURES = databaseOf(readFileSync('tests/data/features.dbc', 'utf8'), 'features.dbc');
const speeds = (name: string) => signalOf(FEATURES, 'Speeds', name);
const selected = (name: string) => signalOf(FEATURES, 'Selected', name);
const nested = (name: string) => signalOf(FEATURES, 'Nested', name);

const ROUNDS = 3000;
const PLACE_TEXT = ({ startBit, bitCount, isMotorola, signed }: Place): string =>
  `${startBit}|${bitCount}@${isMotorola ? 0 : 1}${signed ? '-' : '+'}`;

/** A place that lies in 8 bytes. */
function randomPlace(random: Random): Place {
  for (;;) {
    const place = {
      startBit: random.below(64),
      bitCount: random.chance(0.2) ? random.between(1, 64) : random.between(1, 20),
      isMotorola: random.chance(0.5),
      signed: random.chance(0.5),
    };
    if (walk(place).every((bit) => bit < 64)) return place;
  }
}

describe('the raw value of a signal', () => {
  it('is read in both byte orders (worked out by hand)', () => {
    const data = Uint8Array.of(0x0a, 0xbc, 0x10, 0x27, 0x00, 0x2b, 0x80, 0x80);
    // Bits 3 to 0 of byte 0, then byte 1: 0xABC, as a signed number of 12 bits.
    assert.equal(decodeRaw(speeds('Motorola12'), data), 0xabcn - 4096n);
    assert.equal(decodeRaw(speeds('Intel16'), data), 0x2710n);
    // 0x2B has 101011 in its bits 5 to 0; bit 7 of byte 6 follows.
    assert.equal(decodeRaw(speeds('Odd'), data), 0b1010111n);
    assert.equal(decodeRaw(speeds('Flag'), data), 1n);
    const all = signalOf(FEATURES, 'Sixty4', 'All');
    assert.equal(decodeRaw(all, Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0)), -(2n ** 63n));
    assert.equal(decodeRaw(all, new Uint8Array(8).fill(0xff)), -1n);
  });

  it('is what the walk over its bits gives, and comes back, for random places', () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const random = Random.of(seed, 0);
      const place = randomPlace(random);
      const database = databaseOf(`BO_ 1 M: 8 N\n SG_ S : ${PLACE_TEXT(place)} (1,0) [0|0] "" N`);
      const signal = signalOf(database, 'M', 'S');
      const what = `seed ${seed}: ${PLACE_TEXT(place)}`;
      const data = random.bytes(8);
      const raw = decodeRaw(signal, data);
      assert.equal(raw, rawByBits(place, data), what);

      const bits = walk(place);
      const other = random.bytes(8);
      const before = other.slice();
      encodeRaw(signal, other, raw);
      assert.equal(rawByBits(place, other), raw, what);
      for (let bit = 0; bit < 64; bit++) {
        const changed = ((other[bit >> 3] ^ before[bit >> 3]) >> (bit & 7)) & 1;
        assert.ok(changed === 0 || bits.includes(bit), `${what}: bit ${bit} was changed`);
      }

      const places = piecesOf(signal).flatMap(({ dataBit, signalBit, count }) =>
        Array.from({ length: count }, (_, index) => [signalBit + index, dataBit + index]),
      );
      assert.deepEqual(places, [...bits.entries()], what);
    }
  });

  it('is refused if it has more bits than the signal, or the data is too short', () => {
    const data = new Uint8Array(8);
    assert.throws(() => encodeRaw(speeds('Odd'), data, 128n), /raw value 128 of Odd: 0 to 127 fit/);
    assert.throws(() => encodeRaw(speeds('Motorola12'), data, -2049n), /-2048 to 2047 fit/);
    encodeRaw(speeds('Motorola12'), data, -2048n);
    assert.deepEqual(data.slice(0, 3), Uint8Array.of(0x08, 0, 0));
    assert.throws(() => decodeRaw(speeds('Odd'), new Uint8Array(6)), /Odd needs 7 data bytes/);
    assert.equal(decodeRaw(speeds('Odd'), new Uint8Array(7)), 0n);
  });
});

describe('the physical value of a signal', () => {
  it('is the raw one times the factor plus the offset, exactly', () => {
    const of = (signal: Parameters<typeof physicalOf>[0], raw: bigint) =>
      physicalOf(signal, raw).toString();
    assert.equal(of(speeds('Intel16'), 10_001n), '2500.25');
    assert.equal(of(speeds('Motorola12'), -1348n), '-1388');
    assert.equal(of(speeds('Odd'), 87n), '56.5');
    assert.equal(of(selected('Torque'), 3n), '0.3');
    const whole = signalOf(FEATURES, 'Extended', 'Whole');
    assert.equal(of(whole, 2n ** 48n - 1n), '281474976711.155');
  });

  it('goes to the nearest raw value, a half away from zero', () => {
    // As doubles, 12.35 / 0.1 is 123.49999999999999.
    const cases = [
      [12.3, 123n],
      ['12.349', 123n],
      [12.35, 124n],
      [-12.35, -124n],
      [-12.349, -123n],
      ['1e2', 1000n],
      [0, 0n],
    ] as const;
    for (const [physical, raw] of cases) {
      assert.deepEqual(rawOf(selected('Torque'), physical), { value: raw }, String(physical));
    }
    assert.deepEqual(rawOf(speeds('Odd'), 99.75), { value: 1n });
    assert.deepEqual(rawOf(speeds('Odd'), 99.76), { value: 0n });
  });

  it('is the same for random factors and offsets, and comes back', () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const random = Random.of(seed, 1);
      const place = randomPlace(random);
      // In thousandths.
      const factor = random.between(1, 5000) * random.pick([1, -1]);
      const offset = random.between(-1e6, 1e6);
      const scale = `(${factor}e-3,${offset / 1000})`;
      const text = `BO_ 1 M: 8 N\n SG_ S : ${PLACE_TEXT(place)} ${scale} [0|0] "" N`;
      const signal = signalOf(databaseOf(text), 'M', 'S');
      const raw = rawByBits(place, random.bytes(8));
      const physical = physicalOf(signal, raw);
      const expected = raw * BigInt(factor) + BigInt(offset);
      const [whole, fraction = ''] = physical.toString().split('.');
      assert.equal(BigInt(whole + fraction.padEnd(3, '0')), expected, `seed ${seed}: ${text}`);
      assert.deepEqual(rawOf(signal, physical.toString()), { value: raw }, `seed ${seed}: ${text}`);
    }
  });

  it('out of range is refused with the range, and what is no number', () => {
    const refusalOf = (physical: number | string) => rawOf(speeds('Odd'), physical).refused;
    assert.equal(refusalOf(100.5), '100.5 is out of range: Odd can be 36.5 to 100 %');
    assert.equal(refusalOf('36'), '36 is out of range: Odd can be 36.5 to 100 %');
    assert.equal(refusalOf('1e999999999'), '"1e999999999" is no number');
    assert.equal(refusalOf('x'), '"x" is no number');
    assert.equal(refusalOf(NaN), '"NaN" is no number');
  });

  it('from one to another is a range of raw values that lie inside', () => {
    const rangeOf = (from: number, to: number) => rawRangeOf(speeds('Odd'), from, to);
    // The factor is negative: 60 is raw 80, and 40 is raw 120.
    assert.deepEqual(rangeOf(40, 60), { value: { least: 80n, most: 120n } });
    assert.deepEqual(rangeOf(40.1, 59.9), { value: { least: 81n, most: 119n } });
    assert.deepEqual(rangeOf(-1e9, 1e9), { value: { least: 0n, most: 127n } });
    assert.equal(rangeOf(60, 40).refused, 'the range from 60 to 40 is upside down: swap them');
    const none = 'no value of Odd is from 50.1 to 50.2: Odd can be 36.5 to 100 %';
    assert.equal(rangeOf(50.1, 50.2).refused, none);
    const torque = rawRangeOf(selected('Torque'), '-0.15', '0.15');
    assert.deepEqual(torque, { value: { least: -1n, most: 1n } });
  });

  it('is compared with the minimum and maximum that the file states, if any', () => {
    const isIn = (name: string, text: string) =>
      isInStatedRange(speeds(name), Decimal.parse(text) ?? Decimal.ZERO);
    assert.deepEqual([isIn('Odd', '36.5'), isIn('Odd', '36.4')], [true, false]);
    assert.deepEqual([isIn('Intel16', '8000'), isIn('Intel16', '8000.25')], [true, false]);
    assert.equal(isIn('Motorola12', '-2088'), true);
  });
});

describe('the name of a value', () => {
  it('is found both ways, from the statement or from its table', () => {
    assert.equal(nameOf(selected('Position'), 1n), 'R');
    assert.equal(nameOf(selected('Position'), 9n), undefined);
    assert.deepEqual(namedRaw(selected('Position'), 'N'), { value: 2n });
    assert.deepEqual(namedRaw(speeds('Flag'), 'on'), { value: 1n });
  });

  it('is refused if it is unknown, stands for two values, or for none', () => {
    assert.equal(
      namedRaw(speeds('Flag'), 'onn').refused,
      'Flag has no value "onn"; did you mean "on"?',
    );
    assert.equal(
      namedRaw(speeds('Intel16'), 'fast').refused,
      'Intel16 has no value table that has "fast": write a number',
    );
    const twice = '"D" is the name of 3 and 4 in Position; use the number';
    assert.equal(namedRaw(selected('Position'), 'D').refused, twice);
    const text = 'BO_ 1 M: 8 N\n SG_ S : 0|8@1- (1,0) [0|0] "" N\nVAL_ 1 S 255 "none" -1 "off" ;';
    const signal = signalOf(databaseOf(text), 'M', 'S');
    assert.deepEqual(namedRaw(signal, 'off'), { value: -1n });
    assert.equal(
      namedRaw(signal, 'none').refused,
      '"none" is 255, and S can be -128 to 127; correct VAL_ in the DBC file',
    );
  });
});

describe('a multiplexed signal', () => {
  it('is present by the value of its multiplexor', () => {
    const presentIn = (first: number) =>
      messageOf(FEATURES, 'Selected')
        .signals.filter((signal) => isPresent(signal, Uint8Array.of(first, 0, 0, 0, 0, 0, 0, 0)))
        .map(({ name }) => name);
    assert.deepEqual(presentIn(0), ['Mode', 'Position', 'Always']);
    assert.deepEqual(presentIn(1), ['Mode', 'Torque', 'Always']);
    assert.deepEqual(presentIn(2), ['Mode', 'Always']);
  });

  it('may depend on several multiplexors, by ranges (SG_MUL_VAL_)', () => {
    const conditions = nested('OfInner').presence.map(({ multiplexor, ranges }) => [
      multiplexor.name,
      ranges,
    ]);
    assert.deepEqual(conditions, [
      ['Outer', [{ least: 2n, most: 3n }]],
      // prettier-ignore
      ['Inner', [{ least: 0n, most: 1n }, { least: 4n, most: 4n }]],
    ]);
    const [signals, inner] = [messageOf(FEATURES, 'Nested').signals, [0, 1, 2, 4, 5, 9, 10]];
    for (let outer = 0; outer < 16; outer++) {
      for (const value of inner) {
        const isOuter = outer === 2 || outer === 3;
        const expected = [
          'Outer',
          ...(isOuter ? ['Inner'] : []),
          ...(outer === 1 ? ['OfOuter'] : []),
          ...(isOuter && [0, 1, 4].includes(value) ? ['OfInner'] : []),
          ...(isOuter && value >= 5 && value <= 9 ? ['OfInnerToo'] : []),
        ];
        const data = Uint8Array.of(outer | (value << 4), 0, 0);
        const present = signals.filter((signal) => isPresent(signal, data));
        assert.deepEqual(
          present.map(({ name }) => name),
          expected,
        );
      }
    }
  });
});

it('a message of random signals is refused exactly if two that can be present at once share a bit', () => {
  let refusals = 0;
  for (let seed = 0; seed < ROUNDS; seed++) {
    const random = Random.of(seed, 2);
    const signals = Array.from({ length: random.between(2, 4) }, () => ({
      ...{ place: randomPlace(random), branch: random.pick([undefined, 0, 1, 2]) },
    }));
    const mux = { place: { startBit: 0, bitCount: 2, isMotorola: false, signed: false } };
    const lines = signals.map(
      ({ place, branch }, index) =>
        ` SG_ S${index} ${branch === undefined ? '' : `m${branch}`} : ${PLACE_TEXT(place)} (1,0) [0|0] "" N`,
    );
    const text = ['BO_ 1 M: 8 N', ` SG_ X M : 0|2@1+ (1,0) [0|0] "" N`, ...lines].join('\n');
    const all = [{ ...mux, branch: undefined }, ...signals];
    const isShared = all.some((one, index) =>
      all.slice(index + 1).some((other) => {
        const canMeet =
          one.branch === undefined || other.branch === undefined || one.branch === other.branch;
        const bits = walk(one.place);
        return canMeet && walk(other.place).some((bit) => bits.includes(bit));
      }),
    );
    const { refused } = databaseOf(text).message('M');
    assert.equal(refused !== undefined, isShared, `seed ${seed}: ${text}\n${refused}`);
    if (refused === undefined) continue;
    assert.match(refused, /share bit \d of byte \d/);
    refusals += 1;
  }
  assert.ok(refusals > ROUNDS / 10 && refusals < (ROUNDS * 9) / 10, `${refusals} refusals`);
});
