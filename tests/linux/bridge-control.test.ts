// SPDX-License-Identifier: MIT
/** `canwarden-bridge --ask` about a status page written by hand: status, trace, recorder. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from '../skippable.ts';
import { ask, askLiving, LIMITS, MODES, NATIVE, startBridge, until } from './ask.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { FakeCell, RECORDER_CAPACITY, TICKS_PER_SECOND, TRACE_CAPACITY } from './fake-cell.ts';

const MICRO = TICKS_PER_SECOND / 1_000_000;
const EXTENDED = 0x80000000;
const REMOTE = 0x40000000;
const ERROR = 0x20000000;

/** Seconds of `(seconds.micros)` at the start of a line. */
const secondsOf = (line: string): number => Number(/^\((\d+\.\d{6})\) /.exec(line)?.[1]);
const withoutTime = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\(\d+\.\d{6}\) /, ''));

/** The cell of these tests: busy for a while, with every kind of figure. */
function busyCell(): FakeCell {
  const cell = new FakeCell().start();
  cell.set(0x30, 6).set(0x34, 0x89abcdef).set(0x38, 1).set(0x3c, 50);
  cell.set(0x40, 2).set(0x44, 0x0002_05_88).set(0x48, 2); // passive, TEC 136, REC 5, back-end
  cell
    .set(0x4c, 18 * MICRO)
    .set(0x50, 20 * MICRO)
    .set(0x98, 60 * MICRO);
  cell
    .set(0x100, 1000)
    .set(0x100 + 4 * 8, 40)
    .set(0x100 + 4 * 34, 3)
    .set(0x100 + 4 * 127, 1);
  // 98 static answers in the bucket of 2 us (108 ticks), one at 4 us (216), one of 10 us (540).
  const histogram = 0x400;
  cell
    .set(histogram, 100)
    .set(histogram + 4, 108)
    .set(histogram + 8, 540);
  cell.set(histogram + 24 + 4 * 22, 98); // 96..111 ticks
  cell.set(histogram + 24 + 4 * 26, 1); // 192..223
  cell.set(histogram + 24 + 4 * 32, 1); // 512..639
  cell.set(0x80, 2);
  cell.page.write('receive', 0x900, 'latin1');
  cell.page.writeUInt8(1, 0x910);
  cell.page.writeUInt8(2, 0x911);
  cell
    .set(0x914, 1000)
    .set(0x918, 20 * MICRO)
    .set(0x91c, 77)
    .set(0x920, 3 * MICRO)
    .set(0x924, 4);
  cell.page.write('a"b\\c\x01', 0x940, 'latin1');
  cell.set(0x6000 + 4 * 2, 9);
  cell.set(0x6000 + 4 * 5, 7);
  // Answers that the rate of the sixth rule refused.
  cell.set(0x1600 + 4 * 5, 2);
  cell.page.write('one\0two\0gear "box"\0', 0x6800, 'latin1');
  cell.page.writeUInt8(0xab, 0x1101);
  return cell;
}

for (const [mode, options] of MODES)
  describe(`canwarden-bridge --ask, ${mode}`, LIMITS, () => {
    let cell: FakeCell;
    let bridge: BridgeProcess;

    before(async () => {
      cell = busyCell().live(1000n * BigInt(TICKS_PER_SECOND));
      bridge = await startBridge(cell, options);
    });

    after(async () => {
      assert.equal(await bridge.stop(), 0);
      cell.remove();
    });

    it('status says how the cell is, in lines for people', async () => {
      const { status, text, remarks } = await askLiving(cell, 'status');
      assert.equal(status, 0, remarks);
      const rows = text.trimEnd().split('\n');
      assert.match(rows[0], /^heartbeat {8}alive, last refresh \d+ ms ago \(\d+\)$/);
      for (const line of [
        'firmware         9.8.7, 500000 bit/s',
        'bus              error passive, TEC 136, REC 5',
        'session          running (the cell is back-end)',
        'rules            6, checksum 0x89abcdef, loaded at start',
        'longest step     18.00 us, bound 20.00 us',
        'last status      50',
        'live values      00 AB',
      ]) {
        assert.ok(rows.includes(line), `${line}\n${text}`);
      }
      // The upper end of a bucket stands for what is in it: 111 and 223 ticks of 54 MHz.
      assert.match(text, /^static +100 +2\.00 +2\.05 +4\.12 +10\.00 *$/m);
      assert.match(text, /^computed +0 +0\.00 +0\.00 +0\.00 +0\.00 *$/m);
      assert.match(text, /^ {2}receive +timer +77 +3\.00 +20\.00 +4 *$/m);
      assert.match(text, /^ {2}a\?b\?c\? +line/m);
      assert.match(text, /^received +1000$/m);
      assert.match(text, /^answered_static +40$/m);
      assert.match(text, /^error_messages_bit_2 +3$/m);
      assert.match(text, /^counter_127 +1$/m);
      assert.match(text, /^rule gear \?box\? +9$/m);
      assert.match(text, /^rule 6 +7, 2 answers refused by its rate$/m);
      assert.doesNotMatch(text, /bus_off|trap/);
    });

    it('status --json says the same to programs, with the units in the names', async () => {
      const { status, text } = await askLiving(cell, 'status', '--json');
      assert.equal(status, 0);
      const { heartbeat, heartbeat_age_milliseconds, ...page } = JSON.parse(text) as Record<
        string,
        unknown
      >;
      assert.ok(Number(heartbeat) > 0 && Number(heartbeat_age_milliseconds) < 2000);
      assert.deepEqual(page, {
        alive: true,
        firmware: '9.8.7',
        bitrate_bits_per_second: 500_000,
        real_bitrate_bits_per_second: 0,
        sample_point_permille: 0,
        measured_crystal_hertz: 0,
        bus_state: 'passive',
        transmit_error_count: 136,
        receive_error_count: 5,
        said: [],
        session: 'running',
        link_role: 'back-end',
        rules: {
          count: 6,
          checksum: '0x89abcdef',
          source: 'loaded at start',
          faster_after_restart: 0,
          hits: { 'gear ?box?': 9, 6: 7 },
          refused: { 6: 2 },
        },
        last_request: { sequence: 0, status: 0, detail: 0 },
        longest_step_microseconds: 18,
        step_bound_microseconds: 20,
        reorder_bound_microseconds: 60,
        frames_waiting_for_agl: 0,
        frames_of_agl_under_way: 0,
        answers_under_way: 0,
        trace: { written: 0, overwritten: 0 },
        recorder: { written: 0, overwritten: 0 },
        last_status: 50,
        trap: { restarts: 0, status: 0, syndrome: 0, address: 0, program_counter: 0 },
        answers: {
          static: {
            count: 100,
            min_microseconds: 2,
            p50_microseconds: 2.05,
            p99_microseconds: 4.12,
            max_microseconds: 10,
          },
          computed: emptyHistogram(),
          steps: emptyHistogram(),
        },
        tasks: [
          {
            name: 'receive',
            priority: 1,
            trigger: 'timer',
            period_microseconds: 1000,
            runs: 77,
            worst_microseconds: 3,
            bound_microseconds: 20,
            misses: 4,
          },
          {
            name: 'a?b?c?',
            priority: 0,
            trigger: 'line',
            period_microseconds: 0,
            runs: 0,
            worst_microseconds: 0,
            bound_microseconds: 0,
            misses: 0,
          },
        ],
        counters: { received: 1000, answered_static: 40, error_messages_bit_2: 3, counter_127: 1 },
        live_values: `00AB${'00'.repeat(62)}`,
      });
    });

    it('recorder dump is a candump log with the time of day and the direction', async () => {
      const nowTicks = cell.page.readBigUInt64LE(0x10);
      const nowSeconds = Date.now() / 1000;
      const at = (secondsAgo: number): bigint => nowTicks - BigInt(secondsAgo * TICKS_PER_SECOND);
      cell.record(at(3), 0, 0x123, [0x11, 0x22]);
      cell.record(at(2.5), 1, (0x18daf110 | EXTENDED) >>> 0, [1, 2, 3, 4, 5, 6, 7, 8]);
      cell.record(at(2), 2, 0x1a1, []);
      cell.record(at(1.5), 0, (0x3c0 | REMOTE) >>> 0, [], 4);
      cell.record(at(1), 0, (0x4 | ERROR) >>> 0, [0, 0x40, 0, 0, 0, 0, 0, 0]);
      cell.record(at(0.5), 0, 0x7ff, [8, 7, 6, 5, 4, 3, 2, 1], 12);
      const { status, text, remarks } = await ask(cell.socket, 'recorder', 'dump');
      assert.equal(status, 0, remarks);
      assert.deepEqual(withoutTime(text), [
        'can0 123#1122 R',
        'can0 18DAF110#0102030405060708 T',
        'can0 1A1# T answered',
        'can0 3C0#R4 R',
        'can0 20000004#0040000000000000 R',
        'can0 7FF#0807060504030201_C R',
      ]);
      const times = text.trimEnd().split('\n').map(secondsOf);
      times.forEach((seconds, index) => {
        // The bridge looks at the page every half millisecond, when this machine lets it.
        assert.ok(Math.abs(seconds - (nowSeconds - 3 + index / 2)) < 60, `${seconds}`);
        assert.ok(index === 0 || Math.abs(seconds - times[index - 1] - 0.5) < 0.000_002);
      });
      assert.equal(remarks, '');
    });

    it('recorder dump has the last entries when more were written than there is room', async () => {
      const head = cell.page.readUInt32LE(0x1f08);
      for (let count = 0; count < 2 * RECORDER_CAPACITY; count += 1) {
        cell.record(BigInt(count), 0, 0x100, [count >> 8, count & 0xff]);
      }
      assert.equal(cell.page.readUInt32LE(0x1f08), head + 2 * RECORDER_CAPACITY);
      const { status, text, remarks } = await ask(cell.socket, 'recorder', 'dump');
      assert.equal(status, 0, remarks);
      const numbers = withoutTime(text).map((line) => parseInt(line.slice('can0 100#'.length), 16));
      assert.ok(numbers.length > RECORDER_CAPACITY - 100 && numbers.length < RECORDER_CAPACITY);
      numbers.forEach((number, index) =>
        assert.equal(number, 2 * RECORDER_CAPACITY - numbers.length + index),
      );
      assert.equal(remarks, '');
    });

    it('trace has a word for every event, and numbers for what it does not know', async () => {
      for (const [code, a, b] of [
        [1, 6, 0x89abcdef],
        [2, 0, 0x1a0],
        [3, 0xffff, (0x18daf110 | EXTENDED) >>> 0],
        [4, 2, 0x0f_05_88],
        [5, 0, 0],
        [9, 0, 0],
        [10, 0, 0],
        [11, 2, 0x11],
        [12, 66, 1],
        [13, 3, 2],
        [21, 2, 0x012],
        [23, 1, 3],
        [999, 1, 2],
      ]) {
        cell.trace(5n, code, a, b);
      }
      const { status, text } = await ask(cell.socket, 'trace');
      assert.equal(status, 0);
      assert.deepEqual(
        withoutTime(text).map((line) => line.trimEnd()),
        [
          'started           6 rules, checksum 0x89abcdef',
          'answered          rule 1, 1A0',
          'dropped           no rule, 18DAF110',
          'bus state         error passive, TEC 136, REC 5, EFLG 0x0f',
          'bus-off',
          'session begun     AGL connected',
          'session lost      AGL gone',
          'rules swapped     new rules in force, asked for by AGL: 2',
          "request refused   a request of AGL's refused: nothing has changed (status 66: two rules of the table match one same frame)",
          'live values set   2 from 3',
          'answer dropped    rule 3, 012 (status 59)',
          'rules kept        1 of 3 rules go on with their counter and rate, the others begin anew',
          'event 999         1 0x00000002',
        ],
      );
    });

    it('trace -f goes on, also when the cell starts anew, and counts what it could not read', async () => {
      const child = spawn(NATIVE, ['--socket', cell.socket, '--ask', 'trace', '-f']);
      let text = '';
      let remarks = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (remarks += part));
      await until('the old ones', () => text.includes('event 999'));
      cell.trace(6n, 5, 0, 0);
      await until('a new one', () => text.trimEnd().endsWith('bus-off'));
      // A cell that starts lays its page out under an unfinished magic; the rings stay.
      const magic = cell.page.readUInt32LE(0);
      const looks = cell.bridgeLooks;
      cell.set(0, 0);
      await until('the bridge to see that', () => cell.bridgeLooks > looks + 10);
      cell.set(0, magic).trace(7n, 1, 6, 0x89abcdef);
      await until('the start', () => text.trimEnd().endsWith('6 rules, checksum 0x89abcdef'));
      // All at once, as far as the bridge can see: the head jumps.
      cell.set(0x1f00, cell.page.readUInt32LE(0x1f00) + 3 * TRACE_CAPACITY);
      await until('the loss', () => /\d+ (entry|entries) lost/.test(remarks));
      const lost = Number(/(\d+) entries lost/.exec(remarks)?.[1]);
      assert.ok(lost > 2 * TRACE_CAPACITY && lost <= 3 * TRACE_CAPACITY, remarks);
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('close', resolve));
      assert.equal((await ask(cell.socket, 'status')).status, 0);
    });
  });

function emptyHistogram(): Record<string, number> {
  return {
    count: 0,
    min_microseconds: 0,
    p50_microseconds: 0,
    p99_microseconds: 0,
    max_microseconds: 0,
  };
}
