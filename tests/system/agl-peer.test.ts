// SPDX-License-Identifier: MIT
/** Urgent answers do not depend on AGL: never there, dying, coming back. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cellLines, framesOf, logOf, onBothEngines, play } from './play.ts';

/** A request and an ordinary frame every 10 ms, `count` times. */
const traffic = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const time = (index / 100).toFixed(3);
    const byte = index.toString(16).padStart(2, '0');
    return logOf('ecu', `${time} 2B0#${byte}00`, `${time} 111#${byte}`);
  }).join('');

onBothEngines('without AGL', (engine) => {
  it('answers when AGL never comes, and says so once', async () => {
    const result = await play(engine, { bus: traffic(220), withoutAgl: true });
    assert.deepEqual(result.problems, []);
    const { answered, urgentRequests, forwarded, lost, dropped } = result.summary.frames;
    assert.deepEqual([answered, urgentRequests, forwarded, lost], [220, 220, 0, 0]);
    assert.deepEqual(dropped, { aglDown: 440 });
    const said = cellLines(result).filter((line) => line.includes('(status 40)'));
    assert.equal(said.length, 1, cellLines(result).join('\n'));
  });

  it('goes on answering when AGL dies', async () => {
    const result = await play(engine, { bus: traffic(30), aglStopAtSeconds: 0.1 });
    assert.deepEqual(result.problems, []);
    const { answered, forwarded, lost } = result.summary.frames;
    assert.deepEqual([answered, lost], [30, 0]);
    assert.ok(forwarded >= 18 && forwarded <= 20, `${forwarded} forwarded before AGL died`);
    assert.ok(cellLines(result).some((line) => line.startsWith('canwarden: AGL gone')));
  });

  it('forwards again when AGL comes back', async () => {
    const options = { aglStopAtSeconds: 0.1, aglRestartAtSeconds: 0.155 };
    const result = await play(engine, { bus: traffic(40), ...options });
    assert.equal(result.summary.frames.answered, 40);
    const got = framesOf(result.aglLog).map((line) => line.split(' ')[1]);
    assert.equal(got.at(-1), '2B0#2700');
    const again = got.slice(got.indexOf('111#14'));
    assert.equal(again.length, 40, 'everything from 45 ms after the return on');
  });
});
