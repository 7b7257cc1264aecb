// SPDX-License-Identifier: MIT
/** Messages and signals in rules, worked out by hand with tests/data/gear.dbc. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import {
  answersTo,
  GEAR,
  GEARBOX,
  saidWith,
  signalRule,
  tableWith,
  takes,
} from './rules-signals-text.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const ruleFor = (...lines: string[]) => tableWith(GEAR, signalRule(...lines));
const dash = (signals: string, hex = '00000000', live: readonly number[] = []) =>
  answersTo(
    ruleFor(GEARBOX, `answer: { message: Dash, signals: { ${signals} } }`),
    bytes(hex),
    live,
  );

/** The first bytes (of 4 in all) that a match by these signals takes. */
function taken(signals: string, ...firsts: string[]): string[] {
  const table = ruleFor(`match: { message: Gearbox, signals: { ${signals} } }`, 'forward: true');
  return firsts.filter((hex) => takes(table, bytes(hex)));
}

describe('a match by signals', () => {
  it('compares words and numbers, hexadecimal as well, as bits', () => {
    assert.deepEqual(taken('Position: R', '01', 'F1', '02'), ['01', 'F1']);
    assert.deepEqual(taken('Position: 0x1', '01', '02'), ['01']);
    const table = ruleFor('match: { message: Gearbox, signals: { Position: N } }', 'forward: true');
    const [{ match }] = table.rules;
    assert.deepEqual([match.identifier, match.mask, match.extended], [0x100, 0x7ff, false]);
    assert.deepEqual(match.data[0], { value: 2, mask: 0x0f });
    assert.equal(match.conditions, undefined);
  });

  it('takes one of several, a range, and what is not one', () => {
    const firsts = ['00', '01', '02', '03', '0F'];
    assert.deepEqual(taken('Position: [P, N, 15]', ...firsts), ['00', '02', '0F']);
    assert.deepEqual(taken('Position: { min: 1, max: 2 }', ...firsts), ['01', '02']);
    assert.deepEqual(taken('Position: { not: [P, R] }', ...firsts), ['02', '03', '0F']);
    assert.deepEqual(taken('Position: { not: P }', ...firsts), ['01', '02', '03', '0F']);
    assert.deepEqual(taken('Position: { min: 3 }', ...firsts), ['03', '0F']);
  });

  it('compares physical values, Motorola, and asks for the bytes of the signal', () => {
    // Raw 1000 = 0x3E8 in byte 1 and the upper half of byte 2.
    assert.deepEqual(taken('Speed: 100', '003E80', '003E8F', '003E90', '003E'), [
      '003E80',
      '003E8F',
    ]);
    const cases = ['003E70', '003E80', '003F00', '003F20', '003F30'];
    assert.deepEqual(taken('Speed: { min: 99.95, max: 101.04 }', ...cases), [
      '003E80',
      '003F00',
      '003F20',
    ]);
  });

  it('asks for the value of the multiplexor', () => {
    const selected = (signals: string) =>
      tableWith(
        GEAR.replace('BO_ 256 ', 'BO_ 260 ')
          .replace('BO_ 259 ', 'BO_ 256 ')
          .replaceAll('_ 256 P', '_ 260 P')
          .replace('_ 259 I', '_ 256 I'),
        signalRule(`match: { message: Selected, signals: { ${signals} } }`, 'forward: true'),
      );
    const takenBy = (signals: string, ...firsts: string[]) =>
      firsts.filter((hex) => takes(selected(signals), bytes(hex)));
    assert.deepEqual(takenBy('InOne: 5', '010500', '020500', '0105', '01'), ['010500', '0105']);
    assert.deepEqual(takenBy('InOne: { not: 5 }', '010500', '010600', '020600'), ['010600']);
    const some = ['030007', '040007', '050007', '060007', '070007', '040008'];
    assert.deepEqual(takenBy('InSome: 7', ...some), ['040007', '050007', '060007']);
  });

  it('compares 64 bits without sign', () => {
    const dbc = 'BO_ 256 M: 8 N\n SG_ S : 0|64@1+ (1,0) [0|0] "" N';
    const match = 'match: { message: M, signals: { S: { min: 5, max: 0x8000000000000001 } } }';
    const table = tableWith(dbc, signalRule(match, 'forward: true'));
    const cases = ['0400000000000000', '0500000000000000', 'FFFFFFFFFFFFFF7F'];
    const above = ['0100000000000080', '0200000000000080', 'FFFFFFFFFFFFFFFF'];
    const results = [...cases, ...above].map((hex) => takes(table, bytes(hex)));
    assert.deepEqual(results, [false, true, true, true, false, false]);
  });
});

describe('an answer by signals', () => {
  it('has the identifier and the length of the message, and 0 where nothing is set', () => {
    // Wide: (-3 + 10) / 0.5 = 14.
    assert.deepEqual(dash('Wide: -3, Small: 5'), ['101#0005000E']);
    assert.deepEqual(dash('Shown: 7'), ['101#07000000']);
  });

  it('goes to the nearest value', () => {
    // (0.2 + 10) / 0.5 = 20.4; (0.25 + 10) / 0.5 = 20.5.
    assert.deepEqual(dash('Wide: 0.2'), ['101#00000014']);
    assert.deepEqual(dash('Wide: 0.25'), ['101#00000015']);
  });

  it('leaves the bytes of data that no signal has', () => {
    const answer =
      'answer: { message: Dash, data: [0xFF, 0xFF, 0x11], signals: { Shown: 1, Small: 0 } }';
    assert.deepEqual(answersTo(ruleFor(GEARBOX, answer), bytes('00')), ['101#01F81100']);
  });

  it('has a signal of the request, scaled and kept within limits', () => {
    // 100 km/h; 255 is the most of 8 bits.
    assert.deepEqual(dash('Shown: { from: Speed }', '003E8000'), ['101#64000000']);
    assert.deepEqual(dash('Shown: { from: Speed, scale: 3 }', '003E8000'), ['101#FF000000']);
    assert.deepEqual(dash('Shown: { from: Speed, scale: -1, offset: 50 }', '003E8000'), [
      '101#00000000',
    ]);
    assert.deepEqual(dash('Shown: { from: Speed, min: 20, max: 90 }', '003E8000'), [
      '101#5A000000',
    ]);
    assert.deepEqual(dash('Shown: { from: Speed, min: 20 }', '00000000'), ['101#14000000']);
    assert.deepEqual(dash('Shown: { from: Speed }', '003E'), [], 'the request is too short');
  });

  it('has live values, raw, the lowest byte first', () => {
    assert.deepEqual(dash('Wide: { live: 2 }', '00', [0, 0, 0x34, 0x12]), ['101#00001234']);
  });

  it('sets the multiplexor of a signal', () => {
    const answer = (signals: string) =>
      answersTo(
        ruleFor(GEARBOX, `answer: { message: Selected, signals: { ${signals} } }`),
        bytes('00'),
      );
    assert.deepEqual(answer('InTwo: 9'), ['103#020900']);
    assert.deepEqual(answer('InSome: 9'), ['103#040009']);
    assert.deepEqual(answer('Mode: 6, InSome: 9'), ['103#060009']);
  });

  it('counts', () => {
    const answer = 'answer: { message: Dash, signals: { Small: { counter: { max: 2 } } } }';
    const oracle = new RuleOracle(ruleFor(GEARBOX, answer));
    const request = makeFrame({ identifier: 0x100, data: [0] });
    const sent = Array.from({ length: 4 }, () =>
      oracle.feed(request).toBus.map(formatFrame).join(),
    );
    assert.deepEqual(sent, ['101#00000000', '101#00010000', '101#00020000', '101#00000000']);
  });
});

describe('a change of signals on the way', () => {
  it('sets values, and leaves a frame alone that has not the bytes', () => {
    const table = ruleFor(
      GEARBOX,
      'forward: true',
      'modify: { signals: { Position: N, Speed: 100 } }',
    );
    const forwarded = (hex: string) => {
      const frame = makeFrame({ identifier: 0x100, data: bytes(hex) });
      const { toAgl } = new RuleOracle({ ...table, defaultAction: 'drop' }).feed(frame);
      return toAgl.map(formatFrame);
    };
    assert.deepEqual(forwarded('F1FFFF44'), ['100#F23E8F44']);
    assert.deepEqual(forwarded('F1FF'), []);
  });

  it('computes from the frame itself', () => {
    const change = 'modify: { signals: { Speed: { from: Speed, scale: 2, max: 150 } } }';
    const table = ruleFor(GEARBOX, 'forward: true', change);
    const forwarded = (hex: string) =>
      new RuleOracle(table)
        .feed(makeFrame({ identifier: 0x100, data: bytes(hex) }))
        .toAgl.map(formatFrame);
    assert.deepEqual(forwarded('01190A77'), ['100#01320A77']);
    assert.deepEqual(forwarded('013E8F77'), ['100#015DCF77']);
  });
});

describe('an unsigned signal of 64 bits', () => {
  const dbc = [
    'BO_ 256 M: 8 N\n SG_ S : 0|64@1+ (1,0) [0|0] "" N',
    'BO_ 257 T: 8 N\n SG_ Same : 0|64@1+ (1,0) [0|0] "" N\n',
    'BO_ 258 U: 8 N\n SG_ Less : 0|32@1+ (1,0) [0|0] "" N',
  ].join('\n');
  const rule = (answer: string) => signalRule('match: { message: M }', `answer: ${answer}`);

  it('is copied as it is, above 2^63 as well', () => {
    const table = tableWith(dbc, rule('{ message: T, signals: { Same: { from: S } } }'));
    assert.deepEqual(answersTo(table, bytes('01020304050607FF')), ['101#01020304050607FF']);
  });

  it('cannot be scaled, or go into fewer bits', () => {
    const reason = /S is unsigned with 64 bits, which can only be copied as it is/;
    const answers = [
      '{ message: T, signals: { Same: { from: S, scale: 2 } } }',
      '{ message: T, signals: { Same: { from: S, max: 5 } } }',
      '{ message: U, signals: { Less: { from: S } } }',
    ];
    for (const answer of answers) assert.match(saidWith(dbc, rule(answer)).join(), reason);
  });
});
