// SPDX-License-Identifier: MIT
/**
 * Which rules a hardware filter of the chip serves, and what an answer then costs.
 *
 * Expected values: DS20001801J, section 4.5 (what masks and filters look at) and table 12-1 (bytes of each
 * instruction): RX STATUS 2, READ of one register 3, RTS 1, READ RX BUFFER 14 with eight data bytes.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { assignPaths } from '../../rules/paths.ts';

/** A counter and a checksum: nothing of the request. */
const COUNTED =
  'id: 0x700, length: 3, data: [~, ~, 0x5A], counter: { to: 8, count: 4 }, checksum: { kind: xor, from: 1, to: 2, result: 0 }';
const STATIC = 'answer: { id: 0x700, data: [0x55] }';

function paths(...rules: string[]) {
  const text = ['version: 1', 'rules:', ...rules.map((rule) => `  - ${rule}`)].join('\n');
  return assignPaths(compileRules(text, 'r.yaml').table);
}

/** The way of one rule alone: its number, its cost, the reason. */
function pathOf(match: string): [number: number, spiBytes: number, reason: string] {
  const [{ number, spiBytes, reason }] = paths(`{ name: a, match: ${match}, ${STATIC} }`);
  return [number, spiBytes, reason];
}

describe('the way a request is recognised', () => {
  it('is a filter in three bytes for an identifier alone, in either form', () => {
    assert.deepEqual(pathOf('{ id: 0x123 }'), [
      1,
      3,
      'filter RXF0 recognises 0x123; the answer waits in TXB2; INT alone does not tell it: ' +
        'its match has no "remote: any", which says that data and remote frames of any length are answered alike',
    ]);
    assert.deepEqual(pathOf('{ id: 0x123, extended: true }').slice(0, 2), [1, 3]);
    assert.deepEqual(pathOf('{ id: 0x123, remote: true }').slice(0, 2), [1, 3]);
  });

  it('is a filter and a look at the length for data bytes 0 and 1 of a standard frame', () => {
    assert.deepEqual(pathOf('{ id: 0x123, data: [0x02, 0x3E] }'), [
      1,
      6,
      'filter RXF0 recognises 0x123 with D0 and D1; the answer waits in TXB2; ' +
        'that the frame has 2 bytes is read from RXB0DLC first; INT alone does not tell it: its match looks ' +
        'at data or length, which nothing has read yet: "remote: any" and no data would do',
    ]);
    const one = pathOf('{ id: 0x123, data: [{ value: 0x20, mask: 0xF0 }] }');
    assert.equal(one[1], 6);
    assert.match(one[2], /0x123 with D0; .* 1 byte is read/);
    assert.match(pathOf('{ id: 0x123, data: [~, 0x10, ~] }')[2], /with D1; .* 3 bytes/);
  });

  it('is the same for a length alone, in either form', () => {
    assert.deepEqual(pathOf('{ id: 0x123, data: [~, ~] }').slice(0, 2), [1, 6]);
    assert.deepEqual(pathOf('{ id: 0x123, extended: true, data: [~] }').slice(0, 2), [1, 6]);
  });

  it('is reading the frame where the filter does not see what the rule looks at', () => {
    assert.deepEqual(pathOf('{ id: 0x123, data: [0x02, 0x3E, 0x00] }'), [
      0,
      15,
      'it looks at data byte 2, and a filter sees bytes 0 and 1 only',
    ]);
    assert.deepEqual(pathOf('{ id: 0x123, extended: true, data: [0x03] }'), [
      0,
      15,
      'it looks at the data, and of extended frames a filter sees the identifier only',
    ]);
  });

  it('is both filters for two rules that look at the same bits', () => {
    const both = paths(
      `{ name: a, match: { id: 0x100, data: [0x01, 0x10] }, answer: { id: 0x701 } }`,
      `{ name: b, match: { id: 0x100, data: [0x02, 0x10] }, answer: { id: 0x702 } }`,
    );
    assert.deepEqual(
      both.map(({ number }) => number),
      [1, 2],
    );
    const other = paths(
      `{ name: a, match: { id: 0x100, data: [0x01, 0x10] }, answer: { id: 0x701 } }`,
      `{ name: b, match: { id: 0x101, data: [0x01] }, answer: { id: 0x702 } }`,
    );
    assert.deepEqual(
      other.map(({ number }) => number),
      [1, 0],
    );
    assert.match(other[1].reason, /shares the mask of RXF0, and a needs another/);
  });
});

describe('an answer that needs nothing of its request', () => {
  const pathWith = (match: string, answer: string) =>
    paths(`{ name: a, match: { ${match} }, answer: { ${answer} } }`)[0];

  it('is staged, and leaves after as many bytes as a static one', () => {
    const filter = pathWith('id: 0x123', COUNTED);
    assert.deepEqual([filter.number, filter.spiBytes, filter.staged], [1, 3, true]);
    assert.match(filter.reason, /the answer is staged: the next one waits in TXB2/);
    const single = pathWith('id: 0x123, remote: any', COUNTED);
    assert.deepEqual([single.single, single.spiBytes, single.staged], [true, 1, true]);
    const live = pathWith('id: 0x123', 'id: 0x700, live: [{ from: 7, to: 0 }]');
    assert.deepEqual([live.number, live.staged], [1, true]);
    const constant = pathWith('id: 0x123', 'id: 0x700, data: [1]');
    assert.deepEqual([constant.number, constant.staged], [1, false]);
  });

  it('has one filter, a static answer of the only other rule the second', () => {
    const both = paths(
      `{ name: a, match: { id: 0x100 }, answer: { ${COUNTED} } }`,
      `{ name: b, match: { id: 0x101 }, answer: { id: 0x701, data: [1] } }`,
    );
    assert.deepEqual(
      both.map(({ number, staged }) => [number, staged]),
      [
        [1, true],
        [2, false],
      ],
    );
  });

  it('is read with its request for a byte, a bit or the length of it, and that is said', () => {
    const reasonOf = (answer: string) => {
      const { number, staged, reason } = pathWith('id: 0x123, data: [~, ~]', answer);
      assert.deepEqual([number, staged], [0, false], answer);
      return reason;
    };
    for (const more of [
      'copy: [{ from: 0, to: 2 }]',
      'bits: [{ from: 0, to: 16 }]',
      'length: same-as-request',
    ]) {
      const length = more.startsWith('length') ? '' : 'length: 3, ';
      const text = `id: 0x700, ${length}data: [0x50], counter: { to: 8, count: 4 }, ${more}`;
      assert.match(reasonOf(text), /depends on the request/);
    }
  });
});
