// SPDX-License-Identifier: MIT
/** Progress of long runs: drawn again on a terminal, a line for each tenth without one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Progress } from '../../scripts/progress.ts';

function run(isTTY: boolean): { progress: Progress; words: () => string; pass: () => void } {
  let words = '';
  let nowMillis = 0;
  const stream = {
    isTTY,
    write: (text: string) => ((words += text), true),
  } as unknown as NodeJS.WriteStream;
  const progress = new Progress({ unit: 'frames', stream, nowMillis: () => nowMillis });
  return { progress, words: () => words, pass: () => void (nowMillis += 1000) };
}

describe('the progress of a long run', () => {
  it('says a line for each tenth without a terminal', () => {
    const { progress, words, pass } = run(false);
    for (let done = 1; done <= 40; done++) {
      pass();
      progress.update(done, 40);
    }
    progress.finish();
    const lines = words().trimEnd().split('\n');
    assert.equal(lines.length, 10);
    assert.equal(lines[0], '  4 of 40 frames, 4 s, 36 s left');
    assert.equal(lines[9], '  40 of 40 frames, 40 s, 0 s left');
  });

  it('draws one line again on a terminal, at most twice a second, and takes it away', () => {
    const { progress, words, pass } = run(true);
    pass();
    for (let done = 1; done <= 5; done++) progress.update(done, 10);
    assert.equal(words(), '\r  1 of 10 frames, 1 s, 9 s left\x1b[K');
    pass();
    progress.update(6, 10);
    progress.finish();
    assert.ok(words().endsWith('\r  6 of 10 frames, 2 s, 1 s left\x1b[K\r\x1b[K'));
  });

  it('says nothing of nothing', () => {
    const { progress, words } = run(false);
    progress.update(0, 0);
    progress.finish();
    assert.equal(words(), '');
  });
});
