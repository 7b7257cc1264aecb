// SPDX-License-Identifier: MIT
/**
 * Our logs and those of strangers: can-utils, python-can and tshark read what we write, and we read what they
 * write, with the same times, interfaces, directions, identifiers, lengths and data.
 *
 * What these versions cannot hold themselves is not asked of them; each place says it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { skipForSetup } from '../../scripts/test/result.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatContent } from '../../twin/logs/candump/write.ts';
import { formatToRead, recordsOf } from '../../twin/logs/formats.ts';
import {
  type Content,
  ERROR_CLASS_BUS,
  FD_LENGTHS,
  PLAIN_ERROR,
  type TimedRecord,
} from '../../twin/logs/record.ts';

/** Frames of each kind: data, remote, CAN FD, error. */
const OF_EACH_KIND = 1_000;
const SEED = 16;
/** Debian's python, which has Debian's modules, whatever else is on the PATH. */
const PYTHON = '/usr/bin/python3';

const isThere = (...command: [string, ...string[]]) =>
  spawnSync(command[0], command.slice(1)).error === undefined;
const needs = (there: boolean, tool: string) => ({
  skip: there ? false : skipForSetup(`${tool} is not installed`),
});
const CAN_UTILS = needs(isThere('log2asc', '-?') && isThere('asc2log', '-?'), 'can-utils');
const PYTHON_CAN = needs(spawnSync(PYTHON, ['-c', 'import can']).status === 0, 'python3-can');
const TSHARK = needs(isThere('tshark', '--version'), 'tshark');

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const head = fc.oneof(
  fc.record({ identifier: fc.integer({ min: 0, max: 0x7ff }), extended: fc.constant(false) }),
  fc.record({ identifier: fc.integer({ min: 0, max: 0x1fffffff }), extended: fc.constant(true) }),
);
const classical = (remote: boolean): fc.Arbitrary<Content> =>
  fc.tuple(head, fc.integer({ min: 0, max: 8 }), bytes(8)).map(([where, dlc, data]) => ({
    kind: 'frame',
    frame: makeFrame({ ...where, remote, dlc, data: remote ? [] : data.slice(0, dlc) }),
  }));
/** Not of length 0, which python-can takes for a remote frame. */
const fd: fc.Arbitrary<Content> = fc
  .tuple(head, fc.boolean(), fc.boolean(), fc.constantFrom(...FD_LENGTHS.slice(1)), bytes(64))
  .map(([where, bitRateSwitch, errorStateIndicator, length, data]) => ({
    kind: 'fd',
    frame: { ...where, bitRateSwitch, errorStateIndicator, data: data.slice(0, length) },
  }));

/** Every kind by turns, of two interfaces, received and sent. */
function makeRecords(): TimedRecord[] {
  const kinds = [
    classical(false),
    classical(true),
    fd,
    fc.constant<Content>({ kind: 'error', error: PLAIN_ERROR }),
  ].map((kind) => fc.sample(kind, { numRuns: OF_EACH_KIND, seed: SEED }));
  return Array.from({ length: OF_EACH_KIND * kinds.length }, (_, index) => ({
    nanos: 1_643_387_200_593_000_000n + BigInt(index) * 237_000n,
    interfaceName: index % 3 === 0 ? 'can1' : 'can0',
    direction: index % 5 === 0 ? 'sent' : 'received',
    line: index + 1,
    ...(kinds[index % kinds.length]?.[Math.floor(index / kinds.length)] ?? assert.fail()),
  }));
}

const RECORDS = makeRecords();
const CLASSICAL = RECORDS.filter(({ kind }) => kind === 'frame');
const DATA = CLASSICAL.filter((record) => record.kind === 'frame' && !record.frame.remote);

function write(name: string, records: readonly TimedRecord[], version?: string): string {
  const parts: Buffer[] = [];
  const sink = (part: string | Uint8Array) => parts.push(Buffer.from(part));
  const writer = formatToRead(name).makeWriter(sink, new Map(), version);
  for (const record of records) writer.write(record);
  writer.end();
  writeFileSync(at(name), Buffer.concat(parts));
  return at(name);
}

function read(path: string): TimedRecord[] {
  const records = [...recordsOf([readFileSync(path)], formatToRead(path), path)];
  return records.filter((record) => record.kind !== 'left out');
}

/** With times from the first on, because tools write other starts. Error frames have neither end nor way there. */
function words(records: readonly TimedRecord[]): string[] {
  const start = records[0]?.nanos ?? 0n;
  return records.map((record) => {
    const micros = (record.nanos - start) / 1000n;
    const place = record.kind === 'error' ? '' : ` ${record.interfaceName} ${record.direction}`;
    return `${micros}${place} ${formatContent(record)}`;
  });
}

function tool(command: string, ...args: string[]): string {
  const run = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  });
  assert.equal(run.status, 0, `${command}: ${run.stderr}`);
  return run.stdout;
}

it('log2asc turns our candump log into an ASC that we read as it was', CAN_UTILS, () => {
  tool('log2asc', '-I', write('ours.log', RECORDS), '-O', at('theirs.asc'), 'can0', 'can1');
  assert.deepEqual(words(read(at('theirs.asc'))), words(RECORDS));
  // -f: classical frames as CANFD lines. It writes error frames as frames there.
  const frames = RECORDS.filter(({ kind }) => kind !== 'error');
  const log = write('frames.log', frames);
  tool('log2asc', '-f', '-I', log, '-O', at('f.asc'), 'can0', 'can1');
  assert.deepEqual(words(read(at('f.asc'))), words(frames));
});

it('asc2log turns our ASC into a candump log that we read as it was', CAN_UTILS, () => {
  tool('asc2log', '-I', write('ours.asc', RECORDS), '-O', at('theirs.log'));
  assert.deepEqual(words(read(at('theirs.log'))), words(RECORDS));
});

/** Prints what python-can reads, in the words of `words`. */
const PRINT = `
import can, sys
reader = {'asc': can.ASCReader, 'trc': can.TRCReader}[sys.argv[1]](sys.argv[2])
start = None
for m in reader:
    micros = round(m.timestamp * 1e6)
    start = micros if start is None else start
    if m.is_error_frame:
        print(micros - start, '20000080#0000000000000000')
        continue
    body = ('#R%s' % (m.dlc or '')) if m.is_remote_frame else (
        '#' + ('#%d' % (m.bitrate_switch + 2 * m.error_state_indicator) if m.is_fd else '')
        + m.data.hex().upper())
    print(micros - start, 'can%d' % (m.channel - (sys.argv[1] == 'trc')),
        'received' if m.is_rx else 'sent',
        ('%08X' if m.is_extended_id else '%03X') % m.arbitration_id + body)
`;
const printed = (format: string, path: string) =>
  tool(PYTHON, '-c', PRINT, format, path).trim().split('\n');

it('python-can reads our ASC as it is', PYTHON_CAN, () => {
  assert.deepEqual(printed('asc', write('ours.asc', RECORDS)), words(RECORDS));
});

it('python-can reads our TRC 2.1 and 1.1; its version knows data frames there', PYTHON_CAN, () => {
  assert.deepEqual(printed('trc', write('ours.trc', DATA)), words(DATA));
  const oneBus = DATA.map((record) => ({ ...record, interfaceName: 'can0' }));
  assert.deepEqual(printed('trc', write('old.trc', oneBus, '1.1')), words(oneBus));
});

it(
  'python-can turns our candump log into an ASC and a TRC that we read as it was',
  PYTHON_CAN,
  () => {
    const convert = `
import can, sys
with getattr(can, sys.argv[1])(sys.argv[3]) as writer:
    for m in can.CanutilsLogReader(sys.argv[2]):
        writer(m)
`;
    // It reads the R of a remote frame and writes no length; asc has it.
    tool(PYTHON, '-c', convert, 'ASCWriter', write('ours.log', RECORDS), at('python.asc'));
    assert.deepEqual(words(read(at('python.asc'))), words(RECORDS));
    tool(PYTHON, '-c', convert, 'TRCWriter', write('data.log', DATA), at('python.trc'));
    assert.deepEqual(words(read(at('python.trc'))), words(DATA));
  },
);

/** What tshark shows of a capture, one row a packet. */
function dissected(path: string): string[][] {
  const fields = [
    ...['frame.time_epoch', 'frame.interface_name', 'frame.packet_flags_direction', 'can.id'],
    ...['can.flags.xtd', 'can.flags.rtr', 'can.flags.err', 'can.len', 'canfd.flags.brs'],
    ...['canfd.flags.esi', 'can.err.buserror', 'data.data'],
  ];
  const options = fields.flatMap((field) => ['-e', field]);
  // It takes frames of some identifiers for AUTOSAR's network management, and then shows other fields.
  const plain = ['--disable-protocol', 'autosar-nm'];
  const text = tool(
    'tshark',
    '-r',
    path,
    ...plain,
    '-T',
    'fields',
    '-E',
    'separator=|',
    ...options,
  );
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|').map(asDigit));
}

/** A truth value of tshark as older ones write it: 4.4 writes words (Debian 13), 4.0 digits (Debian 12). */
function asDigit(field: string): string {
  return { True: '1', False: '0' }[field] ?? field;
}

function expectedOf(record: TimedRecord, hasInterfaces: boolean): string[] {
  const { nanos, interfaceName, direction, kind } = record;
  const seconds = nanos / 1_000_000_000n;
  const time = `${seconds}.${String(nanos % 1_000_000_000n).padStart(9, '0')}`;
  const way = direction === 'sent' ? '0x00000002' : '0x00000001';
  const front = [time, ...(hasInterfaces ? [interfaceName, way] : ['', ''])];
  if (kind === 'error') {
    const isBus = (record.error.classes & ERROR_CLASS_BUS) !== 0 ? '1' : '0';
    return [...front, '', '', '', '1', '8', '', '', isBus, ''];
  }
  const { identifier, extended, data } = record.frame;
  const flag = (is: boolean) => (is ? '1' : '0');
  const hex = Buffer.from(data).toString('hex');
  const id = [String(identifier), flag(extended)];
  if (kind === 'fd') {
    const { bitRateSwitch, errorStateIndicator } = record.frame;
    const flags = [flag(bitRateSwitch), flag(errorStateIndicator)];
    return [...front, ...id, '', '', String(data.length), ...flags, '', hex];
  }
  const { remote, dlc } = record.frame;
  // The bytes that a remote frame asks for are in the structure, and zero.
  const shown = remote ? '00'.repeat(dlc) : hex;
  return [...front, ...id, flag(remote), '0', String(dlc), '', '', '', shown];
}

it('tshark reads our pcapng, with interfaces and directions', TSHARK, () => {
  const expected = RECORDS.map((record) => expectedOf(record, true));
  assert.deepEqual(dissected(write('ours.pcapng', RECORDS)), expected);
});

it('tshark reads our pcap', TSHARK, () => {
  const expected = RECORDS.map((record) => expectedOf(record, false));
  assert.deepEqual(dissected(write('ours.pcap', RECORDS)), expected);
});

it('tshark reads our candump log; its version knows no directions there', TSHARK, () => {
  const records = RECORDS.map((record) => ({ ...record, direction: 'unknown' as const }));
  const expected = records.map((record) => expectedOf(record, false));
  assert.deepEqual(dissected(write('ours.log', records)), expected);
});

it(
  'tshark writes our pcapng again, as pcapng and as pcap of both resolutions, and we read it',
  TSHARK,
  () => {
    const ours = write('ours.pcapng', RECORDS);
    tool('tshark', '-r', ours, '-F', 'pcapng', '-w', at('theirs.pcapng'));
    assert.deepEqual(words(read(at('theirs.pcapng'))), words(RECORDS));
    const oneBus = RECORDS.map((record) => ({
      ...record,
      interfaceName: 'can0',
      direction: 'unknown' as const,
    }));
    for (const format of ['pcap', 'nsecpcap']) {
      tool('tshark', '-r', ours, '-F', format, '-w', at(`${format}.pcap`));
      assert.deepEqual(words(read(at(`${format}.pcap`))), words(oneBus), format);
    }
  },
);
