// SPDX-License-Identifier: MIT
/** The report of a run, and the watcher: what they say of a small run whose figures are known. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prepareInput } from '../../lab/play/log-input.ts';
import { run, type ScenarioResult } from '../../lab/play/scenario.ts';
import { benchReport } from '../../lab/report/bench-report.ts';
import { latencyChart } from '../../lab/report/charts.ts';
import { runReport } from '../../lab/report/run-report.ts';
import { waitRows, waitsOf } from '../../lab/report/waits.ts';
import { type Screen, WatchEnded, Watcher } from '../../lab/watch/watcher.ts';
import { compileRules } from '../../rules/compile.ts';
import type { Board } from '../../twin/board/board.ts';
import type { Observations } from '../../lab/rig/observations.ts';
import { formatToRead } from '../../twin/logs/formats.ts';
import { readChunks } from '../../twin/logs/read.ts';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';

const RULES = `
version: 1
rules:
  - { name: first, match: { id: 0x100 }, answer: { id: 0x101, data: [1] } }
  - { name: copied, match: { id: 0x110 }, answer: { id: 0x111, copy: [{ from: 0, to: 0, count: 1 }] } }
  - { name: noise, match: { id: 0x7F0 }, action: drop }
`;
/** Two requests alone, one with a stronger frame on its heels, one frame to drop, one for AGL. */
const LOG = `
(0.000000) ecu 100#00
(0.010000) ecu 110#55
(0.020000) ecu 110#66
(0.020050) door 050#0102030405060708
(0.030000) ecu 7F0#
(0.040000) ecu 300#AA
`;

/** Begins each command to a terminal. */
const ESCAPE = '\x1b';
/** Erases the rest of the screen, or of a line. */
const ERASE = new RegExp(`${ESCAPE}\\[[JK]`, 'g');

const steps: [number, number][] = [];
let played: Promise<ScenarioResult> | undefined;

function play(onLook?: (board: Board, seen: Observations) => void): Promise<ScenarioResult> {
  const { table, image } = compileRules(RULES, 'rules.yaml');
  const chunks = [new TextEncoder().encode(LOG.trim())];
  const { entries } = readChunks(chunks, formatToRead('a.log'), 'a.log');
  return run({
    ...{ engine: 'wasm', table, rules: image, input: prepareInput(entries, []), agl: true },
    ...{ bitrate: 500_000, oscillatorHertz: 16_000_000, spiHertz: 10_000_000, onLook },
    onStep: (from, to) => void (steps.length < 20_000 && steps.push([from, to])),
  });
}

function playedOnce(): Promise<ScenarioResult> {
  return (played ??= play());
}

async function report(): Promise<string> {
  return runReport({
    ...{ result: await playedOnce(), table: compileRules(RULES, 'rules.yaml').table, steps },
    sizes: [{ name: 'canwarden.bin', bytes: 500, mostBytes: 1000 }],
    ...{ timing: RASPBERRY_PI_4_TIMING, played: 'a.log by <rules>' },
  });
}

/** The cells of the first row of a table that begins with a word. */
function rowOf(text: string, caption: string, first: string): string[] {
  const [table = ''] = text.slice(text.indexOf(`<caption>${caption}`)).split('</table>');
  const row = table.split('<tr>').find((one) => one.startsWith(`<td>${first}</td>`)) ?? '';
  return [...row.matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell);
}

describe('the report of a run', () => {
  it('has all its parts, and a table behind each picture', async () => {
    const text = await report();
    const parts = [...text.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
    assert.deepEqual(parts, [
      ...['summary', 'answer', 'latency', 'rules', 'load', 'waits', 'losses', 'sizes', 'model'],
    ]);
    assert.equal(text.match(/<svg class="timeline" role="img"/g)?.length, 2);
    assert.ok(text.includes('<caption>One answer</caption>'));
  });

  it('counts what the log has', async () => {
    const text = await report();
    // rule, does, hits, answers: the log has one request of the first rule and two of the second.
    assert.deepEqual(rowOf(text, 'Rules in', 'first').slice(0, 4), ['first', 'answers', '1', '1']);
    assert.deepEqual(rowOf(text, 'Rules in', 'copied').slice(0, 4), [
      ...['copied', 'computed answer', '2', '2'],
    ]);
    assert.deepEqual(rowOf(text, 'Rules in', 'noise').slice(0, 4), ['noise', 'drops', '1', '0']);
    assert.deepEqual(rowOf(text, 'Lost', 'lost'), ['lost', '0']);
    assert.deepEqual(rowOf(text, 'Lost', 'rule'), ['rule', '1']);
    assert.deepEqual(rowOf(text, 'Files', 'canwarden.bin'), ['canwarden.bin', '500', '1000', '50']);
    assert.deepEqual(rowOf(text, 'Constants', 'deviceReadNanos'), ['deviceReadNanos', '100']);
  });

  it('says which answer waited behind which frame', async () => {
    const { judgement, seen } = await playedOnce();
    const rows = waitRows(waitsOf(judgement.answered, seen.wire));
    assert.equal(rows.length, 1);
    const [{ ruleName, behind, count, worstNanos }] = rows;
    assert.deepEqual([ruleName, behind, count], ['copied', 'door 050', 1]);
    // A frame of 8 bytes has 108 bits from SOF to the CRC delimiter and ACK, 7 of EOF, and stuff bits: at
    // least 111 bits of 2 us, at most 24 more, and begins after 3 bits of intermission.
    assert.ok(worstNanos >= 222_000 && worstNanos <= 270_000, `${worstNanos}`);
    assert.deepEqual(rowOf(await report(), 'Answers of a rule', 'copied').slice(0, 3), [
      ...['copied', 'door 050', '1'],
    ]);
  });

  it('needs nothing from elsewhere, is below 2 MB, and shows what is written in it as text', async () => {
    const text = await report();
    assert.ok(text.length < 2_000_000, `${text.length} bytes`);
    assert.doesNotMatch(text, /(src|href)="(?!#|data:)/);
    assert.doesNotMatch(text, /@import|url\((?!data:)/);
    assert.ok(text.includes('a.log by &lt;rules&gt;'));
  });
});

it('a latency chart counts each time in its bucket', () => {
  // 1 us, 2 us, 4 us: four buckets apart, for a doubling has four.
  const { x, y, marks } = latencyChart('a', 'a', [1_000, 2_000, 4_000, 4_100]);
  assert.deepEqual(y, [1, 0, 0, 0, 1, 0, 0, 0, 2, 0]);
  assert.equal(x.length, y.length);
  assert.deepEqual([marks?.[0], marks?.[4], marks?.[8]], ['1 µs', '2 µs', '4 µs']);
});

it('the report of the bench shows figures, goals and histograms', () => {
  const goal = { what: 'a goal <of> time', keys: ['a.b'], most: 5_000 };
  const text = benchReport({
    figures: { 'a.b': 6_000, 'c.d': null },
    histograms: [
      { answer: 'static', load: 'idle', idle: 'poll', interruptToSendNanos: [4_000, 5_000] },
    ],
    outcomes: [{ goal, isMet: false, worst: { key: 'a.b', value: 6_000 } }],
    ...{ sizes: [], timing: RASPBERRY_PI_4_TIMING },
  });
  assert.deepEqual(rowOf(text, 'Goals', 'a goal &lt;of&gt; time').slice(1), [
    ...['no', '6000', 'at most 5000', 'a.b'],
  ]);
  assert.deepEqual(rowOf(text, 'Figures', 'a.b'), ['a.b', '6000']);
  assert.deepEqual(rowOf(text, 'Figures', 'c.d'), ['c.d', 'not measured']);
  assert.deepEqual(rowOf(text, 'INT to send', 'static, idle'), [
    ...['static, idle', '2', '4', '4', '5', '5'],
  ]);
});

describe('the watcher', () => {
  function fakeScreen(
    isTerminal: boolean,
    key = '',
    size?: [number, number],
  ): Screen & { text: string; isOpen: boolean } {
    return {
      ...{ isTerminal, text: '', isOpen: true, size: () => size },
      write(text) {
        this.text += text;
      },
      keys: () => key,
      close() {
        this.isOpen = false;
      },
    };
  }
  const names = ['first', 'copied', 'noise'];

  it('renews its screen in place on a terminal', async () => {
    const screen = fakeScreen(true);
    const watcher = new Watcher(screen, names, () => 0);
    await play((board, { wire }) => watcher.look(board, wire));
    watcher.close();
    // The clock stands still, so there is one screen.
    assert.equal(screen.text.split(`${ESCAPE}[H`).length, 2);
    assert.match(screen.text, /losses and drops/);
    assert.ok(!screen.isOpen);
  });

  it('fits a small terminal: no line wraps, and the last row stays free', async () => {
    const screen = fakeScreen(true, '', [40, 12]);
    const watcher = new Watcher(screen, names, () => 0);
    await play((board, { wire }) => watcher.look(board, wire));
    watcher.close();
    const [, shown = ''] = screen.text.split(`${ESCAPE}[H`);
    const lines = shown.split('\n').map((line) => line.replaceAll(ERASE, ''));
    // 11 lines, and the empty end behind the last.
    assert.equal(lines.length, 12);
    assert.deepEqual(
      lines.filter((line) => line.length > 40),
      [],
    );
    assert.ok(
      lines.some((line) => line.length === 40),
      'what is cut is as wide as the terminal',
    );
  });

  it('shows plain screens elsewhere, with what the cell has counted', async () => {
    const screen = fakeScreen(false);
    const watcher = new Watcher(screen, names);
    await play((board, { wire }) => watcher.look(board, wire));
    assert.ok(!screen.text.includes(ESCAPE));
    assert.match(screen.text, /^500000 bit\/s, load \d+ %/m);
    assert.match(screen.text, /^rules: 3 \(loaded at start, [0-9a-f]{8}\)$/m);
  });

  it('ends the run on q', async () => {
    const watcher = new Watcher(fakeScreen(true, 'q'), names);
    await assert.rejects(
      play((board, { wire }) => watcher.look(board, wire)),
      WatchEnded,
    );
  });
});
