// SPDX-License-Identifier: MIT
/**
 * Every mistake in the words about messages and signals is named with its place in the rules file and, where
 * a DBC file has to do with it, the place there.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { said } from './rules-text.ts';
import { GEAR, GEARBOX, refuses, saidWith, signalRule } from './rules-signals-text.ts';
import type { SignalMistake } from './rules-signals-text.ts';

const MATCHES: readonly SignalMistake[] = [
  [
    'an unknown message',
    ['match: { message: Gearbx }', 'forward: true'],
    'car/r.yaml:5:23 car/d.dbc has no message "Gearbx"; did you mean "Gearbox"?',
  ],
  [
    'an identifier beside the message',
    ['match: { message: Gearbox, id: 0x100 }', 'forward: true'],
    'car/r.yaml:5:32 id and message exclude each other: the DBC file has the identifier',
  ],
  [
    'a mask beside the message',
    ['match: { message: Gearbox, mask: 0x700 }', 'forward: true'],
    'car/r.yaml:5:32 mask and message exclude each other: the DBC file has the identifier',
  ],
  [
    'a form beside the message',
    ['match: { message: Gearbox, extended: false }', 'forward: true'],
    'car/r.yaml:5:32 extended and message exclude each other: the DBC file has the identifier',
  ],
  [
    'a PGN beside the message',
    ['match: { message: Gearbox, pgn: 0xEA00 }', 'forward: true'],
    'car/r.yaml:5:32 pgn and message exclude each other: the DBC file has the identifier',
  ],
  [
    'signals without a message',
    ['match: { id: 0x100, signals: { Position: 1 } }', 'forward: true'],
    'car/r.yaml:5:25 signals need a message: write message: NAME beside them',
  ],
  [
    'a message that is no text',
    ['match: { message: 5 }', 'forward: true'],
    'car/r.yaml:5:23 message must be text (got 5)',
  ],
  [
    'a message whose signals share bits',
    ['match: { message: Overlap }', 'forward: true'],
    'car/r.yaml:5:23 message "Overlap" (car/d.dbc:15:9) cannot be used: signals "One" (car/d.dbc:16:6) and "Two" share bit 3 of byte 0; correct one of them',
  ],
  [
    'an unknown signal',
    ['match: { message: Gearbox, signals: { Positon: 1 } }', 'forward: true'],
    'car/r.yaml:5:43 message "Gearbox" (car/d.dbc:5:9) has no signal "Positon"; did you mean "Position"?',
  ],
  [
    'a signal that cannot be used',
    ['match: { message: Gearbox, signals: { Broken: 1 } }', 'forward: true'],
    'car/r.yaml:5:43 signal "Broken" (car/d.dbc:8:6) cannot be used: its factor is 0, so all its values are the same; correct it',
  ],
  [
    'a value that the bits cannot hold',
    ['match: { message: Gearbox, signals: { Position: 16 } }', 'forward: true'],
    'car/r.yaml:5:53 16 is out of range: Position can be 0 to 15 (car/d.dbc:6:6)',
  ],
  [
    'a value between two that the signal can have',
    ['match: { message: Gearbox, signals: { Speed: 1.05 } }', 'forward: true'],
    'car/r.yaml:5:50 Speed is never 1.05: the nearest value is 1.1 (car/d.dbc:7:6)',
  ],
  [
    'an unknown word',
    ['match: { message: Gearbox, signals: { Position: Park } }', 'forward: true'],
    'car/r.yaml:5:53 Position has no value "Park"; known: P, R, N, D (car/d.dbc:6:6)',
  ],
  [
    'a word of two values',
    ['match: { message: Gearbox, signals: { Position: D } }', 'forward: true'],
    'car/r.yaml:5:53 "D" is the name of 3 and 4 in Position; use the number (car/d.dbc:6:6)',
  ],
  [
    'an unknown word in a list',
    ['match: { message: Gearbox, signals: { Position: [P, X] } }', 'forward: true'],
    'car/r.yaml:5:57 Position has no value "X"; did you mean "P"? (car/d.dbc:6:6)',
  ],
  [
    'an empty list',
    ['match: { message: Gearbox, signals: { Position: [] } }', 'forward: true'],
    'car/r.yaml:5:53 Position is an empty list',
  ],
  [
    'nothing',
    ['match: { message: Gearbox, signals: { Position: } }', 'forward: true'],
    'car/r.yaml:5:53 Position must be a number or a word (got nothing)',
  ],
  [
    'a range upside down',
    ['match: { message: Gearbox, signals: { Position: { min: 4, max: 2 } } }', 'forward: true'],
    'car/r.yaml:5:60 the range from 4 to 2 is upside down: swap them (car/d.dbc:6:6)',
  ],
  [
    'a range beyond all values',
    ['match: { message: Gearbox, signals: { Position: { min: 40 } } }', 'forward: true'],
    'car/r.yaml:5:60 no value of Position is from 40 to 40: Position can be 0 to 15 (car/d.dbc:6:6)',
  ],
  [
    'a range of words',
    ['match: { message: Gearbox, signals: { Position: { min: P } } }', 'forward: true'],
    'car/r.yaml:5:60 min must be a number such as 0.25 (got "P")',
  ],
  [
    'an unknown key in a range',
    ['match: { message: Gearbox, signals: { Position: { mn: 4 } } }', 'forward: true'],
    'car/r.yaml:5:55 unknown key "mn" in Position; did you mean "min"?',
  ],
  [
    'a list of signals',
    ['match: { message: Gearbox, signals: [Position] }', 'forward: true'],
    'car/r.yaml:5:41 signals must be a map with NAME: value (got a list)',
  ],
  [
    'a signal against data',
    ['match: { message: Gearbox, signals: { Position: 3 }, data: [0x01] }', 'forward: true'],
    'car/r.yaml:5:53 Position 3, and another part of the match for something else: no frame can match',
  ],
  [
    'two signals that are never there at once',
    ['match: { message: Selected, signals: { InOne: 3, InTwo: 4 } }', 'forward: true'],
    'car/r.yaml:5:61 InTwo asks for Mode 2, and another part of the match for something else: no frame can match',
  ],
  [
    'signals beyond the length',
    ['match: { message: Gearbox, length: 1, signals: { Speed: 3 } }', 'forward: true'],
    'car/r.yaml:5:43 signals need 3 bytes, and length is at most 1: no frame can match',
  ],
  [
    'signals of a remote frame',
    ['match: { message: Gearbox, remote: true, signals: { Position: 3 } }', 'forward: true'],
    'car/r.yaml:5:46 a remote frame carries no data: remove signals',
  ],
  [
    'signals of frames of both kinds',
    ['match: { message: Gearbox, remote: any, signals: { Position: 3 } }', 'forward: true'],
    'car/r.yaml:5:45 remote: any takes frames without data, too: remove signals',
  ],
];

refuses('a mistake in the signals of a match is named:', MATCHES);

describe('a mistake in dbc is named:', () => {
  const next = 'expected a DBC file. Next: name a signal database (docs/dbc.md)';
  const twice = '[tests/data/gear.dbc, tests/data/gear.dbc]';
  const files: readonly (readonly [what: string, dbc: string, said: string])[] = [
    ['no file', 'none.dbc', `2:6 cannot read none.dbc: there is no such file; ${next}`],
    ['a folder', 'tests', `2:6 cannot read tests: this is a folder; ${next}`],
    ['a device', '/dev/zero', `2:6 cannot read /dev/zero: this is a device; ${next}`],
    ['no text', '[]', '2:6 dbc is an empty list'],
    ['a number', '5', '2:6 dbc must be text (got 5)'],
    ['twice', twice, '2:28 tests/data/gear.dbc is named twice: remove one'],
    [
      'one of two is missing, which may have the message',
      '[tests/data/features.dbc, none.dbc]',
      `2:32 cannot read none.dbc: there is no such file; ${next}`,
    ],
    [
      'another kind of file',
      'package.json',
      '2:6 this is no DBC file that can be read: package.json:1:1 expected a section such as BO_, found "{"',
    ],
    [
      'a file without the message',
      'tests/data/features.dbc',
      '5:23 tests/data/features.dbc has no message "Gearbox"; known: Speeds, Extended, Sixty4, Selected, Nested, Floats',
    ],
  ];
  for (const [what, dbc, expected] of files) {
    it(what, () => {
      const lines = ['version: 1', `dbc: ${dbc}`, 'rules:', '  - name: a'];
      const text = [...lines, `    ${GEARBOX}`, '    forward: true'].join('\n');
      assert.deepEqual(said(text), [`r.yaml:${expected}`]);
    });
  }
  it('a message without it', () => {
    const text = ['version: 1', 'rules:', '  - name: a', `    ${GEARBOX}`, '    forward: true'];
    const reason = 'message needs a DBC file: write dbc: car.dbc at the top of the rules file';
    assert.deepEqual(said(text.join('\n')), [`r.yaml:4:23 ${reason}`]);
  });
  it('a message in two files', () => {
    const text = signalRule(GEARBOX, 'forward: true').replace('d.dbc', '[d.dbc, e.dbc]');
    const reason = 'message "Gearbox" is in car/d.dbc and in car/e.dbc: name one of the files';
    assert.deepEqual(saidWith(GEAR, text), [`car/r.yaml:5:23 ${reason}`]);
  });
});
