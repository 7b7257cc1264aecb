// SPDX-License-Identifier: MIT
/**
 * S as the image takes it, at 1 ns an instruction and SPI 10 MHz: from the end of READ of a request to RTS of its answer,
 * the strongest of the cell's, while three weaker ones have all buffers; alone, and with a frame that comes in meanwhile.
 *
 * The table is in docs/decisions/0037-what-s-takes.md. Alone it is 55 us at most
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
const DATA = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];
const RULES = `version: 1
receive: shared
rules:
${[0x7a1, 0x7a2, 0x7a3, 0x050]
  .map(
    (answer, index) =>
      `  - { name: r${index}, match: { id: ${WEAK[0] + index}, data: [~] }, answer: { id: ${answer}, length: 8, copy: [{ from: 0, to: 1, count: 1 }] } }`,
  )
  .join('\n')}
`;
// DS20001801J, table 12-1: READ RX BUFFER, RTS of one buffer.
const READ = [0x90, 0x94];
const isRts = (instruction: number): boolean => [0x81, 0x82, 0x84].includes(instruction);

/** A receive buffer has the strong request: RXBnSIDH and RXBnSIDL (registers 4-4 and 4-5). */
function holdsRequest(rig: Rig): boolean {
  return [0x61, 0x71].some(
    (at) => ((rig.register(at) << 3) | (rig.register(at + 1) >> 5)) === ASKS_STRONG,
  );
}

/** One round: the cell reads the strong request `delayNanos` after INT, or at once. Returns S of it. */
function roundOf(rig: Rig, delayNanos: number, follower?: readonly number[]): number {
  rig.run(5 * MILLISECOND);
  for (let frame = 0; frame < 12; frame++) rig.send({ identifier: FLOOD, data: DATA });
  for (const identifier of WEAK) rig.send({ identifier, data: DATA });
  // TXREQ of TXB0, TXB1 and TXB2 (register 3-3).
  const isPending = () => [0x30, 0x40, 0x50].every((at) => (rig.register(at) & 0x08) !== 0);
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
  if (follower) rig.send({ identifier: 0x200, data: follower });
  rig.run(MILLISECOND);
  rig.onInterrupt = undefined;
  const asked = rig.transactions.find(
    ({ mosi: [first], miso }) =>
      READ.includes(first) && miso[1] === ASKS_STRONG >> 3 && miso[2] >> 5 === (ASKS_STRONG & 7),
  );
  assert.ok(asked && asked.selectNanos > from, 'the request was read');
  const rts = rig.transactions.find(
    ({ mosi: [first], selectNanos }) => isRts(first) && selectNanos > asked.selectNanos,
  );
  assert.ok(rts, 'its answer was requested');
  const { frame } = rig.wire.filter(({ sender }) => sender === 'canwarden')[0];
  assert.equal(frame.identifier, 0x050, 'it goes first');
  return rts.lastByteNanos - asked.lastByteNanos;
}

async function seenAt(delayMicros: number, follower?: readonly number[]): Promise<number> {
  // TXP as after the set-up, with which most has to be changed.
  const rig = await openRig({ engine: 'image', bitrate: BITRATE, rules: RULES });
  try {
    return roundOf(rig, delayMicros * MICROSECOND, follower);
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
  assert.ok(seen[0] <= 55 * MICROSECOND, `alone ${seen[0]} ns`);
  assert.ok(Math.max(...seen) <= most, `${Math.max(...seen)} ns of ${most}: ${seen.join(' ')}`);
});
