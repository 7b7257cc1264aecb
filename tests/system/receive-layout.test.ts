// SPDX-License-Identifier: MIT
/**
 * The two layouts of the receive buffers on a full bus: which one the cell takes, by the rules or by
 * itself, and that it takes the right one: nothing is lost.
 *
 * RX STATUS (DS20001801J, table 12-1) is clocked only where RXB0 is kept for urgent requests.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openBench, loadMeasured } from '../../lab/measure/bench.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { onBothEngines } from './play.ts';

const RX_STATUS = 0xb0;
const REQUEST = 0x010;
const FRAMES = 800;
/** One frame in so many is a request. */
const REQUEST_EVERY = 20;
const DRAIN_NANOS = 40_000_000;

interface Seen {
  readonly usesFilter: boolean;
  readonly answers: number;
  readonly forwarded: number;
  readonly overflows: number;
  readonly says: readonly string[];
}

/** Shortest frames back to back, requests among them, at 1 Mbit/s. */
async function flood(engine: EngineName, receive: string, spiHertz: number): Promise<Seen> {
  const says: string[] = [];
  let statusReads = 0;
  let isFirst = true;
  let forwarded = 0;
  let answers = 0;
  const board = await openBench(loadMeasured(engine), {
    engine,
    bitrate: 1_000_000,
    spiHertz,
    rules: `version: 1\nreceive: ${receive}\nrules: [{ name: a, match: { id: ${REQUEST} }, answer: { id: 17 } }]\n`,
    tap: {
      selected: () => void (isFirst = true),
      deselected() {},
      byte: (mosi) => {
        if (isFirst && mosi === RX_STATUS) statusReads += 1;
        isFirst = false;
      },
    },
    onAglFrame: () => void (forwarded += 1),
    onConsoleLine: ({ text }) => void says.push(text),
  });
  board.bus.onFrame(({ sender }) => void (answers += sender === CELL_SENDER ? 1 : 0));
  let made = 0;
  const next = () => {
    if (made === FRAMES) return undefined;
    made += 1;
    return makeFrame({ identifier: made % REQUEST_EVERY === 0 ? REQUEST : 0x400 + (made % 0x300) });
  };
  const node = new StreamNode({ bus: board.bus, name: 'load', next });
  node.start();
  while (node.sent < FRAMES) runUntil(board, board.clock.now + 1_000_000);
  runUntil(board, board.clock.now + DRAIN_NANOS);
  const overflows = board.chip.overflowCount;
  board.engine.close();
  return { usesFilter: statusReads > 0, answers, forwarded, overflows, says };
}

const WARNING = /cannot empty one receive buffer in time at 1000000 bit\/s/;
const ALL = { answers: FRAMES / REQUEST_EVERY, forwarded: FRAMES - FRAMES / REQUEST_EVERY };

onBothEngines('receive layouts at 1 Mbit/s, back to back', (engine) => {
  it('auto keeps a buffer for urgent requests at SPI 10 MHz, and nothing is lost', async () => {
    const { says, ...seen } = await flood(engine, 'auto', 10_000_000);
    assert.deepEqual(seen, { usesFilter: true, ...ALL, overflows: 0 });
    assert.ok(!says.some((line) => WARNING.test(line)), says.join('\n'));
  });

  it('auto shares both at SPI 1.7 MHz, says so, and nothing is lost', async () => {
    const { says, ...seen } = await flood(engine, 'auto', 1_700_000);
    assert.deepEqual(seen, { usesFilter: false, ...ALL, overflows: 0 });
    assert.equal(says.filter((line) => WARNING.test(line)).length, 1, says.join('\n'));
  });

  it('urgent-first keeps it at SPI 1.7 MHz as well: the answers come, other frames are lost', async () => {
    const seen = await flood(engine, 'urgent-first', 1_700_000);
    assert.equal(seen.usesFilter, true);
    assert.equal(seen.answers, ALL.answers);
    assert.ok(seen.overflows > 0);
    assert.equal(seen.forwarded, ALL.forwarded - seen.overflows);
  });

  it('shared shares at SPI 10 MHz, without a word', async () => {
    const { says, ...seen } = await flood(engine, 'shared', 10_000_000);
    assert.deepEqual(seen, { usesFilter: false, ...ALL, overflows: 0 });
    assert.ok(!says.some((line) => WARNING.test(line)), says.join('\n'));
  });
});
