// SPDX-License-Identifier: MIT
/** A rule table and live values from AGL, through the bridge's socket, into the running cell. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, it } from '../skippable.ts';
import { compileRules } from '../../rules/compile.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { ask, LIMITS, NATIVE } from './ask.ts';
import { BridgeProcess } from './bridge-process.ts';
import { LiveLink, numberedFrames } from './live-link.ts';
import { STATUS_RULE } from '../rule-tables.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const RULES = `${STATUS_RULE}  - name: door
    match: { id: 0x1B0 }
    answer: { id: 0x1B1, length: 2, data: [0x11], live: [{ from: 3, to: 1, count: 1 }] }
`;

const twoDigits = (value: number): string => value.toString(16).padStart(2, '0');

describe('canwarden-bridge and a running cell', LIMITS, () => {
  const folder = temporaryFolder();
  const file = join(folder, 'rules.bin');
  writeFileSync(file, compileRules(RULES, 'rules.yaml').image);

  it('swap the rule table and set live values without a restart, and miss no urgent request', async () => {
    const link = await LiveLink.start();
    const socket = join(folder, 'bridge.sock');
    const bridge = new BridgeProcess([
      ...[NATIVE, '--interface', '-', '--shm', link.sharedFile, '--socket', socket],
    ]);
    /** Data of the answers to the rule that is new. */
    const answers = (): string[] =>
      link.live.seen.wire
        .filter(({ sender, frame }) => sender === CELL_SENDER && frame.identifier === 0x1b1)
        .map(({ frame }) => Buffer.from(frame.data).toString('hex'));
    const request = (): void => link.sendOnBus([makeFrame({ identifier: 0x1b0 })], 0);
    try {
      await link.until('a session', () => bridge.hasSaid('session with the cell running'));
      request();
      await link.until('the frame at AGL', () => bridge.frames.includes('1B0#'));
      assert.deepEqual(answers(), []);

      const loaded = await ask(socket, 'rules', 'load', file);
      assert.equal(loaded.status, 0, loaded.remarks);
      assert.match(loaded.text, /^the cell has the new rule table in force$/m);
      request();
      await link.until('an answer', () => answers().length === 1);
      assert.deepEqual(answers(), ['1100']);

      const set = await ask(socket, 'live', '3', 'A5');
      assert.equal(set.status, 0, set.remarks);
      request();
      await link.until('another answer', () => answers().length === 2);
      assert.deepEqual(answers(), ['1100', '11a5']);

      const { text } = await ask(socket, 'status', '--json');
      const status = JSON.parse(text) as { rules: { count: number; source: string } };
      assert.deepEqual([status.rules.count, status.rules.source], [2, 'by request']);
      assert.match(
        (await ask(socket, 'trace')).text,
        /rules swapped {5}new rules in force, asked for by AGL: 2/,
      );
      assert.ok(link.answerNanos().every((nanos) => nanos < 1_000_000));
      assert.equal(await bridge.stop(), 0);
    } finally {
      bridge.signal('SIGKILL');
      assert.equal(await link.stop(), 'approved');
    }
  });

  it('keep the table in force when the cell refuses one whose checksum holds', async () => {
    const link = await LiveLink.start();
    const socket = join(folder, 'refused.sock');
    const bridge = new BridgeProcess([
      ...[NATIVE, '--interface', '-', '--shm', link.sharedFile, '--socket', socket],
    ]);
    // An answer of 9 bytes in the second rule: the compiler makes none, so it is made by hand.
    const image = Buffer.from(compileRules(RULES, 'rules.yaml').image);
    image[64 + 64 + 26] = 9;
    image.writeUInt32LE(0, 12);
    image.writeUInt32LE(crc32(image), 12);
    const bad = join(folder, 'bad.bin');
    writeFileSync(bad, image);
    try {
      await link.until('a session', () => bridge.hasSaid('session with the cell running'));
      const { status, remarks } = await ask(socket, 'rules', 'load', bad);
      assert.equal(status, 1);
      assert.match(remarks, /the cell refused the rule table at rule 2: status 67 RulesField/);
      const { text } = await ask(socket, 'status', '--json');
      const page = JSON.parse(text) as { rules: { count: number; source: string } };
      assert.deepEqual([page.rules.count, page.rules.source], [1, 'loaded at start']);
      const answered = link.answerNanos().length;
      await link.until('more answers', () => link.answerNanos().length > answered + 20);
      assert.equal(await bridge.stop(), 0);
    } finally {
      bridge.signal('SIGKILL');
      assert.equal(await link.stop(), 'approved');
    }
  });

  it('carry every frame while clients follow or hang, and tell them when the bridge ends', async () => {
    const link = await LiveLink.start();
    const socket = join(folder, 'busy.sock');
    const bridge = new BridgeProcess([
      ...[NATIVE, '--interface', '-', '--shm', link.sharedFile, '--socket', socket],
    ]);
    const followers: BridgeProcess[] = [];
    try {
      await link.until('a session', () => bridge.hasSaid('session with the cell running'));
      for (let count = 0; count < 2; count += 1) {
        followers.push(new BridgeProcess([NATIVE, '--socket', socket, '--ask', 'trace', '-f']));
      }
      await link.until('both', () => followers.every(({ frames }) => frames.length > 0));
      followers[1].signal('SIGSTOP');
      link.sendOnBus(numberedFrames(0x500, 1000), 0);
      bridge.write(Array.from({ length: 100 }, (_, index) => `7AA#${twoDigits(index)}`));
      await link.until('the frames to AGL', () => bridge.frames.length === 1000);
      await link.until('the frames to the bus', () => link.sentForAgl().length === 100);
      assert.deepEqual(
        bridge.frames.map((line) => parseInt(line.slice('500#'.length), 16)),
        Array.from({ length: 1000 }, (_, index) => index),
      );
      assert.deepEqual(
        link.sentForAgl().map(({ data }) => data[0]),
        Array.from({ length: 100 }, (_, index) => index),
      );
      const before = followers[0].frames.length;
      await link.until('the trace to go on', () => followers[0].frames.length > before);
      assert.equal(await bridge.stop(), 0);
      followers[1].signal('SIGCONT');
      for (const follower of followers) {
        assert.equal(await follower.end(), 1);
        assert.ok(follower.hasSaid('the answer broke off: the bridge ended'));
      }
    } finally {
      for (const process of [bridge, ...followers]) process.signal('SIGKILL');
      assert.equal(await link.stop(), 'approved');
    }
  });
});
