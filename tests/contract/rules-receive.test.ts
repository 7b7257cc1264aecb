// SPDX-License-Identifier: MIT
/**
 * `receive` of a rules file: which word gives which header flags and paths, and its mistakes.
 * Flag bits 2..1 are those of the table in docs/rules.md.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { decodeRules, RulesImageError } from '../../rules/decode.ts';
import { describeTable } from '../../rules/describe.ts';
import { encodeRules } from '../../rules/encode.ts';
import { assignPaths } from '../../rules/paths.ts';
import { said, tableOf } from './rules-text.ts';

const STATIC = '{ name: a, match: { id: 0x100 }, answer: { id: 0x101, data: [1] } }';
const COMPUTED =
  '{ name: b, match: { id: 0x200, data: [~] }, answer: { id: 0x201, length: 1, copy: [{ from: 0, to: 0 }] } }';

function fileWith(receive: string, ...rules: string[]): string {
  return `version: 1\nreceive: ${receive}\nrules: [${rules.join(', ')}]\n`;
}

/** Header flags, and the path of rule 1. Offsets: format 1 of rules.bin. */
function imageOf(receive: string): { flags: number; path: number } {
  const image = encodeRules(tableOf(fileWith(receive, STATIC)));
  return { flags: image.readUInt32LE(20), path: image.readUInt8(32 + 27) };
}

describe('receive', () => {
  it('auto leaves the choice to the cell, as a file without it does', () => {
    assert.deepEqual(imageOf('auto'), { flags: 0, path: 1 });
    const without = tableOf(`version: 1\nrules: [${STATIC}]\n`);
    assert.deepEqual(tableOf(fileWith('auto', STATIC)), without);
  });

  it('shared: static answers are read like all others, and explain says why', () => {
    assert.deepEqual(imageOf('shared'), { flags: 2, path: 0 });
    const [path] = assignPaths(tableOf(fileWith('shared', STATIC)));
    // READ RX BUFFER of 8 bytes and RTS, with no RX STATUS before.
    assert.equal(path?.spiBytes, 15);
    assert.match(path?.reason ?? '', /"receive: shared"/);
  });

  it('urgent-first keeps the buffer whatever the load', () => {
    assert.deepEqual(imageOf('urgent-first'), { flags: 4, path: 1 });
  });

  it('survives the image, with default and filters beside it', () => {
    for (const receive of ['shared', 'urgent-first']) {
      const text = `version: 1\ndefault: drop\nfilters: ['100:700']\nreceive: ${receive}\nrules: [${STATIC}]\n`;
      const decoded = decodeRules(encodeRules(tableOf(text)));
      assert.equal(decoded.receive, receive);
      assert.equal(decoded.defaultAction, 'drop');
      assert.match(describeTable(decoded), new RegExp(`receive buffers: ${receive}`));
    }
  });
});

describe('a mistake in receive', () => {
  it('another word', () => {
    assert.deepEqual(said(fileWith('urgent', STATIC)), [
      'r.yaml:2:10 receive must be auto or shared or urgent-first (got "urgent")',
    ]);
  });

  it('urgent-first without a rule that a filter could recognise', () => {
    assert.deepEqual(said(fileWith('urgent-first', COMPUTED)), [
      'r.yaml:2:10 receive is urgent-first, but no hardware filter can recognise a request ' +
        '(b: its answer depends on the request); write auto, or a rule with a static answer',
    ]);
    assert.match(said(fileWith('urgent-first'))[0] ?? '', /r\.yaml:2:10 .*there are no rules/);
  });
});

describe('an image that contradicts itself', () => {
  /** The image of a table, with other flags and the checksum right again. */
  function withFlags(receive: string, flags: number): Buffer {
    const image = encodeRules(tableOf(fileWith(receive, STATIC)));
    image.writeUInt32LE(flags, 20);
    image.writeUInt32LE(0, 12);
    image.writeUInt32LE(crc32(image), 12);
    return image;
  }

  it('is refused: shared with a filter, urgent-first without, or a fourth layout', () => {
    for (const image of [withFlags('auto', 2), withFlags('shared', 4), withFlags('auto', 6)]) {
      assert.throws(() => decodeRules(image), RulesImageError);
    }
    assert.doesNotThrow(() => decodeRules(withFlags('auto', 4)));
  });
});
