// SPDX-License-Identifier: MIT
/**
 * The worst times on the bus against numbers worked out by hand.
 *
 * Source: Davis, Burns, Bril, Lukkien, "Controller Area Network (CAN) schedulability analysis: refuted,
 * revisited and revised", Real-Time Systems 35(3), 2007: the frame times of section 2.2, and the example of
 * three messages whose analysis was wrong before. Other values: arithmetic beside them.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leastBits, mostBits } from '../../rules/bus/frame-time.ts';
import { reportOf } from '../../rules/bus/report.ts';
import { streamsOf } from '../../rules/bus/streams.ts';
import type { Message, Traffic } from '../../rules/bus/traffic.ts';
import { worstCases } from '../../rules/bus/worst-case.ts';
import { tableOf } from './rules-text.ts';

const MILLI = 1e6;
const NO_RULES = tableOf('version: 1\nrules: []');

function message(identifier: number, periodMillis: number, more: Partial<Message> = {}): Message {
  const kind = { extended: false, remote: false, fromAgl: false };
  const times = { periodNanos: periodMillis * MILLI, jitterNanos: 0 };
  return { identifier, length: 7, ...kind, ...times, ...more };
}

/** Worst milliseconds by frame; of a stream without a bound the reason. */
function worstMillis(traffic: Traffic, table = NO_RULES): Record<string, number | string> {
  const results = worstCases(streamsOf(table, traffic).all, traffic);
  return Object.fromEntries(
    results.map(({ stream, worst }) => [
      stream.frame,
      typeof worst === 'string' ? worst : worst.totalNanos / MILLI,
    ]),
  );
}

function linesOf(traffic: Traffic, table = NO_RULES): string {
  const streams = streamsOf(table, traffic);
  return reportOf(traffic, streams, worstCases(streams.all, traffic)).lines.join('\n');
}

/** Seven data bytes are 125 bits at most: 1 ms at 125 kbit/s. */
const TEXTBOOK = [message(0x100, 2.5), message(0x200, 3.5), message(0x300, 3.5)];

it('the time of a frame is 55 + 10 s bits at most with 11, 80 + 10 s with 29, none for the data of a remote frame', () => {
  for (let length = 0; length <= 8; length++) {
    const standard = { extended: false, remote: false, length };
    assert.equal(mostBits(standard), 55 + 10 * length);
    assert.equal(mostBits({ ...standard, extended: true }), 80 + 10 * length);
    assert.equal(mostBits({ ...standard, remote: true }), 55);
    // SOF 1, identifier 11, RTR, IDE, r0, DLC 4, CRC 15 and delimiter, ACK 2, EOF 7, intermission 3.
    assert.equal(leastBits(standard), 47 + 8 * length);
    assert.equal(leastBits({ ...standard, extended: true }), 67 + 8 * length);
  }
});

describe('the worst time on the bus', () => {
  it('is that of the paper for the example whose second instance is the worst', () => {
    const worst = worstMillis({ bitrate: 125_000, messages: TEXTBOOK });
    assert.deepEqual(worst, { '0x100': 2, '0x200': 3, '0x300': 3.5 });
  });

  it('begins with the jitter of the frame, and meets stronger ones that come late and again', () => {
    // 0x200: 0.5 late, 1 blocked, 0x100 once at 0 and once at 2.5 - 1.6 = 0.9 before 2 are over, itself.
    const [strong, middle, weak] = TEXTBOOK;
    const late = [
      { ...strong, jitterNanos: 1.6 * MILLI },
      { ...middle, jitterNanos: 0.5 * MILLI, periodNanos: 20 * MILLI },
      { ...weak, periodNanos: 20 * MILLI },
    ];
    assert.equal(worstMillis({ bitrate: 125_000, messages: late })['0x200'], 0.5 + 1 + 2 + 1);
  });

  it('has an error frame of 31 bits and the longest frame for each error', () => {
    const slow = TEXTBOOK.map((each) => ({ ...each, periodNanos: 50 * MILLI }));
    const traffic = { bitrate: 125_000, messages: slow };
    assert.equal(worstMillis(traffic)['0x300'], 3);
    // 31 bits of 8 us, and 1 ms.
    const oneError = { ...traffic, errorEveryNanos: 100 * MILLI };
    assert.equal(worstMillis(oneError)['0x300'], 3 + 0.248 + 1);
    // 3 ms and two errors take longer than 4 ms: the second comes, the third at 8 ms does not.
    const more = { ...traffic, errorEveryNanos: 4 * MILLI };
    assert.equal(worstMillis(more)['0x300'], 3 + 2 * 1.248);
  });

  it('has no end where the load is 100 % or more, and that is said', () => {
    const [strong, middle, weak] = TEXTBOOK;
    // 1/2.5 + 1/3.5 + 1/3.1 = 1.008.
    const traffic = {
      bitrate: 125_000,
      messages: [strong, middle, { ...weak, periodNanos: 3.1 * MILLI }],
    };
    assert.deepEqual(worstMillis(traffic), { '0x100': 2, '0x200': 3, '0x300': 'overload' });
    assert.match(linesOf(traffic), /Bus load 100\.8 % .*\nThe bus is overloaded/);
  });
});

describe('the worst time of an answer', () => {
  const FILTER = tableOf(`version: 1
rules:
  - { name: ask, match: { id: 0x100 }, answer: { id: 0x200, length: 7 }, deadline: 4ms }`);

  it('is its local bound, one weaker frame, what is stronger, and itself', () => {
    const messages = [message(0x100, 50), message(0x180, 50), message(0x300, 50)];
    const traffic = { bitrate: 125_000, messages };
    const worst = worstMillis(traffic, FILTER)['0x200'];
    // 3 SPI bytes of 0.9 us and 2.45 us of service (docs/timing-budget.md), 3.5 us more when busy.
    const local = 0.0027 + 0.00245 + 0.0035;
    // Blocked by 0x300; then 0x100, which may come once more, and 0x180.
    assert.ok(Math.abs(Number(worst) - (local + 1 + 2 + 1)) < 1e-6, `${worst}`);
    assert.match(linesOf(traffic, FILTER), /deadline 4\.000: NOT MET\n.*1 deadline, 1 not met\./s);
  });

  it('waits for another frame of the cell if it has bytes of its request, though a buffer is kept for it', () => {
    const worstOf = (answer: string): number => {
      const table = tableOf(`version: 1
rules:
  - { name: first, match: { id: 0x100, data: [~, ~] }, answer: { id: 0x200, ${answer} } }
  - { name: other, match: { id: 0x180, data: [~, ~, 7] }, answer: { id: 0x300, length: 7 } }`);
      const messages = [message(0x100, 50), message(0x180, 50)];
      return Number(worstMillis({ bitrate: 125_000, messages }, table)['0x200']);
    };
    // Blocked by 0x300; then 0x100, which may come once more, 0x180 and itself: 125 bits each.
    const onTheBus = 1 + 2 + 1;
    // S twice and a READ (docs/timing-budget.md, "Until it contends").
    const fromRequest = worstOf('length: 7, copy: [{ from: 0, to: 0, count: 2 }]');
    assert.ok(
      Math.abs(fromRequest - (0.0585 + 0.0196 + 0.0585 + onTheBus)) < 1e-6,
      `${fromRequest}`,
    );
    // Without them nothing of the cell's is in its way: less than S.
    const fixed = worstOf('length: 7');
    assert.ok(fixed > onTheBus && fixed < onTheBus + 0.0585, `${fixed}`);
  });

  it('waits for another frame of the cell at 1 Mbit/s if only RX STATUS tells its request', () => {
    const worstOf = (receive: string, bitrate: number): number => {
      const table = tableOf(`version: 1
receive: ${receive}
rules:
  - { name: first, match: { id: 0x100${receive === 'single' ? ', remote: any' : ''} }, answer: { id: 0x200, length: 7 } }
  - { name: other, match: { id: 0x180, data: [~, ~, 7] }, answer: { id: 0x300, length: 7 } }`);
      const messages = [message(0x100, 50), message(0x180, 50)];
      return Number(worstMillis({ bitrate, messages }, table)['0x200']);
    };
    // Blocked by 0x300; then 0x100, which may come once more, 0x180 and itself: 125 bits each.
    const onTheBus = 4 * 0.125;
    // S twice and a READ (docs/timing-budget.md, "Until it contends").
    const asked = worstOf('urgent-first', 1_000_000);
    assert.ok(Math.abs(asked - (0.0591 + 0.0196 + 0.0591 + onTheBus)) < 1e-6, `${asked}`);
    assert.ok(
      worstOf('urgent-first', 500_000) - 8 * 0.125 < 0.02,
      'up to 500 kbit/s it does not wait',
    );
    assert.ok(worstOf('single', 1_000_000) - onTheBus < 0.02, 'INT alone tells it');
  });

  it('inherits what its request waits: the next one may follow sooner than a period', () => {
    // 0x100 waits for 0x050 and so ends 2 ms late, then in time; 0x050 and 0x080 take the bus meanwhile.
    const table = tableOf(`version: 1
rules: [{ name: ask, match: { id: 0x100 }, answer: { id: 0x200, length: 7 } }]`);
    const messages = [message(0x100, 4), message(0x050, 3)];
    const traffic = { bitrate: 125_000, messages };
    const [, , answer] = worstCases(streamsOf(table, traffic).all, traffic);
    assert.ok(typeof answer.worst !== 'string');
    assert.ok(answer.worst.instance > 0, 'a later instance is the worst');
  });

  // No hardware filter: its answer would have a buffer to itself.
  const INVERTED = tableOf(`version: 1
receive: shared
rules:
  - { name: low, match: { id: 0x050, data: [~] }, answer: { id: 0x7A1, length: 7, copy: [{ from: 0, to: 0 }] } }
  - { name: high, match: { id: 0x060, data: [~] }, answer: { id: 0x101, length: 7, copy: [{ from: 0, to: 0 }] } }`);

  it('does not wait for a weaker answer, though that one finds no room', () => {
    // Stronger than 0x101: 1/10 + 1/10. Stronger than 0x7A1: 1 more in 1.2 ms, more than there is with both.
    const messages = [message(0x050, 10), message(0x060, 10), message(0x300, 1.2)];
    const worst = worstMillis({ bitrate: 125_000, messages }, INVERTED);
    // Until it takes part: 58.5, 19.6 and 58.5 us. Blocked by one weaker frame, be it the cell's own; 0x050 and 0x060 once; itself.
    assert.equal(worst['0x101'], 1 + 2 + 1 + 0.1366);
    assert.equal(worst['0x7A1'], 'overload');
  });

  it('is, of the weaker one, that of all that is stronger, with the answers of the cell', () => {
    const messages = [message(0x050, 100), message(0x060, 100), message(0x300, 10)];
    const worst = worstMillis({ bitrate: 125_000, messages }, INVERTED);
    // Nothing is weaker; 0x050, 0x060, 0x101 and 0x300 once; itself.
    assert.equal(worst['0x7A1'], 4 + 1 + 0.1366);
  });

  const SEVERAL = tableOf(`version: 1
receive: shared
rules:
  - name: several
    match: { id: 0x050, data: [~] }
    answer:
      - { id: 0x7A1, length: 7, copy: [{ from: 0, to: 0 }] }
      - { id: 0x101, length: 7, copy: [{ from: 0, to: 0 }] }
  - { name: equal, match: { id: 0x060, data: [~] }, answer: { id: 0x101, length: 7, copy: [{ from: 0, to: 0 }] } }`);

  it('has the weaker answer of its rule in it, as the answers of a rule keep their order', () => {
    const messages = [message(0x050, 100), message(0x300, 10)];
    const lines = linesOf({ bitrate: 125_000, messages }, SEVERAL);
    // Until it takes part; 0x050, 0x300 and 0x7A1 once; itself: that of either answer.
    assert.match(lines, /several 0x101 to 0x050 +4\.137 /);
    assert.match(lines, /several 0x7A1 to 0x050 +4\.137 /);
    assert.match(lines, /several 0x101 to 0x050 may wait behind weaker ones.*: several 0x7A1 to/);
  });

  it('is unknown if that finds no room, also of the same identifier by another rule', () => {
    const messages = [message(0x050, 10), message(0x060, 10), message(0x300, 1.2)];
    const lines = linesOf({ bitrate: 125_000, messages }, SEVERAL);
    assert.match(lines, /several 0x101 to 0x050 +none no bound: a weaker answer may be ahead/);
    assert.match(lines, /equal 0x101 to 0x060 +none no bound: a weaker answer may be ahead/);
  });

  it('is that of the weakest identifier, if bits of it come from the request', () => {
    const table = tableOf(`version: 1
receive: shared
rules:
  - name: reply
    match: { pgn: 0xEA00, destination: 0x21, data: [~] }
    answer: { pgn: 0xEB00, source: 0x21, destination: request-source, priority: request, length: 0 }`);
    const asked = { extended: true, length: 8 };
    // 0x700 is weaker than the request, stronger than an answer of priority 7, and leaves no room for that.
    const messages = [{ ...message(0x18ea2131, 100), ...asked }, message(0x700, 1)];
    const worst = worstMillis({ bitrate: 125_000, messages }, table);
    assert.equal(typeof worst['0x00EB0021'], 'string', 'there is no bound');
  });

  it('is unknown without a request in the traffic, and so its deadline is not met', () => {
    const traffic = { bitrate: 125_000, messages: [message(0x180, 50)] };
    const lines = linesOf(traffic, FILTER);
    assert.match(
      lines,
      /ask: its period is unknown, as no message of the traffic is its request 0x100/,
    );
    assert.match(lines, /1 deadline, 1 not met/);
  });

  it("is known of AGL's frames, which go before weaker answers", () => {
    const agl = message(0x010, 50, { fromAgl: true });
    const messages = [message(0x100, 50), message(0x300, 50), agl];
    const worst = Number(worstMillis({ bitrate: 125_000, messages }, FILTER)['0x010']);
    // Blocked by a weaker one, itself: 2 ms, and less than 0.5 ms in the cell.
    assert.ok(worst > 2 && worst < 2.5, `${worst}`);
  });

  it("keeps the order of AGL's frames: one behind a weaker one that finds no room has no bound", () => {
    const messages = [
      message(0x010, 50, { fromAgl: true }),
      message(0x700, 50, { fromAgl: true }),
      message(0x300, 1),
    ];
    const traffic = { bitrate: 125_000, messages };
    assert.equal(worstMillis(traffic)['0x010'], 'order');
    const lines = linesOf(traffic);
    assert.match(lines, /0x010 of AGL +none no bound: a weaker frame of AGL may be ahead/);
    assert.match(lines, /0x010 of AGL may wait behind weaker ones.*: 0x700 of AGL\./);
  });
});
