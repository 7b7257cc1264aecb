// SPDX-License-Identifier: MIT
/**
 * Answers that are computed by steps: bits, counters, checksums, J1939 replies, several answers, rates. What
 * is sent is what the oracle says of the compiled table; expected frames are written by hand.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { readFrameText, writeFrameText } from '../../rules/oracle/frame-text.ts';
import { answering, type Mistakes, oneRule, parse, refuses, tableOf } from './rules-text.ts';

/** What is sent to the bus for each of the frames, one after the other. */
export function sentFor(rules: string, ...frames: string[]): string[] {
  const oracle = new RuleOracle(tableOf(rules));
  return frames.flatMap((text, index) => {
    const frame = readFrameText(text);
    assert.ok(frame !== undefined, text);
    return oracle.feed(frame, 'bus', index * 1000).toBus.map(writeFrameText);
  });
}

describe('an answer by steps', () => {
  it('has bits of the request in other places', () => {
    const text = answering(
      'answer: { id: 0x101, length: 2, data: [0x00, 0xF0], bits: [{ from: 4, to: 8, count: 4 }, { from: 0, to: 1 }] }',
    );
    // Bits 4 to 7 of 0xA1 are 0xA, and go to the low half of byte 1; bit 0 goes to bit 1.
    assert.deepEqual(sentFor(text, '100#A1', '100#50'), ['101#02FA', '101#00F5']);
  });

  it('counts, and starts over after its greatest number', () => {
    const text = answering(
      'answer: { id: 0x101, length: 2, data: [0xAB], counter: { to: 8, count: 4, max: 2 } }',
    );
    const frames = Array.from({ length: 4 }, () => '100#');
    assert.deepEqual(sentFor(text, ...frames), ['101#AB00', '101#AB01', '101#AB02', '101#AB00']);
  });

  it('has a checksum over its counter', () => {
    const text = answering(
      'answer: { id: 0x101, length: 3, data: [~, 0x5A], counter: { to: 0, count: 8 }, checksum: { kind: xor, from: 0, to: 1, result: 2 } }',
    );
    assert.deepEqual(sentFor(text, '100#', '100#'), ['101#005A5A', '101#015A5B']);
  });

  it('has several answers in their order', () => {
    const text = answering('answer: [{ id: 0x101, data: [1] }, { id: 0x102, data: [2] }]');
    assert.deepEqual(sentFor(text, '100#'), ['101#01', '102#02']);
  });

  it('replies to the J1939 source address with the priority of the request', () => {
    const text = oneRule(
      'match: { pgn: 0xEA00, destination: 0x21, data: [0xEB, 0xFE, 0x00] }',
      'answer: { pgn: 0xE800, source: request-destination, destination: request-source, priority: request, length: 8, data: [1, 0xFF, 0xFF, 0xFF, 0xFF, 0xEB, 0xFE, 0x00] }',
    );
    assert.deepEqual(sentFor(text, '18EA21F9#EBFE00', '0CEA2105#EBFE00'), [
      '18E8F921#01FFFFFFFFEBFE00',
      '0CE80521#01FFFFFFFFEBFE00',
    ]);
  });

  it('a part of the identifier that the match states is a constant: the answer is static', () => {
    const text = oneRule(
      'match: { pgn: 0xEA00, destination: 0x21, source: 0xF9 }',
      'answer: { pgn: 0xFEEB, source: request-destination, data: [1] }',
    );
    const [{ answer }] = tableOf(text).rules;
    assert.equal(answer?.identifier, 0x18feeb21);
    assert.equal(answer.steps, undefined);
  });

  it('is limited by its rate', () => {
    const text = answering('answer: { id: 0x101 }', 'rate: { per-second: 100, burst: 2 }');
    // One interval is 10 ms; the frames come 1 ms apart.
    assert.equal(sentFor(text, ...Array.from({ length: 10 }, () => '100#')).length, 2);
    assert.deepEqual(tableOf(answering('answer: { id: 0x101 }', 'rate: 50/s')).rules[0].rate, {
      intervalMicros: 20_000,
      burst: 12,
    });
  });
});

const MISTAKES: Mistakes = {
  'r.yaml:5:35 counter counts to 16, and 4 bits hold at most 15: make the field wider, or max smaller':
    answering('answer: { id: 0x101, counter: { to: 0, count: 4, max: 16 } }'),
  'r.yaml:5:35 counter has step 4: it is at least 1 and at most max, 3': answering(
    'answer: { id: 0x101, counter: { to: 0, count: 4, max: 3, step: 4 } }',
  ),
  'r.yaml:5:47 checksum is over itself: byte 7 is from 0 to 7': answering(
    'answer: { id: 0x101, length: 8, checksum: { kind: autosar, from: 0, to: 7, result: 7 } }',
  ),
  'r.yaml:5:47 checksum is about byte 7, and the answer has 4 bytes': answering(
    'answer: { id: 0x101, length: 4, checksum: { kind: autosar, from: 0, to: 3, result: 7 } }',
  ),
  'r.yaml:5:46 counter and bits both write bit 8, in byte 1': answering(
    'answer: { id: 0x101, length: 4, counter: { to: 4, count: 8 }, bits: { from: 0, to: 8, count: 2 } }',
  ),
  'r.yaml:5:78 checksum and counter both write bit 24, in byte 3': answering(
    'answer: { id: 0x101, length: 4, counter: { to: 24, count: 8 }, checksum: { kind: xor, from: 0, to: 2, result: 3 } }',
  ),
  'r.yaml:5:32 bits reads request bits 60 to 67; the last bit is 63': answering(
    'answer: { id: 0x101, bits: { from: 60, to: 0, count: 8 } }',
  ),
  'r.yaml:5:13 rule "a" has one counter, which one answer or modify may have': answering(
    'answer: [{ id: 0x101, counter: { to: 0, count: 4 } }, { id: 0x102, counter: { to: 0, count: 4 } }]',
  ),
  'r.yaml:5:69 answer has 6 entries; at most 5 fit': answering(
    'answer: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }, { id: 5 }, { id: 6 }]',
  ),
  'r.yaml:5:55 destination: request-source needs a request with 29 bits: write extended: true or pgn in match':
    answering('answer: { pgn: 0xEA00, source: 0x21, destination: request-source }'),
  'r.yaml:5:20 pgn 0xEA00 has a destination: write destination: request-source, or an address':
    answering('answer: { pgn: 0xEA00, source: 0x21 }'),
  'r.yaml:5:11 rule "a" has a rate, but no answer that it could limit': answering('rate: 10/s'),
  'r.yaml:6:11 rate must be none, a number such as 100/s, or { per-second: 100, burst: 10 }':
    answering('answer: { id: 0x101 }', 'rate: fast'),
  'r.yaml:5:13 rule "a" takes 2.768 us for its steps, at most 2 us may be: use fewer fields and checksums':
    answering(
      'answer: [' +
        Array.from(
          { length: 4 },
          (_, at) =>
            `{ id: 0x10${at + 1}, length: 8, checksum: [${Array.from({ length: 4 }, (_, result) => `{ kind: xor, from: 7, to: 7, result: ${result} }`).join(', ')}] }`,
        ).join(', ') +
        ']',
    ),
};

/** Without the warnings. */
function parseForErrors(text: string) {
  const result = parse(text);
  const diagnostics = result.diagnostics.filter(({ severity }) => severity === 'error');
  return { ...result, diagnostics };
}

refuses('an answer with a mistake is refused:', MISTAKES, parseForErrors);
