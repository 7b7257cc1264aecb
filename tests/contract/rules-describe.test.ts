// SPDX-License-Identifier: MIT
/** `rules show` and `rules check` print all that a rule does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { describeTable } from '../../rules/describe.ts';
import { decodeRules } from '../../rules/image/decode.ts';
import { answering, oneRule, tableOf } from './rules-text.ts';

const REST = 'any other frame: forward';

/** What both the file and its image say. */
function shown(text: string): string[] {
  const { table, image } = compileRules(text, 'examples/x/rules.yaml');
  const lines = describeTable(table);
  assert.equal(describeTable(decodeRules(image)), lines);
  return lines.split('\n');
}

describe('a rule as text', () => {
  it('has its steps and its rate', () => {
    const text = readFileSync('examples/counter/rules.yaml', 'utf8');
    assert.deepEqual(shown(text), [
      'brake-state: 0x1A0 data or remote',
      '  -> computed answer 0x1A1 [0x00 0x00 0x5A]: bits 8+4 = counter to 14; ' +
        'CRC-8 0x1D of bytes 1 to 2 into 0, from 0xFF, XOR 0xFF',
      // 200 a second, and a quarter of them at once.
      '  rate: one in 5 ms, 50 at once',
      REST,
    ]);
  });

  it('has its further answers, and what it changes', () => {
    const text = answering(
      'answer: [{ id: 0x101 }, { id: 0x102, data: [1] }]',
      'forward: true',
      'modify: { and: { data: [0x0F] }, or: { id: 0x80000000 }, set: { length: 8 }, checksum: { kind: xor } }',
      'rate: none',
    );
    assert.deepEqual(shown(text), [
      'a: 0x100 -> forward, and',
      '  -> changed: and data 0F FF FF FF FF FF FF FF; or identifier 0x80000000; set length 8; ' +
        'XOR of bytes 0 to -2 into -1, from 0x00',
      '  -> static answer 0x101 []',
      '  -> static answer 0x102 [0x01]',
      '  rate: no limit',
      REST,
    ]);
  });

  it('has the default rate', () => {
    const text = answering('answer: { id: 0x101 }');
    assert.equal(shown(text)[2], '  rate: one in 500 bit times, 250 at once (the default)');
  });

  it('has parts of the request in an identifier', () => {
    const text = oneRule(
      'match: { pgn: 0xEA00, destination: 0x21 }',
      'answer: { pgn: 0xE800, source: 0x21, destination: request-source, length: 1, bits: { from: 4, to: 0, count: 2 } }',
    );
    const line = describeTable(tableOf(text)).split('\n')[1];
    assert.match(
      line,
      /: identifier bits 8\+8 = request identifier bits 0\+8; bits 0\+2 = request bits 4\+2$/,
    );
  });
});
