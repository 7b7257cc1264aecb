// SPDX-License-Identifier: MIT
/**
 * `receive` of a rules file: which word gives which header flags and paths, and its mistakes.
 * Flag bits 2..1 are those of the table in docs/rules.md.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { decodeRules, RulesImageError } from '../../rules/image/decode.ts';
import { describeTable } from '../../rules/describe.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import { assignPaths } from '../../rules/paths.ts';
import { said, tableOf } from './rules-text.ts';

const STATIC = '{ name: a, match: { id: 0x100 }, answer: { id: 0x101, data: [1] } }';
const COMPUTED =
  '{ name: b, match: { id: 0x200, data: [~] }, answer: { id: 0x201, length: 1, copy: [{ from: 0, to: 0 }] } }';

const STEPS =
  '{ name: s, match: { id: 0x200, data: [~] }, answer: { id: 0x201, length: same-as-request, copy: [{ from: 0, to: 0 }] } }';

function fileWith(receive: string, ...rules: string[]): string {
  return `version: 1\nreceive: ${receive}\nrules: [${rules.join(', ')}]\n`;
}

/** Header flags, and the path of rule 1. Offsets: format 2 of rules.bin. */
function imageOf(receive: string): { flags: number; path: number } {
  const image = encodeRules(tableOf(fileWith(receive, STATIC)));
  return { flags: image.readUInt32LE(20), path: image.readUInt8(64 + 27) };
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

const ANY = '{ name: a, match: { id: 0x100, remote: any }, answer: { id: 0x101, data: [1] } }';
const ANY_TWO = '{ name: c, match: { id: 0x102, remote: any }, answer: { id: 0x101, data: [1] } }';

describe('receive: single', () => {
  it('is flag 6 and the path of filter 0, for every frame of the identifier: bit 30 is not compared', () => {
    const image = encodeRules(tableOf(fileWith('single', ANY)));
    assert.equal(image.readUInt32LE(20), 6);
    assert.equal(image.readUInt8(64 + 27), 1);
    assert.equal(image.readUInt32LE(64 + 4), 0x800007ff);
    assert.deepEqual(encodeRules(decodeRules(image)), image);
  });

  it('costs one byte, RTS, and explain says what tells the request', () => {
    const [path] = assignPaths(tableOf(fileWith('single', ANY)));
    assert.deepEqual([path.single, path.spiBytes, path.worstSpiBytes], [true, 1, 1]);
    assert.match(path.reason, /INT tells of it alone/);
    // With auto the cell decides: RX STATUS and RTS are the other way.
    const [auto] = assignPaths(tableOf(fileWith('auto', ANY)));
    assert.deepEqual([auto.single, auto.spiBytes, auto.worstSpiBytes], [true, 1, 3]);
    const [first] = assignPaths(tableOf(fileWith('urgent-first', ANY)));
    assert.deepEqual([first.single, first.spiBytes], [false, 3]);
  });

  it('serves two identifiers with one answer, beside other answers; not two answers', () => {
    const numbers = (...rules: string[]) =>
      assignPaths(tableOf(fileWith('auto', ...rules))).map(({ number }) => number);
    assert.deepEqual(numbers(ANY, ANY_TWO, COMPUTED), [1, 1, 0]);
    assert.deepEqual(numbers(ANY, ANY_TWO.replace('data: [1]', 'data: [2]')), [1, 0]);
    const pair = encodeRules(tableOf(fileWith('single', ANY, ANY_TWO)));
    assert.deepEqual([pair.readUInt8(64 + 27), pair.readUInt8(64 + 64 + 27)], [1, 1]);
  });

  it('is refused with the line to write, where a rule looks at what nobody has read yet', () => {
    assert.deepEqual(said(fileWith('single', STATIC)), [
      'r.yaml:2:10 receive is single, but a cannot be answered before it is read: its match has no ' +
        '"remote: any", which says that data and remote frames of any length are answered alike; ' +
        'write match: { id: 0x100, remote: any }, or receive: auto',
    ]);
    assert.match(
      said(fileWith('single', STATIC.replace('0x100 }', '0x100, data: [1] }')))[0] ?? '',
      /looks at data or length, which nothing has read yet/,
    );
    assert.match(
      said(fileWith('single', COMPUTED))[0] ?? '',
      /its match has no "remote: never", .* write match: { id: 0x200, remote: never, ... }/,
    );
    assert.match(said(fileWith('single', STEPS))[0] ?? '', /no hardware filter can recognise/);
  });

  it('a match of any frame has no data, hides both kinds, and copies nothing', () => {
    const match = (text: string) =>
      `version: 1\nrules: [{ name: a, match: { id: 0x100, ${text} } }]\n`;
    assert.deepEqual(said(match('remote: any, data: [1]')), [
      'r.yaml:2:53 remote: any takes frames without data, too: remove data',
    ]);
    const twice = (other: string) =>
      said(`version: 1\nrules: [${ANY}, { name: b, match: { id: 0x100, remote: ${other} } }]\n`);
    for (const kind of ['true', 'false', 'any']) {
      assert.match(twice(kind)[0] ?? '', /warning: rule "b" can never match: rule "a"/);
    }
  });
});

describe('an answer with bytes of its request', () => {
  const never = (rule: string) => rule.replace('id: 0x200,', 'id: 0x200, remote: never,');

  it('takes a filter: RX STATUS 2, READ 3 + n, WRITE 2 + n or LOAD 1 + n, RTS 1', () => {
    const [copied] = assignPaths(tableOf(fileWith('auto', COMPUTED)));
    assert.deepEqual([copied.number, copied.window, copied.spiBytes], [1, true, 2 + 4 + 2 + 1]);
    const later = COMPUTED.replace(
      'length: 1, copy: [{ from: 0, to: 0 }]',
      'length: 8, copy: [{ from: 0, to: 5 }]',
    );
    const [far] = assignPaths(tableOf(fileWith('auto', later)));
    assert.equal(far.spiBytes, 2 + 4 + 3 + 1);
    assert.match(
      far.reason,
      /RXB0DLC and D0 are read, and D5 of the answer in TXB2 written; INT alone does not tell it: its match has no "remote: never"/,
    );
    const [alone] = assignPaths(tableOf(fileWith('auto', never(later))));
    assert.deepEqual([alone.single, alone.spiBytes, alone.worstSpiBytes], [true, 8, 10]);
  });

  it('is read where that takes no longer: 8 bytes there and back', () => {
    const echo =
      '{ name: e, match: { id: 0x200, data: [~, ~, ~, ~, ~, ~, ~, ~] }, answer: { id: 0x201, length: 8, copy: [{ from: 0, to: 0, count: 8 }] } }';
    const [path] = assignPaths(tableOf(fileWith('auto', echo)));
    assert.deepEqual([path.number, path.spiBytes], [0, 24]);
    assert.match(path.reason, /reading all 8 bytes of it takes no longer/);
  });

  it('the strongest answer has the filter; "receive: window" gives it to one of this kind', () => {
    const numbers = (receive: string) =>
      assignPaths(
        tableOf(fileWith(receive, STATIC, COMPUTED, STEPS.replaceAll('0x20', '0x30'))),
      ).map(({ number }) => number);
    assert.deepEqual(numbers('auto'), [1, 0, 0]);
    assert.deepEqual(numbers('window'), [0, 1, 0]);
    assert.match(
      said(fileWith('window', STATIC))[0] ?? '',
      /write auto, or a rule whose answer copies bytes/,
    );
  });

  it('survives the image: header flags 0x24, rule flag 8', () => {
    const image = encodeRules(tableOf(fileWith('window', never(COMPUTED))));
    assert.equal(image.readUInt32LE(20), 0x24);
    // Rule 1 at 64: flags at 25, path at 27. Answer, and never remote.
    assert.deepEqual([image.readUInt8(64 + 25), image.readUInt8(64 + 27)], [1 + 8, 1]);
    assert.deepEqual(encodeRules(decodeRules(image)), image);
    assert.match(describeTable(decodeRules(image)), /never remote/);
  });
});

describe('a mistake in receive', () => {
  it('another word', () => {
    assert.deepEqual(said(fileWith('urgent', STATIC)), [
      'r.yaml:2:10 receive must be auto or shared or urgent-first or single or window (got "urgent")',
    ]);
  });

  it('urgent-first without a rule that a filter could recognise', () => {
    assert.deepEqual(said(fileWith('urgent-first', STEPS)), [
      'r.yaml:2:10 receive is urgent-first, but no hardware filter can recognise a request ' +
        '(s: its answer depends on the request); write auto, or a rule whose answer needs nothing of the request',
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

  it('is refused: shared with a filter, urgent-first without, or single with a rule that looks', () => {
    for (const image of [withFlags('auto', 2), withFlags('shared', 4), withFlags('auto', 6)]) {
      assert.throws(() => decodeRules(image), RulesImageError);
    }
    assert.doesNotThrow(() => decodeRules(withFlags('auto', 4)));
    // Windows without urgent-first, and with a static answer.
    for (const flags of [0x20, 0x24]) {
      assert.throws(() => decodeRules(withFlags('auto', flags)), RulesImageError);
    }
  });
});
