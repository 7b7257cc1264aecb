// SPDX-License-Identifier: MIT
/**
 * Messages and signals of a DBC file in rules: matches, answers and changes by name, and what is refused.
 * Expected bytes are computed by hand from the DBC text.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import { parseRules } from '../../rules/language/parse.ts';
import { readFrameText, writeFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';

const DBC = `VERSION ""
NS_ :
BS_:
BU_: Gateway
BO_ 256 Gearbox: 4 Gateway
 SG_ Position : 0|4@1+ (1,0) [0|15] "" Gateway
 SG_ Oil : 15|12@0- (0.5,-40) [-1064|983.5] "degC" Gateway
 SG_ Mode M : 4|2@1+ (1,0) [0|3] "" Gateway
 SG_ Wheel m2 : 24|8@1+ (1,0) [0|255] "" Gateway
BO_ 512 Display: 3 Gateway
 SG_ Gear : 0|3@1+ (1,0) [0|7] "" Gateway
 SG_ OilF : 15|16@0- (0.1,0) [-1000|2000] "degF" Gateway
 SG_ Count : 3|4@1+ (1,0) [0|15] "" Gateway
VAL_ 256 Position 0 "P" 1 "R" 2 "N" 3 "D" ;
`;

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'canwarden-dbc-'));
  writeFileSync(join(folder, 'car.dbc'), DBC);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function parse(...rule: string[]) {
  const lines = ['version: 1', 'dbc: car.dbc', 'default: drop', 'rules:', '  - name: a'];
  const text = [...lines, ...rule.map((line) => `    ${line}`)].join('\n');
  return parseRules(text, join(folder, 'r.yaml'));
}

/** What comes out at either side for each frame of the bus; `-`: nothing. */
function outOf(rule: string[], ...frames: string[]): string[] {
  const { table, diagnostics } = parse(...rule);
  assert.ok(table !== undefined, diagnostics.map(formatDiagnostic).join('\n'));
  const oracle = new RuleOracle(table);
  return frames.map((text) => {
    const frame = readFrameText(text);
    assert.ok(frame !== undefined, text);
    const { toBus, toAgl } = oracle.feed(frame);
    return [...toBus, ...toAgl].map(writeFrameText).join(' ') || '-';
  });
}

/** What is said, without the folder. */
function saidOf(...rule: string[]): string[] {
  return parse(...rule).diagnostics.map((each) =>
    formatDiagnostic(each).replaceAll(`${folder}/`, ''),
  );
}

describe('signals in a match', () => {
  it('are words, values, lists and ranges', () => {
    const frames = ['100#00000000', '100#01000000', '100#03000000', '100#0F000000'];
    const matching = (value: string) =>
      outOf([`match: { message: Gearbox, signals: { Position: ${value} } }`], ...frames).map(
        (out) => out !== '-',
      );
    assert.deepEqual(matching('D'), [false, false, true, false]);
    assert.deepEqual(matching('[P, D]'), [true, false, true, false]);
    assert.deepEqual(matching('{ min: 1, max: 14 }'), [false, true, true, false]);
    assert.deepEqual(matching('{ not: P }'), [false, true, true, true]);
  });

  it('are physical values, Motorola layout and signed', () => {
    // -50 degC is raw -20, 0xFEC in 12 bits from byte 1 bit 7 on: bytes 1 and 2 are FE C0.
    const rule = ['match: { message: Gearbox, signals: { Oil: { max: -50 } } }'];
    assert.deepEqual(outOf(rule, '100#00FEC000', '100#00FED000', '100#00000000'), [
      '100#00FEC000',
      '-',
      '-',
    ]);
  });

  it('of a multiplexed signal include the multiplexor', () => {
    const rule = ['match: { message: Gearbox, signals: { Wheel: 7 } }'];
    assert.deepEqual(outOf(rule, '100#20000007', '100#10000007'), ['100#20000007', '-']);
  });

  it('need the bytes of the signal', () => {
    assert.deepEqual(outOf(['match: { message: Gearbox, signals: { Oil: 0 } }'], '100#0005'), [
      '-',
    ]);
  });
});

describe('signals in an answer', () => {
  it('are constants, scaled signals and counters', () => {
    const rule = [
      'match: { message: Gearbox }',
      'answer: { message: Display, signals: { Gear: 5, OilF: { from: Oil, scale: 1.8, offset: 32 }, Count: { counter: { max: 14 } } } }',
    ];
    // Gear 5 and the counter from bit 3 on: 0x05, 0x0D. Oil raw 280, 0x118, is 100 degC, which is 212 degF: raw
    // 2120, 0x0848. Oil raw -20 is -50 degC, -58 degF: raw -580, 0xFDBC.
    assert.deepEqual(outOf(rule, '100#00118000', '100#00FEC000'), ['200#050848', '200#0DFDBC']);
  });

  it('are at most what fits', () => {
    const rule = (more: string) => [
      'match: { message: Gearbox }',
      `answer: { message: Display, signals: { Gear: { from: Position${more} } } }`,
    ];
    assert.deepEqual(outOf(rule(''), '100#0F000000', '100#04000000'), ['200#070000', '200#040000']);
    assert.deepEqual(outOf(rule(', min: 2, max: 3'), '100#00000000', '100#0F000000'), [
      '200#020000',
      '200#030000',
    ]);
  });

  it('are live values', () => {
    const { table } = parse(
      'match: { message: Gearbox }',
      'answer: { message: Display, signals: { OilF: { live: 4 } } }',
    );
    assert.ok(table !== undefined);
    const oracle = new RuleOracle(table);
    oracle.live.set([0x34, 0x12], 4);
    const frame = readFrameText('100#00000000');
    assert.ok(frame !== undefined);
    assert.deepEqual(oracle.feed(frame).toBus.map(writeFrameText), ['200#001234']);
  });
});

describe('signals that are changed on the way', () => {
  it('keep all other bits', () => {
    const rule = ['match: { message: Gearbox }', 'modify: { signals: { Position: N } }'];
    assert.deepEqual(outOf(rule, '100#F3FFFFFF'), ['100#F2FFFFFF']);
  });
});

describe('a name or a value that is wrong', () => {
  for (const [what, expected, ...rule] of [
    [
      'a message that is not there',
      'r.yaml:6:23 car.dbc has no message "Gearbx"; did you mean "Gearbox"?',
      'match: { message: Gearbx }',
    ],
    [
      'a signal that is not there',
      'r.yaml:6:43 message "Gearbox" (car.dbc:5:9) has no signal "Positon"; did you mean "Position"?',
      'match: { message: Gearbox, signals: { Positon: 1 } }',
    ],
    [
      'a word that is not in the value table',
      'r.yaml:6:53 Position has no value "X"; did you mean "P"?',
      'match: { message: Gearbox, signals: { Position: X } }',
    ],
    [
      'a value between two',
      'r.yaml:6:48 Oil cannot be 0.3: the nearest value is 0.5',
      'match: { message: Gearbox, signals: { Oil: 0.3 } }',
    ],
    [
      'a range upside down',
      'r.yaml:6:48 Oil: 5 to 1 is upside down',
      'match: { message: Gearbox, signals: { Oil: { min: 5, max: 1 } } }',
    ],
    [
      'an id beside the message',
      'r.yaml:6:32 id and message exclude each other: the DBC file has the identifier',
      'match: { message: Gearbox, id: 0x100 }',
    ],
    [
      'signals without a message',
      'r.yaml:6:25 signals need a message: write message: NAME beside them',
      'match: { id: 0x100, signals: { Position: 1 } }',
    ],
    [
      'a signal that may not be in the frame',
      'r.yaml:7:58 Wheel is in the frame only if Mode is 2: match signals: { Mode: 2 }',
      'match: { message: Gearbox }',
      'answer: { message: Display, signals: { Gear: { from: Wheel } } }',
    ],
    [
      'a counter wider than the signal',
      'r.yaml:7:51 Count counts to 16, and 4 bits hold at most 15: make the field wider, or max smaller',
      'match: { message: Gearbox }',
      'answer: { message: Display, signals: { Count: { counter: { max: 16 } } } }',
    ],
    [
      'numbers that would not fit into 64 bits',
      'r.yaml:7:50 Gear: the arithmetic could exceed 64 bits: use fewer digits in scale and offset',
      'match: { message: Gearbox }',
      'answer: { message: Display, signals: { Gear: { from: Oil, scale: 1.000000000000000001 } } }',
    ],
  ]) {
    it(what, () => assert.deepEqual(saidOf(...rule), [expected]));
  }

  it('a file that is not there', () => {
    const { diagnostics } = parseRules(
      'version: 1\ndbc: no.dbc\nrules: []',
      join(folder, 'r.yaml'),
    );
    assert.match(diagnostics.map(formatDiagnostic).join('\n'), /:2:6 the DBC file cannot be read/);
  });
});
