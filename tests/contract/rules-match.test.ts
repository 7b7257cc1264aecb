// SPDX-License-Identifier: MIT
/**
 * Identifier lists, ranges, what is inverted, lengths, data ranges and J1939 in `match`: which frames match,
 * and what is refused.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RuleMatch } from '../../rules/model.ts';
import { hasIdentifier } from '../../rules/order/identifiers.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { oneRule, refuses, tableOf } from './rules-text.ts';

function matchOf(text: string): RuleMatch {
  return tableOf(oneRule(`match: ${text}`)).rules[0].match;
}

/** The standard identifiers that match. */
function standardOf(text: string): number[] {
  const match = matchOf(text);
  assert.equal(match.extended, false);
  return Array.from({ length: 0x800 }, (_, at) => at).filter((at) => hasIdentifier(match, at));
}

/** Whether the frame 0x100 with these bytes matches. */
function takes(text: string, data: number[]): boolean {
  const oracle = new RuleOracle({
    ...tableOf(oneRule(`match: { id: 0x100, ${text} }`, 'action: drop')),
    defaultAction: 'forward',
  });
  const { rule } = oracle.feed(makeFrame({ identifier: 0x100, data }));
  return rule !== undefined;
}

describe('identifiers of a match', () => {
  it('are a list, ranges and masks together', () => {
    assert.deepEqual(
      standardOf('{ id: [0x10, 0x20, { from: 0x30, to: 0x32 }] }'),
      [0x10, 0x20, 0x30, 0x31, 0x32],
    );
    assert.deepEqual(standardOf('{ id: { from: 0x7FE, to: 0x7FF } }'), [0x7fe, 0x7ff]);
    assert.deepEqual(
      standardOf('{ id: [{ id: 0x100, mask: 0x7FC }, 0x101] }'),
      [0x100, 0x101, 0x102, 0x103],
    );
  });

  it('are all but these', () => {
    const all = standardOf('{ id: { not: 0x123 } }');
    assert.equal(all.length, 0x7ff);
    assert.equal(all.includes(0x123), false);
    assert.equal(standardOf('{ id: { not: [0x1, { from: 0x400, to: 0x7FF }] } }').length, 0x3ff);
    assert.equal(standardOf('{ id: { not: { id: 0x001, mask: 0x001 } } }').length, 0x400);
    const extended = matchOf('{ id: { not: { from: 0x100, to: 0x1FFFFFFF } }, extended: true }');
    assert.equal(hasIdentifier(extended, 0xff), true);
    assert.equal(hasIdentifier(extended, 0x100), false);
  });

  it('are one mask wherever they can be, so that a filter can serve them', () => {
    assert.deepEqual(matchOf('{ id: { from: 0x100, to: 0x1FF } }').mask, 0x700);
    assert.deepEqual(matchOf('{ id: [0x100, 0x300] }').mask, 0x5ff);
    assert.equal(matchOf('{ id: [0x100, 0x300] }').identifiers, undefined);
  });
});

describe('data and length of a match', () => {
  it('are ranges, choices, and what is inverted', () => {
    assert.deepEqual(
      [0x0f, 0x10, 0x20, 0x21].map((byte) => takes('data: [{ min: 0x10, max: 0x20 }]', [byte])),
      [false, true, true, false],
    );
    assert.deepEqual(
      [1, 2, 3, 7].map((byte) => takes('data: [{ any: [1, 3, 7] }]', [byte])),
      [true, false, true, true],
    );
    assert.deepEqual(
      [1, 2, 3].map((byte) => takes('data: [{ not: { any: [1, 3] } }]', [byte])),
      [false, true, false],
    );
    assert.deepEqual(
      [1, 2].map((byte) => takes('data: [~, { not: 2 }]', [0, byte])),
      [true, false],
    );
    assert.deepEqual(
      [0x10, 0x21].map((byte) => takes('data: [{ not: { value: 0x10, mask: 0xF0 } }]', [byte])),
      [false, true],
    );
    assert.equal(takes('data: [~, { not: 2 }]', [0]), false, 'the byte must be there');
  });

  it('length is one, or from to', () => {
    const lengths = (text: string) =>
      Array.from({ length: 9 }, (_, length) => length).filter((length) =>
        takes(
          text,
          Array.from({ length }, () => 0),
        ),
      );
    assert.deepEqual(lengths('length: 3'), [3]);
    assert.deepEqual(lengths('length: 0'), [0]);
    assert.deepEqual(lengths('length: { min: 2, max: 4 }'), [2, 3, 4]);
    assert.deepEqual(lengths('length: { min: 7 }'), [7, 8]);
    assert.deepEqual(lengths('length: { max: 2 }, data: [~]'), [1, 2]);
  });
});

describe('J1939 in a match', () => {
  it('is any priority unless it is stated, and the source address', () => {
    // EEC1: PGN 0xF004; engine 0x00. Priority 3 makes 0x0CF00400.
    const match = matchOf('{ pgn: 0xF004, source: 0x00 }');
    assert.equal(match.extended, true);
    assert.equal(hasIdentifier(match, 0x0cf00400), true);
    assert.equal(hasIdentifier(match, 0x18f00400), true);
    assert.equal(hasIdentifier(match, 0x0cf00401), false);
    assert.equal(hasIdentifier(match, 0x0cf00500), false);
    const urgent = matchOf('{ pgn: 0xF004, priority: 3 }');
    assert.equal(hasIdentifier(urgent, 0x0cf00421), true);
    assert.equal(hasIdentifier(urgent, 0x18f00421), false);
  });

  it('PDU1 has a destination, which is not part of the PGN', () => {
    // Request, PGN 0xEA00, to 0x21 from the tool 0xF9.
    const match = matchOf('{ pgn: 0xEA00, destination: [0x21, 0xFF] }');
    assert.equal(hasIdentifier(match, 0x18ea21f9), true);
    assert.equal(hasIdentifier(match, 0x18eafff9), true);
    assert.equal(hasIdentifier(match, 0x18ea22f9), false);
    assert.equal(hasIdentifier(matchOf('{ pgn: 0xEA00 }'), 0x18ea22f9), true);
  });

  it('lists of PGNs and sources', () => {
    const match = matchOf('{ pgn: [0xF004, 0xFEF1], source: [0, 3] }');
    const wanted = [0x18f00400, 0x18f00403, 0x0cfef100, 0x0cfef103];
    assert.ok(wanted.every((identifier) => hasIdentifier(match, identifier)));
    assert.equal(hasIdentifier(match, 0x18f00401), false);
  });
});

refuses('a match with a mistake is refused:', {
  'r.yaml:4:18 the range from 0x200 to 0x100 is upside down: swap them': oneRule(
    'match: { id: { from: 0x200, to: 0x100 } }',
  ),
  'r.yaml:4:18 id has no "to"': oneRule('match: { id: { from: 0x200 } }'),
  'r.yaml:4:18 id is an empty list': oneRule('match: { id: [] }'),
  'r.yaml:4:18 id leaves no identifier: no frame can match': oneRule(
    'match: { id: { not: { from: 0x0, to: 0x7FF } } }',
  ),
  'r.yaml:4:34 mask belongs to one id: write { id: 0x100, mask: 0x700 } as an entry of the list':
    oneRule('match: { id: [0x100, 0x200], mask: 0x700 }'),
  'r.yaml:4:26 id 2 0x900 is out of range: a standard identifier is at most 0x7FF; for a 29-bit identifier add "extended: true"':
    oneRule('match: { id: [0x100, 0x900] }'),
  'r.yaml:4:18 id makes 268435456 ranges of identifiers, a rule may have 512: write several rules':
    oneRule('match: { id: { not: { id: 0x1, mask: 0x1 } }, extended: true }'),
  'r.yaml:4:37 data byte 0: min 9 is above max 2; swap them': oneRule(
    'match: { id: 0x1, data: [{ min: 9, max: 2 }] }',
  ),
  'r.yaml:4:37 any is an empty list: no frame can match': oneRule(
    'match: { id: 0x1, data: [{ any: [] }] }',
  ),
  'r.yaml:4:31 length is 9: a CAN frame has at most 8 bytes': oneRule(
    'match: { id: 0x1, length: 9 }',
  ),
  'r.yaml:4:31 length: min 5 is above max 2; swap them': oneRule(
    'match: { id: 0x1, length: { min: 5, max: 2 } }',
  ),
  'r.yaml:4:31 length is at most 1, and data lists 2 bytes: no frame can match': oneRule(
    'match: { id: 0x1, length: 1, data: [~, ~] }',
  ),
  'r.yaml:4:37 the length of remote frames is not looked at: remove length': oneRule(
    'match: { id: 0x1, remote: true, length: 1 }',
  ),
  'r.yaml:5:13 answer needs 2 bytes of the frame, and match takes frames of at most 1': oneRule(
    'match: { id: 0x1, length: 1 }',
    'answer: { id: 0x2, copy: [{ from: 1, to: 0 }] }',
  ),
  'r.yaml:4:12 match has 17 conditions on data, at most 16 fit: write several rules': oneRule(
    'match: { id: 0x1, data: [{ any: [0, 2, 4, 6, 8, 0xA, 0xC, 0xE, 0x10, 0x12, 0x14, 0x16, 0x18, 0x1A, 0x1C, 0x1E, 0x20] }] }',
  ),
  'r.yaml:4:14 id and pgn exclude each other: pgn, source, destination and priority make the identifier':
    oneRule('match: { id: 0x1, pgn: 0xF004 }'),
  'r.yaml:4:19 pgn 0x40000 is out of range: a PGN is at most 0x3FFFF':
    oneRule('match: { pgn: 0x40000 }'),
  'r.yaml:4:19 pgn 0xEA21 has an address in its low byte: PF is below 240 (PDU1); write pgn: 0xEA00 and destination: 0x21':
    oneRule('match: { pgn: 0xEA21 }'),
  'r.yaml:4:27 pgn 0xF004 has no destination: PF is 240 or more (PDU2), its frames go to everybody; remove destination':
    oneRule('match: { pgn: 0xF004, destination: 0x21 }'),
  'r.yaml:4:14 destination needs a pgn: without it frames that go to everybody would match by chance':
    oneRule('match: { destination: 0x21 }'),
  'r.yaml:4:37 priority is 8: it is at most 7': oneRule('match: { pgn: 0xF004, priority: 8 }'),
  'r.yaml:4:22 source is 256: it is at most 0xFF': oneRule('match: { source: 0x100 }'),
  'r.yaml:4:37 J1939 identifiers have 29 bits: remove extended: false': oneRule(
    'match: { pgn: 0xF004, extended: false }',
  ),
});
