// SPDX-License-Identifier: MIT
/** DBC files: what is read, what is skipped, and every mistake with its place. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Random } from '../../lab/random/random.ts';
import { readDatabase } from '../../rules/dbc/database.ts';
import { decodeDatabaseText } from '../../rules/dbc/decode-text.ts';
import { databaseOf, message, messageOf, saidOfDbc, signal, signalOf } from './dbc-text.ts';

const FEATURES_TEXT = readFileSync('tests/data/features.dbc', 'utf8');
const FEATURES = databaseOf(FEATURES_TEXT, 'features.dbc');

describe('a DBC file', () => {
  it('gives its messages', () => {
    const rows = FEATURES.messages.map(({ name, identifier, extended, length, sender }) => [
      ...[name, identifier, extended, length, sender],
    ]);
    assert.deepEqual(rows, [
      ['Speeds', 100, false, 8, 'Engine'],
      ['Extended', 0x18fef1fe, true, 6, 'Engine'],
      ['Sixty4', 101, false, 8, 'Engine'],
      ['Selected', 102, false, 8, 'Gearbox'],
      ['Nested', 103, false, 8, 'Gearbox'],
      ['Floats', 104, false, 8, 'Engine'],
    ]);
    assert.equal(FEATURES.bitrate, 250_000);
    const cycles = FEATURES.messages.map(({ cycleNanos }) => cycleNanos);
    assert.deepEqual(cycles, [20_000_000, 2_500_000, ...Array<undefined>(4)]);
  });

  it('gives its signals', () => {
    const { signals } = messageOf(FEATURES, 'Speeds');
    const rows = signals.map(({ name, startBit, bitCount, byteOrder, signed, unit }) => [
      ...[name, startBit, bitCount, byteOrder, signed, unit],
    ]);
    assert.deepEqual(rows, [
      ['Intel16', 16, 16, 'intel', false, 'rpm'],
      ['Motorola12', 3, 12, 'motorola', true, ''],
      ['Odd', 45, 7, 'motorola', false, '%'],
      ['Flag', 63, 1, 'intel', false, ''],
    ]);
    const { factor, offset, minimum, maximum } = signalOf(FEATURES, 'Extended', 'Whole');
    assert.deepEqual([factor, offset, minimum, maximum].map(String), [
      ...['0.001', '0.5', '0', '1500000000'],
    ]);
    const { values } = signalOf(FEATURES, 'Selected', 'Position');
    assert.deepEqual([...values.values()], ['P', 'R', 'N', 'D', 'D']);
  });

  it('with all that CANdb++ writes has nothing to say but of a foreign section and a factor 0', () => {
    assert.deepEqual(saidOfDbc(FEATURES_TEXT), [
      'd.dbc:54:6 warning: signal "Zero" cannot be used: its factor is 0, so all its values are the same; correct it',
      'd.dbc:76:1 warning: unknown section "VENDOR_": it is skipped',
    ]);
  });

  it('reads alike with CRLF, tabs, in one line for each statement or several', () => {
    const strip = (text: string) => {
      const { messages } = databaseOf(text);
      const plain = (key: string, value: unknown) =>
        typeof value === 'bigint' ? `${value}` : value instanceof Map ? [...value] : value;
      const texts = messages.map((each) => JSON.stringify(each, plain));
      return texts.map((each) => each.replace(/"at":\d+/g, ''));
    };
    const expected = strip(FEATURES_TEXT);
    assert.deepEqual(strip(FEATURES_TEXT.replaceAll('\n', '\r\n')), expected);
    assert.deepEqual(strip(FEATURES_TEXT.replaceAll(' : ', '\t:\t')), expected);
    assert.deepEqual(strip(FEATURES_TEXT.replaceAll(' : ', '\n :\n ')), expected);
    const [line] = saidOfDbc(message(signal('A', '40|8@1+')).replaceAll('\n', '\r\n'));
    assert.match(line, /^d\.dbc:2:6 warning: /);
  });

  it('is UTF-8, with or without its mark, or Latin-1', () => {
    const text = message(' SG_ T : 0|8@1+ (1,0) [0|0] "°C" Node');
    const unitOf = (bytes: Uint8Array) =>
      signalOf(databaseOf(decodeDatabaseText(bytes)), 'Msg', 'T').unit;
    assert.equal(unitOf(Buffer.from(text, 'utf8')), '°C');
    assert.equal(unitOf(Buffer.from(`\ufeff${text}`, 'utf8')), '°C');
    assert.equal(unitOf(Buffer.from(text, 'latin1')), '°C');
  });

  it('may have comments behind //', () => {
    const text = ['// none', message(signal('A', '0|8@1+'), '//VAL_ 256 A 0', 'CM_ "// x" ; // y')];
    assert.deepEqual(saidOfDbc(text.join('\n')), []);
    assert.match(saidOfDbc(message(signal('A', '0|/8@1+')))[0], /^d\.dbc:2:12 .* found "\/"/);
  });

  it('may have names that begin with a digit, and no semicolon at the end of a line', () => {
    const text = message(signal('5_SEC', '0|8@1+'), 'VAL_ 256 5_SEC 0 "off" 1 "on"', '', 'CM_ "x"');
    assert.deepEqual(saidOfDbc(text), []);
    assert.equal(signalOf(databaseOf(text), 'Msg', '5_SEC').values.get(1n), 'on');
  });

  it('has cycle times by message, or one for all others', () => {
    const text = [
      'BO_ 1 One: 8 N',
      'BO_ 2 Two: 8 N',
      'BA_DEF_DEF_ "GenMsgCycleTime" 100;',
      'BA_ "GenMsgCycleTime" BO_ 2 0;',
      'BA_ "GenMsgCycleTime" BO_ 3 -1;',
    ].join('\n');
    const cycles = databaseOf(text).messages.map(({ cycleNanos }) => cycleNanos);
    assert.deepEqual(cycles, [100_000_000, undefined]);
    assert.deepEqual(saidOfDbc(text), [
      'd.dbc:5:1 warning: GenMsgCycleTime -1 of message 3 is left out: it must be 0 to 1000000000 ms',
    ]);
  });
});

describe('a DBC file that cannot be read', () => {
  const SIGNAL_FORM = '; the form is SG_ Signal : 0|8@1+ (1,0) [0|255] "unit" Node';
  for (const [expected, texts] of Object.entries({
    'd.dbc:1:1 there is no message (BO_) in it; name the signal database of a CAN bus': [
      'version: 1\nrules: []\n',
      'VERSION ""\n\nBS_:\n\nBU_: A\n',
    ],
    'd.dbc:1:5 BO_: expected the identifier (decimal), found "0x100"; the form is BO_ 256 Message: 8 Node':
      'BO_ 0x100 Msg: 8 Node',
    'd.dbc:1:5 BO_: the identifier (decimal) must be 0 to 4294967295, found "4294967296"; the form is BO_ 256 Message: 8 Node':
      'BO_ 4294967296 Msg: 8 Node',
    'd.dbc:1:14 BO_: expected its length in bytes, found "Node"; the form is BO_ 256 Message: 8 Node':
      'BO_ 256 Msg: Node',
    [`d.dbc:2:2 SG_: the signal belongs to no message; put it below a BO_${SIGNAL_FORM}`]: `BU_: Node\n${signal('A', '0|8@1+')}`,
    [`d.dbc:2:14 SG_: the byte order (0 Motorola, 1 Intel) must be 0 to 1, found "2"${SIGNAL_FORM}`]:
      message(signal('A', '0|8@2+')),
    [`d.dbc:2:16 SG_: expected "+" (unsigned) or "-" (signed), found "("${SIGNAL_FORM}`]: message(
      signal('A', '0|8@1'),
    ),
    [`d.dbc:2:8 SG_: expected ":", "M" or a mark such as "m3", found "mux"${SIGNAL_FORM}`]: message(
      signal('A', '0|8@1+', 'mux '),
    ),
    [`d.dbc:2:20 SG_: expected ",", found "#"${SIGNAL_FORM}`]: message(
      ' SG_ A : 0|8@1+ (1.#IND,0) [0|0] "" Node',
    ),
    [`d.dbc:2:18 SG_: the factor "1e999999999" is beyond what can be meant; correct the number${SIGNAL_FORM}`]:
      message(' SG_ A : 0|8@1+ (1e999999999,0) [0|0] "" Node'),
    [`d.dbc:2:12 SG_: expected the number of bits, found the end of the file${SIGNAL_FORM}`]:
      message(' SG_ A : 0|'),
    'd.dbc:2:5 this text has no end; put a quote (") behind it': message(
      'CM_ "begins here',
      'BO_ 7 Other: 8 Node',
    ),
    'd.dbc:3:14 VAL_: expected the name of the value in quotes, found "1"; the form is VAL_ 256 Signal 0 "off" 1 "on" ;':
      message(signal('A', '0|8@1+'), 'VAL_ 256 A 0 1 "on" ;'),
    'd.dbc:3:22 SG_MUL_VAL_: the last value of a range such as 3-4 must follow and be 3 or more; the form is SG_MUL_VAL_ 256 Signal Multiplexor 0-3, 5-5;':
      message(signal('A', '0|8@1+', 'm0 '), 'SG_MUL_VAL_ 256 A B 3-1;'),
    'd.dbc:1:9 BO_: the name of the message has 129 characters; shorten it to 128 or fewer; the form is BO_ 256 Message: 8 Node': `BO_ 256 ${'N'.repeat(129)}: 8 Node`,
  })) {
    it(expected, () => {
      for (const text of [texts].flat()) assert.equal(saidOfDbc(text)[0], expected);
    });
  }

  it('has all its errors told at once, also in several sections', () => {
    const text = [
      'BO_ x Bad: 8 Node',
      signal('SkippedWithIt', '0|900000@1+'),
      message(signal('A', '0|x@1+'), signal('B', '0|8@1+'), 'VAL_ 256 B "on" ;'),
    ].join('\n');
    assert.deepEqual(
      saidOfDbc(text).map((line) => line.split(' ')[0]),
      ['d.dbc:1:5', 'd.dbc:4:12', 'd.dbc:6:12'],
    );
  });

  it('is not read on after 50 errors', () => {
    const lines = saidOfDbc('BO_ x Bad: 8 Node\n'.repeat(1000));
    assert.equal(lines.length, 51);
    assert.match(lines[50], /^d\.dbc:51:1 there are more errors; correct those above first$/);
  });
});

it('a damaged DBC file is read, or refused with places, whatever is cut out of it or put in', () => {
  const pieces = FEATURES_TEXT.split(/(\s+|\W)/);
  const others = ['', '"', ';', '-', '\n', '99999999999999999999', 'm3M ', '\u00e4'];
  let good = 0;
  for (let seed = 0; seed < 2000; seed++) {
    const random = Random.of(seed, 0);
    let text = FEATURES_TEXT;
    for (let count = random.between(1, 4); count > 0; count--) {
      const at = random.below(text.length);
      const put = random.pick([random.pick(pieces), random.pick(others), `${random.below(99)}`]);
      text = text.slice(0, at) + put + text.slice(at + random.below(random.pick([2, 8, 80])));
    }
    const { database, diagnostics } = readDatabase(text, 'd.dbc');
    const lines = text.split('\n');
    for (const { line, column, reason } of diagnostics) {
      assert.ok(column >= 1 && column <= lines[line - 1].length + 1, `seed ${seed}: ${reason}`);
    }
    const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
    assert.equal(database === undefined, hasErrors, `seed ${seed}`);
    if (database !== undefined) good += 1;
  }
  assert.ok(good > 200, `${good} were read`);
});
