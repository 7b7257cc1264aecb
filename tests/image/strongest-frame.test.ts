// SPDX-License-Identifier: MIT
/**
 * S as the image takes it, at 1 ns an instruction and SPI 10 MHz: from the end of READ of a request to RTS of its answer,
 * the strongest of the cell's, while weaker ones have all buffers; alone, and with a frame that comes in meanwhile, which
 * nobody answers, or a filter does, with bytes of it or without.
 *
 * The table is in docs/decisions/0037-what-s-takes.md. Alone it is 50 us at most
 * (docs/timing-budget.md); with a frame, what is declared.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { takesPartNanos } from '../../rules/bus/cell-delays.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, MILLISECOND } from '../cases/case.ts';

const BITRATE = 1_000_000;
const WEAK = [0x101, 0x102, 0x103];
const ASKS_STRONG = 0x104;
const FLOOD = 0x300;
const FOLLOWER = 0x200;
const DATA = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];
const ANSWERS = [0x7a1, 0x7a2, 0x7a3, 0x050];
/** Data byte 2 of the requests, which no filter can tell. */
const THIRD = [0x22, 0x22, 0x22, 7];
/** What the frame that comes in meanwhile has to do with the rules. */
const BETWEEN = {
  /** No rule has it, and no filter a buffer: three weaker answers are pending. */
  none: { receive: 'shared', weak: 3, rule: '' },
  /** Its answer waits in TXB2, and RTS sends it; two weaker answers are pending. */
  filter: { receive: 'urgent-first', weak: 2, rule: 'answer: { id: 0x060, data: [1, 2] }' },
  /** The same with two bytes of it. */
  window: {
    receive: 'window',
    weak: 2,
    rule: 'answer: { id: 0x060, length: 8, copy: [{ from: 0, to: 1, count: 2 }] }',
  },
};
type Between = (typeof BETWEEN)[keyof typeof BETWEEN];

function rulesWith({ receive, rule }: Between): string {
  const read = ANSWERS.map(
    (answer, index) =>
      `  - { name: r${index}, match: { id: ${WEAK[0] + index}, data: [~, ~, ${THIRD[index]}] }, answer: { id: ${answer}, length: 8, copy: [{ from: 0, to: 1, count: 1 }] } }`,
  );
  const own =
    rule === '' ? [] : [`  - { name: between, match: { id: ${FOLLOWER}, data: [~, ~] }, ${rule} }`];
  return ['version: 1', `receive: ${receive}`, 'rules:', ...read, ...own, ''].join('\n');
}
// DS20001801J, table 12-1: READ RX BUFFER; LOAD TX BUFFER from SIDH, and RTS of the same buffer.
const READ = [0x90, 0x94];
const RTS_OF_LOAD: Readonly<Record<number, number>> = { 0x40: 0x81, 0x42: 0x82, 0x44: 0x84 };
const isLoad = (instruction: number): boolean => instruction in RTS_OF_LOAD;

/** A receive buffer has the strong request: RXBnSIDH and RXBnSIDL (registers 4-4 and 4-5). */
function holdsRequest(rig: Rig): boolean {
  return [0x61, 0x71].some(
    (at) => ((rig.register(at) << 3) | (rig.register(at + 1) >> 5)) === ASKS_STRONG,
  );
}

/**
 * One round: the cell reads the strong request `delayNanos` after INT, or at once. Returns S of it, to the RTS with which
 * its buffer is requested.
 */
function roundOf(rig: Rig, weak: number, delayNanos: number, follower?: readonly number[]): number {
  rig.run(5 * MILLISECOND);
  for (let frame = 0; frame < 12; frame++) rig.send({ identifier: FLOOD, data: DATA });
  for (const identifier of WEAK.slice(0, weak)) rig.send({ identifier, data: DATA });
  // TXREQ of TXB0, TXB1 and TXB2 (register 3-3).
  const isPending = () =>
    [0x30, 0x40, 0x50].slice(0, weak).every((at) => (rig.register(at) & 0x08) !== 0);
  assert.ok(rig.runUntil(isPending, MILLISECOND, 5 * MICROSECOND), 'all buffers are taken');
  rig.forget();
  const from = rig.now;
  let isStalled = false;
  rig.onInterrupt = (isLow, nanos) => {
    if (!isLow || isStalled || !holdsRequest(rig)) return;
    isStalled = true;
    rig.stallUntil(nanos + delayNanos);
  };
  rig.send({ identifier: ASKS_STRONG, data: [7, 7, 7, 7, 7, 7, 7, 7] });
  if (follower) rig.send({ identifier: FOLLOWER, data: follower });
  rig.run(MILLISECOND);
  rig.onInterrupt = undefined;
  const asked = rig.transactions.find(
    ({ mosi: [first], miso }) =>
      READ.includes(first) && miso[1] === ASKS_STRONG >> 3 && miso[2] >> 5 === (ASKS_STRONG & 7),
  );
  assert.ok(asked && asked.selectNanos > from, 'the request was read');
  const taken = rig.transactions.find(
    ({ mosi: [first, high], selectNanos }) =>
      isLoad(first) && high === ANSWERS[3] >> 3 && selectNanos > asked.selectNanos,
  );
  assert.ok(taken, 'it was loaded');
  const rts = rig.transactions.find(
    ({ mosi: [first], selectNanos }) =>
      first === RTS_OF_LOAD[taken.mosi[0]] && selectNanos > taken.selectNanos,
  );
  assert.ok(rts, 'its answer was requested');
  const sent = rig.wire.filter(({ sender }) => sender === 'canwarden');
  // The answer that leaves meanwhile is the weaker one, and was not sent before.
  assert.equal(sent[0].frame.identifier, ANSWERS[3], 'it goes first');
  return rts.lastByteNanos - asked.lastByteNanos;
}

async function seenAt(
  delayMicros: number,
  follower?: readonly number[],
  between: Between = BETWEEN.none,
): Promise<number> {
  // TXP as after the set-up, with which most has to be changed.
  const rig = await openRig({ engine: 'image', bitrate: BITRATE, rules: rulesWith(between) });
  try {
    return roundOf(rig, between.weak, delayMicros * MICROSECOND, follower);
  } finally {
    rig.close();
  }
}

it('the strongest answer takes part within S, alone and beside a frame that comes in', async () => {
  const seen = [await seenAt(0)];
  for (const micros of [60, 70, 80, 90, 100, 110]) seen.push(await seenAt(micros, DATA));
  for (const micros of [0, 8, 16, 24]) seen.push(await seenAt(micros, []));
  // Without the answer that may leave meanwhile.
  const most = takesPartNanos(250_000);
  assert.ok(seen[0] <= 50 * MICROSECOND, `alone ${seen[0]} ns`);
  assert.ok(Math.max(...seen) <= most, `${Math.max(...seen)} ns of ${most}: ${seen.join(' ')}`);
});

it('takes part within S where a filter answers the frame that comes in', async () => {
  const seen: number[] = [];
  for (const micros of [60, 75, 90, 105]) seen.push(await seenAt(micros, DATA, BETWEEN.filter));
  const most = takesPartNanos(250_000);
  assert.ok(Math.max(...seen) <= most, `${Math.max(...seen)} ns of ${most}: ${seen.join(' ')}`);
});

it('and where the answer has bytes of it, which counts from 500 kbit/s on', async () => {
  const seen: number[] = [];
  for (const micros of [60, 75, 90, 105]) seen.push(await seenAt(micros, DATA, BETWEEN.window));
  const most = takesPartNanos(BITRATE);
  assert.ok(Math.max(...seen) <= most, `${Math.max(...seen)} ns of ${most}: ${seen.join(' ')}`);
});
