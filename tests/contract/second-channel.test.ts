// SPDX-License-Identifier: MIT
/**
 * A second channel and another board are options: test code alone makes them, of the application, driver and
 * link as they are. Compiled as the build compiles the cell, but not optimised, which takes long.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { nodeTool, PROJECT } from '../../scripts/build/command.ts';

const OK = 0;
const FOLDER = 'build/second-channel';

type Exports = Record<string, (...values: number[]) => number>;

/** Compiles `tests/unit/cell/NAME.ts` and instantiates it without any import. */
async function instantiate(name: string): Promise<Exports> {
  mkdirSync(`${PROJECT}${FOLDER}`, { recursive: true });
  const output = `${FOLDER}/${name}.wasm`;
  await nodeTool('assemblyscript/bin/asc.js', [
    `tests/unit/cell/${name}.ts`,
    ...['--config', 'asconfig.json', '--target', 'plain', '-o', output, '--textFile', ''],
    // Both ends' shared memory lies in the module.
    ...['--initialMemory', '64', '--maximumMemory', '1024'],
  ]);
  const module = await WebAssembly.compile(readFileSync(`${PROJECT}${output}`));
  assert.deepEqual(WebAssembly.Module.imports(module), [], 'no chip, no hypervisor');
  const instance = await WebAssembly.instantiate(module);
  return instance.exports as Exports;
}

describe('two channels in one module', () => {
  let channels: Exports;
  const FIRST = 0;
  const SECOND = 1;

  before(async () => {
    channels = await instantiate('two-channels');
  });

  const receive = (channel: number, identifier: number): number => {
    channels.receive(channel, identifier);
    for (let step = 0; step < 4; step += 1) channels.step(channel);
    return channels.taken(channel);
  };

  it('start, each with settings of its own, and have a session each', () => {
    for (const channel of [FIRST, SECOND]) {
      assert.equal(channels.start(channel), OK);
      channels.connect(channel);
    }
  });

  it('step separately: the tasks of the one are not those of the other', () => {
    const runs = channels.runs(SECOND);
    for (let step = 0; step < 500; step += 1) channels.step(FIRST);
    assert.equal(channels.runs(SECOND), runs);
    const others = channels.runs(FIRST);
    for (let step = 0; step < 500; step += 1) channels.step(SECOND);
    assert.equal(channels.runs(FIRST), others);
    assert.ok(channels.runs(SECOND) > runs);
  });

  it('forward and count separately', () => {
    assert.equal(receive(FIRST, 0x101), 0x101);
    assert.equal(receive(FIRST, 0x102), 0x102);
    assert.equal(receive(SECOND, 0x201), 0x201);
    assert.deepEqual([channels.received(FIRST), channels.received(SECOND)], [2, 1]);
  });

  it('read and forward frames in turn, without mixing them up', () => {
    channels.receive(FIRST, 0x111);
    channels.receive(SECOND, 0x222);
    for (let step = 0; step < 4; step += 1) {
      channels.step(FIRST);
      channels.step(SECOND);
    }
    assert.deepEqual([channels.taken(FIRST), channels.taken(SECOND)], [0x111, 0x222]);
  });

  it('have live values of their own', () => {
    channels.liveValue(FIRST, 3, 0x5a);
    assert.deepEqual(
      [channels.liveValue(FIRST, 3, -1), channels.liveValue(SECOND, 3, -1)],
      [0x5a, 0],
    );
  });
});

it('a board with another SPI block starts at the clock that the block makes, and takes frames', async () => {
  const board = await instantiate('other-spi');
  assert.equal(board.start(), OK);
  assert.equal(board.clockHertz(), 1_941_176, '33 MHz / 17, the fastest not above 2 MHz');
  assert.equal(board.clockDoubt(), OK, 'measured with the times of the board');
  const bytes = board.bytes();
  board.receive(0x123);
  for (let step = 0; step < 4; step += 1) board.step();
  assert.equal(board.received(), 1);
  assert.ok(board.bytes() - bytes >= 8, 'READ STATUS and READ RX BUFFER');
});
