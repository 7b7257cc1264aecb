// SPDX-License-Identifier: MIT
/**
 * What the bridge says of a status: every number of formats/statuses.ts has words, in `status`, in `trace` and,
 * as the reason of something else, behind the number. Expected: the guide, docs/troubleshooting.md.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from '../skippable.ts';
import { STATUSES as ROWS } from '../../formats/statuses.ts';
import { ask, askLiving, LIMITS, startBridge } from './ask.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { FakeCell } from './fake-cell.ts';

const NUMBERS = Object.values(ROWS).map(({ number }) => number);
/** docs/status-page.md: times said, the value in the word behind. */
const STATUSES = 0x1200;
// docs/status-page.md: codes of trace events.
const SESSION_LOST = 10;
const REQUEST_REFUSED = 12;
const STATUS_SAID = 16;
const FAULT = 17;

describe('the bridge', LIMITS, () => {
  let cell: FakeCell;
  let bridge: BridgeProcess;

  before(async () => {
    cell = new FakeCell().start();
    for (const number of NUMBERS)
      cell.set(STATUSES + 8 * number, 1).set(STATUSES + 8 * number + 4, 7);
    cell.set(0x68, 3).set(0x6c, 66);
    cell.live();
    bridge = await startBridge(cell);
  });

  after(async () => {
    assert.equal(await bridge.stop(), 0);
    cell.remove();
  });

  it('says each status of `status` in words, and the status of the last request', async () => {
    assert.ok(NUMBERS.length > 60, `only ${NUMBERS.length} statuses were read`);
    const { text } = await askLiving(cell, 'status');
    const said = [...text.matchAll(/^said +1 time: (.*?) ?\(status (\d+)\)$/gm)];
    assert.deepEqual(
      said.map(([, , number]) => Number(number)),
      NUMBERS,
    );
    const wordless = said.filter(([, words]) => words.length < 4).map(([, , number]) => number);
    assert.deepEqual(wordless, []);
    assert.match(
      text,
      /^last request +number 3, status 66: two rules of the table match one same/m,
    );
  });

  it('`status --json` has every one of them with its count and value', async () => {
    const { text } = await askLiving(cell, 'status', '--json');
    const { said } = JSON.parse(text) as { said: unknown };
    assert.deepEqual(
      said,
      NUMBERS.map((status) => ({ status, times: 1, value: 7 })),
    );
  });

  it('says each status of `trace` in words, and why a request, a session and the cell ended', async () => {
    for (const number of NUMBERS) cell.trace(5n, STATUS_SAID, number, 7);
    cell.trace(5n, REQUEST_REFUSED, 66, (3 << 16) | 1);
    cell.trace(5n, SESSION_LOST, 44, 0);
    cell.trace(5n, FAULT, 91, 0x1234);
    cell.trace(5n, STATUS_SAID, 99, 0);
    const { text } = await ask(cell.socket, 'trace');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\(\d+\.\d{6}\) /, ''));
    const wordless = lines
      .slice(0, NUMBERS.length)
      .filter(
        (line, index) =>
          !new RegExp(`^status said {7}.{4,} \\(status ${NUMBERS[index]}\\)$`).test(line),
      );
    assert.deepEqual(wordless, []);
    assert.deepEqual(lines.slice(NUMBERS.length), [
      "request refused   a request of AGL's refused at rule 3: nothing has changed (status 66: two rules of the table match one same frame)",
      'session lost      AGL gone, given up by the cell (status 44: an impossible ring index or descriptor number in shared memory)',
      'fault             division by zero or integer overflow (status 91) at 0x00001234',
      'status said       status 99',
    ]);
  });
});
