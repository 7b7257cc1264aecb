// SPDX-License-Identifier: MIT
/**
 * Vector ASC and PEAK TRC: every form of line that their tools write, what is counted, what is refused.
 * Forms: can-utils (log2asc.c, asc2log.c), python-can (can.io), CANoe's files; PEAK CAN TRC File Format, 2020.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatContent } from '../../twin/logs/candump/write.ts';
import { formatToRead, recordsOf } from '../../twin/logs/formats.ts';
import type { LogRecord } from '../../twin/logs/record.ts';

/** The records of a log, in words: `nanos interface direction frame`, or what was left out. */
function read(name: string, text: string): string[] {
  const chunks = [new TextEncoder().encode(text)];
  return [...recordsOf(chunks, formatToRead(name), name)].map(worded);
}

function worded(record: LogRecord): string {
  if (record.kind === 'left out') return record.what;
  const { nanos, interfaceName, direction } = record;
  return `${nanos} ${interfaceName} ${direction} ${formatContent(record)}`;
}

const asc = (...lines: string[]) => read('x.asc', `${lines.join('\n')}\n`);
/** One line behind a header without a date. */
const ascLine = (line: string, base = 'hex') =>
  asc(`base ${base}  timestamps absolute`, 'no internal events logged', line);

// 2017-09-30 15:06:13 UTC is day 17,439 of the Unix epoch.
const SECONDS_2017 = 17_439n * 86_400n + 15n * 3600n + 6n * 60n + 13n;
const NANOS_2017 = SECONDS_2017 * 1_000_000_000n + 191_000_000n;

describe('a line of Vector ASC', () => {
  for (const [line, expected] of [
    ['   2.501000 1  7C4             Rx   d 8 02 10 01 00 00 00 00 FF', '7C4#02100100000000FF'],
    ['   2.501000 1  7c4             Rx   d 2 0a B', '7C4#0A0B'],
    [
      '   2.501000 1  18EBFF00x       Rx   d 1 01   Length = 273910 BitCount = 141 ID = 418119424x',
      '18EBFF00#01',
    ],
    [
      '   2.501000 1  3FF             Rx   d D 55 AA 01 02 03 04 05 06  Length = 232016',
      '3FF#55AA010203040506_D',
    ],
    ['   2.501000 1  200             Rx   r Length = 1704000 BitCount = 145 ID = 512', '200#R'],
    ['   2.501000 1  200             Rx   r', '200#R'],
    ['   2.501000 1  300             Rx   r 8 Length = 1704000 BitCount = 145', '300#R8'],
    ['2.501 1 123 rx D 0', '123#'],
    // Name or not, BRS, ESI, length code 9 is 12 bytes.
    [
      '   2.501000 CANFD   1 Rx        7d  BrakeSnData_4                    1 0 8  8 01 1b d6 d0 8a 1f d7 f6   104812  132   323000 a800f6c9 46500250 4b140250 20011736 2001040d',
      '07D##1011BD6D08A1FD7F6',
    ],
    [
      '   2.501000 CANFD   1 Rx   12345678x                                 0 1 9 12 00 11 22 33 44 55 66 77 88 99 AA BB   130000  130   305000 0 0 0 0 0',
      '12345678##200112233445566778899AABB',
    ],
    // log2asc -f: without the flag EDL it is a classical frame.
    [
      '   2.501000 CANFD   1 Rx        1A0                                  0 0 2  2 01 02   130000  130        0 0 0 0 0 0',
      '1A0#0102',
    ],
    [
      '   2.501000 CANFD   1 Rx        123                                  0 0 4  0   130000  130       10 0 0 0 0 0',
      '123#R4',
    ],
  ] as const) {
    it(line.trim().slice(0, 70), () => {
      assert.deepEqual(ascLine(line), [`2501000000 can0 received ${expected}`]);
    });
  }

  it('is decimal where the header says so', () => {
    assert.deepEqual(ascLine('  1.5 2  1024x  Tx d 3 255 0 17', 'dec'), [
      '1500000000 can1 sent 00000400#FF0011',
    ]);
    assert.throws(() => ascLine('  1.5 2  1A0  Tx d 0', 'dec'), /no decimal identifier/);
  });

  it('of an error frame has no cause, in each of its forms', () => {
    for (const line of [
      '  1.0 1 ErrorFrame',
      '  1.0 1  ErrorFrame  ECC: 10100010',
      '  1.0 1  ErrorFrame Flags = 0xe CodeExt = 0x20a2 Code = 0x82 ID = 0 DLC = 0 Position = 5',
    ]) {
      assert.deepEqual(ascLine(line), ['1000000000 can0 unknown 20000080#0000000000000000']);
    }
    assert.deepEqual(ascLine('  1.0 CANFD 2 Rx ErrorFrame Not Acknowledge error, fffe c7'), [
      '1000000000 can1 received 20000080#0000000000000000',
    ]);
  });

  it('without a frame is counted by what it is', () => {
    assert.deepEqual(
      asc(
        'date Sam Sep 30 15:06:13.191 2017',
        'base hex  timestamps absolute',
        'internal events logged',
        '// version 9.0.0',
        '//0.000000 previous log file: x.asc',
        'Begin Triggerblock Sam Sep 30 15:06:13.191 2017',
        '   0.000000 Start of measurement',
        '   0.015991 CAN 1 Status:chip status error passive - TxErr: 132 RxErr: 0',
        '   1.015991 1  Statistic: D 0 R 0 XD 0 XR 0 E 0 O 0 B 0.00%',
        '   1.100000 1  OverloadFrame',
        '   1.200000 1  123             TxRq d 1 00',
        '   1.250000 CANXL 1 Rx 123',
        '   1.300000 SV: 2 0 1 ::CAN1::Bus = 1',
        '   1.500000 1  123             Tx   d 1 00',
        'End TriggerBlock',
      ),
      [
        'comment line',
        'event without a frame',
        'event without a frame',
        'event without a frame',
        'request to send that is no frame yet',
        'CAN XL frame',
        'event without a frame',
        `${NANOS_2017 + 1_500_000_000n} can0 sent 123#00`,
      ],
    );
  });

  for (const [line, column, reason] of [
    ['   1.0 1  EngineData      Rx   d 1 00', 11, /"EngineData" is no hexadecimal .* database/],
    ['   1.0 1  800             Rx   d 1 00', 11, /above 7FF; an extended one ends in x/],
    ['   1.0 1  20000000x       Rx   d 1 00', 11, /above 1FFFFFFF/],
    ['   1.0 1  123             Rx   d 2 00', 36, /1 data bytes with length 2/],
    ['   1.0 1  123             Rx   d 1 GG', 36, /"GG" is no data byte/],
    ['   1.0 CANFD 1 Rx 123 1 0 9 11 00', 29, /"11" is no length of a CAN FD frame/],
    ['   1.0 CANFD 1 Rx 123 2 0 8 8 00', 23, /"2" is not 0 or 1 \(BRS\)/],
  ] as const) {
    it(`is refused: ${line.trim()}`, () => {
      assert.throws(
        () => asc('base hex', '   0.5 1  001 Rx d 0', line, '   2.0 1  002 Rx d 0'),
        (error: Error) => {
          assert.ok(error.message.startsWith(`x.asc:3:${column}: `), error.message);
          assert.match(error.message, reason);
          return true;
        },
      );
    });
  }
});

describe('times of Vector ASC', () => {
  const frame = (time: string) => `   ${time} 1  123  Rx   d 0`;
  const nanos = (...lines: string[]) => asc(...lines).map((text) => text.split(' ')[0]);

  it('are counted from the date, in German and English, with and without am and pm', () => {
    for (const date of [
      'Sam Sep 30 15:06:13.191 2017',
      'Sat Sep 30 03:06:13.191 pm 2017',
      'Sat Sep 30 03:06:13.191 PM 2017',
    ]) {
      assert.deepEqual(nanos(`date ${date}`, 'base hex', frame('0.000002')), [
        String(NANOS_2017 + 2000n),
      ]);
    }
    // 2019-12-09 and 2019-05-01 are days 18,239 and 18,017 of the Unix epoch.
    for (const [date, day] of [
      ['Mon Dez 9 00:00:01 2019', 18_239n],
      ['Wed May 1 12:00:01 am 2019', 18_017n],
    ] as const) {
      const seconds = day * 86_400n + 1n;
      assert.deepEqual(nanos(`date ${date}`, frame('0.5')), [`${seconds}500000000`]);
    }
  });

  it('from a date that nobody understands are relative, and it is counted', () => {
    assert.deepEqual(asc('date 2019年12月9日', frame('0.5')), [
      'date that is not understood',
      '500000000 can0 received 123#',
    ]);
  });

  it('are sums where they are relative, over every line that has one', () => {
    const header = 'base hex  timestamps relative';
    assert.deepEqual(
      asc(header, frame('1.0'), '   0.5 1  Statistic: D 0', frame('0.25')).filter((x) =>
        x.includes('#'),
      ),
      ['1000000000 can0 received 123#', '1750000000 can0 received 123#'],
    );
  });

  it('of a second trigger block begin again at its date, unless they go on', () => {
    const block = 'Begin Triggerblock Sat Sep 30 03:06:23.191 pm 2017';
    const first = ['date Sat Sep 30 03:06:13.191 pm 2017', frame('5.0')];
    assert.deepEqual(nanos(...first, 'Begin Triggerblock', block, frame('0.1')), [
      String(NANOS_2017 + 5_000_000_000n),
      String(NANOS_2017 + 10_100_000_000n),
    ]);
    assert.deepEqual(nanos(...first, 'Begin Triggerblock', block, frame('5.1')), [
      String(NANOS_2017 + 5_000_000_000n),
      String(NANOS_2017 + 5_100_000_000n),
    ]);
  });
});

const trc = (version: string, ...rows: string[]) =>
  read(
    'x.trc',
    [
      ...(version === '1.0' ? [] : [`;$FILEVERSION=${version}`, ';$STARTTIME=43008.5']),
      ';   Start time: 30.09.2017 12:00:00.000.0',
      ';---+--   ----+----  --+--  ----+---  +  -+ -- -- -- -- -- -- --',
      ...rows,
      '',
    ].join('\r\n'),
  );
/** 2017-09-30 12:00, day 43,008 since 1899-12-30. */
const NOON = (17_439n * 86_400n + 43_200n) * 1_000_000_000n;
const at = (micros: bigint) => NOON + micros * 1000n;

describe('a row of PEAK TRC', () => {
  it('1.0: no types, no start', () => {
    assert.deepEqual(
      trc(
        '1.0',
        '     1)      1841 0001 8 00 00 00 00 00 00 00 07',
        '     2)      1842 0008 4 ERROR 00 19 08 07',
        '     3)      1843 FFFFFFFF 4 00 00 00 04 ------BUSLIGHT',
        '     4)      1844 0100 3 RTR',
        '     5)      1845 18EFC034 1 0A',
      ),
      [
        '1841000000 can0 unknown 001#0000000000000007',
        // Other error, at the acknowledge slot (0x19), receive counter 8, transmit counter 7.
        '1842000000 can0 unknown 20000288#0000001900000708',
        'event without a frame',
        '1844000000 can0 unknown 100#R3',
        '1845000000 can0 unknown 18EFC034#0A',
      ],
    );
  });

  it('1.1: types, tenths of a millisecond', () => {
    assert.deepEqual(
      trc(
        '1.1',
        '     1)      1059.9  Rx         0300  7  00 00 00 00 04 00 00 ',
        '     2)      1283.2  Tx     18EFC034  2  00 01 ',
        '     3)      1323.2  Rx         0100  3  RTR ',
        '; a note',
        '     4)      1346.8  Warng  FFFFFFFF  4  00 00 00 04  BUSLIGHT ',
        '     5)      1349.6  Error      0004  4  00 05 00 00 ',
      ),
      [
        `${at(1_059_900n)} can0 received 300#00000000040000`,
        `${at(1_283_200n)} can0 sent 18EFC034#0001`,
        `${at(1_323_200n)} can0 received 100#R3`,
        'comment line',
        'event without a frame',
        `${at(1_349_600n)} can0 unknown 20000088#0000040500000000`,
      ],
    );
  });

  it('1.2 and 1.3: a bus, and a reserved column', () => {
    const expected = [`${at(17_535_400n)} can1 sent 00000100#0011`];
    assert.deepEqual(trc('1.2', '     1)     17535.4 2  Tx    00000100  2    00 11'), expected);
    assert.deepEqual(trc('1.3', '     1)     17535.4 2  Tx    00000100 -  2    00 11'), expected);
  });

  it('2.0: types of two letters, a length in bytes, status without an identifier', () => {
    assert.deepEqual(
      trc(
        '2.0',
        '      1     17535.400 DT 00000100 Tx 2  00 11',
        '      2     17540.300 ST          Rx    00 00 00 08',
        '      3     17541.000 FB     0100 Rx 12 00 01 02 03 04 05 06 07 08 09 0A 0B',
        '      4     17542.000 EC          Rx    02 02',
      ),
      [
        `${at(17_535_400n)} can0 sent 00000100#0011`,
        'event without a frame',
        `${at(17_541_000n)} can0 received 100##1000102030405060708090A0B`,
        'event without a frame',
      ],
    );
  });

  it('2.1: bus, length code, CAN FD with each of its flags, remote and error frames', () => {
    assert.deepEqual(
      trc(
        '2.1',
        '      1      1059.900 DT  1     0300 Rx -  2    00 FF',
        '      2      1060.000 RR  2 18EFC034 Rx -  8',
        '      3      1061.000 FD  1     0300 Tx -  1    AA',
        '      4      1062.000 FB  1     0300 Tx -  1    AA',
        '      5      1063.000 FE  1     0300 Tx -  1    AA',
        '      6      1064.000 BI  1     0300 Tx -  9    00 01 02 03 04 05 06 07 08 09 0A 0B',
        '      7      1065.000 ER  1        - Rx -  5    02 00 05 01 00',
        '      8      1066.000 EV  "a marker"',
        '      9      1067.000 DT  1     0300 Rx -  12   00 01 02 03 04 05 06 07',
      ),
      [
        `${at(1_059_900n)} can0 received 300#00FF`,
        `${at(1_060_000n)} can1 received 18EFC034#R8`,
        `${at(1_061_000n)} can0 sent 300##0AA`,
        `${at(1_062_000n)} can0 sent 300##1AA`,
        `${at(1_063_000n)} can0 sent 300##2AA`,
        `${at(1_064_000n)} can0 sent 300##3000102030405060708090A0B`,
        `${at(1_065_000n)} can0 received 20000288#0000020500000001`,
        'event without a frame',
        `${at(1_067_000n)} can0 received 300#0001020304050607_C`,
      ],
    );
  });

  it('has the columns that the file names', () => {
    const text = [
      ';$FILEVERSION=2.1',
      ';$STARTTIME=43008.5',
      ';$COLUMNS=N,O,T,I,d,l,D',
      '      1         1.000 DT     0300 Rx 2    00 FF',
    ].join('\n');
    assert.deepEqual(read('x.trc', text), [`${at(1000n)} can0 received 300#00FF`]);
  });

  for (const [row, reason] of [
    ['      1         1.000 DT  1     0800 Rx -  2    00 FF', /identifier 0800 is above 7FF/],
    ['      1         1.000 DT  1     0300 Rx -  16   00 FF', /"16" is no length code/],
    ['      1         1.000 DT  1     0300 Rx -  3    00 FF', /2 data bytes with length 3/],
    ['      1         1.000 DT  1     0300 Rx -  2    00 FG', /"FG" is not a byte/],
    ['      1         1.000 DT  1     XYZ0 Rx -  2    00 FF', /"XYZ0" is no identifier/],
    ['nonsense', /expected a number, a time and a message/],
  ] as const) {
    it(`is refused: ${row.trim()}`, () => {
      const good = '      1         1.000 DT  1     0300 Rx -  0';
      assert.throws(() => trc('2.1', good, row), /^\w+: x\.trc:6:\d+: /);
      assert.throws(() => trc('2.1', good, row), reason);
    });
  }

  it('of an unknown version is refused with the known ones', () => {
    assert.throws(() => trc('3.0', ''), /x\.trc:1:15: version 3\.0 .* 1\.0, 1\.1, .*2\.1/);
  });
});

it('a file whose suffix names another format is recognised by what is in it', () => {
  const candump = '(1.0) can0 1A0#0102\n';
  assert.throws(() => read('x.asc', candump), /x\.asc:1:1: this is a candump log.* suffix \.log/);
  assert.throws(() => read('x.trc', candump), /this is a candump log, not a PEAK TRC log/);
  assert.throws(() => read('x.pcap', candump), /this is a candump log, not a pcap capture/);
  assert.throws(() => read('x.trc', 'LOGG\x90'), /this is a Vector BLF log/);
});
