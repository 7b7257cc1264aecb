// SPDX-License-Identifier: MIT
/**
 * Each way to lose a frame on its way between bus and AGL has a counter of its own: a peer that cannot carry
 * it, a peer whose ring is full, the cell's own ring, a stopped interface, a chip that was reset, an SPI
 * block that stopped. The counts are those of the frames that the tests send.
 */
import assert from 'node:assert/strict';
import { MinimalPeer } from '../../lab/peers/minimal/minimal-peer.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { openSums } from '../../lab/page/account.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { type RigOptions, openRig } from '../../lab/rig/open-rig.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { readTrace } from '../../lab/page/rings.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import { MILLISECOND, onBoth, onWasm, withRig } from './case.ts';
import { checkCounters } from './counters.ts';
import { failNextSends } from './disturbance.ts';

/** virtio 1.4, "CAN Device": VIRTIO_CAN_F_RTR_FRAMES is bit 2. */
const FEATURE_RTR_FRAMES = 1 << 2;
const STOP = 0x0202;
/** Buffers of the driver's receive queue, and where its rings lie in the section (lab/peers/minimal). */
const RECEIVE_BYTES = 24;
const DESCRIPTOR_BYTES = 16;
const DESCRIPTOR_WRITE = 2;
const RINGS_OFFSET = 0x400;
/** Trace event, docs/status-page.md: an answer found as many before it as may wait. */
const ANSWER_DROPPED = 21;
/** Its status, docs/troubleshooting.md. */
const STATUS_ANSWER_DROPPED = 59;

async function withPeer(
  engine: EngineName,
  options: Partial<RigOptions> & { withoutFeatures?: number },
  use: (rig: Rig, peer: MinimalPeer) => void,
): Promise<void> {
  let peer: MinimalPeer | undefined;
  const { withoutFeatures, ...others } = options;
  const rig = await openRig({
    engine,
    ...others,
    makePeer: (surroundings) => {
      peer = new MinimalPeer({ ...surroundings, withoutFeatures });
      return peer;
    },
  });
  try {
    assert.ok(peer);
    rig.run(20 * MILLISECOND);
    use(rig, peer);
  } finally {
    rig.close();
  }
}

const BACK_END = EXCHANGED_ROLES;

onBoth('a remote frame that AGL did not agree to take is no full ring', (engine) =>
  withPeer(engine, { ...BACK_END, withoutFeatures: FEATURE_RTR_FRAMES }, (rig) => {
    for (let index = 0; index < 6; index++) {
      rig.send({ identifier: 0x100 + index, remote: index % 2 === 0 });
    }
    rig.run(10 * MILLISECOND);
    checkCounters(rig, {
      received: 6,
      forwarded: 3,
      forwardDroppedUnsupported: 3,
      forwardDroppedFull: 0,
    });
  }),
);

/** Receive buffers of AGL's driver, which hold a message, are now shorter than its header. */
function shortenBuffers(section: Buffer): number {
  let count = 0;
  for (let at = RINGS_OFFSET; at + DESCRIPTOR_BYTES <= section.length; at += DESCRIPTOR_BYTES) {
    const isReceive = section.readUInt32LE(at + 8) === RECEIVE_BYTES;
    if (!isReceive || section.readUInt16LE(at + 12) !== DESCRIPTOR_WRITE) continue;
    section.writeUInt32LE(4, at + 8);
    count++;
  }
  return count;
}

onBoth('a frame with which an impossible ring of AGL was found is no full ring', (engine) =>
  withPeer(engine, BACK_END, (rig) => {
    rig.send({ identifier: 0x100 });
    rig.run(5 * MILLISECOND);
    assert.ok(shortenBuffers(rig.board.section) > 0);
    rig.send({ identifier: 0x101 });
    rig.run(100 * MILLISECOND);
    // The driver has begun a new session.
    rig.send({ identifier: 0x102 });
    rig.run(5 * MILLISECOND);
    assert.deepEqual(
      rig.agl.map(({ frame }) => frame.identifier),
      [0x100, 0x102],
    );
    checkCounters(rig, {
      received: 3,
      forwarded: 2,
      forwardDroppedFault: 1,
      forwardDroppedFull: 0,
      forwardDroppedNoPeer: 0,
    });
  }),
);

onBoth(
  'an AGL that takes nothing for a while: its ring is full, and the loss is its own',
  (engine) =>
    withPeer(engine, { bitrate: 1_000_000 }, (rig, peer) => {
      peer.isHung = true;
      for (let index = 0; index < 600; index++) rig.send({ identifier: index });
      rig.run(60 * MILLISECOND);
      peer.isHung = false;
      rig.run(20 * MILLISECOND);
      assert.ok(rig.agl.length > 256, 'the two rings');
      checkCounters(rig, {
        received: 600,
        forwarded: rig.agl.length,
        forwardDroppedFull: 600 - rig.agl.length,
        forwardDroppedOwnRing: 0,
        forwardDroppedNoPeer: 0,
      });
    }),
);

onWasm(
  'a cell that does nothing but read loses in its own ring what AGL had room for',
  (engine) => {
    // Nine clocks a byte: at 1.5 MHz a frame of 47 bits takes the cell longer than the bus.
    const commandLine = 'bitrate=1000000 osc=16000000 spi=1500000';
    return withRig({ engine, bitrate: 1_000_000, commandLine }, (rig) => {
      let lost = 0;
      rig.board.chip.onOverflow = () => lost++;
      for (let index = 0; index < 1_000; index++) rig.send({ identifier: index });
      rig.run(100 * MILLISECOND);
      assert.ok(lost > 0, 'the chip loses frames as well');
      const atAgl = rig.agl.length;
      assert.ok(1_000 - lost - atAgl > 100, `${lost} lost in the chip, ${atAgl} at AGL`);
      checkCounters(rig, {
        received: 1_000 - lost,
        forwarded: atAgl,
        forwardDroppedOwnRing: 1_000 - lost - atAgl,
        forwardDroppedFull: 0,
      });
    });
  },
);

onWasm('frames while nobody is there, and frames of a table that drops', async (engine) => {
  await withRig({ engine, withoutAgl: true }, (rig) => {
    for (let index = 0; index < 5; index++) rig.send({ identifier: index });
    rig.run(10 * MILLISECOND);
    checkCounters(rig, { received: 5, forwardDroppedNoPeer: 5, forwardDroppedFull: 0 });
  });
});

onWasm('frames of AGL: sent, withdrawn, lost with the chip', async (engine) => {
  await withPeer(engine, BACK_END, (rig, peer) => {
    rig.sendFromAgl({ identifier: 0x100 });
    rig.run(5 * MILLISECOND);
    // Nobody acknowledges it, so it is still in the chip when the driver stops the interface.
    failNextSends(rig, 8);
    rig.sendFromAgl({ identifier: 0x101 });
    rig.run(MILLISECOND / 2);
    peer.control(STOP);
    rig.run(20 * MILLISECOND);
    checkCounters(rig, {
      fromAglTaken: 2,
      fromAglSent: 1,
      fromAglWithdrawn: 1,
      fromAglMalformed: 0,
    });
  });
  await withRig({ engine }, (rig) => {
    failNextSends(rig, 8);
    rig.sendFromAgl({ identifier: 0x101 });
    rig.run(MILLISECOND / 2);
    rig.board.chip.brownOut(rig.now);
    rig.run(200 * MILLISECOND);
    checkCounters(rig, {
      fromAglTaken: 1,
      fromAglSent: 0,
      fromAglChipReset: 1,
      fromAglTimedOut: 0,
    });
  });
});

onWasm(
  'listen-only: what AGL sends and what rules would answer is refused by that name',
  (engine) => {
    const rules = `
version: 1
rules:
  - { name: one, match: { id: 0x010 }, answer: { id: 0x510, data: [1] } }
`;
    return withRig({ engine, rules, settings: 'mode=listen-only' }, (rig) => {
      rig.sendFromAgl({ identifier: 0x100 });
      rig.send({ identifier: 0x010 });
      rig.run(5 * MILLISECOND);
      const page = settledStatusPage(rig.board);
      assert.ok(page);
      assert.deepEqual(openSums(page), []);
      assert.equal(page.counters[COUNTER.fromAglListenOnly], 1);
      assert.ok(page.counters[COUNTER.answersListenOnly] >= 1);
      assert.equal(page.counters[COUNTER.answersDropped], 0);
    });
  },
);

/** docs/rules.md, "Limits": answers that may wait in the cell. */
const WAITING = 32;
/** Two filters have a buffer each. The third one, and the second filter's, take answers of other rules. */
const IN_CHIP = 2;
/** docs/status-page.md, "Rings": no rule. */
const NO_RULE = 0xffff;

/** `one` and `two` have the filters, so the others are read by software. */
const READ_BY_SOFTWARE = `
version: 1
rules:
  - { name: one, match: { id: 0x010 }, answer: { id: 0x110, data: [1] } }
  - { name: two, match: { id: 0x011 }, answer: { id: 0x111, data: [2] } }
  - { name: weak, match: { id: 0x012, data: [~] }, answer: { id: 0x7f0, data: [0], copy: [{ from: 0, to: 0 }] } }
  - { name: strong, match: { id: 0x013, data: [~] }, answer: { id: 0x120, data: [0], copy: [{ from: 0, to: 0 }] } }
`;

function droppedIn(rig: Rig): number[][] {
  assert.ok(rig.board.control);
  const records = readTrace(rig.board.control.status);
  return records.filter(({ code }) => code === ANSWER_DROPPED).map(({ a, b }) => [a, b]);
}

onBoth(
  'more weak answers than may wait: those beyond are counted, and told with their rule',
  (engine) =>
    withRig({ engine, rules: READ_BY_SOFTWARE }, (rig) => {
      // Requests fill the bus, and each is stronger than an answer.
      const beyond = 7;
      const asked = WAITING + IN_CHIP + beyond;
      for (let index = 0; index < asked; index++) rig.send({ identifier: 0x012, data: [index] });
      rig.run(30 * MILLISECOND);
      const page = settledStatusPage(rig.board);
      assert.ok(page);
      assert.deepEqual(openSums(page), []);
      assert.equal(page.counters[COUNTER.answersDropped], beyond);
      assert.equal(page.counters[COUNTER.answersSent], asked - beyond);
      assert.deepEqual(
        droppedIn(rig),
        Array.from({ length: beyond }, () => [2, 0x012]),
      );
      // At most one sentence a second, with how many since the one before.
      const said = page.said.get(STATUS_ANSWER_DROPPED);
      assert.equal(said?.times, 1);
      assert.ok(said.value >= 1 && said.value <= beyond, `${said.value}`);
      assert.equal(page.lastStatus, STATUS_ANSWER_DROPPED);
    }),
);

onBoth('a strong answer finds as many weak ones as may wait: one of those is dropped', (engine) =>
  withRig({ engine, rules: READ_BY_SOFTWARE }, (rig) => {
    const weak = WAITING + IN_CHIP;
    for (let index = 0; index < weak; index++) rig.send({ identifier: 0x012, data: [index] });
    rig.send({ identifier: 0x013, data: [0xaa] });
    // The bus stays taken until the strong answer has its buffer.
    for (let index = 0; index < 4; index++) rig.send({ identifier: 0x014, data: [index] });
    rig.run(30 * MILLISECOND);
    const page = settledStatusPage(rig.board);
    assert.ok(page);
    assert.deepEqual(openSums(page), []);
    assert.equal(page.counters[COUNTER.answersDropped], 1);
    // The last of the weak ones had to go. Its answer is named: its rule is not known any more.
    assert.deepEqual(droppedIn(rig), [[NO_RULE, 0x7f0]]);
    const sent = rig.sentBy('canwarden').map(({ identifier, data }) => [identifier, data[0]]);
    const rest = Array.from({ length: weak - 1 }, (_, index) => [0x7f0, index]);
    assert.deepEqual(sent, [[0x120, 0xaa], ...rest]);
  }),
);
