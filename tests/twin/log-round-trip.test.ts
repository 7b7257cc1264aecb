// SPDX-License-Identifier: MIT
/**
 * Any records, written and read again in each format: what the format can hold comes back, and what it cannot
 * hold is counted.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatContent } from '../../twin/logs/candump/write.ts';
import { formatToRead, recordsOf } from '../../twin/logs/formats.ts';
import {
  type Content,
  type Direction,
  FD_LENGTHS,
  type TimedRecord,
} from '../../twin/logs/record.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const head = fc.oneof(
  fc.record({ identifier: fc.integer({ min: 0, max: 0x7ff }), extended: fc.constant(false) }),
  fc.record({ identifier: fc.integer({ min: 0, max: 0x1fffffff }), extended: fc.constant(true) }),
);
const content: fc.Arbitrary<Content> = fc.oneof(
  fc
    .tuple(head, fc.boolean(), fc.integer({ min: 0, max: 15 }), bytes(8))
    .map(([where, remote, dlc, data]) => ({
      kind: 'frame' as const,
      frame: makeFrame({ ...where, remote, dlc, data: data.slice(0, remote ? 0 : dlc) }),
    })),
  fc
    .tuple(head, fc.boolean(), fc.boolean(), fc.constantFrom(...FD_LENGTHS), bytes(64))
    .map(([where, bitRateSwitch, errorStateIndicator, length, data]) => ({
      kind: 'fd' as const,
      frame: { ...where, bitRateSwitch, errorStateIndicator, data: data.slice(0, length) },
    })),
  fc.record({
    kind: fc.constant('error' as const),
    error: fc.record({ classes: fc.integer({ min: 0, max: 0x1fffffff }), data: bytes(8) }),
  }),
);
const direction = fc.constantFrom<Direction>('unknown', 'received', 'sent', 'answered');
const START = 1_643_387_200_593_986_123n;
/** Records in order of time, of up to three interfaces. */
const records: fc.Arbitrary<TimedRecord[]> = fc
  .array(
    fc.tuple(
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.constantFrom('can0', 'vcan2', 'CAR bus'),
      direction,
      content,
    ),
    { minLength: 1, maxLength: 20 },
  )
  .map((items) => {
    let nanos = START;
    return items.map(([step, interfaceName, way, what], index) => {
      nanos += step;
      return { nanos, interfaceName, direction: way, line: index + 1, ...what };
    });
  });

function roundTrip(name: string, written: readonly TimedRecord[], version?: string) {
  const format = formatToRead(name);
  const parts: Uint8Array[] = [];
  const losses = new Map<string, number>();
  const sink = (part: string | Uint8Array) => {
    parts.push(typeof part === 'string' ? new TextEncoder().encode(part) : part);
  };
  const writer = format.makeWriter(sink, losses, version);
  for (const record of written) writer.write(record);
  writer.end();
  return { read: [...recordsOf(parts, format, name)] as TimedRecord[], losses };
}

const MICRO = 1000n;
/** What comes back of a record, in words. */
const kept: Record<string, (record: TimedRecord, all: readonly TimedRecord[]) => string> = {
  'x.log': ({ nanos, interfaceName, direction: way, ...rest }) =>
    [(nanos / MICRO) * MICRO, interfaceName.replace(' ', '_'), way, text(rest)].join(' '),
  'x.pcapng': ({ nanos, interfaceName, direction: way, ...rest }) =>
    [nanos, interfaceName, way === 'answered' ? 'sent' : way, text(rest)].join(' '),
  'x.pcap': ({ nanos, ...rest }) => [nanos, 'can0 unknown', text(rest)].join(' '),
  'x.asc': (record, all) =>
    [
      (record.nanos / MICRO) * MICRO,
      channelOf(record, all),
      record.kind === 'error' ? 'unknown' : shownWay(record),
      record.kind === 'error' ? '20000080#0000000000000000' : text(record),
    ].join(' '),
};

function text(record: object): string {
  return formatContent(record as TimedRecord);
}

function shownWay({ direction: way }: TimedRecord): string {
  return way === 'sent' || way === 'answered' ? 'sent' : 'received';
}

/** can0 is the first channel and vcan2 the third; another name gets the first that is free. */
function channelOf({ interfaceName }: TimedRecord, all: readonly TimedRecord[]): string {
  const names = [...new Set(all.map((record) => record.interfaceName))];
  const numbers = new Map<string, number>();
  for (const name of names) {
    const wanted = { can0: 1, vcan2: 3 }[name];
    let number = wanted ?? 1;
    const taken = [...numbers.values()];
    if (taken.includes(number)) number = 1;
    while (taken.includes(number)) number++;
    numbers.set(name, number);
  }
  return `can${(numbers.get(interfaceName) ?? 0) - 1}`;
}

const words = ({ nanos, interfaceName, direction: way, ...rest }: TimedRecord) =>
  [nanos, interfaceName, way, text(rest)].join(' ');

describe('records written and read again', () => {
  for (const [name, expected] of Object.entries(kept)) {
    it(`in ${name.replace('x', '')}`, () => {
      fc.assert(
        fc.property(records, (written) => {
          const { read } = roundTrip(name, written);
          assert.deepEqual(
            read.map(words),
            written.map((record) => expected(record, written)),
          );
        }),
      );
    });
  }

  it('in .trc 2.1, with the cause of errors that PEAK knows', () => {
    fc.assert(
      fc.property(records, (written) => {
        const { read, losses } = roundTrip('x.trc', written);
        const plain = (record: TimedRecord) => (record.kind === 'error' ? 'error' : text(record));
        assert.deepEqual(
          read.map((r) => [r.nanos, r.interfaceName, r.direction, plain(r)].join(' ')),
          written.map((r) =>
            [(r.nanos / MICRO) * MICRO, channelOf(r, written), shownWay(r), plain(r)].join(' '),
          ),
        );
        const lost = written.filter(
          (record, index) =>
            record.kind === 'error' && text(record) !== text(read[index] ?? record),
        );
        const counted = losses.get('a part of the cause of an error frame') ?? 0;
        assert.equal(counted, lost.length);
      }),
    );
  });

  it('in .trc 1.1, without CAN FD and buses beside the first, which are counted', () => {
    fc.assert(
      fc.property(records, (written) => {
        const { read, losses } = roundTrip('x.trc', written, '1.1');
        const held = written.filter(({ kind }) => kind !== 'fd');
        const plain = (record: TimedRecord) =>
          record.kind === 'error' ? 'error' : `${shownWay(record)} ${text(record)}`;
        assert.deepEqual(read.map(plain), held.map(plain));
        assert.equal(
          losses.get('a CAN FD frame (TRC 2.1 has it)') ?? 0,
          written.length - held.length,
        );
        const others = held.filter(({ interfaceName }) => interfaceName !== held[0]?.interfaceName);
        assert.equal(losses.get('a bus beside the first (TRC 2.1 has it)') ?? 0, others.length);
      }),
    );
  });

  it('count the nanoseconds that microseconds cannot hold, and nothing else', () => {
    fc.assert(
      fc.property(records, (written) => {
        const { losses } = roundTrip('x.log', written);
        const uneven = written.filter(({ nanos }) => nanos % MICRO !== 0n).length;
        const blanks = written.filter(({ interfaceName }) => interfaceName.includes(' ')).length;
        assert.equal(losses.get('the nanoseconds of a time') ?? 0, uneven);
        assert.equal(losses.get('the blanks in the name of an interface') ?? 0, blanks);
        assert.ok(losses.size <= 2);
        const pcapng = roundTrip('x.pcapng', written).losses;
        const answered = written.filter((record) => record.direction === 'answered').length;
        assert.equal(pcapng.get('the word "answered"') ?? 0, answered);
        assert.ok(pcapng.size <= 1);
      }),
    );
  });

  it('have no time before the first of the file where a format counts from it', () => {
    const [first] = fc.sample(records, { numRuns: 1, seed: 1 });
    const record = first?.[0];
    assert.ok(record !== undefined);
    const back = [record, { ...record, nanos: record.nanos - 5_000_000_000n }];
    for (const name of ['x.asc', 'x.trc']) {
      const { read, losses } = roundTrip(name, back);
      assert.equal(losses.get('a time before that of the first frame'), 1);
      // The start is that of the first frame, cut to milliseconds.
      assert.equal(read[1]?.nanos, (record.nanos / 1_000_000n) * 1_000_000n);
    }
  });
});

describe('any bytes as a log', () => {
  for (const name of ['x.log', 'x.asc', 'x.trc', 'x.pcap', 'x.pcapng']) {
    it(`${name}: a damaged one is read or refused with its place, and never anything else`, () => {
      fc.assert(
        fc.property(records, fc.nat(), fc.nat(255), fc.boolean(), (written, place, byte, isCut) => {
          const parts: Buffer[] = [];
          const format = formatToRead(name);
          const writer = format.makeWriter((part) => parts.push(Buffer.from(part)), new Map());
          for (const record of written) writer.write(record);
          writer.end();
          let bytesWritten = Buffer.concat(parts);
          const at = place % bytesWritten.length;
          if (isCut) bytesWritten = bytesWritten.subarray(0, at + 1);
          bytesWritten[at] = byte;
          try {
            for (const record of recordsOf([bytesWritten], format, name)) assert.ok(record.kind);
          } catch (error) {
            assert.ok(
              error instanceof Error && error.message.startsWith(`${name}:`),
              String(error),
            );
          }
        }),
        { numRuns: 300 },
      );
    });
  }
});
