// SPDX-License-Identifier: MIT
/** The bridge's socket with pages that are not there or damaged, and with clients that misbehave. */
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, it } from '../skippable.ts';
import { ask, LIMITS, NATIVE, startBridge, until, within } from './ask.ts';
import { Random } from '../../lab/random/random.ts';
import { BridgeProcess } from './bridge-process.ts';
import { FakeCell } from './fake-cell.ts';

const MAGIC = 0x54535743;
/** How long a client may ask nothing: docs/bridge.md. */
const ASK_WAIT_MILLIS = 5000;
/** Why there is no answer about a page that holds nothing. */
const REASONS = /try again|damaged|no status page|another layout/;

async function withBridge(
  cell: FakeCell,
  test: (bridge: BridgeProcess) => Promise<void>,
): Promise<void> {
  const bridge = await startBridge(cell);
  try {
    await test(bridge);
    assert.equal(await bridge.stop(), 0, bridge.messages.join('\n'));
  } finally {
    bridge.signal('SIGKILL');
    cell.remove();
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', reject);
  });
}

describe('the socket of canwarden-bridge', LIMITS, () => {
  it('is not there without a control device, and one line says so', async () => {
    const cell = new FakeCell(1);
    await withBridge(cell, async (bridge) => {
      assert.equal(bridge.messages.filter((line) => /no control device/.test(line)).length, 1);
      assert.ok(!existsSync(cell.socket));
      const { status, remarks } = await ask(cell.socket, 'status');
      assert.equal(status, 1);
      assert.match(remarks, /nobody answers at .*bridge\.sock: No such file.* Next: systemctl/);
    });
  });

  it('says that the cell has no page, another one, or one that it is always writing', async () => {
    const cell = new FakeCell();
    await withBridge(cell, async () => {
      for (const words of [['status'], ['trace'], ['recorder', 'dump'], ['live', '0', '1']]) {
        const absent = await ask(cell.socket, ...words);
        assert.equal(absent.status, 1);
        assert.match(absent.remarks, /has written no status page.* Next: canwarden doctor/);
      }
      cell.start().page.writeUInt16LE(7, 4);
      assert.match((await ask(cell.socket, 'status')).remarks, /page has another layout/);
      cell.page.writeUInt16LE(1, 4);
      cell.set(8, 1);
      const busy = await ask(cell.socket, 'status');
      assert.equal(busy.status, 1);
      assert.match(busy.remarks, /the cell is writing its status page, try again/);
      cell.set(8, 2).set(0x18, 0);
      assert.match((await ask(cell.socket, 'status')).remarks, /status page is damaged/);
    });
  });

  it('calls a cell dead only after two seconds without a heartbeat', async () => {
    const cell = new FakeCell().start();
    await withBridge(cell, async () => {
      const { status, text } = await ask(cell.socket, 'status', '--json');
      assert.equal(status, 0);
      const page = JSON.parse(text) as Record<string, unknown>;
      assert.equal(page.alive, false);
      assert.ok(Number(page.heartbeat_age_milliseconds) >= 2000, text);
    });
  });

  it('replaces a dead socket, leaves a living one and other files, and goes at the end', async () => {
    const cell = new FakeCell().start();
    const killed = await startBridge(cell);
    await killed.stop('SIGKILL');
    assert.ok(existsSync(cell.socket));
    await withBridge(cell, async () => {
      assert.equal((await ask(cell.socket, 'status')).status, 0);
      assert.equal(statSync(cell.socket).mode & 0o777, 0o660);
      const second = await startBridge(cell);
      await until('the refusal', () => second.hasSaid('another bridge serves it'));
      await second.stop();
      assert.equal((await ask(cell.socket, 'status')).status, 0);
    });
    assert.ok(!existsSync(cell.socket));
    const other = new FakeCell().start();
    writeFileSync(other.socket, 'mine');
    await withBridge(other, async (bridge) => {
      await until('the refusal', () => bridge.hasSaid('something else has that name'));
    });
  });

  it('answers eight at once, tells the ninth, and closes those that ask nothing', async () => {
    const cell = new FakeCell().start();
    await withBridge(cell, async () => {
      const ninth = await within('the ninth', ASK_WAIT_MILLIS, async () => {
        const silent = await Promise.all(Array.from({ length: 8 }, () => connected(cell.socket)));
        let closed = 0;
        for (const socket of silent) socket.on('close', () => (closed += 1)).resume();
        const answer = await ask(cell.socket, 'status');
        return { ...answer, areClosed: () => closed === 8 };
      });
      assert.equal(ninth.status, 1);
      assert.match(ninth.remarks, /too many ask at once/);
      await until('all of them to be closed', ninth.areClosed);
      assert.equal((await ask(cell.socket, 'status')).status, 0);
    });
  });

  it('survives clients that send rubbish, or go away in the middle of an answer', async () => {
    const cell = new FakeCell().start();
    for (let count = 0; count < 4000; count += 1) cell.record(BigInt(count), 0, 0x100, [1, 2, 3]);
    await withBridge(cell, async () => {
      const question = (kind: number, bytes = 0, magic = 0x32415743): Buffer => {
        const head = Buffer.alloc(16);
        [magic, kind, 0, bytes].forEach((word, index) => head.writeUInt32LE(word >>> 0, 4 * index));
        return head;
      };
      for (const rubbish of [
        Buffer.from('GET / HTTP/1.0\r\n\r\n'),
        question(99),
        question(5, 0xffffffff),
        question(4, 0),
        question(5, 0),
        Buffer.concat([question(1), Buffer.alloc(20_000)]),
      ]) {
        const socket = await connected(cell.socket);
        socket.on('error', () => {});
        socket.resume().write(rubbish);
        await until('the end', () => socket.readableEnded || socket.destroyed);
        socket.destroy();
      }
      for (let count = 0; count < 20; count += 1) {
        const socket = await connected(cell.socket);
        socket.on('error', () => {});
        socket.once('data', () => socket.destroy()).write(question(3));
        await until('the end', () => socket.destroyed);
      }
      assert.equal((await ask(cell.socket, 'status')).status, 0);
    });
  });

  it('does not let a client that reads nothing hold up another', async () => {
    const cell = new FakeCell().start();
    for (let count = 0; count < 4000; count += 1) cell.record(BigInt(count), 0, 0x100, [1, 2, 3]);
    await withBridge(cell, async () => {
      const head = Buffer.alloc(16);
      [0x32415743, 3, 0, 0].forEach((word, index) => head.writeUInt32LE(word, 4 * index));
      const lazy = await connected(cell.socket);
      lazy.pause().write(head);
      const dumped = await ask(cell.socket, 'recorder', 'dump');
      assert.equal(dumped.text.trimEnd().split('\n').length, 4000);
      lazy.destroy();
    });
  });

  it('closes a follower that takes nothing for ten seconds, and goes on meanwhile', async () => {
    const cell = new FakeCell().start().live();
    await withBridge(cell, async (bridge) => {
      const looks = (): Promise<void> => {
        const before = cell.bridgeLooks;
        return until('the bridge', () => cell.bridgeLooks > before + 10);
      };
      const quiet = bridge.openFiles;
      const follower = new BridgeProcess([NATIVE, '--socket', cell.socket, '--ask', 'trace', '-f']);
      try {
        cell.trace(1n, 5, 0, 0);
        await until('its first line', () => follower.frames.length === 1);
        follower.signal('SIGSTOP');
        // More than the socket holds.
        for (let count = 0; count < 20_000; count += 1) {
          cell.trace(1n, 5, 0, 0);
          if (count % 900 === 0) await looks();
        }
        assert.equal((await ask(cell.socket, 'status')).status, 0);
        await until('its end at the bridge', () => bridge.openFiles === quiet);
        follower.signal('SIGCONT');
        assert.equal(await follower.end(), 1);
        assert.ok(follower.hasSaid('the answer broke off'));
        assert.ok(follower.frames.length < 20_000);
      } finally {
        follower.signal('SIGKILL');
      }
    });
  });

  it('gives an answer, whatever a hostile cell writes into its page', async () => {
    const seed = 20_261_122;
    const random = new Random(seed);
    const next = (): number => random.below(2 ** 32);
    const cell = new FakeCell().start();
    const rewrite = (): void => {
      for (let offset = 0x10; offset < 0x1140; offset += 4) cell.set(offset, next());
      for (let offset = 0x2000; offset < 0x20000; offset += 4) cell.set(offset, next());
      for (const head of [0x1f00, 0x1f04, 0x1f08, 0x1f0c]) cell.set(head, next());
      if (next() % 2 === 0) cell.set(0x80, 0xffffffff).set(0x30, 0xffffffff);
    };
    await withBridge(cell, async (bridge) => {
      for (let round = 0; round < 12; round += 1) {
        rewrite();
        const head = setInterval(() => {
          cell.set(0x1f00, next()).set(0x1f08, next()).refresh(BigInt(next()));
          // Its beginning, too: magic, version, sequence.
          if (round >= 8) cell.set([0, 4, 8][next() % 3], next() % 4 === 0 ? next() : MAGIC);
        }, 1);
        for (const words of [['status'], ['status', '--json'], ['trace'], ['recorder', 'dump']]) {
          const { status, text, remarks } = await ask(cell.socket, ...words);
          const where = `seed ${seed}, round ${round}, ${words.join(' ')}: ${remarks}`;
          assert.ok(status === 0 || REASONS.test(remarks), where);
          assert.match(text, /^[\x20-\x7e\n]*$/, where);
          if (status === 0 && words[1] === '--json') JSON.parse(text);
        }
        clearInterval(head);
      }
      // Requests that end in whatever the page says.
      cell.start().set(8, 0).set(0x68, 0).live();
      for (let round = 0; round < 12; round += 1) {
        const answering = ask(cell.socket, 'live', '0', '1');
        await until('a request', () => cell.request() !== undefined);
        const request = cell.request();
        assert.ok(request);
        cell.finish(request, next() % (round % 2 === 0 ? 256 : 0xffffffff), next(), next());
        const { status, text, remarks } = await answering;
        const where = `seed ${seed}, request ${round}: ${remarks}`;
        assert.equal(status, text === '' ? 1 : 0, where);
        assert.match(text + remarks, /^[\x20-\x7e\n]+$/, where);
      }
      assert.ok(!bridge.hasSaid('defect'));
    });
  });
});
