// SPDX-License-Identifier: MIT
/** Input logs on one time axis, and the all-or-nothing output. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseLog } from '../../twin/logs/read.ts';
import { LogInputError, prepareInput, refuseCellsFrames } from '../../lab/play/log-input.ts';
import { writeOutputs } from '../../lab/play/output.ts';
import type { ScenarioResult } from '../../lab/play/scenario.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const log = (...times: string[]) =>
  parseLog(times.map((time) => `(${time}) can0 123#00\n`).join(''), 'in.log');

describe('input logs', () => {
  it('count from the earlier first frame of the two', () => {
    const bus = log('1398128223.803317', '1398128223.804583');
    const agl = log('1398128223.803000');
    const input = prepareInput(bus, agl);
    assert.deepEqual(
      input.bus.map(({ nanos }) => nanos),
      [317_000, 1_583_000],
    );
    assert.deepEqual(
      input.agl.map(({ nanos }) => nanos),
      [0],
    );
    assert.equal(input.startNanos, 1_398_128_223_803_000_000n);
  });

  it('are cut at the limit', () => {
    const { bus } = prepareInput(log('5.0', '6.0', '6.000001'), [], 1);
    assert.equal(bus.length, 2);
  });

  it('of different clocks are refused', () => {
    assert.throws(() => prepareInput(log('1398128223.8'), log('0.5')), LogInputError);
  });

  it('that pause for over an hour are refused, unless they are cut before', () => {
    const paused = log('5.0', '6.0', '3606.000001');
    assert.throws(() => prepareInput(paused, []), /bus log .* line 3/);
    assert.throws(() => prepareInput([], paused), /AGL log .* line 3/);
    assert.equal(prepareInput(paused, [], 10).bus.length, 2);
    assert.equal(prepareInput(log('6.0', '3606.0'), []).bus.length, 2);
  });

  it("may not use the cell's name for a sender on the bus", () => {
    const entries = parseLog('(1.0) ecu 1A0#\n(1.1) canwarden 1A1#00\n', 'in.log');
    assert.throws(() => refuseCellsFrames(entries, 'in.log'), /^LogSyntaxError: in\.log:2:1: /);
    assert.equal(refuseCellsFrames(entries.slice(0, 1), 'in.log').length, 1);
  });

  it('may be empty', () => {
    assert.deepEqual(prepareInput([], []), { bus: [], agl: [], startNanos: 0n });
  });
});

describe('output files', () => {
  const result = { busLog: 'b\n', aglLog: 'a\n', summary: { engine: 'wasm' } };
  const write = (directory: string) => writeOutputs(directory, result as unknown as ScenarioResult);

  it('are three, in a folder that is made', () => {
    const directory = join(temporaryFolder(), 'a', 'b');
    write(directory);
    assert.deepEqual(readdirSync(directory).sort(), ['agl.log', 'bus.log', 'summary.json']);
    assert.equal(readFileSync(join(directory, 'bus.log'), 'utf8'), 'b\n');
    const summary: unknown = JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'));
    assert.deepEqual(summary, { engine: 'wasm' });
  });

  it('leave nothing half-written when one of them cannot be written', () => {
    const directory = temporaryFolder();
    writeFileSync(join(directory, 'bus.log'), 'old');
    // A folder in the place of a temporary file.
    const obstacle = `.summary.json.${process.pid}.part`;
    mkdirSync(join(directory, obstacle));
    assert.throws(() => write(directory));
    assert.equal(readFileSync(join(directory, 'bus.log'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(directory).sort(), [obstacle, 'bus.log']);
  });
});
