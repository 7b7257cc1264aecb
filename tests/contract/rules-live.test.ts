// SPDX-License-Identifier: MIT
/**
 * Answers with live values: the bytes of the image, the way back, what people read, and what the oracle
 * of the tests expects of the cell.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { decodeRules, RulesImageError } from '../../rules/image/decode.ts';
import { describeTable } from '../../rules/describe.ts';
import { assignPaths } from '../../rules/paths.ts';
import { rulesChecksum } from '../../rules/image/encode.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { demandFor } from '../../lab/verify/rule-oracle.ts';
import { answering, said, tableOf } from './rules-text.ts';

const ANSWER =
  'answer: { id: 0x101, data: [0x62, ~, ~, ~], copy: [{ from: 2, to: 1 }], live: [{ from: 62, to: 2, count: 2 }] }';
const SOURCES = 64 + 40;

describe('an answer with live values', () => {
  const { table, image } = compileRules(answering(ANSWER), 'r.yaml');

  it('has 0x80 and the number of the value as the source of a byte', () => {
    assert.equal(image.toString('hex', SOURCES, SOURCES + 8), 'ff02bebfffffffff');
    assert.equal(image.readUInt8(64 + 26), 4, 'as long as its last live value');
    assert.equal(image.readUInt8(64 + 24), 3, 'the request has the copied byte');
  });

  it('comes back from the image as it was', () => {
    const [rule] = decodeRules(image).rules;
    assert.deepEqual(rule.answer, table.rules[0].answer);
  });

  it('needs no byte of the request: also a remote frame is answered with live values', () => {
    const text = 'version: 1\nrules:\n  - { name: a, match: { id: 0x1, remote: true }, ';
    const [rule] = tableOf(`${text}answer: { id: 0x2, live: [{ from: 0, to: 0 }] } }`).rules;
    assert.equal(rule.match.minimumLength, 0);
    assert.deepEqual(rule.answer?.source[0], 0x80);
  });

  it('is staged if it copies nothing, and else computed', () => {
    const pathOf = (more: string) =>
      assignPaths(tableOf(answering(`answer: { id: 0x2, live: [{ from: 0, to: 0 }]${more} }`)))[0];
    assert.deepEqual([pathOf('').number, pathOf('').staged], [1, true]);
    const copying = pathOf(', copy: [{ from: 0, to: 1 }]');
    assert.deepEqual([copying.number, copying.staged], [0, false]);
    assert.match(copying.reason, /depends on the request/);
    assert.match(
      describeTable(table),
      /computed answer 0x101 \[0x62 request\[2\] live\[62\] live\[63\]\]/,
    );
  });

  it('is put together by the oracle from the values it is told', () => {
    const live = new Uint8Array(64);
    live.set([0xa5, 0x5a], 62);
    const request = makeFrame({ identifier: 0x100, data: Uint8Array.of(1, 2, 3) });
    const { answer, isStatic } = demandFor(table, request, live);
    assert.deepEqual([...(answer?.data ?? [])], [0x62, 3, 0xa5, 0x5a]);
    assert.equal(isStatic, false);
    assert.deepEqual([...(demandFor(table, request).answer?.data ?? [])], [0x62, 3, 0, 0]);
  });

  it('warns of a byte that is never sent', () => {
    const text = answering('answer: { id: 0x101, data: [0x11], live: [{ from: 9, to: 0 }] }');
    assert.deepEqual(said(text), [
      'r.yaml:5:33 warning: data byte 0 is never sent: live overwrites it; write ~',
    ]);
  });

  for (const source of [0x08, 0x7f, 0xc0, 0xfe]) {
    it(`is refused from an image with source 0x${source.toString(16)}`, () => {
      const bad = Buffer.from(image);
      bad.writeUInt8(source, SOURCES + 3);
      bad.writeUInt32LE(rulesChecksum(bad), 12);
      assert.throws(() => decodeRules(bad), RulesImageError);
    });
  }
});
