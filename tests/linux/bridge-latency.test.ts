// SPDX-License-Identifier: MIT
/**
 * `canwarden-bridge --ask latency`: histograms of ways and bus, sums of rules, of a page written by hand; what is
 * said of an older cell; and two who begin anew at once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from '../skippable.ts';
import { ask, askLiving, LIMITS, startBridge, until } from './ask.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { FakeCell } from './fake-cell.ts';

const NONE = {
  count: 0,
  min_microseconds: 0,
  p50_microseconds: 0,
  p99_microseconds: 0,
  max_microseconds: 0,
  buckets: [],
};

/** Histogram 1 (filter), the bus, and the third rule of the table. Times in ticks of 54 MHz. */
function answeringCell(): FakeCell {
  const cell = new FakeCell().start();
  cell.page.writeUInt16LE(2, 4);
  cell.set(0x1f04, 512).set(0x30, 3).set(0xa4, 6).set(0xa8, 2).set(0xac, 5);
  // 98 of 108 ticks, 2 us, in the bucket that ends at 111; one of 216, 4 us; the longest of 540, 10 us.
  const filter = 0x5800 + 0x158;
  cell.set(filter, 100).set(filter + 4, 108);
  cell.set(filter + 8, 540);
  cell.set(filter + 24 + 4 * 22, 98).set(filter + 24 + 4 * 26, 1);
  cell.set(filter + 24 + 4 * 32, 1);
  // One of 10800 ticks, 200 us, in the bucket up to 12287.
  cell.set(0x0f00, 1).set(0x0f04, 10_800).set(0x0f08, 10_800);
  cell.set(0x0f18 + 4 * 49, 1);
  const rule = 0x4000 + 12 * 2;
  cell.set(rule, 100).set(rule + 4, 540);
  cell.set(rule + 8, 54_000);
  cell.page.write('one\0two\0gear "box"\0', 0x6800, 'latin1');
  return cell;
}

describe('canwarden-bridge --ask latency', LIMITS, () => {
  let cell: FakeCell;
  let bridge: BridgeProcess;

  before(async () => {
    cell = answeringCell().live();
    bridge = await startBridge(cell);
  });

  after(async () => {
    assert.equal(await bridge.stop(), 0);
    cell.remove();
  });

  it('says ways, bus and rules to people', async () => {
    const { status, text, remarks } = await askLiving(cell, 'latency');
    assert.equal(status, 0, remarks);
    assert.match(text, /^INT to RTS, us +count +min +p50 +p99 +max *$/m);
    assert.match(text, /^filter +100 +2\.00 +2\.05 +4\.12 +10\.00 *$/m);
    assert.match(text, /^ {4}up to +2\.05 +98 +#{40}$/m);
    assert.match(text, /^ {4}up to +10\.00 +1 +#$/m);
    assert.match(text, /^bus +1 +200\.00 +200\.00 +200\.00 +200\.00 *$/m);
    assert.match(text, /^ {2}gear \?box\? +100 +10\.00 +10\.00 *$/m);
    assert.match(text, /^5 times are in none of these/m);
    assert.doesNotMatch(text, /^(single|read|staged|window| {2}one)/m);
  });

  it('says the same to programs', async () => {
    const { status, text } = await askLiving(cell, 'latency', '--json');
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(text), {
      alive: true,
      resets: 2,
      missed: 5,
      interrupt_to_send: {
        single: NONE,
        filter: {
          ...{ count: 100, min_microseconds: 2, p50_microseconds: 2.05 },
          ...{ p99_microseconds: 4.12, max_microseconds: 10 },
          buckets: [
            [2.05, 98],
            [4.12, 1],
            [10, 1],
          ],
        },
        staged: NONE,
        window: NONE,
        read: NONE,
      },
      bus: {
        ...{ count: 1, min_microseconds: 200, p50_microseconds: 200 },
        ...{ p99_microseconds: 200, max_microseconds: 200, buckets: [[200, 1]] },
      },
      rules: { 'gear ?box?': { count: 100, mean_microseconds: 10, max_microseconds: 10 } },
    });
  });

  it('lets two begin anew at once, one after the other', async () => {
    const quiet = bridge.openFiles;
    const answers = [0, 1].map(() => ask(cell.socket, 'latency', '--reset'));
    await until('both at the bridge', () => bridge.openFiles === quiet + 2);
    const sequences = new Set<number>();
    for (let count = 0; count < 2; count += 1) {
      await until('a request', () => cell.request() !== undefined);
      const request = cell.request();
      assert.ok(request);
      assert.deepEqual([request.kind, request.payload.length], [3, 0]);
      sequences.add(request.sequence);
      cell.finish(request, 0);
    }
    for (const { status, text } of await Promise.all(answers)) {
      assert.equal(status, 0);
      assert.equal(text, 'the latencies begin anew\n');
    }
    assert.equal(sequences.size, 2);
  });

  it('takes no other word', async () => {
    const { status, remarks } = await ask(cell.socket, 'latency', '--now');
    assert.equal(status, 2);
    assert.match(remarks, /latency --reset/);
  });
});

describe('canwarden-bridge --ask latency, of an older cell', LIMITS, () => {
  it('says that it keeps none, and asks it for nothing; the rest is told as ever', async () => {
    // Layout 1: a trace of 1024 records where the latencies are now.
    const cell = new FakeCell().start().live();
    const bridge = await startBridge(cell);
    try {
      for (const words of [['latency'], ['latency', '--json'], ['latency', '--reset']]) {
        const { status, text, remarks } = await askLiving(cell, ...words);
        assert.equal(status, 1);
        assert.equal(text, '');
        assert.match(
          remarks,
          /keeps no latencies: its image is older .* canwarden down; canwarden up/,
        );
      }
      assert.equal(cell.request(), undefined);
      const nowTicks = cell.page.readBigUInt64LE(0x10);
      for (let record = 0; record < 700; record++) cell.trace(nowTicks, 18, 0, record);
      const { text } = await askLiving(cell, 'trace');
      assert.equal(text.trimEnd().split('\n').length, 700);
    } finally {
      assert.equal(await bridge.stop(), 0);
      cell.remove();
    }
  });
});
