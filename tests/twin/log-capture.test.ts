// SPDX-License-Identifier: MIT
/**
 * pcap and pcapng, byte by byte: both byte orders, micro- and nanoseconds, names, directions, damage.
 * Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, LINKTYPE_CAN_SOCKETCAN of tcpdump.org.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatContent } from '../../twin/logs/candump/write.ts';
import { formatToRead, recordsOf } from '../../twin/logs/formats.ts';

function read(name: string, bytes: Uint8Array, chunkBytes = bytes.length): string[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(bytes.subarray(at, at + chunkBytes));
  }
  return [...recordsOf(chunks, formatToRead(name), name)].map((record) =>
    record.kind === 'left out'
      ? record.what
      : `${record.nanos} ${record.interfaceName} ${record.direction} ${formatContent(record)}`,
  );
}

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
/** The same with each number of four bytes turned round, for headers of such numbers alone. */
const swapped = (hex: string) => hex.replace(/\s/g, '').replace(/(..)(..)(..)(..)/g, '$4$3$2$1');

/** Standard 0x123 with 0x11 0x22; extended 0x1ABCDEF0, remote, length 3. */
const DATA = '00000123 02 00 00 00 1122 000000000000';
const REMOTE = 'DABCDEF0 03 00 00 00 0000000000000000';

function pcap(magic: string, fraction: string, isLittle: boolean): Uint8Array {
  const number = (hex: string) => (isLittle ? swapped(hex) : hex);
  const header = isLittle ? '02000400' : '00020004';
  const fields = number('00000000 00000000 00040000 000000E3');
  const packet = (body: string) => number(`59CFB635 ${fraction} 00000010 00000010`) + body;
  return bytesOf(number(magic) + header + fields + packet(DATA) + packet(REMOTE));
}

const SECONDS = 0x59cfb635;
const EXPECTED = ['can0 unknown 123#1122', 'can0 unknown 1ABCDEF0#R3'];

describe('a pcap capture', () => {
  for (const isLittle of [true, false]) {
    const order = isLittle ? 'little' : 'big';
    it(`is read in ${order}-endian order, with micro- and nanoseconds`, () => {
      // 0x0002E630 is 190,000; 0x0B532B80 is 190,000,000.
      for (const [magic, fraction] of [
        ['A1B2C3D4', '0002E630'],
        ['A1B23C4D', '0B532B80'],
      ] as const) {
        assert.deepEqual(
          read('x.pcap', pcap(magic, fraction, isLittle)),
          EXPECTED.map((text) => `${SECONDS}190000000 ${text}`),
        );
      }
    });
  }

  it('is read from chunks of any size', () => {
    const capture = pcap('A1B2C3D4', '0002E630', true);
    const whole = read('x.pcap', capture);
    for (const size of [1, 7, 24, 25, 33]) assert.deepEqual(read('x.pcap', capture, size), whole);
  });

  it('has CAN FD frames by flag or by size, error frames, length codes above 8', () => {
    const header = 'D4C3B2A1 02000400 00000000 00000000 00000400 E3000000';
    const packet = (body: string) => {
      const length = swapped((body.replace(/\s/g, '').length / 2).toString(16).padStart(8, '0'));
      return `01000000 00000000 ${length} ${length} ${body}`;
    };
    const fd = (flags: string) => `80000123 01 ${flags} 00 00 AA ${'00'.repeat(63)}`;
    assert.deepEqual(
      read(
        'x.pcap',
        bytesOf(
          [
            header,
            packet('00000123 01 05 00 00 AA'),
            packet(fd('02')),
            packet('20000004 08 00 00 00 0004000000000000'),
            packet('00000123 08 00 00 0F 0011223344556677'),
            packet('00000123 84 00 00 00 0011223344556677'),
            packet('00000123 08 00 00 00 0011'),
          ].join(''),
        ),
      ),
      [
        '1000000000 can0 unknown 123##1AA',
        '1000000000 can0 unknown 00000123##2AA',
        '1000000000 can0 unknown 20000004#0004000000000000',
        '1000000000 can0 unknown 123#0011223344556677_F',
        'CAN XL frame',
        'packet that its recorder cut short',
      ],
    );
  });

  it('that ends within a packet keeps what is whole', () => {
    const capture = pcap('A1B2C3D4', '0002E630', true);
    for (const less of [1, 15, 17, 31]) {
      assert.deepEqual(read('x.pcap', capture.subarray(0, capture.length - less)), [
        `${SECONDS}190000000 ${EXPECTED[0]}`,
        'packet cut off at the end of the file',
      ]);
    }
  });

  it('of another network, or damaged, is refused with what was found', () => {
    const capture = pcap('A1B2C3D4', '0002E630', true);
    const ethernet = capture.slice();
    ethernet[20] = 1;
    assert.throws(() => read('x.pcap', ethernet), /x\.pcap: link type 1, expected 227 .* Next: /);
    const damaged = capture.slice();
    damaged[24 + 16 + 16 + 11] = 0x7f;
    assert.throws(() => read('x.pcap', damaged), /x\.pcap: packet 2: 2130706448 bytes: damaged/);
    const tooLarge = capture.slice();
    tooLarge[24 + 16 + 2] = 0x0f;
    assert.throws(
      () => read('x.pcap', tooLarge),
      /x\.pcap: packet 1: identifier F23 of a standard frame is above 7FF/,
    );
    assert.throws(() => read('x.pcap', bytesOf('D4C3B2A1 0200')), /6 bytes: .* header of 24/);
  });
});

/** A block with its length at both ends. */
function block(type: string, body: string, isLittle: boolean): string {
  const clean = body.replace(/\s/g, '');
  const length = (clean.length / 2 + 12).toString(16).padStart(8, '0');
  const number = (hex: string) => (isLittle ? swapped(hex) : hex);
  return number(type) + number(length) + clean + number(length);
}

function pcapng(isLittle: boolean): string {
  const n32 = (hex: string) => (isLittle ? swapped(hex) : hex.replace(/\s/g, ''));
  const n16 = (hex: string) =>
    isLittle ? hex.replace(/\s/g, '').replace(/(..)(..)/g, '$2$1') : hex.replace(/\s/g, '');
  const section = block(
    '0A0D0D0A',
    `${n32('1A2B3C4D')} ${n16('0001 0000')} FFFFFFFFFFFFFFFF`,
    isLittle,
  );
  // Named vcan7, in nanoseconds; and one without options: microseconds, no name.
  const named = block(
    '00000001',
    `${n16('00E3 0000')} ${n32('00040000')} ${n16('0002 0005')} 7663616E37 000000
     ${n16('0009 0001')} 09 000000 ${n16('0000 0000')}`,
    isLittle,
  );
  const plain = block('00000001', `${n16('00E3 0000')} ${n32('00000000')}`, isLittle);
  const ethernet = block('00000001', `${n16('0001 0000')} ${n32('00000000')}`, isLittle);
  const packet = (number: string, time: string, body: string, flags?: string) =>
    block(
      '00000006',
      `${n32(number)} ${n32(time)} ${n32('00000010 00000010')} ${body}` +
        (flags === undefined ? '' : `${n16('0002 0004')} ${n32(flags)} ${n16('0000 0000')}`),
      isLittle,
    );
  return [
    section,
    named,
    plain,
    // 1 s and 1 ns; 1 s and 1 us.
    packet('00000000', '00000000 3B9ACA01', DATA, '00000001'),
    packet('00000000', '00000001 00000000', DATA, '00000002'),
    packet('00000001', '00000000 000F4241', REMOTE),
    ethernet,
    packet('00000002', '00000000 00000000', DATA),
    block('00000005', '00000000 00000000 00000000', isLittle),
  ].join('');
}

describe('a pcapng capture', () => {
  const expected = [
    '1000000001 vcan7 received 123#1122',
    '4294967296 vcan7 sent 123#1122',
    '1000001000 can1 unknown 1ABCDEF0#R3',
    'packet of another network',
    'block without a packet',
  ];

  it('is read in both byte orders, with names, directions and resolutions', () => {
    for (const isLittle of [true, false]) {
      assert.deepEqual(read('x.pcapng', bytesOf(pcapng(isLittle))), expected);
    }
  });

  it('may have sections of both orders, and comes in chunks of any size', () => {
    const both = bytesOf(pcapng(true) + pcapng(false));
    assert.deepEqual(read('x.pcapng', both), [...expected, ...expected]);
    assert.deepEqual(read('x.pcapng', both, 5), [...expected, ...expected]);
  });

  it('that ends within a block keeps what is whole', () => {
    const capture = bytesOf(pcapng(true));
    const cut = read('x.pcapng', capture.subarray(0, capture.length - 3));
    assert.deepEqual(cut, [...expected.slice(0, -1), 'packet cut off at the end of the file']);
  });

  it('that is damaged or of another network is refused with the block', () => {
    const orderless = bytesOf(pcapng(true));
    orderless[8] = 0;
    assert.throws(() => read('x.pcapng', orderless), /block 1: no byte order/);
    const wrong = bytesOf(pcapng(true));
    // The interface of the first packet: behind a section of 28 bytes, interfaces of 44 and 20.
    wrong[28 + 44 + 20 + 8] = 9;
    assert.throws(() => read('x.pcapng', wrong), /block 4: interface 9: the section describes 2/);
    const long = bytesOf(pcapng(true));
    long[28 + 4 + 2] = 0xff;
    assert.throws(() => read('x.pcapng', long), /block 2: a length of \d+ bytes: damaged file/);
    const ethernet = bytesOf(
      block('0A0D0D0A', `${swapped('1A2B3C4D')} 01000000 FFFFFFFFFFFFFFFF`, true) +
        block('00000001', '01000000 00000000', true),
    );
    assert.throws(() => read('x.pcapng', ethernet), /link type 1, expected 227/);
  });
});
