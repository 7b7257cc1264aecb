// SPDX-License-Identifier: MIT
/** The twin's own reader of the status page, against bytes laid down by hand (docs/status-page.md). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { bucketOf, bucketStart, percentileTicks, readHistogram } from '../../lab/page/histogram.ts';
import { liveValuesRequest, RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import { readRecorder, readTrace } from '../../lab/page/rings.ts';
import { readStatusPage, StatusPageError } from '../../lab/page/status-page.ts';
import { statusLines } from '../../lab/page/text.ts';

const SECTION_BYTES = 0x20000;

/** A page as a cell writes it that has answered three requests. */
function page(): Buffer {
  const section = Buffer.alloc(SECTION_BYTES);
  section.write('CWST', 0, 'latin1');
  section.writeUInt16LE(2, 0x04);
  section.writeUInt32LE(8, 0x08);
  section.writeUInt32LE(7, 0x0c);
  section.writeBigUInt64LE(0x1_0000_0001n, 0x10);
  section.writeUInt32LE(54_000_000, 0x18);
  section.writeUInt32LE(500_000, 0x1c);
  section.write('1.2.3', 0x20, 'latin1');
  section.writeUInt32LE(2, 0x30);
  section.writeUInt32LE(0xdeadbeef, 0x34);
  section.writeUInt32LE(1, 0x38);
  section.writeUInt32LE(48, 0x3c);
  section.writeUInt32LE(2, 0x40);
  section.set([130, 12], 0x44);
  section.writeUInt16LE(1, 0x46);
  section.writeUInt32LE(2, 0x48);
  section.writeUInt32LE(700, 0x4c);
  section.writeUInt32LE(918, 0x50);
  [1, 2, 3, 4, 5, 6, 7, 8, 9].forEach((value, index) =>
    section.writeUInt32LE(value, 0x54 + 4 * index),
  );
  [1, 64, 128, 3].forEach((value, index) => section.writeUInt32LE(value, 0x80 + 4 * index));
  section.writeUInt32LE(11, 0x100);
  section.writeUInt32LE(99, 0x100 + 4 * 127);
  // Static answers: 3 ticks, 200 ticks twice. 200 = 0b11001000: 4 * (7 - 1) + 2.
  section.writeUInt32LE(3, 0x400);
  section.writeUInt32LE(3, 0x404);
  section.writeUInt32LE(200, 0x408);
  section.writeBigUInt64LE(403n, 0x410);
  section.writeUInt32LE(1, 0x418 + 4 * 3);
  section.writeUInt32LE(2, 0x418 + 4 * 26);
  section.writeUInt32LE(5, 0x400 + 0x180 * 2);
  section.write('urgent', 0x900, 'latin1');
  section.set([0, 2], 0x910);
  [1000, 918, 12, 700, 1].forEach((value, index) =>
    section.writeUInt32LE(value, 0x914 + 4 * index),
  );
  section.writeBigUInt64LE(5_400n, 0x928);
  section.writeUInt32LE(3, 0x6000 + 4);
  section.writeUInt8(0x5a, 0x1100 + 63);
  section.writeUInt32LE(512, 0x1f04);
  section.writeUInt32LE(4096, 0x1f0c);
  return section;
}

describe('the status page', () => {
  it('is read field by field', () => {
    const read = readStatusPage(page());
    assert.ok(read);
    assert.equal(read.sequence, 8);
    assert.equal(read.heartbeat, 7);
    assert.equal(read.nowTicks, 0x1_0000_0001n);
    assert.equal(read.ticksPerSecond, 54_000_000);
    assert.equal(read.bitrate, 500_000);
    assert.equal(read.firmwareVersion, '1.2.3');
    assert.deepEqual(
      [read.rules.count, read.rules.hash, read.rules.source, read.rules.afterRestart],
      [2, 0xdeadbeef, 'loaded at start', 9],
    );
    assert.deepEqual(read.rules.hits.slice(0, 3), [0, 3, 0]);
    assert.equal(read.rules.hits.length, 512);
    assert.equal(read.lastStatus, 48);
    assert.deepEqual(
      [read.faultState, read.transmitErrors, read.receiveErrors, read.linkRole, read.session],
      ['passive', 130, 12, 'front-end', 'running'],
    );
    assert.deepEqual([read.worstStepTicks, read.stepBoundTicks], [700, 918]);
    assert.deepEqual(read.fault, {
      restarts: 1,
      kind: 2,
      syndrome: 3,
      address: 4,
      programCounter: 5,
    });
    assert.deepEqual(read.request, { sequence: 6, status: 7, detail: 8 });
    assert.deepEqual([read.counters[0], read.counters[127], read.counters.length], [11, 99, 128]);
    assert.equal(read.histograms.staticAnswers.sumTicks, 403n);
    assert.equal(read.histograms.computedAnswers.count, 0);
    assert.equal(read.histograms.steps.count, 5);
    assert.deepEqual(read.tasks, [
      {
        name: 'urgent',
        priority: 0,
        trigger: 'timer',
        periodMicros: 1000,
        boundTicks: 918,
        runs: 12,
        worstTicks: 700,
        misses: 1,
        totalTicks: 5_400n,
      },
    ]);
    assert.equal(read.liveValues[63], 0x5a);
  });

  it('is none without the magic, or in the middle of a refresh', () => {
    assert.equal(readStatusPage(Buffer.alloc(SECTION_BYTES, 0xa5)), undefined);
    const section = page();
    section.writeUInt32LE(9, 0x08);
    assert.equal(readStatusPage(section), undefined);
  });

  it('is refused when it says what the layout does not allow', () => {
    for (const [offset, value, says] of [
      [0x04, 3, /layout version is 3/],
      [0x38, 3, /source of the rules is 3/],
      [0x40, 4, /fault state is 4/],
      [0x46, 3, /role is 3/],
      [0x48, 3, /session is 3/],
      [0x80, 25, /number of tasks is 25/],
      [0x84, 48, /size of a task is 48/],
      [0x88, 64, /number of counters is 64/],
      [0x8c, 2, /number of histograms is 2/],
      [0x911, 4, /trigger of task 0 is 4/],
      [0x900, 0x07, /name is/],
    ] as const) {
      const section = page();
      section.writeUInt8(value, offset);
      assert.throws(
        () => readStatusPage(section),
        (error) => error instanceof StatusPageError && says.test(error.message),
        says.source,
      );
    }
  });

  it('becomes a table whose times are in microseconds', () => {
    const read = readStatusPage(page());
    assert.ok(read);
    const lines = statusLines(read);
    assert.match(lines[0] ?? '', /^rules 2 \(loaded at start, deadbeef\), bus passive/);
    // 3 and 200 ticks of 54 MHz; the median is in the bucket that ends at 223, the maximum is 200.
    const answer = lines.find((line) => line.startsWith('static answer'));
    assert.deepEqual(answer?.split(/\s+/).slice(2), ['3', '0.1', '3.7', '3.7', '3.7']);
    const task = lines.find((line) => line.startsWith('urgent'));
    assert.deepEqual(task?.split(/\s+/).slice(1), ['12', '8.3', '13.0', '17.0', '1']);
  });
});

describe('a histogram of the status page', () => {
  it('has four buckets to each doubling', () => {
    // e = number of the highest bit: 4 * (e - 1) + the two bits below it.
    for (const [ticks, bucket] of [
      [0, 0],
      [3, 3],
      [4, 4],
      [5, 5],
      [7, 7],
      [8, 8],
      [9, 8],
      [10, 9],
      [15, 11],
      [16, 12],
      [200, 26],
      [0x1fffff, 79],
      [0x200000, 79],
      [0xffffffff, 79],
    ] as const) /* prettier-ignore */ {
      assert.equal(bucketOf(ticks), bucket, String(ticks));
    }
  });

  it('knows the shortest time of each bucket', () => {
    for (let bucket = 0; bucket < 80; bucket += 1) {
      assert.equal(bucketOf(bucketStart(bucket)), bucket);
      if (bucket > 0) assert.equal(bucketOf(bucketStart(bucket) - 1), bucket - 1);
    }
  });

  it('gives the end of the bucket that a percentile falls into', () => {
    const histogram = readHistogram(page().subarray(0x400));
    assert.equal(percentileTicks(histogram, 33), 3);
    assert.equal(percentileTicks(histogram, 34), 200);
    const empty = readHistogram(Buffer.alloc(0x180));
    assert.equal(percentileTicks(empty, 50), 0);
  });
});

describe('the rings of the status page', () => {
  it('give the trace oldest first, and only what has not been overwritten', () => {
    const section = page();
    assert.deepEqual(readTrace(section), []);
    for (let entry = 0; entry < 514; entry += 1) {
      const offset = 0x2000 + (entry % 512) * 16;
      section.writeBigUInt64LE(BigInt(entry), offset);
      section.writeUInt16LE(4, offset + 8);
      section.writeUInt16LE(5, offset + 10);
      section.writeUInt32LE(6, offset + 12);
    }
    section.writeUInt32LE(514, 0x1f00);
    const trace = readTrace(section);
    assert.equal(trace.length, 512);
    assert.deepEqual(trace[0], { ticks: 2n, code: 4, a: 5, b: 6 });
    assert.equal(trace.at(-1)?.ticks, 513n);
  });

  it('give recorded frames with time and direction', () => {
    const section = page();
    const [first, second] = [0x8000, 0x8000 + 24];
    section.writeBigUInt64LE((2n << 62n) | 77n, first);
    // struct can_frame: identifier with the flag of an extended one, length, data at 8.
    section.writeUInt32LE(0x80000123, first + 8);
    section.writeUInt8(2, first + 12);
    section.set([0xab, 0xcd], first + 16);
    section.writeBigUInt64LE(78n, second);
    section.writeUInt32LE(0x7ff, second + 8);
    section.writeUInt32LE(2, 0x1f08);
    const [answered, received] = readRecorder(section);
    assert.deepEqual([answered?.ticks, answered?.direction], [77n, 'answered']);
    assert.deepEqual(
      [answered?.frame.identifier, answered?.frame.extended, [...(answered?.frame.data ?? [])]],
      [0x123, true, [0xab, 0xcd]],
    );
    assert.deepEqual([received?.direction, received?.frame.dlc], ['received', 0]);
    section.writeBigUInt64LE(3n << 62n, second);
    assert.throws(() => readRecorder(section), /entry 1 has no direction/);
  });
});

it('a request to the cell is laid down with its sequence number last, counting from 1', () => {
  const section = Buffer.alloc(0x100);
  const writer = new RequestWriter(section);
  const rules = Uint8Array.of(1, 2, 3, 4, 5);
  writer.writeBody(ruleTableRequest(rules));
  assert.equal(section.readUInt32LE(8), 0);
  assert.equal(writer.write(ruleTableRequest(rules)), 1);
  assert.equal(section.toString('latin1', 0, 4), 'CWRQ');
  assert.deepEqual([section.readUInt16LE(4), section.readUInt16LE(6)], [1, 0]);
  assert.deepEqual(
    [0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c].map((offset) => section.readUInt32LE(offset)),
    [1, 1, 5, crc32(rules), 0, 0],
  );
  assert.deepEqual(section.subarray(0x40, 0x46), Buffer.of(1, 2, 3, 4, 5, 0));
  assert.equal(writer.write(liveValuesRequest(60, [7, 8])), 2);
  assert.deepEqual(
    [0x0c, 0x10, 0x18].map((offset) => section.readUInt32LE(offset)),
    [2, 2, 60],
  );
});
