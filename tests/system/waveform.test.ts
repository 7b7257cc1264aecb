// SPDX-License-Identifier: MIT
/**
 * The VCD of a run against an independent decoder: sigrok's `spi` and `can` name the same instructions and
 * frames as our own log of the run. The marks lie where the lines say they must.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { ScenarioResult } from '../../lab/play/scenario.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { BoardTrace } from '../../twin/trace/board-trace.ts';
import { framesOf, play } from './play.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** At 25 ns a clock of 10 MHz has four samples. */
const SAMPLE_NANOS = 25;
const BITRATE = 500_000;
/** Lines of the demo's log that are played. */
const LINES = 1_100;
const IS_INSTALLED = spawnSync('sigrok-cli', ['--version']).status === 0;

let result: ScenarioResult;
let vcd: string;
const folder = temporaryFolder();

before(async () => {
  const trace = new BoardTrace();
  const lines = readFileSync('lab/demo/demo.log', 'utf8').split('\n').slice(0, LINES);
  // sigrok 0.5.3 reads data bytes in a remote frame that asks for some.
  const log = lines.filter((line) => !/#R[1-8]/.test(line)).join('\n');
  const rules = readFileSync('rules.yaml', 'utf8');
  result = await play('wasm', { rules, bus: log, trace });
  assert.deepEqual(result.problems, []);
  vcd = trace.text();
});

/** Times of both edges of a signal: `[rise, fall]` pairs, or `[fall, rise]` if it begins high. */
function edgesOf(name: string): number[] {
  const code = new RegExp(`^\\$var wire 1 (.) ${name} \\$end$`, 'm').exec(vcd)?.[1];
  assert.ok(code, name);
  const edges: number[] = [];
  let nanos = 0;
  let isFirst = true;
  for (const line of vcd.slice(vcd.indexOf('$dumpvars')).split('\n')) {
    if (line.startsWith('#')) nanos = Number(line.slice(1));
    else if (line.slice(1) === code && line.length === 2) {
      if (!isFirst) edges.push(nanos);
      isFirst = false;
    }
  }
  return edges;
}

const even = (edges: number[]) => edges.filter((_, index) => index % 2 === 0);
const odd = (edges: number[]) => edges.filter((_, index) => index % 2 === 1);

describe('the marks of a VCD', () => {
  it('are there once for each answer, in the order request, decision, RTS, answer', () => {
    const answers = result.judgement.answered.length;
    assert.ok(answers > 20, `${answers} answers`);
    const [request, decision, rts, answer] = ['REQUEST', 'DECISION', 'RTS', 'ANSWER'].map(edgesOf);
    for (const edges of [request, decision, rts, answer]) assert.equal(edges.length, 2 * answers);
    for (let index = 0; index < 2 * answers; index += 2) {
      assert.ok(request[index + 1] <= rts[index], 'the request ends before the RTS begins');
      assert.ok(decision[index] < decision[index + 1], 'the decision takes time');
      assert.ok(decision[index + 1] <= rts[index], 'the decision ends before the RTS');
      assert.ok(rts[index + 1] <= answer[index], 'the answer follows the RTS');
    }
  });

  it('lie on the lines: RTS within a chip select, the answer where the chip pulls CAN_TX', () => {
    const selects = edgesOf('CS');
    const starts = even(selects);
    const ends = odd(selects);
    const rts = edgesOf('RTS');
    even(rts).forEach((from, index) => {
      const place = starts.indexOf(from);
      assert.ok(place >= 0, `CS falls with the mark at ${from}`);
      assert.ok(odd(rts)[index] <= ends[place], 'CS rises after the mark');
    });
    const falls = new Set(even(edgesOf('CAN_TX')));
    for (const start of even(edgesOf('ANSWER'))) assert.ok(falls.has(start), `CAN_TX at ${start}`);
    const received = new Set(even(edgesOf('CAN_RX')));
    for (const start of even(edgesOf('REQUEST'))) {
      assert.ok(received.has(start), `CAN_RX at ${start}`);
    }
  });
});

function sigrok(): string[] {
  const file = join(folder, 'run.vcd');
  writeFileSync(file, vcd);
  const run = spawnSync(
    'sigrok-cli',
    [
      ...['-I', `vcd:downsample=${SAMPLE_NANOS}`, '-i', file],
      ...['-P', 'spi:clk=SCK:mosi=MOSI:miso=MISO:cs=CS'],
      ...['-P', `can:can_rx=CAN_RX:nominal_bitrate=${BITRATE}:sample_point=75`],
      ...['-A', 'spi=mosi-transfer:miso-transfer,can=sof:id:full-id:rtr:dlc:data:warnings'],
      '--protocol-decoder-samplenum',
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim().split('\n');
}

/** The frames in the decoder's words, as `ID#DATA`. */
function framesIn(lines: readonly string[]): string[] {
  const frames: { id: number; ext: boolean; remote: boolean; dlc: number; data: number[] }[] = [];
  for (const line of lines) {
    const what = /^\d+-\d+ can-1: (.*)$/.exec(line)?.[1];
    if (what === undefined) continue;
    const hex = Number(/(0x[0-9a-f]+)/.exec(what)?.[1] ?? NaN);
    const frame = frames.at(-1);
    if (what === 'Start of frame') {
      frames.push({ id: NaN, ext: false, remote: false, dlc: NaN, data: [] });
    } else if (frame === undefined) assert.fail(line);
    else if (what.startsWith('Identifier:')) frame.id = hex;
    else if (what.startsWith('Full Identifier:')) Object.assign(frame, { id: hex, ext: true });
    else if (what.startsWith('Remote')) frame.remote = what.endsWith('remote frame');
    else if (what.startsWith('Data length')) frame.dlc = Number(/: (\d+)/.exec(what)?.[1]);
    else if (what.startsWith('Data byte')) frame.data.push(hex);
    // Bosch's CAN 2.0 forbade identifiers from 0x7F0 on; ISO 11898-1 has them, and the demo uses one.
    else if (!what.endsWith('bits 10..4 must not be all recessive')) {
      assert.fail(`the decoder warns: ${line}`);
    }
  }
  return frames.map(({ id, ext, remote, dlc, data }) =>
    formatFrame(makeFrame({ identifier: id, extended: ext, remote, dlc, data })),
  );
}

it(
  'sigrok decodes the VCD of a run: each frame of bus.log, each instruction on SPI',
  { skip: IS_INSTALLED ? false : skipForSetup('sigrok-cli is not installed') },
  () => {
    const lines = sigrok();
    const frames = framesOf(result.busLog).map((text) => text.split(' ')[1]);
    assert.ok(frames.length >= 1_000, `${frames.length} frames`);
    assert.deepEqual(framesIn(lines), frames);
    const transfers = lines
      .map((line) => /spi-1: ([0-9A-F ]+)$/.exec(line)?.[1])
      .filter((text) => text !== undefined)
      .map((text) => text.split(' ').map((byte) => parseInt(byte, 16)));
    // MISO first, then MOSI, of every chip select.
    const decoded = transfers.flatMap((miso, index) =>
      index % 2 === 0 ? [{ miso, mosi: transfers[index + 1] }] : [],
    );
    const { transactions } = result.seen;
    assert.ok(transactions.length >= 1_000, `${transactions.length} instructions`);
    // The decoder tells of a chip select after its end, and the last one ends with the file.
    assert.deepEqual(
      decoded.slice(0, transactions.length - 1),
      transactions.slice(0, -1).map(({ miso, mosi }) => ({ miso, mosi })),
    );
  },
);
