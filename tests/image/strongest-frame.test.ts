// SPDX-License-Identifier: MIT
/**
 * S as the image takes it, at 1 ns an instruction and SPI 10 MHz: from the end of READ of a request to RTS of its answer,
 * the strongest of the cell's, while weaker ones have all buffers; alone, and with a frame that comes in meanwhile, which
 * nobody answers, or a filter does, with bytes of it or without, or INT tells of it alone.
 *
 * The sums are in docs/timing-budget.md: alone 42.1 us at most; with a frame, what is declared.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { takesPartNanos } from '../../rules/bus/cell-delays.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, MILLISECOND } from '../cases/case.ts';

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
  none: { receive: 'shared', weak: 3, match: '', answer: '' },
  /** Its answer waits in TXB2, and RTS sends it; two weaker answers are pending. */
  filter: {
    ...{ receive: 'urgent-first', weak: 2, match: 'data: [~, ~]' },
    answer: 'id: 0x060, data: [1, 2]',
  },
  /** The same with two bytes of it. */
  window: {
    ...{ receive: 'window', weak: 2, match: 'data: [~, ~]' },
    answer: 'id: 0x060, length: 8, copy: [{ from: 0, to: 1, count: 2 }]',
  },
  /** The same, and its answer is stronger than that of the request that is being answered. */
  stronger: {
    ...{ receive: 'window', weak: 2, match: 'data: [~, ~]' },
    answer: 'id: 0x040, length: 8, copy: [{ from: 0, to: 1, count: 2 }]',
  },
  /** INT tells of it alone. */
  single: {
    ...{ receive: 'single', weak: 2, match: 'remote: any' },
    answer: 'id: 0x060, data: [1, 2]',
  },
};
type Between = (typeof BETWEEN)[keyof typeof BETWEEN];

function rulesWith({ receive, match, answer: own }: Between): string {
  const read = ANSWERS.map(
    (answer, index) =>
      `  - { name: r${index}, match: { id: ${WEAK[0] + index}, data: [~, ~, ${THIRD[index]}] }, answer: { id: ${answer}, length: 8, copy: [{ from: 0, to: 1, count: 1 }] } }`,
  );
  const between =
    own === ''
      ? []
      : [`  - { name: between, match: { id: ${FOLLOWER}, ${match} }, answer: { ${own} } }`];
  return ['version: 1', `receive: ${receive}`, 'rules:', ...read, ...between, ''].join('\n');
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

/** One round: when the strong request had been read, when its buffer was requested, and when the follower had ended. */
interface Round {
  readonly askedNanos: number;
  readonly requestedNanos: number;
  readonly followedNanos: number;
}

/** The cell reads the strong request `delayNanos` after INT, or at once. */
function roundOf(
  rig: Rig,
  { weak }: Between,
  delayNanos: number,
  follower?: readonly number[],
): Round {
  rig.run(5 * MILLISECOND);
  for (let frame = 0; frame < 12; frame++) rig.send({ identifier: FLOOD, data: DATA });
  for (const identifier of WEAK.slice(0, weak)) rig.send({ identifier, data: DATA });
  // TXREQ of TXB0, TXB1 and TXB2 (register 3-3).
  const isPending = () =>
    [0x30, 0x40, 0x50].slice(0, weak).every((at) => (rig.register(at) & 0x08) !== 0);
  assert.ok(rig.runUntil(isPending, 8 * MILLISECOND, 5 * MICROSECOND), 'all buffers are taken');
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
  rig.run(8 * MILLISECOND);
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
  const sent = rig.wire.filter(
    ({ sender, frame }) => sender === 'canwarden' && ANSWERS.includes(frame.identifier),
  );
  // The answer that leaves meanwhile is the weaker one, and was not sent before.
  assert.equal(sent[0].frame.identifier, ANSWERS[3], 'it goes first');
  const followed = rig.wire.find(({ frame }) => frame.identifier === FOLLOWER);
  return {
    askedNanos: asked.lastByteNanos,
    requestedNanos: rts.lastByteNanos,
    followedNanos: followed?.endNanos ?? Infinity,
  };
}

async function seenAt(
  bitrate: number,
  delayMicros: number,
  follower?: readonly number[],
  between: Between = BETWEEN.none,
): Promise<Round> {
  // TXP as after the set-up, with which most has to be changed.
  const rig = await openRig({ engine: 'image', bitrate, rules: rulesWith(between) });
  try {
    return roundOf(rig, between, delayMicros * MICROSECOND, follower);
  } finally {
    rig.close();
  }
}

const micros = ({ askedNanos, requestedNanos }: Round): number =>
  (requestedNanos - askedNanos) / MICROSECOND;
/**
 * The follower ended after the step that read and decided: as on a cell that keeps up with the bus. The stall lies within
 * that step, so until its end the cell takes every frame for as old as the stall, and lets none wait.
 */
const isMeanwhile = ({ askedNanos, followedNanos }: Round): boolean =>
  followedNanos > askedNanos + 5 * MICROSECOND;

async function assertWithin(bitrate: number, between: Between, delays: number[], data: number[]) {
  const most = takesPartNanos(bitrate) / MICROSECOND;
  const rounds: Round[] = [];
  for (const delay of delays) rounds.push(await seenAt(bitrate, delay, data, between));
  const seen = rounds.filter((round) => bitrate === 1_000_000 || isMeanwhile(round)).map(micros);
  assert.ok(seen.length > 0);
  assert.ok(Math.max(...seen) <= most, `${seen.join(' ')} of ${most} us`);
}

it('the strongest answer takes part within 42.1 us where no frame comes in, whatever the bit rate', async () => {
  const seen = micros(await seenAt(1_000_000, 0));
  assert.ok(seen <= 42.1, `${seen} us`);
});

it('a frame that no filter tells waits for it, and costs nothing', async () => {
  const alone = micros(await seenAt(500_000, 0));
  for (const delay of [190, 203]) {
    const round = await seenAt(500_000, delay, DATA);
    assert.ok(isMeanwhile(round), `${delay}`);
    assert.ok(Math.abs(micros(round) - alone) < 0.5, `${micros(round)} us, alone ${alone} us`);
  }
});

it('takes part within S where a filter answers the frame that comes in', async () => {
  await assertWithin(500_000, BETWEEN.filter, [189, 197, 205], DATA);
});

it('where that answer has bytes of it, too', async () => {
  await assertWithin(500_000, BETWEEN.window, [191, 205], DATA);
});

it('and at 1 Mbit/s, where such a frame may have to be read first', async () => {
  await assertWithin(1_000_000, BETWEEN.none, [80, 95], DATA);
  await assertWithin(1_000_000, BETWEEN.filter, [75, 91, 96, 107], DATA);
  await assertWithin(1_000_000, BETWEEN.window, [83, 88, 99], DATA);
  await assertWithin(1_000_000, BETWEEN.single, [0], []);
});

// From the end of a frame to the arbitration after the next: intermission, and the shortest frame with its own.
const SECOND_ARBITRATION_BITS = 3 + 47;

it('a stronger answer with bytes of that frame goes before it, and it misses no arbitration', async () => {
  for (const delay of [191, 207]) {
    const round = await seenAt(500_000, delay, DATA, BETWEEN.stronger);
    assert.ok(isMeanwhile(round), `${delay}`);
    const later = round.requestedNanos - round.followedNanos;
    assert.ok(later < (SECOND_ARBITRATION_BITS * 1e9) / 500_000, `${later} ns`);
  }
});
