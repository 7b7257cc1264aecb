// SPDX-License-Identifier: MIT
/** `canwarden-bridge --ask rules load` and `live`: what the cell is asked, and what people are told. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { after, before, describe, it } from '../skippable.ts';
import { compileRules } from '../../rules/compile.ts';
import { ask, askLiving, type Answer, LIMITS, MODES, startBridge, until, within } from './ask.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { FakeCell, type FoundRequest } from './fake-cell.ts';

/** How long the bridge waits for the cell: docs/bridge.md. */
const CELL_WAIT_MILLIS = 5000;
/** What a cell takes for a request that it cannot finish. */
const CELL_LIMIT_MILLIS = 2100;

const RULES = `
version: 1
rules:
  - name: status
    match: { id: 0x1A0 }
    answer: { id: 0x1A1, data: [0x01, 0x00] }
`;

for (const [mode, options] of MODES)
  describe(`canwarden-bridge --ask, requests, ${mode}`, LIMITS, () => {
    const { image } = compileRules(RULES, 'rules.yaml');
    let cell: FakeCell;
    let bridge: BridgeProcess;
    let file = '';

    before(async () => {
      cell = new FakeCell().start().live();
      bridge = await startBridge(cell, options);
      file = join(cell.folder, 'rules.bin');
      writeFileSync(file, image);
    });

    after(async () => {
      assert.equal(await bridge.stop(), 0);
      cell.remove();
    });

    /** Asks, plays the cell once while the bridge waits for it, and gives back what both saw. */
    function askCell(
      words: readonly string[],
      finish: (request: FoundRequest) => void,
      cellMillis = 0,
    ): Promise<{ request: FoundRequest; answer: Answer }> {
      return within(words.join(' '), CELL_WAIT_MILLIS, async () => {
        const answering = ask(cell.socket, ...words);
        await until('a request', () => cell.request() !== undefined);
        const request = cell.request();
        assert.ok(request);
        await new Promise((resolve) => setTimeout(resolve, cellMillis));
        finish(request);
        return { request, answer: await answering };
      });
    }

    it('rules load gives the cell the file, with its checksum', async () => {
      const { request, answer } = await askCell(['rules', 'load', file], (found) => {
        cell.finish(found, 0);
      });
      assert.equal(request.kind, 1);
      assert.ok(request.sequence !== 0);
      assert.deepEqual(request.payload, Buffer.from(image));
      assert.equal(request.crc32, crc32(image));
      assert.equal(answer.status, 0);
      assert.equal(answer.text, 'the cell has the new rule table in force\n');
    });

    it('rules load says how many rules wait for a restart', async () => {
      const { answer } = await askCell(['rules', 'load', file], (found) => {
        cell.finish(found, 0, 0, 2);
      });
      assert.equal(answer.status, 0);
      assert.match(answer.text, /^2 of its rules are answered by software until the cell starts/m);
      cell.set(0x74, 0);
    });

    it('rules load says why the cell refused, and at which rule', async () => {
      const { answer } = await askCell(['rules', 'load', file], (found) => {
        cell.finish(found, 66, 3);
      });
      assert.equal(answer.status, 1);
      assert.equal(answer.text, '');
      assert.match(answer.remarks, /refused the rule table at rule 3: status 66 RulesOverlap: two/);
      assert.match(answer.remarks, /Next: compile the table again; make the masks disjoint/);
      const unknown = await askCell(['rules', 'load', file], (found) => cell.finish(found, 250));
      assert.match(unknown.answer.remarks, /status 250 of a newer cell/);
    });

    it('rules load refuses what is no table with exit status 2, and asks nothing', async () => {
      const changed = (offset: number, value: number): Buffer => {
        const bytes = Buffer.from(image);
        bytes[offset] = value;
        return bytes;
      };
      for (const [bytes, words] of [
        [Buffer.from('version: 1\nrules: []          \n'), /does not begin with CWRL/],
        [Buffer.from(image).subarray(0, 20), /its head alone has 32/],
        [Buffer.from(image).subarray(0, 90), /says \d+ bytes and has 90: cut off/],
        [changed(4, 3), /of format 3, this bridge knows 1 and 2/],
        [changed(40, 0xff), /its checksum says .* its content gives .*: damaged/],
        [Buffer.alloc(66_000, image), /more than the 65536 bytes/],
      ] as const) {
        const bad = join(cell.folder, 'bad.bin');
        writeFileSync(bad, bytes);
        const { status, remarks } = await ask(cell.socket, 'rules', 'load', bad);
        assert.equal(status, 2, remarks);
        assert.match(remarks, words);
      }
      const missing = await ask(cell.socket, 'rules', 'load', '/nowhere/rules.bin');
      assert.equal(missing.status, 2);
      assert.match(missing.remarks, /No such file/);
      assert.equal(cell.request(), undefined);
    });

    it('live gives the cell bytes and the number of the first', async () => {
      const { request, answer } = await askCell(['live', '62', 'A5', '0x7'], (found) => {
        cell.finish(found, 0);
      });
      assert.equal(request.kind, 2);
      assert.equal(request.argument, 62);
      assert.deepEqual(request.payload, Buffer.of(0xa5, 7));
      assert.equal(answer.status, 0);
      assert.equal(answer.text, 'the cell has the new live values\n');
    });

    it('refuses words that are no question with exit status 2 and the usage', async () => {
      for (const [words, reason] of [
        [[], /unknown question/],
        [['stat'], /unknown question "stat"/],
        [['status', '-j'], /unknown question/],
        [['rules', 'load'], /unknown question/],
        [['live', '0'], /live takes/],
        [['live', '64', '1'], /"64" is no number from 0 to 63/],
        [['live', '0', '100'], /"100" is no byte/],
        [['live', '63', '1', '2'], /64 live values/],
      ] as const) {
        const { status, remarks } = await ask(cell.socket, ...words);
        assert.equal(status, 2, words.join(' '));
        assert.match(remarks, reason);
        assert.match(remarks, /usage: canwarden-bridge/);
      }
    });

    it('lets one request after the other come to the cell', async () => {
      const quiet = bridge.openFiles;
      const answers = ['1', '2', '3'].map((byte) => ask(cell.socket, 'live', byte, byte));
      await until('all three at the bridge', () => bridge.openFiles === quiet + 3);
      const seen: number[] = [];
      for (let count = 0; count < 3; count += 1) {
        await until('a request', () => cell.request() !== undefined);
        const request = cell.request();
        assert.ok(request);
        assert.deepEqual(request.payload, Buffer.of(request.argument));
        // While the cell has it, nobody writes over it.
        const looks = cell.bridgeLooks;
        await until('the bridge to look again', () => cell.bridgeLooks > looks + 3);
        assert.equal(cell.request()?.sequence, request.sequence);
        seen.push(request.argument);
        cell.finish(request, 0);
      }
      for (const answer of await Promise.all(answers)) assert.equal(answer.status, 0);
      assert.deepEqual(seen.sort(), [1, 2, 3]);
    });

    it('waits for a cell that takes its 2 s until it refuses', async () => {
      const load = ['rules', 'load', file];
      const { answer } = await askCell(load, (found) => cell.finish(found, 74), CELL_LIMIT_MILLIS);
      assert.match(answer.remarks, /refused the rule table: status 74 RequestTimeout/);
    });

    it('says after five seconds that the cell does not answer', async () => {
      const start = performance.now();
      const { status, remarks } = await askLiving(cell, 'rules', 'load', file);
      assert.equal(status, 1);
      assert.match(remarks, /did not finish the request within 5 s; it is alive/);
      assert.ok(performance.now() - start >= CELL_WAIT_MILLIS);
      cell.die();
      const dead = await ask(cell.socket, 'rules', 'load', file);
      assert.match(dead.remarks, /did not finish the request within 5 s; it shows no life/);
      const { text } = await ask(cell.socket, 'status');
      assert.match(text, /^heartbeat {8}NONE for \d+ ms: what follows is old$/m);
    });
  });
