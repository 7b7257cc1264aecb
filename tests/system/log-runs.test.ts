// SPDX-License-Identifier: MIT
/**
 * A run of the twin has an end, whatever the cell does on the bus: the units that sent the recorded frames
 * acknowledge each other (ISO 11898-1, 10.5: the sender needs one receiver), so each frame is on the bus once.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { makeRig } from '../../lab/rig/open-rig.ts';
import { prepareInput } from '../../lab/play/log-input.ts';
import { Observations } from '../../lab/rig/observations.ts';
import { play as playPhases } from '../../lab/play/phases.ts';
import { commandLineOf } from '../../lab/play/scenario.ts';
import { parseLog } from '../../twin/logs/read.ts';
import { framesOf, logOf, play } from './play.ts';

const SETTINGS = { bitrate: 500_000, oscillatorHertz: 12_000_000, spiHertz: 10_000_000 };
const rules = 'version: 1\nrules: []\n';

it('a cell that only listens gets each recorded frame once, and so does AGL', async () => {
  const result = await play('wasm', {
    rules,
    bus: logOf('can0', '1.0 123#01', '1.01 123#02', '1.02 050#03'),
    commandLine: commandLineOf({ ...SETTINGS, settings: ['mode=listen-only'] }),
  });
  assert.deepEqual(framesOf(result.busLog), ['can0 123#01', 'can0 123#02', 'can0 050#03']);
  assert.deepEqual(framesOf(result.aglLog), ['vcan0 123#01', 'vcan0 123#02', 'vcan0 050#03']);
  assert.deepEqual(result.problems, []);
});

it('a cell that is not on the bus leaves no frame of the log unsent, and the run is not taken for right', async () => {
  const result = await play('wasm', {
    rules,
    bus: logOf('can0', '1.0 123#01', '1.01 123#02'),
    commandLine: commandLineOf({ ...SETTINGS, settings: ['mode=loopback'] }),
  });
  assert.equal(framesOf(result.busLog).length, 2);
  assert.equal(result.problems.filter((line) => line.startsWith('never reached AGL')).length, 2);
});

it('a bus on which no frame gets through ends the run, and the frames are counted', async () => {
  const seen = new Observations();
  const { board } = await makeRig({
    engine: 'wasm',
    ...SETTINGS,
    commandLine: commandLineOf(SETTINGS),
    withoutAgl: true,
    ...seen.listeners,
  });
  // Bit 5 of each attempt, in the identifier, is the other level for everybody.
  board.bus.onAttempt(() => [{ kind: 'stuck-dominant', bit: 5, bits: 6 }]);
  const log = logOf('can0', '1.0 7F0#01', '1.01 7F0#02', '1.02 7F0#03', '1.04 7F0#04');
  const input = prepareInput(parseLog(log, 'bus.log'), []);
  const { unsentFrames } = playPhases({ input, agl: false }, board, seen);
  assert.equal(unsentFrames, 4);
  assert.equal(seen.wire.length, 0);
  // 0.05 s of boot, the log, and the second in which nothing happened any more.
  assert.ok(board.clock.now < 2e9, `${board.clock.now}`);
  board.engine.close();
});

it('a cell that stops at start-up leaves every frame unsent, and the run is not taken for right', async () => {
  const result = await play('wasm', {
    rules,
    bus: logOf('can0', '1.0 123#01', '1.01 123#02', '1.02 123#03', '1.03 123#04'),
    faults: { missingChipByte: 0xff },
  });
  assert.deepEqual(framesOf(result.busLog), []);
  assert.ok(
    result.problems.includes('4 of 4 frames never left: the bus log could not be played'),
    result.problems.join('\n'),
  );
});

it('a log that the bit rate cannot carry is played, and the run says how late the bus was', async () => {
  // 200 frames of 108 to 130 bits in 20 ms are 1.1 to 1.3 Mbit/s: 40 to 52 ms at 500 kbit/s.
  const entries = Array.from({ length: 200 }, (_, index) => {
    const micros = String(index * 100).padStart(6, '0');
    return `1.${micros} 123#${index.toString(16).padStart(2, '0').repeat(8)}`;
  });
  const result = await play('wasm', { rules, bus: logOf('can0', ...entries) });
  assert.deepEqual(result.problems, []);
  assert.equal(result.remarks.length, 1);
  const [, late] =
    /^the bus was up to ([\d.]+) ms late: .* 500 kbit\/s/.exec(result.remarks[0]) ?? [];
  const bitsLeast = 108 + 3;
  const bitsMost = 130 + 3;
  assert.ok(Number(late) >= 199 * bitsLeast * 2e-3 - 19.9 - 0.1, late);
  assert.ok(Number(late) <= 199 * bitsMost * 2e-3 - 19.9 + 0.1, late);
  const slow = await play('wasm', { rules, bus: logOf('can0', '1.0 123#01', '1.1 123#02') });
  assert.deepEqual(slow.remarks, []);
});

it('what the cell is told of bit rate and crystal may differ from what the board has', () => {
  const told = (...settings: string[]) => commandLineOf({ ...SETTINGS, settings });
  assert.equal(told('osc=16000000'), 'bitrate=500000 spi=10000000 osc=16000000');
  assert.equal(told('bitrate=250000', 'int=spi'), 'osc=auto spi=10000000 bitrate=250000 int=spi');
  assert.equal(told(), 'bitrate=500000 osc=auto spi=10000000');
});

it('a cell that is told another crystal reads nothing, and the run is not taken for right', async () => {
  const result = await play('wasm', {
    rules,
    bus: logOf('can0', '1.0 123#01', '1.01 123#02'),
    oscillatorHertz: 8_000_000,
    commandLine: commandLineOf({ ...SETTINGS, settings: ['osc=16000000'] }),
  });
  assert.equal(result.summary.frames.received, 0);
  assert.notDeepEqual(result.problems, []);
});
