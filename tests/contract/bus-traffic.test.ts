// SPDX-License-Identifier: MIT
/** Traffic files and recordings: what is taken, and every mistake with its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { takeDatabase } from '../../rules/bus/database.ts';
import { parseTraffic } from '../../rules/bus/parse-traffic.ts';
import type { RecordedFrame } from '../../rules/bus/recording.ts';
import { RecordingError, takeRecording } from '../../rules/bus/recording.ts';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import { databaseOf } from './dbc-text.ts';
import { answering, oneRule, said, tableOf } from './rules-text.ts';

const TABLE = tableOf(answering('answer: { id: 0x101 }'));

function parse(...lines: string[]) {
  return parseTraffic(['version: 1', ...lines].join('\n'), 't.yaml', TABLE);
}

function saidOf(...lines: string[]): string[] {
  return parse(...lines).diagnostics.map(formatDiagnostic);
}

/** A file with one message at line 4. */
const MESSAGE = ['bitrate: 500000', 'messages:'];
const saidOfMessage = (text: string) => saidOf(...MESSAGE, `  - { ${text} }`);

describe('a traffic file', () => {
  it('states messages with times in any unit', () => {
    const { value, diagnostics } = parse(
      'bitrate: 500000',
      'errors: { every: 0.5s }',
      'messages:',
      '  - { id: 0x1A0, length: 2, period: 20ms, jitter: 250us, from: brakes }',
      '  - { id: 0x18DA10F1, extended: true, length: 8, period: 1s, from: AGL, deadline: 2.5ms }',
      '  - { id: 0x1A0, remote: true, length: 0, period: 100us }',
    );
    assert.deepEqual(diagnostics, []);
    const standard = { extended: false, remote: false, fromAgl: false, jitterNanos: 0 };
    const brakes = { identifier: 0x1a0, length: 2, periodNanos: 20_000_000, jitterNanos: 250_000 };
    const agl = { identifier: 0x18da10f1, length: 8, periodNanos: 1e9, deadlineNanos: 2_500_000 };
    assert.deepEqual(value, {
      bitrate: 500_000,
      errorEveryNanos: 500_000_000,
      messages: [
        { ...standard, ...brakes },
        { ...standard, ...agl, extended: true, fromAgl: true },
        { ...standard, identifier: 0x1a0, length: 0, remote: true, periodNanos: 100_000 },
      ],
    });
  });

  const TIME = 'with its unit (ns, us, ms, s), such as 10ms';
  for (const [what, message, expected] of [
    ['no period', 'id: 0x1, length: 0', 't.yaml:4:5 message 1 has no "period"'],
    [
      'a negative period',
      'id: 0x1, length: 0, period: -5ms',
      `t.yaml:4:35 period must be a time above 0 ${TIME} (got "-5ms")`,
    ],
    [
      'a period of 0',
      'id: 0x1, length: 0, period: 0ms',
      `t.yaml:4:35 period must be a time above 0 ${TIME} (got "0ms")`,
    ],
    [
      'a jitter without unit',
      'id: 0x1, length: 0, period: 1ms, jitter: 5',
      `t.yaml:4:48 jitter must be a time 0 or more ${TIME} (got 5)`,
    ],
    [
      'an identifier out of range',
      'id: 0x800, length: 0, period: 1ms',
      't.yaml:4:11 id 0x800 is out of range: a standard identifier is at most 0x7FF; for a 29-bit identifier add "extended: true"',
    ],
    [
      'an unknown key',
      'id: 0x1, length: 0, priod: 1ms, period: 1ms',
      't.yaml:4:27 unknown key "priod" in message 1; did you mean "period"?',
    ],
    [
      'a length of 9',
      'id: 0x1, length: 9, period: 1ms',
      't.yaml:4:24 length is 9: a CAN frame has at most 8 bytes',
    ],
    [
      'a deadline of another node',
      'id: 0x1, length: 0, period: 1ms, deadline: 1ms',
      't.yaml:4:40 deadline is for what the cell sends: "from: agl" here, an answer in the rules',
    ],
    [
      "the cell's own answer",
      'id: 0x101, length: 0, period: 1ms',
      't.yaml:4:5 message 1: 0x101 is the answer of rule "a", which the cell sends; remove it, or say "from: agl"',
    ],
  ] as const) {
    it(`is refused with ${what}`, () => assert.deepEqual(saidOfMessage(message), [expected]));
  }

  it('is refused with a message twice, a bit rate out of range, and no messages', () => {
    const twice = '  - { id: 0x1, length: 0, period: 1ms }';
    assert.deepEqual(saidOf(...MESSAGE, twice, twice), [
      't.yaml:5:5 message 2 is 0x001 again; it is stated at t.yaml:4:5',
    ]);
    assert.deepEqual(saidOf('bitrate: 1', 'messages: []'), [
      't.yaml:2:10 bitrate 1 is out of range: 5000 to 1000000 bit/s',
    ]);
    assert.deepEqual(saidOf('bitrate: 500000'), ['t.yaml:1:1 the traffic file has no "messages"']);
  });
});

describe('a recording', () => {
  function frame(millis: number, identifier = 0x1a0, length = 2): RecordedFrame {
    const kind = { extended: false, remote: false, fromAgl: false };
    return { ...kind, identifier, length, nanos: millis * 1e6, line: 1 + millis };
  }

  it('gives the mean period, the jitter that explains the closest frames, the longest length', () => {
    // Due at 0, 10, 20, 30: the third 4 late, the fourth in time, so 6 apart.
    const frames = [frame(0), frame(10), frame(24, 0x1a0, 5), frame(30), frame(31, 0x300)];
    const { messages, notes } = takeRecording(frames, TABLE);
    const [message] = messages;
    assert.equal(message.periodNanos, 10e6);
    assert.equal(message.jitterNanos, 4e6);
    assert.equal(message.length, 5);
    assert.equal(messages[1].periodNanos, 31e6);
    assert.deepEqual(notes, ['1 identifier seen once, taken as once in 0.031 s: 0x300']);
  });

  it("leaves out what the cell answers with, but not AGL's frames of that identifier", () => {
    const own = [frame(0, 0x101), frame(10, 0x101)];
    const others = [frame(11), frame(12)];
    const { messages, notes } = takeRecording([...own, ...others], TABLE);
    assert.deepEqual(
      messages.map(({ identifier }) => identifier),
      [0x1a0],
    );
    assert.match(notes[0], /the cell itself answers with it: 0x101 \(a\)/);
    const ofAgl = own.map((each) => ({ ...each, fromAgl: true }));
    assert.equal(takeRecording(ofAgl, TABLE).messages[0].fromAgl, true);
  });

  it('of one frame, or of none twice, is refused at its line', () => {
    const isRefused = (reason: RegExp) => (error: unknown) =>
      error instanceof RecordingError && error.line === 5 && reason.test(error.message);
    assert.throws(() => takeRecording([frame(4)], TABLE), isRefused(/^one frame: a period needs/));
    const two = [frame(4), frame(9, 0x300)];
    assert.throws(() => takeRecording(two, TABLE), isRefused(/^no identifier comes twice/));
    assert.throws(() => takeRecording([frame(4), frame(4)], TABLE), isRefused(/at two times/));
  });
});

describe('a DBC file', () => {
  const take = (...lines: string[]) => takeDatabase(databaseOf(lines.join('\n')), TABLE);
  const cycle = (identifier: number, millis: number) =>
    `BA_ "GenMsgCycleTime" BO_ ${identifier} ${millis};`;

  it('states identifiers, lengths and cycle times; its node AGL is the one beside the cell', () => {
    const { messages, notes } = take(
      'BO_ 416 Brakes: 2 Esp',
      'BO_ 2564428037 Tester: 8 AGL',
      cycle(416, 20),
      cycle(2564428037, 2.5),
    );
    const standard = { extended: false, remote: false, fromAgl: false, jitterNanos: 0 };
    assert.deepEqual(messages, [
      { ...standard, identifier: 0x1a0, length: 2, periodNanos: 20_000_000 },
      {
        ...{ ...standard, identifier: 0x18da1105, length: 8, periodNanos: 2_500_000 },
        ...{ extended: true, fromAgl: true },
      },
    ]);
    assert.deepEqual(notes, []);
  });

  it('has messages that are left out, each reason told once', () => {
    const { messages, notes } = take(
      'BO_ 1 Cyclic: 8 N',
      'BO_ 2 Event: 8 N',
      'BO_ 3 Never: 8 N',
      'BO_ 4 Long: 9 N',
      'BO_ 257 Answer: 8 N',
      'BA_DEF_DEF_ "GenMsgCycleTime" 10;',
      cycle(2, 0),
      cycle(3, 0),
    );
    assert.deepEqual(
      messages.map(({ identifier }) => identifier),
      [1],
    );
    assert.deepEqual(notes, [
      'left out: 2 messages without a cycle time (GenMsgCycleTime): Event, Never',
      'left out: 1 message of more than 8 bytes: Long',
      'left out: 1 message with which the cell itself answers: Answer',
    ]);
  });

  it('is refused without a cycle time, with an identifier twice, and with one out of range', () => {
    assert.throws(
      () => take('BO_ 1 A: 8 N'),
      /^Error: d\.dbc: no message with a cycle time .* state the traffic in a file of its own/,
    );
    assert.throws(
      () => take('BO_ 1 A: 8 N', 'BO_ 1 B: 8 N', cycle(1, 10)),
      /^Error: d\.dbc:2:7 message "B" has the identifier 0x001 of another one; remove one$/,
    );
    assert.throws(
      () => take('BO_ 4096 A: 8 N', cycle(4096, 10)),
      /^Error: d\.dbc:1:10 message "A": identifier 0x1000 is out of range$/,
    );
  });

  it('may have signals that cannot lie where it puts them', () => {
    const { messages } = take('BO_ 1 A: 1 N', ' SG_ S : 0|9@1+ (1,0) [0|0] "" N', cycle(1, 10));
    assert.equal(messages.length, 1);
  });
});

describe('the deadline of a rule', () => {
  it('is in the table, and not in the image', () => {
    const plain = tableOf(answering('answer: { id: 0x101 }'));
    const strict = tableOf(answering('answer: { id: 0x101 }', 'deadline: 5ms'));
    assert.equal(strict.rules[0].deadlineNanos, 5_000_000);
    assert.deepEqual(encodeRules(strict), encodeRules(plain));
  });

  it('is refused without an answer, and without a time', () => {
    assert.deepEqual(said(oneRule('match: { id: 0x1 }', 'deadline: 5ms')), [
      'r.yaml:5:5 rule "a" has a deadline, but no answer that could be late',
    ]);
    const [line] = said(answering('answer: { id: 0x101 }', 'deadline: soon'));
    assert.match(line, /^r\.yaml:6:15 deadline must be a time above 0 with its unit/);
  });
});
