// SPDX-License-Identifier: MIT
/** candump logs: what is read, what is written, what is refused and where. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { parseLog } from '../../twin/logs/read.ts';
import { LogSyntaxError } from '../../twin/logs/record.ts';
import { formatLogLine } from '../../twin/logs/candump/write.ts';

const LINES = [
  '(0.000000) can0 123#',
  '(0.000001) can0 7FF#DEADBEEF',
  '(1398128223.803317) vcan1 166#D0320009',
  '(12.345678) can0 1FFFFFFF#0102030405060708',
  '(12.345678) can0 00000012#00',
  '(13.000000) can0 123#R',
  '(13.000000) can0 123#R8',
  '(13.000000) can0 123#1122334455667788_9',
  '(13.000000) can0 123#1122334455667788_F',
  '(13.000000) can0 00000123#R8_E',
];

describe('candump logs', () => {
  it('come back byte for byte', () => {
    const entries = parseLog(LINES.join('\n') + '\n', 'x.log');
    const text = entries.map(({ nanos, interfaceName, frame }) =>
      formatLogLine(nanos, interfaceName, frame),
    );
    assert.deepEqual(text, LINES);
  });

  it('are read as frames', () => {
    const frames = parseLog(LINES.join('\n'), 'x.log').map((entry) => entry.frame);
    assert.deepEqual(frames[1], makeFrame({ identifier: 0x7ff, data: [0xde, 0xad, 0xbe, 0xef] }));
    assert.deepEqual(frames[4], makeFrame({ identifier: 0x12, extended: true, data: [0] }));
    assert.deepEqual(frames[6], makeFrame({ identifier: 0x123, remote: true, dlc: 8 }));
    assert.equal(frames[7].dlc, 9);
    assert.deepEqual(
      frames[9],
      makeFrame({ identifier: 0x123, extended: true, remote: true, dlc: 14 }),
    );
  });

  it('keep times of the Unix epoch exactly, and lines with their numbers', () => {
    const [entry] = parseLog('\n\r\n  (1398128223.803317)  can0  039#\r\n', 'x.log');
    assert.equal(entry.nanos, 1398128223803317000n);
    assert.equal(entry.line, 3);
    assert.equal(formatLogLine(999, 'can0', entry.frame), '(0.000000) can0 039#');
  });

  for (const [line, column, reason] of [
    ['(1.0) can0', 1, /expected "\(seconds/],
    ['(2023-13-05 10:11:12.0) can0 123#', 1, /not a time/],
    [' (1.x) can0 123#', 2, /not a time/],
    ['(1.0) can0 123', 12, /no "#"/],
    ['(1.0) can0 12#', 12, /not 3 or 8 hex digits/],
    ['(1.0) can0 1234#', 12, /not 3 or 8 hex digits/],
    ['(1.0) can0 800#', 12, /above 7FF/],
    ['(1.0) can0 40000080#00', 12, /above 1FFFFFFF/],
    ['(1.0) can0 123#1', 16, /half a byte/],
    ['(1.0) can0 123#00G0', 18, /"G" is not a hex digit/],
    ['(1.0) can0 123#001122334455667788', 16, /9 data bytes/],
    ['(1.0) can0 123#R9', 16, /not R, R0..R8/],
    ['(1.0) can0 123#R4_9', 16, /needs length 8/],
    ['(1.0) can0 123#0011_9', 20, /needs 8 data bytes, found 2/],
    ['(1.0) can0 123#0011223344556677_8', 32, /not _9 to _F/],
    ['(1.0) can0 123#00 extra', 19, /only R or T/],
    ['(1.0) can0 123 [2] 01', 19, /1 data bytes with length 2/],
    ['(1.0) can0 123 [9] 01', 12, /length 9/],
  ] as const) {
    it(`refuse "${line}" at column ${column}`, () => {
      assert.throws(
        () => parseLog(`(0.0) can0 123#\n${line}\n`, 'dir/bad.log'),
        (error: unknown) => {
          assert.ok(error instanceof LogSyntaxError);
          assert.equal(error.message, `dir/bad.log:2:${column}: ${error.reason}`);
          assert.match(error.reason, reason);
          return true;
        },
      );
    });
  }
});
