// SPDX-License-Identifier: MIT
/** The processes of a mutation run: what they start ends with them, when a mutant has made them endless. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { NoAnswer, Player } from '../../scripts/mutation/player.ts';

/** Mutant 0 starts a process and tells its number, 1 never ends, 2 never answers, 3 ends the process; 4 is noticed. */
const SCRIPT = `
  const { spawn } = require('node:child_process');
  const acts = [
    () => process.send({ failed: String(spawn('sleep', ['60']).pid) }),
    () => { for (;;); },
    () => {},
    () => { console.error('out of memory'); process.exit(7); },
    () => process.send({ failed: 'a test' }),
  ];
  process.on('message', ({ mutant }) => acts[mutant]());`;
const PLENTY = { processor: 60, clock: 60 };

describe('Player', () => {
  let player: Player;
  const ask = (mutant: number): Promise<string | undefined> =>
    player.ask({ mutant, killer: 'one', usual: 0 }).then(({ failed }) => failed);
  const isLate = (error: unknown): boolean => error instanceof NoAnswer && error.isLate;
  afterEach(() => player.end());

  it('ends what takes too much of the processor, with all that it started, and goes on', async () => {
    player = new Player(['-e', SCRIPT], { ...PLENTY, processor: 1 });
    const started = Number(await ask(0));
    assert.ok(isRunning(started));
    await assert.rejects(ask(1), isLate);
    while (isRunning(started)) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await ask(4), 'a test');
    assert.ok(player.seconds >= 1, `${player.seconds} s`);
  });

  it('ends what never answers', async () => {
    player = new Player(['-e', SCRIPT], { ...PLENTY, clock: 0.2 });
    await assert.rejects(ask(2), isLate);
  });

  it('says how a process ended by itself', async () => {
    player = new Player(['-e', SCRIPT], PLENTY);
    await assert.rejects(ask(3), /the process ended, 7: out of memory/);
    assert.equal(await ask(4), 'a test');
  });
});

/** A process that has ended may stand in the table until someone asks how. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
