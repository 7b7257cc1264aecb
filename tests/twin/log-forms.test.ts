// SPDX-License-Identifier: MIT
/**
 * Logs as tools write them: what is read, what is left out and counted, what is another format.
 * Forms: can-utils, candump.c, lib.h, asc2log.c, canplayer.c; python-can, can.io.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CanBus } from '../../twin/bus/can-bus.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { inOrder } from '../../twin/logs/order.ts';
import { readLog } from '../../twin/logs/read.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { VirtualClock } from '../../twin/clock.ts';
import { chooseForAgl, chooseForBus } from '../../lab/play/log-choice.ts';
import { readLogFile } from '../../lab/play/log-file.ts';
import { prepareInput } from '../../lab/play/log-input.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const read = (...lines: string[]) => readLog(lines.map((line) => `${line}\n`).join(''), 'x.log');
/** The only frame of a log of one line. */
const one = (line: string) => {
  const { entries } = read(line);
  assert.equal(entries.length, 1, line);
  return entries[0];
};

const folder = temporaryFolder();

describe('forms of a log line', () => {
  for (const [line, frame, direction] of [
    ['(1643387200.593986) can1 100#R R', '100#R', 'received'],
    ['(1643387200.593986) can1 300#R8 T', '300#R8', 'sent'],
    ['(1643387200.593986) can1 1a0#0102 r', '1A0#0102', 'received'],
    ['(1643387200.593986) can0 1A1#00 T answered', '1A1#00', 'answered'],
    ['(1643387200.593986) can0 123#11.22.33', '123#112233', 'unknown'],
    ['(1643387200.593986) can0 123#1122334455667788_F', '123#1122334455667788_F', 'unknown'],
    [' (1643387200.593986)  can0  1A0   [2]  01 02', '1A0#0102', 'unknown'],
    [' (1643387200.593986)  can0       1A0   [0]', '1A0#', 'unknown'],
    [' (1643387200.593986)  can0  1A0   [3]  remote request', '1A0#R3', 'unknown'],
    [' (1643387200.593986)  can0  12345678   [1]  41         ' + "'A'", '12345678#41', 'unknown'],
    [
      ' (1643387200.593986)  can0  321   {B}  11 22 33 44 55 66 77 88',
      '321#1122334455667788_B',
      'unknown',
    ],
    [' (1643387200.593986)  can0  TX - -  123   [2]  00 11', '123#0011', 'sent'],
    [' (1643387200.593986)  can0  RX - -  123   [1]  00', '123#00', 'received'],
  ] as const) {
    it(`"${line.trim()}"`, () => {
      const entry = one(line);
      assert.equal(formatFrame(entry.frame), frame);
      assert.equal(entry.direction, direction);
      assert.equal(entry.nanos, 1_643_387_200_593_986_000n);
    });
  }

  it('a date stands for its second of the day in UTC', () => {
    // 2023-01-05 is day 19,362 of the Unix epoch.
    const seconds = 19_362n * 86_400n + 10n * 3600n + 11n * 60n + 12n;
    const nanos = seconds * 1_000_000_000n + 123_456_000n;
    assert.equal(one('(2023-01-05 10:11:12.123456) can0 1A0#0102').nanos, nanos);
    assert.equal(one(' (2023-01-05 10:11:12.123456)  can0  1A0   [2]  01 02').nanos, nanos);
  });
});

describe('lines of a log that are left out', () => {
  it('are counted by what they are', () => {
    const { entries, leftOut } = read(
      '# a comment',
      '; another',
      '// and one',
      'can0 123#00',
      '(1.0) can0 1A0#0102',
      '(1.1) can0 20000080#0000000000000000',
      ' (1.1)  can0  20000004   [8]  00 04 00 00 00 00 00 00   ERRORFRAME',
      '(1.2) can0 12345678##1112233',
      '(1.2) can0 12345678##1112233 R B E',
      ' (1.2)  can0  123  [03]  11 22 33',
      '(1.3) can0 45123#81:00:12345678#11223344.556677',
      "DROPCOUNT: dropped 3 CAN frames on 'can0' socket (total drops 3)",
    );
    assert.equal(entries.length, 1);
    assert.deepEqual(Object.fromEntries(leftOut), {
      'comment line': 4,
      'error frame': 2,
      'CAN FD frame': 3,
      'CAN XL frame': 1,
      'note of the recorder that it lost frames': 1,
    });
  });

  it('include the one that a dying recorder cut off, and no other', () => {
    const cut = '(1.0) can0 1A0#0102\n(1.1) can0 1A';
    const { entries, leftOut } = readLog(cut, 'x.log');
    assert.equal(entries.length, 1);
    assert.deepEqual([...leftOut], [['line cut off at the end of the file', 1]]);
    assert.throws(() => readLog(`${cut}\n`, 'x.log'), /x\.log:2:/);
  });

  it('are told in one line, with the interfaces in another', () => {
    const reading = read(
      '# x',
      '(1.0) can0 1A0#',
      '(1.1) can1 20000080#00',
      '(1.2) can1 1A0# T',
      '(1.3) can1 1A0#',
    );
    const { entries, notes } = chooseForBus('x.log', reading, {});
    assert.deepEqual(
      entries.map(({ line }) => line),
      [2, 5],
    );
    assert.deepEqual(notes, [
      'x.log: left out: 1 comment line, 1 error frame, 1 frame of the recording side (T; --agl plays them)',
      'x.log: 2 interfaces, all played onto one bus: can0 (1 frame), can1 (2 frames); --interface NAME plays one alone',
    ]);
    assert.deepEqual(chooseForBus('x.log', read('(1.0) can0 1A0#'), {}).notes, []);
  });
});

describe('frames of a log', () => {
  it('of one interface can be chosen, and only one that is there', () => {
    const reading = read('(1.0) can0 1A0#', '(1.1) can1 1A0#', '(1.2) can0 1A0#');
    const choice = chooseForBus('x.log', reading, { interfaceName: 'can0' });
    assert.deepEqual(
      choice.entries.map(({ line }) => line),
      [1, 3],
    );
    assert.deepEqual(choice.notes, [
      'x.log: only can0 is played; 1 frame of other interfaces left out',
    ]);
    assert.throws(
      () => chooseForBus('x.log', reading, { interfaceName: 'can7' }),
      /x\.log: no frame is of the interface can7; there are: can0 \(2 frames\), can1 \(1 frame\)/,
    );
  });

  it("that the recorder's side sent are AGL's, those that the cell answered nobody's", () => {
    const dump = ['(1.0) can0 1A0#01 R', '(1.1) can0 1A1#02 T answered', '(1.2) can0 2A0#03 T'];
    const reading = read(...dump);
    const bus = chooseForBus('x.log', reading, {});
    assert.deepEqual(
      bus.entries.map(({ line }) => line),
      [1],
    );
    const agl = chooseForAgl('x.log', reading, {});
    assert.deepEqual(
      agl.entries.map(({ line }) => line),
      [3],
    );
    assert.deepEqual(agl.notes, ['x.log: left out: 2 frames that AGL did not send (no T)']);
  });

  it("of a log without directions, or with received ones only, are all AGL's", () => {
    assert.equal(chooseForAgl('x.log', read('(1.0) can0 1A0#'), {}).entries.length, 1);
    assert.equal(chooseForAgl('x.log', read('(1.0) can0 1A0# R'), {}).entries.length, 1);
  });
});

describe('times that go back', () => {
  const times = (...lines: string[]) =>
    inOrder(read(...lines).entries).entries.map(({ nanos }) => Number(nanos) / 1e9);

  it('keep the order of the file, each at least that of the frame before, and are counted', () => {
    const { timesBack } = inOrder(
      read('(1.0) a 123#', '(1.2) a 123#', '(1.1) a 123#', '(1.3) a 123#').entries,
    );
    assert.deepEqual(timesBack, { count: 1, firstLine: 3 });
    assert.deepEqual(
      times('(1.0) a 123#', '(1.2) a 123#', '(1.1) a 123#', '(1.3) a 123#'),
      [1, 1.2, 1.2, 1.3],
    );
  });

  it('are said, with how often and the first line; of a log in order nothing is', () => {
    const notes = (...lines: string[]) => chooseForBus('x.log', read(...lines), {}).notes;
    assert.deepEqual(notes('(1.0) a 123#', '(1.2) a 123#', '(1.1) a 123#', '(1.0) a 123#'), [
      'x.log: time goes back 2 times, first at line 3: the order of the file is kept, each frame at ' +
        'least as late as the one before it',
    ]);
    assert.deepEqual(notes('(1.0) a 123#', '(1.0) a 123#', '(1.1) a 123#'), []);
    const agl = chooseForAgl('x.log', read('(1.1) a 123#', '(1.0) a 123#'), {}).notes;
    assert.match(agl[0], /^x\.log: time goes back 1 time, first at line 2: /);
  });

  it('because the clock was set do not make a burst of what follows', () => {
    assert.deepEqual(
      times('(5000.0) a 123#', '(1000.0) a 123#', '(1000.5) a 123#', '(1001.0) a 123#'),
      [5000, 5000, 5000.5, 5001],
    );
  });

  it('keep the order on the bus, where the later frame would win', () => {
    const clock = new VirtualClock();
    const bus = new CanBus({ clock, bitrate: 500_000 });
    const sender = new LogNode({ clock, bus });
    new LogNode({ clock, bus, name: 'another that acknowledges' });
    const seen: string[] = [];
    bus.onFrame(({ frame }) => seen.push(formatFrame(frame)));
    const lines = ['(1.2) a 300#01', '(1.1) a 100#02', '(1.0) a 200#03', '(1.21) a 050#04'];
    for (const { frame, nanos, isLate } of prepareInput([...read(...lines).entries], []).bus) {
      sender.enqueue(frame, nanos, 'log', isLate);
    }
    clock.advanceTo(20_000_000);
    assert.deepEqual(seen, ['300#01', '100#02', '200#03', '050#04']);
    // The same frames at one time, none of them late, contend.
    const free = ['300#05', '100#06'];
    for (const [index, identifier] of [0x300, 0x100].entries()) {
      sender.enqueue(makeFrame({ identifier, data: [5 + index] }), 21_000_000, 'log');
    }
    clock.advanceTo(30_000_000);
    assert.deepEqual(seen.slice(4), free.reverse());
  });
});

describe('a file that is no candump log', () => {
  const ASC = [
    'date Sam Sep 30 15:06:13.191 2017',
    'base hex  timestamps absolute',
    'internal events logged',
    '// version 9.0.0',
    'Begin Triggerblock Sam Sep 30 15:06:13.191 2017',
    '   0.000000 Start of measurement',
    '   2.501000 1  7c4             Rx   d 8 02 10 01 00 00 00 00 00',
  ];
  const TRC = [
    ';$FILEVERSION=1.1',
    ';$STARTTIME=39878.8',
    ';   Message',
    '     1)      1059.9  Rx         0300  7  00 00 00 00 04 00 00',
  ];
  for (const [what, content, says] of [
    ['Vector ASC', ASC.join('\n'), /this is a Vector ASC log, not a candump log\. Next: .*\.asc/],
    ['PEAK TRC', TRC.join('\n'), /this is a PEAK TRC log.* Next: .*\.trc/],
    ['Vector BLF', 'LOGG\x90\0\0\0', /this is a Vector BLF log/],
    ['ASAM MDF', 'MDF     4.10    \0', /this is an ASAM MDF file/],
    ['pcap', '\xd4\xc3\xb2\xa1\x02\0\x04\0', /this is a pcap capture.* Next: .*\.pcap/],
    ['pcapng', '\n\r\r\n\x1c\0\0\0', /this is a pcapng capture.* Next: .*\.pcapng/],
    ['gzip', '\x1f\x8b\x08\0', /this is a gzip file/],
    [
      'CSV',
      'timestamp,arbitration_id,extended,remote,error,dlc,data\n1.0,0x1a0,0,0,0,2,AQI=\n',
      /this is a CSV file of python-can/,
    ],
    [
      'a screen form without times',
      '  can0  1A0   [2]  01 02\n',
      /screen form without times.* Next: .*candump -l/,
    ],
    ['a log without times', 'can0 1A0#0102\n', /a log without times/],
    ['another binary', 'ab\0cd', /expected text, found a binary file \(byte 2 is 0\)/],
  ] as const) {
    it(`is named: ${what}`, () => {
      const path = join(folder, `${what.replaceAll(' ', '-')}.log`);
      writeFileSync(path, content, 'latin1');
      assert.throws(
        () => readLogFile(path),
        (error: Error) => {
          assert.match(error.message, says);
          assert.ok(error.message.startsWith(path));
          return true;
        },
      );
    });
  }
});
