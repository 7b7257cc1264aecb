// SPDX-License-Identifier: MIT
/**
 * Every mistake in the words about messages and signals is named with its place in the rules file and, where
 * a DBC file has to do with it, the place there.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuses, said } from './rules-text.ts';
import { GEAR, GEARBOX, parseWithGear, saidWith, signalRule } from './rules-signals-text.ts';

const matching = (match: string) => signalRule(`match: ${match}`, 'forward: true');

const MATCHES = {
  'car/r.yaml:5:23 car/d.dbc has no message "Gearbx"; did you mean "Gearbox"?':
    matching('{ message: Gearbx }'),
  'car/r.yaml:5:32 id and message exclude each other: the DBC file has the identifier': matching(
    '{ message: Gearbox, id: 0x100 }',
  ),
  'car/r.yaml:5:32 mask and message exclude each other: the DBC file has the identifier': matching(
    '{ message: Gearbox, mask: 0x700 }',
  ),
  'car/r.yaml:5:32 extended and message exclude each other: the DBC file has the identifier':
    matching('{ message: Gearbox, extended: false }'),
  'car/r.yaml:5:32 pgn and message exclude each other: the DBC file has the identifier': matching(
    '{ message: Gearbox, pgn: 0xEA00 }',
  ),
  'car/r.yaml:5:25 signals need a message: write message: NAME beside them': matching(
    '{ id: 0x100, signals: { Position: 1 } }',
  ),
  'car/r.yaml:5:23 message must be text (got 5)': matching('{ message: 5 }'),
  'car/r.yaml:5:23 message "Overlap" (car/d.dbc:15:9) cannot be used: signals "One" (car/d.dbc:16:6) and "Two" share bit 3 of byte 0; correct one of them':
    matching('{ message: Overlap }'),
  'car/r.yaml:5:43 message "Gearbox" (car/d.dbc:5:9) has no signal "Positon"; did you mean "Position"?':
    matching('{ message: Gearbox, signals: { Positon: 1 } }'),
  'car/r.yaml:5:43 signal "Broken" (car/d.dbc:8:6) cannot be used: its factor is 0, so all its values are the same; correct it':
    matching('{ message: Gearbox, signals: { Broken: 1 } }'),
  'car/r.yaml:5:53 16 is out of range: Position can be 0 to 15 (car/d.dbc:6:6)': matching(
    '{ message: Gearbox, signals: { Position: 16 } }',
  ),
  'car/r.yaml:5:50 Speed is never 1.05: the nearest value is 1.1 (car/d.dbc:7:6)': matching(
    '{ message: Gearbox, signals: { Speed: 1.05 } }',
  ),
  'car/r.yaml:5:53 Position has no value "Park"; known: P, R, N, D (car/d.dbc:6:6)': matching(
    '{ message: Gearbox, signals: { Position: Park } }',
  ),
  'car/r.yaml:5:53 "D" is the name of 3 and 4 in Position; use the number (car/d.dbc:6:6)':
    matching('{ message: Gearbox, signals: { Position: D } }'),
  'car/r.yaml:5:57 Position has no value "X"; did you mean "P"? (car/d.dbc:6:6)': matching(
    '{ message: Gearbox, signals: { Position: [P, X] } }',
  ),
  'car/r.yaml:5:53 Position is an empty list': matching(
    '{ message: Gearbox, signals: { Position: [] } }',
  ),
  'car/r.yaml:5:53 Position must be a number or a word (got nothing)': matching(
    '{ message: Gearbox, signals: { Position: } }',
  ),
  'car/r.yaml:5:60 the range from 4 to 2 is upside down: swap them (car/d.dbc:6:6)': matching(
    '{ message: Gearbox, signals: { Position: { min: 4, max: 2 } } }',
  ),
  'car/r.yaml:5:60 no value of Position is from 40 to 40: Position can be 0 to 15 (car/d.dbc:6:6)':
    matching('{ message: Gearbox, signals: { Position: { min: 40 } } }'),
  'car/r.yaml:5:60 min must be a number such as 0.25 (got "P")': matching(
    '{ message: Gearbox, signals: { Position: { min: P } } }',
  ),
  'car/r.yaml:5:55 unknown key "mn" in Position; did you mean "min"?': matching(
    '{ message: Gearbox, signals: { Position: { mn: 4 } } }',
  ),
  'car/r.yaml:5:41 signals must be a map with NAME: value (got a list)': matching(
    '{ message: Gearbox, signals: [Position] }',
  ),
  'car/r.yaml:5:53 Position 3, and another part of the match for something else: no frame can match':
    matching('{ message: Gearbox, signals: { Position: 3 }, data: [0x01] }'),
  'car/r.yaml:5:61 InTwo asks for Mode 2, and another part of the match for something else: no frame can match':
    matching('{ message: Selected, signals: { InOne: 3, InTwo: 4 } }'),
  'car/r.yaml:5:43 signals need 3 bytes, and length is at most 1: no frame can match': matching(
    '{ message: Gearbox, length: 1, signals: { Speed: 3 } }',
  ),
  'car/r.yaml:5:46 a remote frame carries no data: remove signals': matching(
    '{ message: Gearbox, remote: true, signals: { Position: 3 } }',
  ),
  'car/r.yaml:5:45 remote: any takes frames without data, too: remove signals': matching(
    '{ message: Gearbox, remote: any, signals: { Position: 3 } }',
  ),
};

refuses('a mistake in the signals of a match is named:', MATCHES, parseWithGear);

describe('a mistake in dbc is named:', () => {
  const next = 'expected a DBC file. Next: name a signal database (docs/dbc.md)';
  const twice = '[tests/data/gear.dbc, tests/data/gear.dbc]';
  const files = {
    [`2:6 cannot read none.dbc: there is no such file; ${next}`]: 'none.dbc',
    [`2:6 cannot read tests: this is a folder; ${next}`]: 'tests',
    [`2:6 cannot read /dev/zero: this is a device; ${next}`]: '/dev/zero',
    '2:6 dbc is an empty list': '[]',
    '2:6 dbc must be text (got 5)': '5',
    '2:28 tests/data/gear.dbc is named twice: remove one': twice,
    [`2:32 cannot read none.dbc: there is no such file; ${next}`]:
      '[tests/data/features.dbc, none.dbc]',
    '2:6 this is no DBC file that can be read: package.json:1:1 expected a section such as BO_, found "{"':
      'package.json',
    '5:23 tests/data/features.dbc has no message "Gearbox"; known: Speeds, Extended, Sixty4, Selected, Nested, Floats':
      'tests/data/features.dbc',
  };
  for (const [expected, dbc] of Object.entries(files)) {
    it(expected, () => {
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
